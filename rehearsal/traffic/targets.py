"""Target groups over time: registration, health, and deregistration, which takes effect only a moment after it is requested.

    desired by the controller -> initial -> healthy or unhealthy -> draining -> gone

As on AWS, a target that is being deregistered still gets new requests until the change has reached all of the load balancer's nodes
(`propagation`). Whoever ends before then causes 502s.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from rehearsal.kubernetes.routing import Group
from rehearsal.traffic.pods import Answering

INITIAL, HEALTHY, UNHEALTHY, DRAINING = "initial", "healthy", "unhealthy", "draining"
REASONS = {
    INITIAL: ("Elb.RegistrationInProgress", "Target registration is in progress"),
    DRAINING: ("Target.DeregistrationInProgress", "Target deregistration is in progress"),
}
GATE = "target-health.elbv2.k8s.aws"
DEREGISTRATION_SECONDS = 300.0


@dataclass(frozen=True)
class Pace:
    """Seconds of registration and propagation; `scale` for the deregistration delay and the intervals of health checks."""

    registration: float = 0.3
    propagation: float = 0.5
    scale: float = 0.1


@dataclass
class Target:
    """A pod at an address. `uid` is the pod's."""

    address: str
    port: int
    uid: str
    state: str = INITIAL
    reason: str = ""
    description: str = ""
    leaves_at: float = 0.0
    timer: asyncio.TimerHandle | None = None

    @property
    def key(self) -> str:
        return f"{self.address}:{self.port}"

    def described(self) -> dict[str, Any]:
        """In the shape of DescribeTargetHealth."""
        reason, text = REASONS.get(self.state, (self.reason, self.description))
        health = {"State": self.state} | ({"Reason": reason, "Description": text} if reason else {})
        return {"Target": {"Id": self.address, "Port": self.port}, "HealthCheckPort": str(self.port), "TargetHealth": health}


@dataclass
class TargetGroup:
    """Lives in the event loop. `pods` are those of the cluster by UID; `told` is called when a target's health has changed."""

    arn: str
    group: Group
    pace: Pace
    pods: Mapping[str, Answering]
    told: Callable[[TargetGroup, Target], None]
    targets: dict[str, Target] = field(default_factory=dict)
    _turn: int = 0

    @property
    def gate(self) -> str:
        """The condition that the readiness gate of its pods waits for."""
        return f"{GATE}/{self.arn.split('/')[1]}"

    def want(self, desired: Mapping[str, tuple[str, int, str]]) -> None:
        """Registers and deregisters: {key: (address, port, pod's UID)}."""
        loop = asyncio.get_running_loop()
        for key, target in list(self.targets.items()):
            if key not in desired or desired[key][2] != target.uid:
                self._deregister(loop, target)
        for key, (address, port, uid) in desired.items():
            known = self.targets.get(key)
            if known is None or known.state == DRAINING:
                self._register(loop, Target(address, port, uid))

    def recheck(self) -> None:
        """Compares the health of all targets with their pods'; a change is noticed after as many checks as the group wants."""
        loop = asyncio.get_running_loop()
        for target in self.targets.values():
            if target.state in (HEALTHY, UNHEALTHY) and target.timer is None and self._passes(target) != (target.state == HEALTHY):
                checks = self.group.health.unhealthy if target.state == HEALTHY else self.group.health.healthy
                target.timer = loop.call_later(self.group.health.interval * checks * self.pace.scale, self._judge, target)

    def candidates(self, now: float) -> list[Target]:
        """Those that get requests: healthy ones and those that leave; if there are only unhealthy ones, all of them, as AWS fails open."""
        found = [each for each in self.targets.values() if each.state == HEALTHY or (each.state == DRAINING and now < each.leaves_at)]
        return found or [each for each in self.targets.values() if each.state == UNHEALTHY]

    def next(self, now: float, preferred: str = "") -> Target | None:
        """The next target in turn, or the one that a cookie names."""
        found = self.candidates(now)
        for each in found:
            if preferred and each.key == preferred:
                return each
        if not found:
            return None
        self._turn += 1
        return found[self._turn % len(found)]

    def counts(self) -> tuple[int, int]:
        """Healthy and unhealthy targets."""
        states = [each.state for each in self.targets.values()]
        return states.count(HEALTHY), states.count(UNHEALTHY)

    def close(self) -> None:
        for target in self.targets.values():
            if target.timer:
                target.timer.cancel()
        self.targets.clear()

    def _register(self, loop: asyncio.AbstractEventLoop, target: Target) -> None:
        self._drop(self.targets.get(target.key))
        self.targets[target.key] = target
        target.timer = loop.call_later(self.pace.registration, self._judge, target)

    def _deregister(self, loop: asyncio.AbstractEventLoop, target: Target) -> None:
        if target.state == DRAINING:
            return
        if target.timer:
            target.timer.cancel()
        target.leaves_at = loop.time() + (self.pace.propagation if target.state == HEALTHY else 0.0)
        target.state = DRAINING
        delay = float(self.group.attributes.get("deregistration_delay.timeout_seconds", DEREGISTRATION_SECONDS))
        target.timer = loop.call_later(max(self.pace.propagation, delay * self.pace.scale), self._drop, target)
        self.told(self, target)

    def _drop(self, target: Target | None) -> None:
        if target is None:
            return
        if target.timer:
            target.timer.cancel()
        if self.targets.get(target.key) is target:
            del self.targets[target.key]

    def _judge(self, target: Target) -> None:
        target.timer = None
        former, passes = target.state, self._passes(target)
        target.state = HEALTHY if passes else UNHEALTHY
        if target.state != former:
            self.told(self, target)
        self.recheck()

    def _passes(self, target: Target) -> bool:
        """The health check; notes on the target why it fails."""
        pod, now = self.pods.get(target.uid), asyncio.get_running_loop().time()
        check = self.group.health
        target.reason, target.description = "Target.FailedHealthChecks", "Health checks failed"
        if pod is None or not pod.accepts(now):
            return False
        if check.protocol in ("HTTP", "HTTPS"):
            status = pod.status_of(check.path.partition("?")[0])
            if pod.latency >= check.timeout:
                target.reason, target.description = "Target.Timeout", "Request timed out"
                return False
            if not is_expected(check.codes, status):
                target.reason, target.description = "Target.ResponseCodeMismatch", f"Health checks failed with these codes: [{status}]"
                return False
        target.reason = target.description = ""
        return True


def is_expected(codes: str, status: int) -> bool:
    """Whether a matcher such as 200,300-399 includes a status."""
    for part in codes.split(","):
        first, _, last = part.strip().partition("-")
        if first.isdigit() and int(first) <= status <= int(last or first):
            return True
    return False


def desired_targets(
    group: Group, gate: str, service: Mapping[str, Any] | None, slices: list[Mapping[str, Any]], pods: Mapping[str, Answering]
) -> dict[str, tuple[str, int, str]]:
    """The targets that the controller registers: the Service's ready endpoints, and pods that wait for this target group's readiness gate
    only. An endpoint that terminates is none of them.
    """
    if service is None:
        return {}
    wanted = group.backend.port
    port = next((each for each in service["spec"].get("ports") or [] if wanted in (str(each["port"]), each.get("name"))), None)
    if port is None:
        return {}
    found = {}
    for each in slices:
        number = next((one.get("port") for one in each.get("ports") or [] if (one.get("name") or "") == (port.get("name") or "")), None)
        if number is None:
            continue
        for endpoint in each.get("endpoints") or []:
            uid = str((endpoint.get("targetRef") or {}).get("uid"))
            if _registers(endpoint.get("conditions") or {}, pods.get(uid), gate):
                address = str(endpoint["addresses"][0])
                found[f"{address}:{number}"] = (address, int(number), uid)
    return found


def _registers(conditions: Mapping[str, Any], pod: Answering | None, gate: str) -> bool:
    if conditions.get("terminating") or (pod is not None and pod.deleted):
        return False
    if conditions.get("ready") is not False:
        return True
    if pod is None or gate not in pod.gates or not pod.containers_ready:
        return False
    return all(each.startswith(f"{GATE}/") for each in pod.gates - pod.open_gates)

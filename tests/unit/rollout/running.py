"""Our verifier against the scripted API, with a clock that only its own pauses advance, or the real one."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from typing import Any

from ansible_collections.mainstay.aws.plugins.module_utils.kubernetes.access import Access, Token
from ansible_collections.mainstay.aws.plugins.module_utils.kubernetes.client import Api
from ansible_collections.mainstay.aws.plugins.module_utils.kubernetes.clock import EventClock
from ansible_collections.mainstay.aws.plugins.module_utils.kubernetes.values import Settings
from ansible_collections.mainstay.aws.plugins.module_utils.rollout import records
from ansible_collections.mainstay.aws.plugins.module_utils.rollout.plan import Plan
from ansible_collections.mainstay.aws.plugins.module_utils.rollout.rollback_target import RollbackPolicy
from ansible_collections.mainstay.aws.plugins.module_utils.rollout.target import Target
from ansible_collections.mainstay.aws.plugins.module_utils.rollout.verifier import Report, Verifier

from .fake_api import FakeApi, Request
from .samples import NEW, OLD, SETS, at, crashed, deployment, merged, pod, set_pod, stateful_set, template, unready

SHOP = "/apis/apps/v1/namespaces/shop"
WEB = Target("Deployment", "web", "shop")
DEPLOYMENTS = f"{SHOP}/deployments"
PODS = "/api/v1/namespaces/shop/pods"


class Hasty(EventClock):
    """A clock on which pauses take no time: it jumps ahead instead. ``steps`` happen at their seconds after the start."""

    real = 0.05

    def __init__(self, *steps: tuple[float, Callable[[], Any]]) -> None:
        super().__init__()
        self.jumped = 0.0
        self._began = super().now()
        self._steps = sorted(steps, key=lambda step: step[0])

    @property
    def elapsed(self) -> float:
        return self.now() - self._began

    def _jump(self, seconds: float) -> None:
        """Moves on, but stops at each scheduled step."""
        until = self.jumped + seconds
        while self._steps and self._steps[0][0] <= self.elapsed + until - self.jumped:
            when, do = self._steps.pop(0)
            self.jumped += max(0.0, when - self.elapsed)
            do()
        self.jumped = max(self.jumped, until)

    def now(self) -> float:
        return super().now() + self.jumped

    def pause(self, seconds: float) -> None:
        self._jump(seconds)
        super().pause(0)

    def wait_for_news(self, seconds: float) -> None:
        """A moment for the watches, which run in real time; the rest passes at once."""
        real = min(seconds, self.real)
        super().wait_for_news(real)
        self._jump(seconds - real)


def client(api: FakeApi, bell: EventClock | None = None, seconds: float = 30, token: Token | None = None, **access: Any) -> Api:
    bell = bell or Hasty()
    if isinstance(bell, Hasty):
        api.ahead = lambda: bell.jumped
    return Api(Access(api.address, token=token, **access), bell, bell.now() + seconds)


def plan(*targets: Target, **options: Any) -> Plan:
    return Plan(targets or (WEB,), **{"settings": Settings(wait=60, quiet=60), "rollback": None, "lock": False, "poll": 1.0, **options})


def verify(api: FakeApi, *targets: Target, bell: EventClock | None = None, **options: Any) -> Report:
    bell = bell or Hasty()
    wanted = plan(*targets, **options)
    return Verifier(client(api, bell), bell, wanted, lambda *_: None, "this test").run()


def in_background(work: Callable[[], Any]) -> Callable[[], Any]:
    """Starts a function; the returned function waits for it and returns its result."""
    found: list[Any] = []
    thread = threading.Thread(target=lambda: found.append(work()), daemon=True)
    thread.start()

    def result() -> Any:
        thread.join(30)
        return found[0]

    return result


def outcome(report: Report) -> tuple[str, str]:
    assert report.ending is not None
    return report.ending.state, report.ending.code


def settled(api: FakeApi, **changes: Any) -> None:
    """A Deployment whose rollout is complete, with its ReplicaSets and pods."""
    for thing in [merged(deployment(), changes), *SETS, *(pod(f"web-{number}") for number in range(3))]:
        api.put(thing)


BAD = merged(deployment(replicas=4, updatedReplicas=1, availableReplicas=3), {})


def failing(api: FakeApi) -> None:
    """A Deployment whose new pod crashes again on every read of the Deployment."""
    api.put(BAD)
    for thing in [*SETS, unready(crashed(1))]:
        api.put(thing)
    keep_crashing(api, f"{PODS}/web-1", f"{DEPLOYMENTS}/web")


def keep_crashing(api: FakeApi, pod_path: str, read: str) -> None:
    """Restarts a pod's first container and crashes it, on every read while the pod exists."""

    def crash(request: Request) -> None:
        if str(request) == f"get {read}" and pod_path in api.objects:
            api.put(crashed_again(api.at(pod_path)))

    api.faults.append(crash)


def crashed_again(known: dict[str, Any]) -> dict[str, Any]:
    one = known["status"]["containerStatuses"][0]
    last = {"exitCode": 1, "reason": "Error"}
    again = {**one, "restartCount": one["restartCount"] + 1, "ready": False, "state": {"waiting": {"reason": "CrashLoopBackOff"}}}
    return merged(known, {"status": {"containerStatuses": [{**again, "lastState": {"terminated": last}}]}})


GOOD_TEMPLATE = template("app:1")


def recorded(api: FakeApi, inside: dict[str, Any] = GOOD_TEMPLATE, target: Target = WEB) -> None:
    """Records that the release with this template was verified."""
    live = {"metadata": {"uid": "u-web", "generation": 1}, "spec": {"template": inside}}
    found = records.body(target, live, "web-1", at(-100))
    api.put(merged(found, {"metadata": {"namespace": "shop"}}))


def controller(api: FakeApi) -> Callable[[str, str], None]:
    """Acts as the Deployment controller when a template is restored: all pods are of the old revision again."""

    def react(verb: str, path: str) -> None:
        if verb == "patch" and path == f"{DEPLOYMENTS}/web":
            live = api.at(path)
            generation = live["metadata"]["generation"]
            counters = {"observedGeneration": generation, "replicas": 3, "updatedReplicas": 3, "availableReplicas": 3}
            live["status"] = counters
            live["metadata"]["annotations"] = {**live["metadata"].get("annotations", {}), "deployment.kubernetes.io/revision": "3"}
            api.put(live)

    return react


def patches(api: FakeApi, name: str = "web") -> list[Any]:
    return [json.loads(request.body) for request in api.asked("patch", f"/{name}")]


VERIFIED = RollbackPolicy("verified")
PREVIOUS = RollbackPolicy("previous")
__all__ = ["NEW", "OLD", "Request", "set_pod", "stateful_set"]

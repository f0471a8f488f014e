"""The load balancers of one cluster, their target groups, and what they follow in the cluster: Services, their endpoints, and pods."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Coroutine, Mapping
from typing import Any

from rehearsal.traffic.balancing import Balancer, Served
from rehearsal.traffic.metrics import Meter
from rehearsal.traffic.pods import Answering, Tags, answering
from rehearsal.traffic.targets import HEALTHY, UNHEALTHY, Pace, Target, TargetGroup, desired_targets
from rehearsal.traffic.watching import ApiFailure, Cache, Object, Server

SERVICE_LABEL = "kubernetes.io/service-name"
PATHS = {
    "services": "/api/v1/services",
    "slices": "/apis/discovery.k8s.io/v1/endpointslices",
    "pods": "/api/v1/pods",
    "ingresses": "/apis/networking.k8s.io/v1/ingresses",
    "classes": "/apis/networking.k8s.io/v1/ingressclasses",
}
# Kinds whose changes the controller is called for; of Services, changes of their status do not count.
OF_CONTROLLER = ("ingresses", "classes", "services")


class ClusterTraffic:
    """Lives in the event loop. `wake` has the cluster's controller look again."""

    def __init__(self, server: Server, pace: Pace, meter: Meter, tags: Tags, wake: Callable[[], None]) -> None:
        self._server, self._pace, self._meter, self._tags, self._wake = server, pace, meter, tags, wake
        self.pods: dict[str, Answering] = {}
        self.groups: dict[str, TargetGroup] = {}
        self.balancers: dict[str, Balancer] = {}
        self._caches = {name: Cache(server, path, self._noticed(name)) for name, path in PATHS.items()}
        self._tasks: set[asyncio.Task[None]] = {self._task(cache.follow()) for cache in self._caches.values()}
        self._dirty = False

    async def update(self, served: list[Served]) -> None:
        """Replaces the load balancers; those that stay keep their targets. Returns when the cluster's objects are known."""
        for cache in self._caches.values():
            await cache.filled.wait()
        wanted = {each.name: each for each in served}
        for name in self.balancers.keys() - wanted.keys():
            del self.balancers[name]
        for name, each in wanted.items():
            if name in self.balancers:
                self.balancers[name].served = each
            else:
                self.balancers[name] = Balancer(each, self.groups, self.pods, self._meter)
        of_groups = {each.arns[group.backend.resource]: group for each in served for group in each.routing.groups}
        for arn in self.groups.keys() - of_groups.keys():
            self.groups.pop(arn).close()
        for arn, group in of_groups.items():
            if arn in self.groups:
                self.groups[arn].group = group
            else:
                self.groups[arn] = TargetGroup(arn, group, self._pace, self.pods, self._told)
        self._reconcile()

    def hosts(self) -> list[tuple[Served, TargetGroup]]:
        """Each target group with its load balancers."""
        return [
            (balancer.served, self.groups[arn])
            for balancer in self.balancers.values()
            for arn in balancer.served.arns.values()
            if arn in self.groups
        ]

    def gates(self, namespace: str, labels: Mapping[str, str]) -> list[str]:
        """Only addresses are registered as pods: target groups of instances have no gates. May be called from any thread."""
        selectors = {
            each["metadata"]["name"]: each["spec"].get("selector")
            for each in list(self._caches["services"].objects.values())
            if each["metadata"]["namespace"] == namespace
        }
        found = []
        for group in list(self.groups.values()):
            backend, selector = group.group.backend, selectors.get(group.group.backend.service)
            if backend.namespace == namespace and group.group.target_type == "ip" and selector and selector.items() <= labels.items():
                found.append(group.gate)
        return found

    def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        for group in self.groups.values():
            group.close()
        self.groups.clear()
        self.balancers.clear()

    def _task(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        return asyncio.get_running_loop().create_task(work)

    def _noticed(self, kind: str) -> Callable[[Object | None, Object | None], None]:
        def changed(former: Object | None, present: Object | None) -> None:
            if kind == "pods":
                self._see_pod(former, present)
            if kind in OF_CONTROLLER and _matters(former, present):
                self._wake()
            if kind in ("pods", "slices", "services") and not self._dirty:
                self._dirty = True
                asyncio.get_running_loop().call_soon(self._reconcile)

        return changed

    def _see_pod(self, former: Object | None, present: Object | None) -> None:
        if present is None:
            if former is not None:
                self.pods.pop(str(former["metadata"]["uid"]), None)
            return
        pod = answering(present, self._pace.scale, self._tags)
        known = self.pods.get(pod.uid)
        if known is not None:
            pod.continues(known)
        if pod.deleted and pod.accepts_until is None:
            pod.end(asyncio.get_running_loop().time())
        self.pods[pod.uid] = pod

    def _reconcile(self) -> None:
        self._dirty = False
        services = {(each["metadata"]["namespace"], each["metadata"]["name"]): each for each in self._caches["services"].objects.values()}
        slices: dict[tuple[str, str], list[Object]] = {}
        for each in self._caches["slices"].objects.values():
            owner = (each["metadata"]["namespace"], (each["metadata"].get("labels") or {}).get(SERVICE_LABEL, ""))
            slices.setdefault(owner, []).append(each)
        for group in self.groups.values():
            owner = (group.group.backend.namespace, group.group.backend.service)
            group.want(desired_targets(group.group, group.gate, services.get(owner), slices.get(owner, []), self.pods))
            group.recheck()

    def _told(self, group: TargetGroup, target: Target) -> None:
        """Sets a pod's readiness gate to the health of its target."""
        pod = self.pods.get(target.uid)
        if pod is None or group.gate not in pod.gates or pod.deleted or target.state not in (HEALTHY, UNHEALTHY):
            return
        if (group.gate in pod.open_gates) != (target.state == HEALTHY):
            task = self._task(self._set_gate(pod, _condition(group.gate, target)))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _set_gate(self, pod: Answering, condition: Mapping[str, Any]) -> None:
        path = f"/api/v1/namespaces/{pod.namespace}/pods/{pod.name}/status"
        with contextlib.suppress(OSError, ApiFailure):  # the pod may be gone
            await self._server.call("PATCH", path, {"status": {"conditions": [condition]}}, "application/strategic-merge-patch+json")


def _condition(gate: str, target: Target) -> dict[str, Any]:
    if target.state == HEALTHY:
        return {"type": gate, "status": "True", "reason": None, "message": None}
    return {"type": gate, "status": "False", "reason": target.reason, "message": target.description}


def _matters(former: Object | None, present: Object | None) -> bool:
    """Whether more than an object's status has changed."""
    if former is None or present is None:
        return True
    parts = ("annotations", "labels", "finalizers", "deletionTimestamp")
    return former.get("spec") != present.get("spec") or any(former["metadata"].get(part) != present["metadata"].get(part) for part in parts)

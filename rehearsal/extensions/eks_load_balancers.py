"""The simulated AWS Load Balancer Controller of a cluster: while its Deployment is available, Ingresses and Services get load balancers.

Without it, no load balancer is created, and objects with its finalizer are never deleted: the well-known trap of tearing down a cluster in
the wrong order.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from rehearsal import registry, transitions
from rehearsal.extensions.eks_common import member_of
from rehearsal.kubernetes.events import warn
from rehearsal.registry import Call, one_at_a_time
from rehearsal.replies import Refusal

PLAYER = "load balancers"
NAME = "aws-load-balancer-controller"
# Between rounds while something is under way, while all is done, and until the controller is installed. Changes in the cluster are noticed
# at once as soon as it has a load balancer.
LOOK_AGAIN, LOOK_SELDOM, LOOK_FOR_IT = 1.0, 10.0, 3.0
SERVICES_OF = ("ec2", "elbv2", "acm", "wafv2", "ecr", "cloudwatch")
DEPLOYMENTS, PODS = "/apis/apps/v1/deployments", "/api/v1/pods"
INGRESSES, CLASSES = "/apis/networking.k8s.io/v1/ingresses", "/apis/networking.k8s.io/v1/ingressclasses"
SERVICES = "/api/v1/services"


@dataclass
class Memory:
    """The controller's memory: when each deletion began (by UID), which errors it reported about objects it cannot serve, what is served
    for each stack, whether the last round met an error, and whether its webhook is registered.
    """

    deleting: dict[str, float] = field(default_factory=dict)
    said: dict[str, str] = field(default_factory=dict)
    served: dict[tuple[str, str], Any] = field(default_factory=dict)
    failed: bool = False
    gates: bool = False


def begin(call: Call, cluster: Any) -> None:
    """Simulates the controller in a new cluster's control plane, if there is one, as soon as it is installed."""
    member = member_of(cluster)
    if member is None:
        return
    from rehearsal.extensions.elbv2_controller import Place

    place = Place(cluster.name, str(cluster.resources_vpc_config["vpcId"]), call.account_id, call.region)
    memory = Memory()
    member.rounds.add(PLAYER, lambda plane: play(place, memory, plane, member.gates, lambda: member.rounds.wake(PLAYER)))


def play(place: Any, memory: Memory, plane: Any, admission: tuple[str, bytes], wake: Callable[[], None]) -> float:
    """Runs one round: creates each stack's load balancer, or deletes it. `admission`: the webhook that injects readiness gates, and its
    authority. `wake` has the next round begin soon.
    """
    from rehearsal.extensions.eks_target_group_bindings import bind
    from rehearsal.kubernetes import gates
    from rehearsal.kubernetes.load_balancers import is_available, stacks_of

    deployments = plane.api.get(DEPLOYMENTS, fieldSelector=f"metadata.name={NAME}")["items"]
    if not is_available(deployments, plane.api.get(PODS, labelSelector=f"app.kubernetes.io/name={NAME}")["items"]):
        return LOOK_FOR_IT
    for service in SERVICES_OF:
        registry.prepare(service)
    if not memory.gates:
        gates.register(plane, *admission)
        memory.gates = True
    ingresses, services = plane.api.get(INGRESSES)["items"], plane.api.get(SERVICES)["items"]
    classes = plane.api.get(CLASSES)["items"] if ingresses else []
    stacks = stacks_of(ingresses, services, classes)
    memory.failed = False
    memory.served = {(each.kind, each.identity): served for each in stacks if (served := memory.served.get((each.kind, each.identity)))}
    kept = [(stack, served) for stack in stacks if stack.objects and (served := _keep(place, memory, plane, stack, services))]
    _serve(place, plane, [served for _, served in kept], wake)
    bind(plane, [served for _, served in kept])
    for stack, served in kept:
        _show(plane, stack, served.dns_name)
    leaving = [(stack, resource) for stack in stacks for resource in stack.leaving]
    for stack, resource in leaving:
        _let_go(place, memory, plane, stack, resource)
    return LOOK_AGAIN if leaving or memory.failed or not kept else LOOK_SELDOM


def _serve(place: Any, plane: Any, served: list[Any], wake: Callable[[], None]) -> None:
    """The data plane answers for these load balancers before anyone learns their names."""
    from rehearsal.traffic import cloud
    from rehearsal.traffic.targets import Pace
    from rehearsal.traffic.watching import Server

    if not served and cloud.current.plane is None:
        return
    seconds = transitions.delays.traffic_seconds
    pace = Pace(seconds["registration"], seconds["propagation"], plane.termination_scale)
    cloud.started().serve(place.cluster_arn, lambda: Server(*plane.api.connection), pace, served, wake)


def _keep(place: Any, memory: Memory, plane: Any, stack: Any, services: list[Any]) -> Any:
    """Sets the finalizer first, then creates the AWS resources. Returns what is served: after an error, what was served before."""
    from moto.core.exceptions import ServiceException

    from rehearsal.extensions.elbv2_controller import Unresolved, ensure
    from rehearsal.kubernetes.load_balancers import path_of
    from rehearsal.kubernetes.routing import ModelError

    for resource in stack.objects:
        if stack.finalizer not in (resource["metadata"].get("finalizers") or []):
            _set_finalizers(
                plane, path_of(resource, stack.kind), resource, [*(resource["metadata"].get("finalizers") or []), stack.finalizer]
            )
    try:
        with one_at_a_time:
            memory.served[stack.kind, stack.identity] = ensure(place, stack, services)
    except (Unresolved, ModelError, Refusal, ServiceException) as problem:
        memory.failed = True
        for resource in stack.objects:
            _say(memory, plane, stack.kind, resource, str(problem))
    return memory.served.get((stack.kind, stack.identity))


def _show(plane: Any, stack: Any, host: str) -> None:
    from rehearsal.kubernetes.load_balancers import path_of

    wanted = [{"hostname": host}]
    for resource in stack.objects:
        shown = ((resource.get("status") or {}).get("loadBalancer") or {}).get("ingress") or []
        if [each.get("hostname") for each in shown] != [host]:
            plane.api.patch(f"{path_of(resource, stack.kind)}/status", {"status": {"loadBalancer": {"ingress": wanted}}})


def _let_go(place: Any, memory: Memory, plane: Any, stack: Any, resource: Mapping[str, Any]) -> None:
    """Deletes the AWS resources first, after the delay, then the finalizer. An object that shares its load balancer with others just leaves
    it.
    """
    from rehearsal.extensions.elbv2_controller import remove
    from rehearsal.kubernetes.load_balancers import delay_of, path_of

    uid = str(resource["metadata"]["uid"])
    if not stack.objects:
        began = memory.deleting.setdefault(uid, time.monotonic())
        if time.monotonic() < began + delay_of(resource, transitions.delays.patience_for("load_balancer")):
            return
        with one_at_a_time:
            remove(place, stack)
    memory.deleting.pop(uid, None)
    left = [each for each in resource["metadata"].get("finalizers") or [] if each != stack.finalizer]
    _set_finalizers(plane, path_of(resource, stack.kind), resource, left)


def _set_finalizers(plane: Any, path: str, resource: Mapping[str, Any], finalizers: list[str]) -> None:
    """Does not overwrite a concurrent change to the object: the next round tries again."""
    from rehearsal.kubernetes.api import ApiError

    try:
        plane.api.patch(path, {"metadata": {"finalizers": finalizers, "resourceVersion": resource["metadata"]["resourceVersion"]}})
    except ApiError as error:
        if error.status not in (404, 409):
            raise


def _say(memory: Memory, plane: Any, kind: str, resource: Mapping[str, Any], text: str) -> None:
    """Records an event, once per problem."""
    uid = resource["metadata"]["uid"]
    if memory.said.get(uid) == text:
        return
    memory.said[uid] = text
    warn(plane, resource, ("v1", kind.capitalize()), "FailedBuildModel", f"Failed build model due to {text}", NAME)

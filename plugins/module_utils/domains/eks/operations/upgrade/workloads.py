# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Checks of workloads and environment: blocking budgets, pods without a controller, EKS's own checks, free addresses.

A managed node group moves pods with the eviction API and gives up after 15 minutes at a pod that a budget protects, which fails the update
with PodEvictionFailure (EKS User Guide, managed node update behavior).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from .facts import Budget, Deprecation, Facts, Insight, Pod, minor_of
from .findings import BLOCKS, INFO, WARNS, Finding

ADDRESSES = 5
"""Free addresses that EKS needs in the cluster's subnets for an update (EKS User Guide, update-cluster, considerations)."""

INSIGHT_SEVERITY = {"ERROR": BLOCKS, "WARNING": WARNS}
FEW = 5
SEE = "`aws eks describe-insight` has the details."


def budgets(facts: Facts) -> Iterator[Finding]:
    """Budgets that allow no disruption now and protect pods on nodes that will be replaced."""
    if facts.inside is None:
        return
    movable = moved_pods(facts)
    for budget in facts.inside.budgets:
        pods = [pod for pod in movable if covers(budget, pod)]
        if pods and budget.allowed < 1:
            text = (
                f"PodDisruptionBudget {budget.full_name} allows no disruption: {why_none(budget)}. Its pods on nodes of the groups: "
                f"{_some(pods)}."
            )
            yield Finding(BLOCKS, "disruption_budget", budget.full_name, text, remedy_for(budget))
    for pod in movable:
        names = sorted(budget.name for budget in facts.inside.budgets if covers(budget, pod))
        if len(names) > 1:
            text = f"Pod {pod.full_name} is covered by several PodDisruptionBudgets ({', '.join(names)}); such a pod cannot be evicted."
            yield Finding(BLOCKS, "several_budgets", pod.full_name, text, "Keep only one of them.")


def moved_pods(facts: Facts) -> list[Pod]:
    """The pods on nodes of managed groups that have yet to be replaced; DaemonSet pods are not evicted."""
    if facts.inside is None:
        return []
    target = minor_of(facts.target)
    nodes = {node.name for node in facts.inside.nodes if node.group and minor_of(node.kubelet) != target}
    return [pod for pod in facts.inside.pods if pod.node in nodes and pod.controller != "DaemonSet" and not pod.mirror]


def why_none(budget: Budget) -> str:
    """Why a budget allows no disruption, based on its limits and counts."""
    pods = f"{budget.expected} pod" + ("" if budget.expected == 1 else "s")
    if budget.max_unavailable in ("0", "0%"):
        return f"maxUnavailable is {budget.max_unavailable}"
    if budget.desired_healthy >= budget.expected:
        limit = f"minAvailable is {budget.min_available}" if budget.min_available else f"maxUnavailable is {budget.max_unavailable or 0}"
        return f"{limit} and there is a single replica" if budget.expected == 1 else f"{limit} and there are {pods}"
    if budget.healthy <= budget.desired_healthy:
        return f"{budget.healthy} of {pods} are healthy, and {budget.desired_healthy} must be"
    return "its status says so"


def remedy_for(budget: Budget) -> str:
    if budget.max_unavailable in ("0", "0%") or budget.desired_healthy >= budget.expected:
        return "For the upgrade, run one replica more than it requires, or lower what it requires."
    return "Wait until its pods are healthy again, or find out why they are not."


def covers(budget: Budget, pod: Pod) -> bool:
    return budget.namespace == pod.namespace and selects(budget.selector, pod.labels)


def selects(selector: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    """Whether a label selector of the API matches; an empty one matches everything (policy/v1)."""
    exact = selector.get("matchLabels") or {}
    return all(labels.get(name) == value for name, value in exact.items()) and all(
        _expression(one, labels) for one in selector.get("matchExpressions") or ()
    )


def _expression(one: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    key, operator, values = str(one.get("key")), one.get("operator"), one.get("values") or []
    if operator == "In":
        return labels.get(key) in values
    if operator == "NotIn":
        return labels.get(key) not in values
    return (key in labels) == (operator == "Exists")


def _some(pods: list[Pod]) -> str:
    names = [pod.name for pod in pods]
    return ", ".join(names[:FEW]) + (f" and {len(names) - FEW} more" if len(names) > FEW else "")


def lonely_pods(facts: Facts) -> Iterator[Finding]:
    """Pods that nothing recreates once they have left their node."""
    for pod in moved_pods(facts):
        if not pod.controller:
            text = f"Pod {pod.full_name} has no controller: it is lost when its node {pod.node} is replaced."
            yield Finding(
                WARNS, "pod_without_controller", pod.full_name, text, "Make it part of a Deployment, or start it again afterward."
            )


def insights(facts: Facts) -> Iterator[Finding]:
    """EKS's own checks that did not pass; for deprecated APIs, the clients and when they last used them."""
    target = minor_of(facts.target)
    for insight in facts.insights:
        severity = INSIGHT_SEVERITY.get(insight.status, INFO)
        about = minor_of(insight.version)
        if insight.status == "PASSING" or (facts.version == facts.target and about is not None and target is not None and about <= target):
            continue
        if about is not None and target is not None and about > target:
            severity = INFO  # concerns a later upgrade
        used = [one for one in insight.deprecations if one.clients]
        for deprecation in used:
            yield Finding(severity, "deprecated_api", deprecation.usage, _used(deprecation), _instead(deprecation))
        if not used:
            yield Finding(severity, "insight", insight.name, _told(insight), insight.recommendation or SEE)


def _used(one: Deprecation) -> str:
    clients = []
    for client in one.clients[:FEW]:
        last = f", last at {client.last:%Y-%m-%d %H:%M} UTC" if client.last else ""
        clients.append(f"{client.agent} ({client.requests} requests in 30 days{last})")
    gone = f", removed in {one.stops}," if one.stops else ""
    return f"The API {one.usage}{gone} is in use by {'; '.join(clients)}."


def _instead(one: Deprecation) -> str:
    wanted = f"Change these clients to {one.replacement}" if one.replacement else "Update these clients"
    return f"{wanted}. EKS checks again every 24 hours and counts the requests of the last 30 days."


def _told(insight: Insight) -> str:
    return f"EKS's check '{insight.name}' is {insight.status}" + (f": {insight.reason.rstrip('.')}." if insight.reason else ".")


def subnets(facts: Facts) -> Iterator[Finding]:
    """Whether the subnets have the free addresses that the control plane needs for its new interfaces."""
    if not facts.subnets:
        return
    total = sum(subnet.free for subnet in facts.subnets)
    remedy = "Free addresses, or add subnets to the cluster in the same zones."
    if total < ADDRESSES:
        text = f"The subnets of {facts.name} have {total} free addresses in total; EKS needs {ADDRESSES} to update a control plane."
        yield Finding(BLOCKS, "addresses", facts.name, text, remedy)
        return
    for subnet in facts.subnets:
        if subnet.free < ADDRESSES:
            text = f"Subnet {subnet.id} in {subnet.zone} has {subnet.free} free addresses; EKS may need up to {ADDRESSES} in one."
            yield Finding(WARNS, "subnet", subnet.id, text, remedy)


def reach(facts: Facts) -> Iterator[Finding]:
    """What could not be checked."""
    if facts.inside is None:
        why = facts.unreachable.rstrip(".")
        text = f"The API of {facts.name} could not be reached, so budgets, pods and kubelets were not checked: {why}."
        yield Finding(
            WARNS, "unreachable", facts.name, text, "Run the check from a host that reaches it, with an access entry that allows reading."
        )

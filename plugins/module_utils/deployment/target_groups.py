# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The target groups of tracks: how metrics in CloudWatch name them, and the weights that the load balancer gives them by now.

The load balancer controller, which makes the target groups, may follow an Ingress late, or not at all: throttled, failing at another part
of the Ingress, or not running. Pods that get no requests by the Ingress may get them from the load balancer (argo-rollouts#701, #3627).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from ..aws.connection import Aws
from ..aws.target_groups import RESOURCE, TargetGroup, target_groups

GROUP, BALANCER = "${target_group}", "${load_balancer}"
PLACEHOLDERS = (GROUP, BALANCER)

Names = Mapping[str, str]
"""The values of the placeholders."""


class NoTargetGroup(Exception):
    """A Service has no target group, or several. Its text is suitable for users."""


@dataclass(frozen=True)
class Place:
    """Whose target groups: the application's namespace and the names of its Ingresses."""

    namespace: str
    ingresses: Sequence[str]


class TargetGroups(Protocol):
    def names(self, place: Place, services: Collection[str]) -> Mapping[str, Names]:
        """The values of the placeholders by Service. Raises NoTargetGroup, CallFailed."""

    def rules(self, place: Place, services: Collection[str]) -> list[dict[str, int]]:
        """The weights by Service, of each rule that forwards to one of them. Raises CallFailed."""


@dataclass(frozen=True)
class Expected:
    """``weights``: by Service, of a divided rule. ``gone``: Services that no rule may name. ``preview``: one that has rules of its own."""

    weights: Mapping[str, int]
    gone: Collection[str] = ()
    preview: str = ""

    @property
    def services(self) -> set[str]:
        return {*self.weights, *self.gone}


def follows(rules: Iterable[Mapping[str, int]], expected: Expected) -> bool:
    """Whether the load balancer's rules divide requests as expected. ``rules``: those that name one of the Services."""
    listed = list(rules)
    divided = [one for one in listed if set(one) & set(expected.weights) and set(one) != {expected.preview}]
    if any(name in one for one in listed for name in expected.gone):
        return False
    return bool(divided) and all(_shares(one) == _shares(expected.weights) for one in divided)


def _shares(weights: Mapping[str, int]) -> dict[str, float]:
    """The share of each Service that gets any requests."""
    total = sum(weights.values())
    return {name: weight / total for name, weight in weights.items() if weight}


def weights_of(rules: Iterable[Mapping[str, Any]], services: Mapping[str, str]) -> list[dict[str, int]]:
    """The weights by Service, of each rule of DescribeRules that forwards to one. ``services``: by the ARN of their target group."""
    found = []
    for rule in rules:
        for action in rule.get("Actions") or ():
            groups = (action.get("ForwardConfig") or {}).get("TargetGroups") or [{"TargetGroupArn": action.get("TargetGroupArn")}]
            weights = {services[arn]: int(one.get("Weight", 1)) for one in groups if (arn := str(one.get("TargetGroupArn"))) in services}
            if weights:
                found.append(weights)
    return found


def uses_placeholders(value: Any) -> bool:
    if isinstance(value, Mapping):
        return any(uses_placeholders(inner) for inner in value.values())
    if isinstance(value, list | tuple):
        return any(uses_placeholders(inner) for inner in value)
    return isinstance(value, str) and any(one in value for one in PLACEHOLDERS)


def filled(value: Any, names: Names) -> Any:
    """A copy with the placeholders replaced in all texts."""
    if isinstance(value, Mapping):
        return {key: filled(inner, names) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [filled(inner, names) for inner in value]
    if isinstance(value, str):
        for placeholder, text in names.items():
            value = value.replace(placeholder, text)
    return value


def for_each(metrics: Iterable[Mapping[str, Any]], groups: Mapping[str, Names]) -> list[dict[str, Any]]:
    """The metrics with the placeholders replaced: one for each target group if there are several."""
    found = []
    for metric in metrics:
        if not uses_placeholders(metric):
            found.append(dict(metric))
            continue
        for service, names in groups.items():
            one = filled(metric, names)
            found.append({**one, "name": f"{one['name']} ({service})" if len(groups) > 1 else one["name"]})
    return found


def group_of(groups: Iterable[TargetGroup], cluster: str, place: Place, service: str) -> list[TargetGroup]:
    """The target groups of a Service among those in use. ``cluster``: empty for any."""
    wanted = {f"{place.namespace}/{ingress}-{service}" for ingress in place.ingresses}
    return [one for one in groups if one.backend in wanted and (not cluster or one.cluster in ("", cluster))]


def names_in(found: Sequence[TargetGroup], place: Place, service: str) -> Names:
    """The values of the placeholders for the target group of a Service. Raises NoTargetGroup unless there is exactly one."""
    if len(found) != 1:
        many = f"{len(found)} target groups are" if found else "no target group of a load balancer is"
        raise NoTargetGroup(
            f"{many} tagged as that of Service {place.namespace}/{service} ({RESOURCE}), so its metrics cannot be told apart"
        )
    return {GROUP: found[0].dimension, BALANCER: found[0].balancer}


class AwsTargetGroups:
    """``cluster``: its name in EKS; empty if it is not known."""

    def __init__(self, aws: Aws, cluster: str) -> None:
        self.aws, self.cluster = aws, cluster

    def names(self, place: Place, services: Collection[str]) -> Mapping[str, Names]:
        groups = target_groups(self.aws)
        return {service: names_in(group_of(groups, self.cluster, place, service), place, service) for service in services}

    def rules(self, place: Place, services: Collection[str]) -> list[dict[str, int]]:
        groups = target_groups(self.aws)
        found = {service: group_of(groups, self.cluster, place, service) for service in services}
        by_arn = {one.arn: service for service, some in found.items() for one in some}
        balancers = sorted({arn for some in found.values() for one in some for arn in one.balancers})
        rules: list[Mapping[str, Any]] = []
        for balancer in balancers:
            for listener in self.aws.list_all("elbv2", "describe_listeners", "Listeners", LoadBalancerArn=balancer):
                rules += self.aws.list_all("elbv2", "describe_rules", "Rules", ListenerArn=listener["ListenerArn"])
        return weights_of(rules, by_arn)

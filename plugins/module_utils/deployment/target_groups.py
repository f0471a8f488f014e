# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The target group of one track, as metrics in CloudWatch name it. Shares of weights say nothing about it: cookies shift them.

The load balancer controller makes the target groups and gives them ids; it says in tags what each is for
(kubernetes-sigs.github.io/aws-load-balancer-controller, "Resource Tags").
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Protocol

from ..aws.connection import Aws
from ..aws.tags import tag_dict

RESOURCE, CLUSTER = "ingress.k8s.aws/resource", "elbv2.k8s.aws/cluster"
TAGS_AT_ONCE = 20
"""The limit of DescribeTags."""

GROUP, BALANCER = "${target_group}", "${load_balancer}"
PLACEHOLDERS = (GROUP, BALANCER)

Names = Mapping[str, str]
"""The values of the placeholders."""


class NoTargetGroup(Exception):
    """A Service has no target group, or several. Its text is suitable for users."""


class TargetGroups(Protocol):
    def __call__(self, namespace: str, ingresses: Collection[str], services: Collection[str]) -> Mapping[str, Names]:
        """The values of the placeholders by Service. Raises NoTargetGroup, CallFailed."""


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


def names_of(
    groups: Sequence[Mapping[str, Any]],
    tags: Mapping[str, Mapping[str, str]],
    cluster: str,
    namespace: str,
    ingresses: Collection[str],
    services: Collection[str],
) -> dict[str, Names]:
    """The values of the placeholders by Service.

    ``groups``: of DescribeTargetGroups. ``tags``: by ARN. ``cluster``: its name, or an empty string for any. Raises NoTargetGroup.
    """
    found: dict[str, Names] = {}
    for service in services:
        wanted = {f"{namespace}/{ingress}-{service}" for ingress in ingresses}
        own = [one for one in groups if _is_for(tags.get(str(one["TargetGroupArn"]), {}), wanted, cluster) and one.get("LoadBalancerArns")]
        if len(own) != 1:
            many = f"{len(own)} target groups are" if own else "no target group of a load balancer is"
            raise NoTargetGroup(f"{many} tagged as that of Service {namespace}/{service} ({RESOURCE}), so its metrics cannot be told apart")
        balancer = str(own[0]["LoadBalancerArns"][0]).partition(":loadbalancer/")[2]
        found[service] = {GROUP: str(own[0]["TargetGroupArn"]).rpartition(":")[2], BALANCER: balancer}
    return found


def _is_for(tags: Mapping[str, str], wanted: Collection[str], cluster: str) -> bool:
    return tags.get(RESOURCE, "").rpartition(":")[0] in wanted and (not cluster or tags.get(CLUSTER, cluster) == cluster)


class AwsTargetGroups:
    """``cluster``: its name in EKS; empty if it is not known."""

    def __init__(self, aws: Aws, cluster: str) -> None:
        self.aws, self.cluster = aws, cluster

    def __call__(self, namespace: str, ingresses: Collection[str], services: Collection[str]) -> Mapping[str, Names]:
        groups = self.aws.list_all("elbv2", "describe_target_groups", "TargetGroups")
        arns = [str(one["TargetGroupArn"]) for one in groups]
        tags: dict[str, Mapping[str, str]] = {}
        for some in itertools.batched(arns, TAGS_AT_ONCE):
            reply = self.aws.find("elbv2", "describe_tags", ResourceArns=list(some)) or {}
            tags |= {str(one["ResourceArn"]): tag_dict(one.get("Tags")) for one in reply.get("TagDescriptions") or ()}
        return names_of(groups, tags, self.cluster, namespace, ingresses, services)

# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The target groups that the load balancer controller made, and what each is for.

The controller gives them ids; it says in tags what each is for (kubernetes-sigs.github.io/aws-load-balancer-controller, "Resource Tags").
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

from .connection import Aws
from .tags import tag_dict

CLUSTER, RESOURCE = "elbv2.k8s.aws/cluster", "ingress.k8s.aws/resource"
"""The tags: the cluster, and ``<namespace>/<ingress>-<service>:<port>``."""
TAGS_AT_ONCE = 20
"""ARNs in one DescribeTags call (Elastic Load Balancing API reference)."""


@dataclass(frozen=True)
class TargetGroup:
    """``balancers``: the ARNs of the load balancers that use it. ``backend``: ``<namespace>/<ingress>-<service>``, empty without the tag.

    ``dimension`` and ``balancer`` are the values of CloudWatch's dimensions TargetGroup and LoadBalancer.
    """

    arn: str
    balancers: tuple[str, ...]
    cluster: str = ""
    backend: str = ""

    @property
    def dimension(self) -> str:
        return self.arn.rpartition(":")[2]

    @property
    def balancer(self) -> str:
        return self.balancers[0].partition(":loadbalancer/")[2]


def target_groups(aws: Aws) -> list[TargetGroup]:
    """All target groups of the region that a load balancer uses. Raises CallFailed."""
    listed = aws.list_all("elbv2", "describe_target_groups", "TargetGroups")
    used = {str(one["TargetGroupArn"]): tuple(map(str, one["LoadBalancerArns"])) for one in listed if one.get("LoadBalancerArns")}
    found = []
    for some in itertools.batched(used, TAGS_AT_ONCE):
        reply = aws.find("elbv2", "describe_tags", ResourceArns=list(some)) or {}
        for one in reply.get("TagDescriptions") or ():
            tags, arn = tag_dict(one.get("Tags")), str(one["ResourceArn"])
            found.append(TargetGroup(arn, used[arn], tags.get(CLUSTER, ""), tags.get(RESOURCE, "").rpartition(":")[0]))
    return found

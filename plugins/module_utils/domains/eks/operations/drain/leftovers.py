# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Which AWS resources a cluster's controllers have created, recognized by tags. Pure functions.

The tags are those of the AWS Load Balancer Controller (its documentation, security groups and resource tags) and of the Kubernetes cloud
provider. Resources with our own mark are never the controller's: the engine deletes those.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from .....aws.owner import TAG_PREFIX
from ...settings.karpenter import CLUSTER, POOL

CONTROLLER_TAG = "elbv2.k8s.aws/cluster"
CLOUD_PROVIDER_TAG = "kubernetes.io/cluster/"
CLUSTER_OF_GROUP = "aws:eks:cluster-name"
"""On the security group that EKS creates for a cluster, and deletes with the cluster unless it is still in use."""
CLUSTER_OF_INTERFACE = "cluster.k8s.amazonaws.com/name"
CNI_INTERFACES = "aws-k8s-"
BALANCER_INTERFACES = "ELB "
BALANCER_GROUPS = "k8s-elb-"
"""The name prefix that the cloud provider gives to a classic load balancer's group. Others with its tag are the cluster's own."""

LOAD_BALANCER, CLASSIC = "load balancer", "classic load balancer"
TARGET_GROUP, SECURITY_GROUP, INTERFACE = "target group", "security group", "network interface"
INSTANCE, TEMPLATE = "instance", "launch template"
ORDER = (LOAD_BALANCER, CLASSIC, TARGET_GROUP, INSTANCE, INTERFACE, SECURITY_GROUP, TEMPLATE)
"""What is deleted first: the rest is in use until then."""


@dataclass(frozen=True)
class AwsResource:
    """A resource in AWS. ``groups`` are the security groups of an interface. ``free``: whether an interface is unattached, and whether an
    instance has not been terminated yet.
    """

    kind: str
    id: str
    name: str = ""
    vpc: str = ""
    tags: Mapping[str, str] | None = None
    groups: tuple[str, ...] = ()
    description: str = ""
    free: bool = False
    protected: bool = False

    def __str__(self) -> str:
        return f"{self.kind} {self.name or self.id}" + (f" ({self.id})" if self.name and self.id.startswith(("sg-", "eni-")) else "")

    def as_dict(self, cluster: str) -> dict[str, str]:
        return {"cluster": cluster, "kind": self.kind, "id": self.id, "name": self.name or self.id}


@dataclass(frozen=True)
class Cluster:
    """One of our clusters, existing or not. ``vpcs``: where its resources may be; nothing outside them is touched."""

    name: str
    vpcs: frozenset[str]
    exists: bool = True
    key: str = ""
    protected: bool = False
    security_group: str = ""


def leftovers(cluster: Cluster, things: Collection[AwsResource], occupied: Collection[str] = ()) -> list[AwsResource]:
    """The resources that the cluster's controllers have created, in the order in which they can be deleted.

    ``occupied``: VPCs in which a cluster still exists; interfaces there without a cluster's name may be about to be used.
    """
    near = [thing for thing in things if (thing.vpc in cluster.vpcs or thing.kind == TEMPLATE) and not _is_ours(thing)]
    balancers = [thing for thing in near if thing.kind in (LOAD_BALANCER, CLASSIC, TARGET_GROUP) and carries(thing, cluster.name)]
    groups = [thing for thing in near if thing.kind == SECURITY_GROUP and _is_controllers_group(thing, cluster)]
    names = {thing.name for thing in balancers}
    held = {thing.id for thing in groups}
    interfaces = [thing for thing in near if thing.kind == INTERFACE and _is_interface_of(thing, cluster, names, held, occupied)]
    machines = [thing for thing in near if thing.kind == INSTANCE and is_launched_for(thing, cluster.name)]
    # while the cluster exists, Karpenter keeps its templates, and deletes them itself
    templates = [thing for thing in near if thing.kind == TEMPLATE and not cluster.exists and is_launched_for(thing, cluster.name)]
    return sorted(
        [*balancers, *groups, *interfaces, *machines, *templates], key=lambda thing: (ORDER.index(thing.kind), thing.name, thing.id)
    )


def carries(thing: AwsResource, cluster: str) -> bool:
    """Whether a resource carries the tag that this cluster's controllers put on what they create."""
    tags = thing.tags or {}
    return tags.get(CONTROLLER_TAG) == cluster or tags.get(f"{CLOUD_PROVIDER_TAG}{cluster}") == "owned"


def is_launched_for(thing: AwsResource, cluster: str) -> bool:
    """Whether Karpenter made it for a node pool of this cluster."""
    tags = thing.tags or {}
    return POOL in tags and (tags.get(CLUSTER) == cluster or tags.get(f"{CLOUD_PROVIDER_TAG}{cluster}") == "owned")


def _is_ours(thing: AwsResource) -> bool:
    return any(name.startswith(TAG_PREFIX) for name in thing.tags or {})


def _is_controllers_group(thing: AwsResource, cluster: Cluster) -> bool:
    """The cluster's own group carries the cloud provider's tag too; EKS deletes it as long as the cluster exists."""
    tags = thing.tags or {}
    if CLUSTER_OF_GROUP in tags or thing.id == cluster.security_group:
        return not cluster.exists and tags.get(CLUSTER_OF_GROUP) == cluster.name
    if tags.get(CONTROLLER_TAG):
        return tags[CONTROLLER_TAG] == cluster.name
    return thing.name.startswith(BALANCER_GROUPS) and carries(thing, cluster.name)


def _is_interface_of(
    thing: AwsResource, cluster: Cluster, balancers: Collection[str], groups: Collection[str], occupied: Collection[str]
) -> bool:
    tags = thing.tags or {}
    if thing.description.startswith(BALANCER_INTERFACES):
        return balancer_of(thing.description) in balancers or bool(set(thing.groups) & set(groups))
    if thing.description.lower().startswith(CNI_INTERFACES):
        named = tags.get(CLUSTER_OF_INTERFACE)
        return not cluster.exists and thing.free and (named == cluster.name or (named is None and thing.vpc not in occupied))
    return carries(thing, cluster.name) and thing.free


def balancer_of(description: str) -> str:
    """``ELB app/k8s-shop-api-1a2b/50dc6c`` and ``ELB k8s-shop`` -> the name of the load balancer."""
    parts = description.removeprefix(BALANCER_INTERFACES).strip().split("/")
    return parts[1] if len(parts) > 1 else parts[0]


def summed_up(things: Collection[AwsResource]) -> str:
    """``2 load balancers, 1 security group``."""
    counts = {kind: sum(thing.kind == kind for thing in things) for kind in ORDER}
    return ", ".join(f"{count} {kind}{'' if count == 1 else 's'}" for kind, count in counts.items() if count)

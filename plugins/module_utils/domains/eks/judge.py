# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Checks that need answers from AWS (questions.py): problems with clusters, and notes for the plan. Pure functions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from ...inputs.problems import shown
from ...reconcile.model import Observed, is_unknown
from . import version_change as upgrade
from .settings import versions
from .settings.access import lockouts, unadministered
from .settings.addons import BEFORE_NODES, Offer, Offers, chosen
from .settings.cluster import IPV6, Cluster
from .settings.node_groups import NodeGroup
from .settings.placement import unplaced
from .settings.pod_capacity import InstanceType, too_many
from .settings.releases import NEWEST, Newest, rolled_back
from .settings.versions import Support

ADDRESSES_OF_CLUSTER = 6
"""Free addresses that EKS needs in each subnet of a new cluster (docs.aws.amazon.com/eks/latest/userguide/network-reqs.html)."""

EKS_NAMES = {"x86_64": "amd64", "arm64": "arm64"}
"""Processor architectures: EC2's name -> the name in DescribeAddonVersions."""


@dataclass(frozen=True)
class Subnet:
    id: str
    vpc_id: str
    availability_zone: str
    free_addresses: int
    has_ipv6: bool = False
    gives_ipv6: bool = False
    """Whether nodes that start there get an IPv6 address."""


@dataclass(frozen=True)
class AwsFacts:
    """Answers from AWS, and the component's existing resources. ``subnets`` and ``instance_types`` hold only those that exist."""

    versions: Mapping[str, Support] = field(default_factory=dict)
    addons: Offers = field(default_factory=dict)
    instance_types: Mapping[str, InstanceType] = field(default_factory=dict)
    subnets: Mapping[str, Subnet] = field(default_factory=dict)
    public_subnets: frozenset[str] = frozenset()
    releases: Newest | None = None
    """The newest releases of node images; None if this run asks for none."""
    observed: tuple[Observed, ...] = ()
    caller: str = ""

    def of(self, address: str) -> Observed | None:
        return next((seen for seen in self.observed if seen.address == address and seen.state in ("ready", "pending")), None)

    def room(self, subnets: Iterable[str]) -> int | None:
        """The total number of free addresses in these subnets; None if one of them is not known yet."""
        there = [self.subnets.get(one) for one in subnets]
        return None if None in there else sum(one.free_addresses for one in there if one)

    def vpc_of(self, cluster: Cluster) -> str:
        """The VPC of a cluster's subnets: that of the existing subnets, or else that of its network. Empty if it cannot be determined."""
        return next((self.subnets[one].vpc_id for one in cluster.subnet_ids if one in self.subnets), cluster.vpc_id)

    def versions_of_groups(self, cluster: str) -> dict[str, str]:
        prefix = f"eks_nodegroup.{cluster}/"
        return {
            seen.address.removeprefix(prefix): str(seen.properties.get("version") or "")
            for seen in self.observed
            if seen.address.startswith(prefix)
        }

    def installed(self) -> dict[str, str]:
        """The version of each installed add-on, by address."""
        return {
            seen.address: str(seen.properties["addon_version"])
            for seen in self.observed
            if seen.kind == "eks_addon" and seen.properties.get("addon_version")
        }


def objections(clusters: Mapping[str, Cluster], known: AwsFacts, may_go: Callable[[str], bool]) -> list[str]:
    """Every problem, each as one sentence. ``may_go``: whether an address may be deleted or replaced in this run."""
    found = [problem for cluster in clusters.values() for problem in of_cluster(cluster, known)]
    return found + lockouts(clusters, known.observed, known.caller, may_go)


def of_cluster(cluster: Cluster, known: AwsFacts) -> Iterator[str]:
    yield from versions.refused(cluster.path, cluster.version, cluster.upgrade_policy, known.versions)
    present = known.of(f"eks_cluster.{cluster.name}")
    if present:
        before = str(present.properties.get("version") or "")
        yield from of_name(cluster, str(present.properties.get("cluster_name") or ""))
        yield from upgrade.refused(cluster.path, before, cluster.version, known.versions_of_groups(cluster.name))
    elif reason := unadministered(cluster, known.caller):
        yield reason
    yield from of_subnets(cluster, known, fresh=present is None)
    yield from of_node_groups(cluster, known)
    yield from of_fargate_profiles(cluster, known)
    if cluster.version in known.versions:
        yield from of_addons(cluster, known.addons)
        yield from of_processors(cluster, known)
    yield from of_places(cluster, known)
    yield from of_pod_subnets(cluster, known)
    yield from of_ipv6(cluster, known)


def of_name(cluster: Cluster, before: str) -> Iterator[str]:
    """Check that a moved or adopted cluster keeps its name in AWS, unless the user sets another one."""
    if before and before != cluster.aws_name and not cluster.named:
        yield (
            f"{cluster.path}.name is missing: the cluster is called {before} in AWS, and EKS cannot rename it; write name: {before}, or "
            f"name: {cluster.aws_name} to replace it by a new cluster"
        )


def of_subnets(cluster: Cluster, known: AwsFacts, fresh: bool) -> Iterator[str]:
    """Check that the subnets exist, lie in one network and in two zones, and have enough free addresses for a new cluster."""
    path = f"{cluster.path}.subnet_ids"
    yield from _missing(path, cluster.subnet_ids, known)
    there = [known.subnets[one] for one in cluster.subnet_ids if one in known.subnets]
    if len(there) < 2 or len(there) != len(cluster.subnet_ids):
        return
    zones = {subnet.availability_zone for subnet in there}
    if len(zones) < 2:
        yield f"{path} is {shown(list(cluster.subnet_ids))}, but all of them are in {zones.pop()} and EKS wants two availability zones"
    if len({subnet.vpc_id for subnet in there}) > 1:
        places = ", ".join(f"{subnet.id} in {subnet.vpc_id}" for subnet in there)
        yield f"{path} is {shown(list(cluster.subnet_ids))}, but they are in several VPCs: {places}"
    for subnet in there if fresh else ():
        if subnet.free_addresses < ADDRESSES_OF_CLUSTER:
            yield (
                f"{path} names {subnet.id}, which has {subnet.free_addresses} free addresses, but EKS needs {ADDRESSES_OF_CLUSTER} in each "
                "subnet of a cluster; free some, or name another subnet"
            )


def of_pod_subnets(cluster: Cluster, known: AwsFacts) -> Iterator[str]:
    """Check that the subnets of pods exist in the VPC of the nodes, each in its zone, and that every zone with nodes has one."""
    path = f"{cluster.path}.pod_subnets"
    yield from _missing(path, cluster.pod_subnets.values(), known)
    nodes = [one for group in cluster.node_groups.values() for one in group.subnet_ids or cluster.subnet_ids]
    zones = {known.subnets[one].availability_zone for one in nodes if one in known.subnets}
    if cluster.pod_subnets and (lacking := sorted(zones - set(cluster.pod_subnets))):
        yield f"{path} has no subnet in {', '.join(lacking)}, where nodes would have no addresses for pods; add one"
    vpc = known.vpc_of(cluster)
    for zone, name in cluster.pod_subnets.items():
        there = known.subnets.get(name)
        if there and there.availability_zone != zone:
            yield f"{path}.{zone} is '{name}', but that subnet is in {there.availability_zone}; list it there"
        if there and vpc and not is_unknown(vpc) and there.vpc_id != vpc:
            yield f"{path}.{zone} is '{name}', but that subnet is in {there.vpc_id}, and the nodes are in {vpc}; name one of their VPC"


def of_ipv6(cluster: Cluster, known: AwsFacts) -> Iterator[str]:
    """Check that all subnets of an IPv6 cluster have IPv6 addresses, and that its nodes can have them."""
    if cluster.ip_family != IPV6:
        return
    places = {f"{cluster.path}.subnet_ids": cluster.subnet_ids}
    nodes = {f"{group.path}.subnet_ids": group.subnet_ids or cluster.subnet_ids for group in cluster.node_groups.values()}
    places |= {f"{group.path}.subnet_ids": group.subnet_ids for group in cluster.node_groups.values()}
    places |= {f"{cluster.path}.fargate_profiles.{name}.subnet_ids": one.subnet_ids for name, one in cluster.fargate_profiles.items()}
    for path, subnets in places.items():
        lacking = [one for one in subnets if one in known.subnets and not known.subnets[one].has_ipv6]
        if lacking:
            yield f"{path} names {', '.join(lacking)} without IPv6 addresses, but ip_family is {IPV6}; set ipv6: true of the network"
    for path, subnets in nodes.items():
        silent = [one for one in subnets if one in known.subnets and known.subnets[one].has_ipv6 and not known.subnets[one].gives_ipv6]
        if silent:
            yield f"{path} names {', '.join(silent)}, where nodes get no IPv6 address; set ipv6_on_creation: true of the tier"
    for group in cluster.node_groups.values():
        old = [kind for kind in group.instance_types if kind in known.instance_types and not known.instance_types[kind].nitro]
        if old:
            yield f"{group.path}.instance_types is '{old[0]}', but ip_family: {IPV6} needs instances built on Nitro; choose another type"


def _missing(path: str, subnets: Iterable[str], known: AwsFacts) -> Iterator[str]:
    for one in subnets:
        if not is_unknown(one) and one not in known.subnets:
            yield f"{path} names {one}, but there is no such subnet in this account and region"


def of_node_groups(cluster: Cluster, known: AwsFacts) -> Iterator[str]:
    for name, group in cluster.node_groups.items():
        for kind in group.instance_types:
            found = known.instance_types.get(kind)
            if found is None:
                yield f"{group.path}.instance_types is '{kind}', but EC2 has no such instance type in this region"
                continue
            if group.architecture not in found.processors:
                yield (
                    f"{group.path}.ami_type is '{group.ami_type}', which runs on {group.architecture}, but {kind} is "
                    f"{', '.join(found.processors)}; choose the image of the other architecture, or another instance type"
                )
            if group.max_pods and (remedy := too_many(cluster, group.max_pods, kind, found)):
                yield f"{group.path}.max_pods is {group.max_pods}, but {remedy}"
        yield from _missing(f"{group.path}.subnet_ids", group.subnet_ids, known)
        present = known.of(f"eks_nodegroup.{cluster.name}/{name}")
        fresh = present is None
        yield from of_release(cluster, group, present, known)
        room = known.room(group.subnet_ids or cluster.subnet_ids)
        if fresh and room is not None and room < group.min_size:
            yield (
                f"{group.path}.min_size is {group.min_size}, but its subnets have {room} free addresses; choose subnets with enough free "
                "addresses"
            )


def of_release(cluster: Cluster, group: NodeGroup, present: Observed | None, known: AwsFacts) -> Iterator[str]:
    """Check that a pinned release is not older than the running one, and that AWS publishes a newest one."""
    if group.release.pinned and present:
        yield from rolled_back(group.path, group.release.pinned, str(present.properties.get("release_version") or ""))
    if group.release.newest and known.releases is not None and (group.ami_type, cluster.version) not in known.releases:
        yield (
            f"{group.path}.release_version is '{NEWEST}', but AWS publishes no image of {group.ami_type} for Kubernetes {cluster.version}; "
            "choose another ami_type or version"
        )


def of_fargate_profiles(cluster: Cluster, known: AwsFacts) -> Iterator[str]:
    for name, profile in cluster.fargate_profiles.items():
        path = f"{cluster.path}.fargate_profiles.{name}.subnet_ids"
        yield from _missing(path, profile.subnet_ids, known)
        for subnet in profile.subnet_ids or cluster.subnet_ids:
            if subnet in known.public_subnets:
                yield f"{path} names {subnet}, which has a route to an internet gateway, but Fargate supports only private subnets"


def of_addons(cluster: Cluster, offers: Offers) -> Iterator[str]:
    for name, addon in cluster.addons.items():
        offer = offers.get((name, cluster.version), Offer())
        path = f"{cluster.path}.addons.{name}"
        if not offer.versions:
            yield f"{path} is not an add-on that EKS offers for Kubernetes {cluster.version}; correct the name, or set it to null"
        elif addon.version and addon.version not in offer.versions:
            newest = ", ".join(offer.versions[-3:])
            yield (
                f"{path}.version is '{addon.version}', but that is not compatible with Kubernetes {cluster.version}; the newest "
                f"compatible ones are {newest}, the default is {offer.default}"
            )


def of_places(cluster: Cluster, known: AwsFacts) -> Iterator[str]:
    """Check that the pods of new add-ons find a node. Those of present ones have found theirs: see ``place_notes``."""
    for name, remedy in unplaced(cluster):
        if known.of(f"eks_addon.{cluster.name}/{name}") is None:
            yield f"{cluster.path}.addons is '{name}', but {remedy}"


def of_processors(cluster: Cluster, known: AwsFacts) -> Iterator[str]:
    """Check that add-ons run on the processors of the cluster's nodes or, without nodes, on Fargate."""
    processors = {group.architecture for group in cluster.node_groups.values() if group.starts_nodes}
    for name, addon in cluster.addons.items():
        offer = known.addons.get((name, cluster.version), Offer())
        version = chosen(name, addon.version, known.installed().get(f"eks_addon.{cluster.name}/{name}"), offer) or ""
        path = f"{cluster.path}.addons.{name}"
        built = offer.architectures.get(version, ())
        if lacking := sorted(one for one in processors if built and EKS_NAMES[one] not in built):
            yield (
                f"{path}.version would be {version}, which EKS builds for {', '.join(built)}, but the nodes are {', '.join(lacking)}; "
                "choose a version that is built for them, nodes with another ami_type, or leave the add-on out"
            )
        runs_on = offer.compute_types.get(version, ())
        if name not in BEFORE_NODES and not cluster.node_groups and cluster.fargate_profiles and runs_on and "fargate" not in runs_on:
            yield f"{path} needs nodes ({', '.join(runs_on)}), but the cluster has only Fargate profiles; add a node group, or leave it out"


def notes(clusters: Mapping[str, Cluster], known: AwsFacts) -> list[str]:
    """The plan's notes on version support for these clusters, and on present add-ons whose pods will find no other node."""
    found = [
        versions.note(cluster.name, cluster.version, cluster.upgrade_policy, known.versions[cluster.version])
        for dummy, cluster in sorted(clusters.items())
        if cluster.version in known.versions
    ]
    for cluster in clusters.values():
        left = [(name, remedy) for name, remedy in unplaced(cluster) if known.of(f"eks_addon.{cluster.name}/{name}")]
        found += [f"{cluster.name}: the pods of {name} keep their nodes, but once these go, {remedy}" for name, remedy in left]
    return found

# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Queries to AWS before clusters can be judged and built: versions, add-ons, instance types, subnets; all in parallel."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from ...aws.connection import Aws
from ...reconcile.model import is_unknown
from .judge import Subnet
from .patching import due
from .settings.addons import Offers, offer_of
from .settings.cluster import Cluster
from .settings.pod_capacity import InstanceType, instance_type_of
from .settings.releases import image_of, newest_of
from .settings.versions import Support, support_of

MOST_VALUES = 200
"""The number of values that an EC2 filter accepts."""


def questions(clusters: Mapping[str, Cluster], now: datetime | None = None) -> dict[str, Callable[[Aws], Any]]:
    """The queries that these clusters require; none if there are no clusters. ``now``: the time of the run, for maintenance windows."""
    if not clusters:
        return {}
    addons = sorted({(name, one.version) for one in clusters.values() for name in one.addons})
    types = sorted({kind for one in clusters.values() for group in one.node_groups.values() for kind in group.instance_types})
    subnets = sorted({subnet for one in clusters.values() for subnet in subnets_of(one) if not is_unknown(subnet)})
    fargate = sorted({subnet for one in clusters.values() for subnet in fargate_subnets(one) if not is_unknown(subnet)})
    found: dict[str, Callable[[Aws], Any]] = {"versions": cluster_versions, "addons": lambda aws: addon_versions(aws, addons)}
    if types:
        found["instance_types"] = lambda aws: instance_types(aws, types)
    if subnets:
        found["subnets"] = lambda aws: subnets_by_id(aws, subnets)
    if fargate:
        found["public_subnets"] = lambda aws: public_subnets(aws, fargate)
    moment = now or datetime.now(UTC)
    if images := due(clusters, moment):
        found["releases"] = lambda aws: newest_releases(aws, images, moment)
    return found


def newest_releases(aws: Aws, wanted: list[tuple[str, str]], now: datetime) -> dict[tuple[str, str], str]:
    """The newest release by (AMI type, minor version). Images that AWS does not publish are left out."""
    names = [{"Name": "name", "Values": [image_of(*one) for one in wanted]}]
    return newest_of(aws.list_all("ec2", "describe_images", "Images", Owners=["amazon"], Filters=names), wanted, now)


def subnets_of(cluster: Cluster) -> set[str]:
    """Every subnet that a cluster names."""
    groups = {subnet for group in cluster.node_groups.values() for subnet in group.subnet_ids}
    return {*cluster.subnet_ids, *groups, *fargate_subnets(cluster), *cluster.pod_subnets.values()}


def fargate_subnets(cluster: Cluster) -> set[str]:
    return {subnet for profile in cluster.fargate_profiles.values() for subnet in profile.subnet_ids or cluster.subnet_ids}


def cluster_versions(aws: Aws) -> dict[str, Support]:
    return support_of(aws.list_all("eks", "describe_cluster_versions", "clusterVersions"))


def addon_versions(aws: Aws, wanted: list[tuple[str, str]]) -> Offers:
    """The offer for each (add-on, minor version): one call each, since an unfiltered answer contains the whole marketplace."""

    def ask(pair: tuple[str, str]) -> list[Any]:
        return aws.list_all("eks", "describe_addon_versions", "addons", addonName=pair[0], kubernetesVersion=pair[1])

    return {pair: offer_of(reply, pair[1]) for pair, reply in zip(wanted, aws.map(ask, wanted), strict=True)}


def instance_types(aws: Aws, types: list[str]) -> dict[str, InstanceType]:
    """The instance types that exist. Queried by filter, because a call that names a nonexistent type fails as a whole."""
    found = filtered(aws, "describe_instance_types", "InstanceTypes", "instance-type", types)
    return {entry["InstanceType"]: instance_type_of(entry) for entry in found}


def subnets_by_id(aws: Aws, subnets: list[str]) -> dict[str, Subnet]:
    """The facts about these subnets and all others in the same VPCs, because an existing cluster may still be in those.

    A subnet that does not exist is left out.
    """
    named = filtered(aws, "describe_subnets", "Subnets", "subnet-id", subnets)
    found = filtered(aws, "describe_subnets", "Subnets", "vpc-id", sorted({entry["VpcId"] for entry in named})) if named else []
    return {
        entry["SubnetId"]: Subnet(
            entry["SubnetId"],
            entry["VpcId"],
            entry["AvailabilityZone"],
            entry["AvailableIpAddressCount"],
            has_ipv6(entry),
            gives_ipv6(entry),
        )
        for entry in found
    }


def has_ipv6(entry: Mapping[str, Any]) -> bool:
    """Whether a subnet has IPv6 addresses. ``entry``: EC2's description of it."""
    states = [(one.get("Ipv6CidrBlockState") or {}).get("State") for one in entry.get("Ipv6CidrBlockAssociationSet") or []]
    return "associated" in states


def gives_ipv6(entry: Mapping[str, Any]) -> bool:
    """Whether what starts in a subnet gets an IPv6 address."""
    return bool(entry.get("AssignIpv6AddressOnCreation"))


def public_subnets(aws: Aws, subnets: list[str]) -> frozenset[str]:
    """The subnets whose route table leads to an internet gateway."""
    tables = filtered(aws, "describe_route_tables", "RouteTables", "association.subnet-id", subnets)
    return frozenset(
        association["SubnetId"]
        for table in tables
        if any(str(route.get("GatewayId", "")).startswith("igw-") for route in table.get("Routes", []))
        for association in table.get("Associations", [])
        if association.get("SubnetId") in subnets
    )


def filtered(aws: Aws, method: str, items: str, name: str, values: list[str]) -> list[Any]:
    """All entries of an EC2 list call that match one of these values, in as many calls as the filter limit requires."""
    batches = [values[start : start + MOST_VALUES] for start in range(0, len(values), MOST_VALUES)]
    return [entry for batch in batches for entry in aws.list_all("ec2", method, items, Filters=[{"Name": name, "Values": batch}])]

# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Keep existing clusters and their parts in place although the description would now place them elsewhere. Pure functions.

EKS keeps a cluster in exactly the availability zones in which it was created (aws/containers-roadmap#2258), and neither a node group nor a
Fargate profile can change its subnets. So when a network gains or loses a zone, they stay where they are: the cluster adopts other subnets
only in its existing zones, and only new resources use a new zone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from ...reconcile.model import Observed
from .judge import AwsFacts
from .settings.cluster import Cluster, FargateProfile
from .settings.node_groups import NodeGroup

Part = TypeVar("Part", NodeGroup, FargateProfile)


def with_present_places(clusters: Mapping[str, Cluster], known: AwsFacts) -> dict[str, Cluster]:
    """The clusters to build. Existing clusters, and their parts without explicit subnets, stay where they are."""
    return {name: _settled(cluster, known) for name, cluster in clusters.items()}


NAMES = {
    "iam_role": "role_name",
    "iam_instance_profile": "instance_profile_name",
    "sqs_queue": "queue_name",
    "events_rule": "rule_name",
    "launch_template": "launch_template_name",
    "eks_nodegroup": "nodegroup_name",
    "eks_fargate_profile": "fargate_profile_name",
}
"""kind -> the property with a name that is derived from the address and that AWS cannot change."""


def place_notes(clusters: Mapping[str, Cluster], known: AwsFacts) -> list[str]:
    """A message for each cluster whose description has zones that the cluster cannot use, or lacks zones that it cannot leave."""
    return [note for dummy, cluster in sorted(clusters.items()) if (note := _note(cluster, known))]


def _settled(cluster: Cluster, known: AwsFacts) -> Cluster:
    present = known.of(f"eks_cluster.{cluster.name}")
    if present is None or _elsewhere(cluster, present, known):
        return cluster
    return replace(
        cluster,
        subnet_ids=_of_cluster(cluster, present, known),
        node_groups=_kept("eks_nodegroup", cluster, cluster.node_groups, known),
        fargate_profiles=_kept("eks_fargate_profile", cluster, cluster.fargate_profiles, known),
    )


def _elsewhere(cluster: Cluster, present: Observed, known: AwsFacts) -> bool:
    """Whether the description places the cluster in another VPC, which requires a new cluster."""
    vpcs = {known.subnets[one].vpc_id for one in cluster.subnet_ids if one in known.subnets}
    return bool(vpcs) and vpcs != {present.attributes.get("vpc_id")}


def _zones(subnets: Iterable[str], known: AwsFacts) -> set[str]:
    return {known.subnets[one].availability_zone for one in subnets if one in known.subnets}


def _described_zones(cluster: Cluster, known: AwsFacts) -> list[str]:
    """The zone of each described subnet. For a subnet that does not exist yet, it comes from the network; empty if unknown."""
    planned = cluster.subnet_zones or ("",) * len(cluster.subnet_ids)
    found = [known.subnets[one].availability_zone if one in known.subnets else "" for one in cluster.subnet_ids]
    return [zone or reported for zone, reported in zip(found, planned, strict=True)]


def _of_cluster(cluster: Cluster, present: Observed, known: AwsFacts) -> tuple[str, ...]:
    """The described subnets in the cluster's zones and, in zones without a described subnet, the cluster's current ones."""
    observed: Sequence[str] = present.properties.get("subnet_ids") or ()
    zones = _zones(observed, known)
    if not zones:
        return cluster.subnet_ids
    described = list(zip(cluster.subnet_ids, _described_zones(cluster, known), strict=True))
    left = zones - {zone for dummy, zone in described}
    taken = (one for one, zone in described if zone in zones)
    return (*taken, *(one for one in observed if one in known.subnets and known.subnets[one].availability_zone in left))


def _kept(kind: str, cluster: Cluster, parts: Mapping[str, Part], known: AwsFacts) -> dict[str, Part]:
    """Parts that specify no subnets: existing parts keep theirs as long as those subnets exist; new parts get all described subnets."""
    found = {}
    for name, part in parts.items():
        present = known.of(f"{kind}.{cluster.name}/{name}")
        observed = tuple(present.properties.get("subnet_ids") or ()) if present else ()
        stays = bool(observed) and all(one in known.subnets for one in observed)
        subnets = part.subnet_ids or (observed if stays else cluster.subnet_ids)
        found[name] = replace(part, subnet_ids=subnets)
    return found


def _note(cluster: Cluster, known: AwsFacts) -> str:
    present = known.of(f"eks_cluster.{cluster.name}")
    if present is None or _elsewhere(cluster, present, known):
        return ""
    zones = _zones(present.properties.get("subnet_ids") or (), known)
    described = {zone for zone in _described_zones(cluster, known) if zone}
    if not zones or not described or zones == described:
        return ""
    own, more, less = (", ".join(sorted(some)) for some in (zones, described - zones, zones - described))
    used = f"; only node groups and Fargate profiles created from now on use {more}" if more else ""
    kept = f"; it keeps its subnets in {less}, which is no longer described" if less else ""
    return f"{cluster.name}: EKS keeps a cluster in the zones in which it was created ({own}){used}{kept}"

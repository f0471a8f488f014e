# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The names of an inventory's clusters in EKS, and the IDs it assigns to them, for the policies that are limited to these."""

from __future__ import annotations

from typing import Any

from ...aws.grants import Names
from ...inputs.problems import Problems
from .settings.cluster import Cluster, Network, read


def names(clusters: Any, environment: str, _component: str) -> Names:
    found = read(clusters, "clusters", environment, Network(), Problems()).values()
    return Names(
        clusters=tuple(sorted(cluster.aws_name for cluster in found)),
        subnets=tuple(sorted({one for cluster in found for one in subnets_of(cluster)})),
        security_groups=tuple(sorted({one for cluster in found for one in cluster.node_security_group_ids})),
    )


def subnets_of(cluster: Cluster) -> set[str]:
    """The subnets that nodes may be launched in."""
    return {*cluster.subnet_ids, *(one for group in cluster.node_groups.values() for one in group.subnet_ids)}

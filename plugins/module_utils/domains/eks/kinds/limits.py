# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The quotas that clusters and what belongs to them use up. Codes and defaults are those of AWS's Service Quotas."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from ....aws.connection import Aws
from ....aws.quotas import REGION, Count
from ....kinds.limits import is_standard, standard_vcpus


def _clusters(aws: Aws, _scopes: Sequence[str]) -> Mapping[str, int]:
    return {REGION: len(aws.list_all("eks", "list_clusters", "clusters"))}


def _nodegroups(aws: Aws, clusters: Sequence[str]) -> Mapping[str, int]:
    return {cluster: len(aws.list_all("eks", "list_nodegroups", "nodegroups", clusterName=cluster)) for cluster in clusters}


SIZED = re.compile(r"(\d*)xlarge$")


def vcpus_of_size(instance_type: str) -> int:
    """The vCPUs that an instance type has at least, by the rule that EC2's sizes follow; 0 where the name does not tell (metal).

    ``xlarge`` is four and each number before it multiplies that; ``large`` is two, and what is smaller may be one.
    """
    size = instance_type.partition(".")[2]
    if sized := SIZED.fullmatch(size):
        return 4 * int(sized[1] or 1)
    return {"large": 2, "medium": 1, "small": 1, "micro": 1, "nano": 1}.get(size, 0)


def vcpus_of_group(properties: Mapping[str, Any]) -> int:
    """What a new node group starts at least: its first nodes, of the smallest of its types that count towards the quota."""
    types = properties.get("instance_types") or []
    if properties.get("capacity_type") == "SPOT" or not all(is_standard(name) for name in types):
        return 0
    nodes = properties.get("desired_size") or properties.get("min_size") or 0
    return int(nodes) * min((vcpus_of_size(name) for name in types), default=0)


CLUSTERS = Count("eks", "L-1194D53C", "EKS clusters", 100, _clusters)
NODEGROUPS = Count("eks", "L-6D54EA21", "managed node groups of a cluster", 30, _nodegroups, per=("cluster_name",))
ON_DEMAND_VCPUS = standard_vcpus(vcpus_of_group)

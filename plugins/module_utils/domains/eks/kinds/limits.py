# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The quotas that clusters and their parts consume. Codes and defaults come from AWS Service Quotas."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from ....aws.connection import Aws
from ....aws.quotas import PAGES, REGION, Count, filtered


def _clusters(aws: Aws, _scopes: Sequence[str]) -> Mapping[str, int]:
    return {REGION: len(aws.list_all("eks", "list_clusters", "clusters"))}


def _nodegroups(aws: Aws, clusters: Sequence[str]) -> Mapping[str, int]:
    return {cluster: len(aws.list_all("eks", "list_nodegroups", "nodegroups", clusterName=cluster)) for cluster in clusters}


STANDARD_FAMILIES = tuple("acdhimrtz")
OTHER_FAMILIES = ("dl", "hpc", "inf", "mac", "trn")
"""Families that start with the same letters but have quotas of their own."""


def is_standard(instance_type: str) -> bool:
    """Whether an instance type counts towards the vCPU quota of standard instances (A, C, D, H, I, M, R, T, Z)."""
    return instance_type.startswith(STANDARD_FAMILIES) and not instance_type.startswith(OTHER_FAMILIES)


def _standard_vcpus(aws: Aws, _scopes: Sequence[str]) -> Mapping[str, int]:
    """vCPUs of running on-demand instances; spot instances and instances on dedicated hosts count towards other quotas."""
    states = filtered("instance-state-name", ["pending", "running"])
    reservations = aws.list_all("ec2", "describe_instances", "Reservations", Filters=states, PaginationConfig=PAGES)
    counted = [
        str(instance["InstanceType"])
        for reservation in reservations
        for instance in reservation["Instances"]
        if is_standard(instance["InstanceType"])
        and instance.get("InstanceLifecycle") != "spot"
        and instance.get("Placement", {}).get("Tenancy") != "host"
    ]
    sizes = vcpus_of(aws, sorted(set(counted)))
    return {REGION: sum(sizes[name] for name in counted)}


def vcpus_of(aws: Aws, instance_types: Sequence[str]) -> dict[str, int]:
    """The number of vCPUs of each instance type."""
    if not instance_types:
        return {}
    found = aws.list_all("ec2", "describe_instance_types", "InstanceTypes", Filters=filtered("instance-type", instance_types))
    return {entry["InstanceType"]: int(entry["VCpuInfo"]["DefaultVCpus"]) for entry in found}


SIZED = re.compile(r"(\d*)xlarge$")


def vcpus_of_size(instance_type: str) -> int:
    """The least number of vCPUs of an instance type, by EC2's naming of sizes; 0 if the name does not show it (metal).

    ``xlarge`` has four, and a number in front of it multiplies that; ``large`` has two, and smaller sizes may have one.
    """
    size = instance_type.partition(".")[2]
    if sized := SIZED.fullmatch(size):
        return 4 * int(sized[1] or 1)
    return {"large": 2, "medium": 1, "small": 1, "micro": 1, "nano": 1}.get(size, 0)


def vcpus_of_group(properties: Mapping[str, Any]) -> int:
    """The minimum vCPUs that a new node group starts: its first nodes, of its smallest type that counts towards the quota."""
    types = properties.get("instance_types") or []
    if properties.get("capacity_type") == "SPOT" or not all(is_standard(name) for name in types):
        return 0
    nodes = properties.get("node_count") or properties.get("desired_size") or properties.get("min_size") or 0
    return int(nodes) * min((vcpus_of_size(name) for name in types), default=0)


CLUSTERS = Count("eks", "L-1194D53C", "EKS clusters", 100, _clusters)
NODEGROUPS = Count("eks", "L-6D54EA21", "managed node groups of a cluster", 30, _nodegroups, per=("cluster_name",))
ON_DEMAND_VCPUS = Count("ec2", "L-1216C47A", "vCPUs of on-demand standard instances", 5, _standard_vcpus, takes=vcpus_of_group)

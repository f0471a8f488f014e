# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Clusters whose pods and Services have IPv6 addresses: what their network add-on needs, and what excludes them. Pure functions.

docs.aws.amazon.com/eks/latest/userguide/cni-ipv6.html and cni-iam-role.html. EKS chooses the range of the Services. Nodes keep an IPv4
address, through which pods reach what has no IPv6 address.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ....inputs.problems import Problems
from .cluster import IPV6, Cluster
from .pod_capacity import PREFIXES, is_set
from .pod_networking import CNI, CUSTOM_NETWORKING

CHOSEN_BY_EKS = ("ENABLE_IPv4", "ENABLE_IPv6")
"""Environment variables of the network add-on that follow from the cluster's family."""

READS = ("DescribeInstances", "DescribeInstanceTypes", "DescribeNetworkInterfaces", "DescribeTags")


def cni_statements(partition: str) -> tuple[dict[str, Any], ...]:
    """What the network add-on may do. AWS documents this policy as AmazonEKS_CNI_IPv6_Policy, and has no managed one of that name."""
    actions = ["ec2:AssignIpv6Addresses", *(f"ec2:{name}" for name in READS)]
    return (
        {"Sid": "Prefixes", "Effect": "Allow", "Action": actions, "Resource": "*"},
        {"Sid": "Tags", "Effect": "Allow", "Action": "ec2:CreateTags", "Resource": f"arn:{partition}:ec2:*:*:network-interface/*"},
    )


def with_prefixes(name: str, configuration: Mapping[str, Any], ip_family: str) -> dict[str, Any]:
    """An add-on's configuration. The network's gives pods addresses of a prefix of their node, which IPv6 requires."""
    if name != CNI or ip_family != IPV6:
        return dict(configuration)
    return {**configuration, "env": {PREFIXES: "true", **(configuration.get("env") or {})}}


def check_ipv6(cluster: Cluster, problems: Problems) -> None:
    """What EKS or its network add-on would refuse of such a cluster, and what would leave its nodes without addresses for pods."""
    if cluster.ip_family != IPV6:
        return
    if cluster.service_ipv4_cidr:
        remedy = "EKS chooses the range of Services in a cluster with ip_family: ipv6; remove it"
        problems.add(f"{cluster.path}.service_ipv4_cidr", cluster.service_ipv4_cidr, remedy)
    if cluster.pod_subnets:
        remedy = "custom networking does not work with ip_family: ipv6, and pods need no IPv4 addresses; remove it (or eks_pods_tier)"
        problems.add(f"{cluster.path}.pod_subnets", dict(cluster.pod_subnets), remedy)
    if cluster.network_ipv6 is False:
        remedy = "its network has no IPv6 addresses; set ipv6: true of the network (vpc_networks)"
        problems.add(f"{cluster.path}.ip_family", cluster.ip_family, remedy)
    for path, value, remedy in _of_add_on(cluster):
        problems.add(f"{cluster.path}.addons.{CNI}.configuration.env.{path}", value, remedy)


def _of_add_on(cluster: Cluster) -> Iterator[tuple[str, Any, str]]:
    addon = cluster.addons.get(CNI)
    given = addon.configuration.get("env") if addon else None
    if addon is None or not isinstance(given, Mapping):
        return
    if PREFIXES in given and not is_set(addon, PREFIXES):
        yield PREFIXES, given[PREFIXES], "pods of a cluster with ip_family: ipv6 get their addresses from prefixes; remove it"
    if is_set(addon, CUSTOM_NETWORKING):
        yield CUSTOM_NETWORKING, given[CUSTOM_NETWORKING], "custom networking does not work with ip_family: ipv6; remove it"
    for name in CHOSEN_BY_EKS:
        if name in given:
            yield name, given[name], "EKS sets it by the family of the cluster; remove it"

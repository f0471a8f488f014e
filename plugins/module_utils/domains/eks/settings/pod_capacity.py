# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""How many pods a node can run: what its instance type has addresses for, and what EKS allows. Pure functions.

docs.aws.amazon.com/eks/latest/userguide/choosing-instance-type.html and cni-increase-ip-addresses.html.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .cluster import Addon, Cluster
from .pod_networking import CNI, CUSTOM_NETWORKING

PREFIXES = "ENABLE_PREFIX_DELEGATION"
ADDRESSES_OF_PREFIX = 16
"""A prefix is a /28 in place of one address."""

ON_THE_HOST = 2
"""Pods of every node that use its own address: the network add-on and kube-proxy."""

LARGE, CAP, CAP_OF_LARGE = 30, 110, 250
"""EKS allows 110 pods on an instance with fewer than 30 vCPUs, and 250 on a larger one, whatever its addresses."""


@dataclass(frozen=True)
class InstanceType:
    """What matters of an instance type. ``interfaces``: of its default network card; ``addresses``: IPv4, of each interface."""

    processors: tuple[str, ...]
    vcpus: int
    interfaces: int
    addresses: int
    nitro: bool = True


def instance_type_of(raw: Mapping[str, Any]) -> InstanceType:
    """From EC2's description of a type."""
    network = raw["NetworkInfo"]
    cards = {card["NetworkCardIndex"]: card["MaximumNetworkInterfaces"] for card in network.get("NetworkCards", [])}
    return InstanceType(
        processors=tuple(raw["ProcessorInfo"]["SupportedArchitectures"]),
        vcpus=int(raw["VCpuInfo"]["DefaultVCpus"]),
        interfaces=int(cards.get(network.get("DefaultNetworkCardIndex", 0), network["MaximumNetworkInterfaces"])),
        addresses=int(network["Ipv4AddressesPerInterface"]),
        nitro=raw.get("Hypervisor") == "nitro" or bool(raw.get("BareMetal")),
    )


def allowed(kind: InstanceType) -> int:
    return CAP if kind.vcpus < LARGE else CAP_OF_LARGE


def addressable(kind: InstanceType, prefixes: bool, custom_networking: bool) -> int:
    """The pods that a node has addresses for. With custom networking, its first interface has none of them."""
    interfaces = kind.interfaces - (1 if custom_networking else 0)
    each = (kind.addresses - 1) * (ADDRESSES_OF_PREFIX if prefixes and kind.nitro else 1)
    return interfaces * each + ON_THE_HOST


def is_set(addon: Addon, variable: str) -> bool:
    """Whether an environment variable of the network add-on is on."""
    variables = addon.configuration.get("env")
    return isinstance(variables, Mapping) and str(variables.get(variable, "")).lower() == "true"


def too_many(cluster: Cluster, pods: int, name: str, kind: InstanceType) -> str:
    """Why nodes of an instance type cannot run that many pods, as the end of a sentence; empty if they can.

    In a cluster without the network add-on, another one has its own addresses.
    """
    if pods > allowed(kind):
        return f"EKS allows {allowed(kind)} on {name}, which has {kind.vcpus} vCPUs; set it to at most that"
    cni = cluster.addons.get(CNI)
    if cni is None:
        return ""
    prefixes, custom = is_set(cni, PREFIXES), bool(cluster.pod_subnets) or is_set(cni, CUSTOM_NETWORKING)
    most = addressable(kind, prefixes, custom)
    if pods <= most:
        return ""
    if addressable(kind, True, custom) > most:
        further = f', or give them prefixes: addons.{CNI}.configuration: {{env: {{{PREFIXES}: "true"}}}}'
    else:
        further = ", or choose larger instances"
    return f"{name} has addresses for {most}; set it to at most that{further}"

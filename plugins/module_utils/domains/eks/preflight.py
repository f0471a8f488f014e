# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The checks on the clusters that the role eks describes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...component.described_network import ROUTINGS, routing_of
from ...component.role_references import References
from ...inputs.problems import Problems, suggestion
from ...reconcile.model import UNKNOWN
from .reach import described_errors, undiscovered
from .settings.cluster import Cluster, Network, with_public_cidrs
from .validate import validate

REFERENCES = References(
    prefix="eks",
    described="eks_clusters",
    entry="cluster",
    host="eks_api_host",
    tier="private",
    not_public="its subnets are public, and clusters belong in private ones",
)

FOUND_LATER = Network((UNKNOWN, UNKNOWN), (UNKNOWN,), (UNKNOWN,))
"""Placeholder for a network that is looked up, or created, before the clusters are."""


def input_errors(clusters: Any, name: str, environment: str = "", component: str = "cluster", network: bool = True) -> list[str]:
    """Every problem with the clusters. ``network``: whether clusters that name no subnets will have a network."""
    return validate(clusters, name, environment, component, FOUND_LATER if network else Network())[1]


def role_errors(variables: Mapping[str, Any]) -> list[str]:
    """Every problem with the clusters of the role that its argument specification cannot express."""
    component = variables.get("platform_component") or variables["inventory_hostname"]
    environment = variables.get("platform_environment") or ""
    clusters = with_public_cidrs(variables["eks_clusters"], variables.get("eks_public_cidrs") or [])
    network = FOUND_LATER if variables.get("eks_network") else Network()
    parsed, found = validate(clusters, "eks_clusters", environment, component, network)
    found += REFERENCES.errors(variables)
    found += pods_tier_errors(variables)
    return found or unreachable(parsed, variables)


def pods_tier_errors(variables: Mapping[str, Any]) -> list[str]:
    """Whether the network that the inventory describes has the tier for pods, and whether that leads anywhere."""
    tier, name, problems = str(variables.get("eks_pods_tier") or ""), str(variables.get("eks_network") or ""), Problems()
    described = ((variables.get("__platform_inventory") or {}).get("networks") or {}).get(name)
    if tier and not name:
        problems.add(
            "eks_pods_tier", tier, "it is a tier of eks_network, which is empty; name a network, or set pod_subnets of the clusters"
        )
    if not tier or not isinstance(described, Mapping):
        return problems.messages
    tiers = described.get("tiers") or dict.fromkeys(ROUTINGS)
    if tier not in tiers:
        problems.add("eks_pods_tier", tier, f"network {name} has no such tier; {suggestion(tier, list(tiers))}")
    elif routing_of(described, tier) != "private":
        remedy = f"that tier of {name} is {routing_of(described, tier)}; pods need one with routing: private"
        problems.add("eks_pods_tier", tier, remedy)
    return problems.messages


def unreachable(clusters: Mapping[str, Cluster], variables: Mapping[str, Any]) -> list[str]:
    """What nodes cannot reach from the network that the inventory describes for them."""
    networks = (variables.get("__platform_inventory") or {}).get("networks") or {}
    name, tier = str(variables.get("eks_network") or ""), str(variables.get("eks_network_tier") or REFERENCES.tier)
    if not isinstance(networks.get(name), Mapping):
        return []
    registry = str(variables.get("eks_image_registry") or "") if variables.get("eks_manage_content", True) else None
    return [*described_errors(clusters, networks[name], name, tier, registry), *undiscovered(clusters, networks[name], name, tier)]

# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The checks on the clusters that the role eks describes."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any

from ...inputs.problems import Problems, suggestion
from ...reconcile.model import UNKNOWN
from .settings.cluster import Network, with_public_cidrs
from .validate import validate

ROUTINGS = {"public": "public", "private": "private", "database": "isolated"}
"""The tiers of a network that lists none, with their routing. Other tiers specify their routing."""

LOCAL = ("localhost", "127.0.0.1")
"""Hosts that need not be in the inventory."""

FOUND_LATER = Network((UNKNOWN, UNKNOWN), (UNKNOWN,), (UNKNOWN,))
"""Stands for a network that is looked up, or created, before the clusters are."""


def input_errors(clusters: Any, name: str, environment: str = "", component: str = "cluster", network: bool = True) -> list[str]:
    """Every problem with the clusters. ``network``: whether clusters that name no subnets will have a network."""
    return validate(clusters, name, environment, component, FOUND_LATER if network else Network())[1]


def role_errors(variables: Mapping[str, Any]) -> list[str]:
    """Every problem with the clusters of the role that its argument specification cannot express."""
    component = variables.get("platform_component") or variables["inventory_hostname"]
    environment = variables.get("platform_environment") or ""
    clusters = with_public_cidrs(variables["eks_clusters"], variables.get("eks_public_cidrs") or [])
    found = input_errors(clusters, "eks_clusters", environment, component, bool(variables.get("eks_network")))
    return [*found, *reference_errors(variables)]


def reference_errors(variables: Mapping[str, Any]) -> list[str]:
    """Names of networks, hosts, and clusters missing from the inventory. A plan would not notice, because it may run before they exist."""
    inventory = variables.get("__platform_inventory") or {}
    problems = Problems()
    hosts = [*(inventory.get("hosts") or ()), *LOCAL]
    component, api_host = variables.get("eks_vpc_component") or "", variables.get("eks_api_host") or ""
    networks = inventory.get("networks") or {}
    if networks and variables.get("eks_network"):
        _check_network(variables, networks, problems)
    elif variables.get("eks_network") and component not in hosts and (near := difflib.get_close_matches(component, hosts, 1)):
        problems.add("eks_vpc_component", component, f"the inventory has no such host; did you mean {near[0]}?")
    if inventory and api_host and api_host not in hosts:
        problems.add("eks_api_host", api_host, f"the inventory has no such host; {suggestion(api_host, hosts)}")
    for name in variables.get("eks_content_adopt") or {}:
        if name not in variables["eks_clusters"]:
            problems.add("eks_content_adopt", name, f"there is no such cluster; {suggestion(name, list(variables['eks_clusters']))}")
    return problems.messages


def _check_network(variables: Mapping[str, Any], networks: Mapping[str, Any], problems: Problems) -> None:
    """Check the network and the tier against the description of the network component."""
    name, tier = variables["eks_network"], variables.get("eks_network_tier") or "private"
    if name not in networks:
        remedy = f"{variables.get('eks_vpc_component')} describes no such network; {suggestion(str(name), list(networks))}"
        problems.add("eks_network", name, remedy)
        return
    tiers = (networks[name] or {}).get("tiers") or dict.fromkeys(ROUTINGS)
    if tier not in tiers:
        problems.add("eks_network_tier", tier, f"network {name} has no such tier; {suggestion(str(tier), list(tiers))}")
    elif (ROUTINGS.get(tier) or (tiers[tier] or {}).get("routing")) == "public":
        problems.add("eks_network_tier", tier, "its subnets are public, and clusters belong in private ones")

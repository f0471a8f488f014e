# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The checks on the instances that the role rds describes."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any

from ...inputs.problems import Problems, suggestion
from ...reconcile.model import UNKNOWN
from .settings.instance import Network
from .validate import validate

ROUTINGS = {"public": "public", "private": "private", "database": "isolated"}
"""The tiers of a network that lists none, with their routing. Other tiers specify their routing."""

LOCAL = ("localhost", "127.0.0.1")
"""Hosts that need not be in the inventory."""

FOUND_LATER = Network((UNKNOWN, UNKNOWN), (UNKNOWN,))
"""Stands for a network that is looked up, or created, before the instances are."""


def input_errors(instances: Any, name: str, environment: str = "", component: str = "database", network: bool = True) -> list[str]:
    """Every problem with the instances. ``network``: whether instances that name no subnets will have a network."""
    return validate(instances, name, environment, component, FOUND_LATER if network else Network())[1]


def role_errors(variables: Mapping[str, Any]) -> list[str]:
    """Every problem with the instances of the role that its argument specification cannot express."""
    component = variables.get("platform_component") or variables["inventory_hostname"]
    environment, region = variables.get("platform_environment") or "", variables.get("platform_region") or ""
    network = FOUND_LATER if variables.get("rds_network") else Network()
    found = validate(variables["rds_databases"], "rds_databases", environment, component, network, region)[1]
    return [*found, *reference_errors(variables), *consent_errors(variables)]


def consent_errors(variables: Mapping[str, Any]) -> list[str]:
    """Consent for instances that do not exist would be consent for nothing: most likely a typo."""
    problems = Problems()
    instances: Mapping[str, Any] = variables["rds_databases"]
    replicas = [f"{name}/{replica}" for name, one in instances.items() if isinstance(one, Mapping) for replica in one.get("replicas") or {}]
    for variable, known in (("rds_allow_reboot", [*instances, *replicas]), ("rds_allow_major_upgrade", [*instances])):
        for name in variables.get(variable) or ():
            if name != "*" and name not in known:
                problems.add(variable, name, f"there is no such instance; {suggestion(str(name), known)}")
    return problems.messages


def reference_errors(variables: Mapping[str, Any]) -> list[str]:
    """Names of networks, hosts, and instances missing from the inventory. A plan would not notice, because it may run before they exist."""
    inventory = variables.get("__platform_inventory") or {}
    problems = Problems()
    hosts = [*(inventory.get("hosts") or ()), *LOCAL]
    component, sql_host = variables.get("rds_vpc_component") or "", variables.get("rds_sql_host") or ""
    networks = inventory.get("networks") or {}
    if networks and variables.get("rds_network"):
        _check_network(variables, networks, problems)
    elif variables.get("rds_network") and component not in hosts and (near := difflib.get_close_matches(component, hosts, 1)):
        problems.add("rds_vpc_component", component, f"the inventory has no such host; did you mean {near[0]}?")
    if inventory and sql_host and sql_host not in hosts:
        problems.add("rds_sql_host", sql_host, f"the inventory has no such host; {suggestion(sql_host, hosts)}")
    for name in variables.get("rds_content_adopt") or {}:
        if name not in variables["rds_databases"]:
            problems.add("rds_content_adopt", name, f"there is no such instance; {suggestion(name, list(variables['rds_databases']))}")
    return problems.messages


def _check_network(variables: Mapping[str, Any], networks: Mapping[str, Any], problems: Problems) -> None:
    """Check the network and the tier against the description of the network component."""
    name, tier = variables["rds_network"], variables.get("rds_network_tier") or "database"
    if name not in networks:
        remedy = f"{variables.get('rds_vpc_component')} describes no such network; {suggestion(str(name), list(networks))}"
        problems.add("rds_network", name, remedy)
        return
    tiers = (networks[name] or {}).get("tiers") or dict.fromkeys(ROUTINGS)
    if tier not in tiers:
        problems.add("rds_network_tier", tier, f"network {name} has no such tier; {suggestion(str(tier), list(tiers))}")
    elif (ROUTINGS.get(tier) or (tiers[tier] or {}).get("routing")) == "public":
        problems.add("rds_network_tier", tier, "its subnets are public, and databases belong in isolated ones")

# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The checks on the instances that the role rds describes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...component.role_references import FOUND_LATER, References
from ...inputs.networks import Network
from .validate import validate

REFERENCES = References(
    prefix="rds",
    described="rds_databases",
    entry="instance",
    host="rds_sql_host",
    tier="database",
    not_public="its subnets are public, and databases belong in isolated ones",
)


def input_errors(
    instances: Any, name: str, environment: str = "", component: str = "database", network: bool = True, region: str = ""
) -> list[str]:
    """Every problem with the instances. ``network``: whether instances that name no subnets will have a network."""
    return validate(instances, name, environment, component, FOUND_LATER if network else Network(), region)[1]


def role_errors(variables: Mapping[str, Any]) -> list[str]:
    """Every problem with the instances of the role that its argument specification cannot express."""
    component = variables.get("platform_component") or variables["inventory_hostname"]
    environment, region = variables.get("platform_environment") or "", variables.get("platform_region") or ""
    found = input_errors(variables["rds_databases"], "rds_databases", environment, component, bool(variables.get("rds_network")), region)
    consented = REFERENCES.consent_errors(variables, consents(variables["rds_databases"]))
    return [*found, *REFERENCES.errors(variables), *consented, *REFERENCES.host_errors(variables)]


def consents(instances: Mapping[str, Any]) -> dict[str, list[str]]:
    """The variables of consent, and the instances and replicas that each may name."""
    replicas = [f"{name}/{replica}" for name, one in instances.items() if isinstance(one, Mapping) for replica in one.get("replicas") or {}]
    return {"rds_allow_reboot": [*instances, *replicas], "rds_allow_major_upgrade": [*instances]}

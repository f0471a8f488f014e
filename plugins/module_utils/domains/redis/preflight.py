# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The checks on the caches that the role redis describes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...component.role_references import FOUND_LATER, References
from ...inputs.networks import Network
from .validate import validate

REFERENCES = References(
    prefix="redis",
    described="redis_caches",
    entry="cache",
    host="",
    tier="database",
    not_public="its subnets are public, and caches belong in isolated ones",
)


def input_errors(caches: Any, name: str, environment: str = "", network: bool = True) -> list[str]:
    """Every problem with the caches. ``network``: whether caches that name no subnets will have a network."""
    return validate(caches, name, environment, FOUND_LATER if network else Network())[1]


def role_errors(variables: Mapping[str, Any]) -> list[str]:
    """Every problem with the caches of the role that its argument specification cannot express."""
    environment = variables.get("platform_environment") or ""
    found = input_errors(variables["redis_caches"], "redis_caches", environment, bool(variables.get("redis_network")))
    consents = {"redis_allow_upgrade": [*variables["redis_caches"]]}
    return [*found, *REFERENCES.errors(variables), *REFERENCES.consent_errors(variables, consents)]

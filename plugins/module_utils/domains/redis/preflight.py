# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The checks on the caches that the role redis describes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...component.role_references import References
from ...inputs.problems import Problems, suggestion
from ...reconcile.model import UNKNOWN
from .settings.cache import Network
from .validate import validate

REFERENCES = References(
    prefix="redis",
    described="redis_caches",
    entry="cache",
    host="",
    tier="database",
    not_public="its subnets are public, and caches belong in isolated ones",
)

FOUND_LATER = Network((UNKNOWN, UNKNOWN), (UNKNOWN,))
"""Placeholder for a network that is looked up, or created, before the caches are."""


def input_errors(caches: Any, name: str, environment: str = "", network: bool = True) -> list[str]:
    """Every problem with the caches. ``network``: whether caches that name no subnets will have a network."""
    return validate(caches, name, environment, FOUND_LATER if network else Network())[1]


def role_errors(variables: Mapping[str, Any]) -> list[str]:
    """Every problem with the caches of the role that its argument specification cannot express."""
    environment = variables.get("platform_environment") or ""
    found = input_errors(variables["redis_caches"], "redis_caches", environment, bool(variables.get("redis_network")))
    return [*found, *REFERENCES.errors(variables), *consent_errors(variables)]


def consent_errors(variables: Mapping[str, Any]) -> list[str]:
    """Consent for caches that do not exist would be consent for nothing: most likely a typo."""
    problems = Problems()
    known = [*variables["redis_caches"]]
    for name in variables.get("redis_allow_upgrade") or ():
        if name != "*" and name not in known:
            problems.add("redis_allow_upgrade", name, f"there is no such cache; {suggestion(str(name), known)}")
    return problems.messages

# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The checks on what the role s3_cdn describes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ...component.parts import Context
from . import certificates
from .content import problems as content_problems
from .parts import validate

DISTRIBUTIONS, CONTENT = "s3_cdn_distributions", "s3_cdn_content"
PREFIX = "s3_cdn_"
"""What the role's variables are named, besides the option of the module."""


def input_errors(described: Any, name: str, context: Context | None = None) -> list[str]:
    """Every problem with one variable of the role, such as s3_cdn_buckets."""
    return problems({name: described}, context or Context("env", "storage"))


def role_errors(variables: Mapping[str, Any]) -> list[str]:
    """Every problem with the variables of the role that its argument specification cannot express."""
    component = str(variables.get("platform_component") or variables["inventory_hostname"])
    environment = str(variables.get("platform_environment") or "env")
    region, account_id = (str(variables.get(name) or "") for name in ("platform_region", "platform_account_id"))
    zones = (variables.get("__platform_inventory") or {}).get("zones") or {}
    distributions = variables.get(DISTRIBUTIONS)
    named = [f"{PREFIX}{text}" for text in certificates.problems(distributions, zones, region)]
    settings = {**variables, DISTRIBUTIONS: certificates.with_arns(distributions, {}, {})}
    found = problems(settings, Context(environment, component, region, account_id))
    return [*found, *named, *content_problems(variables.get(CONTENT), settings)]


def problems(variables: Mapping[str, Any], context: Context) -> list[str]:
    given = {name.removeprefix(PREFIX): value for name, value in variables.items() if name.startswith(PREFIX)}
    return [f"{PREFIX}{text}" for text in validate(given, replace(context, params=given))[1]]

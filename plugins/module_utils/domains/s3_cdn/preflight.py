# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The checks on what the role s3_cdn describes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .part import Context
from .validate import validate


def role_errors(variables: Mapping[str, Any]) -> list[str]:
    """Every problem with the variables of the role that its argument specification cannot express."""
    component = str(variables.get("platform_component") or variables["inventory_hostname"])
    environment = str(variables.get("platform_environment") or "env")
    region, account_id = (str(variables.get(name) or "") for name in ("platform_region", "platform_account_id"))
    context = Context(environment, component, region, account_id)
    prefix = "s3_cdn_"
    given = {name.removeprefix(prefix): value for name, value in variables.items() if name.startswith(prefix)}
    return [f"{prefix}{text}" for text in validate(given, context)[1]]

# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The checks on what the role observability describes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .described import read_settings

PREFIX = "observability_"
"""What the role's variables are named, besides the option of the module."""


def input_errors(described: Any, name: str, environment: str = "") -> list[str]:
    """Every problem with one variable of the role, such as observability_severities."""
    return role_errors({name: described, "platform_environment": environment})


def role_errors(variables: Mapping[str, Any]) -> list[str]:
    """Every problem with the variables of the role that its argument specification cannot express."""
    given = {name.removeprefix(PREFIX): value for name, value in variables.items() if name.startswith(PREFIX)}
    params = {**given, "environment": variables.get("platform_environment"), "region": variables.get("platform_region")}
    return read_settings(params, PREFIX)[1]

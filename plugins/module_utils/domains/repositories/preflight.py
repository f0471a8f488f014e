# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The checks on the repositories that the role ci_cd describes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .validate import validate


def input_errors(repositories: Any, name: str, environment: str = "env", component: str = "registry") -> list[str]:
    """Every problem with the repositories."""
    return validate(repositories, name, environment, component)[1]


def role_errors(variables: Mapping[str, Any]) -> list[str]:
    """Every problem with the variables of the role that its argument specification cannot express."""
    component = str(variables.get("platform_component") or variables["inventory_hostname"])
    return input_errors(
        variables["ci_cd_repositories"], "ci_cd_repositories", str(variables.get("platform_environment") or "env"), component
    )

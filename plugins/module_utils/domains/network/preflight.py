# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The checks on the variables of the role vpc."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...inputs.values import REGION
from .validate import validate


def input_errors(networks: Any, name: str, region: Any = "") -> list[str]:
    """Every problem with the networks. ``region``: the region that all zones must be in; a value that is not a region name is ignored."""
    return validate(networks, name, region if isinstance(region, str) and REGION.fullmatch(region) else "")[1]


def role_errors(variables: Mapping[str, Any]) -> list[str]:
    """Every problem with the variables of the role that its argument specification cannot express."""
    return input_errors(variables["vpc_networks"], "vpc_networks", variables.get("platform_region"))

# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Everything about zones and certificates that can be rejected before the first call. Pure functions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...inputs.problems import Problems
from .settings.zones import Zone, read_zones


def validate(zones: Any, path: str, networks: Mapping[str, str], region: str) -> tuple[dict[str, Zone], list[str]]:
    """(the zones, every problem with them). ``networks``: the VPC of each of the platform's networks. ``region``: the component's own."""
    problems = Problems()
    return read_zones(zones, path, problems, networks, region), problems.messages

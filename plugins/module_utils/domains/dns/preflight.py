# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The checks on the zones that the role dns describes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...inputs.problems import Problems, suggestion
from ...inputs.values import REGION
from ...reconcile.model import UNKNOWN
from .validate import validate

ANY_NETWORK = "main"


class FoundLater(dict[str, str]):
    """Networks of any name: they are looked up, or created, before the zones are."""

    def __contains__(self, _name: object) -> bool:
        return True

    def __missing__(self, _name: str) -> str:
        return UNKNOWN


def input_errors(zones: Any, name: str, region: Any = "", network: bool = True) -> list[str]:
    """Every problem with the zones. ``network``: whether the platform has networks, which private zones are for by default."""
    own = region if isinstance(region, str) and REGION.fullmatch(region) else ""
    return validate(zones, name, FoundLater({ANY_NETWORK: UNKNOWN}) if network else {}, own)[1]


def role_errors(variables: Mapping[str, Any]) -> list[str]:
    """Every problem with the variables of the role that its argument specification cannot express."""
    zones = variables["dns_zones"]
    found = input_errors(zones, "dns_zones", variables.get("platform_region"), bool(variables.get("dns_vpc_component")))
    return [*found, *network_errors(zones, (variables.get("__platform_inventory") or {}).get("networks") or {})]


def network_errors(zones: Any, networks: Mapping[str, Any]) -> list[str]:
    """Networks that zones name and the inventory does not have. Without any, they may be another inventory's."""
    problems = Problems()
    named = zones if isinstance(zones, Mapping) and networks else {}
    for zone, given in named.items():
        for one in (given.get("networks") or ()) if isinstance(given, Mapping) else ():
            if one not in networks:
                problems.add(
                    f"dns_zones.{zone}.networks", one, f"the inventory has no such network; {suggestion(str(one), list(networks))}"
                )
    return problems.messages

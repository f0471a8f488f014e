# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Which routes of other controllers in our route tables are kept. Pure functions.

Routes to peering connections, transit gateways, virtual private gateways, and network interfaces belong to the tools or people that connect
networks, and are kept. Routes to the internet, or for the entire address space, are drift.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping

OTHERS = "(of others)"
"""The target of a destination that is left entirely to others: the default route of a network without NAT gateways."""

NO_ROUTE = "none"
"""The target of a destination for which there must be no route."""

WAYS_OUT = ("igw-", "nat-", "eigw-")
"""Targets that lead to the internet. Only routes of ours do."""

WORLD = 7
"""The longest prefix of a block that counts as the entire address space, which can also be written as two halves."""


def is_world(destination: str) -> bool:
    """Whether a destination is so large that its route determines where all traffic goes. Prefix lists do not count."""
    try:
        return ipaddress.ip_network(destination).prefixlen <= WORLD
    except ValueError:
        return False


def with_foreign_routes(desired: Mapping[str, str], observed: Mapping[str, str] | None) -> dict[str, str]:
    """The effective routes of a table: the desired ones, plus existing routes of others that are permitted."""
    ours = {destination: target for destination, target in desired.items() if target not in (OTHERS, NO_ROUTE)}
    stay = {
        destination: target
        for destination, target in (observed or {}).items()
        if not target.startswith(WAYS_OUT) and (desired[destination] == OTHERS if destination in desired else not is_world(destination))
    }
    return {**stay, **ours}

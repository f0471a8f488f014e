# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What an inventory names of networks, for the policies that are limited to it."""

from __future__ import annotations

from typing import Any

from ...aws.grants import Names
from ...inputs.problems import Problems
from .address_names import ALLOCATION
from .own_addresses import wanted_addresses
from .settings import read


def names(networks: Any, _environment: str, _component: str) -> Names:
    found = read(networks, "networks", Problems())
    addresses = wanted_addresses(found.values())
    return Names(
        networks=tuple(sorted(found)),
        allocations=tuple(text for text in addresses if ALLOCATION.fullmatch(text)),
        address_names=tuple(text for text in addresses if not ALLOCATION.fullmatch(text)),
    )

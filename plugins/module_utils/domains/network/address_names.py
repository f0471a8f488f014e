# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""How users name elastic IPs that they have: by allocation ID, or by Name tag. See own_addresses.py."""

from __future__ import annotations

import re

from ...inputs.reader import Reader

ALLOCATION = re.compile(r"eipalloc-[0-9a-f]{8,32}")


def read_nat_addresses(reader: Reader) -> dict[str, str]:
    """``nat_addresses`` of a network. Which zones have a gateway is checked in validate.py."""
    given = reader.string_map("nat_addresses")
    for zone, text in given.items():
        if not text or (text.startswith("eipalloc") and not ALLOCATION.fullmatch(text)):
            remedy = "it must be the ID of an elastic IP, such as eipalloc-0123456789abcdef0, or its Name tag"
            reader.problems.add(f"{reader.at('nat_addresses')}.{zone}", text, remedy)
    return {zone: text for zone, text in given.items() if text}

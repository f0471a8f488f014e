# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The IPv6 blocks of VPCs and subnets, as EC2 describes them. Pure functions.

Amazon gives a VPC a /56, and every subnet has a /64 of it: its number is the eighth byte of the address, 0 to 255
(docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html).
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import Any

AMAZON = "Amazon"
"""The pool of the blocks that Amazon provides."""

VPC_PREFIX = 56
START = len("2600:1f14:0abc:de")
"""How many characters of a written-out address all subnets of a /56 share."""

LIVE = ("associated", "associating", "disassociating")


def state_of(association: Mapping[str, Any]) -> str:
    return str((association.get("Ipv6CidrBlockState") or {}).get("State", "")).lower()


def associations(raw: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The associations of a VPC or subnet that exist, including those that are still made or removed."""
    return [one for one in raw.get("Ipv6CidrBlockAssociationSet") or [] if state_of(one) in LIVE]


def block_of_vpc(raw: Mapping[str, Any]) -> ipaddress.IPv6Network | None:
    """The /56 that subnets are cut from: Amazon's, or else the first one by address. None until it is associated."""
    found = [
        (one.get("Ipv6Pool") != AMAZON, ipaddress.IPv6Network(one["Ipv6CidrBlock"]))
        for one in associations(raw)
        if state_of(one) == "associated" and one.get("Ipv6CidrBlock")
    ]
    return min((one for one in found if one[1].prefixlen == VPC_PREFIX), default=(False, None))[1]


def block_of_subnet(raw: Mapping[str, Any]) -> str | None:
    """A subnet has one block at most. None until it is associated: a call without a reply may have only begun that."""
    return next((canonical(one["Ipv6CidrBlock"]) for one in associations(raw) if state_of(one) == "associated"), None)


def start_of(block: ipaddress.IPv6Network) -> str:
    """What all /64 of a /56 begin with: followed by two hexadecimal digits and ``::/64``, it is one of them."""
    return str(block.network_address.exploded)[:START]


def end_of(number: int) -> str:
    """What follows ``start_of`` in the block of a subnet with this number."""
    return f"{number:02x}::/64"


def number_of(text: str | None, start: str | None) -> int | None:
    """The number of a subnet's block in the VPC's /56, given by ``start_of``; None if it lies elsewhere."""
    if not text or not start:
        return None
    written = ipaddress.IPv6Network(text).network_address.exploded
    return int(written[START : START + 2], 16) if written.startswith(start) else None


def canonical(text: str) -> str:
    """A block as AWS writes it; what is no block (known after apply) stays as it is."""
    try:
        return str(ipaddress.IPv6Network(text))
    except ValueError:
        return text

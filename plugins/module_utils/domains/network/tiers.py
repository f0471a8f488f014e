# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The tiers of a network: subnets of one purpose, their routing, and the part of the network they occupy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ...inputs.reader import Reader
from ...inputs.values import as_zone
from .further_blocks import Block, read_tier_cidr

ROUTINGS = ("public", "private", "isolated")

STANDARD_TIERS: Mapping[str, tuple[str, int | None]] = {"public": ("public", 0), "private": ("private", None), "database": ("isolated", 1)}
"""The tiers every network can use: the routing of each and its slot in the upper half. The private tier has the lower half."""

FREE_SLOTS = range(2, 8)
FREE_ROWS = range(9, 32)
"""The rows of IPv6 blocks for tiers without a slot: see ipv6.py."""


@dataclass(frozen=True)
class Tier:
    """The subnets of one purpose, one in each of the tier's availability zones."""

    name: str
    routing: str
    slot: int | None
    availability_zones: tuple[str, ...]
    cidrs: Mapping[str, Any] = field(default_factory=dict)
    cidr: Block | None = None
    """The block that is divided among the zones, in place of a slot."""
    tags: Mapping[str, str] = field(default_factory=dict)
    ipv6_row: int | None = None
    ipv6_on_creation: bool | None = None
    """Whether what starts in the tier gets an IPv6 address; None: unless it is isolated."""

    @property
    def assigns_ipv6(self) -> bool:
        return self.routing != "isolated" if self.ipv6_on_creation is None else self.ipv6_on_creation


def read_tiers(reader: Reader, zones: tuple[str, ...]) -> dict[str, Tier]:
    """Read the tiers: public, private, and database if the user names none, otherwise exactly those named."""
    section = reader.section("tiers")
    if not section.given:
        section = Reader({name: {} for name in STANDARD_TIERS}, section.path, reader.problems)
    return {name: read_tier(name, tier, zones) for name, tier in section.named("the name of a tier", 20, "underscores")}


def _has(reader: Reader, name: str) -> bool:
    """Whether the user gave a value. Null counts as none."""
    given = reader.given.get(name) is not None
    if not given:
        reader.take(name)
    return given


def read_tier(name: str, reader: Reader, zones: tuple[str, ...]) -> Tier:
    """Read one tier. Standard tiers have fixed routing and slots; an additional tier specifies its routing and slot."""
    routing, slot = STANDARD_TIERS.get(name, ("", None))
    if name not in STANDARD_TIERS:
        routing = reader.choice("routing", ROUTINGS, "isolated")
        if _has(reader, "slot"):
            slot = reader.integer("slot", 2, FREE_SLOTS[0], FREE_SLOTS[-1])
    chosen = reader.items("availability_zones", zones, as_zone, "it must be the name of an availability zone of the network")
    for zone in chosen:
        if zone not in zones:
            reader.problems.add(
                reader.at("availability_zones"), zone, f"the network has {', '.join(zones) or 'no zones'} only; add it there"
            )
    cidrs = reader.mapping("cidrs")
    for zone in cidrs:
        if zone not in chosen:
            reader.problems.add(reader.at("cidrs"), zone, f"the tier is in {', '.join(chosen) or 'no zones'} only")
    block = read_tier_cidr(reader)
    if block and reader.given.get("slot") is not None:
        reader.problems.add(reader.at("slot"), reader.given["slot"], f"the tier has the block {block} to itself; remove one of the two")
    row = reader.integer("ipv6_row", FREE_ROWS[0], FREE_ROWS[0], FREE_ROWS[-1]) if _has(reader, "ipv6_row") else None
    assigns = reader.boolean("ipv6_on_creation", True) if _has(reader, "ipv6_on_creation") else None
    tier = Tier(name, routing, slot, tuple(sorted(set(chosen) & set(zones))), cidrs, block, reader.tags("tags"), row, assigns)
    reader.finish()
    return tier

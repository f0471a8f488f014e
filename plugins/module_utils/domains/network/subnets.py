# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The CIDR block of each subnet: planned so that it never has to change, or as the user specifies.

The plan of a network with prefix length p (p <= 21, so that the smallest subnet is still a /28):

- The lower half (p+1) is the private tier, in eight slots of p+4, one for each zone letter a to h.
- The upper half is eight blocks of p+4: 0 is the public tier, 1 the database tier, 2 to 7 are free for additional tiers. Each block
  has eight slots of p+7, again by zone letter.

A tier may instead have a block to itself, usually a secondary one of the VPC, in eight slots by zone letter.

A subnet's block thus depends on its tier and zone alone: adding a zone or a tier moves nothing. 10.0.0.0/16 gives private subnets of /20
(4091 usable addresses: with the VPC CNI each pod takes one) and /23 elsewhere.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping, Sequence

from ...inputs.problems import Problems
from ...inputs.values import ZONE_NAME, as_block, block_remedy
from .tiers import FREE_SLOTS, STANDARD_TIERS, Tier

Block = ipaddress.IPv4Network
Plan = dict[str, dict[str, Block]]
"""tier -> zone -> block."""

LONGEST_PLANNED_PREFIX = 21
LONGEST_AREA = 25
"""The smallest block that can be divided among eight zones, since AWS accepts no subnet smaller than a /28."""
ZONE_SLOTS = 8


def plan(cidr: Block | None, tiers: Mapping[str, Tier], path: str, problems: Problems, further: Sequence[Block] = ()) -> Plan:
    """The block of every subnet of a network whose block is ``cidr``, and which has ``further`` ones. Without a block there is no plan.

    Subnets that cannot have a block are left out, and ``problems`` explains why; ``path`` is the variable that holds the tiers.
    """
    if cidr is None:
        return {}
    cidrs = (cidr, *further)
    check_slots(tiers, path, problems)
    check_areas(cidrs, tiers, path, problems)
    blocks: Plan = {}
    for name, tier in sorted(tiers.items()):
        blocks[name] = {}
        for zone in tier.availability_zones:
            where = f"{path}.{name}.cidrs.{zone}"
            block = explicit(cidrs, tier, zone, where, problems) if zone in tier.cidrs else planned(cidr, tier, zone, where, problems)
            if block is not None:
                blocks[name][zone] = block
    check_overlaps(tiers, blocks, path, problems)
    return blocks


def explicit(cidrs: Sequence[Block], tier: Tier, zone: str, path: str, problems: Problems) -> Block | None:
    """The block that the user specified for a subnet, if it is valid."""
    value = tier.cidrs[zone]
    block = as_block(value)
    if block is None:
        problems.add(path, value, block_remedy(value))
    elif not any(block.subnet_of(cidr) for cidr in cidrs):
        problems.add(path, value, outside(cidrs))
    elif not 16 <= block.prefixlen <= 28:
        problems.add(path, value, "AWS accepts only subnets from /16 to /28")
    else:
        return block
    return None


def planned(cidr: Block, tier: Tier, zone: str, path: str, problems: Problems) -> Block | None:
    """The block that the plan assigns to a subnet, if the plan covers it."""
    area = planned_area(cidr, tier)
    slot = zone_slot(zone)
    if tier.cidr and tier.cidr.prefixlen > LONGEST_AREA:
        return None
    if tier.cidr is None and cidr.prefixlen > LONGEST_PLANNED_PREFIX:
        remedy = f"blocks are planned for networks up to /{LONGEST_PLANNED_PREFIX} only, and this one is {cidr}; give the subnet's block"
        problems.missing(path, remedy)
    elif area is None:
        problems.missing(
            path, f"give the subnet's block, or a slot from {FREE_SLOTS[0]} to {FREE_SLOTS[-1]} to the tier so that it can be planned"
        )
    elif slot >= ZONE_SLOTS:
        problems.missing(path, "blocks are planned for the zone letters a to h only; give the subnet's block")
    else:
        return part(area, ZONE_SLOTS, slot)
    return None


def planned_area(cidr: Block, tier: Tier) -> Block | None:
    """The part of the network that the plan reserves for a tier. None if the tier has no slot or the network is too small to plan."""
    if tier.cidr:
        return tier.cidr
    if cidr.prefixlen > LONGEST_PLANNED_PREFIX:
        return None
    if tier.name == "private":
        return part(cidr, 2, 0)
    return None if tier.slot is None else part(part(cidr, 2, 1), 8, tier.slot)


def part(block: Block, pieces: int, index: int) -> Block:
    """One of ``pieces`` equal parts of a block; ``pieces`` is a power of two."""
    prefix = block.prefixlen + pieces.bit_length() - 1
    return Block((int(block.network_address) + (index << (32 - prefix)), prefix))


def zone_slot(zone: str) -> int:
    """The slot of a zone, from its letter: a is 0."""
    match = ZONE_NAME.fullmatch(zone)
    return ord(match["letter"]) - ord("a") if match else ZONE_SLOTS


def outside(cidrs: Sequence[Block]) -> str:
    """What to say of a block that lies in none of the network's."""
    if len(cidrs) == 1:
        return f"it must lie inside the block of the network, {cidrs[0]}"
    return f"it must lie inside one of the blocks of the network: {', '.join(str(cidr) for cidr in cidrs)}"


def check_areas(cidrs: Sequence[Block], tiers: Mapping[str, Tier], path: str, problems: Problems) -> None:
    """Check that the blocks that tiers have to themselves lie in the network and can be divided among the zones."""
    for name, tier in tiers.items():
        if tier.cidr is None:
            continue
        if not any(tier.cidr.subnet_of(cidr) for cidr in cidrs):
            problems.add(f"{path}.{name}.cidr", str(tier.cidr), f"{outside(cidrs)}; add it to secondary_cidrs")
        elif tier.cidr.prefixlen > LONGEST_AREA:
            remedy = (
                f"it is divided among eight zone letters, and AWS accepts no subnet smaller than /28; use /{LONGEST_AREA}, or list cidrs"
            )
            problems.add(f"{path}.{name}.cidr", str(tier.cidr), remedy)


def check_slots(tiers: Mapping[str, Tier], path: str, problems: Problems) -> None:
    """Check that no two additional tiers use the same slot."""
    taken: dict[int, str] = {}
    for name, tier in sorted(tiers.items()):
        if name in STANDARD_TIERS or tier.slot is None:
            continue
        if tier.slot in taken:
            problems.add(f"{path}.{name}.slot", tier.slot, f"the tier {taken[tier.slot]} already has it; choose another")
        taken.setdefault(tier.slot, name)


def check_overlaps(tiers: Mapping[str, Tier], blocks: Plan, path: str, problems: Problems) -> None:
    """Check that no two subnets overlap. Reports each overlapping pair once, at the later of the two in address order."""
    placed = sorted((block, tier, zone) for tier, zones in blocks.items() for zone, block in zones.items())
    for index, (block, tier, zone) in enumerate(placed):
        for other, other_tier, other_zone in placed[:index]:
            if block.overlaps(other):
                how = "given" if other_zone in tiers[other_tier].cidrs else "planned"
                remedy = f"it overlaps {other}, {how} for {other_tier} in {other_zone}; give one of them another block"
                problems.add(f"{path}.{tier}.cidrs.{zone}", str(block), remedy)


def tier_blocks(cidr: Block | None, tiers: Mapping[str, Tier], blocks: Plan, tier: str) -> list[Block]:
    """The addresses of a tier in as few blocks as possible, for rules that cover the whole tier.

    Returns the tier's whole planned area if it holds all of the tier's subnets and none of another tier, so that rules stay the same when
    a zone is added. Otherwise returns the subnets themselves, with adjacent ones merged.
    """
    own = list(blocks.get(tier, {}).values())
    area = planned_area(cidr, tiers[tier]) if cidr else None
    others = [block for name, zones in blocks.items() if name != tier for block in zones.values()]
    if area and own and all(block.subnet_of(area) for block in own) and not any(block.overlaps(area) for block in others):
        return [area]
    return sorted(ipaddress.collapse_addresses(own))

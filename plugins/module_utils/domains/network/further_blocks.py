# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Secondary CIDR blocks of a network: which ones AWS adds to a VPC. Pure functions.

docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html, IPv4 CIDR block association restrictions.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Sequence

from ...inputs.reader import Reader
from ...inputs.values import PRIVATE_RANGES, as_block, block_remedy

Block = ipaddress.IPv4Network


def _blocks(*texts: str) -> tuple[Block, ...]:
    return tuple(ipaddress.IPv4Network(text) for text in texts)


PRIVATE = TENS, SEVENTEENS, NINETIES = _blocks(*PRIVATE_RANGES)
(BENCHMARK,) = _blocks("198.19.0.0/16")
LINK_LOCAL, DEFAULT_VPCS = _blocks("169.254.0.0/16", "172.31.0.0/16")
FIRST_TENS, FIRST_OF_TENS = _blocks("10.0.0.0/15", "10.0.0.0/16")
SHARED = "100.64.0.0/10"


def read_secondary_cidrs(reader: Reader, primary: Block | None) -> tuple[Block, ...]:
    """``secondary_cidrs`` of a network, in the user's order."""
    remedy = "it must be an IPv4 block without host bits, such as 100.64.0.0/16"
    blocks: tuple[Block, ...] = reader.items("secondary_cidrs", (), as_block, remedy)
    for position, block in enumerate(blocks):
        if primary is not None and (wrong := refused(block, primary, blocks[:position])):
            reader.problems.add(reader.at("secondary_cidrs"), str(block), wrong)
    return blocks


def refused(block: Block, primary: Block, others: Sequence[Block] = ()) -> str:
    """Why AWS does not add a block to a VPC with these blocks, as the end of a sentence; empty if it does."""
    if not 16 <= block.prefixlen <= 28:
        return "AWS accepts only blocks from /16 to /28"
    for other in (primary, *others):
        if block.overlaps(other):
            return f"it overlaps {other}, which the network has already; choose one beside it"
    for closed in _closed(primary):
        if block.overlaps(closed):
            return f"AWS adds no block of {closed} to a network in {primary}; choose one in {_open(primary)}"
    there = next((other for other in (primary, *others) if other.overlaps(FIRST_TENS)), None)
    if there and block.overlaps(FIRST_OF_TENS):
        return f"AWS adds no further block of {FIRST_OF_TENS} to a network that has {there}; choose another one in {TENS}, or in {SHARED}"
    return ""


def _closed(primary: Block) -> Iterator[Block]:
    """The ranges from which AWS adds no block to a VPC, given its primary block."""
    yield LINK_LOCAL
    yield from (block for block in PRIVATE if not primary.overlaps(block))
    if primary.overlaps(SEVENTEENS):
        yield DEFAULT_VPCS
    if not primary.overlaps(BENCHMARK):
        yield BENCHMARK


def _open(primary: Block) -> str:
    own = next((f"{block}, or in " for block in PRIVATE if primary.overlaps(block)), "")
    return f"{own}{SHARED}"


def read_tier_cidr(reader: Reader) -> Block | None:
    """``cidr`` of a tier: the block that is divided among its zones. Whether it lies in the network is checked in subnets.py."""
    value = reader.take("cidr")
    if value is None:
        return None
    block = as_block(value)
    if block is None:
        reader.problems.add(reader.at("cidr"), value, block_remedy(value))
    return block

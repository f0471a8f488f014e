# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Routes that the user adds to the tables of a network, such as to peering connections and transit gateways.

``{table: {destination: target}}``. A table is ``public`` or ``private``, for all tiers with that routing, or the name of an isolated tier.
The target ``none`` means that no such route may exist.
"""

from __future__ import annotations

import re

from ...inputs.reader import Reader
from ...inputs.values import as_block, block_remedy
from ...reconcile.model import is_unknown
from .kinds.routes import NO_ROUTE

TARGET = re.compile(r"(pcx|tgw|vgw|eni)-[0-9a-f]{8,32}")
PREFIX_LIST = re.compile(r"pl-[0-9a-f]{8,32}")
TARGETS_IN_WORDS = f"a peering connection (pcx-), transit gateway (tgw-), virtual private gateway (vgw-) or interface (eni-), or {NO_ROUTE}"


def read_routes(reader: Reader) -> dict[str, dict[str, str]]:
    """Read the routes. Destinations are blocks or prefix lists; what each table may hold is checked in validate.py."""
    return {str(table): _read_table(Reader(given, reader.at(str(table)), reader.problems)) for table, given in reader.given.items()}


def _read_table(reader: Reader) -> dict[str, str]:
    found = {}
    for destination, target in reader.given.items():
        block = as_block(destination)
        if block is None and not (isinstance(destination, str) and PREFIX_LIST.fullmatch(destination)):
            remedy = block_remedy(destination) if isinstance(destination, str) and "/" in destination else "give a block or a prefix list"
            reader.problems.add(reader.path, destination, f"{remedy} as the destination")
        elif not isinstance(target, str) or not (TARGET.fullmatch(target) or target == NO_ROUTE or is_unknown(target)):
            reader.problems.add(reader.at(str(destination)), target, f"the target must be the id of {TARGETS_IN_WORDS}")
        else:
            found[str(block or destination)] = str(target)
    return found

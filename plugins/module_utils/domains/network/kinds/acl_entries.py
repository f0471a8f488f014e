# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The entries of a network ACL: their desired state, and the order of changes that leads to it. Pure functions.

All of our entries allow traffic, so their numbers carry no meaning. An entry therefore keeps its number, regardless of the number it would
have in a new network: traffic that remains allowed is never interrupted, even if a run stops midway.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping
from typing import Any, Literal

Entry = Mapping[str, Any]
Change = tuple[Literal["create", "replace", "delete"], Entry]

FIRST_NUMBER = 100
"""Our entries begin here. Lower numbers take precedence; incident response uses them to block addresses."""

WIDEST_FOREIGN_DENIAL = 8
"""The shortest prefix of a block that others may deny. A larger block is drift, because denying it would cut off the network."""

DEFAULT_QUOTA = 20
"""AWS's default quota of entries per network ACL and direction."""


def entries(value: Iterable[Entry]) -> list[dict[str, Any]]:
    """Entries by number, without absent members."""
    return sorted(({k: v for k, v in entry.items() if v is not None} for entry in value), key=lambda entry: entry["rule_number"])


def content(entry: Entry) -> frozenset[tuple[str, Any]]:
    """The content of an entry, without its number."""
    return frozenset((name, value) for name, value in entry.items() if name != "rule_number" and value is not None)


def with_numbers_kept(desired: Iterable[Entry], observed: Iterable[Entry] | None) -> list[Entry]:
    """The effective entries: desired ones under their existing numbers, new ones under free numbers.

    Entries of others that deny single blocks and come before ours are kept.
    """
    left = entries(observed or ())
    taken = {entry["rule_number"] for entry in left}
    found: list[Entry] = []
    missing: list[Entry] = []
    for entry in desired:
        same = next((one for one in left if content(one) == content(entry)), None)
        if same is None:
            missing.append(entry)
        else:
            left.remove(same)
            found.append(same)
    for entry in missing:
        number = int(entry["rule_number"])
        while number in taken:
            number += 1
        taken.add(number)
        found.append({**entry, "rule_number": number})
    return [*found, *(entry for entry in left if is_foreign_denial(entry))]


def is_foreign_denial(entry: Entry) -> bool:
    """Whether an entry blocks addresses with precedence over ours, as incident response does."""
    block = entry.get("cidr_block") or entry.get("ipv6_cidr_block")
    narrow = block is not None and ipaddress.ip_network(block).prefixlen >= WIDEST_FOREIGN_DENIAL
    return entry["action"] == "deny" and entry["rule_number"] < FIRST_NUMBER and narrow


def changes(observed: Iterable[Entry], wanted: Iterable[Entry]) -> list[Change]:
    """The changes that lead from one set of entries to another: changes that allow traffic come before changes that block it, as far as the
    quota permits."""
    old = {entry["rule_number"]: entry for entry in entries(observed)}
    new = {entry["rule_number"]: entry for entry in entries(wanted)}
    opening: list[Change] = [("create", entry) for number, entry in new.items() if number not in old]
    replacing: list[Change] = [("replace", entry) for number, entry in new.items() if number in old and old[number] != entry]
    closing: list[Change] = [("delete", entry) for number, entry in old.items() if number not in new]
    room = max(DEFAULT_QUOTA - len(old), 0)
    steps = opening[:room] + replacing
    for change in opening[room:]:
        steps += [*closing[:1], change]
        closing = closing[1:]
    return steps + closing

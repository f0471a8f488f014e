# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Renaming: assigns observed resources to new addresses according to the ``moved`` entries of an inventory. Pure functions.

An entry renames one address (``subnet.main/jobs-a: subnet.main/batch-a``) or, without a dot, everything of one name, that is
``<kind>.<name>`` and ``<kind>.<name>/<part>`` of every kind (``main: core``). Entries are history: chains are followed to the end (a: b, b:
c takes a to c), so an entry that has been carried out may stay.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from .errors import EngineError
from .model import Observed, Resource


def moved(moves: Mapping[str, Any], desired: Sequence[Resource], observed: Sequence[Observed], problems: list[str]) -> list[Observed]:
    """Return the observed state under its new addresses. Errors in the entries are added to ``problems``."""
    wrong = [message for old, new in moves.items() if (message := _entry_problem(old, new))]
    if not wrong:
        wrong = _still_described(moves, desired)
    if wrong:
        problems += wrong
        return list(observed)
    addresses = {resource.address for resource in desired}
    found = [_renamed(seen, moves, addresses, problems) for seen in observed]
    for address in sorted({seen.address for seen in found if seen.marked is not None}):
        rivals = [seen for seen in found if seen.address == address and seen.state != "deleting"]
        if len({seen.marked or address for seen in rivals}) > 1:
            names = " and ".join(f"{seen.marked or address} ({seen.id})" for seen in rivals)
            problems.append(
                f"moved: {names} would both become {address}. Delete one of them or remove the entry; a chain of renames needs one "
                "run for each name, the last one first."
            )
    return found


def _entry_problem(old: Any, new: Any) -> str | None:
    entry = f"moved: {{{old}: {new}}}"
    if not (isinstance(old, str) and isinstance(new, str) and old and new):
        return f"{entry}: give addresses, such as {{subnet.main/jobs-a: subnet.main/batch-a}}, or names, such as {{main: core}}"
    if old == new:
        return f"{entry}: both are the same"
    if any("*" in text or "?" in text for text in (old, new)):
        return f"{entry}: patterns are not supported; {{main: core}} renames everything of one name"
    if ("." in old) != ("." in new):
        return f"{entry}: rename an address to an address, or a name to a name"
    if "." in old and old.partition(".")[0] != new.partition(".")[0]:
        return f"{entry}: a {old.partition('.')[0]} cannot become a {new.partition('.')[0]}"
    if "." not in old and "/" in old + new:
        return f"{entry}: a name is what precedes the slash; to rename one part, give full addresses"
    return None


def _still_described(moves: Mapping[str, str], desired: Sequence[Resource]) -> list[str]:
    """Find problems that show without observed state: circles, and old addresses that are still described."""
    try:
        for old in moves:
            target(old if "." in old else f"any.{old}", moves)
        left = [resource.address for resource in desired if target(resource.address, moves) != resource.address]
    except EngineError as error:
        return [str(error)]
    if not left:
        return []
    shown = ", ".join(left[:3]) + (f" and {len(left) - 3} more" if len(left) > 3 else "")
    return [f"moved: {shown} would be renamed but is still described; remove the entry, or remove the old name from the description"]


def target(address: str, moves: Mapping[str, str]) -> str:
    """Follow an address through as many entries as apply. Raises EngineError for a circle."""
    way = [address]
    while (following := _step(way[-1], moves)) != way[-1]:
        way.append(following)
        if following in way[:-1]:
            circle = " -> ".join(step.removeprefix("any.") for step in way)
            raise EngineError(
                f"moved: {circle} is a circle, so an apply could not detect whether it was already done. Rename through a third name, "
                "in two runs."
            )
    return way[-1]


def _step(address: str, moves: Mapping[str, str]) -> str:
    """Apply one entry: the one for the address itself takes precedence over the one for its name."""
    if address in moves:
        return moves[address]
    kind, _dot, name = address.partition(".")
    group, slash, part = name.partition("/")
    return f"{kind}.{moves[group]}{slash}{part}" if group in moves else address


def _renamed(seen: Observed, moves: Mapping[str, str], desired: set[str], problems: list[str]) -> Observed:
    """Return a resource under its new address.

    If a whole name was renamed, a part that is no longer described keeps its address and is reported under it.
    """
    address = target(seen.address, moves)
    if address == seen.address or seen.state == "deleting":
        return seen
    if address in desired:
        return replace(seen, address=address, marked=seen.address)
    group = _group(address)
    if seen.address in moves or not any(_group(other) == group for other in desired):
        message = f"moved: {seen.address} ({seen.id}) would become {address}, which is not described"
        if message not in problems:
            problems.append(message)
    return seen


def _group(address: str) -> str:
    return address.partition(".")[2].partition("/")[0]

# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Records among which Route 53 chooses for each query: by weight, by the caller's latency to a region, or by failover.

All records of a name and type have the same policy and TTL. Each has a set identifier, which is its key in the settings: any name for
weighted records, the region for latency records, and ``primary`` or ``secondary`` for failover records.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from ....inputs.reader import Reader
from ....inputs.values import REGION
from .record import LONGEST_TTL, Around, Record, read_record

POLICIES = ("weighted", "latency", "failover")
PRIMARY, SECONDARY = "primary", "secondary"
IDENTIFIER = re.compile(r"[A-Za-z0-9._-]{1,128}")
ALLOWED = "at most 128 letters, digits, dots, hyphens, and underscores"
NAMES = {
    "weighted": (IDENTIFIER, f"the name of a weighted record has {ALLOWED}"),
    "latency": (REGION, "a latency record is named after its region, such as eu-west-1"),
    "failover": (re.compile(f"{PRIMARY}|{SECONDARY}"), f"the records are {PRIMARY} and {SECONDARY}"),
}
"""policy -> what names its records, and the remedy."""

ROUTED_TTL = 60
"""Seconds, for which resolvers keep an answer after the choice has changed: at most 60 with health checks (Route 53 Developer Guide)."""
MOST_WEIGHT = 255


def is_routed(given: Any) -> bool:
    return isinstance(given, Mapping) and any(given.get(policy) is not None for policy in POLICIES)


def read_routed(reader: Reader, name: str, sort: str, around: Around) -> Iterator[Record]:
    """The records of one name and type that have a routing policy."""
    chosen = [policy for policy in POLICIES if reader.take(policy) is not None]
    ttl = reader.integer("ttl", ROUTED_TTL, 0, LONGEST_TTL)
    for key in ("values", "alias"):
        if reader.given.get(key) is not None:
            reader.problems.messages.append(f"{reader.path} has {key} beside {chosen[0]}; move them into the records of {chosen[0]}")
            reader.take(key)
    reader.finish()
    if sort == "NS":
        reader.problems.messages.append(f"{reader.at(chosen[0])} cannot be set: name servers have no routing policy")
    elif len(chosen) > 1:
        reader.problems.messages.append(f"{reader.path} has {' and '.join(chosen)}; the records of a name and type have one policy")
    else:
        found = [_record(one, name, sort, around, chosen[0], ttl) for one in _named(reader.section(chosen[0]), chosen[0])]
        _check(found, chosen[0], reader)
        yield from found


def _named(section: Reader, policy: str) -> Iterator[tuple[str, Reader]]:
    pattern, remedy = NAMES[policy]
    for identifier, given in section.given.items():
        if isinstance(identifier, str) and pattern.fullmatch(identifier):
            entry = given if isinstance(given, Mapping) else {"values": given}
            yield identifier, Reader(entry, section.at(identifier), section.problems)
        else:
            section.problems.add(section.path, identifier, remedy)


def _record(named: tuple[str, Reader], name: str, sort: str, around: Around, policy: str, ttl: int) -> Record:
    """One of the records. It takes the TTL of all of them."""
    key, reader = named
    if reader.take("ttl") is not None:
        remedy = f"all records of a name and type have the same; set it beside {policy}"
        reader.problems.add(reader.at("ttl"), reader.given["ttl"], remedy)
    identifier = reader.text("identifier", key)
    if not IDENTIFIER.fullmatch(identifier):
        reader.problems.add(reader.at("identifier"), identifier, f"a set identifier has {ALLOWED}")
    health_check = around.health_check(reader)
    routing: dict[str, Any] = {"latency": {"region": key}, "failover": {"failover": key}}.get(policy) or {"weight": _weight(reader)}
    rest = {name: value for name, value in reader.given.items() if name not in reader.known}
    plain = Reader(rest, reader.path, reader.problems)
    return replace(read_record(plain, name, sort, around), ttl=ttl, identifier=identifier, routing=routing, health_check=health_check)


def _weight(reader: Reader) -> int:
    """Negative if it is missing or wrong, which has been recorded."""
    if reader.given.get("weight") is None:
        reader.problems.missing(reader.at("weight"), f"give this record's share, from 0 to {MOST_WEIGHT}")
    return reader.integer("weight", -1, 0, MOST_WEIGHT)


def _check(found: list[Record], policy: str, reader: Reader) -> None:
    """What only the records together show."""
    path = reader.at(policy)
    if not reader.section(policy).given:
        reader.problems.missing(path, "describe at least one record")
    if policy == "weighted" and found and not any(one.routing["weight"] for one in found):
        reader.problems.messages.append(f"{path} has no weight above 0, and Route 53 would choose all of them equally; give the weights")
    if policy != "failover":
        return
    by_role = {one.routing["failover"]: one for one in found}
    for role in (PRIMARY, SECONDARY):
        if found and role not in by_role:
            reader.problems.missing(f"{path}.{role}", "failover needs both records")
    primary = by_role.get(PRIMARY)
    if primary and not primary.health_check and not (primary.alias and primary.alias.evaluate_target_health):
        remedy = "without one, Route 53 never fails over; give a health_check, or an alias with evaluate_target_health: true"
        reader.problems.missing(f"{primary.path}.health_check", remedy)

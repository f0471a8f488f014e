# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The settings of records: their names, types, and values.

Records are a mapping of names to types to values, since a name may have several types. A name is relative to the zone, complete, or ``@``
for the zone's own. Values are a list, one value, or a mapping with more settings.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ....inputs.problems import Problems
from ....inputs.reader import Reader
from ....inputs.values import as_integer
from ....reconcile.model import is_unknown
from ..records.domain_names import canonical_value, is_within, name_problem, normal
from ..records.targets import CLOUDFRONT, zone_of

APEX = "@"
DEFAULT_TTL = 300
LONGEST_TTL = 2**31 - 1
MOST_VALUES = 400
"""Values in one record (Route 53 Developer Guide, "Quotas")."""
LONGEST_VALUE = 4000
"""Characters in the value of a TXT record (Route 53 Developer Guide, "TXT record type")."""

EXAMPLES: Mapping[str, str] = {
    "A": "an IPv4 address such as 203.0.113.10",
    "AAAA": "an IPv6 address such as 2001:db8::10",
    "CAA": 'flags, tag, and value, such as 0 issue "amazon.com"',
    "CNAME": "a domain name such as www.example.com",
    "MX": "a preference and a domain name, such as 10 mail.example.com",
    "NS": "a domain name such as ns1.example.com",
    "PTR": "a domain name such as www.example.com",
    "SRV": "priority, weight, port, and a domain name, such as 10 5 443 api.example.com",
    "TXT": "a text",
}
"""The types of records, each with what a value is."""

ALIAS_TYPES = ("A", "AAAA")

ZONE_ID = re.compile(r"Z[A-Z0-9]{1,31}")

COMMON_ENDINGS = frozenset({"com", "net", "org", "edu", "gov", "info", "biz"})
"""Top-level domains that nobody uses as the last label of a relative name, as in api.dev."""


@dataclass(frozen=True)
class Alias:
    """The target of an alias. Without ``zone_id``, it is in the record's own zone."""

    name: str
    zone_id: str = ""
    evaluate_target_health: bool = False


@dataclass(frozen=True)
class Record:
    """One record set. ``name`` is complete and normal. ``adopt``: whether an existing record of this name and type becomes ours."""

    name: str
    type: str
    path: str
    ttl: int = DEFAULT_TTL
    values: tuple[str, ...] = ()
    alias: Alias | None = None
    adopt: bool = False

    @property
    def key(self) -> str:
        return f"{self.name} {self.type}"


@dataclass(frozen=True)
class Around:
    """What the reading of a zone's records needs to know: the zone's domain, and the other zones' domains."""

    domain: str
    others: tuple[str, ...] = ()
    adopt: bool = False


def read_records(reader: Reader, around: Around) -> dict[str, Record]:
    """The records of a zone, by ``name TYPE``. Every problem is recorded."""
    found: dict[str, Record] = {}
    for written, given in reader.given.items():
        path = reader.at(str(written))
        name = complete_name(written, path, around, reader.problems)
        if name is None:
            continue
        for record in _of_name(Reader(given, path, reader.problems), name, around):
            if record.key in found:
                reader.problems.messages.append(
                    f"{record.path} describes {record.key} a second time, after {found[record.key].path}; keep one of them"
                )
            else:
                found[record.key] = record
    _check_together(found, around, reader.problems)
    return found


def complete_name(written: Any, path: str, around: Around, problems: Problems) -> str | None:
    """The complete name of what the user wrote as a record's name; None if it is none of this zone."""
    if written == APEX:
        return around.domain
    name = normal(written) if isinstance(written, str) else ""
    if not name:
        problems.add(path, written, f"the name of a record must be a string, or {APEX} for {around.domain}")
        return None
    inside = is_within(name, around.domain)
    if not inside and (str(written).endswith(".") or _looks_complete(name, around)):
        remedy = f"it is outside the zone {around.domain}; a complete name ends with the zone's, and {name}.{around.domain} is written so"
        problems.add(path, written, remedy)
        return None
    found = name if inside else f"{name}.{around.domain}"
    if problem := name_problem(found, wildcard=True):
        problems.add(path, written, problem)
        return None
    return found


def _looks_complete(name: str, around: Around) -> bool:
    """Whether a name that is not within the zone was meant as a complete one: of another zone, or with a common ending."""
    dotted, ending = "." in name, name.rpartition(".")[2]
    return any(is_within(name, other) for other in around.others) or (
        dotted and (ending in COMMON_ENDINGS or ending == around.domain.rpartition(".")[2])
    )


def _of_name(reader: Reader, name: str, around: Around) -> Iterator[Record]:
    """The records of one name."""
    for sort, given in reader.given.items():
        path = reader.at(str(sort))
        if sort not in EXAMPLES:
            known = "Route 53 makes it itself" if sort == "SOA" else f"the types are {', '.join(EXAMPLES)}"
            reader.problems.messages.append(f"{path} is not a type of record that can be set; {known}")
        elif name == around.domain and sort == "NS":
            reader.problems.messages.append(f"{path} cannot be set: Route 53 makes the name servers of a zone itself")
        elif name.startswith("*.") and sort == "NS":
            reader.problems.messages.append(f"{path} cannot be set: Route 53 does not support a wildcard for name servers")
        elif name == around.domain and sort == "CNAME":
            reader.problems.messages.append(
                f"{path} cannot be set: {name} is the zone's own name, which cannot have a CNAME; use A and AAAA with an alias"
            )
        else:
            entry = given if isinstance(given, Mapping) else {"values": given}
            yield read_record(Reader(entry, path, reader.problems), name, str(sort), around)


def read_record(reader: Reader, name: str, sort: str, around: Around) -> Record:
    is_alias = reader.take("alias") is not None
    target = _alias(reader.section("alias"), sort) if is_alias else None
    ttl = reader.integer("ttl", DEFAULT_TTL, 0, LONGEST_TTL)
    values = _values(reader, sort)
    if is_alias and reader.given.get("ttl") is not None:
        remedy = "an alias has none: it takes over that of its target; remove it"
        reader.problems.add(reader.at("ttl"), reader.given["ttl"], remedy)
    if is_alias and reader.given.get("values") is not None:
        reader.problems.messages.append(f"{reader.path} has values and an alias; keep one of them")
    if not is_alias and reader.given.get("values") is None:
        alternative = ", or an alias" if sort in ALIAS_TYPES else ""
        reader.problems.missing(f"{reader.path}.values", f"give at least one value{alternative}")
    record = Record(name, sort, reader.path, ttl, values, target, reader.boolean("adopt", around.adopt))
    reader.finish()
    return record


def _values(reader: Reader, sort: str) -> tuple[str, ...]:
    """The values in canonical form, sorted, since their order has no meaning."""
    given = reader.take("values")
    if given is None:
        return ()
    items = given if isinstance(given, list | tuple) else [given]
    found: list[str] = []
    for position, item in enumerate(items):
        path = f"{reader.at('values')}[{position}]" if isinstance(given, list | tuple) else reader.path
        value, remedy = _value(sort, item)
        if remedy:
            reader.problems.add(path, item, remedy)
        elif value in found:
            reader.problems.add(path, item, "the record already has this value; list each once")
        else:
            found.append(value)
    if isinstance(given, list | tuple) and not given:
        reader.problems.add(reader.at("values"), given, "a record has at least one value")
    if sort == "CNAME" and len(items) > 1:
        reader.problems.add(reader.path, list(items), "a CNAME has exactly one value")
    if len(items) > MOST_VALUES:
        reader.problems.messages.append(f"{reader.path} has {len(items)} values, but Route 53 accepts at most {MOST_VALUES}")
    return tuple(sorted(found))


def _value(sort: str, item: Any) -> tuple[str, str]:
    """(the canonical value, what is wrong with it)"""
    if isinstance(item, str) and is_unknown(item):
        return item, ""
    text = str(item) if isinstance(item, str) or (as_integer(item) is not None and not isinstance(item, bool)) else ""
    if not text:
        return "", f"a value must be a string: {EXAMPLES[sort]}"
    if sort == "TXT":
        if len(text) > 1 and text[0] == text[-1] == '"':
            return text, "its quotation marks would become part of it; write the text without them, they are added"
        return text, f"a text has at most {LONGEST_VALUE} characters" if len(text) > LONGEST_VALUE else ""
    value = canonical_value(sort, text)
    return value or "", "" if value is not None else f"a value of type {sort} is {EXAMPLES[sort]}"


def _alias(reader: Reader, sort: str) -> Alias | None:
    if sort not in ALIAS_TYPES:
        reader.problems.messages.append(f"{reader.path} cannot be set: an alias is of type {' or '.join(ALIAS_TYPES)}, not {sort}")
        return None
    remedy = "give the domain name of the target, such as that of a load balancer or a distribution"
    name = normal(reader.required_text("name", remedy))
    if name and not is_unknown(name) and (problem := name_problem(name)):
        reader.problems.add(reader.at("name"), name, problem)
    zone_id = reader.text("zone_id", zone_of(name))
    if zone_id and not is_unknown(zone_id) and not ZONE_ID.fullmatch(zone_id):
        reader.problems.add(reader.at("zone_id"), zone_id, "it must be the ID of a hosted zone, such as Z2FDTNDATAQYW2")
    health = reader.boolean("evaluate_target_health", False)
    if health and name.endswith(CLOUDFRONT):
        reader.problems.add(reader.at("evaluate_target_health"), True, "Route 53 does not support it for a CloudFront distribution")
    reader.finish()
    return Alias(name, zone_id, health)


def _check_together(records: Mapping[str, Record], around: Around, problems: Problems) -> None:
    """What only several records together show."""
    by_name: dict[str, dict[str, Record]] = {}
    for record in records.values():
        by_name.setdefault(record.name, {})[record.type] = record
    delegated = {name for name, types in by_name.items() if "NS" in types}
    for name, types in by_name.items():
        if "CNAME" in types and len(types) > 1:
            others = ", ".join(sorted(set(types) - {"CNAME"}))
            problems.messages.append(f"{types['CNAME'].path} cannot be set: {name} also has {others}, and a CNAME must be alone")
        for record in types.values():
            _check_alias(record, records, around, problems)
            above = next((one for one in delegated if is_within(name, one) and not (name == one and record.type == "NS")), "")
            if above:
                problems.messages.append(
                    f"{record.path} would never be answered: {above} is delegated to other name servers; set the record there"
                )


def _check_alias(record: Record, records: Mapping[str, Record], around: Around, problems: Problems) -> None:
    """An alias without a zone ID is for a record of the same zone and type."""
    alias = record.alias
    if alias is None or alias.zone_id or not alias.name or is_unknown(alias.name):
        return
    if not is_within(alias.name, around.domain):
        problems.missing(
            f"{record.path}.alias.zone_id",
            f"{alias.name} is outside {around.domain}, and its name does not tell its hosted zone; give its ID, for a load balancer its "
            "CanonicalHostedZoneId",
        )
    elif alias.name == record.name:
        problems.add(f"{record.path}.alias.name", alias.name, "it is the record itself")
    elif f"{alias.name} {record.type}" not in records:
        remedy = f"the zone describes no {record.type} record of this name; describe it, or give its zone_id"
        problems.add(f"{record.path}.alias.name", alias.name, remedy)

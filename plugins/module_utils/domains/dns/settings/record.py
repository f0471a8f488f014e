# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The settings of one record: its values or its alias."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ....inputs.problems import suggestion
from ....inputs.reader import Reader
from ....inputs.values import as_integer
from ....reconcile.model import is_unknown
from ..records.domain_names import canonical_value, name_problem, normal
from ..records.targets import CLOUDFRONT, zone_of

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

CHECK_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
ZONE_ID = re.compile(r"Z[A-Z0-9]{1,31}")


@dataclass(frozen=True)
class Alias:
    """The target of an alias. Without ``zone_id``, it is in the record's own zone."""

    name: str
    zone_id: str = ""
    evaluate_target_health: bool = False


@dataclass(frozen=True)
class Record:
    """One record set. ``name`` is complete and normal. ``adopt``: whether an existing record with its key becomes ours.

    With a routing policy, ``identifier`` tells it from others of its name and type, ``routing`` is its ``weight``, ``region``, or
    ``failover``, and ``health_check`` is the name of one of the zone's, or an ID.
    """

    name: str
    type: str
    path: str
    ttl: int = DEFAULT_TTL
    values: tuple[str, ...] = ()
    alias: Alias | None = None
    adopt: bool = False
    identifier: str = ""
    routing: Mapping[str, Any] = field(default_factory=dict)
    health_check: str = ""

    @property
    def key(self) -> str:
        return " ".join(part for part in (self.name, self.type, self.identifier) if part)


@dataclass(frozen=True)
class Around:
    """What the reading of a zone's records needs to know: the zone's domain, the other zones' domains, and the names of the zone's health
    checks.
    """

    domain: str
    others: tuple[str, ...] = ()
    adopt: bool = False
    checks: frozenset[str] = frozenset()

    def health_check(self, reader: Reader) -> str:
        """A record's health check, one of the zone's by its name or any other by its ID; empty without one."""
        given = reader.text("health_check", "")
        if given and not is_unknown(given) and given not in self.checks and not CHECK_ID.fullmatch(given):
            remedy = suggestion(given, sorted(self.checks)) if self.checks else "the zone describes none"
            reader.problems.add(reader.at("health_check"), given, f"it must be one of the zone's health_checks, or an ID; {remedy}")
        return given


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

# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The settings of records: their names, types, and values.

Records are a mapping of names to types to values, since a name may have several types. A name is relative to the zone, complete, or ``@``
for the zone's own. Values are a list, one value, or a mapping with more settings.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ....inputs.problems import Problems
from ....inputs.reader import Reader
from ....reconcile.model import is_unknown
from ..records.domain_names import is_within, name_problem, normal
from .record import EXAMPLES, Around, Record, read_record
from .routing import is_routed, read_routed

APEX = "@"

COMMON_ENDINGS = frozenset({"com", "net", "org", "edu", "gov", "info", "biz"})
"""Top-level domains that nobody uses as the last label of a relative name, as in api.dev."""


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
            entry = Reader(given if isinstance(given, Mapping) else {"values": given}, path, reader.problems)
            yield from read_routed(entry, name, str(sort), around) if is_routed(given) else [read_record(entry, name, str(sort), around)]


def _check_together(records: Mapping[str, Record], around: Around, problems: Problems) -> None:
    """What only several records together show."""
    types: dict[str, set[str]] = {}
    for record in records.values():
        types.setdefault(record.name, set()).add(record.type)
    delegated = {name for name, found in types.items() if "NS" in found}
    for record in records.values():
        name, others = record.name, sorted(types[record.name] - {"CNAME"})
        if record.type == "CNAME" and others:
            problems.messages.append(f"{record.path} cannot be set: {name} also has {', '.join(others)}, and a CNAME must be alone")
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
    elif not any((one.name, one.type) == (alias.name, record.type) for one in records.values()):
        remedy = f"the zone describes no {record.type} record of this name; describe it, or give its zone_id"
        problems.add(f"{record.path}.alias.name", alias.name, remedy)

# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Records as they are compared, and the changes that bring a zone's records to the described state. Pure functions.

A record is known by its key: ``<name> <type>``, and its set identifier if it is one of several with a routing policy. In properties it is
``{"ttl": seconds, "values": [...]}`` or ``{"alias": {"name", "zone_id", "evaluate_target_health"}}``, with a routing policy also
``weight``, ``region``, or ``failover`` (``primary`` or ``secondary``), and ``health_check`` (an ID).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ....aws.owner import Owner
from .domain_names import canonical_value, normal, quoted, unquoted
from .register import TTL, Entries, entries, entry, parsed, register_name, written

Raw = Mapping[str, Any]
"""A ResourceRecordSet of Route 53."""
Change = dict[str, Any]

MEMBERS = {"weight": "Weight", "region": "Region", "failover": "Failover", "health_check": "HealthCheckId"}
"""property of a record with a routing policy -> member of ResourceRecordSet."""
OTHER_POLICIES = ("CidrRoutingConfig", "GeoLocation", "GeoProximityLocation", "MultiValueAnswer")

VALIDATION = ".acm-validations.aws"
"""How the target of a certificate's validation record ends."""

IN_ONE_CALL = 300
"""Changes in one call. Route 53 accepts 1,000 values and 32,000 characters, and counts those of an UPSERT twice (Route 53 Developer Guide,
"Quotas")."""
VALUES_IN_ONE_CALL, CHARACTERS_IN_ONE_CALL = 450, 14_000


@dataclass(frozen=True)
class Contents:
    """The records of a zone by key, without our register; the entries of the register; the register itself, empty if there is none.

    ``environment``: that of the owner.
    """

    domain: str
    records: Mapping[str, Raw]
    owned: Entries = frozenset()
    register: Raw = field(default_factory=dict)
    environment: str = ""

    def ours(self) -> dict[str, Raw]:
        """The records that the register lists."""
        return {key: raw for key, raw in self.records.items() if entry(key) in self.owned}

    def foreign(self, leaving: Collection[str] = ()) -> list[str]:
        """The keys of the records that are neither ours nor Route 53's own. ``leaving``: components of the environment whose records, and
        whose registers, do not count.
        """
        registers = {f"{register_name(Owner(self.environment, one), self.domain)} TXT" for one in leaving}
        own = {f"{self.domain} NS", f"{self.domain} SOA", *registers}
        listed = self.owned.union(*(_listed(self.records[one]) for one in registers if one in self.records))
        return sorted(key for key in self.records if entry(key) not in listed and key not in own)


def contents(domain: str, raws: Iterable[Raw], owner: Owner) -> Contents:
    """The records of a zone as an owner sees them; its own register is not among them."""
    records = {key_of(raw): raw for raw in raws}
    register = records.pop(f"{register_name(owner, domain)} TXT", {})
    return Contents(domain, records, _listed(register), register, owner.environment)


def _listed(register: Raw) -> Entries:
    """The entries of a register, given its TXT record."""
    return parsed(unquoted(one["Value"]) for one in register.get("ResourceRecords") or [])


def key_of(raw: Raw) -> str:
    return " ".join(part for part in (normal(raw["Name"]), raw["Type"], raw.get("SetIdentifier") or "") if part)


def parts(key: str) -> tuple[str, str, str]:
    """The name, the type, and the set identifier of a key; the last one is empty if the record has none."""
    name, sort, *identifier = key.split(" ", 2)
    return name, sort, identifier[0] if identifier else ""


def shown(raw: Raw) -> dict[str, Any]:
    """A record of Route 53 in the form of properties."""
    target, more = raw.get("AliasTarget"), dict(_routing(raw))
    if target:
        health = bool(target.get("EvaluateTargetHealth"))
        return {"alias": {"name": normal(target["DNSName"]), "zone_id": target["HostedZoneId"], "evaluate_target_health": health}, **more}
    values = [one["Value"] for one in raw.get("ResourceRecords") or []]
    return {"ttl": int(raw.get("TTL") or 0), "values": sorted(_read(raw["Type"], value) for value in values), **more}


def _routing(raw: Raw) -> Iterator[tuple[str, Any]]:
    """The routing policy and the health check. Policies that cannot be described stay as Route 53 returns them."""
    if raw.get("Weight") is not None:
        yield "weight", int(raw["Weight"])
    if raw.get("Region"):
        yield "region", str(raw["Region"])
    if raw.get("Failover"):
        yield "failover", str(raw["Failover"]).lower()
    if raw.get("HealthCheckId"):
        yield "health_check", str(raw["HealthCheckId"])
    yield from ((name, raw[name]) for name in OTHER_POLICIES if raw.get(name))


def _read(sort: str, value: str) -> str:
    if sort == "TXT":
        return unquoted(value)
    found = canonical_value(sort, value)
    return value if found is None else found


def sent(key: str, record: Mapping[str, Any]) -> dict[str, Any]:
    """A record in the form of properties as Route 53 takes it."""
    name, sort, identifier = parts(key)
    named: dict[str, Any] = {"Name": f"{name}.", "Type": sort}
    if identifier:
        named["SetIdentifier"] = identifier
    for property_name, member in MEMBERS.items():
        if property_name in record:
            named[member] = record[property_name].upper() if property_name == "failover" else record[property_name]
    if alias := record.get("alias"):
        target = {"DNSName": f"{alias['name']}.", "HostedZoneId": alias["zone_id"]}
        return {**named, "AliasTarget": {**target, "EvaluateTargetHealth": alias["evaluate_target_health"]}}
    values = [quoted(value) if sort == "TXT" else value for value in record["values"]]
    return {**named, "TTL": record["ttl"], "ResourceRecords": [{"Value": value} for value in values]}


def in_the_way(there: Contents, desired: Collection[str], adopted: Collection[str]) -> dict[str, list[str]]:
    """The desired records that cannot be created, each with the keys of the foreign records that prevent it.

    A record of the same name and type prevents it unless it may be adopted, or both have set identifiers; so does a CNAME beside any other
    type.
    """
    found = {key: [other for other in there.foreign() if excludes(key, other, adopted)] for key in desired}
    return {key: others for key, others in found.items() if others}


def excludes(key: str, other: str, adopted: Collection[str]) -> bool:
    """Whether a foreign record prevents the one with this key. ``adopted``: the keys of those that may be taken over."""
    name, sort, identifier = parts(key)
    other_name, other_sort, other_identifier = parts(other)
    if name != other_name:
        return False
    if sort != other_sort:
        return "CNAME" in (sort, other_sort)
    return key not in adopted if other == key else not (identifier and other_identifier)


def is_validation(raw: Raw) -> bool:
    """Whether a record validates a certificate."""
    return raw["Type"] == "CNAME" and any(normal(one["Value"]).endswith(VALIDATION) for one in raw.get("ResourceRecords") or [])


def changes(there: Contents, desired: Mapping[str, Mapping[str, Any]], kept: Collection[str]) -> list[Change]:
    """The changes to the records, without the register. Records of ours that are neither desired nor ``kept`` are deleted.

    A record that does not exist is created and not upserted, so that one that appeared in the meantime is not overwritten.
    """
    gone = [raw for key, raw in there.ours().items() if key not in desired and key not in kept]
    made = []
    for key, record in desired.items():
        have = there.records.get(key)
        if have is None:
            made.append({"Action": "CREATE", "ResourceRecordSet": sent(key, record)})
        elif shown(have) == record:
            continue
        elif _place(shown(have)) == _place(record):
            made.append({"Action": "UPSERT", "ResourceRecordSet": sent(key, record)})
        else:
            gone.append(have)
            made.append({"Action": "CREATE", "ResourceRecordSet": sent(key, record)})
    return [*({"Action": "DELETE", "ResourceRecordSet": dict(raw)} for raw in gone), *made]


def _place(record: Mapping[str, Any]) -> list[Any]:
    """What an UPSERT cannot change: the policy, and the region or role that only one record of a name and type can have."""
    return ["weight" in record, record.get("region"), record.get("failover"), [record.get(name) for name in OTHER_POLICIES]]


def batches(there: Contents, owner: Owner, desired: Mapping[str, Mapping[str, Any]], kept: Collection[str]) -> Iterator[list[Change]]:
    """The changes of each call, those of the register included. After each call, the register lists exactly the records that are ours."""
    owned = there.owned
    final = entries(desired) | entries(key for key in there.ours() if key in kept)
    split = list(_split(changes(there, desired, kept)))
    for position, batch in enumerate(split or [[]]):
        gone = entries(key_of(one["ResourceRecordSet"]) for one in batch if one["Action"] == "DELETE")
        made = entries(key_of(one["ResourceRecordSet"]) for one in batch if one["Action"] != "DELETE")
        listed = final if position + 1 >= len(split) else (owned - gone) | made
        changed = [*batch, *_registering(there, owner, owned, listed)]
        owned = listed
        if changed:
            yield changed


def registering(there: Contents, owner: Owner, added: Collection[str] = (), removed: Collection[str] = ()) -> list[Change]:
    """The change of the register that adds and removes these keys."""
    return _registering(there, owner, there.owned, (there.owned | entries(added)) - entries(removed))


def _registering(there: Contents, owner: Owner, before: Entries, after: Entries) -> list[Change]:
    if before == after and (after or not there.register):
        return []
    if not after:
        return [{"Action": "DELETE", "ResourceRecordSet": dict(there.register)}] if there.register else []
    record = sent(f"{register_name(owner, there.domain)} TXT", {"ttl": TTL, "values": written(owner, after)})
    exists = bool(there.register) or before != there.owned
    return [{"Action": "UPSERT" if exists else "CREATE", "ResourceRecordSet": record}]


def _split(given: Sequence[Change]) -> Iterator[list[Change]]:
    """The changes in portions that one call takes."""
    portion: list[Change] = []
    values = characters = 0
    for change in given:
        texts = [one["Value"] for one in change["ResourceRecordSet"].get("ResourceRecords") or []]
        size = sum(map(len, texts))
        full = len(portion) >= IN_ONE_CALL or values + len(texts) > VALUES_IN_ONE_CALL or characters + size > CHARACTERS_IN_ONE_CALL
        if portion and full:
            yield portion
            portion, values, characters = [], 0, 0
        portion.append(change)
        values += len(texts)
        characters += size
    if portion:
        yield portion

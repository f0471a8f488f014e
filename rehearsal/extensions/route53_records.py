"""Changes of records as Route 53 makes them: all or none, exact deletions, and a while until every name server has them.

moto appends a record that exists, and deletes by name and type.
"""

from __future__ import annotations

import copy
import itertools
import time
from collections.abc import Mapping
from typing import Any

from rehearsal.extensions.route53_common import bare, normal, same, values_of
from rehearsal.registry import Call, answers
from rehearsal.replies import Refusal
from rehearsal.transitions import delays

MOST_VALUES, MOST_CHARACTERS = 1000, 32_000
SPREADING = 0.2
"""How long a change takes to reach all name servers, as a part of other transitions: it is a minute at most."""
OF_MOTO = ("C1PA6795UKMFR9", "C2682N5HXP0BZ4")
"""The changes that moto names for every creation and deletion of a zone, which are complete at once."""
_numbers = itertools.count(1)


def zone_of(call: Call, parameter: str = "HostedZoneId") -> Any:
    identity = bare(str(call.get(parameter) or ""))
    zone = call.backend.zones.get(identity)
    if zone is None:
        raise Refusal("NoSuchHostedZone", f"No hosted zone found with ID: {identity}", 404)
    return zone


@answers("route53", "ChangeResourceRecordSets")
def change(call: Call) -> Any:
    zone = zone_of(call)
    changes = (call.get("ChangeBatch") or {}).get("Changes") or []
    _check_size(changes)
    records = list(zone.rrsets)
    problems = [problem for one in changes if (problem := _apply(zone, records, one))]
    if not problems:
        problems = [*_conflicts(records), *_mixed(records)]
    if problems:
        raise Refusal("InvalidChangeBatch", f"[{', '.join(problems)}]")
    for one in changes:
        check = one["ResourceRecordSet"].get("HealthCheckId")
        if one["Action"] != "DELETE" and check and check not in call.backend.health_checks:
            raise Refusal("NoSuchHealthCheck", f"No health check exists with the specified ID: {check}", 404)
    zone.rrsets = records
    return {"ChangeInfo": started(call.backend)}


def started(backend: Any) -> dict[str, Any]:
    """A change that has just been made."""
    identity = f"C{next(_numbers):013d}"
    history = vars(backend).setdefault("_rehearsal_changes", {})
    history[identity] = time.monotonic() + SPREADING * delays.seconds_for("route53_change")
    return _info(backend, identity)


def _info(backend: Any, identity: str) -> dict[str, Any]:
    from moto.core.utils import utcnow

    ends = vars(backend).get("_rehearsal_changes", {}).get(identity, 0.0 if identity in OF_MOTO else None)
    if ends is None:
        raise Refusal("NoSuchChange", f"Could not find resource with ID: {identity}", 404)
    return {"Id": f"/change/{identity}", "Status": "PENDING" if time.monotonic() < ends else "INSYNC", "SubmittedAt": utcnow()}


@answers("route53", "GetChange")
def get_change(call: Call) -> Any:
    return {"ChangeInfo": _info(call.backend, bare(str(call.get("Id") or "")))}


@answers("route53", "AssociateVPCWithHostedZone")
def associate(call: Call) -> Any:
    zone, vpc = zone_of(call), call.get("VPC") or {}
    if not zone.private_zone:
        raise Refusal("PublicZoneVPCAssociation", "You're trying to associate a VPC with a public hosted zone.")
    if all(one["vpc_id"] != vpc.get("VPCId") for one in zone.vpcs):
        zone.add_vpc(vpc.get("VPCId"), vpc.get("VPCRegion"))
    return {"ChangeInfo": started(call.backend)}


def _check_size(changes: list[Mapping[str, Any]]) -> None:
    counted = [
        (one["Value"], 2 if change["Action"] == "UPSERT" else 1)
        for change in changes
        for one in change["ResourceRecordSet"].get("ResourceRecords") or []
    ]
    if sum(times for _value, times in counted) > MOST_VALUES:
        raise Refusal("InvalidChangeBatch", f"[Number of records limit of {MOST_VALUES} exceeded.]")
    if sum(len(value) * times for value, times in counted) > MOST_CHARACTERS:
        raise Refusal("InvalidChangeBatch", f"[RDATA character limit {MOST_CHARACTERS} exceeded.]")


def _apply(zone: Any, records: list[Any], change: Mapping[str, Any]) -> str:
    """Makes one change in the list of records; returns why that is not possible."""
    from moto.route53.models import RecordSet

    given = change["ResourceRecordSet"]
    called = f"[name='{given['Name']}', type='{given['Type']}']"
    domain, name = normal(zone.name), normal(given["Name"])
    if name != domain and not name.endswith(f".{domain}"):
        return f"RRSet with DNS name {given['Name']} is not permitted in zone {zone.name}"
    there = next((one for one in records if same(one, given)), None)
    if change["Action"] == "DELETE":
        if there is None:
            return f"Tried to delete resource record set {called} but it was not found"
        if not _equal(there, given):
            return f"Tried to delete resource record set {called} but the values provided do not match the current values"
        records.remove(there)
        return ""
    if change["Action"] == "CREATE" and there is not None:
        return f"Tried to create resource record set {called} but it already exists"
    if there is not None and _policy(there) != _policy(RecordSet(given)):
        return f"RRSet with DNS name {given['Name']}, type {given['Type']} cannot be changed to another routing policy"
    values = copy.deepcopy(dict(given))
    values["Name"] = f"{name}.".replace("*", "\\052")
    values["ResourceRecords"] = [one["Value"] for one in given.get("ResourceRecords") or []]
    if bad := _bad_value(given["Type"], values["ResourceRecords"]):
        return bad
    made = RecordSet(values)
    if there is None:
        records.append(made)
    else:
        records[records.index(there)] = made
    return ""


def _policy(record: Any) -> tuple[str, str]:
    """The routing policy of moto's record, and its region or role in it; empty for a simple record."""
    if record.weight is not None:
        return "weighted", ""
    found = [(name, str(value)) for name, value in (("latency", record.region), ("failover", record.failover)) if value]
    return found[0] if found else ("", "")


def _equal(record: Any, given: Mapping[str, Any]) -> bool:
    """Whether a deletion names the values that the record has."""
    target, wanted = record.alias_target, given.get("AliasTarget")
    routing = (record.weight, record.region, record.failover, record.health_check_id)
    if routing != tuple(given.get(name) for name in ("Weight", "Region", "Failover", "HealthCheckId")):
        return False
    if target and wanted:
        return normal(target["DNSName"]) == normal(wanted["DNSName"])
    if target or wanted:
        return False
    values = sorted(one["Value"] for one in given.get("ResourceRecords") or [])
    return sorted(values_of(record)) == values and int(record.ttl or 0) == int(given.get("TTL") or 0)


def _bad_value(sort: str, values: list[str]) -> str:
    if sort == "CNAME" and len(values) > 1:
        return "A CNAME record has one value"
    if sort == "TXT":
        for value in values:
            if not (value.startswith('"') and value.endswith('"')):
                return f"InvalidCharacterString (Value should be enclosed in quotation marks) encountered with '{value}'"
            if any(len(part) > 255 for part in value.strip('"').split('" "')) and "\\" not in value:
                return f"CharacterStringTooLong (Value is too long) encountered with '{value}'"
    return ""


def _conflicts(records: list[Any]) -> list[str]:
    """A CNAME must be alone."""
    types: dict[str, set[str]] = {}
    for one in records:
        types.setdefault(normal(one.name), set()).add(one.type)
    return [
        f"RRSet of type CNAME with DNS name {name}. is not permitted as it conflicts with other records with the same DNS name"
        for name, found in types.items()
        if "CNAME" in found and len(found) > 1
    ]


def _mixed(records: list[Any]) -> list[str]:
    """All records of a name and type have one routing policy, each region and role once, and a set identifier if there is a policy."""
    groups: dict[tuple[str, str], list[Any]] = {}
    for one in records:
        groups.setdefault((normal(one.name), one.type), []).append(one)
    problems = []
    for (name, sort), group in groups.items():
        policies = [_policy(one) for one in group]
        called = f"RRSet with DNS name {name}., type {sort}"
        if len({policy for policy, _place in policies}) > 1:
            problems.append(f"{called} cannot be created as a set with another routing policy exists with the same name and type")
        elif len(group) > 1 and policies[0][0] != "weighted" and len(set(policies)) < len(policies):
            problems.append(f"{called} cannot be created as one with the same region or failover exists")
        problems += [f"{called} needs a SetIdentifier" for one in group if bool(_policy(one)[0]) != bool(one.set_identifier)]
    return problems

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
        problems = _conflicts(records)
    if problems:
        raise Refusal("InvalidChangeBatch", f"[{', '.join(problems)}]")
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

    ends = vars(backend).get("_rehearsal_changes", {}).get(identity)
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


def _equal(record: Any, given: Mapping[str, Any]) -> bool:
    """Whether a deletion names the values that the record has."""
    target, wanted = record.alias_target, given.get("AliasTarget")
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

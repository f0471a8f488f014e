# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What zones and certificates read of each other, and how both change records.

Zones are listed once per observation, and so are the certificates of each region: a zone leaves validation records alone that a certificate
needs, and a certificate is validated by a record of a zone.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from ....aws.connection import Aws
from ....aws.owner import Owner, whose
from ....aws.tags import tag_dict, tag_list
from ....reconcile.errors import CallFailed
from ....reconcile.model import Observed
from ..records.changes import Change, Contents, Raw, contents
from ..records.domain_names import innermost, normal

OPERATIONS = ("list_hosted_zones", "list_tags_for_resources", "get_hosted_zone", "list_resource_record_sets")
REFERENCE = "mainstay/"
"""How the caller reference of our zones begins. It is the only part of CreateHostedZone that can say who owns a zone, and ListHostedZones
returns it."""
TAGS_IN_ONE_CALL = 10
"""Resources in one call of ListTagsForResources."""

Zone = dict[str, Any]
"""A hosted zone: an entry of ListHostedZones with a bare ``Id``, with ``Tags`` and, if it was described, ``DelegationSet``, ``VPCs``,
``Records`` (the raws of ListResourceRecordSets), and ``Delegated`` (see ``_delegated``)."""

_locks: dict[str, threading.Lock] = defaultdict(threading.Lock)


def bare(identity: str) -> str:
    """``/hostedzone/Z1`` and ``arn:aws:route53:::hostedzone/Z1`` -> ``Z1``."""
    return identity.rpartition("/")[2]


def arn_of(aws: Aws, identity: str) -> str:
    return f"arn:{aws.client('route53').meta.partition}:route53:::hostedzone/{identity}"


def is_private(zone: Mapping[str, Any]) -> bool:
    return bool((zone.get("Config") or {}).get("PrivateZone"))


def zones(aws: Aws, domains: Collection[str]) -> list[Zone]:
    """All hosted zones of the account. Described are those that are ours or have one of these domains.

    The first look at zones of ours takes a list and one round of reads; those that only their tags show as ours take another round.
    """
    home = aws.in_region(aws.home)
    return home.once("hosted zones", lambda: _zones(home, domains))


def _zones(aws: Aws, domains: Collection[str]) -> list[Zone]:
    listed = [{**one, "Id": bare(one["Id"])} for one in aws.list_all("route53", "list_hosted_zones", "HostedZones")]
    known = [one for one in listed if normal(one["Name"]) in domains or owner_in_reference(one)]
    tags = tags_of(aws, [one["Id"] for one in listed])
    found = {one["Id"]: {**one, "Tags": tag_list(tags.get(one["Id"], {}))} for one in listed}
    known += [one for one in listed if one not in known and aws.owner.address(owner_tags(found[one["Id"]])) is not None]
    for detail in aws.map(lambda one: described(aws, one["Id"]), known):
        if detail:
            found[detail["Id"]].update(detail)
        # a zone that was deleted in the meantime stays as it was listed, and is not ours without its records
    for one in known:
        found[one["Id"]]["Delegated"] = _delegated(aws, found[one["Id"]], list(found.values()))
    return list(found.values())


def tags_of(aws: Aws, ids: Sequence[str], sort: str = "hostedzone") -> dict[str, dict[str, str]]:
    """The tags of zones or, with ``healthcheck``, of health checks, by ID."""
    groups = [list(ids[start : start + TAGS_IN_ONE_CALL]) for start in range(0, len(ids), TAGS_IN_ONE_CALL)]
    replies = aws.map(lambda group: aws.find("route53", "list_tags_for_resources", ResourceType=sort, ResourceIds=group), groups)
    return {one["ResourceId"]: tag_dict(one.get("Tags")) for reply in replies if reply for one in reply["ResourceTagSets"]}


def described(aws: Aws, identity: str) -> Zone | None:
    """A zone with its name servers, VPCs, and records; None if it does not exist."""
    reply = aws.find("route53", "get_hosted_zone", Id=identity)
    if reply is None:
        return None
    arn = arn_of(aws, identity)
    whole = {**reply["HostedZone"], "Id": identity, "Arn": arn, "DelegationSet": reply.get("DelegationSet"), "VPCs": reply.get("VPCs")}
    return {**whole, "Records": records(aws, identity)}


def records(aws: Aws, identity: str) -> list[Raw]:
    """All records of a zone."""
    return aws.list_all("route53", "list_resource_record_sets", "ResourceRecordSets", HostedZoneId=identity)


def _delegated(aws: Aws, zone: Mapping[str, Any], every: Sequence[Mapping[str, Any]]) -> tuple[str, str, tuple[str, ...]] | None:
    """(domain, ID, name servers) of the zone's parent in this account: to which servers it delegates. None if the parent is elsewhere."""
    if is_private(zone) or "Records" not in zone:
        return None
    name = normal(zone["Name"])
    public = {normal(one["Name"]): one for one in every if not is_private(one) and normal(one["Name"]) != name}
    above = innermost(name, public)
    if not above:
        return None
    where = public[above]["Id"]
    asked = {"HostedZoneId": where, "StartRecordName": name, "StartRecordType": "NS", "MaxItems": "1"}
    reply = aws.find("route53", "list_resource_record_sets", **asked) or {"ResourceRecordSets": []}
    found = [one for one in reply["ResourceRecordSets"] if normal(one["Name"]) == name and one["Type"] == "NS"]
    return above, where, tuple(sorted(normal(value["Value"]) for one in found for value in one.get("ResourceRecords") or []))


def spreading(aws: Aws, seen: Observed) -> Observed | None:
    """The zone as pending, if the last change of this run has not reached all name servers."""
    if change := aws.begun.get(seen.id):
        reply = aws.find("route53", "get_change", Id=change)
        if reply and reply["ChangeInfo"]["Status"] == "PENDING":
            return replace(seen, state="pending", reason="the change is spreading to all name servers")
        aws.begun.pop(seen.id, None)
    return None


# -- owners --------------------------------------------------------------------------------------------------------------------------


def reference(aws: Aws, address: str, token: str) -> str:
    """The caller reference of a new zone: at most 128 characters, unique, and says who owns it."""
    owner = aws.owner
    return f"{REFERENCE}{owner.environment}/{owner.component}/{address.partition('.')[2]}/{token}"


def owner_in_reference(zone: Mapping[str, Any]) -> dict[str, str]:
    """The owner tags that a zone's caller reference stands for; empty if another tool created it."""
    parts = str(zone.get("CallerReference") or "").split("/")
    if len(parts) != 5 or f"{parts[0]}/" != REFERENCE:
        return {}
    return Owner(parts[1], parts[2]).tags(f"hosted_zone.{parts[3]}")


def owner_tags(zone: Mapping[str, Any]) -> dict[str, str]:
    """A zone's tags with its owner's. Tags that name an owner count more than the reference, which cannot change."""
    tags = tag_dict(zone.get("Tags"))
    return tags if whose(tags) else {**tags, **owner_in_reference(zone)}


# -- changing records ----------------------------------------------------------------------------------------------------------------


def lock_of(identity: str) -> threading.Lock:
    """Held while a zone's records and register are read and changed: certificates and zones do so in several threads."""
    return _locks[identity]


def present(aws: Aws, identity: str, domain: str) -> Contents:
    """The records of a zone as they are now."""
    return contents(domain, records(aws, identity), aws.owner)


def send(aws: Aws, identity: str, several: Iterator[list[Change]] | Sequence[list[Change]]) -> None:
    """Make the changes, one call for each portion. The last one's spreading is waited for: see HostedZone.read."""
    for batch in several:
        batch_of = {"Comment": f"mainstay {aws.owner.environment}/{aws.owner.component}", "Changes": batch}
        try:
            reply = aws.change("route53", "change_resource_record_sets", HostedZoneId=identity, ChangeBatch=batch_of)
        except CallFailed as error:
            if error.code == "InvalidChangeBatch" and not error.hint:
                error.hint = "None of these changes was made. If a record appeared in the meantime, run again to see it in the plan."
            raise
        aws.begun[identity] = bare(reply["ChangeInfo"]["Id"])

# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The records that lead an application's host names to its load balancer, as a kind of the engine: one resource for each zone.

The zone belongs to another owner. Which of its records are the application's is in a register of its own (domains/dns/records/register.py),
which changes in the same call as the records.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from ...aws.connection import Aws
from ...reconcile.errors import CallFailed
from ...reconcile.model import KindDefaults, Observed, fixed, given, is_unknown
from ..dns.kinds import reads
from ..dns.records.changes import batches, in_the_way, shown
from ..dns.records.domain_names import normal
from ..dns.records.register import register_name


class AliasRecords(KindDefaults):
    """``domains``: those of the zones that host names are in. ``adopt``: whether existing records may be taken over."""

    name = "alias_records"

    zone_id = fixed()
    records = given()

    settles = ("update",)

    def __init__(self, adopt: bool = False) -> None:
        super().__init__()
        self.adopt = adopt

    def find(self, aws: Aws) -> list[Observed]:
        """Every zone that has our register."""
        found = aws.map(lambda zone: self._look(aws, zone), zones(aws))
        return [one for one in found if one is not None]

    def _look(self, aws: Aws, zone: Mapping[str, Any]) -> Observed | None:
        domain = normal(zone["Name"])
        name = register_name(aws.owner, domain)
        asked = {"HostedZoneId": zone["Id"], "StartRecordName": name, "StartRecordType": "TXT", "MaxItems": "1"}
        reply = aws.find("route53", "list_resource_record_sets", **asked) or {"ResourceRecordSets": []}
        if not any(normal(one["Name"]) == name for one in reply["ResourceRecordSets"]):
            return None
        return self._observed(aws, domain, zone["Id"])

    def _observed(self, aws: Aws, domain: str, identity: str) -> Observed | None:
        there = reads.present(aws, identity, domain)
        if not there.register:
            return None
        records = {key: shown(raw) for key, raw in sorted(there.ours().items())}
        return Observed(self.name, f"{self.name}.{domain}", identity, {"zone_id": identity, "records": records})

    def read(self, aws: Aws, seen: Observed) -> Observed | None:
        """As it is, but pending until the last change of this run has reached all name servers."""
        if pending := reads.spreading(aws, seen):
            return pending
        return self._observed(aws, seen.address.partition(".")[2], seen.id)

    def create(self, aws: Aws, address: str, properties: Mapping[str, Any], _token: str) -> Observed:
        identity = str(properties["zone_id"])
        self._set(aws, address, identity, properties["records"])
        return Observed(self.name, address, identity, dict(properties), state="pending")

    def update(self, aws: Aws, seen: Observed, properties: Mapping[str, Any]) -> None:
        if "records" in properties:
            self._set(aws, seen.address, seen.id, properties["records"] or {})

    def delete(self, aws: Aws, seen: Observed) -> None:
        self._set(aws, seen.address, seen.id, {})

    def _set(self, aws: Aws, address: str, identity: str, records: Mapping[str, Any]) -> None:
        domain = address.partition(".")[2]
        with reads.lock_of(identity):
            there = reads.present(aws, identity, domain)
            if blocked := in_the_way(there, records, list(records) if self.adopt else ()):
                raise CallFailed("; ".join(blocking(blocked)), hint=ADOPT)
            reads.send(aws, identity, batches(there, aws.owner, records, ()))

    def claim(self, aws: Aws, seen: Observed, address: str) -> None:
        raise CallFailed(f"{address} cannot be adopted: records are taken over one by one")

    def look_up(self, _aws: Aws, _identifier: str, _address: str) -> Observed | None:
        return None

    def holder(self, _aws: Aws, _properties: Mapping[str, Any]) -> Observed | None:
        return None


ADOPT = "Remove it, or set app_deploy_adopt_records to take it over."


def blocking(blocked: Mapping[str, Collection[str]]) -> list[str]:
    """One sentence for each record that another owner's record prevents."""
    return [f"{key} cannot be created, because {', '.join(others)} exists and is not the application's" for key, others in blocked.items()]


def zones(aws: Aws) -> list[dict[str, Any]]:
    """All hosted zones of the account, listed once."""
    return aws.once("hosted zones of applications", lambda: _zones(aws))


def _zones(aws: Aws) -> list[dict[str, Any]]:
    return [{**one, "Id": reads.bare(one["Id"])} for one in aws.list_all("route53", "list_hosted_zones", "HostedZones")]


def zone_of(host: str, listed: Collection[Mapping[str, Any]], private: bool) -> Mapping[str, Any] | None:
    """The innermost zone that contains a host name; None if there is none, or if it is not known. ``private``: of private zones alone."""
    if is_unknown(host):
        return None
    fitting = [
        one
        for one in listed
        if bool((one.get("Config") or {}).get("PrivateZone")) is private
        and (host == normal(one["Name"]) or host.endswith(f".{normal(one['Name'])}"))
    ]
    return max(fitting, key=lambda one: len(one["Name"]), default=None)

# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Hosted zones with their records.

CreateHostedZone takes no tags: the owner is in the caller reference, which lists return, and the tags follow. A zone's records are one
property: records have no life of their own, and one call changes all of them. Which of them are ours is in the register
(records/register.py); others are neither shown nor changed.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from ....aws.canonical import sorted_strings
from ....aws.connection import Aws
from ....aws.named_kind import NamedCalls
from ....aws.tags import tag_list
from ....reconcile.errors import CallFailed
from ....reconcile.model import Observed, fixed, given, initial, later
from ..records.changes import batches, contents, in_the_way, is_validation, shown
from ..records.domain_names import normal
from . import reads
from .route53_kind import Route53Kind, tagging_of
from .usage import needed_records

MOST_SHOWN = 10


def foreign_text(keys: Collection[str]) -> str:
    """Records that are not ours, as a list for a sentence."""
    ordered = sorted(keys)
    more = f", and {len(ordered) - MOST_SHOWN} more" if len(ordered) > MOST_SHOWN else ""
    return ", ".join(ordered[:MOST_SHOWN]) + more


class HostedZone(Route53Kind):
    """``domains``: those of the described zones, which are read at once. ``adopted``: by domain, the keys of the records that may be taken
    over. ``leaving``: components whose records are about to be removed.
    """

    name = "hosted_zone"
    calls = NamedCalls(
        service="route53",
        list="list_hosted_zones",
        items="HostedZones",
        describe="get_hosted_zone",
        create="create_hosted_zone",
        item="HostedZone",
        delete="delete_hosted_zone",
        name="Id",
        id="Id",
        arn="Arn",
        token="CallerReference",  # noqa: S106 (the name of a parameter)
    )
    tagging = tagging_of("hostedzone")
    operations = (
        "associate_vpc_with_hosted_zone",
        "change_resource_record_sets",
        "disassociate_vpc_from_hosted_zone",
        "get_change",
        "list_resource_record_sets",
        "update_hosted_zone_comment",
        "acm.describe_certificate",
        "acm.list_certificates",
        "acm.list_tags_for_certificate",
    )
    named = False
    settles = ("update",)
    deleted_after = ("certificate",)
    called = "zone_name"

    zone_name = fixed("Name", canonical=normal)
    private = fixed()
    comment = given()
    vpc_id = initial()
    vpc_ids = later(canonical=sorted_strings)
    records = later()

    def __init__(
        self, domains: Collection[str] = (), adopted: Mapping[str, Collection[str]] | None = None, leaving: Collection[str] = ()
    ) -> None:
        super().__init__()
        self.leaving = tuple(leaving)
        self.domains = tuple(domains)
        self.adopted = dict(adopted or {})

    # -- finding ---------------------------------------------------------------------------------------------------------------------

    def find(self, aws: Aws) -> list[Observed]:
        ours = [one for one in reads.zones(aws, self.domains) if aws.owner.address(reads.owner_tags(one)) is not None]
        whole = [one for one in ours if "Records" in one]
        return self.observe_all(aws, [self._with_usage(aws, one) for one in whole])

    def _with_usage(self, aws: Aws, zone: reads.Zone) -> reads.Zone:
        """The zone, its records as we see them, and the validation records that certificates need."""
        there = contents(normal(zone["Name"]), zone["Records"], aws.owner)
        validating = [key for key, raw in there.ours().items() if is_validation(raw)]
        needed = needed_records(aws) & set(validating) if validating else frozenset()
        return {**zone, "Contents": there, "Needed": needed}

    def entries_at(self, aws: Aws, where: Mapping[str, str]) -> list[dict[str, Any]]:
        zone = reads.described(aws, reads.bare(where["Id"]))
        if zone is None:
            return []
        return [self._with_usage(aws, {**zone, "Tags": tag_list(reads.tags_of(aws, [zone["Id"]]).get(zone["Id"], {}))})]

    def read(self, aws: Aws, seen: Observed) -> Observed | None:
        """As ``find`` sees it, but pending until the last change of this run has reached all name servers."""
        if pending := reads.spreading(aws, seen):
            return pending
        return super().read(aws, seen)

    def tags_of(self, raw: Mapping[str, Any]) -> dict[str, str]:
        return reads.owner_tags(raw)

    def known(self, _aws: Aws, identifier: str) -> str:
        return reads.bare(identifier)

    def holder(self, aws: Aws, properties: Mapping[str, Any]) -> Observed | None:
        """A public zone of the same name. Private ones may have the same name in other VPCs, and AWS refuses it in the same one."""
        if properties.get("private") or not properties.get("zone_name"):
            return None
        every = reads.zones(aws, self.domains)
        same = [one for one in every if normal(one["Name"]) == properties["zone_name"] and not reads.is_private(one)]
        return self.look_up_any_owner(aws, {"Id": same[0]["Id"]}) if same else None

    # -- properties ------------------------------------------------------------------------------------------------------------------

    def attributes(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        servers = (raw.get("DelegationSet") or {}).get("NameServers")
        there = raw.get("Contents")
        return {
            **super().attributes(raw),
            "domain": normal(raw["Name"]) if raw.get("Name") else None,
            "name_servers": sorted(map(normal, servers)) if servers else None,
            "foreign_records": there.foreign(self.leaving) if there else [],
            "delegated": list(raw["Delegated"]) if raw.get("Delegated") else None,
        }

    def get_zone_name(self, raw: Mapping[str, Any]) -> str:
        return normal(raw["Name"])

    def get_private(self, raw: Mapping[str, Any]) -> bool:
        return reads.is_private(raw)

    def get_comment(self, raw: Mapping[str, Any]) -> str:
        return str((raw.get("Config") or {}).get("Comment") or "")

    def get_vpc_id(self, _raw: Mapping[str, Any]) -> None:
        return None

    def get_vpc_ids(self, raw: Mapping[str, Any]) -> list[str] | None:
        several = raw.get("VPCs") or ([raw["VPC"]] if raw.get("VPC") else [])
        return [one["VPCId"] for one in several] if self.get_private(raw) else None

    def get_records(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        """Our records, except those that certificates are validated by: they belong to the certificates."""
        there = raw.get("Contents")
        return {key: shown(one) for key, one in there.ours().items() if key not in raw["Needed"]} if there else {}

    def trouble_of(self, raw: Mapping[str, Any]) -> str:
        """Whether the parent, if it is in this account, delegates elsewhere."""
        delegated, servers = raw.get("Delegated"), self.attributes(raw)["name_servers"] or []
        if delegated is None or set(delegated[2]) == set(servers):
            return ""
        domain, identity, there = delegated
        to = f"delegates it to {', '.join(there)} instead" if there else "does not delegate it"
        return f"the zone {domain} ({identity}) of this account {to}; set its NS record {normal(raw['Name'])} to {', '.join(servers)}"

    def fresh(self, seen: Observed) -> Mapping[str, Any]:
        return {"records": {}, "owner_tags": False, "tags": {}, "vpc_ids": seen.properties.get("vpc_ids")}

    # -- changing --------------------------------------------------------------------------------------------------------------------

    def create(self, aws: Aws, address: str, properties: Mapping[str, Any], token: str) -> Observed:
        config = {"Comment": properties.get("comment") or "", "PrivateZone": bool(properties.get("private"))}
        vpc = {"VPC": self._vpc(aws, properties["vpc_id"])} if properties.get("vpc_id") else {}
        reply = aws.change(
            "route53",
            "create_hosted_zone",
            Name=f"{properties['zone_name']}.",
            CallerReference=reads.reference(aws, address, token),
            HostedZoneConfig=config,
            **vpc,
        )
        zone = reply["HostedZone"]
        identity = reads.bare(zone["Id"])
        arn = reads.arn_of(aws, identity)
        raw = {**zone, "Id": identity, "Arn": arn, "DelegationSet": reply.get("DelegationSet"), "VPC": reply.get("VPC") or vpc.get("VPC")}
        return self.made(aws, raw, address)

    @staticmethod
    def _vpc(aws: Aws, identity: str) -> dict[str, str]:
        return {"VPCRegion": aws.home, "VPCId": identity}

    def set_comment(self, aws: Aws, seen: Observed, value: str | None) -> None:
        aws.change("route53", "update_hosted_zone_comment", Id=seen.id, Comment=value or "")

    def set_vpc_ids(self, aws: Aws, seen: Observed, value: Collection[str]) -> None:
        """New VPCs first: a private zone always has at least one. Compares with what is there now, so that it can be repeated."""
        zone = reads.described(aws, seen.id) or {}
        have = [one["VPCId"] for one in zone.get("VPCs") or []]
        for one in [one for one in value if one not in have]:
            reply = aws.change("route53", "associate_vpc_with_hosted_zone", HostedZoneId=seen.id, VPC=self._vpc(aws, one))
            aws.begun[seen.id] = reads.bare(reply["ChangeInfo"]["Id"])
        for one in [one for one in have if one not in value]:
            aws.remove("route53", "disassociate_vpc_from_hosted_zone", HostedZoneId=seen.id, VPC=self._vpc(aws, one))

    def set_records(self, aws: Aws, seen: Observed, value: Mapping[str, Any] | None) -> None:
        """Compare with what is there now, so that repeating the call changes nothing."""
        domain, desired = str(seen.properties["zone_name"]), dict(value or {})
        with reads.lock_of(seen.id):
            there = reads.present(aws, seen.id, domain)
            if blocked := in_the_way(there, desired, self.adopted.get(domain, ())):
                raise CallFailed(
                    f"{foreign_text({other for others in blocked.values() for other in others})} of another owner appeared in the zone",
                    hint="Nothing of the zone was changed. Run again.",
                )
            kept = self._kept(seen, there.ours())
            reads.send(aws, seen.id, batches(there, aws.owner, desired, kept))

    @staticmethod
    def _kept(seen: Observed, ours: Mapping[str, Any]) -> Collection[str]:
        """The validation records of certificates, except those of which the plan has said that no certificate needs them."""
        return {key for key, raw in ours.items() if is_validation(raw) and key not in (seen.properties.get("records") or {})}

    def delete(self, aws: Aws, seen: Observed) -> None:
        """Our records go first: Route 53 deletes only a zone that has none but its own."""
        domain = str(seen.properties["zone_name"])
        with reads.lock_of(seen.id):
            zone = reads.described(aws, seen.id)
            if zone is None:
                return
            there = contents(domain, zone["Records"], aws.owner)
            if there.register:
                reads.send(aws, seen.id, batches(there, aws.owner, {}, ()))
            try:
                aws.remove("route53", "delete_hosted_zone", Id=seen.id)
            except CallFailed as error:
                if error.code == "HostedZoneNotEmpty":
                    error.hint = f"Delete these records first, or leave the zone: {foreign_text(there.foreign())}."
                raise

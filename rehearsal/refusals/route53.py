"""What Route 53 refuses and moto accepts."""

from __future__ import annotations

from rehearsal.extensions.route53_common import normal
from rehearsal.extensions.route53_records import zone_of
from rehearsal.registry import Call, refuses
from rehearsal.replies import Refusal

MOST_TAGS_IN_ONE_CALL = 10


@refuses("route53", "CreateHostedZone")
def used_reference(call: Call) -> None:
    if any(zone.caller_reference == call.get("CallerReference") for zone in call.backend.zones.values()):
        raise Refusal("HostedZoneAlreadyExists", "A hosted zone has already been created with the specified caller reference.", 409)


@refuses("route53", "CreateHostedZone")
def private_zone(call: Call) -> None:
    if not (call.get("HostedZoneConfig") or {}).get("PrivateZone"):
        return
    vpc = (call.get("VPC") or {}).get("VPCId")
    if not vpc:
        raise Refusal("InvalidInput", "When you're creating a private hosted zone, you must specify at least one VPC.")
    for zone in call.backend.zones.values():
        if zone.private_zone and normal(zone.name) == normal(str(call.get("Name"))) and any(one["vpc_id"] == vpc for one in zone.vpcs):
            raise Refusal(
                "ConflictingDomainExists", f"The VPC {vpc} is already associated with another hosted zone with the same domain name."
            )


@refuses("route53", "DeleteHostedZone")
def not_empty(call: Call) -> None:
    zone = zone_of(call, "Id")
    own = [(normal(zone.name), "NS"), (normal(zone.name), "SOA")]
    if any((normal(one.name), one.type) not in own for one in zone.rrsets):
        text = "The specified hosted zone contains non-required resource record sets and so cannot be deleted."
        raise Refusal("HostedZoneNotEmpty", text)


@refuses("route53", "ChangeTagsForResource")
def tags_in_one_call(call: Call) -> None:
    for name in ("AddTags", "RemoveTagKeys"):
        given = call.get(name)
        if given is not None and not 1 <= len(given) <= MOST_TAGS_IN_ONE_CALL:
            raise Refusal("InvalidInput", f"{name} must have 1 to {MOST_TAGS_IN_ONE_CALL} members, not {len(given)}")

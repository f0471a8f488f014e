"""Regions and zones, and which of them the account has enabled."""

from __future__ import annotations

from typing import Any

from rehearsal.extensions.ec2_common import matching
from rehearsal.registry import Call, answers
from rehearsal.replies import Refusal

# Regions that an account must enable before use.
OPT_IN = frozenset(
    {
        "af-south-1",
        "ap-east-1",
        "ap-east-2",
        "ap-south-2",
        "ap-southeast-3",
        "ap-southeast-4",
        "ap-southeast-5",
        "ap-southeast-6",
        "ap-southeast-7",
        "ca-west-1",
        "eu-central-2",
        "eu-south-1",
        "eu-south-2",
        "il-central-1",
        "me-central-1",
        "me-south-1",
        "mx-central-1",
    }
)


def opt_in_status(region: str, disabled: list[str]) -> str:
    if region not in OPT_IN:
        return "opt-in-not-required"
    return "not-opted-in" if region in disabled else "opted-in"


@answers("ec2", "DescribeRegions")
def describe_regions(call: Call) -> Any:
    """The regions of the partition; without AllRegions, only the enabled ones."""
    from moto.utilities.utils import get_partition

    regions = [
        {"RegionName": region.name, "Endpoint": region.endpoint, "OptInStatus": opt_in_status(region.name, call.settings.disabled_regions)}
        for region in call.backend.regions
        if get_partition(region.name) == get_partition(call.region)
    ]
    for name in call.get("RegionNames") or []:
        if name not in [region["RegionName"] for region in regions]:
            raise Refusal("InvalidParameterValue", f"Invalid region provided: {name}")
    wanted = [region for region in regions if region["RegionName"] in (call.get("RegionNames") or [region["RegionName"]])]
    shown = [region for region in wanted if call.get("AllRegions") or call.get("RegionNames") or region["OptInStatus"] != "not-opted-in"]
    values = {
        "region-name": lambda region: [region["RegionName"]],
        "endpoint": lambda region: [region["Endpoint"]],
        "opt-in-status": lambda region: [region["OptInStatus"]],
    }
    return {"Regions": matching(shown, call.get("Filters"), values)}


@answers("ec2", "DescribeAvailabilityZones")
def describe_zones(call: Call) -> Any:
    zones = [
        {
            "ZoneName": zone.name,
            "ZoneId": zone.zone_id,
            "ZoneType": zone.zone_type,
            "RegionName": call.region,
            "State": "available",
            "OptInStatus": "opt-in-not-required",
            "GroupName": f"{call.region}-zg-1",
            "NetworkBorderGroup": call.region,
            "Messages": [],
        }
        for zone in call.backend.describe_availability_zones()
    ]
    for member, key in (("ZoneNames", "ZoneName"), ("ZoneIds", "ZoneId")):
        for name in call.get(member) or []:
            if name not in [zone[key] for zone in zones]:
                raise Refusal("InvalidParameterValue", f"Invalid availability zone: [{name}]")
        zones = [zone for zone in zones if zone[key] in (call.get(member) or [zone[key]])]
    values = {
        "zone-name": lambda zone: [zone["ZoneName"]],
        "zone-id": lambda zone: [zone["ZoneId"]],
        "zone-type": lambda zone: [zone["ZoneType"]],
        "region-name": lambda zone: [zone["RegionName"]],
        "state": lambda zone: [zone["State"]],
        "opt-in-status": lambda zone: [zone["OptInStatus"]],
        "group-name": lambda zone: [zone["GroupName"]],
    }
    return {"AvailabilityZones": matching(zones, call.get("Filters"), values)}

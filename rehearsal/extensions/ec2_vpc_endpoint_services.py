"""The services that accept endpoints. moto fails on the name filter and creates endpoints for services that do not exist."""

from __future__ import annotations

from typing import Any

from rehearsal.registry import Call, answers, refuses
from rehearsal.replies import Refusal

LACKING = {"us-east-1e": ("eks-auth", "eks", "elasticfilesystem", "rds", "secretsmanager")}
"""Zones that lack services, as AWS's oldest and its newest zones do."""
PRIVATE = "vpce"  # com.amazonaws.vpce.<region>.vpce-svc-...: services of other accounts, which the cloud cannot look up


_by_region: dict[str, list[dict[str, Any]]] = {}


def _offered(call: Call) -> list[dict[str, Any]]:
    """Every service of the region; moto offers each in every zone."""
    if call.region not in _by_region:
        found = call.backend._collect_default_endpoint_services(call.account_id, call.region)
        for one in found:
            one["AvailabilityZones"] = [zone for zone in one["AvailabilityZones"] if not _lacks(zone, str(one["ServiceName"]))]
        _by_region[call.region] = found
    return _by_region[call.region]


def _lacks(zone: str, service: str) -> bool:
    return service.rpartition(".")[2] in LACKING.get(zone, ())


@answers("ec2", "DescribeVpcEndpointServices")
def describe(call: Call) -> Any:
    services = _offered(call)
    for one in call.get("Filters") or []:
        if one["Name"] != "service-name":
            raise Refusal("InvalidFilter", f"The filter '{one['Name']}' is invalid")
        services = [service for service in services if service["ServiceName"] in one["Values"]]
    names = sorted(service["ServiceName"] for service in services)
    return {"ServiceNames": names, "ServiceDetails": sorted(services, key=lambda service: str(service["ServiceName"]))}


@refuses("ec2", "CreateVpcEndpoint")
def unknown_service(call: Call) -> None:
    name = str(call.get("ServiceName"))
    if f".{PRIVATE}." not in name and name not in {service["ServiceName"] for service in _offered(call)}:
        raise Refusal("InvalidServiceName", f"The Vpc Endpoint Service '{name}' does not exist")


@refuses("ec2", "CreateVpcEndpoint", "ModifyVpcEndpoint")
def not_there(call: Call) -> None:
    """A service refuses subnets in zones that it does not serve, and private names if it has none."""
    name = str(call.get("ServiceName") or getattr(call.backend.vpc_end_points.get(call.get("VpcEndpointId")), "service_name", ""))
    offers = [one for one in _offered(call) if one["ServiceName"] == name and one["ServiceType"] == [{"ServiceType": "Interface"}]]
    kind = call.get("VpcEndpointType") or ("Gateway" if call.operation == "CreateVpcEndpoint" else "Interface")
    if not offers or kind != "Interface":
        return
    subnets = {subnet.id: subnet for by_id in call.backend.subnets.values() for subnet in by_id.values()}
    for identity in [*(call.get("SubnetIds") or []), *(call.get("AddSubnetIds") or [])]:
        subnet = subnets.get(identity)
        if subnet is not None and subnet.availability_zone not in offers[0]["AvailabilityZones"]:
            text = f"The VPC endpoint service {name} does not support the availability zone of the subnet: {identity}."
            raise Refusal("InvalidParameter", text)
    if call.get("PrivateDnsEnabled") and not offers[0].get("PrivateDnsName"):
        text = f"Private DNS can't be enabled because the service {name} does not provide a private DNS name."
        raise Refusal("InvalidParameter", text)

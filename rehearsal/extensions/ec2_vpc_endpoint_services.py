"""The services that accept endpoints. moto fails on the name filter and creates endpoints for services that do not exist."""

from __future__ import annotations

from typing import Any

from rehearsal.registry import Call, answers, refuses
from rehearsal.replies import Refusal

PRIVATE = "vpce"  # com.amazonaws.vpce.<region>.vpce-svc-...: services of other accounts, which the cloud cannot look up


def _offered(call: Call) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = call.backend._collect_default_endpoint_services(call.account_id, call.region)
    return found


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

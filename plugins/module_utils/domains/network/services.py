# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Names and principals of AWS services, which differ between partitions (commercial AWS, China, GovCloud)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

CHINA_PREFIXED = frozenset(
    {
        "application-autoscaling",
        "autoscaling",
        "backup",
        "cloudformation",
        "ebs",
        "ec2",
        "ecr.api",
        "ecr.dkr",
        "eks",
        "elasticache",
        "elasticfilesystem",
        "execute-api",
        "lambda",
        "monitoring",
        "rds",
        "securityhub",
        "sqs",
        "states",
        "sts",
        "xray",
    }
)
"""Interface endpoints whose service name starts with cn. in China. Other service names are the same everywhere."""


def service_name(service: str, sort: str, region: str, partition: str) -> str:
    """The name of an endpoint service. ``service`` is a short name (ecr.api) or a full name, which is returned unchanged."""
    if ".amazonaws." in f".{service}.":
        return service
    prefix = "cn.com.amazonaws" if partition == "aws-cn" and sort == "Interface" and service in CHINA_PREFIXED else "com.amazonaws"
    return f"{prefix}.{region}.{service}"


@dataclass(frozen=True)
class EndpointService:
    """What AWS offers under one name: the zones of its interface endpoints (empty: not known), and whether they get private names."""

    name: str
    interface: bool = True
    zones: frozenset[str] = frozenset()
    private_dns: bool = True

    def zones_among(self, zones: Iterable[str]) -> tuple[str, ...]:
        """Those of some zones in which the service can have an interface."""
        return tuple(zone for zone in zones if not self.zones or zone in self.zones)


def services_of(details: Iterable[Mapping[str, Any]]) -> dict[str, EndpointService]:
    """The entries below ``ServiceDetails`` by name. S3 and DynamoDB have two entries, one for gateways."""
    found: dict[str, EndpointService] = {}
    for one in details:
        name = str(one["ServiceName"])
        interface = any(kind.get("ServiceType") != "Gateway" for kind in one.get("ServiceType") or [{}])
        if interface or name not in found:
            private = bool(one.get("PrivateDnsName") or one.get("PrivateDnsNames"))
            found[name] = EndpointService(name, interface, frozenset(one.get("AvailabilityZones") or ()), private)
    return dict(sorted(found.items()))

# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Private connections to AWS services."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ....aws.canonical import policy, sorted_strings
from ....aws.connection import Aws
from ....aws.ec2_kind import Ec2Kind, ec2
from ....aws.kind import camel
from ....reconcile.model import Observed, fixed, given
from . import limits


class VpcEndpoint(Ec2Kind):
    """A VPC endpoint. Gateway endpoints attach to route tables, interface endpoints to subnets and groups. Property sets differ by type."""

    name = "vpc_endpoint"
    calls = ec2("vpc_endpoint", delete="delete_vpc_endpoints", token=True)
    operations = ("modify_vpc_endpoint",)
    id_prefix = "vpce-"
    quotas = (limits.GATEWAY_ENDPOINTS, limits.INTERFACE_ENDPOINTS)
    states = {"pending": "pending", "pendingacceptance": "pending", "failed": "failed", "rejected": "failed", "expired": "failed"}
    states = {**states, "deleting": "deleting"}
    settles = ("delete",)
    timeout = 900.0

    vpc_id = fixed()
    service_name = fixed()
    vpc_endpoint_type = fixed()
    subnet_ids = given(canonical=sorted_strings)
    security_group_ids = given(canonical=sorted_strings)
    route_table_ids = given(canonical=sorted_strings)
    private_dns_enabled = given()
    policy_document = given(canonical=policy, document=True)

    LISTS = {"subnet_ids": "SubnetIds", "security_group_ids": "SecurityGroupIds", "route_table_ids": "RouteTableIds"}

    def get_security_group_ids(self, raw: Mapping[str, Any]) -> list[str]:
        return [group["GroupId"] for group in raw.get("Groups", [])]

    def get_policy_document(self, raw: Mapping[str, Any]) -> Any:
        return raw.get("PolicyDocument") or None

    def update(self, aws: Aws, seen: Observed, properties: Mapping[str, Any]) -> None:
        """Apply all changes in one call: an endpoint accepts one modification at a time."""
        changes: dict[str, Any] = {}
        for name, value in properties.items():
            if name in self.LISTS:
                old, new = set(seen.properties.get(name, [])), set(value or [])
                changes |= {f"Add{self.LISTS[name]}": sorted(new - old), f"Remove{self.LISTS[name]}": sorted(old - new)}
            elif name == "policy_document":
                changes |= {"PolicyDocument": self.sent(name, value)} if value else {"ResetPolicy": True}
            elif name != "tags":
                changes[camel(name)] = value
        if changes := {name: value for name, value in changes.items() if value != []}:
            aws.change("ec2", "modify_vpc_endpoint", VpcEndpointId=seen.id, **changes)
        if "tags" in properties:
            self.set_tags(aws, seen, properties["tags"])

    def holder(self, aws: Aws, properties: Mapping[str, Any]) -> Observed | None:
        """Another endpoint of the same service that serves one of the route tables or holds the private DNS name."""
        vpc, service = properties.get("vpc_id"), properties.get("service_name")
        if not vpc or not service:
            return None
        filters = [{"Name": "vpc-id", "Values": [vpc]}, {"Name": "service-name", "Values": [service]}]
        raws = aws.list_all("ec2", self.calls.list, self.calls.items, Filters=filters)
        tables = set(properties.get("route_table_ids") or [])
        rivals = [raw for raw in raws if raw.get("PrivateDnsEnabled") or tables & set(raw.get("RouteTableIds", []))]
        return self.observe_any_owner(aws, rivals if tables or properties.get("private_dns_enabled") else [])

    def delete(self, aws: Aws, seen: Observed) -> None:
        aws.remove("ec2", "delete_vpc_endpoints", VpcEndpointIds=[seen.id])

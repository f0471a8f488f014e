# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The kind flow_log: flow logs of a VPC."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ....aws.connection import Aws
from ....aws.ec2_kind import Ec2Kind, ec2
from ....aws.tags import visible
from ....reconcile.model import Observed, fixed


class FlowLog(Ec2Kind):
    """A flow log. Only its tags can be changed."""

    name = "flow_log"
    calls = ec2("flow_log", create="create_flow_logs", delete="delete_flow_logs", filter="Filter", tag_type="vpc-flow-log", token=True)
    id_prefix = "fl-"

    resource_id = fixed()
    traffic_type = fixed()
    log_destination = fixed()
    deliver_logs_permission_arn = fixed()
    max_aggregation_interval = fixed()
    log_format = fixed()

    def create(self, aws: Aws, address: str, properties: Mapping[str, Any], token: str) -> Observed:
        tags = {**properties.get("tags", {}), **aws.owner.tags(address)}
        sent = {self.api_name(n): v for n, v in properties.items() if n not in ("tags", "resource_id") and v is not None}
        reply = aws.change(
            "ec2",
            "create_flow_logs",
            ResourceIds=[properties["resource_id"]],
            ResourceType="VPC",
            LogDestinationType="cloud-watch-logs",
            TagSpecifications=[{"ResourceType": self.calls.tag_type, "Tags": [{"Key": k, "Value": v} for k, v in tags.items()]}],
            ClientToken=token,
            **sent,
        )
        kept = {**properties, "tags": visible(tags)}
        return Observed(self.name, address, reply["FlowLogIds"][0], kept)

    def get_log_destination(self, raw: Mapping[str, Any]) -> str | None:
        destination = raw.get("LogDestination")
        return destination.removesuffix(":*") if destination else None

    def trouble_of(self, raw: Mapping[str, Any]) -> str:
        failed = raw.get("DeliverLogsStatus") == "FAILED"
        return f"its logs are not delivered: {raw.get('DeliverLogsErrorMessage') or 'EC2 gives no reason'}" if failed else ""

    def holder(self, aws: Aws, properties: Mapping[str, Any]) -> Observed | None:
        """Another flow log that captures the same traffic to the same destination."""
        vpc = properties.get("resource_id")
        if not vpc:
            return None
        raws = aws.list_all("ec2", self.calls.list, self.calls.items, Filter=[{"Name": "resource-id", "Values": [vpc]}])
        same = ("traffic_type", "log_destination")
        return self.observe_any_owner(aws, [raw for raw in raws if all(self.value(raw, name) == properties.get(name) for name in same)])

    def delete(self, aws: Aws, seen: Observed) -> None:
        aws.remove("ec2", "delete_flow_logs", FlowLogIds=[seen.id])

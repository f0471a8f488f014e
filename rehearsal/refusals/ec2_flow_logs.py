"""Flow log requests that EC2 rejects."""

from __future__ import annotations

from rehearsal.extensions.policies import usable_roles
from rehearsal.registry import Call, refuses
from rehearsal.replies import Refusal


@refuses("ec2", "CreateFlowLogs")
def flow_log(call: Call) -> None:
    to_logs = (call.get("LogDestinationType") or "cloud-watch-logs") == "cloud-watch-logs"
    role = call.get("DeliverLogsPermissionArn")
    if to_logs and role and not _trusts_flow_logs(call, role):
        raise Refusal("InvalidParameter", f"Unable to assume given IAM role: '{role}'")
    if not to_logs and role:
        raise Refusal("InvalidParameter", "DeliverLogsPermissionArn is not applicable for s3 delivery")
    if call.get("MaxAggregationInterval", 600) not in (60, 600):
        raise Refusal("InvalidParameter", "Invalid Flow Log Max Aggregation Interval")


@refuses("ec2", "CreateFlowLogs")
def same_flow_log(call: Call) -> None:
    destination = (call.get("LogDestination") or "").removesuffix(":*")
    name = call.get("LogGroupName") or destination.partition(":log-group:")[2] or None
    for existing in call.backend.flow_logs.values():
        same_place = (existing.log_group_name, existing.log_destination or "") == (name, destination) or (
            name is None and existing.log_destination == destination
        )
        if existing.resource_id in (call.get("ResourceIds") or []) and same_place:
            raise Refusal("FlowLogAlreadyExists", "Error. There is an existing Flow Log with the same configuration and log destination.")


def _trusts_flow_logs(call: Call, arn: str) -> bool:
    """Whether the role exists and its trust policy names the flow logs service."""
    role = next((role for role in usable_roles(call) if role.arn == arn), None)
    return role is not None and "vpc-flow-logs.amazonaws.com" in str(role.assume_role_policy_document)

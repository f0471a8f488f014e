# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Flow logs: a flow log and its log group for each network, plus the KMS key and the delivery role that all of them share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ...aws.place import Place
from ...aws.policies import key_policy, logs_use_of_key, policy, write_logs
from ...reconcile.model import Resource, ref
from .settings import Network

KEY = "kms_key.logs"
ROLE = "iam_role.flow-logs"


def flow_log_resources(network: Network, place: Place, tags: Mapping[str, str]) -> Iterator[Resource]:
    """The flow log of a network, and its log group."""
    if not network.flow_logs.enabled:
        return
    name = f"{network.name}/flow-logs"
    group_name = network.flow_log_group or f"{place.path}{name}"
    group = {
        "log_group_name": group_name,
        "kms_key_id": ref(KEY, "arn"),
        "retention_in_days": network.flow_logs.retention_in_days,
        "tags": dict(tags),
    }
    yield Resource("log_group", name, group)
    log = {
        "resource_id": ref(f"vpc.{network.name}"),
        "traffic_type": network.flow_logs.traffic_type,
        "log_destination": place.arn("logs", f"log-group:{group_name}"),
        "deliver_logs_permission_arn": role_arn(place),
        "max_aggregation_interval": network.flow_logs.max_aggregation_interval,
        "tags": dict(tags),
    }
    # The log names its role and group instead of referencing them: it survives the deletion of either and resumes once they exist again.
    # The role comes first: a flow log that starts before its role has write access shows "Access error" until it is checked again.
    yield Resource("flow_log", network.name, log, after=(ROLE, f"log_group.{name}"))


def role_name(place: Place) -> str:
    """A name that is unique in the account: its parts contain no dots, so no other environment and component produce the same name."""
    return f"{place.environment}.{place.component}.flow-logs"


def role_arn(place: Place) -> str:
    return place.iam_arn(f"role{place.path}{role_name(place)}")


def shared_resources(place: Place) -> list[Resource]:
    """The KMS key and the role that the flow logs of all networks of the component use."""
    whose = f"{place.environment}-{place.component}"
    key = {
        "description": f"Log groups of {place.component} in {place.environment}",
        "policy": key_policy(place, logs_use_of_key(place, "CloudWatchLogsOfThisComponent", f"{place.path}*")),
        "enable_key_rotation": True,
        "alias": f"alias{place.path}logs",
        "tags": {**place.tags, "Name": f"{whose}-logs"},
    }
    role = {
        "role_name": role_name(place),
        "assume_role_policy_document": trust_policy(place),
        "inline_policy": delivery_policy(place),
        "managed_policy_arns": [],
        "tags": {**place.tags, "Name": f"{whose}-flow-logs"},
    }
    return [Resource("kms_key", "logs", key), Resource("iam_role", "flow-logs", place.role(role))]


def trust_policy(place: Place) -> dict[str, Any]:
    """Only VPC flow logs of this account may assume the role; flow logs of other accounts, which use the same service, may not."""
    return policy(
        {
            "Effect": "Allow",
            "Principal": {"Service": "vpc-flow-logs.amazonaws.com"},
            "Action": "sts:AssumeRole",
            "Condition": {
                "StringEquals": {"aws:SourceAccount": place.account_id},
                "ArnLike": {"aws:SourceArn": place.arn("ec2", "vpc-flow-log/*")},
            },
        }
    )


def delivery_policy(place: Place) -> dict[str, Any]:
    """Allow writes to this component's log groups. The component creates the groups, so delivery needs no permission to create any."""
    return policy(
        write_logs(place, f"{place.path}*"),
        {"Sid": "Find", "Effect": "Allow", "Action": "logs:DescribeLogGroups", "Resource": place.arn("logs", "log-group:*")},
    )

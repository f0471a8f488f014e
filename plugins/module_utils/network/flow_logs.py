# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Flow logs: the log and its group for each network, and what they share: a key for the groups and a role for the delivery."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Protocol

from ansible_collections.mainstay.aws.plugins.module_utils.network.services import logs_principal
from ansible_collections.mainstay.aws.plugins.module_utils.network.settings import Network
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.model import Resource, ref

KEY = "kms_key.logs"
ROLE = "iam_role.flow-logs"


class Place(Protocol):
    """What is needed of the facts of a component (resources.Facts has it)."""

    @property
    def environment(self) -> str: ...
    @property
    def component(self) -> str: ...
    @property
    def region(self) -> str: ...
    @property
    def account_id(self) -> str: ...
    @property
    def partition(self) -> str: ...
    @property
    def tags(self) -> Mapping[str, str]: ...
    @property
    def permissions_boundary(self) -> str | None: ...


def log_group_prefix(place: Place) -> str:
    return f"/mainstay/{place.environment}/{place.component}/"


def arn(place: Place, service: str, resource: str) -> str:
    return f"arn:{place.partition}:{service}:{place.region}:{place.account_id}:{resource}"


def flow_log_resources(network: Network, place: Place, tags: Mapping[str, str]) -> Iterator[Resource]:
    """The flow log of a network, and its group."""
    if not network.flow_logs.enabled:
        return
    name = f"{network.name}/flow-logs"
    group = {
        "log_group_name": f"{log_group_prefix(place)}{name}",
        "kms_key_id": ref(KEY, "arn"),
        "retention_in_days": network.flow_logs.retention_in_days,
        "tags": dict(tags),
    }
    yield Resource("log_group", name, group)
    log = {
        "resource_id": ref(f"vpc.{network.name}"),
        "traffic_type": network.flow_logs.traffic_type,
        "log_destination": arn(place, "logs", f"log-group:{log_group_prefix(place)}{name}"),
        "deliver_logs_permission_arn": role_arn(place),
        "max_aggregation_interval": network.flow_logs.max_aggregation_interval,
        "tags": dict(tags),
    }
    # Role and group are named, not referred to: a log outlives both, and goes on when one that was deleted is made again.
    # The role is finished first: a log that starts before its role may write reports "Access error" until somebody looks.
    yield Resource("flow_log", network.name, log, after=(ROLE, f"log_group.{name}"))


def role_name(place: Place) -> str:
    """Unique in the account: a name has no dot, so no other environment and component give this one."""
    return f"{place.environment}.{place.component}.flow-logs"


def role_arn(place: Place) -> str:
    return f"arn:{place.partition}:iam::{place.account_id}:role{log_group_prefix(place)}{role_name(place)}"


def shared_resources(place: Place) -> list[Resource]:
    """The key and the role that the flow logs of all networks of the component use."""
    whose = f"{place.environment}-{place.component}"
    key = {
        "description": f"Log groups of {place.component} in {place.environment}",
        "policy": key_policy(place),
        "enable_key_rotation": True,
        "alias": f"alias/mainstay/{place.environment}/{place.component}/logs",
        "tags": {**place.tags, "Name": f"{whose}-logs"},
    }
    role: dict[str, Any] = {
        "role_name": role_name(place),
        "assume_role_policy_document": trust_policy(place),
        "inline_policy": delivery_policy(place),
        "managed_policy_arns": [],
        "tags": {**place.tags, "Name": f"{whose}-flow-logs"},
    }
    if place.permissions_boundary:
        role["permissions_boundary"] = place.permissions_boundary
    return [Resource("kms_key", "logs", key), Resource("iam_role", "flow-logs", role)]


def policy(*statements: Mapping[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": [dict(statement) for statement in statements]}


def key_policy(place: Place) -> dict[str, Any]:
    """The account decides by IAM who administers the key; CloudWatch Logs may use it for this component's groups alone."""
    return policy(
        {
            "Sid": "AccountDecidesByIam",
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:{place.partition}:iam::{place.account_id}:root"},
            "Action": "kms:*",
            "Resource": "*",
        },
        {
            "Sid": "CloudWatchLogsOfThisComponent",
            "Effect": "Allow",
            "Principal": {"Service": logs_principal(place.region, place.partition)},
            "Action": ["kms:Decrypt*", "kms:Describe*", "kms:Encrypt*", "kms:GenerateDataKey*", "kms:ReEncrypt*"],
            "Resource": "*",
            "Condition": {"ArnLike": {"kms:EncryptionContext:aws:logs:arn": arn(place, "logs", f"log-group:{log_group_prefix(place)}*")}},
        },
    )


def trust_policy(place: Place) -> dict[str, Any]:
    """VPC flow logs of this account may take the role; nobody else's, though the service is the same."""
    return policy(
        {
            "Effect": "Allow",
            "Principal": {"Service": "vpc-flow-logs.amazonaws.com"},
            "Action": "sts:AssumeRole",
            "Condition": {
                "StringEquals": {"aws:SourceAccount": place.account_id},
                "ArnLike": {"aws:SourceArn": arn(place, "ec2", "vpc-flow-log/*")},
            },
        }
    )


def delivery_policy(place: Place) -> dict[str, Any]:
    """Write to this component's groups. The groups are made here, so that the delivery needs no right to make any."""
    groups = arn(place, "logs", f"log-group:{log_group_prefix(place)}*")
    return policy(
        {
            "Sid": "Write",
            "Effect": "Allow",
            "Action": ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
            "Resource": groups,
        },
        {"Sid": "Find", "Effect": "Allow", "Action": "logs:DescribeLogGroups", "Resource": arn(place, "logs", "log-group:*")},
    )

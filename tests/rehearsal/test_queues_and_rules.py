# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""SQS, EventBridge, and instance profiles, as far as clusters with Karpenter need them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from .conftest import ACCOUNT, REGION, CheckedCloud, refused, trust

QUEUE = f"arn:aws:sqs:{REGION}:{ACCOUNT}:jobs"
RULE = f"arn:aws:events:{REGION}:{ACCOUNT}:rule/spot"
PROFILE = f"arn:aws:iam::{ACCOUNT}:instance-profile/mainstay/nodes"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/mainstay/nodes"
MARK = {"owner": "us"}
PATTERN = json.dumps({"source": ["aws.ec2"]})
CREATE: dict[str, tuple[str, str, dict[str, Any], list[str]]] = {
    "queue": ("sqs", "create_queue", {"QueueName": "jobs", "tags": MARK}, ["sqs:CreateQueue", "sqs:TagQueue"]),
    "rule": (
        "events",
        "put_rule",
        {"Name": "spot", "EventPattern": PATTERN, "Tags": [{"Key": "owner", "Value": "us"}]},
        ["events:PutRule", "events:TagResource"],
    ),
    "profile": (
        "iam",
        "create_instance_profile",
        {"InstanceProfileName": "nodes", "Path": "/mainstay/", "Tags": [{"Key": "owner", "Value": "us"}]},
        ["iam:CreateInstanceProfile", "iam:TagInstanceProfile"],
    ),
}


def make(cloud: CheckedCloud) -> str:
    """All three; returns the queue's URL."""
    for service, method, parameters, _actions in CREATE.values():
        getattr(cloud.client(service), method)(**parameters)
    return str(cloud.client("sqs").get_queue_url(QueueName="jobs")["QueueUrl"])


def governed(cloud: CheckedCloud, action: Any, resource: str, condition: dict[str, Any] | None = None) -> None:
    statement = {"Effect": "Allow", "Action": action, "Resource": resource, **({"Condition": condition} if condition else {})}
    cloud.admin.policies(apply=[{"Version": "2012-10-17", "Statement": [statement]}])


def test_the_tagging_api_lists_queues_and_rules(cloud: CheckedCloud) -> None:
    make(cloud)
    found = cloud.client("resourcegroupstaggingapi").get_resources(
        TagFilters=[{"Key": "owner", "Values": ["us"]}], ResourceTypeFilters=["events:rule", "sqs"]
    )
    assert sorted(one["ResourceARN"] for one in found["ResourceTagMappingList"]) == [RULE, QUEUE]


@pytest.mark.parametrize("name", CREATE)
def test_creating_with_tags_is_tagging_too(cloud: CheckedCloud, name: str) -> None:
    service, method, parameters, actions = CREATE[name]
    governed(cloud, actions[0], "*")
    assert refused(getattr(cloud.client(service), method), **parameters) in ("AccessDenied", "AccessDeniedException")
    governed(cloud, actions, "*", {"StringEquals": {"aws:RequestTag/owner": "us"}})
    getattr(cloud.client(service), method)(**parameters)
    assert list(cloud.admin.requests()[-1]["checked_for"]) == actions


@pytest.mark.parametrize(
    ("service", "method", "parameters", "resource"),
    [
        ("sqs", "get_queue_url", {"QueueName": "jobs"}, QUEUE),
        ("sqs", "list_queue_tags", {"QueueUrl": ""}, QUEUE),
        ("sqs", "set_queue_attributes", {"QueueUrl": "", "Attributes": {"MessageRetentionPeriod": "60"}}, QUEUE),
        ("events", "describe_rule", {"Name": "spot"}, RULE),
        ("events", "list_targets_by_rule", {"Rule": "spot"}, RULE),
        ("events", "list_tags_for_resource", {"ResourceARN": RULE}, RULE),
        ("events", "put_targets", {"Rule": "spot", "Targets": [{"Id": "jobs", "Arn": QUEUE}]}, RULE),
        ("iam", "get_instance_profile", {"InstanceProfileName": "nodes"}, PROFILE),
    ],
)
def test_calls_are_checked_on_their_own_arn(
    cloud: CheckedCloud, service: str, method: str, parameters: dict[str, Any], resource: str
) -> None:
    url = make(cloud)
    given = {name: url if name == "QueueUrl" else value for name, value in parameters.items()}
    governed(cloud, f"{service}:*", f"{resource}-other")
    assert refused(getattr(cloud.client(service), method), **given) in ("AccessDenied", "AccessDeniedException")
    governed(cloud, f"{service}:*", resource)
    getattr(cloud.client(service), method)(**given)


def test_a_role_is_passed_to_ec2_by_its_profile(cloud: CheckedCloud) -> None:
    make(cloud)
    iam = cloud.client("iam")
    iam.create_role(RoleName="nodes", Path="/mainstay/", AssumeRolePolicyDocument=trust("ec2.amazonaws.com"))
    added = {"InstanceProfileName": "nodes", "RoleName": "nodes"}
    governed(cloud, "iam:AddRoleToInstanceProfile", PROFILE)
    assert refused(iam.add_role_to_instance_profile, **added) == "AccessDenied"
    statements = [
        {"Effect": "Allow", "Action": "iam:AddRoleToInstanceProfile", "Resource": PROFILE},
        {
            "Effect": "Allow",
            "Action": "iam:PassRole",
            "Resource": ROLE,
            "Condition": {"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}},
        },
    ]
    cloud.admin.policies(apply=[{"Version": "2012-10-17", "Statement": statements}])
    iam.add_role_to_instance_profile(**added)


def test_reserved_tags_of_a_profile(cloud: CheckedCloud) -> None:
    tags = [{"Key": "aws:x", "Value": "y"}]
    assert refused(cloud.client("iam").create_instance_profile, InstanceProfileName="a", Tags=tags) == "InvalidInput"

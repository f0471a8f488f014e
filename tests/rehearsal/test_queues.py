# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""SQS as AWS's API reference describes it: what a change keeps, what is refused, and how long a deleted queue is remembered."""

from __future__ import annotations

import json
import time
from typing import Any

import botocore.session
import pytest
from botocore.exceptions import ClientError

from rehearsal.extensions.sqs_queues import CHOICES, KNOWN, RANGES

from .conftest import ACCOUNT, REGION, CheckedCloud, refused

ARN = f"arn:aws:sqs:{REGION}:{ACCOUNT}"
POLICY = json.dumps({"Version": "2012-10-17", "Statement": [{"Sid": "a", "Effect": "Deny", "Principal": "*", "Action": "sqs:*"}]})


def made(cloud: CheckedCloud, name: str = "jobs", **attributes: str) -> str:
    return str(cloud.client("sqs").create_queue(QueueName=name, Attributes=attributes)["QueueUrl"])


def attributes_of(cloud: CheckedCloud, url: str) -> dict[str, str]:
    found: dict[str, str] = cloud.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    return found


def redrive(target: str, count: int = 5) -> str:
    return json.dumps({"deadLetterTargetArn": f"{ARN}:{target}", "maxReceiveCount": count})


def test_the_attributes_are_those_of_the_model() -> None:
    model = botocore.session.get_session().get_service_model("sqs").shape_for("QueueAttributeName").enum
    assert set(model) >= KNOWN
    assert {*RANGES, *CHOICES} <= KNOWN


def test_a_change_keeps_what_it_does_not_name(cloud: CheckedCloud) -> None:
    url = made(cloud, Policy=POLICY, RedriveAllowPolicy='{"redrivePermission": "denyAll"}')
    before = attributes_of(cloud, url)
    cloud.client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"DelaySeconds": "5"})
    after = attributes_of(cloud, url)
    volatile = ("DelaySeconds", "LastModifiedTimestamp")
    assert {name: value for name, value in after.items() if name not in volatile} == {
        name: value for name, value in before.items() if name not in volatile
    }
    assert (json.loads(after["RedriveAllowPolicy"]), after["DelaySeconds"]) == ({"redrivePermission": "denyAll"}, "5")
    cloud.client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": "", "RedriveAllowPolicy": ""})
    assert {"Policy", "RedriveAllowPolicy"} & set(attributes_of(cloud, url)) == set()


def test_one_form_of_encryption_switches_the_other(cloud: CheckedCloud) -> None:
    url = made(cloud)
    sqs = cloud.client("sqs")
    seen = []
    for change in ({"KmsMasterKeyId": "alias/aws/sqs"}, {"KmsMasterKeyId": ""}, {"SqsManagedSseEnabled": "false"}):
        sqs.set_queue_attributes(QueueUrl=url, Attributes=change)
        found = attributes_of(cloud, url)
        seen.append((found.get("KmsMasterKeyId"), found["SqsManagedSseEnabled"]))
    assert seen == [("alias/aws/sqs", "false"), (None, "true"), (None, "false")]


FIFO = {"FifoQueue": "true"}


@pytest.mark.parametrize(
    ("name", "attributes", "code"),
    [
        ("a", {"Nonsense": "1"}, "InvalidAttributeName"),
        ("a", {"FifoQueue": "false"}, "InvalidAttributeName"),
        ("a", {"ContentBasedDeduplication": "true"}, "InvalidAttributeName"),
        ("a", {"DelaySeconds": "901"}, "InvalidAttributeValue"),
        ("a", {"MaximumMessageSize": "1048577"}, "InvalidAttributeValue"),
        ("a", {"MessageRetentionPeriod": "59"}, "InvalidAttributeValue"),
        ("a", {"VisibilityTimeout": "-1"}, "InvalidAttributeValue"),
        ("a", {"KmsMasterKeyId": "alias/aws/sqs", "SqsManagedSseEnabled": "true"}, "InvalidAttributeValue"),
        ("a.fifo", {**FIFO, "FifoThroughputLimit": "perMessageGroupId"}, "InvalidAttributeValue"),
        ("a", {"RedrivePolicy": redrive("missing")}, "InvalidParameterValue"),
        ("a", {"RedrivePolicy": redrive("open", 1001)}, "InvalidParameterValue"),
        ("a", {"RedrivePolicy": '{"maxReceiveCount": 5}'}, "InvalidParameterValue"),
        ("a.fifo", {**FIFO, "RedrivePolicy": redrive("open")}, "InvalidParameterValue"),
        ("a", {"RedrivePolicy": redrive("ordered.fifo")}, "InvalidParameterValue"),
        ("a", {"RedrivePolicy": redrive("closed")}, "InvalidParameterValue"),
        ("a", {"RedrivePolicy": redrive("for-others")}, "InvalidParameterValue"),
        ("a", {"RedriveAllowPolicy": '{"redrivePermission": "byQueue"}'}, "InvalidParameterValue"),
        ("a", {"RedriveAllowPolicy": '{"redrivePermission": "allowAll", "sourceQueueArns": ["x"]}'}, "InvalidParameterValue"),
        (
            "a",
            {"RedriveAllowPolicy": json.dumps({"redrivePermission": "byQueue", "sourceQueueArns": [str(n) for n in range(11)]})},
            "InvalidParameterValue",
        ),
    ],
)
def test_what_sqs_refuses(cloud: CheckedCloud, name: str, attributes: dict[str, Any], code: str) -> None:
    """Whether the queue is created with it or changed to it."""
    made(cloud, "open")
    made(cloud, "ordered.fifo", FifoQueue="true")
    made(cloud, "closed", RedriveAllowPolicy='{"redrivePermission": "denyAll"}')
    made(cloud, "for-others", RedriveAllowPolicy=json.dumps({"redrivePermission": "byQueue", "sourceQueueArns": [f"{ARN}:b"]}))
    assert refused(cloud.client("sqs").create_queue, QueueName=name, Attributes=attributes) == code
    url = made(cloud, name, **(FIFO if name.endswith(".fifo") else {}))
    changed = {key: value for key, value in attributes.items() if (key, value) != ("FifoQueue", "true")}
    assert refused(cloud.client("sqs").set_queue_attributes, QueueUrl=url, Attributes=changed) == code


def test_the_queue_that_an_allow_policy_names_is_admitted(cloud: CheckedCloud) -> None:
    made(cloud, "failed", RedriveAllowPolicy=json.dumps({"redrivePermission": "byQueue", "sourceQueueArns": [f"{ARN}:jobs"]}))
    url = made(cloud, RedrivePolicy=redrive("failed"))
    assert json.loads(attributes_of(cloud, url)["RedrivePolicy"])["deadLetterTargetArn"] == f"{ARN}:failed"


def test_a_deleted_queue_answers_for_a_while_and_its_name_is_not_free(cloud: CheckedCloud) -> None:
    cloud.admin.settings(transition_seconds={"deleting_queue": 0.5, "deleted_queue": 1.0})
    url = made(cloud)
    sqs = cloud.client("sqs")
    sqs.delete_queue(QueueUrl=url)
    assert attributes_of(cloud, url)["QueueArn"] == f"{ARN}:jobs"
    with pytest.raises(ClientError) as caught:
        made(cloud)
    assert caught.value.response["Error"]["Code"].rpartition(".")[2] == "QueueDeletedRecently"
    time.sleep(0.6)
    assert refused(sqs.get_queue_attributes, QueueUrl=url).rpartition(".")[2] in ("NonExistentQueue", "QueueDoesNotExist")
    assert refused(sqs.create_queue, QueueName="jobs").rpartition(".")[2] == "QueueDeletedRecently"
    time.sleep(0.5)
    made(cloud)


def test_by_default_a_name_is_free_at_once(cloud: CheckedCloud) -> None:
    cloud.client("sqs").delete_queue(QueueUrl=made(cloud))
    made(cloud)


# -- messages that services send ----------------------------------------------------------------------------------------------------------

SNS = {"Service": "sns.amazonaws.com"}
TOPIC = f"arn:aws:sns:{REGION}:{ACCOUNT}:news"
USE = ["kms:Decrypt", "kms:GenerateDataKey*"]


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def allowed(principal: Any, action: Any, source: str = "") -> dict[str, Any]:
    condition = {"Condition": {"ArnEquals": {"aws:SourceArn": source}}} if source else {}
    return {"Effect": "Allow", "Principal": principal, "Action": action, "Resource": "*", **condition}


@pytest.mark.parametrize(
    ("queue_policy", "key_policy", "arrives"),
    [
        ([allowed(SNS, "sqs:SendMessage", TOPIC)], None, True),
        ([allowed(SNS, "sqs:SendMessage", f"{TOPIC}-2")], None, False),
        ([], None, False),
        ([allowed(SNS, "sqs:SendMessage", TOPIC)], [allowed(SNS, USE, TOPIC)], True),
        ([allowed(SNS, "sqs:SendMessage", TOPIC)], [allowed(SNS, "kms:Decrypt")], False),
        ([allowed(SNS, "sqs:SendMessage", TOPIC)], [], False),
        ([allowed(SNS, "sqs:SendMessage", TOPIC)], "alias/aws/sqs", False),
    ],
)
def test_what_a_topic_sends_is_lost_unless_queue_and_key_admit_it(
    cloud: CheckedCloud, queue_policy: list[Any], key_policy: Any, arrives: bool
) -> None:
    """The publisher sees no error."""
    key = key_policy if isinstance(key_policy, str) else ""
    if isinstance(key_policy, list):
        account = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "kms:*", "Resource": "*"}
        key = cloud.client("kms").create_key(Policy=document(account, *key_policy))["KeyMetadata"]["Arn"]
    url = made(cloud, **({"Policy": document(*queue_policy)} if queue_policy else {}), **({"KmsMasterKeyId": key} if key else {}))
    sns, sqs = cloud.client("sns"), cloud.client("sqs")
    assert sns.create_topic(Name="news")["TopicArn"] == TOPIC
    sns.subscribe(TopicArn=TOPIC, Protocol="sqs", Endpoint=f"{ARN}:jobs")
    sns.publish(TopicArn=TOPIC, Message="hello")
    found = sqs.receive_message(QueueUrl=url).get("Messages", [])
    assert ["hello" in one["Body"] for one in found] == [True] * arrives


def test_what_a_rule_sends_needs_the_queues_policy_too(cloud: CheckedCloud) -> None:
    events, sqs = cloud.client("events"), cloud.client("sqs")
    events.put_rule(Name="all", EventPattern=json.dumps({"source": ["shop"]}))
    events.put_targets(Rule="all", Targets=[{"Id": "jobs", "Arn": f"{ARN}:jobs"}])
    url = made(cloud)
    entry = {"Source": "shop", "DetailType": "order", "Detail": "{}"}
    events.put_events(Entries=[entry])
    rule = f"arn:aws:events:{REGION}:{ACCOUNT}:rule/all"
    policy = document(allowed({"Service": "events.amazonaws.com"}, "sqs:SendMessage", rule))
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    events.put_events(Entries=[entry])
    assert attributes_of(cloud, url)["ApproximateNumberOfMessages"] == "1"

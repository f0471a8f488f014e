"""Looks at the scenario's queues with boto3 alone."""

from __future__ import annotations

import json
from typing import Any

import boto3
from expectations import expect

NAMES = ["molecule-email", "molecule-email-dead-letter", "molecule-orders-dead-letter.fifo", "molecule-orders.fifo"]
TOPIC = "arn:aws:sns:us-east-1:123456789012:notifications"


def attributes(session: boto3.Session) -> dict[str, dict[str, Any]]:
    """The attributes of every queue, by name."""
    sqs = session.client("sqs")
    urls = sqs.list_queues().get("QueueUrls", [])
    return {url.rpartition("/")[2]: sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"] for url in urls}


def running(session: boto3.Session) -> None:
    """Encryption, who may send, and where messages go that nobody can process."""
    found = attributes(session)
    expect("the queues", sorted(found), NAMES)
    email, orders, failed = found["molecule-email"], found["molecule-orders.fifo"], found["molecule-orders-dead-letter.fifo"]
    expect("the encryption of email", (email["SqsManagedSseEnabled"], email.get("KmsMasterKeyId")), ("true", None))
    expect("the keys of orders", (orders["KmsMasterKeyId"], orders["SqsManagedSseEnabled"]), (failed["KmsMasterKeyId"], "false"))
    refused, sent = json.loads(email["Policy"])["Statement"]
    expect("what email refuses", (refused["Effect"], refused["Condition"]), ("Deny", {"Bool": {"aws:SecureTransport": "false"}}))
    expect("who sends to email", sent["Condition"], {"ArnEquals": {"aws:SourceArn": TOPIC}})
    redrive = {"deadLetterTargetArn": failed["QueueArn"], "maxReceiveCount": 3}
    expect("where orders go that fail", json.loads(orders["RedrivePolicy"]), redrive)
    allowed = {"redrivePermission": "byQueue", "sourceQueueArns": [orders["QueueArn"]]}
    expect("what may go there", json.loads(failed["RedriveAllowPolicy"]), allowed)
    key = session.client("kms").get_key_policy(KeyId=orders["KmsMasterKeyId"], PolicyName="default")["Policy"]
    expect("who may use the key", [one["Sid"] for one in json.loads(key)["Statement"]], ["AccountDecidesByIam"])


def removed(session: boto3.Session) -> None:
    expect("the queues", sorted(attributes(session)), [])

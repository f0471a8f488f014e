"""Looks at the scenario's alarms with boto3 alone."""

from __future__ import annotations

import json
from typing import Any

import boto3
from expectations import expect


def alarms(session: boto3.Session) -> dict[str, dict[str, Any]]:
    found = session.client("cloudwatch").describe_alarms(AlarmTypes=["MetricAlarm", "CompositeAlarm"])
    return {one["AlarmName"]: one for kind in ("MetricAlarms", "CompositeAlarms") for one in found[kind]}


def running(session: boto3.Session) -> None:
    """Every queue has an alarm, every alarm leads to a topic that exists, and CloudWatch may use the topics' key."""
    sns, found = session.client("sns"), alarms(session)
    topics = {one["TopicArn"] for one in sns.list_topics()["Topics"]}
    expect("the topics", sorted(arn.rpartition("-")[2] for arn in topics), ["critical", "notice", "warning"])
    actions = {action for one in found.values() for action in one["AlarmActions"]}
    expect("actions that lead nowhere", sorted(actions - topics), [])
    for queue in ("email-dead-letter", "orders-dead-letter"):
        expect(f"an alarm on {queue}", any(f"queue-{queue}" in name for name in found), True)
    critical = next(arn for arn in topics if arn.endswith("critical"))
    attributes = sns.get_topic_attributes(TopicArn=critical)["Attributes"]
    key = session.client("kms").get_key_policy(KeyId=attributes["KmsMasterKeyId"], PolicyName="default")["Policy"]
    services = [one["Principal"].get("Service") for one in json.loads(key)["Statement"]]
    expect("who may use the key", "cloudwatch.amazonaws.com" in services, True)
    group = session.client("logs").describe_log_groups(logGroupNamePrefix="/mainstay/molecule/api")["logGroups"][0]
    expect("the log group", (group["retentionInDays"], bool(group.get("kmsKeyId"))), (90, True))


def removed(session: boto3.Session) -> None:
    expect("the alarms", sorted(alarms(session)), [])
    expect("the topics", session.client("sns").list_topics()["Topics"], [])

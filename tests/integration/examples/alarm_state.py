# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What boto3 says of an account's alarms, and what must be true of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any


@dataclass(frozen=True)
class AlarmState:
    client: Callable[..., Any]

    @cached_property
    def alarms(self) -> list[dict[str, Any]]:
        """Metric alarms of the region, with what they measure."""
        pages = self.client("cloudwatch").get_paginator("describe_alarms").paginate(AlarmTypes=["MetricAlarm"])
        return [one for page in pages for one in page["MetricAlarms"]]

    def on(self, metric: str) -> dict[str, float]:
        """Value of the last dimension -> threshold of each alarm on a metric."""
        return {one["Dimensions"][-1]["Value"]: one["Threshold"] for one in self.alarms if one.get("MetricName") == metric}

    def receivers(self) -> set[str]:
        """Protocols of the subscriptions, and "slack" for rules with a destination on the web."""
        found = {one["Protocol"] for one in self.client("sns").list_subscriptions()["Subscriptions"]}
        events = self.client("events")
        rules = [one["Name"] for one in events.list_rules()["Rules"]]
        targets = [target["Arn"] for name in rules for target in events.list_targets_by_rule(Rule=name)["Targets"]]
        return found | ({"slack"} if any(":api-destination/" in arn for arn in targets) else set())


Check = Callable[[AlarmState], None]


def every_instance(state: AlarmState) -> None:
    """D22, O9, O10: each instance has alarms on its CPU, above 80 %, its memory, and its disk."""
    instances = {one["DBInstanceIdentifier"] for one in state.client("rds").describe_db_instances()["DBInstances"]}
    cpu = state.on("CPUUtilization")
    assert instances
    assert {name: cpu.get(name) for name in instances} == dict.fromkeys(instances, 80)
    assert instances <= set(state.on("FreeableMemory"))
    assert instances <= set(state.on("FreeStorageSpace"))


def every_queue(state: AlarmState) -> None:
    """M3, O15: each queue has an alarm on its depth."""
    queues = {url.rpartition("/")[2] for url in state.client("sqs").list_queues()["QueueUrls"]}
    assert queues <= {value for metric in DEPTHS for value in state.on(metric)}


def counted(namespace: str, *names: str) -> Check:
    """O5, O16: in the log group of the containers, which keeps events encrypted and for a limited time, these metrics are counted."""

    def check(state: AlarmState) -> None:
        logs = state.client("logs")
        own = f'namespace_name = "{namespace}"'
        filters = [one for one in logs.describe_metric_filters()["metricFilters"] if own in one["filterPattern"]]
        (group,) = {one["logGroupName"] for one in filters}
        (found,) = logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]
        assert {f"prod-{namespace}-{name}" for name in names} < {one["metricTransformations"][0]["metricName"] for one in filters}
        assert found["kmsKeyId"]
        assert found["retentionInDays"]
        assert any(f"/{namespace}/request" in one["name"] for one in logs.describe_query_definitions()["queryDefinitions"])

    return check


DEPTHS = ("ApproximateNumberOfMessagesVisible", "ApproximateAgeOfOldestMessage")


def heard(*receivers: str) -> Check:
    """O11, O12: every alarm sends its messages to a topic of its own region, and these receivers get them."""

    def check(state: AlarmState) -> None:
        regions = {action.split(":")[3] for one in state.alarms for action in one["AlarmActions"]}
        assert regions == {one["AlarmArn"].split(":")[3] for one in state.alarms}
        assert state.receivers() == set(receivers)

    return check

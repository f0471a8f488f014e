# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""An account with alarms on a database, whose topic leads to PagerDuty."""

from __future__ import annotations

import json
from typing import Any

from ..conftest import ACCOUNT, REGION, CheckedCloud, key_policy

PAGERDUTY = "https://events.pagerduty.com/integration/0123456789abcdef0123456789abcdef/enqueue"
DATABASE = [{"Name": "DBInstanceIdentifier", "Value": "main"}]
CPU = {"Namespace": "AWS/RDS", "MetricName": "CPUUtilization", "Dimensions": DATABASE}


def alarm_arn(name: str, region: str = REGION) -> str:
    return f"arn:aws:cloudwatch:{region}:{ACCOUNT}:alarm:{name}"


class Monitored:
    """Puts alarms and data, moves the clock, and reads what arrives."""

    def __init__(self, cloud: CheckedCloud) -> None:
        self.cloud = cloud
        self.cloudwatch = cloud.client("cloudwatch")
        self.sns = cloud.client("sns")

    def key(self, *services: str) -> str:
        return str(self.cloud.client("kms").create_key(Policy=key_policy(*services))["KeyMetadata"]["Arn"])

    def topic(self, name: str = "critical", **attributes: str) -> str:
        return str(self.sns.create_topic(Name=name, Attributes=attributes)["TopicArn"])

    def paged_topic(self, **attributes: str) -> str:
        """A topic with PagerDuty as a confirmed subscriber; what it received until then is forgotten."""
        topic = self.topic(**attributes)
        self.sns.subscribe(TopicArn=topic, Protocol="https", Endpoint=PAGERDUTY, ReturnSubscriptionArn=True)
        self.cloud.admin.clear_arrived()
        return topic

    def alarm(self, name: str = "cpu", **changes: Any) -> None:
        """On a database's processor, unless `changes` have other queries (`Metrics`)."""
        watched = {} if "Metrics" in changes else {**CPU, "Statistic": "Average", "Period": 60}
        given = {
            "AlarmName": name,
            **watched,
            "EvaluationPeriods": 1,
            "Threshold": 80,
            "ComparisonOperator": "GreaterThanThreshold",
            "TreatMissingData": "missing",
            **changes,
        }
        self.cloudwatch.put_metric_alarm(**{key: value for key, value in given.items() if value is not None})

    def put(self, value: float, name: str = "CPUUtilization", namespace: str = "AWS/RDS", **more: Any) -> None:
        datum = {"MetricName": name, "Dimensions": DATABASE, "Value": value, **more}
        self.cloudwatch.put_metric_data(Namespace=namespace, MetricData=[datum])

    def later(self, seconds: float = 60, region: str | None = None) -> None:
        self.cloud.admin.advance(seconds, region)

    def state(self, name: str = "cpu") -> str:
        found = self.cloudwatch.describe_alarms(AlarmNames=[name], AlarmTypes=["MetricAlarm", "CompositeAlarm"])
        return str((found["MetricAlarms"] + found["CompositeAlarms"])[0]["StateValue"])

    def pages(self) -> list[tuple[str, str, str]]:
        """What PagerDuty received of alarms: (alarm, old state, new state)."""
        messages = [json.loads(json.loads(one["body"])["Message"]) for one in self.cloud.admin.arrived("pagerduty")]
        return [(one["AlarmName"], one["OldStateValue"], one["NewStateValue"]) for one in messages]

    def actions(self, name: str = "cpu", kind: str = "MetricAlarm") -> list[str]:
        """The summaries of an alarm's actions, oldest first."""
        found = self.cloudwatch.describe_alarm_history(
            AlarmName=name, HistoryItemType="Action", ScanBy="TimestampAscending", AlarmTypes=[kind]
        )
        return [str(item["HistorySummary"]) for item in found["AlarmHistoryItems"]]

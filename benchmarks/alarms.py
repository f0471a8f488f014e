"""Alarms on metrics of the user's own, with a topic that they lead to: the input of both subjects, and what of it both can have."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from ansible_collections.mainstay.aws.plugins.module_utils.aws.place import Place
from ansible_collections.mainstay.aws.plugins.module_utils.component.domain import Observation
from ansible_collections.mainstay.aws.plugins.module_utils.domains.observability.domain import ObservabilityDomain

NAMESPACE, RECEIVER, SEVERITY = "Bench", "ops@bench.example", "warning"

Item = tuple[str, ...]


def names(count: int) -> list[str]:
    return [f"m{number:04}" for number in range(count)]


def alarms(count: int) -> dict[str, Any]:
    """Name -> an alarm on a metric of the same name."""
    return {
        name: {"metric": {"namespace": NAMESPACE, "name": name, "statistic": "Sum", "period": 300}, "threshold": 5} for name in names(count)
    }


def for_role(count: int) -> dict[str, Any]:
    """Variables of the role observability. The environment's dashboard is left out: it would grow with the alarms."""
    return {
        "observability_severities": {SEVERITY: {"email": [RECEIVER]}},
        "observability_alarms": alarms(count),
        "observability_dashboards": {"environment": False},
    }


def for_terraform(count: int, place: Place) -> dict[str, Any]:
    """The same as variables of terraform/alarms/main.tf, with the policies that this collection writes."""
    given = {"environment": place.environment, "component": place.component, "region": place.region, "state": "present"}
    options = {name.removeprefix("observability_"): value for name, value in for_role(count).items()}
    built = list(ObservabilityDomain({**given, **options}).resources(Observation(place)))
    key, alarm = (next(one.properties for one in built if one.kind == kind) for kind in ("kms_key", "metric_alarm"))
    topics = {one.name: one.properties for one in built if one.kind == "alarm_topic"}
    return {
        "alarms": names(count),
        "namespace": NAMESPACE,
        "receiver": RECEIVER,
        "key": {"alias": key["alias"], "description": key["description"], "policy": json.dumps(key["policy"])},
        "topics": {
            severity: {"name": one["topic_name"], "display_name": one["display_name"], "policy": json.dumps(one["policy"])}
            for severity, one in topics.items()
        },
        "severity": SEVERITY,
        "periods": alarm["evaluation_periods"],
    }


def watching(cloudwatch: Any) -> Iterator[Item]:
    for page in cloudwatch.get_paginator("describe_alarms").paginate(AlarmTypes=["MetricAlarm"]):
        for one in page["MetricAlarms"]:
            sent = f"{len(one['AlarmActions'])} {len(one['OKActions'])}"
            what = (one["Namespace"], one["MetricName"], one["Statistic"], str(one["Period"]))
            rule = (
                one["ComparisonOperator"],
                f"{one['Threshold']:g}",
                str(one["EvaluationPeriods"]),
                one.get("TreatMissingData", "missing"),
            )
            yield one["AlarmName"], *what, *rule, sent


def topics(sns: Any) -> Iterator[Item]:
    for page in sns.get_paginator("list_topics").paginate():
        for one in page["Topics"]:
            attributes = sns.get_topic_attributes(TopicArn=one["TopicArn"])["Attributes"]
            found = sns.list_subscriptions_by_topic(TopicArn=one["TopicArn"])["Subscriptions"]
            yield (
                one["TopicArn"].rpartition(":")[2],
                attributes["DisplayName"],
                *(f"{each['Protocol']} {each['Endpoint']}" for each in found),
            )

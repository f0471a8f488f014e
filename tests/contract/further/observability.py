"""What watches a platform: how it is counted, and cases that the smallest resource of a kind does not cover."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from ansible_collections.mainstay.aws.plugins.module_utils.aws.operations import Operation
from ansible_collections.mainstay.aws.plugins.module_utils.aws.place import Place
from ansible_collections.mainstay.aws.plugins.module_utils.aws.samples import Drift, Sample
from ansible_collections.mainstay.aws.plugins.module_utils.domains.observability.kinds.alarm_topic import AlarmTopic
from ansible_collections.mainstay.aws.plugins.module_utils.domains.observability.kinds.hidden import stand_in
from ansible_collections.mainstay.aws.plugins.module_utils.domains.observability.samples import metric_alarm, topic
from rehearsal.testing import Cloud
from tests.contract.account import listed
from tests.contract.further.shared import ELSEWHERE, FEW, MANY

URLS = tuple(f"https://events.pagerduty.com/integration/{number * 32}/enqueue" for number in "12")
"""Receivers that confirm: one that does not could not be unsubscribed."""
KINDS = {"alarm_topic": AlarmTopic({stand_in(url): url for url in URLS})}


def topic_elsewhere(place: Place) -> Sample:
    """In another region, with subscriptions and tags."""
    small = topic(place)
    properties = {
        **small.resource.properties,
        "region": ELSEWHERE,
        "subscriptions": [{"protocol": "https", "endpoint": stand_in(URLS[0])}],
        "tags": MANY,
    }
    return replace(
        small,
        resource=replace(small.resource, name="elsewhere", properties=properties),
        change={"subscriptions": [{"protocol": "https", "endpoint": stand_in(URLS[1])}], "tags": FEW},
    )


def alarm_with_math(place: Place) -> Sample:
    """An expression over two metrics, in another region; tags, one of them changed by hand."""
    small = metric_alarm(place)
    metric = small.resource.properties["measure"]
    queries = [
        {"id": "errors", "metric": {**metric, "metric_name": "Errors"}, "returned": False},
        {"id": "all", "metric": metric, "returned": False},
        {"id": "rate", "expression": "100 * errors / all", "label": "rate", "returned": True},
    ]
    properties = {**small.resource.properties, "measure": {"queries": queries}, "region": ELSEWHERE, "tags": MANY}
    return Sample(
        replace(small.resource, name="math", properties={**properties, "alarm_name": f"{place.environment}-math"}),
        change={"threshold": 2.0, "tags": FEW},
        drift=Drift(
            Operation("cloudwatch", "untag_resource"),
            lambda one: {"ResourceARN": one.attributes["arn"], "TagKeys": ["team"]},
            "tags",
            region=ELSEWHERE,
        ),
    )


def topics(cloud: Cloud) -> Counter[str]:
    return Counter(topics=sum(len(cloud.client("sns", region=region).list_topics()["Topics"]) for region in (None, ELSEWHERE)))


def alarms(cloud: Cloud) -> Counter[str]:
    found: Counter[str] = Counter()
    for region in (None, ELSEWHERE):
        reply = cloud.client("cloudwatch", region=region).describe_alarms(AlarmTypes=["MetricAlarm", "CompositeAlarm"])
        found += Counter(metric=len(reply["MetricAlarms"]), composite=len(reply["CompositeAlarms"]))
    return found


COUNTS = {
    "alarm_topic": topics,
    "events_connection": listed("events", "list_connections", "Connections"),
    "api_destination": listed("events", "list_api_destinations", "ApiDestinations"),
    "alarm_rule": listed("events", "list_rules", "Rules"),
    "watched_log_group": listed("logs", "describe_log_groups", "logGroups"),
    "metric_filter": listed("logs", "describe_metric_filters", "metricFilters"),
    "saved_query": listed("logs", "describe_query_definitions", "queryDefinitions"),
    "metric_alarm": alarms,
    "composite_alarm": alarms,
    "mute_rule": listed("cloudwatch", "list_alarm_mute_rules", "AlarmMuteRuleSummaries"),
    "dashboard": listed("cloudwatch", "list_dashboards", "DashboardEntries"),
}
FURTHER = {"observability": {"topic elsewhere": topic_elsewhere, "math": alarm_with_math}}

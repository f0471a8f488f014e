# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The smallest resource of each kind, for tests that create, change and delete one of each kind."""

from __future__ import annotations

from dataclasses import replace

from ...aws.operations import Operation
from ...aws.place import Place
from ...aws.samples import Drift, Sample
from ...kinds.samples import NAME, key, log_group, role, role_resource
from ...reconcile.model import Resource, ref
from .kinds.events_destinations import NO_CREDENTIAL
from .resources_delivery import pattern

MEASURE = {"namespace": "Sample", "metric_name": "Requests", "dimensions": {"Service": "api"}, "statistic": "Sum", "period": 60}
DURATION = {"expression": "cron(0 2 * * SUN)", "duration": "PT1H", "timezone": "UTC"}
BODY = {"widgets": [{"type": "text", "x": 0, "y": 0, "width": 6, "height": 3, "properties": {"markdown": "one"}}]}


def samples(place: Place) -> tuple[Sample, ...]:
    return (
        key(place),
        role(place),
        topic(place),
        connection(place),
        destination(place),
        rule(place),
        replace_kind(log_group(place), "watched_log_group"),
        metric_filter(place),
        saved_query(place),
        metric_alarm(place),
        composite_alarm(place),
        mute_rule(place),
        dashboard(place),
    )


def replace_kind(sample: Sample, kind: str) -> Sample:
    return replace(sample, resource=replace(sample.resource, kind=kind))


def own(place: Place, name: str = NAME) -> str:
    return f"{place.environment}-{place.component}-{name}"


def topic(place: Place) -> Sample:
    return Sample(
        Resource("alarm_topic", NAME, {"topic_name": own(place), "display_name": "one"}),
        change={"display_name": "two"},
        drift=Drift(
            Operation("sns", "set_topic_attributes"),
            lambda one: {"TopicArn": one.id, "AttributeName": "DisplayName", "AttributeValue": "by hand"},
            "display_name",
        ),
    )


def connection_resource(place: Place) -> Resource:
    properties = {"resource_name": own(place), "header": "X-One", "credential": NO_CREDENTIAL}
    return Resource("events_connection", NAME, properties)


def connection(place: Place) -> Sample:
    by_hand = {"ApiKeyAuthParameters": {"ApiKeyName": "X-Hand", "ApiKeyValue": "none"}}
    return Sample(
        connection_resource(place),
        change={"header": "X-Two"},
        drift=Drift(Operation("events", "update_connection"), lambda one: {"Name": one.id, "AuthParameters": by_hand}, "header"),
    )


def destination_resource(place: Place) -> Resource:
    properties = {
        "resource_name": own(place),
        "connection_arn": ref(connection_resource(place).address, "arn"),
        "endpoint": EXAMPLE,
        "rate": 1,
    }
    return Resource("api_destination", NAME, properties)


EXAMPLE = "https://example.com/"
"""A URL that is no secret."""


def destination(place: Place) -> Sample:
    return Sample(
        destination_resource(place),
        needs=(connection_resource(place),),
        change={"rate": 2},
        drift=Drift(
            Operation("events", "update_api_destination"),
            lambda one: {"Name": one.id, "InvocationRateLimitPerSecond": 9},
            "rate",
        ),
    )


def rule(place: Place) -> Sample:
    sender = role_resource(place, "events.amazonaws.com", "sender")
    target = {
        "arn": ref(destination_resource(place).address, "arn"),
        "role_arn": ref(sender.address, "arn"),
        "paths": {"name": "$.detail.alarmName"},
        "template": '{"text": "<name>"}',
    }
    properties = {"rule_name": own(place), "description": "one", "event_pattern": pattern(place, "critical"), "target": target}
    return Sample(
        Resource("alarm_rule", NAME, properties),
        needs=(connection_resource(place), destination_resource(place), sender),
        change={"description": "two", "target": {**target, "template": '{"text": "alarm <name>"}'}},
        drift=Drift(Operation("events", "remove_targets"), lambda one: {"Rule": one.id, "Ids": ["alarms"]}, "target"),
    )


def group_resource(place: Place) -> Resource:
    return Resource("watched_log_group", "filtered", {"log_group_name": f"{place.path}filtered", "retention_in_days": 7})


def metric_filter(place: Place) -> Sample:
    metric = {"name": "Users", "namespace": "Sample", "value": "1", "default": 0.0, "unit": "Count"}
    properties = {"resource_name": own(place), "log_group_name": ref(group_resource(place).address), "pattern": "one", "metric": metric}
    return Sample(
        Resource("metric_filter", NAME, properties),
        needs=(group_resource(place),),
        change={"pattern": "two"},
        drift=Drift(
            Operation("logs", "put_metric_filter"),
            lambda one: {
                "logGroupName": one.properties["log_group_name"],
                "filterName": one.id,
                "filterPattern": "by hand",
                "metricTransformations": [
                    {"metricName": "Users", "metricNamespace": "Sample", "metricValue": "1", "defaultValue": 0.0, "unit": "Count"}
                ],
            },
            "pattern",
        ),
    )


def saved_query(place: Place) -> Sample:
    name = f"{place.environment}/{place.component}/{NAME}"
    return Sample(
        Resource("saved_query", NAME, {"resource_name": name, "query": "fields @message"}),
        change={"query": "fields @timestamp"},
        drift=Drift(
            Operation("logs", "put_query_definition"),
            lambda one: {"queryDefinitionId": one.id, "name": name, "queryString": "by hand"},
            "query",
        ),
    )


def alarm_resource(place: Place, name: str = NAME) -> Resource:
    properties = {
        "alarm_name": f"{place.environment}-{name}",
        "alarm_description": "one",
        "measure": MEASURE,
        "threshold": 1.0,
        "comparison_operator": "GreaterThanThreshold",
        "evaluation_periods": 3,
        "datapoints_to_alarm": 2,
        "treat_missing_data": "notBreaching",
    }
    return Resource("metric_alarm", name, properties)


def metric_alarm(place: Place) -> Sample:
    by_hand = {
        "Namespace": "Sample",
        "MetricName": "Requests",
        "Dimensions": [{"Name": "Service", "Value": "api"}],
        "Statistic": "Sum",
        "Period": 60,
        "AlarmDescription": "one",
        "Threshold": 99.0,
        "ComparisonOperator": "GreaterThanThreshold",
        "EvaluationPeriods": 3,
        "DatapointsToAlarm": 2,
        "TreatMissingData": "notBreaching",
    }
    return Sample(
        alarm_resource(place),
        change={"threshold": 2.0},
        drift=Drift(Operation("cloudwatch", "put_metric_alarm"), lambda one: {"AlarmName": one.id, **by_hand}, "threshold"),
    )


def composite_alarm(place: Place) -> Sample:
    children = (alarm_resource(place, "first"), alarm_resource(place, "second"))
    first, second = (ref(one.address) for one in children)
    properties = {"alarm_name": f"{place.environment}-composed", "alarm_description": "one", "alarm_rule": [first, second]}
    return Sample(
        Resource("composite_alarm", "composed", properties),
        needs=children,
        change={"alarm_rule": {"all": [first, second]}},
        drift=Drift(
            Operation("cloudwatch", "put_composite_alarm"),
            lambda one: {"AlarmName": one.id, "AlarmDescription": "one", "AlarmRule": f'ALARM("{place.environment}-first")'},
            "alarm_rule",
        ),
    )


def mute_rule(place: Place) -> Sample:
    muted = alarm_resource(place, "muted")
    names = [f"{place.environment}-muted"]
    properties = {"rule_name": own(place), "description": "one", "schedule": DURATION, "alarm_names": names}
    return Sample(
        Resource("mute_rule", NAME, properties, (muted.address,)),
        needs=(muted,),
        change={"schedule": {**DURATION, "duration": "PT2H"}},
        drift=Drift(
            Operation("cloudwatch", "put_alarm_mute_rule"),
            lambda one: {
                "Name": one.id,
                "Description": "one",
                "Rule": {"Schedule": {"Expression": "cron(0 2 * * SUN)", "Duration": "PT9H", "Timezone": "UTC"}},
                "MuteTargets": {"AlarmNames": names},
            },
            "schedule",
        ),
    )


def dashboard(place: Place) -> Sample:
    name = f"{place.environment}-{NAME}"
    return Sample(
        Resource("dashboard", NAME, {"dashboard_name": name, "dashboard_body": BODY}),
        change={"dashboard_body": {"widgets": [{**BODY["widgets"][0], "width": 12}]}},
        drift=Drift(
            Operation("cloudwatch", "put_dashboard"),
            lambda one: {"DashboardName": one.id, "DashboardBody": '{"widgets": []}'},
            "dashboard_body",
        ),
    )

# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Log groups, metric filters that count, and saved queries."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from rehearsal.monitoring.log_patterns import PatternError, parsed

from ..conftest import refused
from .monitored import Monitored

GROUP = "/mainstay/prod/app"
SIGNUP = {"metricName": "NewUsers", "metricNamespace": "Shop", "metricValue": "1"}
EVENT = {"event": "signup", "plan": "pro", "ms": 12.5, "user": {"roles": ["admin"]}, "trial": True, "coupon": None}

PATTERNS = [
    ("", "anything", True),
    ("ERROR", "an ERROR here", True),
    ("ERROR", "an error here", False),
    ("ERROR timeout", "timeout ERROR", True),
    ("ERROR timeout", "ERROR", False),
    ("?ERROR ?WARN", "WARN", True),
    ("?ERROR ?WARN", "INFO", False),
    ("ERROR -retry", "ERROR retry", False),
    ('"not found"', "page not found", True),
    ("%5\\d\\d%", "status 503", True),
    ('{ $.event = "signup" }', EVENT, True),
    ('{ $.event = "sign*" && $.plan != "free" }', EVENT, True),
    ('{ $.event = "login" || ($.ms > 10 && $.ms <= 12.5) }', EVENT, True),
    ("{ $.ms >= 13 }", EVENT, False),
    ('{ $.user.roles[0] = "admin" }', EVENT, True),
    ("{ $.trial IS TRUE }", EVENT, True),
    ("{ $.coupon IS NULL }", EVENT, True),
    ("{ $.missing NOT EXISTS }", EVENT, True),
    ('{ $.missing != "x" }', EVENT, False),
    ("{ $.event = %^sig% }", EVENT, True),
    ("{ $.event = signup }", EVENT, True),
    ('{ $.event = "signup" }', "event=signup", False),
    ("[ip, user, ..., status=4*, size]", '10.0.0.1 ann [now] "GET /" 404 12', True),
    ("[ip, user, ..., status=4*, size]", '10.0.0.1 ann [now] "GET /" 200 12', False),
    ("[level, code>=500]", "ERROR 503", True),
    ("[level, code>=500]", "ERROR 503 more", False),
]


@pytest.mark.parametrize(("pattern", "event", "expected"), PATTERNS)
def test_patterns(pattern: str, event: Any, expected: bool) -> None:
    message = event if isinstance(event, str) else json.dumps(event)
    assert (parsed(pattern).match(message) is not None) is expected


@pytest.mark.parametrize("pattern", ["{ $.a = ", "{ a = 1 }", "{ $.a = 1", "[a, b c]", "[..., a, ...]", "{ $.a > high }", "%(%"])
def test_patterns_that_cannot_be_read(pattern: str) -> None:
    with pytest.raises(PatternError):
        parsed(pattern)


class Logs:
    def __init__(self, monitored: Monitored) -> None:
        self.monitored = monitored
        self.client = monitored.cloud.client("logs")
        self.client.create_log_group(logGroupName=GROUP)
        self.client.create_log_stream(logGroupName=GROUP, logStreamName="pod")

    def write(self, *events: Any) -> None:
        ahead = self.monitored.cloud.admin.settings()["clock_ahead_seconds"]
        now = int((time.time() + ahead) * 1000)
        lines = [{"timestamp": now, "message": one if isinstance(one, str) else json.dumps(one)} for one in events]
        self.client.put_log_events(logGroupName=GROUP, logStreamName="pod", logEvents=lines)

    def filter(self, name: str = "signups", pattern: str = '{ $.event = "signup" }', **more: Any) -> None:
        self.client.put_metric_filter(
            logGroupName=GROUP, filterName=name, filterPattern=pattern, metricTransformations=[{**SIGNUP, **more}]
        )

    def sums(self) -> dict[tuple[tuple[str, str], ...], float]:
        """The sum of the metric by its dimensions."""
        cloudwatch, found = self.monitored.cloudwatch, {}
        for one in cloudwatch.list_metrics(Namespace="Shop")["Metrics"]:
            data = cloudwatch.get_metric_statistics(
                **one, StartTime=time.time() - 3600, EndTime=time.time() + 3600, Period=7200, Statistics=["Sum"]
            )
            found[tuple((each["Name"], each["Value"]) for each in one["Dimensions"])] = sum(each["Sum"] for each in data["Datapoints"])
        return found


@pytest.fixture
def logs(monitored: Monitored) -> Logs:
    return Logs(monitored)


def test_what_matches_counts_from_then_on(logs: Logs) -> None:
    logs.write(EVENT)
    logs.filter()
    logs.write(EVENT, {"event": "login"}, "no JSON", EVENT)
    assert logs.sums() == {(): 2}


def test_values_and_dimensions_from_fields(logs: Logs) -> None:
    logs.filter(metricValue="$.ms", dimensions={"Plan": "$.plan"}, unit="Milliseconds")
    logs.write(EVENT, {**EVENT, "plan": "free", "ms": 1}, {"event": "signup", "ms": 3}, {**EVENT, "ms": "slow"})
    assert logs.sums() == {(("Plan", "pro"),): 12.5, (("Plan", "free"),): 1}


def test_a_default_value_where_nothing_matches(logs: Logs) -> None:
    logs.filter(defaultValue=0)
    logs.write({"event": "login"})
    assert logs.sums() == {(): 0}


def test_a_filter_put_again_replaces_the_one_of_its_name(logs: Logs) -> None:
    logs.filter()
    first = logs.client.describe_metric_filters(logGroupName=GROUP)["metricFilters"][0]
    logs.filter(pattern='{ $.event = "login" }')
    (second,) = logs.client.describe_metric_filters(logGroupName=GROUP)["metricFilters"]
    assert (second["filterPattern"], second["creationTime"]) == ('{ $.event = "login" }', first["creationTime"])
    assert logs.client.describe_log_groups()["logGroups"][0]["metricFilterCount"] == 1
    logs.client.delete_metric_filter(logGroupName=GROUP, filterName="signups")
    assert refused(logs.client.delete_metric_filter, logGroupName=GROUP, filterName="signups") == "ResourceNotFoundException"
    logs.filter()
    logs.client.delete_log_group(logGroupName=GROUP)
    assert logs.client.describe_metric_filters()["metricFilters"] == []


def test_a_log_line_rings(logs: Logs) -> None:
    monitored = logs.monitored
    topic = monitored.paged_topic()
    logs.filter("errors", "?ERROR ?FATAL", metricName="Errors")
    watched = {"Namespace": "Shop", "MetricName": "Errors", "Dimensions": [], "Statistic": "Sum"}
    monitored.alarm("errors", **watched, Threshold=1, AlarmActions=[topic], TreatMissingData="notBreaching")
    logs.write("INFO fine", "ERROR one", "FATAL two")
    assert [(name, new) for name, _old, new in monitored.pages()] == [("errors", "ALARM")]


@pytest.mark.parametrize(
    ("pattern", "more", "code"),
    [
        ("{ $.a = ", {}, "InvalidParameterException"),
        ("ERROR", {"dimensions": {"a": "$.a"}}, "InvalidParameterException"),
        ("ERROR", {"metricValue": "$.a"}, "InvalidParameterException"),
        ("{ $.a = 1 }", {"dimensions": {"a": "$.a"}, "defaultValue": 0}, "InvalidParameterException"),
        ("{ $.a = 1 }", {"dimensions": dict.fromkeys("abcd", "$.a")}, "InvalidParameterException"),
        ("ERROR", {"metricNamespace": "AWS/Shop"}, "InvalidParameterException"),
        ("ERROR", {"metricValue": "one"}, "InvalidParameterException"),
    ],
)
def test_filters_that_are_refused(logs: Logs, pattern: str, more: dict[str, Any], code: str) -> None:
    assert refused(logs.filter, pattern=pattern, **more) == code


def test_a_filter_can_be_tried(logs: Logs) -> None:
    messages = ["ERROR 503", "INFO 200"]
    found = logs.client.test_metric_filter(filterPattern="[level, code>=500]", logEventMessages=messages)["matches"]
    assert found == [{"eventNumber": 1, "eventMessage": "ERROR 503", "extractedValues": {"$level": "ERROR", "$code": "503"}}]


def test_a_protected_group_stays(monitored: Monitored) -> None:
    logs = monitored.cloud.client("logs")
    logs.create_log_group(logGroupName=GROUP, deletionProtectionEnabled=True, logGroupClass="INFREQUENT_ACCESS")
    (found,) = logs.describe_log_groups()["logGroups"]
    assert (found["deletionProtectionEnabled"], found["logGroupClass"]) == (True, "INFREQUENT_ACCESS")
    assert refused(logs.delete_log_group, logGroupName=GROUP) == "ValidationException"
    logs.put_log_group_deletion_protection(logGroupIdentifier=found["logGroupArn"], deletionProtectionEnabled=False)
    logs.delete_log_group(logGroupName=GROUP)


def test_saved_queries(logs: Logs) -> None:
    client, text = logs.client, "fields @timestamp | filter level = 'ERROR'"
    identity = client.put_query_definition(name="prod/errors", queryString=text, logGroupNames=[GROUP])["queryDefinitionId"]
    client.put_query_definition(queryDefinitionId=identity, name="prod/errors", queryString="fields @message")
    (found,) = client.describe_query_definitions(queryDefinitionNamePrefix="prod/")["queryDefinitions"]
    assert (found["queryDefinitionId"], found["queryString"]) == (identity, "fields @message")
    assert "logGroupNames" not in found, "an update keeps nothing"
    assert client.delete_query_definition(queryDefinitionId=identity)["success"] is True
    assert refused(client.delete_query_definition, queryDefinitionId=identity) == "ResourceNotFoundException"
    unknown = {"name": "a", "queryString": text, "logGroupNames": ["none"]}
    assert refused(client.put_query_definition, **unknown) == "ResourceNotFoundException"

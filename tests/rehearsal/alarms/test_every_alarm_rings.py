# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Every type of alarm that the alarm sets make: its metrics go over the threshold and back, and its receiver hears both, once."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.domains.observability.alarms.model import Alarm
from ansible_collections.mainstay.aws.plugins.module_utils.domains.observability.sets.all import metric_alarms
from rehearsal.monitoring import expressions
from rehearsal.monitoring.evaluation import COMPARISONS, FURTHER_PERIODS, Window
from rehearsal.monitoring.queries import Query, series_of, values
from rehearsal.monitoring.series import metric
from tests.unit.domains.observability.platforms import FULL

from ..conftest import CheckedCloud
from .monitored import PAGERDUTY

TYPES = {(one.subject[0], one.kind, len(one.metrics)): one for one in metric_alarms(FULL)}
ALARMS = {one.name: one for one in TYPES.values()}
"""One alarm of each type: what it watches, its kind, and whether it has an expression."""


def dimensions(pairs: tuple[tuple[str, str], ...]) -> list[dict[str, str]]:
    return [{"Name": name, "Value": str(value)} for name, value in pairs]


def queries(alarm: Alarm) -> list[dict[str, Any]]:
    """As PutMetricAlarm takes them."""
    found: list[dict[str, Any]] = []
    for one in alarm.metrics:
        if one.metric is None:
            found.append({"Id": one.id, "Expression": one.expression, "Label": one.label, "ReturnData": one.returns})
            continue
        named = {"Namespace": one.metric.namespace, "MetricName": one.metric.name, "Dimensions": dimensions(one.metric.dimensions)}
        stat = {"Metric": named, "Period": one.metric.period, "Stat": one.metric.statistic}
        found.append({"Id": one.id, "MetricStat": stat, "ReturnData": one.returns})
    return found


def result(alarm: Alarm, given: tuple[float, ...]) -> float | None:
    """What the alarm compares if its metrics have these values."""
    watched = [one for one in alarm.metrics if one.metric]
    by_id = dict(zip([one.id for one in watched], given, strict=True))
    asked = [
        Query(one.id, metric=metric("n", one.id), statistic="Sum")
        if one.metric
        else Query(one.id, expression=expressions.parsed(one.expression))
        for one in alarm.metrics
    ]
    windows = [Window(number * alarm.period, (number + 1) * alarm.period) for number in range(3)]
    returned = next(one.id for one in alarm.metrics if one.returns)
    value = values(asked, windows, lambda query, window: by_id[query.id])[returned]
    return series_of(value, [window.start for window in windows]).get(windows[-1].start)


def driven(alarm: Alarm, *, over: bool) -> tuple[float, ...]:
    """Values of the alarm's metrics with which it breaches its threshold, or does not."""
    watched = [one for one in alarm.metrics if one.metric]
    threshold = alarm.threshold
    candidates = (0.0, 1.0, -1.0, threshold / 2, threshold, threshold * 2 + 1, 100.0, 1e4, 1e12)
    breaches = COMPARISONS[alarm.comparison][1]
    for given in product(candidates, repeat=len(watched)):
        found = result(alarm, given)
        if found is not None and breaches(found, threshold) == over:
            return given
    raise AssertionError(f"no data bring {alarm.name} {'over' if over else 'under'} its threshold")


class Site:
    """The topics of each region, and a clock that only goes ahead."""

    def __init__(self, cloud: CheckedCloud) -> None:
        self.cloud = cloud
        self.ahead = 0.0
        self.topics = {region: self._topic(region) for region in {one.region for one in ALARMS.values()}}

    def _topic(self, region: str) -> str:
        sns = self.cloud.client("sns", region=region)
        topic = str(sns.create_topic(Name="critical")["TopicArn"])
        sns.subscribe(TopicArn=topic, Protocol="https", Endpoint=PAGERDUTY)
        return topic

    def put(self, alarm: Alarm, given: tuple[float, ...], periods: int) -> None:
        """Gives the alarm's metrics these values in each of the last periods, in one call for each namespace."""
        now = time.time() + self.ahead
        data: dict[str, list[dict[str, Any]]] = {}
        for one, value in zip([one.metric for one in alarm.metrics if one.metric], given, strict=True):
            counted = one.statistic == "SampleCount"
            observed = {"Values": [1.0], "Counts": [value]} if counted else {"Value": value}
            for number in range(periods):
                datum = {
                    "MetricName": one.name,
                    "Dimensions": dimensions(one.dimensions),
                    "Timestamp": now - number * alarm.period,
                    **observed,
                }
                data.setdefault(one.namespace, []).append(datum)
        for namespace, found in data.items():
            self.cloud.client("cloudwatch", region=alarm.region).put_metric_data(Namespace=namespace, MetricData=found)

    def later(self, seconds: float) -> None:
        self.ahead += seconds
        self.cloud.admin.settings(clock_ahead_seconds=self.ahead)


@pytest.fixture(scope="module")
def site(shared_cloud: CheckedCloud) -> Iterator[Site]:
    shared_cloud.admin.reset()
    shared_cloud.problems.clear()
    yield Site(shared_cloud)
    assert [one for one in shared_cloud.problems if "another account" not in one] == []  # the descriptions name that of the platform
    shared_cloud.problems.clear()


@pytest.mark.parametrize("name", sorted(ALARMS))
def test_an_alarm_rings_once_and_once_again_when_back(site: Site, name: str) -> None:
    alarm, topic = ALARMS[name], site.topics[ALARMS[name].region]
    cloudwatch = site.cloud.client("cloudwatch", region=alarm.region)
    site.later(alarm.period * (alarm.evaluation_periods + FURTHER_PERIODS))  # what another alarm's test wrote is past
    site.put(alarm, driven(alarm, over=True), alarm.evaluation_periods)
    cloudwatch.put_metric_alarm(
        AlarmName=name,
        AlarmDescription=alarm.description,
        Metrics=queries(alarm),
        Threshold=alarm.threshold,
        ComparisonOperator=alarm.comparison,
        EvaluationPeriods=alarm.evaluation_periods,
        DatapointsToAlarm=alarm.datapoints,
        TreatMissingData=alarm.missing_data,
        AlarmActions=[topic],
        OKActions=[topic],
    )
    back = driven(alarm, over=False)
    for _period in range(alarm.evaluation_periods):
        cloudwatch.describe_alarms(AlarmNames=[name])
        site.later(alarm.period)
        site.put(alarm, back, 1)
    messages = [
        json.loads(json.loads(one["body"])["Message"]) for one in site.cloud.admin.arrived("pagerduty") if alarm.name in one["body"]
    ]
    cloudwatch.delete_alarms(AlarmNames=[name])
    site.cloud.admin.clear_arrived()
    assert [(one["AlarmName"], one["OldStateValue"], one["NewStateValue"]) for one in messages] == [
        (name, "INSUFFICIENT_DATA", "ALARM"),
        (name, "ALARM", "OK"),
    ]

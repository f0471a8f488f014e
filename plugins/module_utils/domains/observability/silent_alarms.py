# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Alarms whose metrics have had no data for two weeks: a misspelled dimension with notBreaching would be silent for ever."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from ...aws.connection import Aws
from ...aws.elsewhere import region_of
from ...reconcile.model import Observed
from .kinds.alarm_forms import metrics_in, sent_measure

KIND = "metric_alarm"
LOOKED_BACK = timedelta(days=14)
YOUNG = timedelta(hours=1)
"""Younger alarms are not judged: what they watch may have just begun to publish."""
DAY = 86_400
MOST = 500
"""The queries that one call takes (GetMetricData)."""


def silent(aws: Aws, alarms: Iterable[Observed], now: datetime | None = None) -> list[str]:
    """The IDs of alarms none of whose metrics had data. One call for each 500 metrics of a region."""
    now = now or datetime.now(UTC)
    by_region: dict[str, list[Observed]] = {}
    for one in alarms:
        if one.kind == KIND and is_old(one, now):
            by_region.setdefault(region_of(one) or aws.region, []).append(one)
    return sorted(name for region, found in by_region.items() for name in _without_data(aws.in_region(region), found, now))


def is_old(one: Observed, now: datetime) -> bool:
    configured = one.attributes.get("configured")
    return bool(configured) and now - datetime.fromisoformat(str(configured)) > YOUNG


def _without_data(aws: Aws, alarms: Sequence[Observed], now: datetime) -> Iterator[str]:
    wanted = [(one.id, metric) for one in alarms for metric in metrics_in(one.properties["measure"])]
    heard: set[str] = set()
    for start in range(0, len(wanted), MOST):
        part = wanted[start : start + MOST]
        queries = [query(f"m{number}", metric) for number, (dummy, metric) in enumerate(part)]
        found = aws.list_all(
            "cloudwatch",
            "get_metric_data",
            "MetricDataResults",
            MetricDataQueries=queries,
            StartTime=now - LOOKED_BACK,
            EndTime=now,
        )
        heard |= {part[int(str(one["Id"])[1:])][0] for one in found if one.get("Values")}
    yield from (one.id for one in alarms if one.id not in heard)


def query(identity: str, metric: Mapping[str, Any]) -> dict[str, Any]:
    """How often a metric was published each day."""
    sent = sent_measure(metric)
    named = {name: sent[name] for name in ("Namespace", "MetricName", "Dimensions")}
    return {"Id": identity, "MetricStat": {"Metric": named, "Period": DAY, "Stat": "SampleCount"}}


def warning(names: Sequence[str]) -> str:
    return (
        f"{len(names)} alarms had no data in {LOOKED_BACK.days} days: {', '.join(names)}. That is right for metrics that AWS publishes "
        "only when something happens, such as errors of a load balancer. Otherwise, a dimension names nothing, and the alarm never rings."
    )

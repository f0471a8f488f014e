# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Alarms that never had data are listed, with one call for all metrics of a region."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, cast

from ansible_collections.mainstay.aws.plugins.module_utils.aws.connection import Aws
from ansible_collections.mainstay.aws.plugins.module_utils.domains.observability.silent_alarms import silent, warning
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.model import Observed

NOW = datetime(2026, 11, 30, tzinfo=UTC)


class Data:
    """Answers with data for the queue that exists."""

    region = "af-south-1"

    def __init__(self) -> None:
        self.calls: list[str] = []

    def in_region(self, region: str) -> Data:
        self.calls.append(region)
        return self

    def list_all(self, _service: str, _method: str, _items: str, MetricDataQueries: list[Any], **_times: Any) -> list[Any]:  # noqa: N803
        def values(query: Any) -> list[float]:
            return [1.0] if query["MetricStat"]["Metric"]["Dimensions"][0]["Value"] == "prod-email" else []

        return [{"Id": query["Id"], "Values": values(query)} for query in MetricDataQueries]


def alarm(name: str, queue: str, age: timedelta = timedelta(days=2), **more: Any) -> Observed:
    metric = {"namespace": "AWS/SQS", "metric_name": "Age", "dimensions": {"QueueName": queue}, "statistic": "Maximum", "period": 60}
    return Observed("metric_alarm", f"metric_alarm.{name}", name, {"measure": metric, **more}, {"configured": (NOW - age).isoformat()})


def test_alarms_without_data_are_listed() -> None:
    aws = Data()
    found = silent(
        cast("Aws", aws),
        [
            alarm("heard", "prod-email"),
            alarm("misspelled", "prod-emial"),
            alarm("young", "prod-emial", timedelta(minutes=5)),
            alarm("elsewhere", "prod-emial", region="us-east-1"),
        ],
        NOW,
    )
    assert found == ["elsewhere", "misspelled"]
    assert aws.calls == ["af-south-1", "us-east-1"]
    assert "elsewhere, misspelled" in warning(found)

# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Query CloudWatch or Prometheus. Every outcome becomes a reading: errors do not propagate, and no message repeats a token."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

with contextlib.suppress(ImportError):  # the module reports missing packages
    import urllib3

from ..kubernetes.client import describe
from .metrics import Metric, Reading, filled

PROMETHEUS_SECONDS = 15.0
Span = tuple[datetime, datetime]
Ask = Callable[[Metric, Span], Reading]


def read_metric(metric: Metric, span: Span, values: Mapping[str, str], cloudwatch: Callable[[], Any] | None) -> Reading:
    """``cloudwatch``: creates a boto3 client."""
    try:
        if "prometheus" in metric.source:
            return prometheus(metric, metric.source["prometheus"], span, values)
        if cloudwatch is None:
            return Reading(error="boto3 cannot be imported")
        return from_cloudwatch(cloudwatch(), metric, metric.source["cloudwatch"], span, values)
    except Exception as error:  # noqa: BLE001 - boto3 raises many kinds; a provider that fails is a measurement of its own
        return Reading(error=f"{type(error).__name__}: {str(error)[:300]}")


def prometheus(metric: Metric, source: Mapping[str, Any], span: Span, values: Mapping[str, str]) -> Reading:
    """Run a range query over the span, with one sample per period."""
    query = filled(str(source["query"]), values)
    asked = urlencode({"query": query, "start": span[0].timestamp(), "end": span[1].timestamp(), "step": metric.period})
    headers = {"Authorization": f"Bearer {source['token']}"} if source.get("token") else {}
    limits = urllib3.Timeout(total=PROMETHEUS_SECONDS)
    with urllib3.PoolManager(timeout=limits, retries=False) as pool:
        try:
            response = pool.request("GET", f"{str(source['url']).rstrip('/')}/api/v1/query_range?{asked}", headers=headers, redirect=False)
        except (urllib3.exceptions.HTTPError, OSError) as error:
            return Reading(error=f"Prometheus does not answer: {describe(error)}")
    try:
        answer = json.loads(response.data)
    except ValueError:
        return Reading(error=f"Prometheus answered HTTP {response.status} without JSON")
    return of_prometheus(response.status, answer)


def of_prometheus(status: int, answer: Mapping[str, Any]) -> Reading:
    if status != 200 or answer.get("status") != "success":
        return Reading(error=f"Prometheus answered HTTP {status}: {str(answer.get('error') or '')[:300]}")
    series = (answer.get("data") or {}).get("result") or []
    if not series:
        return Reading()
    samples = tuple(float(value) for _time, value in series[0].get("values") or ())
    return Reading(samples, len(series))


def from_cloudwatch(client: Any, metric: Metric, source: Mapping[str, Any], span: Span, values: Mapping[str, str]) -> Reading:
    """Fetch all pages of one GetMetricData query."""
    query: dict[str, Any] = {"Id": "m", "ReturnData": True}
    if source.get("expression"):
        query |= {"Expression": filled(str(source["expression"]), values), "Period": metric.period}
    else:
        dimensions = [{"Name": name, "Value": filled(str(value), values)} for name, value in (source.get("dimensions") or {}).items()]
        what = {"Namespace": source["namespace"], "MetricName": source["metric"], "Dimensions": dimensions}
        query["MetricStat"] = {"Metric": what, "Period": metric.period, "Stat": source.get("statistic") or "Average"}
    results: list[Mapping[str, Any]] = []
    more: dict[str, str] = {}
    while True:
        page = client.get_metric_data(MetricDataQueries=[query], StartTime=span[0], EndTime=span[1], **more)
        results += page.get("MetricDataResults") or ()
        if not page.get("NextToken"):
            return of_cloudwatch(results)
        more = {"NextToken": page["NextToken"]}


def of_cloudwatch(results: list[Mapping[str, Any]]) -> Reading:
    """Pages of one query share one label; a different label is a different series. Partial results are not complete data."""
    states = [str(result.get("StatusCode") or "Complete") for result in results]
    if any(state in ("InternalError", "Forbidden") for state in states) or (states and states[-1] == "PartialData"):
        bad = next(state for state in reversed(states) if state != "Complete")
        return Reading(error=f"CloudWatch answered {bad}")
    labels = {str(result.get("Label")) for result in results}
    samples = tuple(float(value) for result in results for value in result.get("Values") or ())
    return Reading(samples, max(1, len(labels)))

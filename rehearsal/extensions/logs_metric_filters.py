"""CloudWatch Logs: a metric filter that is put again replaces the one of its name; moto would keep both."""

from __future__ import annotations

from typing import Any

from rehearsal.extensions.logs import existing
from rehearsal.registry import MOTO, Call, answers


@answers("logs", "PutMetricFilter")
def replace(call: Call) -> Any:
    existing(call)
    filters = call.backend.filters.metric_filters
    same = [one for one in filters if (one["logGroupName"], one["filterName"]) == (call.get("logGroupName"), call.get("filterName"))]
    for one in same:
        filters.remove(one)
    return MOTO

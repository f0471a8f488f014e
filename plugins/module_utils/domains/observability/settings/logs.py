# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Log groups, metric filters, and saved queries."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from ....inputs.log_metrics import GROUP, UNITS, read_value
from ....inputs.problems import Problems, suggestion
from ....inputs.reader import Reader

METRIC = re.compile(r"[^:*$]{1,255}")
"""Names of metrics and namespaces of metric filters (PutMetricFilter)."""
NAMESPACE_OF_AWS = "AWS/"
MOST_DIMENSIONS = 3
RETENTION = 30
LONGEST_NAME = 100


@dataclass(frozen=True)
class WatchedGroup:
    """``group``: the name in AWS."""

    name: str
    group: str
    retention_days: int = RETENTION
    tags: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class MetricFilter:
    """``metric``: as kinds/log_analysis.py takes it."""

    name: str
    log_group: str
    pattern: str
    metric: dict[str, Any]


@dataclass(frozen=True)
class SavedQuery:
    name: str
    query: str
    log_groups: tuple[str, ...] = ()


def read_groups(given: Any, path: str, problems: Problems) -> dict[str, WatchedGroup]:
    found: dict[str, WatchedGroup] = {}
    for name, reader in Reader(given, path, problems).named("the name of a log group", LONGEST_NAME):
        group = reader.required_text("group", "give the name of the log group in AWS, such as /mainstay/prod/api", GROUP)
        found[name] = WatchedGroup(name, group, reader.retention_days("retention_days", RETENTION), reader.tags("tags"))
        reader.finish()
        same = next((other for other in found.values() if group and other.name != name and other.group == group), None)
        if same:
            problems.add(reader.at("group"), group, f"{path}.{same.name} already describes this log group")
    return found


def read_filters(given: Any, path: str, problems: Problems, groups: dict[str, WatchedGroup]) -> dict[str, MetricFilter]:
    found: dict[str, MetricFilter] = {}
    for name, reader in Reader(given, path, problems).named("the name of a metric filter", LONGEST_NAME):
        log_group = group_in(reader, "log_group", groups)
        pattern = reader.required_text("pattern", 'give a filter pattern, such as { $.event = "user_created" }')
        metric = _metric(reader.section("metric"))
        reader.finish()
        found[name] = MetricFilter(name, log_group, pattern, metric)
    return found


def _metric(reader: Reader) -> dict[str, Any]:
    found: dict[str, Any] = {
        "name": reader.required_text("name", "give the metric a name, such as NewUsers", METRIC),
        "namespace": reader.required_text("namespace", "give the metric a namespace, such as Shop/Business", METRIC),
        "value": read_value(reader),
        "unit": reader.choice("unit", UNITS, "Count"),
    }
    if found["namespace"].startswith(NAMESPACE_OF_AWS):
        reader.problems.add(reader.at("namespace"), found["namespace"], "namespaces that begin with AWS/ are reserved for AWS")
    dimensions = reader.string_map("dimensions")
    if len(dimensions) > MOST_DIMENSIONS:
        reader.problems.add(reader.at("dimensions"), dimensions, f"a metric filter has at most {MOST_DIMENSIONS} dimensions")
    default = reader.take("default")
    if dimensions and default is not None:
        reader.problems.add(reader.at("default"), default, "a metric with dimensions has no default value; leave one of both out")
    elif dimensions:
        found["dimensions"] = dimensions
    else:
        found["default"] = _number(reader, "default", default)
    reader.finish()
    return found


def _number(reader: Reader, key: str, value: Any) -> float:
    """Zero unless given: without it, a quiet hour has no data instead of a zero."""
    if value is None:
        return 0.0
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    reader.problems.add(reader.at(key), value, "it must be a number")
    return 0.0


def read_queries(given: Any, path: str, problems: Problems, groups: dict[str, WatchedGroup]) -> dict[str, SavedQuery]:
    found: dict[str, SavedQuery] = {}
    for name, reader in Reader(given, path, problems).named("the name of a saved query", LONGEST_NAME):
        query = reader.required_text("query", "give a query of CloudWatch Logs Insights, such as 'fields @timestamp, @message | limit 20'")
        named = reader.items("log_groups", (), lambda value: value if isinstance(value, str) and value else None, "it must be a name")
        found[name] = SavedQuery(name, query, tuple(resolved(one, groups) for one in named))
        reader.finish()
    return found


def resolved(name: str, groups: dict[str, WatchedGroup]) -> str:
    """The name in AWS of a described group, or the name itself."""
    return groups[name].group if name in groups else name


def group_in(reader: Reader, key: str, groups: dict[str, WatchedGroup]) -> str:
    """A described log group, or one of another component by its name in AWS, which has a slash."""
    given = reader.required_text(key, "name a log group of log_groups, or one in AWS, such as /aws/eks/prod-main/containers", GROUP)
    if given and given not in groups and "/" not in given:
        reader.problems.add(reader.at(key), given, f"there is no such log group; {suggestion(given, [*groups] or ['none'])}")
    return resolved(given, groups)

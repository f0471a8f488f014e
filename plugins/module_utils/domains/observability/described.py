# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What the module's options describe, read and checked. Pure functions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ...inputs.problems import Problems
from ...inputs.reader import Reader
from ...inputs.values import KMS_KEY_ARN, REGION
from .alarms.own import read_alarms
from .dashboards.validate import problems as dashboard_problems
from .platform import Platform
from .platform_form import read_platform
from .sets.every import USUAL, AlarmSettings
from .settings.logs import MetricFilter, SavedQuery, WatchedGroup, read_filters, read_groups, read_queries
from .settings.quiet import Heartbeat, Mute, read_heartbeat, read_mutes
from .settings.severities import Severity, read_severities

CONFIRMATION_SECONDS = 60
"""How long an apply waits for a receiver to confirm its subscription. PagerDuty takes seconds."""
OPTIONS = (
    "severities",
    "key_arns",
    "alarms",
    "heartbeat",
    "dashboards",
    "log_groups",
    "metric_filters",
    "queries",
    "mute_rules",
    "platform",
)
"""The options of the module that describe the component."""


@dataclass(frozen=True)
class Settings:
    """Everything that a component describes. ``key_arns``: region -> the ARN of a key that is used instead of the component's own."""

    environment: str = ""
    region: str = ""
    severities: Mapping[str, Severity] = field(default_factory=dict)
    key_arns: Mapping[str, str] = field(default_factory=dict)
    alarms: AlarmSettings = USUAL
    heartbeat: Heartbeat | None = None
    dashboards: Mapping[str, Any] = field(default_factory=dict)
    log_groups: Mapping[str, WatchedGroup] = field(default_factory=dict)
    metric_filters: Mapping[str, MetricFilter] = field(default_factory=dict)
    queries: Mapping[str, SavedQuery] = field(default_factory=dict)
    mute_rules: Mapping[str, Mute] = field(default_factory=dict)
    platform: Platform = field(default_factory=lambda: Platform("", ""))


def read_settings(params: Mapping[str, Any], prefix: str = "") -> tuple[Settings, list[str]]:
    """The settings, and every problem with them. ``prefix``: of the variables that messages name (``observability_``)."""
    problems = Problems()
    environment, region = str(params.get("environment") or ""), str(params.get("region") or "")

    def at(name: str) -> str:
        return f"{prefix}{name}"

    groups = read_groups(params.get("log_groups"), at("log_groups"), problems)
    settings = Settings(
        environment=environment,
        region=region,
        severities=read_severities(params.get("severities"), at("severities"), problems),
        key_arns=_key_arns(params.get("key_arns"), at("key_arns"), problems),
        alarms=AlarmSettings(*read_alarms(params.get("alarms"), at("alarms"), region, problems, environment)),
        heartbeat=read_heartbeat(params.get("heartbeat"), at("heartbeat"), problems),
        dashboards=_dashboards(params.get("dashboards"), at("dashboards"), problems),
        log_groups=groups,
        metric_filters=read_filters(params.get("metric_filters"), at("metric_filters"), problems, groups),
        queries=read_queries(params.get("queries"), at("queries"), problems, groups),
        mute_rules=read_mutes(params.get("mute_rules"), at("mute_rules"), problems),
        platform=read_platform(params.get("platform"), at("platform"), problems, environment, region),
    )
    return settings, problems.messages


def _dashboards(given: Any, path: str, problems: Problems) -> dict[str, Any]:
    """Name -> body, or False for a generated one that is not wanted."""
    found: dict[str, Any] = {}
    for name, body in Reader(given, path, problems).given.items():
        found[str(name)] = body
        if isinstance(body, Mapping):
            problems.messages.extend(f"{path}: {text}" for text in dashboard_problems(str(name), body))
        elif body is not False:
            problems.add(f"{path}.{name}", body, "it must be the body of a dashboard, or false for a generated one that is not wanted")
    return found


def _key_arns(given: Any, path: str, problems: Problems) -> dict[str, str]:
    found: dict[str, str] = {}
    for region, arn in Reader(given, path, problems).given.items():
        if not isinstance(region, str) or not REGION.fullmatch(region):
            problems.add(path, region, "it must be a region, such as af-south-1, for each key")
        elif not isinstance(arn, str) or not KMS_KEY_ARN.fullmatch(arn) or arn.split(":")[3] != region:
            problems.add(f"{path}.{region}", arn, f"it must be the ARN of a key in {region}: arn:aws:kms:{region}:<account>:key/<id>")
        else:
            found[region] = arn
    return found

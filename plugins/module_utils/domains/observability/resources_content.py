# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Logs, dashboards, and mute rules as resources."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ...aws.place import Place
from ...reconcile.model import Ref, Resource, ref
from .alarms.model import AnyAlarm, full_name
from .dashboards.every import application_dashboard, dashboard_name, environment_dashboard
from .described import Settings
from .logs.queries import metric_filters, saved_queries
from .names import elsewhere, own_name, part
from .platform import Platform
from .resources_alarms import address_of

ENVIRONMENT = "environment"
"""The name of the dashboard of everything; in AWS it is that of the environment."""


def log_resources(settings: Settings, place: Place, key_arn: str | Ref) -> Iterator[Resource]:
    groups = {one.group: f"watched_log_group.{one.name}" for one in settings.log_groups.values()}
    for one in settings.log_groups.values():
        properties = {
            "log_group_name": one.group,
            "kms_key_id": key_arn,
            "retention_in_days": one.retention_days,
            "tags": {**place.tags, **one.tags},
        }
        yield Resource("watched_log_group", one.name, properties)
    for each in (*metric_filters(settings.platform), *settings.metric_filters.values()):
        metric = {
            "resource_name": own_name(place, each.name),
            "log_group_name": _group(each.log_group, groups),
            "pattern": each.pattern,
            "metric": each.metric,
        }
        yield Resource("metric_filter", each.name, metric)
    for query in (*saved_queries(settings.platform), *settings.queries.values()):
        saved = {
            "resource_name": f"{place.environment}/{place.component}/{query.name}",
            "query": query.query,
            "log_group_names": [_group(name, groups) for name in query.log_groups],
        }
        yield Resource("saved_query", query.name, saved)


def _group(name: str, groups: Mapping[str, str]) -> str | Ref:
    """A group of this component exists before its filters; others are taken as they are."""
    return ref(groups[name]) if name in groups else name


def dashboard_resources(settings: Settings, platform: Platform, alarms: tuple[AnyAlarm, ...], place: Place) -> Iterator[Resource]:
    """One of the environment, one of each application, and the user's own."""
    generated: dict[str, Any] = {ENVIRONMENT: environment_dashboard(platform, alarms)} if alarms else {}
    generated |= {one.name: application_dashboard(platform, one, alarms) for one in platform.applications}
    for name, body in {**generated, **settings.dashboards}.items():
        called = dashboard_name(place.environment, "" if name == ENVIRONMENT else name)
        if body is not False:
            yield Resource("dashboard", name, {"dashboard_name": called, "dashboard_body": body, "tags": dict(place.tags)})


def mute_resources(settings: Settings, place: Place, alarms: tuple[AnyAlarm, ...]) -> Iterator[Resource]:
    """A rule mutes alarms of its own region, so one that matches alarms of several becomes a rule in each."""
    for one in settings.mute_rules.values():
        matched = set(one.matching([alarm.name for alarm in alarms]))
        for region in sorted({alarm.region for alarm in alarms if alarm.name in matched}):
            named = sorted((alarm for alarm in alarms if alarm.name in matched and alarm.region == region), key=lambda alarm: alarm.name)
            address = part(one.name, region, place.region)
            optional = {"description": one.description, "start": one.start, "end": one.end}
            properties = {
                "rule_name": own_name(place, one.name, region),
                "schedule": {"expression": one.expression, "duration": one.duration, "timezone": one.timezone},
                "alarm_names": [full_name(place.environment, alarm.name) for alarm in named],
                **{name: value for name, value in optional.items() if value},
                "tags": dict(place.tags),
            }
            after = tuple(address_of(alarm) for alarm in named)
            yield Resource("mute_rule", address, elsewhere(properties, region, place.region), after)

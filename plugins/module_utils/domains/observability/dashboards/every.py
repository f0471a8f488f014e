# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The dashboards of an environment: one of everything, and one for each application with what it uses. Pure functions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from ..alarms.model import AnyAlarm
from ..logs.queries import newest_errors
from ..platform import Application, Platform
from . import clusters, databases, traffic
from .building import states
from .model import Events, Heading, Part, Section, body


def dashboard_name(environment: str, application: str = "") -> str:
    return f"{environment}-{application}" if application else environment


def dashboards_of(platform: Platform, alarms: Sequence[AnyAlarm]) -> dict[str, dict[str, Any]]:
    """Name -> body of every dashboard."""
    found = {dashboard_name(platform.environment): environment_dashboard(platform, alarms)}
    for one in platform.applications:
        found[dashboard_name(platform.environment, one.name)] = application_dashboard(platform, one, alarms)
    return found


def environment_dashboard(platform: Platform, alarms: Sequence[AnyAlarm]) -> dict[str, Any]:
    """The body of the environment's dashboard: states first, then what users notice, then what carries it."""
    return body(environment_parts(platform, alarms))


def environment_parts(platform: Platform, alarms: Sequence[AnyAlarm]) -> Iterator[Part]:
    region = platform.region
    yield Heading(f"# {platform.environment} in {region}")
    yield from states(platform, alarms)
    for one in platform.applications:
        yield traffic.services(one, alarms, platform)
    yield traffic.load_balancers(platform.load_balancers, alarms, region)
    yield traffic.edge(platform.distributions, alarms)
    yield from stores(platform, alarms, region)
    yield clusters.clusters(platform.clusters, platform.node_groups, alarms, region)
    yield traffic.nat_gateways(platform.nat_gateways, region)
    yield traffic.buckets(platform.buckets, region)
    yield traffic.certificates(platform.certificates, region)


def stores(platform: Platform, alarms: Sequence[AnyAlarm], region: str) -> Iterator[Section]:
    """Sections on what keeps data. Replicas in other regions have their metrics there."""
    for place in dict.fromkeys(one.region or region for one in platform.databases):
        here = [one for one in platform.databases if (one.region or region) == place]
        yield databases.databases(here, alarms, place, "Databases" if place == region else f"Databases in {place}")
    yield databases.caches(platform.caches, alarms, region)
    yield databases.queues(platform.queues, alarms, region)
    yield databases.brokers(platform.brokers, alarms, region)
    yield databases.streams(platform.streams, alarms, region)


def application_dashboard(platform: Platform, application: Application, alarms: Sequence[AnyAlarm]) -> dict[str, Any]:
    """The body of an application's dashboard: its own states and those of what it uses, its services, its errors, what it uses."""
    return body(application_parts(platform, application, alarms))


def application_parts(platform: Platform, one: Application, alarms: Sequence[AnyAlarm]) -> Iterator[Part]:
    region = platform.region
    uses = {"databases": one.databases, "caches": one.caches, "queues": one.queues, "applications": (one.name,)}
    relevant = [alarm for alarm in alarms if alarm.subject[1] in uses.get(alarm.subject[0], ())]
    yield Heading(f"# {one.name} in {platform.environment}, {region}")
    yield from states(platform, relevant)
    yield traffic.services(one, alarms, platform)
    if one.log_group:
        yield Section("Newest errors", (Events("ERROR and FATAL", one.log_group, newest_errors(one, 50), region),))
    used = [item for item in platform.databases if item.name in one.databases or item.replica_of in one.databases]
    for place in dict.fromkeys(item.region or region for item in used):
        here = [item for item in used if (item.region or region) == place]
        yield databases.databases(here, alarms, place)
    yield databases.caches([item for item in platform.caches if item.name in one.caches], alarms, region)
    yield databases.queues([item for item in platform.queues if item.name in one.queues], alarms, region)

# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""All alarms of a component: what the platform has, and the heartbeat."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from ...aws.place import Place
from ...inputs.problems import suggestion
from .alarms.model import AnyAlarm
from .described import Settings
from .heartbeat import NAME, heartbeat
from .kinds.mute_rule import MOST_ALARMS
from .platform import LoadBalancer, Platform, Service
from .questions import instance_type
from .sets.every import alarm_problems, alarms_of
from .settings.quiet import Mute


def completed(platform: Platform, place: Place, answers: Mapping[str, Any]) -> Platform:
    """The platform with what AWS alone knows. ``answers``: to the questions of questions.py; each may be missing."""
    memory: Mapping[str, int] = answers.get("memory") or {}
    databases = tuple(
        replace(one, memory_bytes=memory.get(instance_type(one.instance_class))) if one.memory_bytes is None else one
        for one in platform.databases
    )
    platform = with_target_groups(platform, answers.get("target_groups") or {})
    return replace(platform, databases=databases, account_id=place.account_id, partition=place.partition)


def with_target_groups(platform: Platform, found: Mapping[str, tuple[str, str]]) -> Platform:
    """With the target groups that were looked up. A load balancer without any known one is left out: its application is not deployed."""

    def of_service(one: Service) -> Service:
        group, balancer = found.get(one.found_by, (one.target_group, one.load_balancer))
        return replace(one, target_group=group, load_balancer=balancer)

    def of_balancer(one: LoadBalancer) -> LoadBalancer:
        groups = [replace(each, dimension=found.get(each.found_by, (each.dimension, ""))[0]) for each in one.target_groups]
        named = [found[each.found_by][1] for each in one.target_groups if each.found_by in found]
        return replace(one, dimension=named[0] if named else one.dimension, target_groups=tuple(each for each in groups if each.dimension))

    applications = tuple(replace(one, services=tuple(map(of_service, one.services))) for one in platform.applications)
    balancers = tuple(one for one in map(of_balancer, platform.load_balancers) if one.dimension)
    return replace(platform, applications=applications, load_balancers=balancers)


def alarms_of_component(settings: Settings, place: Place, answers: Mapping[str, Any]) -> tuple[AnyAlarm, ...]:
    beat = (heartbeat(settings.heartbeat, place),) if settings.heartbeat else ()
    return (*alarms_of(completed(settings.platform, place, answers), settings.alarms), *beat)


def problems_with_alarms(settings: Settings, place: Place, answers: Mapping[str, Any]) -> list[str]:
    """What is wrong with exceptions and further alarms, given what there is to watch; and with mute rules that mute nothing."""
    found = alarm_problems(completed(settings.platform, place, answers), settings.alarms, "alarms")
    names = [] if found else [one.name for one in alarms_of_component(settings, place, answers)]
    if names.count(NAME) > 1:
        found.append(f"alarms.{NAME} has the name of the heartbeat; choose another name")
    return [*found, *(text for one in settings.mute_rules.values() if not found for text in _mutes(one, names))]


def _mutes(one: Mute, names: list[str]) -> Iterator[str]:
    matched = one.matching(names)
    for pattern in one.alarms:
        if not replace(one, alarms=(pattern,)).matching(names):
            yield f"mute_rules.{one.name}.alarms has {pattern!r}, but there is no such alarm; {suggestion(pattern, names or ['none'])}"
    if len(matched) > MOST_ALARMS:
        yield f"mute_rules.{one.name}.alarms selects {len(matched)} alarms, but a mute rule takes {MOST_ALARMS}; make several rules"

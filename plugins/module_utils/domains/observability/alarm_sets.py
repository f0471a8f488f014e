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
from .platform import Platform
from .questions import instance_type
from .sets.every import alarm_problems, alarms_of
from .settings.quiet import Mute


def completed(platform: Platform, place: Place, memory: Mapping[str, int]) -> Platform:
    """The platform with what AWS alone knows. ``memory``: instance type -> bytes."""
    databases = tuple(
        replace(one, memory_bytes=memory.get(instance_type(one.instance_class))) if one.memory_bytes is None else one
        for one in platform.databases
    )
    return replace(platform, databases=databases, account_id=place.account_id, partition=place.partition)


def alarms_of_component(settings: Settings, place: Place, answers: Mapping[str, Any]) -> tuple[AnyAlarm, ...]:
    beat = (heartbeat(settings.heartbeat, place),) if settings.heartbeat else ()
    return (*alarms_of(completed(settings.platform, place, answers.get("memory") or {}), settings.alarms), *beat)


def problems_with_alarms(settings: Settings, place: Place, answers: Mapping[str, Any]) -> list[str]:
    """What is wrong with exceptions and further alarms, given what there is to watch; and with mute rules that mute nothing."""
    found = alarm_problems(completed(settings.platform, place, answers.get("memory") or {}), settings.alarms, "alarms")
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

# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""All alarms of a component: what the platform has, and the heartbeat."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ...aws.place import Place
from .alarms.model import AnyAlarm
from .described import Settings
from .heartbeat import heartbeat
from .platform import Platform
from .questions import instance_type


def completed(platform: Platform, place: Place, memory: Mapping[str, int]) -> Platform:
    """The platform with what AWS alone knows. ``memory``: instance type -> bytes."""
    databases = tuple(
        replace(one, memory_bytes=memory.get(instance_type(one.instance_class))) if one.memory_bytes is None else one
        for one in platform.databases
    )
    return replace(platform, databases=databases, account_id=place.account_id, partition=place.partition)


def alarms_of_component(settings: Settings, place: Place, _answers: Mapping[str, Any]) -> tuple[AnyAlarm, ...]:
    return (heartbeat(settings.heartbeat, place),) if settings.heartbeat else ()

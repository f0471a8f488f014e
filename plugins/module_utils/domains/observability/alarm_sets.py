# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""All alarms of a component: what the platform has, and the heartbeat."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

from ...aws.place import Place
from ...inputs.problems import suggestion
from .alarms.model import AnyAlarm
from .described import Settings
from .heartbeat import NAME, heartbeat
from .kinds.mute_rule import MOST_ALARMS
from .platform import LoadBalancer, Platform, Service, TargetGroup
from .questions import instance_type
from .resources_backups import backup_rule
from .sets.all import metric_alarms
from .sets.every import alarm_problems, alarms_from, long_names
from .settings.quiet import Mute


def completed(platform: Platform, place: Place, answers: Mapping[str, Any]) -> Platform:
    """The platform with what AWS alone knows. ``answers``: to the questions of questions.py; each may be missing."""
    memory: Mapping[str, int] = answers.get("memory") or {}
    databases = tuple(
        replace(one, memory_bytes=memory.get(instance_type(one.instance_class))) if one.memory_bytes is None else one
        for one in platform.databases
    )
    brokers: Mapping[str, tuple[int, ...]] = answers.get("streams") or {}
    streams = tuple(replace(one, brokers=brokers.get(one.cluster_name, one.brokers)) for one in platform.streams)
    backups = tuple(replace(one, rule_name=one.rule_name or backup_rule(place, one)) for one in platform.backups)
    found = with_target_groups(platform, answers.get("target_groups") or {})
    return replace(found, databases=databases, streams=streams, backups=backups, account_id=place.account_id, partition=place.partition)


def with_target_groups(platform: Platform, found: Mapping[str, tuple[str, str]]) -> Platform:
    """With the target groups that were looked up. A load balancer without any known one is left out: its application is not deployed."""

    def located(wanted: Sequence[str]) -> list[tuple[str, str]]:
        return [found[one] for one in wanted if one in found]

    def of_service(one: Service) -> Service:
        there = located(one.found_by)
        return replace(one, target_groups=tuple(group for group, _at in there), load_balancer=there[0][1]) if there else one

    def of_group(one: TargetGroup) -> TargetGroup:
        return replace(one, dimensions=tuple(group for group, _at in located(one.found_by)) or one.dimensions)

    def of_balancer(one: LoadBalancer) -> LoadBalancer:
        groups = [of_group(each) for each in one.target_groups]
        named = [balancer for each in one.target_groups for _group, balancer in located(each.found_by)]
        return replace(one, dimension=named[0] if named else one.dimension, target_groups=tuple(each for each in groups if each.dimensions))

    applications = tuple(replace(one, services=tuple(map(of_service, one.services))) for one in platform.applications)
    balancers = tuple(one for one in map(of_balancer, platform.load_balancers) if one.dimension)
    return replace(platform, applications=applications, load_balancers=balancers)


class Watched:
    """What a component watches, given the answers to its questions: computed once for its problems and its resources."""

    def __init__(self, settings: Settings, place: Place, answers: Mapping[str, Any]) -> None:
        self.settings, self.place = settings, place
        self.platform = completed(settings.platform, place, answers)
        self.generated = tuple(metric_alarms(self.platform))

    @cached_property
    def alarms(self) -> tuple[AnyAlarm, ...]:
        """All alarms; only if nothing is wrong with the exceptions and further ones."""
        beat = (heartbeat(self.settings.heartbeat, self.place),) if self.settings.heartbeat else ()
        return (*alarms_from(self.generated, self.settings.alarms), *beat)

    def problems(self) -> list[str]:
        """What is wrong with exceptions and further alarms, given what there is to watch; and with mute rules that mute nothing."""
        if found := alarm_problems(self.generated, self.settings.alarms, "alarms"):
            return found
        names = [one.name for one in self.alarms]
        found = list(long_names(self.platform.environment, names))
        if names.count(NAME) > 1:
            found.append(f"alarms.{NAME} has the name of the heartbeat; choose another name")
        return [*found, *(text for one in self.settings.mute_rules.values() if not found for text in _mutes(one, names))]


def _mutes(one: Mute, names: list[str]) -> Iterator[str]:
    matched = one.matching(names)
    for pattern in one.alarms:
        if not replace(one, alarms=(pattern,)).matching(names):
            yield f"mute_rules.{one.name}.alarms has {pattern!r}, but there is no such alarm; {suggestion(pattern, names or ['none'])}"
    if len(matched) > MOST_ALARMS:
        yield f"mute_rules.{one.name}.alarms selects {len(matched)} alarms, but a mute rule takes {MOST_ALARMS}; make several rules"

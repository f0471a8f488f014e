# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""From what there is to watch to all alarms of an environment: generated ones, overrides, users' own, composites. Pure functions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from ..alarms import overrides
from ..alarms.composites import with_composites
from ..alarms.model import LONGEST_NAME, Alarm, AnyAlarm, full_name
from ..alarms.overrides import Override
from ..platform import Platform
from .all import metric_alarms


@dataclass(frozen=True)
class AlarmSettings:
    """What a user says about alarms. ``overrides``: by name or pattern. ``own``: alarms on metrics that this collection does not know."""

    overrides: Mapping[str, Override] = field(default_factory=dict)
    own: tuple[Alarm, ...] = ()


USUAL = AlarmSettings()


def alarms_of(platform: Platform, settings: AlarmSettings = USUAL) -> tuple[AnyAlarm, ...]:
    """Every alarm of an environment, metric alarms first, then composite alarms."""
    return alarms_from(metric_alarms(platform), settings)


def alarms_from(generated: Iterable[Alarm], settings: AlarmSettings) -> tuple[AnyAlarm, ...]:
    """The same from generated alarms."""
    wanted = (overrides.overridden(one, overrides.choose(one.name, settings.overrides)) for one in generated)
    return with_composites([*(one for one in wanted if one is not None), *settings.own])


def alarm_problems(generated: Sequence[Alarm], settings: AlarmSettings, path: str = "observability_alarms") -> list[str]:
    """What is wrong with the settings of alarms in view of those that there are without them: one sentence each."""
    return [*doubles(generated, settings, path), *overrides.problems_of(list(generated), settings.overrides, path)]


def doubles(generated: Sequence[Alarm], settings: AlarmSettings, path: str) -> Iterator[str]:
    """Two alarms of one name would overwrite each other in CloudWatch without a word."""
    counted = Counter(one.name for one in generated)
    for name, number in counted.items():
        if number > 1:
            subjects = sorted({f"{section}.{item}" for section, item in (one.subject for one in generated if one.name == name)})
            yield f"there are {number} alarms of the name {name} ({', '.join(subjects)}); rename one of the resources"
    for one in settings.own:
        if one.name in counted:
            subject = ".".join(generated_subject(generated, one.name))
            yield (
                f"{path}.{one.name} has a metric, but an alarm of this name is generated for {subject}; remove the metric to override that "
                "one, or choose another name"
            )


def generated_subject(generated: Sequence[Alarm], name: str) -> tuple[str, str]:
    return next(one.subject for one in generated if one.name == name)


def long_names(environment: str, names: Iterable[str]) -> Iterator[str]:
    for name in names:
        if len(full_name(environment, name)) > LONGEST_NAME:
            yield f"the alarm {name} has a name of more than {LONGEST_NAME} characters; shorten the resource's name"

# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Alarms as resources: from the pure values of alarms/ to the properties of the kinds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ...aws.place import Place
from ...reconcile.model import Ref, Resource, ref
from .alarms.forms import alarm_properties, composite_properties
from .alarms.model import Alarm, AnyAlarm, Composite, full_name
from .names import elsewhere, part

SEVERITY_TAG = "severity"
"""The tag by which EventBridge tells severities apart. Silent alarms do not share it, so that no event of theirs is sent on."""


@dataclass(frozen=True)
class Alarms:
    """``wanted``: all alarms of the component, whose names are unique."""

    place: Place
    wanted: tuple[AnyAlarm, ...]

    def resources(self) -> Iterator[Resource]:
        names = {one.name: ref(address_of(one)) for one in self.wanted}
        for one in self.wanted:
            yield self.metric(one) if isinstance(one, Alarm) else self.composite(one, names)

    def sent(self, one: AnyAlarm) -> dict[str, Any]:
        """Where it leads to, its tags, and its region."""
        topic = ref(f"alarm_topic.{part(one.severity, one.region, self.place.region)}", "arn")
        actions: list[Ref] = [] if one.silent else [topic]
        found = {
            "alarm_actions": actions,
            "ok_actions": list(actions),
            "actions_enabled": True,
            "tags": {**self.place.tags, SEVERITY_TAG: one.severity},
            **({} if one.silent else {"shared_tags": [SEVERITY_TAG]}),
        }
        return elsewhere(found, one.region, self.place.region)

    def metric(self, one: Alarm) -> Resource:
        return Resource("metric_alarm", one.name, {**alarm_properties(one, self.place.environment), **self.sent(one)})

    def composite(self, one: Composite, names: Mapping[str, Ref]) -> Resource:
        name = full_name(self.place.environment, one.name)
        return Resource("composite_alarm", one.name, {"alarm_name": name, **composite_properties(one, names), **self.sent(one)})


def address_of(one: AnyAlarm) -> str:
    return f"{'metric_alarm' if isinstance(one, Alarm) else 'composite_alarm'}.{one.name}"

# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Composite alarms: one that rings for several, so that one cause brings one message."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ....aws.kind import Calls
from ....reconcile.model import given
from .alarm_base import AlarmBase
from .alarm_forms import rule, rule_of, rule_text

SENT: Mapping[str, str] = {
    "alarm_name": "AlarmName",
    "alarm_description": "AlarmDescription",
    "alarm_actions": "AlarmActions",
    "ok_actions": "OKActions",
    "actions_enabled": "ActionsEnabled",
    "suppressed_by": "ActionsSuppressor",
    "suppression_wait": "ActionsSuppressorWaitPeriod",
    "suppression_extension": "ActionsSuppressorExtensionPeriod",
}


class CompositeAlarm(AlarmBase):
    """``alarm_rule``: see alarm_forms.py. The names in it refer to other alarms, so the rule changes before one of them is deleted.

    A composite that refers to another one is deleted before it, with a call of its own.
    """

    name = "composite_alarm"
    type = "CompositeAlarm"
    calls = Calls(service="cloudwatch", create="put_composite_alarm", delete="delete_alarms", id="AlarmName")

    alarm_rule = given(canonical=rule)
    suppressed_by = given("ActionsSuppressor")
    suppression_wait = given("ActionsSuppressorWaitPeriod")
    suppression_extension = given("ActionsSuppressorExtensionPeriod")

    def get_alarm_rule(self, raw: Mapping[str, Any]) -> Any:
        return rule_of(str(raw.get("AlarmRule") or ""))

    def request(self, properties: Mapping[str, Any]) -> dict[str, Any]:
        sent = {api: properties[name] for name, api in SENT.items() if properties.get(name) is not None}
        return {**sent, **self.shared(properties), "AlarmRule": rule_text(properties.get("alarm_rule"))}

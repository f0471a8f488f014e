# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""EventBridge rules that send alarms' state changes to an API destination, or a schedule's events to a topic."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ....aws.connection import Aws
from ....kinds.events_rule import EventsRule, complete
from ....reconcile.model import Observed, given, later

TARGET = "alarms"
"""The ID of the only target."""


class AlarmRule(EventsRule):
    """``target``: {"arn", "role_arn", "paths": {name: JSON path}, "template"}, or {"arn", "input"} with a constant text.

    ``schedule``: an expression such as cron(0 7 * * ? *), for a rule without a pattern.
    """

    name = "alarm_rule"
    elsewhere = True

    schedule = given("ScheduleExpression")
    target = later()

    def get_target(self, raw: Mapping[str, Any]) -> dict[str, Any] | list[str] | None:
        """The target; if there are others, a value that cannot equal it and names them."""
        targets = raw.get("Targets") or []
        others = sorted(one["Arn"] for one in targets if one["Id"] != TARGET)
        if others:
            return others
        return target_of(targets[0]) if targets else None

    def get_target_arns(self, _raw: Mapping[str, Any]) -> list[str]:
        """The property ``target`` says more."""
        return []

    def request(self, properties: Mapping[str, Any]) -> dict[str, Any]:
        schedule = {"ScheduleExpression": properties["schedule"]} if properties.get("schedule") else {}
        return {**super().request(properties), **schedule}

    def update(self, aws: Aws, seen: Observed, properties: Mapping[str, Any]) -> None:
        if "schedule" in properties:
            whole = {**seen.properties, **properties, "rule_name": seen.id}
            aws.change("events", "put_rule", **self.request({"enabled": True, **whole}))
        super().update(aws, seen, {name: value for name, value in properties.items() if name not in ("schedule", "target")})
        if "target" in properties:
            self.set_target(aws, seen, properties["target"])

    def set_target(self, aws: Aws, seen: Observed, value: Mapping[str, Any] | None) -> None:
        there = (aws.find("events", "list_targets_by_rule", Rule=seen.id) or {}).get("Targets") or []
        surplus = [one["Id"] for one in there if value is None or one["Id"] != TARGET]
        if surplus:
            complete(aws.change("events", "remove_targets", Rule=seen.id, Ids=surplus), "RemoveTargets")
        if value is not None:
            complete(aws.change("events", "put_targets", Rule=seen.id, Targets=[sent_target(value)]), "PutTargets")


def target_of(entry: Mapping[str, Any]) -> dict[str, Any]:
    """A target as ListTargetsByRule returns it -> the property."""
    transformer = entry.get("InputTransformer") or {}
    found = {
        "arn": entry["Arn"],
        "role_arn": entry.get("RoleArn"),
        "paths": transformer.get("InputPathsMap"),
        "template": transformer.get("InputTemplate"),
        "input": entry.get("Input"),
    }
    return {name: value for name, value in found.items() if value}


def sent_target(value: Mapping[str, Any]) -> dict[str, Any]:
    sent: dict[str, Any] = {"Id": TARGET, "Arn": value["arn"]}
    if value.get("role_arn"):
        sent["RoleArn"] = value["role_arn"]
    if value.get("template"):
        sent["InputTransformer"] = {"InputPathsMap": dict(value["paths"]), "InputTemplate": value["template"]}
    if value.get("input"):
        sent["Input"] = value["input"] if isinstance(value["input"], str) else json.dumps(value["input"])
    return sent

# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The outputs of a component that watches a platform, computed from addresses and attributes alone."""

from __future__ import annotations

from typing import Any

from ...component.outputs import Attributes, halves, split, value
from .resources_backups import TOPIC

SLACK = "slack-"
ALARMS = ("metric_alarm", "composite_alarm")


def outputs(attributes: Attributes, region: str) -> dict[str, Any]:
    """{"topics": {severity: {arn, arns: {region: arn}}}, "key_arns": {region: arn}, "alarm_names": [name], "dashboards": {name: arn},
    "log_groups": {name: {name, arn}}, "slack_rules": {severity: arn}}. ``region``: the component's own.
    """
    found: dict[str, Any] = {"topics": {}, "key_arns": {}, "alarm_names": [], "dashboards": {}, "log_groups": {}, "slack_rules": {}}
    for address in sorted(attributes):
        kind, name = split(address)
        own, elsewhere = halves(name, "/")
        arn = value(attributes, address, "arn")
        if kind == "alarm_topic" and own != TOPIC:
            topic = found["topics"].setdefault(own, {"arn": None, "arns": {}})
            topic["arns"][elsewhere or region] = arn
            topic["arn"] = topic["arn"] if elsewhere else arn
        elif kind == "kms_key":
            found["key_arns"][elsewhere or region] = arn
        elif kind in ALARMS:
            found["alarm_names"].append(name)
        elif kind == "dashboard":
            found["dashboards"][name] = arn
        elif kind == "watched_log_group":
            found["log_groups"][name] = {"name": value(attributes, address, "id"), "arn": arn}
        elif kind == "alarm_rule" and own.startswith(SLACK) and not elsewhere:
            found["slack_rules"][own.removeprefix(SLACK)] = arn
    return {**found, "alarm_names": sorted(found["alarm_names"])}

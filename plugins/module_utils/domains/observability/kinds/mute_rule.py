# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Mute rules: times in which alarms change their state and send nothing, for planned work."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ....aws.connection import Aws
from ....aws.named_kind import NamedCalls, NamedKind, Tagging
from ....reconcile.errors import AlreadyThere
from ....reconcile.model import Observed, fixed, given

MOST_ALARMS = 100
"""The alarms that one rule can name (PutAlarmMuteRule)."""


def moment(value: Any) -> str | None:
    """A moment as text in UTC."""
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%SZ")
    return str(value) if value else None


def names(values: Any) -> list[str]:
    return sorted(str(value) for value in values or ())


class MuteRule(NamedKind):
    """One put call sets everything but the tags, and changes a rule of another owner without asking, so creating looks first."""

    name = "mute_rule"
    calls = NamedCalls(
        service="cloudwatch",
        list="list_alarm_mute_rules",
        items="AlarmMuteRuleSummaries",
        describe="get_alarm_mute_rule",
        create="put_alarm_mute_rule",
        delete="delete_alarm_mute_rule",
        name="AlarmMuteRuleName",
        id="AlarmMuteRuleName",
        arn="AlarmMuteRuleArn",
    )
    tagging = Tagging(tag="tag_resource", untag="untag_resource", key="ResourceARN", of="arn", read="list_tags_for_resource")
    exclusive = True
    elsewhere = True
    called = "rule_name"

    rule_name = fixed("Name")
    description = given()
    schedule = given("Rule")
    alarm_names = given("MuteTargets", canonical=names)
    start = given("StartDate", canonical=moment)
    end = given("ExpireDate", canonical=moment)

    def listed(self, aws: Aws) -> list[dict[str, Any]]:
        prefix = f"{aws.owner.environment}-{aws.owner.component}-"
        entries = [{**one, "AlarmMuteRuleName": one["AlarmMuteRuleArn"].rpartition(":")[2]} for one in super().listed(aws)]
        return [one for one in entries if one["AlarmMuteRuleName"].startswith(prefix)]

    def state(self, _raw: Mapping[str, Any]) -> tuple[Any, str]:
        return "ready", ""

    def value(self, raw: Mapping[str, Any], name: str) -> Any:
        if name == "rule_name":
            return raw["AlarmMuteRuleName"]
        if name == "schedule":
            found = (raw.get("Rule") or {}).get("Schedule") or {}
            return {key: found[api] for key, api in SCHEDULE.items() if found.get(api)} or None
        if name == "alarm_names":
            return (raw.get("MuteTargets") or {}).get("AlarmNames")
        return super().value(raw, name)

    def request(self, properties: Mapping[str, Any]) -> dict[str, Any]:
        schedule = {api: properties["schedule"][key] for key, api in SCHEDULE.items() if properties["schedule"].get(key)}
        optional = {"Description": "description", "StartDate": "start", "ExpireDate": "end"}
        return {
            "Name": properties["rule_name"],
            "Rule": {"Schedule": schedule},
            "MuteTargets": {"AlarmNames": list(properties["alarm_names"])},
            **{api: properties[name] for api, name in optional.items() if properties.get(name)},
        }

    def create(self, aws: Aws, address: str, properties: Mapping[str, Any], token: str) -> Observed:
        name = str(properties["rule_name"])
        if self.describe(aws, {"AlarmMuteRuleName": name}):
            raise AlreadyThere(f"a mute rule with the name {name} already exists", "cloudwatch:PutAlarmMuteRule")
        return super().create(aws, address, properties, token)

    def made(self, aws: Aws, raw: Mapping[str, Any], address: str) -> Observed:
        return super().made(aws, {**raw, "AlarmMuteRuleName": self.name_for(aws, address)}, address)

    def name_for(self, aws: Aws, address: str) -> str:
        return f"{aws.owner.environment}-{aws.owner.component}-{address.partition('.')[2].replace('/', '-')}"

    def update(self, aws: Aws, seen: Observed, properties: Mapping[str, Any]) -> None:
        if any(name != "tags" for name in properties):
            aws.change("cloudwatch", "put_alarm_mute_rule", **self.request({**seen.properties, **properties, "rule_name": seen.id}))
        if "tags" in properties:
            self.set_tags(aws, seen, properties["tags"])


SCHEDULE: Mapping[str, str] = {"expression": "Expression", "duration": "Duration", "timezone": "Timezone"}

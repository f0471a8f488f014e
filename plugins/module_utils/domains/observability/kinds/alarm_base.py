# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What all kinds of alarms share: they are listed together, by name, and one call sets everything about one of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ....aws.connection import Aws
from ....aws.kind import AwsKind, Calls
from ....aws.tags import tag_changes, tag_list
from ....reconcile.errors import AlreadyThere, EngineError
from ....reconcile.model import Observed, fixed, given
from . import alarm_listing

PROPAGATION = "AlarmTagsPropagation"


def sorted_texts(values: Any) -> list[str]:
    return sorted(str(value) for value in values or ())


class AlarmBase(AwsKind):
    """``type``: of DescribeAlarms. A put call resets everything that it does not name, and changes alarms of other owners without asking.

    The names in use are those of the latest list: to look each of hundreds of new alarms up would double the calls.
    """

    calls: Calls
    type = ""
    named = True
    exclusive = True
    elsewhere = True
    operations: tuple[str, ...] = (
        "describe_alarms",
        "list_tags_for_resource",
        "resourcegroupstaggingapi.get_resources",
        "tag_resource",
        "untag_resource",
    )

    alarm_name = fixed()
    alarm_description = given()
    alarm_actions = given(canonical=sorted_texts)
    ok_actions = given("OKActions", canonical=sorted_texts)
    actions_enabled = given()
    shared_tags = given("ActionConfiguration", canonical=sorted_texts)
    """The names of its tags that its messages and events carry, so that event patterns can select by them."""

    def __init__(self) -> None:
        super().__init__()
        self.names: dict[str, Mapping[str, Mapping[str, Any]]] = {}

    def find(self, aws: Aws) -> list[Observed]:
        listed = alarm_listing.alarms(aws)
        self.names[aws.region] = listed.names
        return self.observe_all(aws, list(listed.ours.get(self.type, ())))

    def observe(self, aws: Aws, raw: Mapping[str, Any], address: str | None = None) -> Observed | None:
        """The address in the owner tags says of which kind an alarm is; that of a holder is empty."""
        own = address or aws.owner.address(self.tags_of(raw))
        return super().observe(aws, raw, address) if own is not None and own.partition(".")[0] in ("", self.name) else None

    def attributes(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        configured = raw.get("AlarmConfigurationUpdatedTimestamp")
        return {"arn": raw.get("AlarmArn"), "configured": configured.isoformat() if configured else None}

    def is_gone(self, _raw: Mapping[str, Any]) -> bool:
        return False

    def state(self, _raw: Mapping[str, Any]) -> tuple[Any, str]:
        return "ready", ""

    def get_alarm_description(self, raw: Mapping[str, Any]) -> str | None:
        return raw.get("AlarmDescription") or None

    def get_alarm_actions(self, raw: Mapping[str, Any]) -> list[str]:
        return list(raw.get("AlarmActions") or ())

    def get_ok_actions(self, raw: Mapping[str, Any]) -> list[str]:
        return list(raw.get("OKActions") or ())

    def get_actions_enabled(self, raw: Mapping[str, Any]) -> bool:
        return bool(raw.get("ActionsEnabled", True))

    def get_shared_tags(self, raw: Mapping[str, Any]) -> list[str] | None:
        found = (raw.get("ActionConfiguration") or {}).get(PROPAGATION) or {}
        return list(found.get("IncludedTagKeys") or ()) if found.get("Enabled") else None

    @staticmethod
    def shared(properties: Mapping[str, Any]) -> dict[str, Any]:
        names = properties.get("shared_tags")
        return {"ActionConfiguration": {PROPAGATION: {"Enabled": True, "IncludedTagKeys": list(names)}}} if names else {}

    def create(self, aws: Aws, address: str, properties: Mapping[str, Any], _token: str) -> Observed:
        name = str(properties["alarm_name"])
        if name in self.names.get(aws.region, ()):
            raise AlreadyThere(f"an alarm with the name {name} already exists", f"cloudwatch:{self.calls.create}")
        tags = {**properties.get("tags", {}), **aws.owner.tags(address)}
        sent = self.request(properties)
        aws.change("cloudwatch", self.calls.create, **sent, Tags=tag_list(tags))
        return self.made(aws, {**sent, "Tags": tag_list(tags)}, address)

    def update(self, aws: Aws, seen: Observed, properties: Mapping[str, Any]) -> None:
        if any(name != "tags" for name in properties):
            whole = {**seen.properties, **properties, "alarm_name": seen.id}
            aws.change("cloudwatch", self.calls.create, **self.request({name: value for name, value in whole.items() if value is not None}))
        if "tags" in properties:
            self._set_tags(aws, seen, properties["tags"])

    def _set_tags(self, aws: Aws, seen: Observed, value: Mapping[str, str]) -> None:
        changed, dropped = tag_changes(seen.properties.get("tags", {}), value)
        if changed:
            aws.change("cloudwatch", "tag_resource", ResourceARN=self._arn(aws, seen), Tags=tag_list(changed))
        if dropped:
            aws.change("cloudwatch", "untag_resource", ResourceARN=self._arn(aws, seen), TagKeys=dropped)

    def _arn(self, aws: Aws, seen: Observed) -> str:
        """Of an alarm whose create call has just returned, nothing is known but its name."""
        known = seen.attributes.get("arn")
        found = known or next((one["AlarmArn"] for one in self._named(aws, seen.id)), None)
        if not found:
            raise EngineError(f"the alarm {seen.id} no longer exists")
        return str(found)

    def _named(self, aws: Aws, name: str) -> list[dict[str, Any]]:
        found = alarm_listing.described(aws, AlarmNames=[name])
        return [one for entries in found.values() for one in entries]

    def delete(self, aws: Aws, seen: Observed) -> None:
        """One alarm a call: DeleteAlarms refuses more than one composite alarm, and log alarms beside others."""
        aws.remove("cloudwatch", "delete_alarms", AlarmNames=[seen.id])

    def read(self, aws: Aws, seen: Observed) -> Observed | None:
        found = alarm_listing.described(aws, AlarmNames=[seen.id])[self.type]
        raws = [{**one, "Tags": tag_list(alarm_listing.tags_of(aws, one["AlarmArn"]))} for one in found]
        return next(iter(self.observe_all(aws, raws)), None)

    def claim(self, aws: Aws, seen: Observed, address: str) -> None:
        aws.change("cloudwatch", "tag_resource", ResourceARN=self._arn(aws, seen), Tags=tag_list(aws.owner.tags(address)))

    def look_up(self, aws: Aws, identifier: str, address: str) -> Observed | None:
        name = identifier.partition(":alarm:")[2] if identifier.startswith("arn:") else identifier
        return self._of_any_owner(aws, name, address)

    def holder(self, aws: Aws, properties: Mapping[str, Any]) -> Observed | None:
        """The alarm that has the name, if the latest list shows it."""
        name = str(properties.get("alarm_name") or "")
        return self._of_any_owner(aws, name, "") if name in self.names.get(aws.region, ()) else None

    def _of_any_owner(self, aws: Aws, name: str, address: str) -> Observed | None:
        found = alarm_listing.described(aws, AlarmNames=[name])[self.type]
        raws = [{**one, "Tags": tag_list(alarm_listing.tags_of(aws, one["AlarmArn"]))} for one in found]
        return self.observe_any_owner(aws, raws, address)

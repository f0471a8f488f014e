# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""EventBridge rules on the account's default event bus, with their targets."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from ..aws.canonical import sorted_strings
from ..aws.connection import Aws
from ..aws.marked import marked_arns
from ..aws.named_kind import NamedCalls, NamedKind, Read, Tagging
from ..reconcile.errors import AlreadyThere, CallFailed
from ..reconcile.model import Observed, fixed, given, later

IN_RULE = ("description", "event_pattern", "enabled")
"""The properties that one PutRule call sets together."""

ENABLED = {True: "ENABLED", False: "DISABLED"}


def as_pattern(value: Any) -> Any:
    """An event pattern, parsed, without an order of its alternatives. Unlike in a policy, a list of one stays a list."""
    if isinstance(value, str):
        value = json.loads(value)
    return {name: as_pattern(item) if isinstance(item, Mapping) else _sorted(item) for name, item in sorted(value.items())}


def _sorted(values: Any) -> Any:
    return sorted(values, key=str) if isinstance(values, list | tuple) else values


class EventsRule(NamedKind):
    """``described``: the names of the described rules, which are looked up directly. Others of the component are found by their tags.

    Every target is a resource that takes events without a role, such as a queue. A target beyond the desired ones is removed.
    """

    name = "events_rule"
    calls = NamedCalls(
        service="events", describe="describe_rule", create="put_rule", delete="delete_rule", name="Name", id="Name", arn="Arn"
    )
    tagging = Tagging(tag="tag_resource", untag="untag_resource", key="ResourceARN", of="arn", read="list_tags_for_resource")
    reads = (Read("list_targets_by_rule"),)
    operations = ("put_targets", "remove_targets", "resourcegroupstaggingapi.get_resources")
    exclusive = True
    called = "rule_name"

    rule_name = fixed("Name")
    description = given()
    event_pattern = given(canonical=as_pattern)
    enabled = given()
    target_arns = later(canonical=sorted_strings)

    def __init__(self, described: Iterable[str] = ()) -> None:
        super().__init__()
        self.hints = frozenset(described)

    def listed(self, aws: Aws) -> list[dict[str, Any]]:
        arns = {arn.rpartition("/")[2]: arn for arn in marked_arns(aws, "events")}
        return [{"Name": name, **({"Arn": arns[name]} if name in arns else {})} for name in sorted({*self.hints, *arns})]

    def _answer(self, aws: Aws, entry: Mapping[str, Any], read: Read) -> dict[str, Any] | None:
        if read.method == "list_targets_by_rule":
            return aws.find("events", read.method, Rule=entry["Name"])
        return super()._answer(aws, entry, read)

    def get_enabled(self, raw: Mapping[str, Any]) -> bool:
        return raw.get("State", ENABLED[True]) != ENABLED[False]

    def get_target_arns(self, raw: Mapping[str, Any]) -> list[str]:
        return [target["Arn"] for target in raw.get("Targets") or ()]

    def attributes(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        return {"arn": raw.get("Arn") or raw.get("RuleArn")}

    def state(self, _raw: Mapping[str, Any]) -> tuple[Any, str]:
        """Its State says whether it is enabled, which is a property."""
        return "ready", ""

    def request(self, properties: Mapping[str, Any]) -> dict[str, Any]:
        given = {name: value for name, value in properties.items() if name in IN_RULE and value is not None}
        sent = {"Description": given.get("description"), "EventPattern": given.get("event_pattern"), "State": given.get("enabled")}
        forms = {"EventPattern": lambda value: json.dumps(as_pattern(value)), "State": lambda enabled: ENABLED[enabled]}
        members = {name: forms.get(name, str)(value) for name, value in sent.items() if value is not None}
        return {"Name": properties["rule_name"], **members}

    def create(self, aws: Aws, address: str, properties: Mapping[str, Any], token: str) -> Observed:
        """PutRule changes an existing rule, whoever owns it, so this looks first."""
        name = str(properties["rule_name"])
        if self.describe(aws, {"Name": name}):
            raise AlreadyThere(f"a rule with the name {name} already exists", "PutRule")
        return super().create(aws, address, properties, token)

    def update(self, aws: Aws, seen: Observed, properties: Mapping[str, Any]) -> None:
        """PutRule resets what it does not name."""
        if any(name in properties for name in IN_RULE):
            aws.change("events", "put_rule", **self.request({**seen.properties, **properties, "rule_name": seen.id}))
        if "target_arns" in properties:
            self.set_target_arns(aws, seen, properties["target_arns"] or ())
        if "tags" in properties:
            self.set_tags(aws, seen, properties["tags"])

    def set_target_arns(self, aws: Aws, seen: Observed, value: Iterable[str]) -> None:
        """A target's ID is its name, the last part of its ARN. A rule has at most five, and one that is gone has none."""
        wanted = set(value)
        there = (aws.find("events", "list_targets_by_rule", Rule=seen.id) or {}).get("Targets") or []
        have = {target["Arn"] for target in there}
        surplus = [target["Id"] for target in there if target["Arn"] not in wanted]
        if surplus:
            complete(aws.change("events", "remove_targets", Rule=seen.id, Ids=surplus), "RemoveTargets")
        if missing := sorted(wanted - have):
            targets = [{"Id": arn.rpartition(":")[2].rpartition("/")[2], "Arn": arn} for arn in missing]
            complete(aws.change("events", "put_targets", Rule=seen.id, Targets=targets), "PutTargets")

    def delete(self, aws: Aws, seen: Observed) -> None:
        """EventBridge deletes no rule that has targets."""
        self.set_target_arns(aws, seen, ())
        super().delete(aws, seen)


def complete(reply: Mapping[str, Any], operation: str) -> None:
    """The reply reports entries that failed without being an error."""
    for entry in reply.get("FailedEntries") or ():
        raise CallFailed(f"{entry.get('TargetId')}: {entry.get('ErrorMessage')}", operation, str(entry.get("ErrorCode")))

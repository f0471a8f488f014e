# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The base of all AWS kinds: everything that regular APIs have in common, so that a kind declares only what is its own.

How to read or write a kind: the class attributes declare the properties (see reconcile/model.py); ``calls`` names the API; a method
``set_<property>`` changes that property; what is irregular overrides ``find``, ``observe``, ``create`` or ``delete``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ..reconcile.errors import EngineError
from ..reconcile.model import Observed, Property, State, given, properties_of
from .connection import Aws
from .quotas import Quota
from .tags import tag_changes, tag_dict, tag_list, visible, with_foreign

Setter = Callable[[Aws, Observed, Any], None]


@dataclass(frozen=True)
class Calls:
    """Where an EC2-like API keeps a kind: its list, create and delete calls and the names in their replies."""

    list: str
    items: str
    create: str
    item: str
    delete: str
    id: str
    tag_type: str
    filter: str = "Filters"
    token: str | None = None
    service: str = "ec2"


def ec2(noun: str, *, token: bool = False, **names: str) -> Calls:
    """The calls of an EC2 resource that follows its naming: ``ec2("route_table")`` -> describe_route_tables, RouteTableId, ..."""
    title = camel(noun)
    regular = {
        "list": f"describe_{noun}s",
        "items": f"{title}s",
        "create": f"create_{noun}",
        "item": title,
        "delete": f"delete_{noun}",
        "id": f"{title}Id",
        "tag_type": noun.replace("_", "-"),
    }
    return Calls(**{**regular, **names}, token="ClientToken" if token else None)


def camel(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))


class AwsKind:
    """See the module's docstring; the attributes below are those of reconcile.model.Kind."""

    name: str
    calls: Calls
    tags = given(effective=with_foreign)

    create_first = False
    repeatable = True
    exclusive = False
    ends_with_parent = False
    taken_unmarked = False
    holds_data = False
    settles: tuple[str, ...] = ()
    outlives: tuple[str, ...] = ()
    timeout = 600.0
    timeouts: Mapping[str, float] = {}
    changing: Mapping[str, tuple[str, ...]] = {}
    serialised: tuple[str, ...] = ("create", "update", "delete")
    quotas: tuple[Quota, ...] = ()
    """What one of this kind uses up of the account's quotas; see quotas.py."""

    id_prefix = ""
    """What ids of this kind begin with. Empty: the kind has no such ids and looks things up in a way of its own, or not at all."""

    states: Mapping[str, State] = {}
    """What the API's state names mean to the engine; anything else is ready."""

    def __init__(self) -> None:
        self.properties: dict[str, Property] = properties_of(self)

    def api_name(self, name: str) -> str:
        return self.properties[name].api or camel(name)

    def find(self, aws: Aws) -> list[Observed]:
        raws = aws.list_all(self.calls.service, self.calls.list, self.calls.items, **{self.calls.filter: aws.owner.filters()})
        return self.observe_all(aws, raws)

    def observe_all(self, aws: Aws, raws: list[dict[str, Any]]) -> list[Observed]:
        seen = [self.observe(aws, raw) for raw in raws]
        return [one for one in seen if one is not None]

    def observe(self, aws: Aws, raw: Mapping[str, Any], address: str | None = None) -> Observed | None:
        """One entry of a reply as an Observed; None when it is gone or not ours."""
        tags = tag_dict(raw.get("Tags"))
        address = address or aws.owner.address(tags)
        if address is None or self.is_gone(raw):
            return None
        values = {name: self.value(raw, name) for name in self.properties if name != "tags"}
        values["tags"] = visible(tags)
        state, reason = self.state(raw)
        return Observed(
            self.name,
            address,
            raw[self.calls.id],
            {name: value for name, value in values.items() if value is not None},
            self.attributes(raw),
            state,
            reason,
        )

    def value(self, raw: Mapping[str, Any], name: str) -> Any:
        """One property as the reply tells it; a kind's own ``get_<property>`` comes first."""
        getter = getattr(self, f"get_{name}", None)
        return getter(raw) if getter else raw.get(self.api_name(name))

    def attributes(self, _raw: Mapping[str, Any]) -> dict[str, Any]:
        return {}

    def is_gone(self, raw: Mapping[str, Any]) -> bool:
        return str(raw.get("State", "")).lower() == "deleted"

    def state(self, raw: Mapping[str, Any]) -> tuple[State, str]:
        name = raw.get("State")
        state = self.states.get(name.lower(), "ready") if isinstance(name, str) else "ready"
        last = raw.get("LastError", {})
        code = raw.get("FailureCode") or last.get("Code")
        message = raw.get("FailureMessage") or raw.get("FailureReason") or last.get("Message")
        return state, ": ".join(str(part) for part in (code, message) if part)

    def create(self, aws: Aws, address: str, properties: Mapping[str, Any], token: str) -> Observed:
        tags = {**properties.get("tags", {}), **aws.owner.tags(address)}
        params = {self.api_name(name): self.sent(name, value) for name, value in properties.items() if name != "tags" and value is not None}
        params["TagSpecifications"] = [{"ResourceType": self.calls.tag_type, "Tags": tag_list(tags)}]
        if self.calls.token:
            params[self.calls.token] = token
        reply = aws.change(self.calls.service, self.calls.create, **params)
        return self.made(aws, {**reply.get(self.calls.item, reply), "Tags": tag_list(tags)}, address)

    def made(self, aws: Aws, raw: Mapping[str, Any], address: str) -> Observed:
        """What the reply to a create call describes."""
        made = self.observe(aws, raw, address)
        if made is None:
            raise ValueError(f"a reply does not describe what was made: {raw}")
        return made

    def sent(self, _name: str, value: Any) -> Any:
        """A value as the API takes it: documents as text, everything else as it is."""
        return json.dumps(value) if isinstance(value, Mapping) else value

    def update(self, aws: Aws, seen: Observed, properties: Mapping[str, Any]) -> None:
        for name, value in properties.items():
            setter: Setter = getattr(self, f"set_{name}")
            setter(aws, seen, value)

    def set_tags(self, aws: Aws, seen: Observed, value: Mapping[str, str]) -> None:
        changed, dropped = tag_changes(seen.properties.get("tags", {}), value)
        if changed:
            aws.change("ec2", "create_tags", Resources=[seen.id], Tags=tag_list(changed))
        if dropped:
            aws.change("ec2", "delete_tags", Resources=[seen.id], Tags=[{"Key": name} for name in dropped])

    def delete(self, aws: Aws, seen: Observed) -> None:
        aws.remove(self.calls.service, self.calls.delete, **{self.calls.id: seen.id})

    def read(self, aws: Aws, seen: Observed) -> Observed | None:
        reply = aws.find(self.calls.service, self.calls.list, **self.by_id(seen.id))
        raws = reply.get(self.calls.items, []) if reply else []
        found = self.observe_all(aws, raws)
        return found[0] if found else None

    def by_id(self, identifier: str) -> dict[str, Any]:
        """The parameters with which the list call returns this one."""
        return {f"{self.calls.id}s": [identifier]}

    def fresh(self, _seen: Observed) -> Mapping[str, Any]:
        return {}

    def serialise_by(self, _properties: Mapping[str, Any]) -> str | None:
        return None

    def claim(self, aws: Aws, seen: Observed, address: str) -> None:
        aws.change("ec2", "create_tags", Resources=[seen.id], Tags=tag_list(aws.owner.tags(address)))

    def look_up(self, aws: Aws, identifier: str, address: str) -> Observed | None:
        if not self.id_prefix:
            raise EngineError(f"a {self.name} cannot be adopted")
        if not re.fullmatch(rf"{self.id_prefix}[0-9a-f]{{8,32}}", identifier):
            raise EngineError(
                f"the id of a {self.name} is {self.id_prefix} and hexadecimal digits, such as {self.id_prefix}0123456789abcdef0"
            )
        reply = aws.find(self.calls.service, self.calls.list, **self.by_id(identifier))
        return self.strange(aws, reply.get(self.calls.items, []) if reply else [], address)

    def strange(self, aws: Aws, raws: Iterable[Mapping[str, Any]], address: str = "") -> Observed | None:
        """The first of these entries that is not gone, whoever owns it, taken for an address."""
        raw = next((dict(raw) for raw in raws if not self.is_gone(raw)), None)
        if raw is None:
            return None
        if address and (reason := self.untakeable(raw)):
            raise EngineError(reason)
        other, marks = aws.taking_for(address)
        found = self.observe_all(other, [raw])
        return replace(found[0], marked=marks[0]) if found else None

    def untakeable(self, _raw: Mapping[str, Any]) -> str:
        """Why this one cannot be adopted; empty if it can."""
        return ""

    def holder(self, _aws: Aws, _properties: Mapping[str, Any]) -> Observed | None:
        return None

    def first(self, aws: Aws, **filters: Any) -> Observed | None:
        """The first one, whoever owns it, that passes filters of the list call, named with underscores; None where a value is missing."""
        if not all(filters.values()):
            return None
        wanted = [{"Name": name.replace("_", "-"), "Values": [value]} for name, value in filters.items()]
        return self.strange(aws, aws.list_all(self.calls.service, self.calls.list, self.calls.items, **{self.calls.filter: wanted}))

# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What all AWS kinds share, so that a kind declares only what is specific to it.

How to read or write a kind: the class attributes declare the properties (see reconcile/model.py); ``calls`` names the API; a method
``get_<property>`` reads a property from a reply, ``set_<property>`` changes it. A kind has one of two forms, ``Ec2Kind`` (ec2_kind.py: one
filtered list call returns everything) or ``NamedKind`` (named_kind.py: list, describe, tags).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ..reconcile.errors import EngineError
from ..reconcile.model import KindDefaults, Observed, State, given
from .connection import Aws
from .elsewhere import install
from .operations import Operation, named
from .quotas import Quota
from .tags import tag_dict, visible, with_foreign

Setter = Callable[[Aws, Observed, Any], None]


@dataclass(frozen=True, kw_only=True)
class Calls:
    """How an API exposes a kind: boto3's names of its list, create and delete calls, and the names in their parameters and replies.

    ``items`` is the member of the list call's reply that holds the entries; ``item`` is the member of other replies that holds the single
    one (empty: the reply itself); ``id`` is the entry's member that holds the id; ``token`` is the create call's parameter for a client
    token (empty: none). A call with an empty name is not made.
    """

    service: str
    list: str = ""
    items: str = ""
    create: str
    item: str = ""
    delete: str
    id: str
    token: str = ""


def camel(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))


def lower_camel(name: str) -> str:
    title = camel(name)
    return title[:1].lower() + title[1:]


class AwsKind(KindDefaults):
    """See the module's docstring; the attributes below are those of reconcile.model.Kind."""

    name: str
    calls: Calls
    tags = given(effective=with_foreign)

    quotas: tuple[Quota, ...] = ()
    """The account quotas that one resource of this kind uses; see quotas.py."""

    elsewhere = False
    """Whether a resource may live in another region than the component's. Adds the property ``region``; see elsewhere.py."""

    operations: tuple[str, ...] = ()
    """The operations that this kind calls besides those that ``calls`` and the like name, including those for its quotas: boto3's names,
    prefixed with the service if it is another one (``kms.describe_key``). A subclass adds to the operations of its bases."""

    named = False
    """Whether ids are names chosen by people: see Observed.named."""

    status_member = "State"
    """The reply member that holds the name of the state."""

    states: Mapping[str, State] = {}
    """The engine's states for the API's state names in lower case; any other name means ready."""

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if cls.elsewhere:
            install(cls)

    def declared(self) -> frozenset[Operation]:
        """Every AWS API operation that this kind can call. IAM policies are built from it, and tests compare it with the actual calls."""
        own = [name for cls in type(self).__mro__ for name in vars(cls).get("operations", ())]
        return frozenset(named(name, self.calls.service) for name in (*self.regular(), *own) if name)

    def regular(self) -> tuple[str, ...]:
        """The operations that ``calls`` names; an empty name means no operation."""
        return self.calls.list, self.calls.create, self.calls.delete

    def api_name(self, name: str) -> str:
        return self.properties[name].api or camel(name)

    def observe_all(self, aws: Aws, raws: list[dict[str, Any]]) -> list[Observed]:
        seen = [self.observe(aws, raw) for raw in raws]
        return [one for one in seen if one is not None]

    def observe(self, aws: Aws, raw: Mapping[str, Any], address: str | None = None) -> Observed | None:
        """One entry of a reply as an Observed; None if it is gone or not ours."""
        tags = self.tags_of(raw)
        address = address or aws.owner.address(tags)
        if address is None or self.is_gone(raw):
            return None
        values = {name: self.value(raw, name) for name, declared in self.properties.items() if name != "tags" and declared.role != "secret"}
        values["tags"] = visible(tags)
        state, reason = self.state(raw)
        kept = {name: value for name, value in values.items() if value is not None}
        trouble = self.trouble_of(raw) if state == "ready" else ""
        identity = raw[self.calls.id]
        return Observed(self.name, address, identity, kept, self.attributes(raw), state, reason, named=self.named, trouble=trouble)

    def tags_of(self, raw: Mapping[str, Any]) -> dict[str, str]:
        """All tags of an entry, including the owner's."""
        return tag_dict(raw.get("Tags"))

    def value(self, raw: Mapping[str, Any], name: str) -> Any:
        """One property as the reply gives it; a kind's own ``get_<property>`` takes precedence."""
        getter = getattr(self, f"get_{name}", None)
        return getter(raw) if getter else raw.get(self.api_name(name))

    def attributes(self, _raw: Mapping[str, Any]) -> dict[str, Any]:
        return {}

    def is_gone(self, raw: Mapping[str, Any]) -> bool:
        return str(raw.get(self.status_member, "")).lower() == "deleted"

    def state(self, raw: Mapping[str, Any]) -> tuple[State, str]:
        name = raw.get(self.status_member)
        return self.states.get(name.lower(), "ready") if isinstance(name, str) else "ready", self.reason_of(raw)

    def reason_of(self, _raw: Mapping[str, Any]) -> str:
        """Why it failed, in the API's words."""
        return ""

    def trouble_of(self, _raw: Mapping[str, Any]) -> str:
        """The problem that the API reports with a resource that the run leaves in place, for a line in plan and summary; empty if none."""
        return ""

    def request(self, properties: Mapping[str, Any]) -> dict[str, Any]:
        """The parameters of the create call, except tags and token."""
        return {self.api_name(n): self.sent(n, value) for n, value in properties.items() if n != "tags" and value is not None}

    def sent(self, _name: str, value: Any) -> Any:
        """A value as the API accepts it: documents as text, everything else unchanged."""
        return json.dumps(value) if isinstance(value, Mapping) else value

    def made(self, aws: Aws, raw: Mapping[str, Any], address: str) -> Observed:
        """The resource that the reply to a create call describes."""
        made = self.observe(aws, raw, address)
        if made is None:
            raise ValueError(f"the reply does not describe the new resource: {raw}")
        return made

    def update(self, aws: Aws, seen: Observed, properties: Mapping[str, Any]) -> None:
        for name, value in properties.items():
            setter: Setter = getattr(self, f"set_{name}")
            setter(aws, seen, value)

    def observe_any_owner(self, aws: Aws, raws: Iterable[Mapping[str, Any]], address: str = "") -> Observed | None:
        """The first of these entries that is not gone, whatever its owner, observed as ``address``."""
        raw = self.takeable(aws, raws, address)
        if raw is None:
            return None
        other, marks = aws.observing_as(address)
        found = self.observe_all(other, [raw])
        return replace(found[0], marked=marks[0]) if found else None

    def takeable(self, aws: Aws, raws: Iterable[Mapping[str, Any]], address: str) -> dict[str, Any] | None:
        """The first entry that is not gone. Raises EngineError if it is wanted for an address and cannot be adopted."""
        raw = next((dict(raw) for raw in raws if not self.is_gone(raw)), None)
        if raw is not None and address and (reason := self.why_not_adoptable(aws, raw)):
            raise EngineError(reason)
        return raw

    def why_not_adoptable(self, _aws: Aws, _raw: Mapping[str, Any]) -> str:
        """Why this one cannot be adopted; empty if it can."""
        return ""

    def holder(self, _aws: Aws, _properties: Mapping[str, Any]) -> Observed | None:
        return None

# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Base of kinds that services identify by name, ARN or id: a list call, a description of each, and tags, declared by ``Tagging``.

If the list call returns everything, ``describe`` is not needed; ``reads`` declares calls for what a description leaves out. All reads about
one resource run in parallel: finding takes one list call and one round of reads. Irregular kinds override a method.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from ..reconcile.errors import CallFailed
from ..reconcile.model import Observed
from .calls import is_gone
from .connection import Aws
from .kind import AwsKind, Calls
from .tags import tag_changes, tag_dict, tag_list


@dataclass(frozen=True, kw_only=True)
class NamedCalls(Calls):
    """The calls of a kind that is identified by name.

    ``name`` is the parameter that names a resource, and the member of list entries that holds the name; entries may be the names
    themselves. ``describe`` is the call that describes one resource, ``asking`` its further parameters; without it, the list call with the
    name does so. ``arn`` is the member that holds the ARN.
    """

    name: str
    describe: str = ""
    asking: Mapping[str, Any] = field(default_factory=dict)
    arn: str = ""

    @property
    def one(self) -> str:
        """The call that describes one resource."""
        return self.describe or self.list


@dataclass(frozen=True, kw_only=True)
class Tagging:
    """How a service tags.

    ``tag`` and ``untag`` are its calls. ``key`` is their parameter that identifies the resource, and ``of`` is the source of its value:
    "id", or an attribute such as "arn". ``tags`` is the member that holds tags in calls and replies, ``keys`` the one that holds names for
    ``untag``; a dot leads into a member (``Tags.Items``). ``create`` and ``create_tags`` are the members of the create call and of replies,
    if they differ. ``members`` are the names in a list of tags; None for services that take a mapping. ``read`` is the call that returns
    the tags, if the description does not; ``also`` are further parameters of all three calls.
    """

    tag: str
    untag: str
    key: str
    of: str = "id"
    tags: str = "Tags"
    keys: str = "TagKeys"
    create: str = ""
    create_tags: str = ""
    members: tuple[str, str] | None = ("Key", "Value")
    read: str = ""
    also: Mapping[str, Any] = field(default_factory=dict)

    def sent(self, tags: Mapping[str, str], creating: bool = False) -> dict[str, Any]:
        """The parameter that carries these tags."""
        form = tag_list(tags, *self.members) if self.members else dict(tags)
        return inside((self.create if creating else "") or self.tags, form)

    def dropped(self, names: Sequence[str]) -> dict[str, Any]:
        """The parameter that carries the names of tags to remove."""
        return inside(self.keys, list(names))

    def found(self, raw: Mapping[str, Any]) -> dict[str, str]:
        """The tags in a reply."""
        value: Any = raw
        for part in (self.create_tags or self.tags).split("."):
            value = (value or {}).get(part)
        return tag_dict(value, *self.members) if self.members else dict(value or {})


def inside(path: str, value: Any) -> dict[str, Any]:
    """Nest a value in members: ``inside("Tags.Items", [])`` -> ``{"Tags": {"Items": []}}``."""
    first, _dot, rest = path.partition(".")
    return {first: inside(rest, value) if rest else value}


class Read(NamedTuple):
    """A further call about one resource, made alongside its description. No answer means that it is gone, unless ``optional``."""

    method: str
    params: Mapping[str, Any] = {}
    optional: bool = False


class NamedKind(AwsKind):
    """See the module's docstring.

    An entry is what is known of a resource before it is described: its name, or everything that the list returns. A raw is an entry with
    all replies about it; ``attributes`` must accept either.
    """

    calls: NamedCalls
    tagging: Tagging
    reads: tuple[Read, ...] = ()
    named = True

    called = ""
    """The property that holds the unique name. Empty: the one whose API name is the parameter that names a resource."""

    def regular(self) -> tuple[str, ...]:
        tagging = self.tagging
        return *super().regular(), self.calls.describe, *(one.method for one in self.reads), tagging.tag, tagging.untag, tagging.read

    def find(self, aws: Aws) -> list[Observed]:
        return self.observe_all(aws, self.described(aws, self.listed(aws)))

    def listed(self, aws: Aws) -> list[dict[str, Any]]:
        """The entries of the list call."""
        found = aws.list_all(self.calls.service, self.calls.list, self.calls.items, **self.list_params(aws))
        return [dict(entry) if isinstance(entry, Mapping) else {self.calls.name: entry} for entry in found]

    def list_params(self, _aws: Aws) -> dict[str, Any]:
        """Parameters that keep other owners' resources out of the list call: a path, a prefix."""
        return {}

    def entries_at(self, aws: Aws, where: Mapping[str, str]) -> list[dict[str, Any]]:
        """The list's entry for the resource that these parameters name; no entries if it does not exist."""
        if self.calls.describe:
            return [dict(where)]
        name = where[self.calls.name]
        try:
            found = aws.list_all(self.calls.service, self.calls.list, self.calls.items, **self.by_name(name))
        except CallFailed as error:
            if not is_gone(error):
                raise
            return []
        return [dict(entry) for entry in found if entry[self.calls.name] == name]

    def by_name(self, name: str) -> dict[str, Any]:
        """The list call's parameters that select this resource."""
        return {self.calls.name: name}

    def described(self, aws: Aws, entries: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """The raws of the entries that exist.

        Tags take a second round of reads only if the description alone provides the value by which they are read.
        """
        first, tags = [*self._description(), *self.reads], self._tags()
        if tags and first and not all(self.handle(entry) for entry in entries):
            return self._asked(aws, self._asked(aws, entries, first), tags)
        return self._asked(aws, entries, [*first, *tags])

    def _description(self) -> list[Read]:
        return [Read(self.calls.describe)] if self.calls.describe else []

    def _tags(self) -> list[Read]:
        return [Read(self.tagging.read)] if self.tagging.read else []

    def _asked(self, aws: Aws, entries: Sequence[Mapping[str, Any]], reads: Sequence[Read]) -> list[dict[str, Any]]:
        """Every entry with the replies to these reads, all made in parallel; entries whose resource is gone are left out."""
        wanted = [(entry, read) for entry in entries for read in reads]
        answers = iter(aws.map(lambda one: self._answer(aws, *one), wanted))
        found = []
        for entry in entries:
            own = [(read, next(answers)) for read in reads]
            if all(answer is not None or read.optional for read, answer in own):
                beside = [answer or {} for read, answer in own if read.method != self.calls.describe]
                described = [answer or {} for read, answer in own if read.method == self.calls.describe]
                found.append({name: value for part in (*beside, entry, *described) for name, value in part.items()})
        return found

    def _answer(self, aws: Aws, entry: Mapping[str, Any], read: Read) -> dict[str, Any] | None:
        if read.method == self.calls.one:
            return self.describe(aws, entry)
        if read.method == self.tagging.read:
            return aws.find(self.calls.service, self.tagging.read, **{self.tagging.key: self.handle(entry)}, **self.tagging.also)
        return aws.find(self.calls.service, read.method, **self.at(entry), **read.params)

    def describe(self, aws: Aws, entry: Mapping[str, Any]) -> dict[str, Any] | None:
        """The describe call's reply about one resource; None if it does not exist."""
        reply = aws.find(self.calls.service, self.calls.one, **self.at(entry), **self.calls.asking)
        return None if reply is None else self.item_of(reply)

    def at(self, entry: Mapping[str, Any]) -> dict[str, str]:
        """The parameters that name an entry's resource."""
        return {self.calls.name: entry[self.calls.name]}

    def where(self, seen: Observed) -> dict[str, str]:
        """The parameters that name an observed resource."""
        return {self.calls.name: seen.id}

    def item_of(self, reply: Mapping[str, Any]) -> dict[str, Any]:
        """The part of a reply that describes the resource."""
        return dict(reply.get(self.calls.item, reply))

    def handle(self, entry: Mapping[str, Any]) -> Any:
        """The value by which the tag calls identify a resource, if the entry contains it."""
        return entry.get(self.calls.id) if self.tagging.of == "id" else self.attributes(entry).get(self.tagging.of)

    def tags_of(self, raw: Mapping[str, Any]) -> dict[str, str]:
        return self.tagging.found(raw)

    def attributes(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        return {"arn": raw.get(self.calls.arn)} if self.calls.arn else {}

    def read(self, aws: Aws, seen: Observed) -> Observed | None:
        found = self.observe_all(aws, self.described(aws, self.entries_at(aws, self.where(seen))))
        return next((one for one in found if one.id == seen.id), None)

    def create(self, aws: Aws, address: str, properties: Mapping[str, Any], token: str) -> Observed:
        """Make one call, owner tags included. The result reads as it was sent, and is pending if the reply lacks the ARN."""
        tags = {**properties.get("tags", {}), **aws.owner.tags(address)}
        request = {**self.request(properties), **self.create_params(aws), **({self.calls.token: token} if self.calls.token else {})}
        reply = aws.change(self.calls.service, self.calls.create, **request, **self.tagging.sent(tags, creating=True))
        made = self.made(aws, {self.calls.name: request.get(self.calls.name), **self.item_of(reply)}, address)
        sent = {name: value for name, value in properties.items() if self.properties[name].compared and value is not None}
        unread = made.state == "ready" and made.attributes.get("arn", "") is None
        return replace(made.changed(sent), state="pending" if unread else made.state)

    def create_params(self, _aws: Aws) -> dict[str, Any]:
        """Parameters of the create call that depend on the owner: a path."""
        return {}

    def set_tags(self, aws: Aws, seen: Observed, value: Mapping[str, str]) -> None:
        changed, dropped = tag_changes(seen.properties.get("tags", {}), value)
        if changed:
            aws.change(self.calls.service, self.tagging.tag, **self._tag_key(seen), **self.tagging.sent(changed))
        if dropped:
            aws.change(self.calls.service, self.tagging.untag, **self._tag_key(seen), **self.tagging.dropped(dropped))

    def _tag_key(self, seen: Observed) -> dict[str, Any]:
        own = seen.id if self.tagging.of == "id" else seen.attributes[self.tagging.of]
        return {self.tagging.key: own, **self.tagging.also}

    def delete(self, aws: Aws, seen: Observed) -> None:
        aws.remove(self.calls.service, self.calls.delete, **self.where(seen))

    def claim(self, aws: Aws, seen: Observed, address: str) -> None:
        aws.change(self.calls.service, self.tagging.tag, **self._tag_key(seen), **self.tagging.sent(aws.owner.tags(address)))

    def look_up(self, aws: Aws, identifier: str, address: str) -> Observed | None:
        """Look up by name or ARN."""
        name = self.known(aws, identifier)
        seen = self.look_up_any_owner(aws, {self.calls.name: name}, address) if name else None
        other = seen and identifier.startswith("arn:") and seen.attributes.get("arn", identifier) != identifier.removesuffix(":*")
        return None if other else seen

    def known(self, _aws: Aws, identifier: str) -> str:
        """The name by which calls identify the resource with this identifier; empty if it does not exist."""
        arn = identifier.startswith("arn:") and self.calls.name != self.calls.arn
        return identifier.rpartition(":")[2].rpartition("/")[2] if arn else identifier

    def holder(self, aws: Aws, properties: Mapping[str, Any]) -> Observed | None:
        """The resource that has the name."""
        called = self.called or next((name for name in self.properties if self.api_name(name) == self.calls.name), "")
        name = self.known(aws, properties[called]) if properties.get(called) else ""
        return self.look_up_any_owner(aws, {self.calls.name: name}) if name else None

    def look_up_any_owner(self, aws: Aws, where: Mapping[str, str], address: str = "") -> Observed | None:
        """The resource that these parameters name, whatever its owner. Described before any other read, since usually none exists."""
        there = self._asked(aws, self.entries_at(aws, where), self._description())
        raw = self.takeable(aws, there, address)
        return self.observe_any_owner(aws, self._asked(aws, [raw], [*self.reads, *self._tags()]), address) if raw else None

# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The engine's vocabulary: resources, references, properties, observed state, and what a kind must provide.

Nothing here depends on AWS. A *resource* is what the user wants, an *observed* is what exists, and a *kind* defines how the two are
compared and reconciled. Start reading at ``Kind``; then planner.py (what to do), graph.py (in which order), run.py and steps.py (doing it).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, Protocol

UNKNOWN = "(known after apply)"
"""Placeholder for a value known only after the apply. An ordinary string, recognized by containment, so it survives JSON and templates."""

SENSITIVE = "(sensitive)"


@dataclass(frozen=True)
class Ref:
    """A value that another resource provides: ``prefix + <attribute of the resource at address> + suffix``."""

    address: str
    attribute: str = "id"
    prefix: str = ""
    suffix: str = ""


def ref(address: str, attribute: str = "id", prefix: str = "", suffix: str = "") -> Ref:
    """Refer to an attribute of another resource. Allowed anywhere inside a property, at any depth."""
    return Ref(address, attribute, prefix, suffix)


@dataclass(frozen=True)
class Resource:
    """One resource that should exist.

    ``properties`` holds only what the user gives: an absent property is neither sent nor compared.
    ``after`` names addresses that must be completely finished before this resource is created.
    """

    kind: str
    name: str
    properties: Mapping[str, Any] = field(default_factory=dict)
    after: tuple[str, ...] = ()

    @property
    def address(self) -> str:
        return f"{self.kind}.{self.name}"


State = Literal["pending", "ready", "failed", "deleting"]


@dataclass(frozen=True)
class Observed:
    """One existing resource that carries our owner mark.

    ``properties`` has the shape of a resource's properties; ``attributes`` is what references resolve to (the id is added to them);
    ``reason`` says why ``state`` is "failed". A resource that is permanently gone is not observed at all.

    ``marked`` is None if the resource carries the mark of its address. Otherwise the resource is being taken over for an address that it
    does not carry yet, and ``marked`` is its present mark: "" for none, another address of ours, or "owner address" of another owner. See
    claims.py.

    ``trouble`` is a problem that the backend reports with an existing resource that is left unchanged: degraded, disabled.

    ``named`` says that the id is a name chosen by people. Such a name refers to this resource only if it is an entire value: within other
    text (a log group's name, a policy) it may mean anything. An ARN is not such a name, whatever it ends in.

    ``guard`` says why deleting or replacing the resource would affect more than itself; only consent that names its exact address allows
    it.
    """

    kind: str
    address: str
    id: str
    properties: Mapping[str, Any] = field(default_factory=dict)
    attributes: Mapping[str, Any] = field(default_factory=dict)
    state: State = "ready"
    reason: str = ""
    marked: str | None = None
    named: bool = False
    guard: str = ""
    trouble: str = ""

    def attribute(self, name: str) -> Any:
        """The value of a reference to this attribute; UNKNOWN until the value is known."""
        if name == "id":
            return self.id
        value = self.attributes.get(name)
        return UNKNOWN if value is None else value

    def identifiers(self) -> frozenset[str]:
        """The strings by which other resources may refer to this one."""
        own = WholeName(self.id) if self.named and not self.id.startswith("arn:") else str(self.id)
        return frozenset(name for name in (own, *(str(self.attributes.get(n) or "") for n in ("id", "arn"))) if name)

    def changed(self, properties: Mapping[str, Any]) -> Observed:
        """Return a copy with ``properties`` set."""
        return replace(self, properties={**self.properties, **properties})


class WholeName(str):
    """An identifier that counts only if it is an entire value: see ``Observed.named``."""

    __slots__ = ()


Role = Literal["fixed", "given", "later", "initial", "secret"]


@dataclass(frozen=True)
class Property:
    """How one property of a kind behaves. Created by ``fixed()``, ``given()``, ``later()``, ``initial()`` and ``secret()``.

    ``canonical`` converts a value to the single form in which desired and observed values are compared and shown.
    ``effective`` computes from (desired, observed) what the property should read if others may legitimately control part of it: foreign
    tags that stay, a size that an autoscaler owns. It defaults to the desired value.
    ``document``: it only mentions other resources, as a policy does. They can be deleted while it mentions them, and it must stay intact:
    no part of it is ever removed because a mentioned resource is deleted. ``api`` is the backend's own name if it does not follow from the
    attribute's name.
    """

    role: Role
    api: str | None = None
    canonical: Callable[[Any], Any] | None = None
    effective: Callable[[Any, Any], Any] | None = None
    document: bool = False

    @property
    def in_create(self) -> bool:
        return self.role != "later"

    @property
    def compared(self) -> bool:
        return self.role in ("fixed", "given", "later")

    def normal(self, value: Any) -> Any:
        return self.canonical(value) if self.canonical and value is not None else value

    def target(self, desired: Any, observed: Any) -> Any:
        return self.normal(self.effective(desired, observed) if self.effective else desired)


def fixed(api: str | None = None, *, canonical: Callable[[Any], Any] | None = None) -> Any:
    """Sent with the create call; a different value requires a new resource."""
    return Property("fixed", api, canonical)


def given(
    api: str | None = None,
    *,
    canonical: Callable[[Any], Any] | None = None,
    effective: Callable[[Any, Any], Any] | None = None,
    document: bool = False,
) -> Any:
    """Sent with the create call and changeable in place."""
    return Property("given", api, canonical, effective, document)


def later(
    api: str | None = None,
    *,
    canonical: Callable[[Any], Any] | None = None,
    effective: Callable[[Any, Any], Any] | None = None,
    document: bool = False,
) -> Any:
    """Not accepted by the create call: set afterwards, by the same path that corrects drift."""
    return Property("later", api, canonical, effective, document)


def initial(api: str | None = None) -> Any:
    """Sent with the create call and never compared afterwards."""
    return Property("initial", api)


def secret(api: str | None = None) -> Any:
    """Sent with the create call, never read back, compared or shown."""
    return Property("secret", api)


def properties_of(kind: type | object) -> dict[str, Property]:
    """The properties that a kind's class attributes declare, in declaration order, base classes first."""
    cls = kind if isinstance(kind, type) else type(kind)
    found: dict[str, Property] = {}
    for base in reversed(cls.__mro__):
        found.update({name: value for name, value in vars(base).items() if isinstance(value, Property)})
    return found


class Kind(Protocol):
    """What the engine requires of a kind. ``backend`` is passed through untouched: a connection, a fake, whatever the kind understands.

    The one rule: **create is exactly one mutating call**. Anything that call cannot carry is a ``later`` property, so that an interrupted
    creation is ordinary drift. Every update sets an absolute state and may be repeated.
    """

    name: str

    @property
    def properties(self) -> Mapping[str, Property]:
        """The properties that the class attributes declare."""

    create_first: bool
    """A replacement is created before the old resource is deleted. Only where names, addresses and quotas allow both to exist."""
    repeatable: bool
    """Repeating the create call after a lost reply cannot create a second resource: it carries a token or collides with itself."""
    exclusive: bool
    """Two resources of one name or range cannot exist at the same time: new ones are created after the old ones are gone."""
    ends_with_parent: bool
    """Deletion is a formality; the resource disappears with its parent."""
    adopts_unmarked: bool
    """AWS itself may have created a resource of this name. If it carries no owner mark, it is taken over and is not a conflict."""
    holds_data: bool
    """Deletion destroys data: consent must name the kind in full."""
    timeout: float
    """Seconds allowed for creating, changing or deleting one."""

    @property
    def timeouts(self) -> Mapping[str, float]:
        """The same for "create", "update" or "delete", if one of them may take much longer than the others."""

    @property
    def changing(self) -> Mapping[str, tuple[str, ...]]:
        """Attributes that an update changes, each with the properties whose update changes it: they are known after that update."""

    @property
    def together(self) -> Mapping[str, tuple[str, ...]]:
        """Properties that an update of another one names too, even if they keep their values: the backend would choose others."""

    @property
    def alternatives(self) -> Mapping[str, str]:
        """Properties that show one value of the backend under different rules, each with the other. A resource describes one of them."""

    @property
    def serialized(self) -> tuple[str, ...]:
        """Which of "create", "update" and "delete" ``serialize_by`` applies to."""

    @property
    def settles(self) -> tuple[str, ...]:
        """Which of "update" and "delete" are only started by their call and must be waited for. A create reports this by its state."""

    @property
    def deleted_after(self) -> tuple[str, ...]:
        """Kinds whose resources must be gone before one of this kind is deleted, beyond what references imply."""

    def find(self, backend: Any, /) -> list[Observed]:
        """List every resource of this kind that carries our owner mark, in any state but gone, in as few calls as the API allows."""

    def create(self, backend: Any, address: str, properties: Mapping[str, Any], token: str, /) -> Observed:
        """Create one with exactly one mutating call, owner mark included."""

    def update(self, backend: Any, seen: Observed, properties: Mapping[str, Any], /) -> None:
        """Set these properties to these values. Absolute and repeatable; ``None`` unsets."""

    def delete(self, backend: Any, seen: Observed, /) -> None:
        """Delete it; no error if it is already gone."""

    def read(self, backend: Any, seen: Observed, /) -> Observed | None:
        """Read this one again; None if it is gone."""

    def fresh(self, seen: Observed, /) -> Mapping[str, Any]:
        """The values that ``later`` properties have right after the create call; properties without a value are absent."""

    def serialize_by(self, properties: Mapping[str, Any], /) -> str | None:
        """Resources with the same result are changed one at a time; None if the API accepts concurrent changes."""

    def claim(self, backend: Any, seen: Observed, address: str, /) -> None:
        """Write our owner mark for ``address`` over any mark that this carries: one absolute call that may be repeated."""

    def look_up(self, backend: Any, identifier: str, address: str, /) -> Observed | None:
        """The resource with this identifier, whatever its owner, observed as ``address`` with ``marked`` set; None if it does not exist.

        Raises EngineError, with the reason, for an identifier of another kind and for a resource that cannot be taken over.
        """

    def holder(self, backend: Any, properties: Mapping[str, Any], /) -> Observed | None:
        """The resource whose name or range would conflict with a new one with these properties, as ``look_up`` observes it.

        Properties that are not known yet are left out; None if one that matters is missing.
        """


class KindDefaults:
    """What most kinds answer to ``Kind``'s attributes and optional methods; a kind overrides what differs."""

    create_first = False
    repeatable = True
    exclusive = False
    ends_with_parent = False
    adopts_unmarked = False
    holds_data = False
    settles: tuple[str, ...] = ()
    deleted_after: tuple[str, ...] = ()
    timeout = 600.0
    timeouts: Mapping[str, float] = {}
    changing: Mapping[str, tuple[str, ...]] = {}
    together: Mapping[str, tuple[str, ...]] = {}
    alternatives: Mapping[str, str] = {}
    serialized: tuple[str, ...] = ("create", "update", "delete")

    def __init__(self) -> None:
        self.properties: dict[str, Property] = properties_of(self)

    def fresh(self, _seen: Observed) -> Mapping[str, Any]:
        return {}

    def serialize_by(self, _properties: Mapping[str, Any]) -> str | None:
        return None


def walk(value: Any) -> Iterator[Any]:
    """Every leaf of nested mappings and lists, keys included."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield key
            yield from walk(item)
    elif isinstance(value, list | tuple | set | frozenset):
        for item in value:
            yield from walk(item)
    else:
        yield value


def refs_in(value: Any) -> list[Ref]:
    """The references inside a value."""
    return [leaf for leaf in walk(value) if isinstance(leaf, Ref)]


def is_unknown(value: Any) -> bool:
    """Whether any part of a value is known only after the apply."""
    return any(isinstance(leaf, str) and UNKNOWN in leaf for leaf in walk(value))


def mentions(value: Any, identifiers: frozenset[str]) -> bool:
    """Whether a value contains one of these identifiers, as a whole string or, unless it is a WholeName, within one (an ARN in a policy).

    An identifier never matches within a longer one: ``arn:aws:sqs:eu-west-1:1:shop`` is not part of ``arn:aws:sqs:eu-west-1:1:shop-2``.
    """
    return any(isinstance(leaf, str) and any(_says(leaf, name) for name in identifiers) for leaf in walk(value))


def _says(text: str, name: str) -> bool:
    if isinstance(name, WholeName) or name == text:
        return name == text
    start = text.find(name)
    while start >= 0:
        if not _begins_earlier(text, start) and not _ends_later(text, start + len(name), name):
            return True
        start = text.find(name, start + 1)
    return False


def _begins_earlier(text: str, start: int) -> bool:
    """Whether an identifier at this position belongs to a longer one that starts earlier."""
    return start > 0 and _in_names(text[start - 1])


def _ends_later(text: str, end: int, name: str) -> bool:
    """Whether an identifier that ends here continues into a longer one.

    A slash after the ARN of a bucket, which has no slash itself, leads to the bucket's contents; after a log group or a role, it leads to
    another one. Dots and signs (``shop.fifo``) belong to names, with which ARNs end, if something follows them.
    """
    follows, after = text[end : end + 1], text[end + 1 : end + 2]
    if not follows:
        return False
    if follows == "/":
        return "/" in name
    return _in_names(follows) or (name.startswith("arn:") and follows in ".+=@" and _in_names(after))


def _in_names(character: str) -> bool:
    return character.isalnum() or character in ("-", "_")


def without(value: Any, identifiers: frozenset[str]) -> Any:
    """A value without the items that mention one of these identifiers; None if nothing is left."""
    if isinstance(value, Mapping):
        return {key: item for key, item in value.items() if not mentions((key, item), identifiers)}
    if isinstance(value, list | tuple):
        return [item for item in value if not mentions(item, identifiers)]
    return None if mentions(value, identifiers) else value


def resolve(value: Any, lookup: Callable[[Ref], Any]) -> Any:
    """Replace each reference in a value, mapping keys included, with the result of ``lookup``. A prefix or suffix makes it a string."""
    if isinstance(value, Ref):
        found = lookup(value)
        return f"{value.prefix}{found}{value.suffix}" if value.prefix or value.suffix else found
    if isinstance(value, Mapping):
        return {resolve(key, lookup): resolve(item, lookup) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [resolve(item, lookup) for item in value]
    return value

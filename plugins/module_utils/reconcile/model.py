# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The words of the engine: resources, references, properties, what was observed, and what a kind must offer.

Nothing here knows AWS. A *resource* is what somebody wants, an *observed* is what is there, a *kind* says how the two are compared and
brought together. Start reading at ``Kind``; then planner.py (what to do), graph.py (in which order), executor.py (doing it).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, Protocol

UNKNOWN = "(known after apply)"
"""What a value reads that only the apply can tell. An ordinary string, recognised by containment, so it survives JSON and templates."""

SENSITIVE = "(sensitive)"


@dataclass(frozen=True)
class Ref:
    """A value that another resource provides: ``prefix + <attribute of the resource at address> + suffix``."""

    address: str
    attribute: str = "id"
    prefix: str = ""
    suffix: str = ""


def ref(address: str, attribute: str = "id", prefix: str = "", suffix: str = "") -> Ref:
    """Refer to an attribute of another resource. May stand anywhere inside a property, at any depth."""
    return Ref(address, attribute, prefix, suffix)


@dataclass(frozen=True)
class Resource:
    """One thing that should exist.

    ``properties`` holds what the user gives and nothing else: an absent property is neither sent nor compared.
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
    """One thing that is there and carries our owner mark.

    ``properties`` has the shape of a resource's properties; ``attributes`` is what references resolve to (the id is added to them);
    ``reason`` says why ``state`` is "failed". What is gone for good is not observed at all.

    ``marked`` is None for what carries the mark of its address. It is the present mark of what is taken for an address that it does not
    carry yet: "" for nobody's, another address of ours, or "owner address" of another owner. See claims.py.

    ``named`` says that the id is a name that people chose. Such a word means this one only where it is the whole of a value: inside of
    other texts (a log group's name, a policy) it may mean anything. An ARN is none, whatever it ends in.
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

    def attribute(self, name: str) -> Any:
        """The value a reference to this attribute gets; unknown while nobody can say it."""
        if name == "id":
            return self.id
        value = self.attributes.get(name)
        return UNKNOWN if value is None else value

    def identifiers(self) -> frozenset[str]:
        """The strings by which other resources may refer to this one."""
        own = Word(self.id) if self.named and not self.id.startswith("arn:") else str(self.id)
        return frozenset(name for name in (own, *(str(self.attributes.get(n) or "") for n in ("id", "arn"))) if name)

    def changed(self, properties: Mapping[str, Any]) -> Observed:
        """This, after ``properties`` have been set."""
        return replace(self, properties={**self.properties, **properties})


class Word(str):
    """An identifier that counts only where it is the whole of a value: see ``Observed.named``."""

    __slots__ = ()


Role = Literal["fixed", "given", "later", "initial", "secret"]


@dataclass(frozen=True)
class Property:
    """How one property of a kind behaves. Made by ``fixed()``, ``given()``, ``later()``, ``initial()`` and ``secret()``.

    ``canonical`` brings a value into the one form in which desired and observed are compared and shown.
    ``effective`` computes from (desired, observed) what the property should read when others may legitimately have a say in it:
    foreign tags that stay, a size that an autoscaler owns. It defaults to what is desired.
    ``api`` is the backend's own name where it does not follow from the attribute's.
    """

    role: Role
    api: str | None = None
    canonical: Callable[[Any], Any] | None = None
    effective: Callable[[Any, Any], Any] | None = None

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
    """Sent with the create call; another value means another resource."""
    return Property("fixed", api, canonical)


def given(
    api: str | None = None,
    *,
    canonical: Callable[[Any], Any] | None = None,
    effective: Callable[[Any, Any], Any] | None = None,
) -> Any:
    """Sent with the create call and changeable in place."""
    return Property("given", api, canonical, effective)


def later(
    api: str | None = None,
    *,
    canonical: Callable[[Any], Any] | None = None,
    effective: Callable[[Any, Any], Any] | None = None,
) -> Any:
    """The create call cannot carry it: set afterwards, by the same path that mends drift."""
    return Property("later", api, canonical, effective)


def initial(api: str | None = None) -> Any:
    """Sent with the create call and never looked at again."""
    return Property("initial", api)


def secret(api: str | None = None) -> Any:
    """Sent with the create call, never read back, compared or shown."""
    return Property("secret", api)


def properties_of(kind: type | object) -> dict[str, Property]:
    """The properties that a kind's class attributes declare, in the order of their declaration, base classes first."""
    cls = kind if isinstance(kind, type) else type(kind)
    found: dict[str, Property] = {}
    for base in reversed(cls.__mro__):
        found.update({name: value for name, value in vars(base).items() if isinstance(value, Property)})
    return found


class Kind(Protocol):
    """What the engine asks of a kind. ``backend`` is passed through untouched: a connection, a fake, whatever the kind understands.

    The one rule: **create is exactly one mutating call**. Whatever that call cannot carry is a ``later`` property, so that a creation
    which was cut short is ordinary drift. Every update sets an absolute state and may be repeated.
    """

    name: str

    @property
    def properties(self) -> Mapping[str, Property]:
        """What the class attributes declare."""

    create_first: bool
    """A replacement is created before the old one is deleted. Only where names, addresses and quotas allow both to exist."""
    repeatable: bool
    """Sending the create call again after a lost reply cannot make a second one: it carries a token or collides with itself."""
    exclusive: bool
    """Two of one name or range cannot be there at a time: new ones are made when the old ones have gone."""
    ends_with_parent: bool
    """Deleting it is a formality; it goes when what it belongs to goes."""
    taken_unmarked: bool
    """AWS itself may have made one of this name. If it carries nobody's mark, it is taken over and not in the way."""
    holds_data: bool
    """Deleting one destroys data: consent must name the kind in full."""
    timeout: float
    """Seconds that making, changing or deleting one may take."""

    @property
    def timeouts(self) -> Mapping[str, float]:
        """The same for "create", "update" or "delete", where one of them may take much longer than the others."""

    @property
    def changing(self) -> Mapping[str, tuple[str, ...]]:
        """Attributes that an update changes, each with the properties whose update does: they are known when that is done."""

    @property
    def serialised(self) -> tuple[str, ...]:
        """Which of "create", "update" and "delete" ``serialise_by`` is about."""

    @property
    def settles(self) -> tuple[str, ...]:
        """Which of "update" and "delete" are only begun by their call, and have to be waited for. A create says so by its state."""

    @property
    def outlives(self) -> tuple[str, ...]:
        """Kinds that must be gone before one of this kind is deleted, beyond what references tell."""

    def find(self, backend: Any, /) -> list[Observed]:
        """Everything of this kind that carries our owner mark, in any state but gone, in as few calls as the API allows."""

    def create(self, backend: Any, address: str, properties: Mapping[str, Any], token: str, /) -> Observed:
        """Exactly one mutating call, owner mark included."""

    def update(self, backend: Any, seen: Observed, properties: Mapping[str, Any], /) -> None:
        """Set these properties to these values. Absolute and repeatable; ``None`` unsets."""

    def delete(self, backend: Any, seen: Observed, /) -> None:
        """Delete it; not an error if it is gone already."""

    def read(self, backend: Any, seen: Observed, /) -> Observed | None:
        """Look at this one again; None when it is gone."""

    def fresh(self, seen: Observed, /) -> Mapping[str, Any]:
        """What late properties of this one read right after its create call, where that is not nothing."""

    def serialise_by(self, properties: Mapping[str, Any], /) -> str | None:
        """Resources with an equal answer are changed one at a time; None where the API takes changes side by side."""

    def claim(self, backend: Any, seen: Observed, address: str, /) -> None:
        """Write our owner mark for ``address`` over whatever mark this carries: one absolute call that may be repeated."""

    def look_up(self, backend: Any, identifier: str, address: str, /) -> Observed | None:
        """What has this identifier, whoever owns it, observed as ``address`` with ``marked`` set; None when there is no such thing.

        Raises EngineError, saying why, for an identifier of another kind and for what cannot be taken over.
        """

    def holder(self, backend: Any, properties: Mapping[str, Any], /) -> Observed | None:
        """Who has the name or the range that something new with these properties would collide with, as ``look_up`` observes it.

        Properties that are not known yet are left out; None where one that matters is missing.
        """


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
    """Whether any part of a value will only be known after the apply."""
    return any(isinstance(leaf, str) and UNKNOWN in leaf for leaf in walk(value))


def mentions(value: Any, identifiers: frozenset[str]) -> bool:
    """Whether a value contains one of these identifiers, as a whole string or, unless it is a Word, inside one (an ARN in a policy).

    An identifier is never found inside a longer one: ``arn:aws:sqs:eu-west-1:1:shop`` is no part of ``arn:aws:sqs:eu-west-1:1:shop-2``.
    """
    return any(isinstance(leaf, str) and any(_says(leaf, name) for name in identifiers) for leaf in walk(value))


def _says(text: str, name: str) -> bool:
    if isinstance(name, Word) or name == text:
        return name == text
    start = text.find(name)
    while start >= 0:
        if not _begins_earlier(text, start) and not _ends_later(text, start + len(name), name):
            return True
        start = text.find(name, start + 1)
    return False


def _begins_earlier(text: str, start: int) -> bool:
    """Whether an identifier that stands here belongs to a longer one that began before it."""
    return start > 0 and _in_names(text[start - 1])


def _ends_later(text: str, end: int, name: str) -> bool:
    """Whether an identifier that ends here goes on to a longer one.

    A slash leads from a bucket, whose ARN has none itself, to what is inside, and from a log group or a role to another one. Dots and
    signs (``shop.fifo``) belong to names, which ARNs end in, when something follows them.
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
    """A value with every item that mentions one of these identifiers taken out; None where nothing is left to say."""
    if isinstance(value, Mapping):
        return {key: item for key, item in value.items() if not mentions((key, item), identifiers)}
    if isinstance(value, list | tuple):
        return [item for item in value if not mentions(item, identifiers)]
    return None if mentions(value, identifiers) else value


def resolve(value: Any, lookup: Callable[[Ref], Any]) -> Any:
    """A value with each reference, keys of mappings included, replaced by what ``lookup`` says. A prefix or suffix makes it a string."""
    if isinstance(value, Ref):
        found = lookup(value)
        return f"{value.prefix}{found}{value.suffix}" if value.prefix or value.suffix else found
    if isinstance(value, Mapping):
        return {resolve(key, lookup): resolve(item, lookup) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [resolve(item, lookup) for item in value]
    return value

"""What the CloudFront files share: the entities of an account, versions (ETags), pages, and errors.

Entities hold the document that the caller sent, completed with CloudFront's defaults, so that a reply has everything that was put in. moto
keeps only the members that it knows.
"""

from __future__ import annotations

import secrets
import string
from collections.abc import Iterable, Iterator, Mapping, MutableMapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from rehearsal.accounts import backends
from rehearsal.registry import Call
from rehearsal.replies import Refusal
from rehearsal.transitions import moment

type Document = dict[str, Any]

ALPHABET = string.ascii_uppercase + string.digits
MOST_IN_A_PAGE = 100


def new_id(first: str = "E", length: int = 13) -> str:
    return first + "".join(secrets.choice(ALPHABET) for _ in range(length))


@dataclass(eq=False)
class Entity:
    """`etag` changes with every change of `config`."""

    id: str
    config: Document
    etag: str = field(default_factory=new_id)
    modified: datetime = field(default_factory=moment)

    def change(self, config: Document) -> None:
        self.config, self.etag, self.modified = config, new_id(), moment()


@dataclass(eq=False)
class Distribution(Entity):
    arn: str = ""
    domain_name: str = ""
    tags: dict[str, str] = field(default_factory=dict)
    cached: dict[Any, Any] = field(default_factory=dict)
    """What the rehearsed edge holds of it."""
    status: str = "Deployed"

    def get_tags(self) -> dict[str, str]:
        return self.tags

    @property
    def aliases(self) -> list[str]:
        return [str(one).lower() for one in items(self.config.get("Aliases"))]

    def behaviors(self) -> Iterator[Document]:
        """In the order in which they are matched; the default one last."""
        yield from items(self.config.get("CacheBehaviors"))
        yield self.config["DefaultCacheBehavior"]


@dataclass(eq=False)
class VpcOrigin(Entity):
    arn: str = ""
    tags: dict[str, str] = field(default_factory=dict)
    created: datetime = field(default_factory=moment)
    status: str = "Deployed"

    def get_tags(self) -> dict[str, str]:
        return self.tags


@dataclass(eq=False)
class Invalidation:
    id: str
    batch: Document
    created: datetime = field(default_factory=moment)
    status: str = "Completed"

    @property
    def tags(self) -> dict[str, str]:
        return {}


@dataclass(eq=False)
class Function:
    """`stages`: the published code is the stage LIVE, the code that is worked on is DEVELOPMENT."""

    id: str
    arn: str
    created: datetime
    stages: dict[str, Stage]
    tags: dict[str, str]


@dataclass(eq=False)
class Stage(Entity):
    code: bytes = b""


@dataclass
class Store:
    """Everything that an account has in CloudFront, by ID or, for functions, by name."""

    distributions: dict[str, Distribution] = field(default_factory=dict)
    invalidations: dict[str, list[Invalidation]] = field(default_factory=dict)
    controls: dict[str, Entity] = field(default_factory=dict)
    identities: dict[str, Entity] = field(default_factory=dict)
    policies: dict[str, dict[str, Entity]] = field(default_factory=dict)
    functions: dict[str, Function] = field(default_factory=dict)
    vpc_origins: dict[str, VpcOrigin] = field(default_factory=dict)
    plans: dict[str, Document] = field(default_factory=dict)


def store_at(backend: Any) -> Store:
    """The entities in one of moto's backends, which forgets them when it is reset."""
    found: Store = vars(backend).setdefault("_rehearsal_store", Store())
    return found


def store(call: Call) -> Store:
    return store_at(call.backend)


def stores() -> Iterator[tuple[str, Store]]:
    """The account and the entities of every account."""
    for place, backend in backends("cloudfront"):
        yield place.account_id, store_at(backend)


def tags_of_arn(arn: str) -> dict[str, str]:
    """The tags of a distribution, a function, or a VPC origin of any account."""
    for _account, found in stores():
        everything: list[Any] = [*found.distributions.values(), *found.functions.values(), *found.vpc_origins.values()]
        for one in everything:
            if one.arn == arn:
                return dict(one.tags)
    return {}


# --- documents ---


def items(listed: Mapping[str, Any] | None) -> list[Any]:
    """The entries of a list with a quantity."""
    return list((listed or {}).get("Items") or [])


def counted(found: Iterable[Any]) -> Document:
    """A list with its quantity; an empty one has no Items."""
    entries = list(found)
    return {"Quantity": len(entries), **({"Items": entries} if entries else {})}


def check_quantities(value: Any, path: str = "") -> None:
    """Raises Refusal where a quantity is not the number of items."""
    if isinstance(value, Mapping):
        if "Quantity" in value and int(value["Quantity"] or 0) != len(value.get("Items") or []):
            raise Refusal("InconsistentQuantities", f"The value of Quantity and the size of Items don't match: {path or 'document'}.")
        for name, one in value.items():
            check_quantities(one, f"{path}.{name}".lstrip("."))
    elif isinstance(value, list):
        for one in value:
            check_quantities(one, path)


def filled(given: Mapping[str, Any], defaults: Mapping[str, Any]) -> Document:
    """A document with the defaults of members that it lacks; lists with quantities in the form of replies."""
    found = {**defaults, **{name: value for name, value in given.items() if value is not None}}
    return {name: tidy(value) for name, value in found.items()}


def tidy(value: Any) -> Any:
    if isinstance(value, Mapping):
        kept = {name: tidy(one) for name, one in value.items() if one is not None}
        return {name: one for name, one in kept.items() if not (name == "Items" and not one)}
    return [tidy(one) for one in value] if isinstance(value, list) else value


# --- versions, pages, errors ---


def found_in[E](entities: Mapping[str, E], name: Any, code: str) -> E:
    """The entity with this ID or name. Raises Refusal with the code of its kind."""
    entity = entities.get(str(name))
    if entity is None:
        raise Refusal(code, f"The specified {code.removeprefix('NoSuch').removesuffix('Exists')} does not exist.", 404)
    return entity


def check_version(call: Call, etag: str) -> None:
    """The version that a change names must be the current one."""
    given = call.get("IfMatch")
    if not given:
        raise Refusal("InvalidIfMatchVersion", "The If-Match version is missing or not valid for the resource.", 400)
    if given != etag:
        raise Refusal(
            "PreconditionFailed", "The request failed because it didn't meet the preconditions in one or more request-header fields.", 412
        )


def invalid(text: str) -> Refusal:
    return Refusal("InvalidArgument", text, 400)


def page(call: Call, entries: list[tuple[str, Document]], *, numbers: bool = True) -> Document:
    """A list of a reply: the entries after the marker, each with the key by which they are ordered.

    `numbers`: the list is of the older kind, with the marker and whether it is truncated.
    """
    most = int(call.get("MaxItems") or MOST_IN_A_PAGE)
    marker = str(call.get("Marker") or "")
    rest = sorted((one for one in entries if one[0] > marker), key=lambda one: one[0])
    shown = rest[:most]
    more = {"NextMarker": shown[-1][0]} if len(rest) > most else {}
    older = {"Marker": marker, "IsTruncated": bool(more)} if numbers else {}
    return {**older, **more, "MaxItems": most, **counted(document for _key, document in shown)}


def remove(entities: MutableMapping[str, Any], name: str) -> Document:
    del entities[name]
    return {}

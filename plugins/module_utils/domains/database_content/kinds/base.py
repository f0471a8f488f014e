# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What the kinds inside a server have in common."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, Concatenate, ParamSpec, TypeVar

from ....aws.connection import Aws
from ....reconcile.errors import EngineError
from ....reconcile.model import KindDefaults, Observed
from ..server.link import Look, ServerLink
from ..server.marks import Mark, mark_in

P = ParamSpec("P")
R = TypeVar("R")
S = TypeVar("S", bound="SqlKind")


def in_turn(method: Callable[Concatenate[S, P], R]) -> Callable[Concatenate[S, P], R]:
    """A method that changes something, and so has the connections for changes to itself. Claims are not serialized by the engine."""

    @functools.wraps(method)
    def taking_turns(self: S, /, *given: P.args, **more: P.kwargs) -> R:
        with self.link.turn:
            return method(self, *given, **more)

    return taking_turns


class SqlKind(KindDefaults):
    """One kind of object. ``within``: the name of the server in addresses.

    Changes are made one at a time: GRANT and COMMENT change rows of catalogs that PostgreSQL does not lock for them.
    """

    name = ""
    called = ""
    """The property with the name, which the id consists of as well: ``role/shop``. A bare name would also be that of other things."""

    def __init__(self, link: ServerLink, within: str, whose: tuple[str, str]) -> None:
        super().__init__()
        self.link = link
        self.within = within
        self.whose = whose
        """Environment and component."""

    def address(self, *parts: str) -> str:
        return f"{self.name}.{'/'.join((self.within, *parts))}"

    def identity(self, *parts: str) -> str:
        return "/".join((self.called, *parts))

    def parts(self, seen: Observed) -> tuple[str, str]:
        """The name of what was observed; of something in a database, database and name."""
        first, _slash, rest = seen.id.removeprefix(f"{self.called}/").partition("/")
        return first, rest

    def mark(self, address: str, password: str = "") -> Mark:
        return Mark(*self.whose, address, password)

    def serialize_by(self, _properties: Mapping[str, Any]) -> str | None:
        return "postgresql"

    def all_of(self, look: Look, /) -> Iterable[tuple[Observed, str]]:
        """Everything of this kind that exists, as its natural address, with its comment."""
        raise NotImplementedError

    def find(self, aws: Aws) -> list[Observed]:
        look = self.link.look(aws)
        return [] if look is None else [seen for seen in map(self._as_ours, *_pairs(self.all_of(look))) if seen is not None]

    def _as_ours(self, seen: Observed, comment: str) -> Observed | None:
        """None for what carries no mark of this component. The address in the mark counts: that of a restored server is another one's."""
        mark = mark_in(comment)
        if mark is None or (mark.environment, mark.component) != self.whose:
            return None
        return replace(seen, address=mark.address) if mark.address.startswith(f"{self.name}.") else None

    def read(self, aws: Aws, seen: Observed) -> Observed | None:
        return next((one for one in self.find(aws) if one.id == seen.id), None)

    def look_up(self, aws: Aws, identifier: str, address: str) -> Observed | None:
        look = self.link.known(aws)
        for seen, comment in self.all_of(look) if look else ():
            if seen.id == identifier:
                if seen.address != address:
                    raise EngineError(f"it keeps its name, so it can only become {seen.address}")
                return self._any_owner(seen, comment)
        return None

    def holder(self, aws: Aws, properties: Mapping[str, Any]) -> Observed | None:
        look = self.link.known(aws)
        wanted = self.identity(str(properties.get(self.called, "")))
        found = (self._any_owner(seen, comment) for seen, comment in self.all_of(look) if seen.id == wanted) if look else ()
        return next(iter(found), None)

    def _any_owner(self, seen: Observed, comment: str) -> Observed:
        mark = mark_in(comment)
        if mark is None:
            return replace(seen, marked="")
        ours = (mark.environment, mark.component) == self.whose
        return replace(seen, marked=mark.address if ours else f"{mark.owner} {mark.address}")


def _pairs(found: Iterable[tuple[Observed, str]]) -> tuple[list[Observed], list[str]]:
    listed = list(found)
    return [one for one, _comment in listed], [comment for _one, comment in listed]


def pair(text: Any) -> tuple[str, str]:
    """``database/name`` of a property."""
    database, _slash, name = str(text).partition("/")
    return database, name

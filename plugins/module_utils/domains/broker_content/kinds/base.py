# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What the kinds inside a broker have in common."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from ....aws.connection import Aws
from ....reconcile.errors import EngineError
from ....reconcile.model import KindDefaults, Observed
from ..server.link import Look, ManagementLink


class RabbitmqKind(KindDefaults):
    """One kind of object. ``within``: the name of the broker in addresses. ``whose``: environment and component.

    What is ours carries a tag with our names: both virtual hosts and users have tags that RabbitMQ itself gives no meaning.
    """

    name = ""
    called = ""
    """The property with the name, with which the id begins: ``user/shop``."""
    timeout = 120.0

    def __init__(self, link: ManagementLink, within: str, whose: tuple[str, str]) -> None:
        super().__init__()
        self.link = link
        self.within = within
        self.mark = ".".join(("mainstay", *whose))

    def serialize_by(self, _properties: Mapping[str, Any]) -> str | None:
        """One change at a time: while the administrator gets another password, nothing else logs in."""
        return "rabbitmq"

    def address(self, name: str) -> str:
        return f"{self.name}.{self.within}/{name}"

    def name_of(self, seen: Observed) -> str:
        return seen.id.partition("/")[2]

    def all_of(self, aws: Aws, look: Look) -> Iterable[tuple[Observed, list[str]]]:
        """Everything of this kind, with its tags."""
        raise NotImplementedError

    def find(self, aws: Aws) -> list[Observed]:
        look = self.link.look(aws)
        return [seen for seen, tags in self.all_of(aws, look) if self.mark in tags] if look else []

    def read(self, aws: Aws, seen: Observed) -> Observed | None:
        return next((one for one in self.find(aws) if one.id == seen.id), None)

    def look_up(self, aws: Aws, identifier: str, address: str) -> Observed | None:
        look = self.link.look(aws)
        for seen, tags in self.all_of(aws, look) if look else ():
            if seen.id == identifier:
                if seen.address != address:
                    raise EngineError(f"it keeps its name, so it can only become {seen.address}")
                return self._any_owner(seen, tags)
        return None

    def holder(self, aws: Aws, properties: Mapping[str, Any]) -> Observed | None:
        look = self.link.look(aws)
        wanted = f"{self.called}/{properties.get(self.called, '')}"
        found = (self._any_owner(seen, tags) for seen, tags in self.all_of(aws, look) if seen.id == wanted) if look else iter(())
        return next(found, None)

    def _any_owner(self, seen: Observed, tags: list[str]) -> Observed:
        """Another component's mark is its owner; the address is that of the object's name in any case."""
        if self.mark in tags:
            return replace(seen, marked=seen.address)
        marks = [tag.split(".") for tag in tags if tag.startswith("mainstay.") and tag.count(".") == 2]
        return replace(seen, marked=f"{marks[0][1]}/{marks[0][2]} {seen.address}" if marks else "")


def tags_in(value: Any) -> list[str]:
    """Tags as RabbitMQ reports them: a list, or text with commas in old versions."""
    return [tag for tag in value.split(",") if tag] if isinstance(value, str) else [str(tag) for tag in value or ()]


def without_marks(tags: Iterable[str]) -> list[str]:
    return sorted(tag for tag in tags if not tag.startswith("mainstay."))

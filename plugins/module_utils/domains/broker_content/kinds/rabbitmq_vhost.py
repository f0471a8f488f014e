# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Virtual hosts, with the queues that are to exist before any application declares them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ....aws.connection import Aws
from ....reconcile.model import Observed, fixed, given, later
from ...messaging.settings.rabbitmq_content import CLASSIC, Vhost
from ..server.link import Look, ManagementLink, quoted
from .base import RabbitmqKind, tags_in


class RabbitmqVhost(RabbitmqKind):
    """``queues``: queue -> its arguments, for the described ones. Applications declare others; they are neither shown nor deleted.

    ``wanted``: the described virtual hosts, by name.
    """

    name = "rabbitmq_vhost"
    called = "vhost"
    holds_data = True

    vhost = fixed()
    description = given()
    default_queue_type = given()
    queues = later()

    def __init__(self, link: ManagementLink, within: str, whose: tuple[str, str], wanted: Mapping[str, Vhost]) -> None:
        super().__init__(link, within, whose)
        self.wanted = wanted

    def desired(self, one: Vhost) -> dict[str, Any]:
        return {
            "vhost": one.name,
            "description": one.description,
            "default_queue_type": one.default_queue_type,
            **({"queues": {name: queue.as_rabbitmq() for name, queue in sorted(one.queues.items())}} if one.queues else {}),
        }

    def all_of(self, aws: Aws, look: Look) -> Iterator[tuple[Observed, list[str]]]:
        for name, raw in look.vhosts.items():
            metadata = raw.get("metadata") or {}
            described = self.wanted[name].queues if name in self.wanted else {}
            there = look.queues.get(name) or {}
            properties = {
                "vhost": name,
                "description": raw.get("description") or metadata.get("description") or "",
                "default_queue_type": raw.get("default_queue_type") or metadata.get("default_queue_type") or CLASSIC,
                "queues": {queue: arguments_of(there[queue]) for queue in sorted(described) if queue in there},
            }
            attributes = {"messages": sum(int(one.get("messages") or 0) for one in there.values())}
            yield (
                Observed(self.name, self.address(name), f"vhost/{name}", properties, attributes, named=True),
                tags_in(raw.get("tags") or metadata.get("tags")),
            )

    def fresh(self, _seen: Observed) -> Mapping[str, Any]:
        return {"queues": {}}

    def create(self, aws: Aws, address: str, properties: Mapping[str, Any], token: str) -> Observed:
        name = str(properties["vhost"])
        self._put(aws, name, properties)
        made = {key: value for key, value in properties.items() if key != "queues"}
        return Observed(self.name, address, f"vhost/{name}", {**made, "queues": {}}, {}, named=True)

    def _put(self, aws: Aws, name: str, properties: Mapping[str, Any]) -> None:
        body = {
            "description": properties.get("description") or "",
            "default_queue_type": properties["default_queue_type"],
            "tags": self.mark,
        }
        self.link.put(aws, f"vhosts/{quoted(name)}", body)

    def update(self, aws: Aws, seen: Observed, properties: Mapping[str, Any]) -> None:
        """A queue that exists cannot be changed: another type or other arguments were refused before (judge.py)."""
        name = self.name_of(seen)
        if {"description", "default_queue_type"} & set(properties):
            self._put(aws, name, {**seen.properties, **properties})
        there = seen.properties.get("queues") or {}
        for queue, arguments in (properties.get("queues") or {}).items():
            if queue not in there:
                body = {"durable": True, "auto_delete": False, "arguments": arguments}
                self.link.put(aws, f"queues/{quoted(name, queue)}", body)

    def delete(self, aws: Aws, seen: Observed) -> None:
        self.link.delete(aws, f"vhosts/{quoted(self.name_of(seen))}")

    def claim(self, aws: Aws, seen: Observed, address: str) -> None:
        self._put(aws, self.name_of(seen), seen.properties)


def arguments_of(raw: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of a queue, its type among them."""
    return {"x-queue-type": str(raw.get("type") or CLASSIC), **(raw.get("arguments") or {})}

# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What is refused because of what is inside a broker. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ..messaging.settings.rabbitmq_content import Vhost
from .kinds.rabbitmq_vhost import arguments_of
from .server.link import Look


def administrator_problems(described: str, present: str) -> Iterator[str]:
    """The first administrator is made with the broker, and its name is kept in its secret."""
    if present and described != present:
        yield (
            f"administrator.username is '{described}', but the broker was created with '{present}', which it keeps; set it to '{present}', "
            "and describe another administrator in users, with tags: [administrator]"
        )


def queue_problems(vhosts: Mapping[str, Vhost], look: Look) -> Iterator[str]:
    """RabbitMQ cannot change the type or the arguments of a queue, and deleting it loses its messages, so this collection does not."""
    for vhost in vhosts.values():
        there = look.queues.get(vhost.name) or {}
        for name, queue in sorted(vhost.queues.items()):
            if name not in there:
                continue
            wanted, present = queue.as_rabbitmq(), arguments_of(there[name])
            if wanted != present:
                yield (
                    f"vhosts.{vhost.name}.queues.{name} is described with {told(wanted)}, but the queue exists with {told(present)}, and "
                    "RabbitMQ cannot change that; describe what there is, or move its messages, delete it, and run again"
                )


def told(arguments: Mapping[str, object]) -> str:
    return ", ".join(f"{name}: {value}" for name, value in sorted(arguments.items()))

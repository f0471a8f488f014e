# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What is inside a broker of RabbitMQ: virtual hosts, queues that exist before any application, users, and their permissions."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ....inputs.problems import suggestion
from ....inputs.reader import Reader
from .rabbitmq_versions import needs_graviton

QUORUM, CLASSIC = "quorum", "classic"
TYPES = (QUORUM, CLASSIC)
"""Streams are not offered: Amazon MQ does not support them, and data in one are lost ("Version management" in its Developer Guide)."""
NAME = re.compile(r"[A-Za-z0-9._~-][A-Za-z0-9._~/-]{0,99}")
USERNAME = re.compile(r"[A-Za-z0-9._-]{1,60}")
"""Of a user with a secret of its own, whose name contains it."""
TAGS = ("administrator", "monitoring", "policymaker", "management", "impersonator")
RESERVED = ("guest",)
READ, WRITE, OWNER = "read", "write", "owner"
ALL, NOTHING = ".*", ""
ACCESS: Mapping[str, tuple[str, str, str]] = {
    READ: (NOTHING, NOTHING, ALL),
    WRITE: (NOTHING, ALL, ALL),
    OWNER: (ALL, ALL, ALL),
}
"""access -> the patterns of names that a user may configure, write, and read."""
PARTS = ("configure", "write", "read")
MIRRORED = ("ha-mode", "ha-params", "ha-sync-mode", "x-ha-policy")
"""Arguments of mirrored classic queues, which RabbitMQ 4 does not have."""
ROTATION = re.compile(r"[A-Za-z0-9._:+=@-]{1,64}")


@dataclass(frozen=True)
class Queue:
    name: str
    type: str = QUORUM
    arguments: Mapping[str, Any] = field(default_factory=dict)

    def as_rabbitmq(self) -> dict[str, Any]:
        """Its arguments, the type included, as RabbitMQ reports them."""
        return {"x-queue-type": self.type, **self.arguments}


@dataclass(frozen=True)
class Vhost:
    name: str
    description: str = ""
    default_queue_type: str = QUORUM
    queues: Mapping[str, Queue] = field(default_factory=dict)


@dataclass(frozen=True)
class User:
    """``permissions``: virtual host -> {"configure", "write", "read": pattern}."""

    name: str
    tags: tuple[str, ...] = ()
    permissions: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    rotation: str = ""


@dataclass(frozen=True)
class Content:
    vhosts: Mapping[str, Vhost] = field(default_factory=dict)
    users: Mapping[str, User] = field(default_factory=dict)


def read_content(reader: Reader, version: str, administrator: str) -> Content:
    """The settings ``vhosts`` and ``users`` of a broker. ``administrator``: the name of its first user."""
    vhosts = {name: read_vhost(name, one, version) for name, one in named(reader, "vhosts", "the name of a virtual host")}
    users = {name: read_user(name, one, vhosts) for name, one in named(reader, "users", "the name of a user", USERNAME)}
    for name in users:
        if name in (*RESERVED, administrator):
            whose = "RabbitMQ has it itself" if name in RESERVED else "it is the administrator's, which the broker is created with"
            reader.problems.add(reader.at("users"), name, f"{whose}; choose another name")
    return Content(vhosts, users)


def named(reader: Reader, key: str, what: str, pattern: re.Pattern[str] = NAME) -> list[tuple[str, Reader]]:
    """The entries of a mapping whose names RabbitMQ and addresses take."""
    section, found = reader.section(key), []
    for name, given in section.given.items():
        if isinstance(name, str) and pattern.fullmatch(name):
            found.append((str(name), Reader(given, section.at(name), reader.problems)))
        else:
            signs = (
                "1 to 100 letters, digits, and - . _ ~ /, and not begin with /" if pattern is NAME else "1 to 60 letters, digits, and - . _"
            )
            reader.problems.add(section.path, name, f"{what} must be {signs}")
    return found


def read_vhost(name: str, reader: Reader, version: str) -> Vhost:
    queues = {queue: read_queue(queue, one, version) for queue, one in named(reader, "queues", "the name of a queue")}
    found = Vhost(name, reader.text("description", ""), reader.choice("default_queue_type", TYPES, QUORUM), queues)
    reader.finish()
    return found


def read_queue(name: str, reader: Reader, version: str) -> Queue:
    arguments = reader.mapping("arguments")
    for argument, value in arguments.items():
        at = f"{reader.at('arguments')}.{argument}"
        if argument in MIRRORED and needs_graviton(version):
            reader.problems.add(
                at, value, f"RabbitMQ {version} has no mirrored queues; remove it: quorum queues are replicated by themselves"
            )
        elif argument == "x-queue-type":
            reader.problems.add(at, value, "type says so; remove it")
        elif not isinstance(value, str | int | bool):
            reader.problems.add(at, value, "it must be a string, a whole number, or true or false")
    found = Queue(name, reader.choice("type", TYPES, QUORUM), arguments)
    reader.finish()
    return found


def read_user(name: str, reader: Reader, vhosts: Mapping[str, Vhost]) -> User:
    if reader.take("password") is not None:
        remedy = "it is a password in an inventory; remove it: passwords are generated and kept in secrets"
        reader.problems.messages.append(f"{reader.at('password')} is set, but {remedy}")
    rotation = str(reader.take("rotation") or "")
    if rotation and not ROTATION.fullmatch(rotation):
        reader.problems.add(
            reader.at("rotation"), rotation, "it must be a marker of up to 64 letters, digits, and . _ : + = @ -, such as a date"
        )
    tags = reader.items("tags", (), lambda value: value if value in TAGS else None, f"it must be one of {', '.join(TAGS)}")
    found = User(name, tags, read_permissions(reader, vhosts), rotation)
    reader.finish()
    return found


def read_permissions(reader: Reader, vhosts: Mapping[str, Vhost]) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for vhost, given in reader.mapping("permissions").items():
        at = f"{reader.at('permissions')}.{vhost}"
        if vhost not in (*vhosts, "/"):
            reader.problems.add(reader.at("permissions"), vhost, f"no such virtual host is described; {suggestion(vhost, [*vhosts, '/'])}")
        elif isinstance(given, str) and given in ACCESS:
            found[vhost] = dict(zip(PARTS, ACCESS[given], strict=True))
        elif isinstance(given, Mapping):
            found[vhost] = read_patterns(Reader(given, at, reader.problems))
        else:
            remedy = f"it must be one of {', '.join(ACCESS)}, or patterns such as {{configure: '', write: 'orders', read: '.*'}}"
            reader.problems.add(at, given, remedy)
    return found


def read_patterns(reader: Reader) -> dict[str, str]:
    """A missing pattern matches nothing."""
    found = {}
    for part in PARTS:
        value = reader.take(part)
        text = "" if value is None else value
        if not isinstance(text, str) or not is_pattern(text):
            reader.problems.add(reader.at(part), value, "it must be a regular expression for names, or empty for none")
            text = ""
        found[part] = text
    reader.finish()
    return found


def is_pattern(text: str) -> bool:
    try:
        re.compile(text)
    except re.error:
        return False
    return True

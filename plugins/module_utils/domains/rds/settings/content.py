# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What is inside an instance, as far as this domain needs it: which users have a password, and which extensions are wanted.

The module postgres_objects reads and checks the rest of ``databases`` and ``users``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ....inputs.reader import Reader

LOGINS = ("password", "iam", "none")


@dataclass(frozen=True)
class Content:
    """``databases`` and ``users`` as the user wrote them. ``passwords``: user -> marker of its rotation, for users with a password."""

    databases: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    users: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    passwords: Mapping[str, str] = field(default_factory=dict)

    def extensions(self) -> dict[str, tuple[str, ...]]:
        """extension -> the databases that want it."""
        found: dict[str, tuple[str, ...]] = {}
        for name, database in self.databases.items():
            for extension in database.get("extensions") or ():
                found[str(extension)] = (*found.get(str(extension), ()), name)
        return found

    def logs_in_with_iam(self) -> bool:
        return any(user.get("login") == "iam" for user in self.users.values())


def read_content(reader: Reader) -> Content:
    databases = _mappings(reader, "databases")
    users = _mappings(reader, "users")
    passwords = {name: str(user.get("rotation") or "") for name, user in users.items() if user.get("login", "password") == "password"}
    return Content(databases, users, passwords)


def _mappings(reader: Reader, key: str) -> dict[str, Mapping[str, Any]]:
    found = {}
    for name, value in reader.mapping(key).items():
        if value is None or isinstance(value, Mapping):
            found[name] = value or {}
        else:
            reader.problems.add(f"{reader.at(key)}.{name}", value, "it must be a mapping")
    return found

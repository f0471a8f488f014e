"""The operating system user that runs the servers: PostgreSQL refuses to run as root."""

from __future__ import annotations

import os
import pwd
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rehearsal.postgresql import PostgresError

CANDIDATES = ("nobody", "daemon", "postgres")
"""Accounts that nearly every Linux system has. None is created."""


@dataclass(frozen=True)
class Account:
    """`switched`: whether servers run under another user than this process."""

    name: str
    uid: int
    gid: int
    switched: bool

    @property
    def process(self) -> dict[str, Any]:
        """The arguments of `subprocess.Popen` that make a process run under this account."""
        return {"user": self.uid, "group": self.gid, "extra_groups": []} if self.switched else {}

    def own(self, path: Path) -> None:
        """Gives a file or folder to the account."""
        if self.switched:
            os.chown(path, self.uid, self.gid, follow_symlinks=False)


def account() -> Account:
    """The current user, or an unprivileged one if the current user is root."""
    if os.geteuid() != 0:
        return Account(own_name(), os.geteuid(), os.getegid(), switched=False)
    for name in CANDIDATES:
        try:
            found = pwd.getpwnam(name)
        except KeyError:
            continue
        if found.pw_uid != 0:
            return Account(name, found.pw_uid, found.pw_gid, switched=True)
    raise PostgresError(
        f"PostgreSQL does not run as root, and this system has none of the users {', '.join(CANDIDATES)} to run it; "
        "add one of them, or start the rehearsal as an ordinary user"
    )


def own_name() -> str:
    """The name of the current user, which PostgreSQL looks up as well."""
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        raise PostgresError(
            f"the user {os.geteuid()} has no entry in /etc/passwd, which PostgreSQL needs; add one, or start the rehearsal as another user"
        ) from None

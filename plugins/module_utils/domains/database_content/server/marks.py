# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The mark of an owner on what is inside a server: at the end of the object's comment. Pure functions.

A comment is what PostgreSQL offers for it: a role and a database carry it in the catalogs that all databases share, and snapshots, copies,
and major upgrades keep it. A login that is no superuser may write it on what it owns or has made.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

MARK = re.compile(r"\s*\[mainstay environment=(\S+) component=(\S+) address=(\S+?)(?: password=(\S+))?\]$")


@dataclass(frozen=True)
class Mark:
    """Who owns an object, as which address. ``password``: the version of the secret whose password a role has."""

    environment: str
    component: str
    address: str
    password: str = ""

    @property
    def owner(self) -> str:
        return f"{self.environment}/{self.component}"

    def __str__(self) -> str:
        password = f" password={self.password}" if self.password else ""
        return f"[mainstay environment={self.environment} component={self.component} address={self.address}{password}]"


def mark_in(comment: str) -> Mark | None:
    """The mark in a comment; None if it has none."""
    found = MARK.search(comment)
    return Mark(*(one or "" for one in found.groups())) if found else None


def marked(comment: str, mark: Mark) -> str:
    """A comment with this mark in place of any other. The text before the mark is kept."""
    text = MARK.sub("", comment)
    return f"{text} {mark}" if text else str(mark)


def unfinished_prefix(environment: str, component: str, within: str) -> str:
    """What the name of a database begins with until it carries its mark: CREATE DATABASE takes no comment and no transaction."""
    return f"mainstay_{hashlib.sha256(f'{environment}/{component}/{within}'.encode()).hexdigest()[:8]}_"


def unfinished_name(prefix: str, database: str) -> str:
    """The name of a database until it carries its mark, at most 63 bytes."""
    return f"{prefix}{hashlib.sha256(database.encode()).hexdigest()[:16]}"

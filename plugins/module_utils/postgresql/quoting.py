# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Names and values as SQL text, for statements that take no parameters: CREATE ROLE, GRANT, COMMENT. Pure functions.

They do not need psycopg, so that a plan of a server that does not exist yet runs without it.
"""

from __future__ import annotations

from collections.abc import Iterable

PUBLIC = "public"
"""Means all roles as a grantee. PostgreSQL reserves the name, so no role can have it."""


def identifier(*parts: str) -> str:
    """A name, or a qualified one such as ``"app"."orders"``."""
    return ".".join('"' + _checked(part).replace('"', '""') + '"' for part in parts)


def literal(text: str) -> str:
    """A string constant, correct whatever standard_conforming_strings says."""
    quoted = _checked(text).replace("'", "''")
    return "E'" + quoted.replace("\\", "\\\\") + "'" if "\\" in quoted else f"'{quoted}'"


def identifiers(names: Iterable[str]) -> str:
    return ", ".join(identifier(name) for name in names)


def grantee(name: str) -> str:
    """A role in GRANT and REVOKE."""
    return "PUBLIC" if name == PUBLIC else identifier(name)


def _checked(text: str) -> str:
    if "\0" in text:
        raise ValueError("PostgreSQL accepts no zero byte in names and strings")
    return text

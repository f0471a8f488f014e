# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Which statements of a script are carried out here. Pure functions.

A dump of another host contains what a master user of RDS, which is no superuser, may not do, and what the inventory decides: owners and
privileges. Every script runs in one transaction with our time limits, so it may neither end the one nor change the others.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from .splitting import ScriptProblem, Statement

RUN, DROP, AS_LOGIN = "run", "drop", "as_login"
"""``as_login``: carried out by the login itself and not by the owner, which may not do it."""

OURS = ("statement_timeout", "lock_timeout", "transaction_timeout", "idle_in_transaction_session_timeout", "idle_session_timeout")
"""Settings of the session that stay as this collection sets them. pg_dump writes those of its version, which the server may not know."""

FORBIDDEN: tuple[tuple[tuple[str, ...], str], ...] = (
    (("rollback",), "everything in a script is one transaction; remove it"),
    (("abort",), "everything in a script is one transaction; remove it"),
    (("prepare", "transaction"), "everything in a script is one transaction; remove it"),
    (("create", "database"), "dump a single database without --create, and let the inventory describe the databases"),
    (("drop", "database"), "dump a single database without --clean --create"),
    (("create", "role"), "the inventory describes the users; dump a single database, without roles"),
    (("create", "user"), "the inventory describes the users; dump a single database, without roles"),
    (("alter", "role"), "the inventory describes the users; remove it"),
    (("drop", "role"), "the inventory describes the users; remove it"),
    (("vacuum",), "it cannot run in a transaction; remove it, autovacuum follows"),
    (("alter", "system"), "the inventory describes the parameters; remove it"),
)
"""Statements that end a load, by what they begin with, with what to do."""

ALLOWED: tuple[tuple[str, ...], ...] = (("rollback", "to"), ("create", "user", "mapping"))
"""Statements that only begin like those."""

TRANSACTION: tuple[tuple[str, ...], ...] = (("begin",), ("start", "transaction"), ("commit",), ("end",))

UNPORTABLE: tuple[tuple[tuple[str, ...], str], ...] = (
    (("comment", "on", "extension"), "comments on extensions"),
    (("grant",), "privileges, which are those of the inventory"),
    (("revoke",), "privileges, which are those of the inventory"),
    (("alter", "default", "privileges"), "privileges, which are those of the inventory"),
    (("set", "session", "authorization"), "owners, which are those of the inventory"),
    (("create", "subscription"), "subscriptions to other servers"),
    (("alter", "subscription"), "subscriptions to other servers"),
    (("comment", "on", "subscription"), "subscriptions to other servers"),
    (("alter", "database"), "settings of the database, which are those of the inventory"),
    (("comment", "on", "database"), "settings of the database, which are those of the inventory"),
    (("comment", "on", "schema", "public"), "the schema public, which exists"),
    (("create", "schema", "public"), "the schema public, which exists"),
    (("create", "schema", "if", "not", "exists", "public"), "the schema public, which exists"),
    (("security", "label"), "security labels"),
)
"""What is left out of a dump, by what it begins with, and how a note calls it."""

OWNERS = "owners, which are those of the inventory"
PLPGSQL = "the extension plpgsql, which exists"


@dataclass(frozen=True)
class Decision:
    """``note``: what was left out, in words; empty for what needs no note."""

    what: str = RUN
    note: str = ""


Rules = Callable[[Statement], Decision]


def as_written(statement: Statement) -> Decision:
    """The rules for a script of the inventory's own. Raises ScriptProblem."""
    _refuse(statement)
    ours = statement.begins("set") and any(word in OURS for word in statement.words[1:3])
    return Decision(DROP if ours or _begins(statement, TRANSACTION) else RUN)


def portable(statement: Statement) -> Decision:
    """The rules for a dump of another host. Raises ScriptProblem."""
    if (found := as_written(statement)).what != RUN:
        return found
    for beginning, note in UNPORTABLE:
        if statement.begins(*beginning):
            return Decision(DROP, note)
    if _only_sets_owner(statement):
        return Decision(DROP, OWNERS)
    if statement.begins("create", "extension"):
        return Decision(DROP, PLPGSQL) if "plpgsql" in statement.words else Decision(AS_LOGIN)
    return Decision()


def _begins(statement: Statement, beginnings: tuple[tuple[str, ...], ...]) -> bool:
    return any(statement.begins(*one) for one in beginnings)


def _only_sets_owner(statement: Statement) -> bool:
    """``ALTER ... OWNER TO role``, not a column of that name that is renamed."""
    return statement.begins("alter") and statement.words[-3:-1] == ("owner", "to") and "rename" not in statement.words


def _refuse(statement: Statement) -> None:
    for beginning, remedy in FORBIDDEN:
        if statement.begins(*beginning) and not _begins(statement, ALLOWED):
            raise ScriptProblem(f"line {statement.line} has {' '.join(beginning).upper()}: {remedy}")
    if statement.begins("copy") and statement.rows is None:
        raise ScriptProblem(f"line {statement.line} has a COPY that is not FROM stdin: it would read or write files of the server")
    if statement.begins("set", "standard_conforming_strings") and b"off" in statement.text.lower():
        raise ScriptProblem(f"line {statement.line} turns off standard_conforming_strings; dump again, with the server's default")

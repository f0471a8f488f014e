# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What can go wrong with SQL, and the engine's exception for each.

Only the server's main message and its SQLSTATE are used, since other fields repeat parts of the statement; where something depends on what
is to be dropped, also the names of the first few.
"""

from __future__ import annotations

import re
from typing import Any

from ..reconcile.errors import AlreadyThere, Ambiguous, CallFailed, NotYet

DUPLICATES = ("42710", "42P04", "42P06", "23505", "42723")
"""duplicate_object, duplicate_database, duplicate_schema, unique_violation of a catalog, duplicate_function."""

PASSING = ("40001", "40P01", "55P03", "57P03", "53300", "XX000")
"""serialization_failure, deadlock_detected, lock_not_available, cannot_connect_now, too_many_connections; XX000 only with CONCURRENT."""

CONCURRENT = "concurrently updated"
IN_USE = "55006"
DEPENDENTS = "2BP01"
DENIED = "42501"

LOST = ("08", "57P01", "57P02")
"""Classes of errors that end the connection."""


NAMES_ONLY = (
    "25001",
    "3F000",
    "42501",
    "42601",
    "42701",
    "42703",
    "42704",
    "42710",
    "42723",
    "42809",
    "42883",
    "42P01",
    "42P06",
    "42P07",
    "55P03",
    "57014",
)
"""Errors whose main message has names from the statement and no values: all others may repeat what is in a table, such as 22P02."""

NOT_IN_TRANSACTION = "25001"


class LoginRefused(Exception):
    """The server refused the password or the token."""


class NoConnection(Exception):
    """The server could not be reached, or did not answer in time."""


class Rejected(Exception):
    """A statement of a script failed. Its text has no value of a table or of a statement, so it can be shown and logged."""

    def __init__(self, message: str, code: str, lost: bool = False) -> None:
        super().__init__(message)
        self.message, self.code, self.lost = message, code, lost
        """``lost``: the connection broke, so the server rolled the transaction back."""


def rejected(error: Any) -> Rejected:
    """The exception for a statement of a script: the server's words where they have only names, or else the condition and where it is."""
    code = code_of(error)
    condition = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", type(error).__name__).lower()
    if code in NAMES_ONLY:
        found = message_of(error)
    else:
        diag = getattr(error, "diag", None)
        places = {one: getattr(diag, f"{one}_name", None) for one in ("schema", "table", "column", "constraint", "datatype")}
        found = ", ".join([condition, *(f"{what} {name}" for what, name in places.items() if name)])
    lost = not code or code.startswith(LOST)
    if lost:
        found = "the connection was lost; nothing was changed"
    return Rejected(f"{found} (SQLSTATE {code})" if code else found, code, lost)


def code_of(error: Any) -> str:
    return str(getattr(error, "sqlstate", None) or "")


def message_of(error: Any) -> str:
    """The main message of an error. Without a reply of the server, the first line of libpq's message, which names host and port."""
    primary = getattr(getattr(error, "diag", None), "message_primary", None)
    return str(primary) if primary else (str(error).strip().splitlines() or [type(error).__name__])[0]


def as_call_failed(error: Any, operation: str, *, sent: bool = False) -> CallFailed:
    """The engine's exception. ``sent``: a change had been sent, so a lost connection leaves its outcome open."""
    code, message = code_of(error), message_of(error)
    if code == DEPENDENTS and (detail := getattr(error.diag, "message_detail", None)):
        message = f"{message}: {'; '.join(str(detail).splitlines()[:3])}"
    if not code or code.startswith(LOST):
        return Ambiguous(message, operation, code) if sent else NotYet(message, operation, code or "NoConnection")
    if code in DUPLICATES:
        return AlreadyThere(message, operation, code)
    if code in PASSING and (code != "XX000" or CONCURRENT in message):
        return NotYet(message, operation, code, dependency=code == "55P03")
    hint = {
        DENIED: "The login of this module is no superuser, as on RDS: it can change what it owns or has made, and grant only such roles.",
        IN_USE: "End the sessions that use it, and run again.",
        DEPENDENTS: "Nothing is dropped together with it: remove what depends on it first.",
    }.get(code, "")
    return CallFailed(message, operation, code, hint)

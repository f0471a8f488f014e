# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What can go wrong with SQL, and the engine's exception for each.

Only the server's main message and its SQLSTATE are used, since other fields repeat parts of the statement; where something depends on what
is to be dropped, also the names of the first few.
"""

from __future__ import annotations

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


class LoginRefused(Exception):
    """The server refused the password or the token."""


class NoConnection(Exception):
    """The server could not be reached, or did not answer in time."""


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

# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Errors between engine, kinds and backend, and how each is handled.

A backend's call layer translates its own errors into these. The engine resolves ``Ambiguous``, ``AlreadyThere`` and ``NotYet`` itself; any
other error ends work on the resource concerned and on everything that depends on it.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from .lacks import lack_behind


class EngineError(Exception):
    """Misuse of the engine, or an impossible plan: a reference to nothing, a cycle, two owners of one address."""


class CallFailed(Exception):
    """A call to the backend's API was refused. Carries what a person needs to act on it."""

    def __init__(self, message: str, operation: str = "", code: str = "", hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.operation = operation
        self.code = code
        self.hint = hint
        self.where = ""
        """The place of the call, if it is not the usual one: another region."""


class Ambiguous(CallFailed):
    """A mutating call was sent, and whether it took effect is unknown."""


class AlreadyThere(CallFailed):
    """A create call collided with a resource of the same name or range: ours, after a lost reply, or another owner's."""


class NotYet(CallFailed):
    """The call was refused now but is likely to be accepted soon.

    ``dependency`` distinguishes a deletion blocked by something that still uses the resource (retried until the kind's timeout) from a
    reference that has not propagated through the service yet (retried until the settle window ends).
    """

    def __init__(self, message: str, operation: str = "", code: str = "", hint: str = "", dependency: bool = False) -> None:
        super().__init__(message, operation, code, hint)
        self.dependency = dependency


class TimedOut(CallFailed):
    """A resource did not reach its state within its deadline."""


class OutOfResources(CallFailed):
    """This machine lacks something that the run needs: memory, threads, file handles, disk. Unrelated to the backend."""


def out_of_resources(error: BaseException) -> OutOfResources | None:
    """The shortage behind an error; None if there is none."""
    if isinstance(error, OutOfResources):
        return error
    lack = lack_behind(error)
    return OutOfResources(lack.message, code=lack.code, hint=lack.hint) if lack else None


@dataclass(frozen=True)
class Failure:
    """One entry in the list of errors that a run ends with."""

    address: str
    operation: str
    code: str
    message: str
    hint: str = ""

    def __str__(self) -> str:
        call = " ".join(part for part in (self.operation, f"({self.code})" if self.code else "") if part)
        where = f"{self.address}: " if self.address else ""
        text = self.message if not self.hint or self.message.endswith((".", "!", "?")) else f"{self.message}."
        return where + (f"{call}: " if call else "") + text + (f" {self.hint}" if self.hint else "")

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def failure(address: str, error: BaseException) -> Failure:
    """Describe an exception that ended the work on a resource."""
    error = error if isinstance(error, CallFailed) else out_of_resources(error) or error
    if isinstance(error, CallFailed):
        where = f"in {error.where}: " if error.where else ""
        return Failure(address, error.operation, error.code, where + error.message, error.hint)
    return Failure(address, "", type(error).__name__, str(error) or type(error).__name__)

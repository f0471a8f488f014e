# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The steps of a restore: begin it, wait until the instance answers, and change it afterwards. Each can be repeated by another run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ..aws.connection import Aws
from ..reconcile.errors import AlreadyThere, Ambiguous, CallFailed
from ..reconcile.waiting import Clock, until
from .giving_up import GaveUp, Say
from .progress import minutes
from .states import NEVER, READY_NOW
from .troubles import BUSY, reason_of
from .usability import OUT_OF_SUPPORT, has_secret, is_another_major, means_upgrade, needs_reboot, password_change, usability

FROM_SNAPSHOT, TO_POINT_IN_TIME = "restore_db_instance_from_db_snapshot", "restore_db_instance_to_point_in_time"
TARGETS = {FROM_SNAPSHOT: "DBInstanceIdentifier", TO_POINT_IN_TIME: "TargetDBInstanceIdentifier"}
"""The calls, and how each names the new instance."""

SETTLE = 30.0
"""Seconds for which a new instance may be missing from RDS's answers."""


@dataclass(frozen=True)
class Waits:
    """Seconds. whole: until the instance answers, and until it accepts a change. poll: between two reads."""

    whole: float = 3600.0
    poll: float = 10.0


class Restorer:
    """``word``: what messages call the new instance."""

    def __init__(self, aws: Aws, clock: Clock, waits: Waits, say: Say, word: str = "restored instance") -> None:
        self.aws, self.clock, self.waits, self.say, self.word = aws, clock, waits, say, word

    def find(self, name: str) -> dict[str, Any] | None:
        """The DBInstance; None if there is none."""
        found = self.aws.find("rds", "describe_db_instances", DBInstanceIdentifier=name)
        return dict(found["DBInstances"][0]) if found and found["DBInstances"] else None

    def describe(self, name: str) -> dict[str, Any]:
        return dict(self.aws.read("rds", "describe_db_instances", DBInstanceIdentifier=name)["DBInstances"][0])

    def begin(self, method: str, parameters: Mapping[str, Any], is_ours: Callable[[Mapping[str, Any]], bool]) -> None:
        """Send the call that restores, so that exactly one instance comes of it.

        Its identifier is its own token: after a lost reply, whatever has it and is ours came of the call. Raises CallFailed, and GaveUp if
        the identifier is another's by now.
        """
        name = str(parameters[TARGETS[method]])
        lost: Ambiguous | None = None
        for _waited in until(self.clock, SETTLE, min(self.waits.poll, 2.0)):
            try:
                self.aws.change("rds", method, **parameters)
            except (Ambiguous, AlreadyThere) as error:
                found = self.find(name)
                if found is not None and is_ours(found):
                    return
                if found is not None:
                    raise GaveUp("refused", "identifier_taken", f"Another program has just made a DB instance {name}.") from error
                if not isinstance(error, Ambiguous):
                    raise
                lost = error
            else:
                return
        if lost is not None:
            raise lost

    def usable(self, name: str, doing: str = "is being restored", *, with_secret: bool = False) -> dict[str, Any]:
        """The instance as soon as it answers. Raises GaveUp if it never will, or takes too long."""
        for waited in until(self.clock, self.waits.whole, self.waits.poll):
            found = self.find(name)
            status = found.get("DBInstanceStatus") if found else "not listed yet"
            state = usability(found or {})
            if state == NEVER or (found is None and waited > SETTLE):
                ended = status if found else "gone"
                raise GaveUp("failed", "restore_failed", f"The {self.word} {name} is {ended}. See its events in the RDS console.")
            if found is not None and state == READY_NOW and (has_secret(found) or not with_secret):
                return found
            self.say(f"{name} {doing} ({status})", waited)
        raise GaveUp("failed", "restore_timeout", f"The {self.word} {name} is not usable after {minutes(self.waits.whole)}.")

    def change(self, method: str, parameters: Mapping[str, Any], seconds: float | None = None) -> None:
        """A change of an instance that may be busy for a while. Raises GaveUp if it still is after ``seconds``."""
        name, limit = str(parameters["DBInstanceIdentifier"]), self.waits.whole if seconds is None else seconds
        for waited in until(self.clock, limit, self.waits.poll):
            try:
                self.aws.change("rds", method, **parameters)
            except Ambiguous:
                continue
            except CallFailed as error:
                if error.code not in BUSY:
                    raise
                self.say(f"{name} is busy", waited)
            else:
                return
        raise GaveUp("failed", "restore_timeout", f"The {self.word} {name} is still busy after {minutes(limit)}.")

    def check_version(self, found: Mapping[str, Any], expected: str, what: str) -> None:
        """RDS upgrades a restored instance by itself if the major version is out of support. ``what``: what was restored."""
        version = str(found.get("EngineVersion") or "")
        if is_another_major(version, expected):
            sentence = f"{what} came up with version {version}, not {expected}. {OUT_OF_SUPPORT}"
            raise GaveUp("failed", "restore_upgraded", sentence)

    def managed_password(self, name: str, key: str = "", seconds: float | None = None) -> dict[str, Any]:
        """Have RDS manage a password of its own; the instance once its secret is active."""
        self.change("modify_db_instance", password_change(name, key), seconds)
        return self.usable(name, "gets a password", with_secret=True)

    def rebooted(self, found: Mapping[str, Any], seconds: float | None = None) -> dict[str, Any]:
        """The instance with its own static parameters in force: rebooted if they wait for that."""
        if not needs_reboot(found):
            return dict(found)
        name = str(found["DBInstanceIdentifier"])
        self.change("reboot_db_instance", {"DBInstanceIdentifier": name}, seconds)
        return self.usable(name, "reboots")


def refusal(error: CallFailed, what: str) -> GaveUp:
    """An error of a restore as its end. ``what``: what was to be restored."""
    upgraded = means_upgrade(error.code, error.message)
    sentence = f"{what} could not be restored: {error.operation} ({error.code}): {error.message}."
    return GaveUp(
        "failed",
        "restore_upgraded" if upgraded else reason_of(error.code),
        f"{sentence} {OUT_OF_SUPPORT}" if upgraded else " ".join(part for part in (sentence, error.hint) if part),
    )

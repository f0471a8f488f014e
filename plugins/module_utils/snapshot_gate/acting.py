# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Takes, waits for, and deletes snapshots. The decisions are in judging/."""

from __future__ import annotations

from collections.abc import Iterable

from ..aws.connection import Aws
from ..reconcile.errors import AlreadyThere, Ambiguous, CallFailed
from ..reconcile.waiting import Clock, until
from ..recovery.calls import Calls, calls_for
from ..recovery.completing import Waits, complete
from ..recovery.copies import next_name
from ..recovery.databases import Database, Snapshot
from ..recovery.giving_up import GaveUp, Say
from ..recovery.progress import minutes
from ..recovery.states import NEVER, READY_NOW, readiness, remedy
from ..recovery.troubles import BUSY, FULL
from .judging.naming import base_name, is_of_deployment, tags_for
from .observing import Reader
from .plan import Plan


class Actor:
    def __init__(self, aws: Aws, clock: Clock, reader: Reader, plan: Plan, say: Say) -> None:
        self.aws, self.clock, self.reader, self.plan, self.say = aws, clock, reader, plan, say

    def ready(self, database: Database, seconds: float) -> Database:
        """Wait until a snapshot can be taken. Raises GaveUp if that is hopeless, or takes longer than ``seconds``."""
        for waited in until(self.clock, seconds, self.plan.limits.poll):
            if waited:
                database = self.reader.again(database)
            found = readiness(database)
            if found == READY_NOW:
                return database
            if found == NEVER:
                sentence = f"{database} is {database.status}, and a snapshot cannot be taken of it. {remedy(database.status)}"
                raise GaveUp("refused", "database_state", sentence)
            self.say(f"is {database.status}", waited)
        sentence = f"{database} is still {database.status} after {minutes(seconds)} (database_timeout); no snapshot was taken."
        raise GaveUp("refused", "database_state", sentence)

    def take(self, database: Database, name: str) -> Snapshot:
        """Take a snapshot, exactly one whatever becomes of the replies: its identifier is its own token.

        The database may become busy between its reading and the call, when its backup window begins: then it is waited for again,
        within the same limit. An identifier in use is ours after a lost reply, or another owner's.
        """
        began = self.clock.now()
        taken: set[str] = set()
        while True:
            left = max(0.0, self.plan.limits.database - (self.clock.now() - began))
            database = self.ready(database, left)
            try:
                return self._create(database, name)
            except (AlreadyThere, Ambiguous) as error:
                one = self.reader.snapshot(database, name)
                if one is not None and is_of_deployment(one, database, self.plan.deployment):
                    return one
                if one is not None:
                    taken.add(name)
                    name = next_name(base_name(database.identifier, self.plan.deployment), taken)
                elif isinstance(error, Ambiguous) and self.clock.now() - began >= self.plan.limits.database:
                    raise
            except CallFailed as error:
                if error.code in FULL:
                    raise self._full(database, error) from error
                if error.code not in BUSY or not left:
                    raise
            self.clock.pause(min(1.0, self.plan.limits.poll))
            database = self.reader.again(database)

    def _full(self, database: Database, error: CallFailed) -> GaveUp:
        """The quota was reached between its reading and the call: another program takes snapshots too."""
        found = self.reader.quota(database)
        figures = f": {found.used} of {found.limit} manual snapshots" if found else ""
        sentence = f"The quota of snapshots was reached before one of {database} could be taken{figures}. AWS says: {error.message}"
        return GaveUp("refused", "quota", sentence)

    def _create(self, database: Database, name: str) -> Snapshot:
        calls = calls_for(database.is_cluster)
        tags = [{"Key": key, "Value": value} for key, value in tags_for(database, self.plan.deployment, self.plan.tags).items()]
        given = {calls.snapshot_id: name, calls.database_id: database.identifier, "Tags": tags}
        reply = self.aws.change("rds", calls.create, **given)
        return calls.convert(reply[calls.items.removesuffix("s")])

    def complete(self, database: Database, snapshot: Snapshot) -> Snapshot:
        """Wait until a snapshot is complete. Raises GaveUp if it fails, stalls, disappears, or takes too long."""
        limits = self.plan.limits
        waits = Waits(limits.snapshot, limits.stall, limits.poll, limits.settle)
        return complete(self.reader, self.clock, database, snapshot, waits, self.say)

    def delete(self, database: Database, snapshots: Iterable[Snapshot]) -> tuple[list[str], list[str]]:
        return delete(self.aws, database, snapshots)


def delete(aws: Aws, database: Database, snapshots: Iterable[Snapshot]) -> tuple[list[str], list[str]]:
    """Delete snapshots: (identifiers that are gone, one sentence for each that could not be deleted)."""
    calls = calls_for(database.is_cluster)
    gone, kept = [], []
    for one in snapshots:
        try:
            _remove(aws, calls, one.identifier)
            gone.append(one.identifier)
        except CallFailed as error:
            kept.append(f"{one.identifier} could not be deleted: {error.operation} ({error.code}): {error.message}")
    return gone, kept


def _remove(aws: Aws, calls: Calls, identifier: str) -> None:
    """After a lost reply, the call is sent again: that a snapshot is gone by then is no error."""
    for last in (False, True):
        try:
            aws.remove("rds", calls.delete, **{calls.snapshot_id: identifier})
        except Ambiguous:
            if last:
                raise
        else:
            return

# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Gets what is restored: a point in time that the backups cover, or a snapshot that holds the first marker."""

from __future__ import annotations

from dataclasses import dataclass

from ...aws.tags import tag_list
from ...reconcile.errors import AlreadyThere, Ambiguous, CallFailed
from ...reconcile.waiting import Clock, until
from ..completing import Waits, complete
from ..copies import Wanted
from ..copying import Copier, Place
from ..databases import Database, Snapshot, instance_of
from ..giving_up import GaveUp, Say
from ..moments import iso
from ..progress import minutes
from ..reading import Reading
from ..troubles import BUSY
from .leftovers import Leftovers
from .marking import Marking
from .plan import SNAPSHOT
from .preparing import Preparation, Ready
from .result import FAILED

SETTLE = 1.0
"""Seconds: the latest restorable time has whole ones, and a marker is committed a moment after its time was read."""


@dataclass(frozen=True)
class Original:
    """What is restored. moment: of its data, in seconds since 1970. snapshot: None for a point in time."""

    moment: float
    snapshot: Snapshot | None = None


class Sourcing:
    def __init__(self, preparation: Preparation, leftovers: Leftovers, clock: Clock, say: Say) -> None:
        self.preparation, self.leftovers, self.clock, self.say = preparation, leftovers, clock, say
        self.limits = preparation.plan.limits

    def get(self, ready: Ready, marking: Marking) -> Original:
        """Writes the first marker, and further ones while it waits. Raises GaveUp."""
        marking.write()
        return self._snapshot(ready, marking) if ready.origin.method == SNAPSHOT else self._covered(ready, marking)

    def _covered(self, ready: Ready, marking: Marking) -> Original:
        """The latest point in time, in whole seconds, once the backups have passed the first marker."""
        first, latest = marking.written[0], None
        say = self._marking_too(marking)
        for waited in until(self.clock, self.limits.backups, self.limits.poll):
            latest = self.preparation.latest(ready)
            if latest is not None and int(latest) >= first.seconds + SETTLE:
                return Original(float(int(latest)))
            say(f"waits for the backups to cover {iso(first.seconds)}; they reach {iso(latest) or 'nothing yet'}", waited)
        raise GaveUp(
            FAILED,
            "backups_behind",
            f"After {minutes(self.limits.backups)} (backups_timeout), the backups of {ready.database} reach {iso(latest) or 'nothing'}; "
            f"the first marker is of {iso(first.seconds)}. A failure now would lose everything since then.",
        )

    def _marking_too(self, marking: Marking) -> Say:
        """Reports progress, and writes a marker whenever one is due."""
        last = self.clock.now()

        def say(doing: str, seconds: float) -> None:
            nonlocal last
            if self.clock.now() - last >= self.limits.marker:
                marking.write()
                last = self.clock.now()
            self.say(doing, seconds)

        return say

    def _snapshot(self, ready: Ready, marking: Marking) -> Original:
        source, there = (Reading(aws, self.preparation.time) for aws in (self.preparation.aws, self.preparation.there))
        database, say = instance_of(ready.source), self._marking_too(marking)
        waits = Waits(whole=self.limits.restore, poll=self.limits.poll)
        tags = self.leftovers.tags(ready.resource_id, self.preparation.time.now())
        taken = self._taken(source, database, f"{ready.name}-source", tags)
        one = complete(source, self.clock, database, taken, waits, say)
        if ready.origin.copies:
            account = database.arn.split(":")[4]
            copier = Copier(Place(source, account), Place(there, account), self.clock, waits, say)
            one = copier.copy(database, Wanted(one, f"{ready.name}-copy", ready.key, tags))
        if one.data_time is None:
            raise GaveUp(FAILED, "snapshot_failed", f"RDS says no time for the data in {one.identifier}.", one)
        return Original(one.data_time, one)

    def _taken(self, reading: Reading, database: Database, name: str, tags: dict[str, str]) -> Snapshot:
        """The snapshot, begun. Its identifier is new, so whatever has it after a lost reply is ours."""
        last: CallFailed | None = None
        for waited in until(self.clock, self.limits.backups, self.limits.poll):
            try:
                reading.aws.change(
                    "rds", "create_db_snapshot", DBSnapshotIdentifier=name, DBInstanceIdentifier=database.identifier, Tags=tag_list(tags)
                )
            except (AlreadyThere, Ambiguous) as error:
                last = error
            except CallFailed as error:
                if error.code not in BUSY:
                    raise
                last = error
            one = reading.snapshot(database, name)
            if one is not None:
                return one
            self.say(f"waits until a snapshot can be taken{f' ({last.code})' if last else ''}", waited)
        raise last or GaveUp(FAILED, "snapshot_failed", f"The snapshot {name} has not appeared.")

# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What drills leave in an account, and how it goes: at the end of each, and what killed ones left at the beginning of the next."""

from __future__ import annotations

import hashlib
import time

from ...aws.connection import Aws
from ...reconcile.errors import CallFailed
from ...reconcile.waiting import SystemClock
from ..progress import minutes
from ..reaping import INSTANCE, SNAPSHOT, Reaped, Reaper
from ..tags import DRILL, Maker, temporary
from .plan import Plan

MODULE = "rds_drill"
KINDS = (INSTANCE, SNAPSHOT)
EVERYBODY = Maker(MODULE, DRILL)

AFTER_INTERRUPTION = 60.0
"""Seconds for which an interrupted drill tries to delete what is still being created. A person is waiting, and the tags have an expiry."""


class Leftovers:
    """Works in the regions of the source and of the target, and goes on after a request to stop."""

    def __init__(self, here: Aws, there: Aws, plan: Plan) -> None:
        self._plan = plan
        clock = SystemClock()
        self._hurried = False
        places = {one.region: one for one in (here, there)}
        self._reapers = [Reaper(one.unfenced(pause=time.sleep), clock, plan.limits.poll) for one in places.values()]

    def tags(self, resource_id: str, now: float) -> dict[str, str]:
        """The tags of all that a drill of this instance makes."""
        return temporary(self._maker(resource_id), resource_id, now, self._plan.limits.ttl)

    def _maker(self, resource_id: str) -> Maker:
        """All drills under the same lock are one run: it is held in the database of the markers, so only one is running at a time."""
        database = hashlib.sha256(self._plan.place.database.encode()).hexdigest()[:8]
        return Maker(MODULE, DRILL, f"{resource_id}-{database}")

    def hurry(self) -> None:
        self._hurried = True
        for one in self._reapers:
            one.seconds = AFTER_INTERRUPTION

    def expired(self, now: float) -> Reaped:
        """Delete what drills of any database have left beyond its time."""
        return self._all(EVERYBODY, now, "")

    def of(self, resource_id: str, now: float) -> Reaped:
        """Delete all that drills of this instance have left. Only for the one that holds the lock."""
        return self._all(self._maker(resource_id), now, resource_id)

    def instance(self, name: str) -> Reaped:
        """Delete the restored instance, which is in the last place and may not be listed yet, and wait until it is gone."""
        reaper = self._reapers[-1]
        found = reaper.delete(INSTANCE, name)
        if not found.gone or self._hurried:
            return found
        try:
            gone = reaper.wait_until_gone(INSTANCE, name, reaper.seconds)
        except CallFailed as error:
            return found + Reaped((), (f"Whether the DB instance {name} is gone could not be read: {error.operation} ({error.code})",))
        return found if gone else found + Reaped((), (f"The DB instance {name} is still being deleted after {minutes(reaper.seconds)}.",))

    def _all(self, maker: Maker, now: float, database: str) -> Reaped:
        found = Reaped()
        for one in self._reapers:
            try:
                found += one.reap(maker, now, database, KINDS)
            except CallFailed as error:
                text = (
                    f"What earlier drills left in {one.aws.region} could not be listed: {error.operation} ({error.code}): {error.message}"
                )
                found += Reaped((), (text,))
        return found

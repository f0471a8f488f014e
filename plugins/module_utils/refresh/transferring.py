# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The latest good snapshot of production, as a snapshot of the environment's own account, region, and key.

A snapshot of production itself is never shared. It is copied in its own account first, and that copy, which carries the tag of this
module, is shared, copied by the other account, and deleted: with it, any share ends, also that of a run that was killed. The role of the
source account therefore needs no right to share anything but its own copies. The first copy also makes a manual snapshot of an automated
one, which cannot be shared, and puts it under a key that can be.
"""

from __future__ import annotations

import hashlib

from ..reconcile.waiting import Clock
from ..recovery.completing import Waits
from ..recovery.copies import Wanted, unshareable_key
from ..recovery.copying import Copier, Place
from ..recovery.databases import Database, Snapshot
from ..recovery.giving_up import GaveUp, Say
from ..recovery.reading import Reading
from ..recovery.reaping import SNAPSHOT, Reaped, Reaper
from ..recovery.tags import Maker, temporary
from ..snapshot_gate.gate import Gate
from ..snapshot_gate.judging.policy import OPTIONAL, REQUIRE, Policy
from ..snapshot_gate.plan import Limits as GateLimits
from ..snapshot_gate.plan import Plan as GatePlan
from .plan import MODULE, REFRESH, RefreshPlan


def maker_of(plan: RefreshPlan) -> Maker:
    """The run of a refresh has the name of what it refreshes: whatever carries it is left by a run that was killed."""
    return Maker(MODULE, REFRESH, f"{plan.environment}/{plan.component}/{plan.identifier}")


def copy_name(plan: RefreshPlan, snapshot: Snapshot) -> str:
    """The same for each attempt with the same snapshot, so that a copy is adopted; at most 63 characters."""
    digest = hashlib.sha256(f"{snapshot.arn} {maker_of(plan).run}".encode()).hexdigest()[:12]
    return f"refresh-{plan.identifier[:40].rstrip('-')}-{digest}"


class Transfer:
    def __init__(self, plan: RefreshPlan, source: Reading, target: Reading, accounts: tuple[str, str], clock: Clock, say: Say) -> None:
        """``accounts``: of the source and of the target."""
        self._plan, self._clock, self._say = plan, clock, say
        self._there = Place(source, accounts[0])
        self._here = Place(target, accounts[1])
        self._maker = maker_of(plan)
        self.notes: tuple[str, ...] = ()
        """What could not be deleted in the source account."""

    def latest(self) -> Snapshot:
        """The newest snapshot, if it is good by the rules of the snapshot gate. Raises GaveUp."""
        policy = Policy(max_age=self._plan.max_age, pitr=OPTIONAL)
        asked = GatePlan(
            (self._plan.origin.identifier,),
            f"{REFRESH} {self._plan.environment}",
            policy,
            action=REQUIRE,
            prune=False,
            limits=GateLimits(poll=self._plan.limits.poll),
        )
        reading = self._there.reading
        verdict = Gate(reading.aws, self._clock, asked, lambda _name, doing, seconds: self._say(doing, seconds)).run(asked.databases[0])
        if verdict.state != "passed" or verdict.snapshot is None:
            raise GaveUp("refused", verdict.reason, f"There is no good snapshot: {verdict.sentence}", verdict.snapshot)
        return verdict.snapshot

    def fetch(self, database: Database, snapshot: Snapshot) -> Snapshot:
        """The complete copy in the target's place. Leaves nothing in the source account, whatever happens. Raises GaveUp and CallFailed."""
        if self._there.account == self._here.account:
            return self._copied(self._there, self._here, database, snapshot, self._plan.key)
        own = self._plan.origin.key or snapshot.kms_key
        key = self._there.reading.key(own) if own else None
        if problem := unshareable_key(snapshot.identifier, key, self._here.account):
            remedy = "Set source.kms_key to a key of the source account that this account may use."
            raise GaveUp("refused", "default_key", f"{problem} {remedy}", snapshot)
        try:
            shared = self._copied(self._there, self._there, database, snapshot, key.arn if key else "")
            return self._copied(self._there, self._here, database, shared, self._plan.key)
        finally:
            self._say("the copy in the source account is deleted", 0)
            self.notes += self._clear(self._there).notes

    def clear(self) -> tuple[str, ...]:
        """Delete the copies of this and of earlier refreshes in both accounts. Notes about what could not be deleted.

        Raises CallFailed if they cannot be listed.
        """
        places = (self._there, self._here) if self._there.account != self._here.account else (self._here,)
        return tuple(note for place in places for note in self._clear(place).notes)

    def _clear(self, place: Place) -> Reaped:
        reading = place.reading
        return Reaper(reading.aws, self._clock, self._plan.limits.poll).reap(self._maker, reading.time.now(), kinds=(SNAPSHOT,))

    def _copied(self, source: Place, destination: Place, database: Database, snapshot: Snapshot, key: str) -> Snapshot:
        limits = self._plan.limits
        # The expiry depends on the snapshot alone, so that an attempt finds the copies of the one before as it would make them.
        tags = temporary(self._maker, database.resource_id, snapshot.started or 0.0, self._plan.max_age + limits.ttl)
        wanted = Wanted(snapshot, copy_name(self._plan, snapshot), key, tags)
        waits = Waits(limits.copy, poll=limits.poll)
        return Copier(source, destination, self._clock, waits, self._say).copy(database, wanted)

# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Makes, finds, and deletes the copies of a database's snapshots in other regions and accounts."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import groupby

from ..aws.connection import Aws
from ..reconcile.pool import Pool
from ..reconcile.waiting import Clock
from ..recovery.completing import Waits
from ..recovery.copies import Wanted
from ..recovery.copying import Copier, Place
from ..recovery.databases import Database, Key, Snapshot, account_in
from ..recovery.giving_up import Say
from ..recovery.reading import Reading
from ..recovery.server_time import ServerTime
from ..recovery.states import WAITING
from ..recovery.tags import COPY_OF
from .acting import delete
from .judging.facts import CopyFacts
from .judging.naming import is_managed_copy, newest_first, tags_for
from .judging.policy import CopyTo
from .judging.pruning import to_delete
from .plan import Plan

Connect = Callable[[CopyTo], Aws]
"""The connection to the region and account of a copy."""


class Copies:
    """Those of one database. Keeps what it has read about keys."""

    def __init__(self, connect: Connect, clock: Clock, home: Reading, plan: Plan, say: Say) -> None:
        self._connect, self.clock, self.home, self.plan, self.say = connect, clock, home, plan, say
        self._readings: dict[CopyTo, Reading] = {}
        self._keys: dict[CopyTo, Key] = {}
        self.begun: list[str] = []

    @property
    def wanted(self) -> tuple[CopyTo, ...]:
        return self.plan.policy.copies

    def place(self, to: CopyTo, database: Database) -> Place:
        if to not in self._readings:
            self._readings[to] = Reading(self._connect(to), ServerTime(self.clock.now))
        return Place(self._readings[to], to.account or account_in(database.arn))

    def names(self, database: Database) -> list[str]:
        """The places of the copies, for people."""
        return [str(self.place(to, database)) for to in self.wanted]

    def before(self, database: Database) -> tuple[CopyFacts, ...]:
        """What decides whether copies can be made: keys, and quotas."""
        return tuple(self._facts(to, database, None, quota=True) for to in self.wanted)

    def after(self, database: Database, source: Snapshot) -> tuple[CopyFacts, ...]:
        """The copies of a snapshot, as their destinations describe them now."""
        return tuple(self._facts(to, database, source) for to in self.wanted)

    def _facts(self, to: CopyTo, database: Database, source: Snapshot | None, *, quota: bool = False) -> CopyFacts:
        place = self.place(to, database)
        found = place.reading.quota(database) if quota else None
        copy = self._copy_of(place, database, source) if source is not None else None
        return CopyFacts(to, str(place), self._key(to, place), found, copy)

    def _key(self, to: CopyTo, place: Place) -> Key | None:
        if to.kms_key and to not in self._keys:
            self._keys[to] = place.reading.key(to.kms_key)
        return self._keys.get(to)

    def _copy_of(self, place: Place, database: Database, source: Snapshot) -> Snapshot | None:
        """The best copy of a snapshot in a place: a complete one, else the newest."""
        found = [
            one
            for one in newest_first(place.reading.snapshots(database))
            if source.arn in (one.copied_from, one.tags.get(COPY_OF)) and one.arn != source.arn
        ]
        return next((one for one in found if one.status == "available"), found[0] if found else None)

    def in_progress(self, database: Database) -> list[Snapshot]:
        """Copies that are being made, also by other runs: what they are made of must stay."""
        everything = (self.place(to, database).reading.snapshots(database) for to in self.wanted)
        return [one for found in everything for one in found if one.status in WAITING]

    def make(self, database: Database, source: Snapshot) -> None:
        """Make the copies that do not exist yet, and wait for all of them.

        Those in one other account follow one another, because they share the source with it; the rest go on at the same time. Raises what
        Copier.copy raises, after all have ended.
        """
        own = account_in(database.arn)
        ordered = sorted(enumerate(self.wanted), key=lambda item: item[1].account or own)
        groups: list[list[CopyTo]] = []
        for account, members in groupby(ordered, key=lambda item: item[1].account or own):
            these = [to for _position, to in members]
            groups += [[to] for to in these] if account == own else [these]
        if len(groups) < 2:
            for group in groups:
                self._make(database, source, group)
            return
        with Pool(len(groups), thread_name_prefix="copies") as pool:
            list(pool.map(lambda group: self._make(database, source, group), groups))

    def _make(self, database: Database, source: Snapshot, group: Iterable[CopyTo]) -> None:
        for to in group:
            copier, wanted = self._copier(to, database), self._wanted(to, database, source)
            try:
                copier.copy(database, wanted)
            finally:
                self.begun += copier.begun

    def _copier(self, to: CopyTo, database: Database) -> Copier:
        limits = self.plan.limits
        waits = Waits(limits.copies, limits.stall, limits.poll, limits.settle)
        here = Place(self.home, account_in(database.arn))
        return Copier(here, self.place(to, database), self.clock, waits, self.say, limits.copies, self.plan.policy.shared_with)

    def _wanted(self, to: CopyTo, database: Database, source: Snapshot) -> Wanted:
        place = self.place(to, database)
        key = self._key(to, place)
        same_place = (place.region, place.account) == (self.home.aws.region, account_in(database.arn))
        name = f"{source.identifier[:250]}-copy" if same_place else source.identifier
        tags = tags_for(database, self.plan.deployment, self.plan.tags)
        return Wanted(source, name, key.arn if key is not None else "", tags)

    def prune(self, database: Database, now: float, source: Snapshot) -> tuple[list[str], list[str]]:
        """Delete old copies of ours by the rules for snapshots: (those that are gone, a sentence for each that could not be deleted)."""
        gone, kept = [], []
        for to in self.wanted:
            place = self.place(to, database)
            everything = place.reading.snapshots(database)
            spare = self._copy_of(place, database, source)
            going = to_delete(database, everything, self.plan.retention, now, spare.arn if spare else "", is_managed_copy)
            if self.plan.check_mode:
                gone += [f"{one.identifier} in {place}" for one in going]
                continue
            deleted, refused = delete(place.reading.aws, database, going)
            gone += [f"{name} in {place}" for name in deleted]
            kept += [f"In {place}, {text}" for text in refused]
        return gone, kept

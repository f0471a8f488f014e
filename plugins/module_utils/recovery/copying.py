# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Copies a snapshot to another region, to another account, or to both, or under another key in the same place.

A snapshot for another account is shared with exactly that account, copied there under a key of that account, and the share is taken back
whatever happens. AWS copies to another region and another account in a single step ("Copying a DB snapshot", Amazon RDS User Guide).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from ..reconcile.errors import AlreadyThere, Ambiguous, CallFailed, NotYet
from ..reconcile.waiting import Clock, until
from .calls import calls_for
from .completing import Waits, complete
from .copies import Wanted, is_ours, next_name, parameters, problems, sentences
from .databases import Database, Snapshot
from .giving_up import GaveUp, Say
from .reading import Reading
from .states import WAITING
from .troubles import FULL

SHARING = "restore"
"""The attribute of a snapshot that says which accounts may use it."""


@dataclass(frozen=True)
class Place:
    """A region of an account, and what reads it."""

    reading: Reading
    account: str

    @property
    def region(self) -> str:
        return self.reading.aws.region

    def __str__(self) -> str:
        return f"{self.region} of account {self.account}"


@dataclass(frozen=True)
class Copier:
    """waits: how long a copy may take. retry: seconds for which it is tried while other copies use up the limit of copies at a time."""

    source: Place
    destination: Place
    clock: Clock
    waits: Waits
    say: Say
    retry: float = 1800.0
    lasting: Collection[str] = field(default_factory=tuple)
    """Accounts that the source may stay shared with, if it was before."""
    begun: list[str] = field(default_factory=list)
    """The identifiers of the copies that this object began, and did not find."""

    def copy(self, database: Database, wanted: Wanted) -> Snapshot:
        """The complete copy, as the destination describes it. An earlier attempt's copy is adopted: it is waited for, or already complete.

        ``database``: the source, for which only ``is_cluster`` matters. Raises GaveUp if the copy fails, stalls, disappears, takes too
        long, or is not what was asked for; CallFailed for everything else that AWS refuses. Deletes nothing: a failed copy stays, and the
        next one gets another name.
        """
        one = self._existing(database, wanted)
        if one is not None and one.status == "available":
            if problem := self.take_back(database, wanted.source):
                raise GaveUp("failed", "share_not_taken_back", problem, one)
            return self._verified(one, wanted)
        with self._shared(database, wanted.source):
            one = one or self._begun(database, wanted)
            try:
                one = complete(self.destination.reading, self.clock, database, one, self.waits, self.say)
            except GaveUp as error:
                where = f"The copy of {wanted.source.identifier} in {self.destination}: {error.sentence}"
                raise GaveUp("failed", f"copy_{error.reason}", where, error.snapshot) from error
        return self._verified(one, wanted)

    def _verified(self, one: Snapshot, wanted: Wanted) -> Snapshot:
        if found := problems(one, wanted, str(self.destination)):
            raise GaveUp("failed", "copy_differs", sentences(found), one)
        return one

    def _existing(self, database: Database, wanted: Wanted) -> Snapshot | None:
        """What an earlier attempt made, or still makes."""
        found = self._names(database, wanted)
        return found if isinstance(found, Snapshot) else None

    def _names(self, database: Database, wanted: Wanted) -> Snapshot | str:
        """The copy that an earlier attempt made, or the first identifier that is free: a failed copy keeps its own."""
        taken: set[str] = set()
        while True:
            name = next_name(wanted.name, taken)
            one = self.destination.reading.snapshot(database, name)
            if one is None:
                return name
            if is_ours(one, wanted) and (one.status == "available" or one.status in WAITING):
                return one
            if name in taken:
                raise GaveUp("refused", "copy_name", f"There are too many snapshots called {wanted.name}-... in {self.destination}.")
            taken.add(name)

    def take_back(self, database: Database, source: Snapshot) -> str:
        """Stop sharing the source with the destination's account, also if an attempt that was killed shared it.

        A sentence if that failed; empty otherwise. A share that ``lasting`` allows stays.
        """
        account = self.destination.account
        if account == self.source.account or account in self.lasting:
            return ""
        if account not in (self.source.reading.shared_with(database, source) or ()):
            return ""
        return self._unshare(database, source)

    def _unshare(self, database: Database, source: Snapshot) -> str:
        account = self.destination.account
        try:
            self._change_share(database, source, "ValuesToRemove")
        except (Ambiguous, CallFailed) as error:
            return f"{source.identifier} may still be shared with {account}: {error.operation} ({error.code}): {error.message}"
        return ""

    def _change_share(self, database: Database, source: Snapshot, change: str) -> None:
        """Share, or stop sharing. Either can be repeated after a lost reply: a second call changes nothing."""
        calls = calls_for(database.is_cluster)
        given = {calls.snapshot_id: source.identifier, "AttributeName": SHARING, change: [self.destination.account]}
        last: Ambiguous | None = None
        for _waited in until(self.clock, self.waits.settle, self.waits.poll):
            try:
                self.source.reading.aws.change("rds", calls.modify_attributes, **given)
            except Ambiguous as error:
                last = error
            else:
                return
        if last is not None:
            raise last

    @contextmanager
    def _shared(self, database: Database, source: Snapshot) -> Iterator[None]:
        """Shares the source for the duration of the copy, with exactly the destination's account."""
        account = self.destination.account
        if account == self.source.account:
            yield
            return
        already = account in (self.source.reading.shared_with(database, source) or ())
        if already and account in self.lasting:
            yield
            return
        try:
            if not already:
                self._change_share(database, source, "ValuesToAdd")
            yield
        except GaveUp as error:
            problem = self._unshare(database, source)
            raise GaveUp(error.state, error.reason, f"{error.sentence} {problem}".strip(), error.snapshot) from error
        except CallFailed as error:
            if problem := self._unshare(database, source):
                error.hint = f"{error.hint} {problem}".strip()
            raise
        except BaseException:
            self._unshare(database, source)
            raise
        if problem := self._unshare(database, source):
            raise GaveUp("failed", "share_not_taken_back", problem, source)

    def _begun(self, database: Database, wanted: Wanted) -> Snapshot:
        """The copy, begun. Its identifier is its own token: after a lost reply, whatever has it and our tags is ours."""
        calls, aws = calls_for(database.is_cluster), self.destination.reading.aws
        last: CallFailed | None = None
        for waited in until(self.clock, self.retry, self.waits.poll):
            name = self._names(database, wanted)
            if isinstance(name, Snapshot):
                return name
            given = parameters(calls, wanted, name, self.source.region, self.destination.region)
            try:
                reply = aws.change("rds", calls.copy, **given)
                self.begun.append(name)
                return calls.convert(reply[calls.items.removesuffix("s")])
            except CallFailed as error:
                if not self._passes(database, error, waited):
                    raise
                last = error
            self.say(f"waits to be copied to {self.destination} ({last.code})", waited)
        raise last or GaveUp("failed", "copy", f"{wanted.source.identifier} could not be copied to {self.destination}.")

    def _passes(self, database: Database, error: CallFailed, waited: float) -> bool:
        """Whether the call may succeed soon.

        RDS limits the copies at a time as well as the snapshots. A share takes a while to arrive. After a lost reply, we look first.
        """
        if error.code in FULL:
            found = self.destination.reading.quota(database)
            return found is None or found.used < found.limit
        return isinstance(error, AlreadyThere | Ambiguous) or (isinstance(error, NotYet) and waited < self.waits.settle)

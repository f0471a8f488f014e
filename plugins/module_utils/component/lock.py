# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The run lock: keeps two runs of one component apart, and keeps all other runs out of an environment that is being destroyed.

The lock is a numbered parameter of Systems Manager (lock_entries.py explains why that is atomic). It needs no setup, and it is deleted when
the run ends. A run that stays silent for ``TIME_TO_LIVE`` loses the lock to the next run that requests it. It detects this before its next
change, because every changing call invokes ``check`` immediately before it is sent.

A dead run leaves its entry behind. What it created last may not be in AWS's lists yet, so the next run waits for the settle window before
it reads the current state.
"""

from __future__ import annotations

import contextlib
import getpass
import os
import socket
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from ..aws.connection import Aws
from ..aws.outages import Outages
from ..reconcile.errors import AlreadyThere, CallFailed, out_of_resources
from ..reconcile.waiting import Clock, Progress, Stopped, until
from .lock_calls import create_entry, delete_entry, entry_exists, read_entries, with_unlisted
from .lock_entries import RUN_VARIABLE, Entry, Holder, Mode, highest, in_the_way, this_process

TIME_TO_LIVE = 120.0
"""Seconds of silence after which a holder counts as dead. Far longer than a read may lag behind a write."""
RENEW_EVERY = TIME_TO_LIVE / 4
LAST_MOMENT = TIME_TO_LIVE * 0.75
"""Seconds since its last renewal after which a holder must renew before its next change, because another run may soon take over."""
RELEASE_WITHIN = 15.0
"""Seconds for which a run that ends tries to delete its entry while AWS cannot be reached."""


class Locked(CallFailed):
    """Another run holds the lock."""

    def __init__(self, entry: Entry, component: str, environment: str) -> None:
        what = (
            f"component {entry.component} of environment {environment} is being {'destroyed' if entry.mode == 'exclusive' else 'changed'}"
        )
        other = "" if entry.component == component else f", which blocks component {component}"
        age = f"started {duration(entry.held + entry.silent)} ago, last heartbeat {duration(entry.silent)} ago"
        hint = f"Run again when that run has finished. If it is dead, its lock expires {TIME_TO_LIVE:g} s after its last heartbeat."
        super().__init__(f"{what} by {entry.holder.who}, {age}{other}. Nothing was changed.", code="Locked", hint=hint)


class Lost(CallFailed):
    """This run no longer holds the lock."""

    def __init__(self, why: str) -> None:
        super().__init__(
            f"the run lock was lost: {why}. Nothing more will be changed.", code="LockLost", hint="Run again to continue from here."
        )


def duration(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes}m{rest:02d}s" if minutes else f"{rest} s"


def run_label(caller: str) -> str:
    """A name for this run that a colleague would recognize."""
    try:
        user = getpass.getuser()
    except (OSError, KeyError):
        user = f"user {os.getuid()}"
    return f"{user} on {socket.gethostname()} (process {os.getpid()}, as {caller})"


def _this_run(caller: str) -> Holder:
    return this_process(os.environ.get(RUN_VARIABLE) or uuid.uuid4().hex, run_label(caller))


class RunLock:
    """The lock of one component, while it is held."""

    def __init__(self, aws: Aws, mine: Entry, lose: Callable[[], None]) -> None:
        self._over = threading.Event()
        self._aws = aws.unfenced(pause=self._pause, outages=_patient())
        self._mine = mine
        self._lose = lose
        self._since = self._alive = time.monotonic()
        self._renewing = threading.Lock()
        self.lost: Lost | None = None
        self.unlisted = False
        """Whether lists may not yet show what this run has created. If so, its entry stays, marked as ended."""
        self._thread = threading.Thread(target=self._renew_for_ever, name="run-lock", daemon=True)

    def check(self) -> None:
        """Raises Lost if another run may have taken over. Called before every change.

        After an outage, or after the process was suspended, the entry is old. In that case it is renewed first, which shows whether it is
        still ours.
        """
        if self.lost is None and self._is_old():
            with self._renewing:
                if self.lost is None and self._is_old():
                    self._renew_or_lose()
        if self.lost:
            raise self.lost

    def _is_old(self) -> bool:
        return time.monotonic() - self._alive > LAST_MOMENT

    def _renew_or_lose(self) -> None:
        old = time.monotonic() - self._alive
        try:
            self._renew()
        except Lost as error:
            self.lost = error
        except (CallFailed, Stopped) as error:
            self.lost = Lost(f"it could not be renewed for {duration(old)}: {error}")
        if self.lost:
            self._lose()

    def start(self) -> None:
        """Renew the lock in the background. Raises OutOfResources if no thread can be started."""
        try:
            self._thread.start()
        except RuntimeError as error:
            raise out_of_resources(error) or error from error

    def release(self) -> None:
        """Release the lock. A lost lock already belongs to another run; an entry that cannot be deleted expires."""
        self._over.set()
        self._renewing.acquire(timeout=5.0)  # a renewal in progress ends at its next pause
        if self.lost is None:
            aws = self._aws.unfenced(pause=time.sleep, outages=_patient(RELEASE_WITHIN))
            if self.unlisted:
                with contextlib.suppress(CallFailed):  # the next run then considers this one dead, and also waits
                    create_entry(aws, replace(self._mine, number=self._mine.number + 1, silent=0.0, ended=True))
            delete_entry(aws, self._mine)

    def renew(self) -> None:
        """Create the next number, as a run taking over would: only one of the two succeeds. Raises Lost if this run did not."""
        if self.lost:
            raise self.lost
        with self._renewing:
            self._renew()

    def _renew(self) -> None:
        entries = [entry for entry in read_entries(self._aws) if entry.component == self._mine.component]
        own = [entry for entry in entries if entry.holder == self._mine.holder]
        if other := next((entry for entry in entries if entry.number > self._mine.number and entry not in own), None):
            raise Lost(f"{other.holder.who} took over")
        if not any(entry.number >= self._mine.number for entry in own) and not entry_exists(self._aws, self._mine):
            raise Lost("its entry is gone" if own else "its entry was deleted")
        last = max(self._mine.number, highest(entries, self._mine.component))
        following = replace(self._mine, number=last + 1, held=time.monotonic() - self._since, silent=0.0)
        asked = time.monotonic()
        try:
            create_entry(self._aws, following)
        except AlreadyThere as error:
            raise Lost("another run has just taken over") from error
        if not entry_exists(self._aws, self._mine):
            delete_entry(self._aws, following)  # this process was suspended while another run took over and ended
            raise Lost("another run took over and has ended")
        self._mine = following
        self._alive = asked
        for entry in own:
            delete_entry(self._aws, entry)

    def _renew_for_ever(self) -> None:
        while not self._over.wait(RENEW_EVERY):
            with self._renewing:
                if self._over.is_set() or self.lost:
                    return
                try:
                    self._renew()
                except Lost as error:
                    self.lost = error
                except (CallFailed, Stopped):
                    continue  # retried in time, or ``check`` gives up
            if self.lost:
                self._lose()
                return

    def _pause(self, seconds: float) -> None:
        if self._over.wait(seconds):
            raise Stopped


def _patient(seconds: float | None = None) -> Outages:
    """The retry policy of calls that keep or release a lock: that of a run that has made changes."""
    outages = Outages() if seconds is None else Outages(hold_out=seconds)
    outages.changed()
    return outages


@contextlib.contextmanager
def held(aws: Aws, mode: Mode, caller: str, clock: Clock, wait: float, progress: Progress, settle: float = 0.0) -> Iterator[RunLock]:
    """Hold the lock of the connection's component; meanwhile every change through the connection is fenced.

    ``wait``: seconds to wait for the current holder. ``settle``: seconds for which lists may not show what a dead holder created; the lock
    is held, but not handed out, until they have passed; 0 leaves the wait to a later run. Losing the lock stops ``clock``. Raises Locked
    before anything is changed.
    """
    mine, dead = _acquired(aws, mode, _this_run(caller), clock, wait, progress)
    lock = RunLock(aws, mine, clock.stop)
    try:
        lock.start()
        _wait_for_lists(dead, clock, settle, progress)
        for entry in dead if settle else ():
            delete_entry(aws, entry)
        aws.fence = lock.check
        yield lock
    finally:
        aws.fence = None
        lock.release()


def live_holder(aws: Aws, mode: Mode, caller: str) -> Locked | None:
    """The live run that holds this component's lock, as the error that another run would get; None if there is none."""
    other = in_the_way(read_entries(aws), aws.owner.component, mode, _this_run(caller), TIME_TO_LIVE)
    return Locked(other, aws.owner.component, aws.owner.environment) if other else None


def _wait_for_lists(dead: Sequence[Entry], clock: Clock, settle: float, progress: Progress) -> None:
    """Wait until lists show everything that dead holders may have created."""
    left = max((_left(entry, settle) for entry in dead), default=0.0)
    for waited in until(clock, left, 5.0) if left else ():
        progress("run lock", f"an earlier run ended early; waiting {left:.0f} s, until AWS's lists show what it created last", waited)


def time_to_settle(silent: float, settle: float) -> float:
    """Seconds until lists show what a dead holder created, given how long its entry has been silent.

    It may have been alive and created something until now, or until ``LAST_MOMENT`` after its entry, whichever is earlier.
    """
    return min(settle, max(0.0, LAST_MOMENT + settle - silent))


def _left(entry: Entry, settle: float) -> float:
    return max(0.0, settle - entry.silent) if entry.ended else time_to_settle(entry.silent, settle)


def _acquired(aws: Aws, mode: Mode, holder: Holder, clock: Clock, wait: float, progress: Progress) -> tuple[Entry, list[Entry]]:
    """(our entry, the entries of dead holders of the component)."""
    for waited in until(clock, wait, 5.0):
        taken = _try(aws, mode, holder)
        if not isinstance(taken, Locked):
            return taken
        last = taken
        progress("run lock", f"waiting: {last.message}", waited)
    raise last


def _try(aws: Aws, mode: Mode, holder: Holder) -> tuple[Entry, list[Entry]] | Locked:
    """Record that this run is active, then look for other active runs: of two that start at once, at least one sees the other."""
    environment, component = aws.owner.environment, aws.owner.component
    entries = read_entries(aws)
    mine: Entry | None = None
    while mine is None:
        if other := in_the_way(entries, component, mode, holder, TIME_TO_LIVE):
            return Locked(other, component, environment)
        wanted = Entry(component, highest(entries, component) + 1, holder, mode)
        try:
            create_entry(aws, wanted)
            mine = wanted
        except AlreadyThere as error:
            entries = with_unlisted(aws, read_entries(aws), wanted, error)
    entries = [*read_entries(aws), *(entry for entry in entries if entry.number < mine.number)]
    if other := in_the_way(entries, component, mode, holder, TIME_TO_LIVE):
        delete_entry(aws, mine)
        return Locked(other, component, environment)
    dead = {entry.number: entry for entry in entries if entry.component == component and entry.number < mine.number}
    return mine, list(dead.values())

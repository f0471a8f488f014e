# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The run lock: keeps two runs of one component apart, and keeps all other runs out of an environment that is being destroyed.

The lock is a numbered parameter of Systems Manager (lock_entries.py explains why that is atomic). It needs no setup, and it is deleted when
the run ends. A run that stays silent for ``TIME_TO_LIVE`` loses the lock to the next run that requests it. It detects this before its next
change, because every changing call invokes ``check`` first.
"""

from __future__ import annotations

import contextlib
import getpass
import os
import socket
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from email.utils import parsedate_to_datetime
from typing import Any

from ..aws.connection import Aws
from ..reconcile.errors import AlreadyThere, Ambiguous, CallFailed
from ..reconcile.waiting import Clock, Progress, until
from .lock_entries import RUN_VARIABLE, Entry, Holder, Mode, folder, highest, in_the_way, parameter_name, read_entry, this_process

TIME_TO_LIVE = 120.0
"""Seconds of silence after which a holder counts as dead. Far longer than a read may lag behind a write."""
RENEW_EVERY = TIME_TO_LIVE / 4
LAST_MOMENT = TIME_TO_LIVE * 0.75
"""Seconds after its last renewal at which a holder stops making changes: another run may soon take over."""
ATTEMPTS = 3


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


class RunLock:
    """The lock of one component, while it is held."""

    def __init__(self, aws: Aws, mine: Entry, lose: Callable[[], None]) -> None:
        self._aws = aws
        self._mine = mine
        self._lose = lose
        self._since = self._alive = time.monotonic()
        self._over = threading.Event()
        self.lost: Lost | None = None
        self._thread = threading.Thread(target=self._renew_for_ever, name="run-lock", daemon=True)

    def check(self) -> None:
        """Raises Lost if another run may have taken over. Called before every change."""
        if self.lost is None and time.monotonic() - self._alive > LAST_MOMENT:
            self.lost = Lost(f"it could not be renewed for {duration(time.monotonic() - self._alive)}")
        if self.lost:
            raise self.lost

    def start(self) -> None:
        self._thread.start()

    def release(self) -> None:
        """Release the lock. A lost lock already belongs to another run; an entry that cannot be deleted expires."""
        self._over.set()
        if self._thread.is_alive():
            self._thread.join(timeout=5.0)
        if self.lost is None:
            _delete(self._aws, self._mine)

    def renew(self) -> None:
        """Create the next number, as a run taking over would: only one of the two succeeds. Raises Lost if this run did not."""
        self.check()
        entries, asked = _entries(self._aws)
        own = [entry for entry in entries if entry.component == self._mine.component]
        if other := next((entry for entry in own if entry.holder != self._mine.holder), None):
            raise Lost(f"{other.holder.who} took over")
        if own and not any(entry.number >= self._mine.number for entry in own):
            raise Lost("its entry is gone")
        if not own:
            raise Lost("its entry was deleted")
        before = self._mine
        following = replace(before, number=highest(own, before.component) + 1, held=time.monotonic() - self._since, silent=0.0)
        try:
            _create(self._aws, following)
        except AlreadyThere as error:
            raise Lost("another run has just taken over") from error
        self._mine = following
        self._alive = asked
        for entry in own:
            _delete(self._aws, entry)

    def _renew_for_ever(self) -> None:
        while not self._over.wait(RENEW_EVERY):
            try:
                self.renew()
            except Lost as error:
                self.lost = error
            except CallFailed:
                continue  # retried in time, or ``check`` gives up
            if self.lost:
                self._lose()
                return


@contextlib.contextmanager
def held(aws: Aws, mode: Mode, caller: str, clock: Clock, wait: float, progress: Progress) -> Iterator[RunLock]:
    """Hold the lock of the connection's component; meanwhile every change through the connection is fenced.

    ``wait``: seconds to wait for the current holder. Losing the lock stops ``clock``. Raises Locked before anything is changed.
    """
    run = os.environ.get(RUN_VARIABLE) or uuid.uuid4().hex
    holder = this_process(run, run_label(caller))
    lock = RunLock(aws, _acquired(aws, mode, holder, clock, wait, progress), clock.stop)
    aws.fence = lock.check
    lock.start()
    try:
        yield lock
    finally:
        lock.release()
        aws.fence = None


def _acquired(aws: Aws, mode: Mode, holder: Holder, clock: Clock, wait: float, progress: Progress) -> Entry:
    for waited in until(clock, wait, 5.0):
        taken = _try(aws, mode, holder)
        if isinstance(taken, Entry):
            return taken
        last = taken
        progress("run lock", f"waiting: {last.message}", waited)
    raise last


def _try(aws: Aws, mode: Mode, holder: Holder) -> Entry | Locked:
    """Record that this run is active, then look for other active runs: of two that start at once, at least one sees the other."""
    environment, component = aws.owner.environment, aws.owner.component
    entries, _asked = _entries(aws)
    if other := in_the_way(entries, component, mode, holder, TIME_TO_LIVE):
        return Locked(other, component, environment)
    mine = Entry(component, highest(entries, component) + 1, holder, mode)
    try:
        _create(aws, mine)
    except AlreadyThere:
        entries, _asked = _entries(aws)
        other = in_the_way(entries, component, mode, holder, TIME_TO_LIVE)
        return Locked(other, component, environment) if other else _try(aws, mode, holder)
    entries, _asked = _entries(aws)
    if other := in_the_way(entries, component, mode, holder, TIME_TO_LIVE):
        _delete(aws, mine)
        return Locked(other, component, environment)
    for entry in entries:  # of dead holders
        if entry.component == component and entry.number < mine.number:
            _delete(aws, entry)
    return mine


def _entries(aws: Aws) -> tuple[list[Entry], float]:
    """All entries of the environment, and the moment (monotonic) from which their stated ages are known to hold."""
    asked = time.monotonic()
    found: list[Entry] = []
    page: dict[str, Any] = {}
    while True:
        reply = aws.read("ssm", "get_parameters_by_path", Path=folder(aws.owner.environment), Recursive=True, **page)
        now = parsedate_to_datetime(reply["ResponseMetadata"]["HTTPHeaders"]["date"]).timestamp()
        found += [entry for parameter in reply["Parameters"] if (entry := read_entry(parameter, now))]
        if not reply.get("NextToken"):
            return found, asked
        page = {"NextToken": reply["NextToken"]}


def _create(aws: Aws, entry: Entry) -> None:
    """Raises AlreadyThere if another run holds this number. After a lost reply, checks whether the entry is ours."""
    name = parameter_name(aws.owner.environment, entry.component, entry.number)
    for attempt in range(1, ATTEMPTS + 1):
        try:
            aws.change("ssm", "put_parameter", Name=name, Value=entry.value, Type="String", Overwrite=False)
        except (AlreadyThere, Ambiguous) as error:
            there = aws.find("ssm", "get_parameter", Name=name)
            if there is None and attempt < ATTEMPTS:
                continue
            if there is None:
                raise
            if there["Parameter"]["Value"] != entry.value:
                raise AlreadyThere(f"{name} belongs to another run", error.operation, error.code) from error
        return


def _delete(aws: Aws, entry: Entry) -> None:
    """An entry that cannot be deleted now expires soon and does not block other runs for long."""
    for _attempt in range(ATTEMPTS):
        try:
            aws.remove("ssm", "delete_parameter", Name=parameter_name(aws.owner.environment, entry.component, entry.number))
        except Ambiguous:
            continue
        except CallFailed:
            pass
        return

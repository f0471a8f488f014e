# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Carries out a synchronization: assets, documents, index, invalidation, deletions. May end anywhere and be repeated."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from ..aws.connection import Aws
from ..reconcile.errors import CallFailed
from ..reconcile.waiting import Clock
from .invalidation import invalidate, paths_of, reference_of, refused, wait_for
from .options import Wish
from .plan import STAGES, Listed, Plan, Put, finished, forms_of, make_plan, recorded
from .record import Record
from .store import Store

Say = Callable[[str, float], None]

BATCH = 500
"""Uploads between two writes of the record."""


class Incomplete(Exception):
    """Some files were not uploaded. Carries the errors, and how many files were uploaded."""

    def __init__(self, failures: Sequence[CallFailed], uploaded: int) -> None:
        super().__init__(f"{len(failures)} files were not uploaded")
        self.failures, self.uploaded = failures, uploaded


@dataclass(frozen=True)
class Seen:
    """What is there, and what to do about it."""

    record: Record
    plan: Plan


@dataclass(frozen=True)
class Done:
    """``paths``: what was invalidated, or would be. ``invalidation``: its id; empty if there was none."""

    plan: Plan
    paths: tuple[str, ...]
    invalidation: str = ""


def batches(puts: Sequence[Put]) -> Iterator[tuple[str, Sequence[Put], bool]]:
    """(stage, uploads, whether what was uploaded before is to be recorded first)."""
    full = False
    for stage, called in enumerate(STAGES):
        staged = [one for one in puts if one.stage == stage]
        for first in range(0, len(staged), BATCH):
            batch = staged[first : first + BATCH]
            yield called, batch, full or (called == STAGES[-1] and len(puts) > len(staged))
            full = len(batch) == BATCH


class Synchronization:
    """One run. ``epoch``: seconds since the epoch."""

    def __init__(self, aws: Aws, store: Store, wish: Wish, clock: Clock, say: Say, epoch: Callable[[], float]) -> None:
        self._aws, self._store, self._wish, self._clock, self._say, self._epoch = aws, store, wish, clock, say, epoch
        self._began = clock.now()

    def look(self) -> Seen:
        """What a run would do. Raises CallFailed."""
        record, listing = self._store.read()
        return self._seen(record, listing)

    def from_nothing(self) -> Seen:
        """What a run would do in a bucket that does not exist yet."""
        return self._seen(Record(), {})

    def _seen(self, record: Record, listing: dict[str, Listed]) -> Seen:
        wish = self._wish
        forms = forms_of(wish.found.files, wish.rules, wish.kms_key_id)
        plan = make_plan(forms, record, listing, wish.rules, wish.index, wish.version, wish.keeping, self._epoch())
        return Seen(record, plan)

    def paths(self, plan: Plan) -> tuple[str, ...]:
        return paths_of(plan.outdated, self._wish.index, self._wish.path) if self._wish.distribution else ()

    def carry_out(self, seen: Seen) -> Done:
        """Raises CallFailed, Incomplete, Stopped. Whatever is raised, the record says what is there."""
        plan = seen.plan
        record, etags = self._upload(plan, seen.record)
        paths = self.paths(plan)
        invalidation = self._invalidate(paths, reference_of(paths, record.etag, etags)) if paths else ""
        if plan.deletes:
            self._progress(f"deleting {len(plan.deletes)} objects that no release needs")
            self._store.delete(plan.deletes)
        listing = self._store.listing() if plan.puts else {}
        self._store.write(finished(recorded(record, plan, etags, ()), plan, listing, self._epoch()))
        return Done(plan, paths, invalidation)

    def _upload(self, plan: Plan, record: Record) -> tuple[Record, dict[str, str]]:
        """(the record as it was last written, the ETags of all uploads). What was uploaded is recorded before the index takes effect, and
        after every batch, so that a run that is killed does not upload it again."""
        etags: dict[str, str] = {}
        files = {one.name: one for one in self._wish.found.files}
        for called, puts, before in batches(plan.puts):
            if before:
                record = self._store.write(recorded(record, plan, etags, plan.outdated))
            made, errors = self._store.upload(puts, files, self._counted(called, len(etags), len(plan.puts)))
            etags |= made
            if errors:
                self._store.write(recorded(record, plan, etags, plan.outdated))
                raise next((one for one in errors if not isinstance(one, CallFailed)), None) or Incomplete(
                    [one for one in errors if isinstance(one, CallFailed)], len(etags)
                )
        return record, etags

    def _counted(self, called: str, done: int, total: int) -> Callable[[str], None]:
        begun: list[str] = []

        def proceed(name: str) -> None:
            self._clock.pause(0)
            begun.append(name)
            self._progress(f"uploading {called}, {done + len(begun)} of {total} files")

        return proceed

    def _invalidate(self, paths: Sequence[str], reference: str) -> str:
        distribution = self._wish.distribution
        try:
            made = invalidate(self._aws, distribution, paths, reference, self._clock.pause)
        except CallFailed as error:
            raise refused(error, distribution) from error
        if self._wish.wait:
            wait_for(
                self._aws, distribution, made, self._clock, lambda doing, _seconds: self._progress(doing), self._wish.invalidation_timeout
            )
        return made

    def _progress(self, doing: str) -> None:
        self._say(doing, self._clock.now() - self._began)

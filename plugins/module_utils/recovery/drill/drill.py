# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""One drill. Controls the sequence; the files beside it read, act, and decide."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

from ...aws.connection import Aws
from ...aws.tags import tag_list
from ...reconcile.errors import CallFailed, failure
from ...reconcile.pool import Pool
from ...reconcile.waiting import Clock, Stopped, until
from ..access import Access, Door
from ..databases import tags_of
from ..giving_up import GaveUp, Say
from ..printing import Printed, print_all
from ..progress import minutes
from ..reaping import Reaped
from ..restoring import Restorer, Waits, refusal
from ..server_time import ServerTime
from ..tags import RUN, measured
from ..troubles import reason_of
from . import markers
from .judging import Timeline, verdict
from .leftovers import Leftovers
from .marking import Marking, look, read
from .plan import Plan
from .preparing import Preparation, Ready
from .requesting import request
from .result import FAILED, MISSED, PASSED, REFUSED, Check, Measure, Result
from .sourcing import Original, Sourcing
from .verifying import Source, judge_contents, judge_markers, judge_settings

PREPARE, WAIT, RESTORE, VERIFY, TEARDOWN = "prepare", "wait for the backups", "restore", "verify", "tear down"
KEEP_ALIVE, LOCK_SECONDS = 60.0, 90.0
INTERRUPTED = "interrupted"


class Drill:
    """``say`` reports progress."""

    def __init__(self, aws: Aws, clock: Clock, plan: Plan, say: Say) -> None:
        self.aws, self.clock, self.plan, self._said = aws, clock, plan, say
        self.there = aws.in_region(plan.target.region)
        self.time = ServerTime(clock.now)
        self.times = Timeline(clock.now)
        self.preparation = Preparation(aws, self.there, self.time, plan)
        self.leftovers = Leftovers(aws, self.there, plan)
        self.sourcing = Sourcing(self.preparation, self.leftovers, clock, self.say)
        self.restorer = Restorer(self.there, clock, Waits(plan.limits.restore, plan.limits.poll), self.say)
        self.id = f"{datetime.now(UTC):%Y%m%dt%H%M%S}-{secrets.token_hex(2)}"
        self.marking: Marking | None = None
        self._kept_alive = clock.now()
        rto, rpo = Measure(None, plan.goals.rto), Measure(None, plan.goals.rpo)
        self.found = Result(
            FAILED, "", "", plan.database, region=aws.region, target_region=plan.target.region, drill=self.id, rto=rto, rpo=rpo
        )

    def say(self, doing: str, seconds: float) -> None:
        self._said(doing, seconds)
        if self.marking is not None and self.clock.now() - self._kept_alive >= KEEP_ALIVE:
            self.marking.keep_alive()
            self._kept_alive = self.clock.now()

    def run(self) -> Result:
        """The result. An error of AWS or of the database is a result too."""
        self.times.enter(PREPARE)
        try:
            self._prepared()
        except GaveUp as gave_up:
            self._end(gave_up.state, gave_up.reason, gave_up.sentence)
        except Stopped:
            self._end(FAILED, INTERRUPTED, f"The drill of {self.plan.database} was interrupted.")
        except CallFailed as error:
            state = REFUSED if self.times.failed is None else FAILED
            self._end(state, reason_of(error.code), str(failure(self.plan.database, error)))
        return replace(self.found, phases=self.times.phases())

    def _end(self, state: str, reason: str, sentence: str) -> None:
        self.found = replace(self.found, state=state, reason=reason, sentence=sentence)

    def _note(self, *notes: str) -> None:
        self.found = replace(self.found, notes=(*self.found.notes, *notes))

    def _reaped(self, found: Reaped) -> None:
        gone = dict.fromkeys((*self.found.torn_down, *found.gone))
        self.found = replace(self.found, torn_down=tuple(gone), left=tuple(dict.fromkeys((*self.found.left, *found.notes))))

    def _prepared(self) -> None:
        plan = self.plan
        ready = self.preparation.ready(self.id)
        self.found = replace(
            self.found,
            resource_id=ready.resource_id,
            target=ready.name,
            method=ready.origin.method,
            origin=ready.origin.sentence(ready.database, plan.target.region),
            began=self.time.now(),
        )
        door = Door(self.aws, self.clock, ready.source, plan.access, plan.ca_cert)
        if door.problem:
            raise GaveUp(REFUSED, "login", door.problem)
        with contextlib.closing(door.open(plan.place.database)) as session:
            problem = markers.problem(plan.place, look(session, plan.place))
        if problem:
            raise GaveUp(REFUSED, "marker", f"No marker can be written to {ready.database}: {problem}")
        if plan.check_mode:
            self._end(PASSED, "would_drill", self._would(ready))
            return
        changing = partial(door.open, plan.place.database, changing=True)
        with contextlib.closing(Marking(changing, plan.place, self.id, ready.resource_id)) as marking:
            self._reaped(self.leftovers.expired(self.time.now()))
            self._lock(ready, marking)
            self.marking = marking
            self._locked(ready, door, marking)

    def _lock(self, ready: Ready, marking: Marking) -> None:
        """A drill whose playbook was killed is still being torn down for a while."""
        for waited in until(self.clock, LOCK_SECONDS, self.plan.limits.poll):
            if marking.lock():
                return
            self.say("waits for another drill of it to end", waited)
        raise GaveUp(REFUSED, "another_drill", f"Another drill of {ready.database} is running. Run it again when that one has ended.")

    def _would(self, ready: Ready) -> str:
        target, waits = self.plan.target, minutes(self.plan.limits.backups)
        return (
            f"A marker would be written to {self.plan.place} of {ready.database}. Once the backups cover it (at most {waits}), "
            f"{ready.name} would be restored in {target.region} from {self.found.origin}, into {target.subnet_group} with "
            f"{', '.join(target.security_groups)} and {target.parameter_group}, compared in "
            f"{', '.join(self.plan.databases) or 'all databases'}, and deleted."
        )

    def _locked(self, ready: Ready, door: Door, marking: Marking) -> None:
        """From here on, something may have to be removed, whatever happens."""
        try:
            self._reaped(self.leftovers.of(ready.resource_id, self.time.now()))
            marking.prepare()
            self._drilled(ready, door, marking)
        except Stopped:
            self.leftovers.hurry()
            raise
        finally:
            self.times.enter(TEARDOWN)
            self._tear_down(ready, marking)
        self._record(ready)

    def _drilled(self, ready: Ready, door: Door, marking: Marking) -> None:
        before = print_all(door, self.plan.databases, self.plan.reading)
        self.times.enter(WAIT)
        original = self.sourcing.get(ready, marking)
        self.found = replace(self.found, restored_to=original.moment, failed_at=marking.now(), written=marking.written[-1].number)
        self.times.enter(RESTORE)
        self.times.fail()
        pool = Pool(1, thread_name_prefix="drill")
        try:
            after = pool.submit(
                print_all, door, self.plan.databases, self.plan.reading
            )  # the source as it is after the restored moment; RDS takes much longer
            instance = self._restore(ready, original)
            self.times.enter(VERIFY)
            self._verify(ready, instance, marking, before, after.result)
        finally:
            pool.shutdown(wait=False, cancel_futures=True)

    def _restore(self, ready: Ready, original: Original) -> dict[str, Any]:
        """The restored instance, as soon as it answers, with a managed password of its own and its parameters in force."""
        tags = self.leftovers.tags(ready.resource_id, self.time.now())
        method, parameters = request(ready, self.plan.target, original, tags)
        try:
            self.restorer.begin(method, parameters, lambda found: tags_of(found).get(RUN) == tags[RUN])
            self.restorer.usable(ready.name)
            return self.restorer.rebooted(self.restorer.managed_password(ready.name))
        except CallFailed as error:
            raise refusal(error, ready.database) from error

    def _verify(self, ready: Ready, instance: Mapping[str, Any], marking: Marking, before: Printed, after: Callable[[], Printed]) -> None:
        """Make all checks. The RTO ends when the last one has passed."""
        plan = self.plan
        managed = Door(self.there, self.clock, instance, Access(), plan.ca_cert)
        with contextlib.closing(managed.open(plan.place.database)) as session:
            login = Check("login", True, f"The managed password of the restored instance logs in as {session.user}")
        explicit = plan.access.secret or plan.access.user
        # a login that may read everything in the source may do so in the copy, which its master user may not
        door = Door(self.there, self.clock, instance, plan.access, plan.ca_cert) if explicit else managed
        with contextlib.closing(door.open(plan.place.database)) as session:
            marked, newest = judge_markers(marking.written, read(session, plan.place, self.id))
        settings = judge_settings(ready.source, instance, plan.target, ready.key)
        found, reference = print_all(door, self.plan.databases, self.plan.reading), after()
        judged = [judge_contents(Source(one, reference.get(name)), found.get(name), plan.ignore) for name, one in before.items()]
        self._note(*(note for dummy, notes in judged for note in notes))
        checks = (login, settings, marked, *(check for check, dummy in judged))
        if all(one.passed for one in checks):
            self.times.check()
        lost = None if newest is None or self.found.failed_at is None else self.found.failed_at - newest.seconds
        rto, rpo = Measure(self.times.rto, plan.goals.rto), Measure(lost, plan.goals.rpo)
        self.found = replace(self.found, checks=checks, rto=rto, rpo=rpo, restored=newest.number if newest else 0)
        self._end(*verdict(ready.database, ready.name, checks, rto, rpo))

    def _tear_down(self, ready: Ready, marking: Marking) -> None:
        """The instance by its name, since it may not be listed yet; then everything of this database by its tags; then the markers."""
        self._reaped(self.leftovers.instance(ready.name))
        self._reaped(self.leftovers.of(ready.resource_id, self.time.now()))
        try:
            marking.clean()
        except (CallFailed, Stopped) as error:
            self._reaped(Reaped((), (f"The markers in {self.plan.place} could not be removed; the next drill removes them: {error}",)))

    def _record(self, ready: Ready) -> None:
        """Minutes in another region are not those of a way back in this one."""
        took = self.found.rto.seconds
        if not self.plan.record or self.found.state not in (PASSED, MISSED) or took is None:
            return
        minutes_of = {} if self.preparation.away else {ready.origin.method: took / 60}
        tags = tag_list(measured(minutes_of, self.time.now()))
        try:
            self.aws.change("rds", "add_tags_to_resource", ResourceName=ready.source["DBInstanceArn"], Tags=tags)
        except CallFailed as error:
            self._note(f"The result could not be recorded as tags of {ready.database}: {error.operation} ({error.code}): {error.message}")

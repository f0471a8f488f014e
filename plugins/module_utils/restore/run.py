# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""One restore. Controls the sequence; the files beside it read, decide, and verify."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from typing import Any

from ..aws.connection import Aws
from ..reconcile.errors import CallFailed
from ..reconcile.pool import Pool
from ..reconcile.waiting import Clock, Stopped, until
from ..recovery.access import Access, Door
from ..recovery.completing import Waits as CopyWaits
from ..recovery.copies import Wanted
from ..recovery.copying import Copier, Place
from ..recovery.databases import Database, tags_of
from ..recovery.giving_up import GaveUp, Say
from ..recovery.printing import Printed, print_all
from ..recovery.progress import minutes
from ..recovery.restoring import Restorer, Waits, refusal
from ..recovery.server_time import ServerTime
from ..recovery.tags import MANAGED_BY
from .choosing import Choosing, Chosen, as_refusal
from .plan import FAIL, FINGERPRINT, SOURCE, Plan
from .settings import MODULE, afterwards, is_restored, request, tags_for
from .verifying import Verified, verify

DONE, USABLE, WOULD, FAILED, REFUSED = "done", "usable", "would_restore", "failed", "refused"
INTERRUPTED = "interrupted"


@dataclass
class Moments:
    """Of the monotonic clock."""

    began: float
    usable: float | None = None
    verified: float | None = None

    def seconds(self, now: float) -> dict[str, float]:
        """usable: until it answered. verified: until its contents were found equal. total: until the end."""
        found = {"total": now - self.began}
        for name in ("usable", "verified"):
            at = getattr(self, name)
            if at is not None:
                found[name] = at - self.began
        return {name: round(value, 1) for name, value in found.items()}


@dataclass(frozen=True)
class Result:
    """state: done, usable (what is left is in ``left``), would_restore, failed or refused. method, parameters: the restore call."""

    state: str
    reason: str
    sentence: str
    chosen: Chosen | None = None
    method: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    copies: bool = False
    created: bool = False
    adopted: bool = False
    changed: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    instance: Mapping[str, Any] = field(default_factory=dict)
    verified: Verified | None = None
    seconds: Mapping[str, float] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


class Restore:
    """``say`` reports progress."""

    def __init__(self, aws: Aws, clock: Clock, plan: Plan, say: Say) -> None:
        self.aws, self.clock, self.plan, self.say = aws, clock, plan, say
        self.time = ServerTime(clock.now)
        self.choosing = Choosing(aws, plan, self.time)
        self.restorer = Restorer(aws, clock, Waits(plan.limits.answer, plan.limits.poll), say)
        self.moments = Moments(clock.now())
        self.found = Result(FAILED, "", "")

    def run(self) -> Result:
        """The result. An error of AWS or of the database is a result too."""
        try:
            self._restore()
        except GaveUp as error:
            self._end(error.state, error.reason, error.sentence)
        except Stopped:
            self._end(FAILED, INTERRUPTED, self._interrupted())
        except CallFailed as error:
            begun = self.found.created or self.found.adopted
            self._end(FAILED if begun else REFUSED, refusal(error, "").reason, self._said(error))
        return replace(self.found, seconds=self.moments.seconds(self.clock.now()))

    def _end(self, state: str, reason: str, sentence: str) -> None:
        self.found = replace(self.found, state=state, reason=reason, sentence=sentence)

    def _interrupted(self) -> str:
        if not (self.found.created or self.found.adopted):
            return "Interrupted before anything was restored."
        return f"Interrupted. {self.plan.target} goes on being restored; the same call continues with it."

    def _said(self, error: CallFailed) -> str:
        """What an error means, by how far the restore is."""
        if self.moments.usable is not None:
            return f"{self.plan.target} was restored and answers, but it was not completed or verified: {as_refusal(error)}"
        return refusal(error, self._what()).sentence if self.found.method else as_refusal(error)

    def _what(self) -> str:
        return f"The {self.found.chosen.origin.sentence}" if self.found.chosen else self.plan.source

    def _restore(self) -> None:
        chosen = self.choosing.choose()
        self.found = replace(self.found, chosen=chosen, notes=chosen.notes)
        key = self._other_key(chosen)
        existing = self._target(chosen)
        source_tags = tags_of(chosen.source) if chosen.source and self.plan.copy_tags else {}
        tags = tags_for(chosen.origin, source_tags, self.plan.tags)
        self._described(chosen, tags, bool(key))
        before = self._watched(chosen)
        if self.plan.check_mode:
            self._would(chosen, existing)
            return
        with Pool(1, thread_name_prefix="source") as pool:
            printed = pool.submit(before)
            try:
                self._bring_back(chosen, tags, existing, key)
                self._use(chosen, printed, before)
            except BaseException:
                printed.cancel()
                raise

    def _described(self, chosen: Chosen, tags: Mapping[str, str], copies: bool) -> None:
        method, parameters = request(chosen.like, chosen.origin, self.plan.target, self.plan.overrides, tags)
        self.found = replace(self.found, method=method, parameters=parameters, copies=copies)

    def _other_key(self, chosen: Chosen) -> str:
        """The ARN of the key under which a copy has to be made first; empty if none has to."""
        if not self.plan.kms_key:
            return ""
        key, snapshot = self.choosing.reading.key_arn(self.plan.kms_key), chosen.origin.snapshot
        if snapshot is not None:
            return key if snapshot.kms_key != key else ""
        own = chosen.origin.backups.kms_key if chosen.origin.backups else ""
        if own != key:
            sentence = (
                f"kms_key is {key}, but a restore to a point in time keeps the key of its source, {own or 'none'}. Restore a snapshot, "
                "which is copied under the other key first, or leave out kms_key."
            )
            raise GaveUp(REFUSED, "kms_key", sentence)
        return ""

    def _target(self, chosen: Chosen) -> dict[str, Any] | None:
        """The instance that an earlier attempt made. Raises GaveUp if the identifier is anything else's: nothing is restored over it."""
        name = self.plan.target
        if chosen.source is not None and chosen.source["DBInstanceIdentifier"] == name:
            raise GaveUp(REFUSED, "target", f"target is {name}, which is the source. A restore makes a new instance; name another target.")
        found = self.restorer.find(name)
        if found is None:
            return None
        if not is_restored(tags_of(found), chosen.origin):
            ours = tags_of(found).get(MANAGED_BY) == MODULE
            what = "restored from something else" if ours else "not made by this restore"
            raise GaveUp(
                REFUSED, "target", f"There is a DB instance {name} already, {what}. Nothing is restored over it; name another target."
            )
        if found.get("DBInstanceStatus") == "deleting":
            raise GaveUp(REFUSED, "target", f"{name} is an earlier attempt that is being deleted. Wait until it is gone, or name another.")
        self.found = replace(self.found, adopted=True, instance=found)
        return found

    def _watched(self, chosen: Chosen) -> Callable[[], Printed]:
        """Reads what is expected. Raises GaveUp if the source does not let us in: that is corrected before the first change."""
        wanted = self.plan.verification
        if wanted is None:
            return dict
        if wanted.against == FINGERPRINT:
            return lambda: wanted.expected
        if wanted.against != SOURCE or chosen.source is None:
            return dict
        door = Door(self.aws, self.clock, chosen.source, wanted.access, wanted.ca_cert, self.plan.limits.login, self.plan.limits.poll)
        if problem := door.problem:
            raise GaveUp(REFUSED, "verify", f"The source cannot be read for verification: {problem} Set it in verify.")
        try:
            door.open((wanted.databases or ("postgres",))[0]).close()
        except CallFailed as error:
            sentence = f"The source cannot be read for verification: {error.message}. {error.hint} If it is lost, set verify.against."
            raise GaveUp(REFUSED, "verify", sentence) from error
        return lambda: print_all(door, wanted.databases, wanted.reading)

    def _would(self, chosen: Chosen, existing: Mapping[str, Any] | None) -> None:
        later = afterwards(chosen.like, existing or {}, self.plan.overrides)
        self.found = replace(self.found, left=tuple(what for change in later for what in change.what))
        copy = "copied under the key given, and " if self.found.copies else ""
        how = f"{self.plan.target} exists, restored from {chosen.origin.sentence}, and would be completed"
        if existing is None:
            how = f"{chosen.origin.sentence} would be {copy}restored into {self.plan.target}"
        also = f" Afterwards it would get: {', '.join(self.found.left)}." if self.found.left else ""
        self._end(WOULD, WOULD, f"{how[:1].upper()}{how[1:]}.{also}")

    def _bring_back(self, chosen: Chosen, tags: Mapping[str, str], existing: Mapping[str, Any] | None, key: str) -> None:
        """Until the new instance answers."""
        if existing is None:
            if key and chosen.origin.snapshot is not None:
                chosen = replace(chosen, origin=replace(chosen.origin, copy=self._copied(chosen, key)))
                self._described(chosen, tags, copies=True)
            self.found = replace(self.found, created=True)
            try:
                self.restorer.begin(self.found.method, self.found.parameters, lambda found: is_restored(tags_of(found), chosen.origin))
            except (CallFailed, GaveUp):
                self.found = replace(self.found, created=self.restorer.find(self.plan.target) is not None)
                raise
        usable = self.restorer.usable(self.plan.target)
        self.moments.usable = self.clock.now()
        self.found = replace(self.found, instance=usable)
        self.restorer.check_version(usable, chosen.origin.engine_version, f"{self._what()} was restored into {self.plan.target}, but")
        if usable.get("EngineVersion") != chosen.origin.engine_version:
            note = f"{self.plan.target} has version {usable.get('EngineVersion')}; the source had {chosen.origin.engine_version}."
            self.found = replace(self.found, notes=(*self.found.notes, note))

    def _copied(self, chosen: Chosen, key: str) -> Any:
        snapshot, reading = chosen.origin.snapshot, self.choosing.reading
        if snapshot is None:
            raise ValueError("only snapshots are copied")
        place = Place(reading, snapshot.arn.split(":")[4])
        limits = self.plan.limits
        copier = Copier(place, place, self.clock, CopyWaits(limits.answer, limits.answer, limits.poll), self.say)
        name = f"{self.plan.target}-{key.rpartition('/')[2][:8]}"
        return copier.copy(Database(snapshot.source, snapshot.resource_id), Wanted(snapshot, name, key, {MANAGED_BY: MODULE}))

    def _use(self, chosen: Chosen, printed: Future[Printed], again: Callable[[], Printed]) -> None:
        """Verify, and change what the restore call did not carry. The first backup may keep RDS from changes for hours, but not us from
        reading.
        """
        busy = str(self.found.instance.get("DBInstanceStatus")) == "backing-up" and not self._door(chosen).problem
        if busy:
            self._verify(chosen, printed, again)
            self._finish(chosen, self.plan.limits.finish)
            return
        self._finish(chosen, self.plan.limits.finish)
        self._verify(chosen, printed, again)

    def _finish(self, chosen: Chosen, seconds: float) -> None:
        """What the restore call did not carry, then the reboot that its parameters wait for."""
        name, began = self.plan.target, self.clock.now()
        try:
            for _pass in until(self.clock, max(seconds, self.plan.limits.poll), self.plan.limits.poll):
                todo = afterwards(chosen.like, self.found.instance, self.plan.overrides)
                self.found = replace(self.found, left=tuple(what for change in todo for what in change.what))
                if not todo:
                    break
                self._change(todo[0].parameters, todo[0].what, seconds - (self.clock.now() - began))
            else:
                self._left("RDS does not show them yet")
                return
            usable = self.restorer.rebooted(self.found.instance, max(0.0, seconds - (self.clock.now() - began)))
            self.found = replace(self.found, instance=usable)
        except GaveUp as error:
            if error.reason != "restore_timeout":
                raise
            self._left(str(self.restorer.describe(name).get("DBInstanceStatus")))
            return
        self._end(DONE, DONE, f"{name} was restored from {chosen.origin.sentence}.")

    def _change(self, parameters: Mapping[str, Any], what: tuple[str, ...], seconds: float) -> None:
        name = self.plan.target
        given = {"DBInstanceIdentifier": name, **parameters, "ApplyImmediately": True}
        if str(self.found.instance.get("DBInstanceStatus")) != "modifying" and not set(what) <= set(self.found.changed):
            self.restorer.change("modify_db_instance", given, max(0.0, seconds))
            self.found = replace(self.found, changed=(*self.found.changed, *what))
        with_secret = "ManageMasterUserPassword" in parameters
        usable = self.restorer.usable(name, "gets a password" if with_secret else "gets its settings", with_secret=with_secret)
        self.found = replace(self.found, instance=usable)

    def _left(self, status: str) -> None:
        left = ", ".join(self.found.left) or "a reboot for its parameters"
        sentence = (
            f"{self.plan.target} answers, but RDS does not accept changes yet ({status}). It still lacks: {left}. Run again to complete it."
        )
        self._end(USABLE, "unfinished", sentence)

    def _door(self, chosen: Chosen) -> Door:
        """The new instance's. It still has the password that its source had at that time, until it gets its own."""
        wanted = self.plan.verification
        source = (chosen.source or {}).get("MasterUserSecret") or {}
        base = wanted.access if wanted else Access()
        access = replace(base, before=str(source.get("SecretArn") or ""))
        limits = self.plan.limits
        return Door(self.aws, self.clock, self.found.instance, access, wanted.ca_cert if wanted else "", poll=min(5.0, limits.poll))

    def _verify(self, chosen: Chosen, printed: Future[Printed], again: Callable[[], Printed]) -> None:
        wanted = self.plan.verification
        if wanted is None:
            note = f"{self.plan.target} was not verified: verify is not set."
            self.found = replace(self.found, notes=(*self.found.notes, note))
            return
        self.say(f"{self.plan.target} is being verified", self.clock.now() - self.moments.began)
        verified = verify(self._door(chosen), wanted, printed.result(), again)
        self.found = replace(self.found, verified=verified)
        different = verified.sentences
        if different and wanted.differences == FAIL:
            raise GaveUp(FAILED, "differs", self._differs(different))
        self.moments.verified = self.clock.now()
        if self.found.state in (DONE, USABLE):
            took = minutes(self.moments.verified - self.moments.began)
            said = f"{len(different)} differences are in the result" if different else "it holds what is expected"
            self._end(self.found.state, self.found.reason, f"{self.found.sentence} Verified after {took}: {said}.")

    def _differs(self, sentences: list[str]) -> str:
        more = f" And {len(sentences) - 5} more." if len(sentences) > 5 else ""
        return (
            f"{self.plan.target} was restored, but it does not hold what is expected. {' '.join(sentences[:5])}{more} If the source was "
            "written to since that moment, set verify.differences to report and run again: the instance is used again. Otherwise delete it."
        )

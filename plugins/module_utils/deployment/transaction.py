# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""One deployment: plan, prepare, migrate, roll out, verify, record, prune; or back. Controls the sequence; other files decide.

A strategy is a function of a Transaction that is called between the migration and the record. It uses ``apply``, ``verify``, and ``say``,
may call them several times, and raises Failed if the release is to go back.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ..cluster_objects.hiding import Hiding
from ..cluster_objects.manifest import Marks, Wanted
from ..kubernetes.lease import Locked
from ..kubernetes.objects import generation, metadata, spec, uid
from ..kubernetes.problems import ApiProblem, Conflict, Forbidden, NotFound, Refused
from ..kubernetes.values import Obj
from ..reconcile.errors import Failure
from ..reconcile.planner import Action
from ..reconcile.waiting import Stopped
from . import planning, pruning, refusals, target_group_changes, verification, way_back
from .applying import Applied, Applier, ApplyFailed, Say
from .cluster import Cluster, together
from .going_back import NotRestored, Restorer, Returned, absent
from .history import History
from .holding import Holding, LeaseLost
from .identity import without_secrets
from .look import KIND, Look, Looker, address_of, is_of_helm, missing_kinds
from .migration import Migration, MigrationFailed
from .phases import split
from .planning import ReleasePlan
from .pods import pod_problems
from .record import APPLY, RecordProblem, Release, already_migrated, encode, last_verified
from .references import images_of
from .registry import Registry
from .synced import Synced
from .verification import CannotVerify, Judge, Verdict, Verification
from .wish import REFUSE, Outcome, Wish

Gate = Callable[[], str]
"""Checks the token of the gate now; returns why it is not good, or an empty string."""

NO_REGISTRY = Registry()
Strategy = Callable[["Transaction"], None]


@dataclass(frozen=True)
class Shaped:
    """The objects of a release as a strategy has them.

    ``recorded``: what going back to the release applies. ``kept``: (kind, name) of what earlier releases left and is not deleted yet.
    ``objection``: why the release cannot be deployed now. ``choice``: what the strategy has decided, for itself. ``actions``: what happens
    besides, such as to a Helm release.
    """

    objects: Sequence[Wanted]
    recorded: Sequence[Wanted]
    kept: frozenset[tuple[str, str]] = frozenset()
    objection: str = ""
    choice: Any = None
    actions: tuple[Action, ...] = ()


class ShapingStrategy:
    """A strategy that also decides, before each plan, which objects the release consists of now.

    ``mode``: who applies what runs: this collection, Helm, or Argo CD.
    """

    mode = APPLY

    def shape(self, tx: Transaction, asked: Sequence[Wanted]) -> Shaped:
        raise NotImplementedError

    def on_nothing(self, marks: Marks, hiding: Hiding) -> tuple[Action, ...]:
        """What happens besides, if the cluster does not exist yet."""
        return ()

    def on_way_back(self, cluster: Cluster, say: Say, target: Release) -> tuple[Action, ...]:
        """What ``back`` would change. Raises NotRestored, ApiProblem."""
        return ()

    def back(self, restorer: Restorer, target: Release) -> Returned:
        """Go back to a verified release with what is not among its objects. Raises NotRestored, ApiProblem, Stopped."""
        return Returned(target.progress)

    def __call__(self, tx: Transaction) -> None:
        raise NotImplementedError


def mode_of(strategy: Strategy | None) -> str:
    """Who applies what runs."""
    return strategy.mode if isinstance(strategy, ShapingStrategy) else APPLY


class Failed(Exception):
    """The release failed and goes back. Its text is suitable for users."""

    def __init__(self, sentence: str, address: str = "") -> None:
        super().__init__(sentence)
        self.address = address


class Transaction:
    def __init__(
        self,
        cluster: Cluster,
        wish: Wish,
        verify: Verification,
        say: Say,
        holding: Holding,
        *,
        gate: Gate,
        strategy: Strategy,
        registry: Registry = NO_REGISTRY,
    ) -> None:
        self.cluster, self.wish, self.verifier, self.say, self.holding = cluster, wish, verify, say, holding
        self.gate, self.strategy, self.registry = gate, strategy, registry
        self.shape = strategy.shape if isinstance(strategy, ShapingStrategy) else None
        self.asked = wish.objects
        self.shaped = Shaped(wish.objects, wish.objects)
        cluster.fence = holding.fence
        self.history = History(cluster)
        self.prepared, self.rest = split(wish.objects)
        self.looker = Looker(cluster, wish.objects)
        self.done = Applied()
        self.outcome = Outcome()
        self.judge = Judge(verify, self.outcome.verdicts)
        self._leftovers: list[tuple[str, Wanted, Obj]] = []

    # --- planning ----------------------------------------------------------------------------------------------------

    def plan(self, *, applying: bool) -> ReleasePlan:
        """The plan, from a dry run of everything. Changes nothing. Raises ApiProblem."""
        history = self.history.read()
        if self.shape is not None:
            self.shaped = self.shape(self, self.asked)
            self.wish = replace(self.wish, objects=self.shaped.objects)
            self.prepared, self.rest = split(self.wish.objects)
        self.looker = Looker(self.cluster, self.wish.objects)
        looks = self.looker.look()
        found = planning.plan(looks, self.wish.consent, self.cluster.hiding, missing_kinds(looks, self.looker), applying=applying)
        found = replace(found, failures=(*found.failures, *self._objections(found, applying)))
        if self.migrates:
            found = planning.with_migration(found, self.wish.job or {})
        found = planning.with_actions(found, self.shaped.actions)
        self._leftovers = [] if self._is_pruned() else self._find_leftovers()
        found = planning.with_pruned(found, [address for address, _one, _live in self._leftovers])
        current = last_verified(history)
        self.outcome.plan, self.outcome.previous = found, current
        self.outcome.notes = [*self.wish.notes, *([self.wish.hold] if self.wish.hold else [])]
        self.outcome.release = self._release()
        self.outcome.warnings = [*self.history.unreadable, *self._way_back_warnings(current)]
        return found

    @property
    def migrates(self) -> bool:
        """Whether the migration has still to run for this release."""
        return self.wish.job is not None and already_migrated(self.history.releases, self.wish.id) is None

    @property
    def is_current(self) -> bool:
        """Whether the newest record is this release, verified."""
        newest = self.history.newest
        return newest is not None and newest.id == self.wish.id and newest.status == "verified"

    @property
    def recorded(self) -> Sequence[Wanted]:
        return self.wish.objects if self.shape is None else self.shaped.recorded

    def _is_pruned(self) -> bool:
        return self.is_current and self.history.releases[0].pruned

    def needs_work(self, found: ReleasePlan) -> bool:
        return not self.is_current or any(action.verb != "none" for action in found.actions.values())

    def _objections(self, found: ReleasePlan, applying: bool) -> list[Failure]:
        """What refuses the release besides the API: found before the first change."""
        job = self.wish.job if self.migrates else None
        objections = [Failure(address, "apply", "Refused", text) for address, text in pod_problems(self.cluster, found, job)]
        if job is not None and (why := self._job_refused(job)):
            objections.append(Failure(f"{KIND}.Job/{job['metadata']['namespace']}/{job['metadata']['name']}", "create", "Refused", why))
        objections += [Failure(look.address, "apply", "Paused", _paused(look)) for look in found.looks if _is_paused(look)]
        changed = target_group_changes.objections(found.looks, self.looker.namespaces)
        objections += [Failure(address, "apply", "TargetGroups", text) for address, text in changed]
        if self.shaped.objection:
            objections.append(Failure("", "", "Strategy", self.shaped.objection))
        if applying:
            objections += [Failure("", "", code, text) for code, text in self._refusals() if text]
        return objections

    def _job_refused(self, job: Mapping[str, Any]) -> str:
        """Why the API would refuse the Job of the migration; empty if it would not, or its namespace does not exist yet."""
        if not self.looker.namespaces.get(str(job["metadata"]["namespace"])):
            return ""
        try:
            self.cluster.create_job(job, dry_run=True)
        except Conflict:
            return ""  # it is there already: an interrupted run created it
        except (Refused, Forbidden) as problem:
            if refusals.NO_DRY_RUN not in str(problem):
                return f"{refusals.refused(str(problem), self.cluster.texts)}."
        return ""

    def _refusals(self) -> list[tuple[str, str]]:
        namespace, needed = self.cluster.namespace, {one.namespace for one in self.wish.objects if one.namespace}
        brought = {one.called for one in self.wish.objects if one.kind == "Namespace"}
        missing = sorted({namespace, *needed} - brought - {name for name, live in self.looker.namespaces.items() if live is not None})
        found = [
            ("NoNamespace", f"namespace {name} does not exist, and is not among the objects of the application: add it, or create it first")
            for name in missing
            if self.cluster.namespace_now(name) is None
        ]
        try:
            encode(self._release(), self.cluster.marks, namespace)
        except RecordProblem as problem:
            found.append(("TooLarge", f"{problem}."))
        if self.wish.gate is None and self.wish.gate_required:
            found.append(
                ("NoVerdict", "the snapshot gate has given no verdict for this release, and it is required here: run the gate first")
            )
        elif self.wish.gate is not None and self.migrates:
            found.append(("Gate", self.gate()))
        return found

    def _way_back_warnings(self, current: Release | None) -> list[str]:
        """What going back to the last verified release would lack: said before the deployment starts."""
        if current is None or current.id == self.wish.id:
            return []
        sentence = way_back.lacking(current, *absent(self.cluster, self.registry, current))
        return [sentence] if sentence else []

    def _find_leftovers(self) -> list[tuple[str, Wanted, Obj]]:
        """What earlier releases left that this one makes superfluous: it exists, and is still ours."""
        others = [one for one in self.history.releases if not (one.id == self.wish.id and one.number == self._number())]
        wanted = pruning.leftovers(self.wish.objects, others, self.cluster.namespace)
        wanted = [one for one in wanted if (one.kind, one.called) not in self.shaped.kept]
        found: list[tuple[str, Wanted, Obj]] = []
        for one, live in zip(wanted, together(self.cluster.live, wanted)):
            if live is not None and self.cluster.marks.owns(metadata(live)) and not is_of_helm(live):
                found.append((address_of(one), one, live))
        return found

    # --- the record --------------------------------------------------------------------------------------------------

    def _going_on(self) -> Release | None:
        """The newest record, if it is of this release, which then continues."""
        newest = self.history.newest
        return newest if newest is not None and newest.id == self.wish.id and newest.status != "rolled_back" else None

    def _number(self) -> int:
        """The number of this release's record."""
        going_on = self._going_on()
        return going_on.number if going_on else self.history.next_number()

    def _release(self) -> Release:
        """The record of this release: new, or as far as an interrupted run has come."""
        wish = self.wish
        going_on = self._going_on()
        migration = already_migrated(self.history.releases, wish.id) or (going_on.migration if going_on else None)
        return Release(
            id=wish.id,
            number=self._number(),
            version=wish.version,
            commit=wish.commit,
            status=going_on.status if going_on else "started",
            by=wish.by,
            strategy=wish.strategy,
            mode=mode_of(self.strategy),
            images=dict(wish.images),
            migration=migration,
            gate=_gate_summary(wish.gate),
            recorded=dict(wish.recorded),
            times=dict(going_on.times) if going_on else {},
            added=going_on.added if going_on else (),
            applied=dict(going_on.applied) if going_on else {},
            progress=dict(going_on.progress) if going_on else {},
            beside=going_on.beside if going_on else (),
            objects=tuple(without_secrets(one.manifest) for one in self.recorded),
        )

    def keep(self, **changes: Any) -> None:
        """Write the record of this release with other values."""
        self.cluster.fence()
        self.outcome.release = self.history.mark(self.outcome.release or self._release(), **changes)
        self.outcome.changed = True

    def _times(self, phase: str) -> dict[str, str]:
        now = self.cluster.api.server_now().strftime("%Y-%m-%dT%H:%M:%SZ")
        return {**(self.outcome.release.times if self.outcome.release else {}), phase: now}

    # --- the sequence ------------------------------------------------------------------------------------------------

    def run(self) -> Outcome:
        """Deploy. Never raises an error of the API: the outcome says what happened."""
        try:
            self._run()
        except Stopped:
            self.outcome.interrupted = True
            self.outcome.reason = "Interrupted. Nothing was undone: run the same command again, and it goes on."
        except (Locked, LeaseLost) as problem:
            self.outcome.reason = f"{problem}."
        except (ApiProblem, ApplyFailed, RecordProblem) as problem:
            self.outcome.reason = f"{str(problem).rstrip('.')}."
        return self.outcome

    def _run(self) -> None:
        found = self.plan(applying=True)
        if self.wish.hold and self.needs_work(found):
            self.outcome.failures = [Failure("", "", "Held", self.wish.hold)]
            self.outcome.reason = "The release was refused before anything was changed."
            return
        if self._is_refused(found):
            return
        if not self.needs_work(found):
            self.outcome.unchanged = True
            return
        self._namespace_first(found)
        with self.holding.held(self.wish.lock_wait):
            found = self.plan(applying=True)
            if self._is_refused(found):
                return
            self._work()

    def _is_refused(self, found: ReleasePlan) -> bool:
        """Whether anything keeps the release from starting. Nothing of it has been changed then."""
        failures = list(found.failures)
        if self.wish.way_back == REFUSE:
            failures += [Failure("", "", "WayBack", one) for one in self.outcome.warnings if one not in self.history.unreadable]
        self.outcome.failures = failures
        if failures:
            self.outcome.reason = "The release was refused before anything was changed."
        return bool(failures)

    def _namespace_first(self, found: ReleasePlan) -> None:
        """Create the namespace of the application: its lease and its records are in it."""
        own = [look for look in found.looks if look.one.kind == "Namespace" and look.one.called == self.cluster.namespace]
        if own and own[0].live is None:
            self._apply_looks(own)

    def _work(self) -> None:
        looks = self.outcome.plan.looks if self.outcome.plan else ()
        new = {look.address for look in looks if look.live is None}  # also known to the run that goes on after this one was killed
        added = tuple(sorted({*(self.outcome.release.added if self.outcome.release else ()), *new}))
        self.keep(status="verified" if self.is_current else "started", times=self._times("started"), added=added)
        try:
            self.prepare()
            self.migrate()
            self.strategy(self)
        except LeaseLost:
            raise
        except (Failed, CannotVerify, ApplyFailed, MigrationFailed, ApiProblem) as problem:
            self._fail(str(problem), getattr(problem, "address", ""))
            return
        self.record()
        self.prune()

    def prepare(self) -> None:
        """Apply what the migration and the pods need, and wait for secrets that a controller provides."""
        self.apply(self.prepared)
        Synced(self.cluster, self.say, self.wish.secrets_seconds).wait(self.prepared)

    def migrate(self) -> None:
        """Run the migration, once for this release. The gate's token is checked right before it."""
        if not self.migrates or self.wish.job is None:
            return
        if self.wish.gate is not None and (why := self.gate()):
            raise Failed(f"The snapshot gate does not allow the migration: {why}")
        run = Migration(self.cluster, self.wish.job, self.verifier, lambda state: self.keep(migration=state))
        address = f"{KIND}.Job/{self.wish.job['metadata']['namespace']}/{run.name}"
        try:
            finished = run.run(self.outcome.release.migration if self.outcome.release else None)
        except MigrationFailed as problem:
            self.outcome.outcomes[address] = "failed"
            self.keep(migration=problem.state)
            raise
        self.outcome.outcomes[address] = "done"
        self.keep(status="migrated", migration=finished, times=self._times("migrated"))

    def apply(self, objects: Sequence[Wanted]) -> None:
        """Apply objects of the release that differ from what there is. Raises ApplyFailed."""
        plan = self.outcome.plan
        if plan is None:
            raise ValueError("apply before plan")
        wanted = {id(one) for one in objects}
        looks = [look for look in plan.looks if id(look.one) in wanted]
        for look in looks:
            if look.live is not None:
                self.done.live.setdefault(look.address, look.live)
        changing = {look.address for look in plan.changing}
        self._apply_looks([look for look in looks if look.address in changing and look.address not in self.done.changed])

    def apply_again(self, objects: Sequence[Wanted]) -> None:
        """Look at objects that are not those of the plan, such as variants that a strategy makes of them, and apply what differs."""
        looks = Looker(self.cluster, objects).look()
        found = planning.plan(looks, self.wish.consent, self.cluster.hiding)
        if found.failures:
            raise Failed("; ".join(map(str, found.failures)), found.failures[0].address)
        for look in looks:
            if look.live is not None:
                self.done.live[look.address] = look.live
        self._apply_looks(found.changing)

    def remove(self, objects: Sequence[Wanted]) -> None:
        """Delete objects that a strategy applied beside the release. What somebody else owns stays."""
        for one in objects:
            address, live = address_of(one), self.cluster.live(one)
            if live is not None and self.cluster.marks.owns(metadata(live)):
                self.outcome.changed = True
                with contextlib.suppress(NotFound):
                    self.cluster.delete(self.cluster.path_of(one), uid(live))
            self.done.live.pop(address, None)
            self.done.changed.discard(address)
            self.done.added.discard(address)
            self.outcome.outcomes.pop(address, None)

    def _apply_looks(self, looks: Sequence[Look]) -> None:
        if not looks:
            return
        self.outcome.changed = True
        self.outcome.outcomes |= {look.address: "not_started" for look in looks}
        try:
            Applier(self.cluster, self.looker, self.say, self.done).apply(looks)
        except ApplyFailed as problem:
            self.outcome.outcomes[problem.address] = "failed"
            raise
        finally:
            self.outcome.outcomes |= {look.address: "done" for look in looks if look.address in self.done.changed}

    def verify(self, live: Mapping[str, Obj] | None = None, options: Mapping[str, Any] | None = None) -> Verdict | None:
        """Verify applied workloads: by default, all of the release. None if there is nothing to verify. Raises Failed, Stopped."""
        self.keep(
            status="applied" if not self.is_current else "verified",
            applied={address: {"uid": uid(one), "generation": generation(one)} for address, one in self.done.live.items()},
            times=self._times("applied"),
        )
        entries = verification.result_entries(live if live is not None else self.done.live, self.done.changed)
        verdict = self.judge(entries, options if options is not None else self.wish.verification)
        if verdict is not None and verdict.state != "success":
            raise Failed(verification.why(verdict))
        return verdict

    def record(self) -> None:
        """Record the release as verified: from now on it is what a later one goes back to."""
        verdicts = tuple(_verdict_summary(one) for one in self.outcome.verdicts)
        release = self.outcome.release
        images = {*images_of(one.manifest for one in self.wish.objects), *(release.runs if release else ())}
        kept = self.registry.keep(sorted(images))
        self.outcome.warnings += [f"an image of this release could not be protected from lifecycle policies: {one}" for one in kept]
        self.keep(status="verified", verdict="success", verdicts=verdicts, reason="", times=self._times("verified"))

    def prune(self) -> None:
        """Delete what the release made superfluous. What cannot be deleted is a warning: the next run tries again."""
        left = False
        for address, one, live in self._leftovers:
            path = self.cluster.path_of(one)
            if not path:
                continue
            try:
                self.cluster.delete(path, uid(live))
                self.outcome.pruned.append(address)
                self.outcome.outcomes[address] = "done"
            except NotFound:
                continue
            except ApiProblem as problem:
                left = True
                self.outcome.outcomes[address] = "failed"
                self.outcome.warnings.append(f"{address} is no longer in the release and could not be deleted: {problem}")
        self._prune_orphans()
        self._prune_jobs()
        self.outcome.warnings += self.history.forget(self.wish.keep, self.registry)
        if not left and not self.shaped.kept:
            self.keep(pruned=True)

    def _prune_orphans(self) -> None:
        for path, old in self.done.orphans:
            try:
                self.cluster.delete(path, old)
            except ApiProblem as problem:
                if not isinstance(problem, NotFound):
                    self.outcome.warnings.append(f"{path} is of a replaced workload and could not be deleted: {problem}")

    def _prune_jobs(self) -> None:
        """Delete the Jobs of earlier migrations: their records keep what came of them."""
        names = {str(one.migration.get("job")) for one in self.history.releases if one.migration and one.id != self.wish.id}
        if not names:
            return
        collection = f"/apis/batch/v1/namespaces/{self.cluster.namespace}/jobs"
        for job in self.cluster.api.list(collection, labelSelector=self.cluster.marks.selector).items:
            if metadata(job).get("name") in names:
                self.cluster.delete(f"{collection}/{metadata(job)['name']}", uid(job))

    # --- back --------------------------------------------------------------------------------------------------------

    def _fail(self, why: str, address: str) -> None:
        """Go back to the last verified release, and say what that does not undo. The deployment has failed either way."""
        outcome, failed = self.outcome, self.outcome.release or self._release()
        outcome.failures.append(Failure(address, "", "", why))
        why = f"{why.rstrip('.')}."
        outcome.not_undone = way_back.not_undone(failed, self.cluster.namespace)
        target = next((one for one in self.history.releases if one.status == "verified" and one.number != failed.number), None)
        if failed.status == "verified" or target is None:
            there = "It is the last verified release itself" if failed.status == "verified" else "No earlier release was verified"
            said = f"{there}, so there is nothing to go back to, and what was applied stays."
            self.keep(reason=why, **({} if failed.status == "verified" else {"status": "failed"}))
        else:
            said = self._back_to(target, failed)
            self.keep(status="failed", reason=why, went_back_to=target.id if outcome.went_back else "")
        outcome.state_after = " ".join([said, *outcome.not_undone])
        outcome.reason = f"{why} {outcome.state_after}"

    def _back_to(self, target: Release, failed: Release) -> str:
        """Restore a verified release; returns what came of it, as a sentence."""
        if why := way_back.other_mode(target, mode_of(self.strategy)):
            return f"Going back to release {target.called} is not possible: {why}."
        self.say(self.cluster.marks.component, f"going back to release {target.called}", 0.0)
        restorer = Restorer(self.cluster, self.say, self.judge, self.wish.verification, self.done.replaced)
        applied = {address: live for address, live in self.done.live.items() if address in self.done.changed}
        try:
            restorer.restore(target, applied)
            removed = restorer.remove_added(failed, target, {*failed.added, *self.done.added})
            if isinstance(self.strategy, ShapingStrategy):
                returned = self.strategy.back(restorer, target)
                self.outcome.warnings += returned.warnings
                if returned.progress != target.progress:
                    self.history.mark(target, progress=dict(returned.progress))
        except (NotRestored, CannotVerify, ApiProblem) as problem:
            return f"Going back to release {target.called} failed too: {str(problem).rstrip('.')}."
        self.outcome.went_back = True
        self.outcome.pruned += removed
        return f"The application went back to release {target.called}, which was verified again."


def _is_paused(look: Look) -> bool:
    if look.one.kind != "Deployment":
        return False
    return bool(spec(look.one.manifest).get("paused") or spec(look.result or look.live or {}).get("paused"))


def _paused(look: Look) -> str:
    return (
        f"Deployment {look.one.namespace}/{look.one.called} is paused, so its rollout would never finish: run kubectl rollout resume, or "
        "leave spec.paused out of the manifest."
    )


def _gate_summary(gate: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """What the record keeps of the gate's verdict."""
    if gate is None:
        return None
    databases = gate.get("databases") or {}
    snapshots = [(one.get("snapshot") or {}).get("identifier") for one in databases.values() if isinstance(one, Mapping)]
    return {"verdict": gate.get("verdict"), "deployment": gate.get("deployment"), "snapshots": [name for name in snapshots if name]}


def _verdict_summary(result: Mapping[str, Any]) -> dict[str, Any]:
    kept = ("verdict", "reason", "msg", "seconds", "notes")
    workloads = [{name: one[name] for name in ("kind", "namespace", "name", "verdict", "reason")} for one in result["workloads"]]
    return {**{name: result[name] for name in kept}, "workloads": workloads}

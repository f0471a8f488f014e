# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Goes back to an earlier release on request."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from ..kubernetes.lease import Locked
from ..kubernetes.problems import ApiProblem
from ..reconcile.errors import Failure
from ..reconcile.waiting import Stopped
from . import planning, way_back
from .applying import Say
from .cluster import Cluster
from .going_back import NotRestored, Restorer, absent
from .history import History
from .holding import Holding, LeaseLost
from .look import address_of
from .phases import is_prepared
from .pruning import recorded
from .record import GOOD, PREVIOUS, RecordProblem, Release, last_verified, wanted_release
from .registry import Registry
from .transaction import NO_REGISTRY, ShapingStrategy, mode_of
from .verification import CannotVerify, Judge, Verification
from .wish import Outcome


@dataclass(frozen=True)
class RollbackWish:
    """``to``: previous, a release id, or a version. ``reason``: why, for the record."""

    to: str = PREVIOUS
    reason: str = ""
    verification: dict[str, Any] = field(default_factory=dict)
    keep: int = 10
    lock_wait: float = 0.0
    by: str = ""


class Rollback:
    def __init__(
        self,
        cluster: Cluster,
        wish: RollbackWish,
        verify: Verification,
        say: Say,
        holding: Holding,
        *,
        registry: Registry = NO_REGISTRY,
        strategy: ShapingStrategy | None = None,
    ) -> None:
        """``strategy``: of a mode in which another program applies what runs."""
        self.cluster, self.wish, self.say, self.holding, self.registry = cluster, wish, say, holding, registry
        self.strategy = strategy
        cluster.fence = holding.fence
        self.history = History(cluster)
        self.outcome = Outcome()
        self.restorer = Restorer(cluster, say, Judge(verify, self.outcome.verdicts), wish.verification)

    def plan(self) -> tuple[Release, Release | None]:
        """(the release to restore, the current one). Changes nothing. Raises RecordProblem, ApiProblem."""
        history = self.history.read()
        current = last_verified(history)
        failed = history[0] if history and history[0].status not in GOOD else None
        target = wanted_release(history, self.wish.to, current.id if current else "")
        found = self.restorer.plan(target)
        self.outcome.previous, self.outcome.release = current, target
        self.outcome.warnings = list(self.history.unreadable)
        left = failed or current
        self.outcome.not_undone = way_back.not_undone(left, self.cluster.namespace) if left and left.id != target.id else []
        found = planning.with_pruned(found, self._superfluous(target))
        failures = [*found.failures, *self._lacking(target)]
        if why := way_back.other_mode(target, mode_of(self.strategy)):
            failures.append(Failure("", "", "Mode", f"release {target.called} cannot be restored: {why}."))
        elif self.strategy is not None:
            try:
                found = planning.with_actions(found, self.strategy.on_way_back(self.cluster, self.say, target))
            except NotRestored as problem:
                failures.append(Failure("", "", "WayBack", f"release {target.called} cannot be restored: {problem}."))
        self.outcome.plan, self.outcome.failures = found, failures
        return target, left

    def _lacking(self, target: Release) -> list[Failure]:
        """What the release needs and no longer exists: said instead of tried."""
        missing = way_back.missing(*absent(self.cluster, self.registry, target))
        return [Failure("", "", "Lacking", f"release {target.called} cannot run again: {missing} no longer exist.")] if missing else []

    def _newer(self, target: Release) -> list[Release]:
        return [one for one in self.history.releases if one.number > target.number and one.id != target.id]

    def _superfluous(self, target: Release) -> list[str]:
        """Addresses of what runs or routes and only newer releases have."""
        kept = {address_of(one) for one in recorded(target)}
        found = {
            address_of(one)
            for release in self._newer(target)
            for one in recorded(release)
            if one.namespace == self.cluster.namespace and not is_prepared(one)
        }
        return sorted(found - kept)

    def run(self) -> Outcome:
        """Go back. Never raises an error of the API: the outcome says what happened."""
        try:
            self._run()
        except Stopped:
            self.outcome.interrupted = True
            self.outcome.reason = "Interrupted. Run the same command again, and it goes on."
        except (Locked, LeaseLost, RecordProblem) as problem:
            self.outcome.reason = f"{problem}."
        except (NotRestored, CannotVerify, ApiProblem) as problem:
            self.outcome.reason = f"Going back failed: {str(problem).rstrip('.')}."
        return self.outcome

    def _run(self) -> None:
        target, left = self.plan()
        if self.outcome.failures:
            self.outcome.reason = "The rollback was refused before anything was changed."
            return
        if self._is_done(target):
            self.outcome.unchanged = True
            return
        with self.holding.held(self.wish.lock_wait):
            target, left = self.plan()
            self.outcome.changed = True
            self.restorer.restore(target, left.applied if left else {})
            if self.strategy is not None:
                returned = self.strategy.back(self.restorer, target)
                self.outcome.warnings += returned.warnings
                target = replace(target, progress=dict(returned.progress))
            found = self.outcome.plan
            self.outcome.outcomes = dict.fromkeys(found.actions if found else {}, "done")
            for release in self._newer(target):
                self.outcome.pruned += self.restorer.remove_added(release, target, {address_of(one) for one in recorded(release)})
            self._record(target, left)

    def _is_done(self, target: Release) -> bool:
        current, plan = self.outcome.previous, self.outcome.plan
        newest = self.history.releases[0]
        changing = plan is not None and (plan.changing or any(one.verb == "update" for one in plan.actions.values()))
        return current is not None and newest.id == target.id and newest.status == "verified" and not changing

    def _record(self, target: Release, left: Release | None) -> None:
        """The restored release becomes the newest one. Those that it replaces are no longer what a rollback returns to."""
        now = self.cluster.api.server_now().strftime("%Y-%m-%dT%H:%M:%SZ")
        for release in [one for one in self._newer(target) if one.status == "verified"]:
            self.history.mark(release, status="rolled_back")
        why = f"rolled back from {left.called}" if left else "rolled back"
        restored = replace(
            target,
            number=self.history.next_number(),
            status="verified",
            reason=f"{why}: {self.wish.reason}" if self.wish.reason else why,
            by=self.wish.by,
            times={"started": now, "verified": now},
            pruned=False,
        )
        self.outcome.release = self.history.write(restored)
        self.outcome.warnings += self.history.forget(self.wish.keep, self.registry)

# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Removes an application from its cluster.

What carries the owner labels of the application goes. Load balancers go first: only their controller can delete them in AWS, and it may be
removed next. Everything else follows in the reverse order of an apply, then the records, then the namespace. The records are deleted late,
because they name objects that a search by labels does not find. So a removal that was killed continues when it is repeated.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ..kubernetes.lease import Locked
from ..kubernetes.objects import metadata, terminating, uid
from ..kubernetes.problems import ApiProblem, Conflict, NotFound
from ..reconcile.errors import Failure
from ..reconcile.waiting import Stopped
from . import planning, refusals
from .applying import Say
from .cluster import Cluster, together
from .history import History
from .holding import Holding, LeaseLost
from .ownership import Found, Installed, Inventory, Programs, balances
from .phases import waves
from .record import ARGOCD, Release, last_verified
from .registry import Registry, lifted
from .wish import Outcome

BALANCER = "the load balancer controller removes it once the load balancer is deleted: see the controller's log"


class NotRemoved(Exception):
    """An object could not be removed. Its text is suitable for users."""

    def __init__(self, address: str, text: str) -> None:
        super().__init__(text)
        self.address = address


@dataclass(frozen=True)
class RemovalWish:
    """``timeout``: seconds that load balancers, and then the namespace, may take to go. ``hold``: why nothing may be changed now."""

    timeout: float = 600.0
    lock_wait: float = 0.0
    hold: str = ""


class Removal:
    def __init__(self, cluster: Cluster, wish: RemovalWish, say: Say, holding: Holding, registry: Registry, programs: Programs) -> None:
        self.programs = programs
        self.cluster, self.wish, self.say, self.holding, self.registry = cluster, wish, say, holding, registry
        cluster.fence = holding.fence
        self.history = History(cluster)
        self.outcome = Outcome()
        self.inventory = Inventory(cluster)
        self.found: list[Found] = []
        self.namespaces: list[Found] = []
        self.charts: list[Installed] = []

    def plan(self) -> None:
        """Find what there is to remove. Changes nothing. Raises ApiProblem."""
        history = self.history.read()
        self.inventory = Inventory(self.cluster)
        self.found = self.inventory.objects(history)
        owned = self.inventory.namespaces(history)
        self.charts = self.programs.installed(self.cluster)
        going = [*self.found, *owned, *(one for chart in self.charts for one in chart.objects)]
        occupied = {one.address: self.inventory.others(one.wanted.called, going, self.history.paths) for one in owned}
        self.namespaces = [one for one in owned if not occupied[one.address]]
        outcome = self.outcome
        addresses = [*(one.address for one in self.charts), *(one.address for one in (*self._ordered(), *self.namespaces))]
        outcome.plan = planning.removal(addresses)
        outcome.previous = last_verified(history)
        outcome.warnings = list(self.history.unreadable)
        outcome.notes = [f"{len(self.history.paths)} records of releases are deleted"] if self.history.paths else []
        outcome.notes += [f"{one.address} stays, because it holds data" for one in self.inventory.kept]
        outcome.notes += [_occupied(one.address, occupied[one.address]) for one in owned if occupied[one.address]]
        outcome.notes += _applications(history)
        outcome.notes += [self.wish.hold] if self.wish.hold and self.to_do else []

    @property
    def to_do(self) -> bool:
        return bool(self.charts or self.found or self.namespaces or self.history.paths)

    def _ordered(self) -> list[Found]:
        """Load balancers first, then the reverse order of an apply."""
        return [one for group in self._groups() for one in group]

    def _groups(self) -> list[list[Found]]:
        by_one = {id(one.wanted): one for one in self.found}
        rest = [one.wanted for one in self.found if not balances(one.live)]
        balancers = [one for one in self.found if balances(one.live)]
        return [*([balancers] if balancers else []), *([by_one[id(one)] for one in wave] for wave in reversed(waves(rest)))]

    def run(self) -> Outcome:
        """Remove the application. Never raises an error of the API: the outcome says what happened."""
        try:
            self._run()
        except Stopped:
            self.outcome.interrupted = True
            self.outcome.reason = "Interrupted. Run the same command again, and it goes on."
        except NotRemoved as problem:
            self.outcome.outcomes[problem.address] = "failed"
            self.outcome.failures.append(Failure(problem.address, "delete", "", str(problem)))
            self.outcome.reason = f"{problem.address}: {str(problem).rstrip('.')}. Run again to continue."
        except (Locked, LeaseLost) as problem:
            self.outcome.reason = f"{problem}."
        except ApiProblem as problem:
            self.outcome.reason = f"The application could not be removed: {str(problem).rstrip('.')}. Run again to continue."
        return self.outcome

    def _run(self) -> None:
        self.plan()
        if not self.to_do:
            self.outcome.unchanged = True
            return
        if self.wish.hold:
            self.outcome.failures = [Failure("", "", "Held", self.wish.hold)]
            self.outcome.reason = "The removal was refused before anything was changed."
            return
        self.outcome.changed = True
        if self.inventory.is_leaving():  # nothing can be created in it, so no lease either
            self._remove()
        else:
            with self.holding.held(self.wish.lock_wait):
                self.plan()
                self._remove()
            self._drop(self.holding.path)
        self._remove_namespace([one for one in self.namespaces if one.wanted.called == self.cluster.namespace])

    def _remove(self) -> None:
        for chart in self.charts:
            try:
                self.programs.uninstall(self.cluster, chart)
            except ApiProblem as problem:
                raise NotRemoved(chart.address, f"{problem}") from None
            self.outcome.outcomes[chart.address] = "done"
            self._await([one for one in chart.objects if balances(one.live)], BALANCER)
        groups = self._groups()
        for group in groups:
            together(self._delete, group)
            if balances(group[0].live):
                self._await(group, BALANCER)
        self._remove_namespace([one for one in self.namespaces if one.wanted.called != self.cluster.namespace])
        self.outcome.warnings += lifted(self.registry, (image for one in self.history.releases for image in one.runs))
        self.cluster.fence()
        together(self._drop, self.history.paths)

    def _delete(self, one: Found) -> None:
        if terminating(one.live):  # deleting a namespace twice is a conflict
            self.outcome.outcomes[one.address] = "done"
            return
        try:
            self.cluster.delete(one.path, uid(one.live))
        except NotFound:
            pass
        except Conflict:
            raise NotRemoved(one.address, "it was made again meanwhile, so another run or person is at work") from None
        except ApiProblem as problem:
            raise NotRemoved(one.address, f"it could not be deleted: {problem}") from problem
        self.outcome.outcomes[one.address] = "done"

    def _drop(self, path: str) -> None:
        try:
            self.cluster.api.delete(path, {})
        except NotFound:
            return

    def _await(self, several: Sequence[Found], reason: str = "") -> None:
        """Wait until objects are gone. Raises NotRemoved for the first that is still there after the timeout."""
        clock = self.cluster.api.clock
        began = clock.now()
        left = list(several)
        while left := [one for one in left if self._is_there(one)]:
            waited = clock.now() - began
            if waited > self.wish.timeout:
                raise NotRemoved(left[0].address, self._why(left[0], waited, reason))
            self.say(left[0].address, "waiting until it is gone", waited)
            self.cluster.pause()

    def _is_there(self, one: Found) -> bool:
        live = self.cluster.get(one.path)
        return live is not None and uid(live) == uid(one.live)

    def _why(self, one: Found, waited: float, reason: str) -> str:
        live = self.cluster.get(one.path) or {"metadata": {"name": one.wanted.called}}
        if one.wanted.kind == "Namespace":
            return f"it has not gone after {waited:.0f} s; {refusals.terminating(live)}"
        finalizers = metadata(live).get("finalizers") or ()
        return f"it has not gone after {waited:.0f} s; it has {', '.join(finalizers) or 'no finalizer'}, and {reason}"

    def _remove_namespace(self, several: Iterable[Found]) -> None:
        """Delete namespaces that are empty now. One that has been given something meanwhile stays."""
        for one in several:
            if others := self.inventory.others(one.wanted.called, (), self.history.paths):
                self.outcome.outcomes.pop(one.address, None)
                self.outcome.notes.append(_occupied(one.address, others))
                continue
            self._delete(one)
            self._await([one])


def _applications(history: Sequence[Release]) -> list[str]:
    if not any(one.mode == ARGOCD for one in history):
        return []
    return ["what Argo CD applied stays: remove it by its Application, which this collection did not create"]


def _occupied(address: str, others: Sequence[str]) -> str:
    more = f" and {len(others) - 5} more" if len(others) > 5 else ""
    return f"{address} stays, because others use it: {', '.join(others[:5])}{more}"

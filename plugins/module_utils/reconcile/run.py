# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Runs the steps of a graph in parallel, as far as their dependencies and the limits allow."""

from __future__ import annotations

import queue
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from .errors import CallFailed, Failure, OutOfResources, failure
from .graph import Graph, Step
from .pool import Pool
from .steps import RunContext, perform
from .waiting import Deferred, Stopped

Outcome = Literal["done", "failed", "begun", "deferred", "unfinished", "not_started"]
"""``begun``: started, but not waited for. ``deferred``: not done yet, because it depends on a resource that was begun."""


class Ending(NamedTuple):
    """A step, the error that ended it, if any, and the seconds it took."""

    step: Step
    error: BaseException | None
    seconds: float


MOST_THREADS = 256
"""Threads mostly sleep while they wait for something slow; the number of concurrent calls is limited elsewhere."""


@dataclass
class Report:
    """The outcome of every step.

    ``deferred``: steps whose call was sent but whose effect was not waited for. ``because`` names the step that kept another from starting:
    one that failed, or one that was put off. ``seconds`` is how long each step took.
    """

    done: set[Step] = field(default_factory=set)
    failed: dict[Step, Failure] = field(default_factory=dict)
    deferred: set[Step] = field(default_factory=set)
    because: dict[Step, Step] = field(default_factory=dict)
    begun: set[Step] = field(default_factory=set)
    seconds: dict[Step, float] = field(default_factory=dict)
    interrupted: bool = False

    def outcome(self, *steps: Step) -> Outcome:
        """The outcome of an action that consists of these steps."""
        if any(step in self.failed for step in steps):
            return "failed"
        if all(step in self.done for step in steps):
            return "done"
        if any(step in self.deferred for step in steps):
            return "begun"
        if any(self.because.get(step) in self.deferred for step in steps):
            return "deferred"
        return "unfinished" if any(step in self.begun for step in steps) else "not_started"


def run(shop: RunContext, graph: Graph) -> Report:
    """Carry out every step, except those that are put off and those that depend on them.

    A failure stops only the steps that depend on it; a stopped clock starts no more steps and lets those in flight end.
    """
    return _Run(shop, graph).run()


class _Run:
    def __init__(self, shop: RunContext, graph: Graph) -> None:
        self.shop = shop
        self.waiting = {step: set(needs) for step, needs in graph.needs.items()}
        self.users: dict[Step, list[Step]] = {}
        for step, needs in graph.needs.items():
            for need in needs:
                self.users.setdefault(need, []).append(step)
        self.report = Report()
        self.ended: queue.SimpleQueue[Ending | None] = queue.SimpleQueue()
        self.in_flight: dict[Step, str | None] = {}
        self.work: dict[Step, Future[None]] = {}
        self.parked: list[Step] = []
        self.starved = False
        """This machine cannot start another thread, so no further step is started."""

    def run(self) -> Report:
        pool = Pool(max_workers=max(1, min(MOST_THREADS, len(self.waiting))), thread_name_prefix="reconcile")
        self.shop.clock.on_stop(lambda: self.ended.put(None))
        try:
            self._run(pool)
        except BaseException:
            self.shop.clock.stop()  # otherwise the process would wait for threads that wait for AWS
            raise
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
        if not self.report.interrupted:
            pool.shutdown(wait=True)
        for step in sorted(self.report.deferred):
            self._give_up(step, step)
        for step in self.waiting:
            self.report.because.setdefault(step, step)
        return self.report

    def _run(self, pool: Pool) -> None:
        self._start_all(pool, [step for step, needs in self.waiting.items() if not needs])
        while self.in_flight:
            ending = self._next()
            if ending is None:
                self._drain()
                return
            self._take(pool, ending)

    def _next(self) -> Ending | None:
        """The next step to end, or None for a request to stop.

        Wakes up at intervals: Python runs signal handlers only in the main thread, and a signal delivered to another thread does not wake
        this one. A thread that runs out of memory may also end silently.
        """
        while True:
            try:
                return self.ended.get(timeout=0.5)
            except queue.Empty:
                for step in self.in_flight:
                    if self.work[step].done() and self.ended.empty():
                        return Ending(step, self.work[step].exception() or MemoryError(), 0.0)

    def _start_all(self, pool: Pool, steps: list[Step]) -> None:
        for step in steps:
            if self.starved:
                return
            lane = self._lane(step)
            if lane is not None and lane in self.in_flight.values():
                self.parked.append(step)
                continue
            self.report.begun.add(step)
            del self.waiting[step]
            try:
                self.work[step] = pool.submit(self._work, step)
                self.in_flight[step] = lane
            except OutOfResources as error:
                self.starved = True
                self.report.failed[step] = failure(step.address, error)
                self._give_up(step, step)

    def _lane(self, step: Step) -> str | None:
        try:
            return self.shop.lane(step)
        except CallFailed:  # the step itself will meet and report the error
            return None

    def _work(self, step: Step) -> None:
        start = self.shop.clock.now()
        error: BaseException | None = None
        try:
            perform(self.shop, step)
        except BaseException as caught:  # noqa: BLE001 - every exception of a thread is carried to the report, none may be lost
            error = caught
        self.ended.put(Ending(step, error, self.shop.clock.now() - start))

    def _take(self, pool: Pool, ending: Ending) -> None:
        self._record(ending)
        if isinstance(ending.error, Stopped):
            return  # the request to stop is next in the queue
        ready: list[Step] = []
        if ending.error is None:
            for user in self.users.get(ending.step, ()):
                needs = self.waiting[user]
                needs.discard(ending.step)
                if not needs and user not in self.report.because:
                    ready.append(user)
        elif not isinstance(ending.error, Deferred):
            self._give_up(ending.step, ending.step)
        parked, self.parked = self.parked, []
        self._start_all(pool, parked + ready)

    def _record(self, ending: Ending) -> None:
        """Record how a step ended. A step whose wait was interrupted or put off is neither done nor failed."""
        del self.in_flight[ending.step]
        self.report.seconds[ending.step] = ending.seconds
        if ending.error is None:
            self.report.done.add(ending.step)
        elif isinstance(ending.error, Deferred):
            self.report.deferred.add(ending.step)
        elif not isinstance(ending.error, Stopped):
            self.report.failed[ending.step] = failure(ending.step.address, ending.error)

    def _give_up(self, step: Step, cause: Step) -> None:
        for user in self.users.get(step, ()):
            if user not in self.report.because:
                self.report.because[user] = cause
                self._give_up(user, cause)

    def _drain(self) -> None:
        """After a request to stop, let calls in flight end and record their results. Pauses have already been interrupted."""
        self.report.interrupted = True
        deadline = self.shop.clock.now() + self.shop.patience.grace
        while self.in_flight and self.shop.clock.now() < deadline:
            try:
                ending = self.ended.get(timeout=max(0.01, deadline - self.shop.clock.now()))
            except queue.Empty:
                break
            if ending is not None:
                self._record(ending)

# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Running the steps of a graph side by side, as far as their needs and the limits allow."""

from __future__ import annotations

import queue
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from .errors import CallFailed, Failure, failure
from .graph import Graph, Step
from .steps import Workshop, perform
from .waiting import PutOff, Stopped

Outcome = Literal["done", "failed", "begun", "deferred", "unfinished", "not_started"]
"""``begun``: it comes up, and was not waited for. ``deferred``: it is not done yet, because it waits for such a one."""


class Ending(NamedTuple):
    """A step, what it ended with, and the seconds it took."""

    step: Step
    error: BaseException | None
    seconds: float


MOST_THREADS = 256
"""Threads are mostly asleep, waiting for something slow; the number of calls at a time is bounded elsewhere."""


@dataclass
class Report:
    """What became of every step.

    ``put_off``: steps whose call was sent and whose effect was not waited for. ``because`` names the step that kept one from starting: one
    that failed, or one that was put off. ``seconds`` is how long each took.
    """

    done: set[Step] = field(default_factory=set)
    failed: dict[Step, Failure] = field(default_factory=dict)
    put_off: set[Step] = field(default_factory=set)
    because: dict[Step, Step] = field(default_factory=dict)
    begun: set[Step] = field(default_factory=set)
    seconds: dict[Step, float] = field(default_factory=dict)
    interrupted: bool = False

    def outcome(self, *steps: Step) -> Outcome:
        """The outcome of an action that these steps make up."""
        if any(step in self.failed for step in steps):
            return "failed"
        if all(step in self.done for step in steps):
            return "done"
        if any(step in self.put_off for step in steps):
            return "begun"
        if any(self.because.get(step) in self.put_off for step in steps):
            return "deferred"
        return "unfinished" if any(step in self.begun for step in steps) else "not_started"


def run(shop: Workshop, graph: Graph) -> Report:
    """Carry out every step, but for what is put off and what needs that.

    A failure stops only what needs it; a stopped clock starts nothing more and lets what is in flight end.
    """
    return _Run(shop, graph).run()


class _Run:
    def __init__(self, shop: Workshop, graph: Graph) -> None:
        self.shop = shop
        self.waiting = {step: set(needs) for step, needs in graph.needs.items()}
        self.users: dict[Step, list[Step]] = {}
        for step, needs in graph.needs.items():
            for need in needs:
                self.users.setdefault(need, []).append(step)
        self.report = Report()
        self.ended: queue.SimpleQueue[Ending | None] = queue.SimpleQueue()
        self.in_flight: dict[Step, str | None] = {}
        self.parked: list[Step] = []

    def run(self) -> Report:
        pool = ThreadPoolExecutor(max_workers=max(1, min(MOST_THREADS, len(self.waiting))), thread_name_prefix="reconcile")
        self.shop.clock.on_stop(lambda: self.ended.put(None))
        self._start_all(pool, [step for step, needs in self.waiting.items() if not needs])
        while self.in_flight:
            ending = self._next()
            if ending is None:
                self._drain()
                break
            self._take(pool, ending)
        pool.shutdown(wait=not self.report.interrupted, cancel_futures=True)
        for step in sorted(self.report.put_off):
            self._give_up(step, step)
        for step in self.waiting:
            self.report.because.setdefault(step, step)
        return self.report

    def _next(self) -> Ending | None:
        """The next step to end, or None for a request to stop.

        Wakes up every now and then: Python runs signal handlers in the main thread alone, and a signal that the system gives to another
        thread does not wake this one.
        """
        while True:
            try:
                return self.ended.get(timeout=0.5)
            except queue.Empty:
                continue

    def _start_all(self, pool: ThreadPoolExecutor, steps: list[Step]) -> None:
        for step in steps:
            lane = self._lane(step)
            if lane is not None and lane in self.in_flight.values():
                self.parked.append(step)
                continue
            self.in_flight[step] = lane
            self.report.begun.add(step)
            del self.waiting[step]
            pool.submit(self._work, step)

    def _lane(self, step: Step) -> str | None:
        try:
            return self.shop.lane(step)
        except CallFailed:  # the step itself will say what is wrong, where it is reported
            return None

    def _work(self, step: Step) -> None:
        start = self.shop.clock.now()
        error: BaseException | None = None
        try:
            perform(self.shop, step)
        except BaseException as caught:  # noqa: BLE001 - every exception of a thread is carried to the report, none may be lost
            error = caught
        self.ended.put(Ending(step, error, self.shop.clock.now() - start))

    def _take(self, pool: ThreadPoolExecutor, ending: Ending) -> None:
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
        elif not isinstance(ending.error, PutOff):
            self._give_up(ending.step, ending.step)
        parked, self.parked = self.parked, []
        self._start_all(pool, parked + ready)

    def _record(self, ending: Ending) -> None:
        """Write down how a step ended. One whose waiting was cut short, or put off, is neither done nor failed."""
        self.in_flight.pop(ending.step)
        self.report.seconds[ending.step] = ending.seconds
        if ending.error is None:
            self.report.done.add(ending.step)
        elif isinstance(ending.error, PutOff):
            self.report.put_off.add(ending.step)
        elif not isinstance(ending.error, Stopped):
            self.report.failed[ending.step] = failure(ending.step.address, ending.error)

    def _give_up(self, step: Step, cause: Step) -> None:
        for user in self.users.get(step, ()):
            if user not in self.report.because:
                self.report.because[user] = cause
                self._give_up(user, cause)

    def _drain(self) -> None:
        """After a request to stop: let calls in flight end, write down what they did. Pauses have been cut short already."""
        self.report.interrupted = True
        deadline = self.shop.clock.now() + self.shop.patience.grace
        while self.in_flight and self.shop.clock.now() < deadline:
            try:
                ending = self.ended.get(timeout=max(0.01, deadline - self.shop.clock.now()))
            except queue.Empty:
                break
            if ending is not None:
                self._record(ending)

"""The life of a resource that passes through several states, such as creating, backing-up, available.

A call starts a sequence of phases. A phase ends once its time has passed and what it waits for, such as a server, is ready. Nothing sleeps:
phases end when the state is next read.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from rehearsal import transitions
from rehearsal.transitions import Step, TransitionalState, tags_of


def _nothing() -> None:
    return None


@dataclass(frozen=True)
class Phase:
    """`begin` and `end` are called when the phase begins and ends; it lasts `seconds`, and longer while it is not `ready`."""

    status: str
    seconds: float
    begin: Callable[[], None] = _nothing
    ready: Callable[[], bool] = lambda: True
    end: Callable[[], None] = _nothing


class Life:
    """The phases to come, the state after them, and when the current phase began, on the monotonic clock."""

    def __init__(self, settled: str = "available") -> None:
        self.settled = settled
        self.began = time.monotonic()
        self.sequences = 0
        self._phases: deque[Phase] = deque()
        self._advancing = False

    def play(self, phases: Iterable[Phase], then: str = "available") -> None:
        """Starts a sequence of phases after those that remain; `then` is the state after the last one."""
        idle = not self._phases
        self._phases.extend(phases)
        self.settled = then
        self.sequences += 1
        if idle:
            self.began = time.monotonic()
            if self._phases:
                self._phases[0].begin()

    def drop(self, then: str) -> None:
        """Ends all transitions: the resource is in this state now."""
        self._phases.clear()
        self.settled = then
        self.began = time.monotonic()

    @property
    def status(self) -> str:
        """The state as of the last `advance`."""
        return self._phases[0].status if self._phases else self.settled

    @property
    def changing(self) -> bool:
        return bool(self._phases)

    @property
    def share(self) -> float:
        """How much of the current phase's time has passed, from 0 to 1."""
        if not self._phases:
            return 1.0
        seconds = self._phases[0].seconds
        return min(1.0, (time.monotonic() - self.began) / seconds) if seconds else 1.0

    def advance(self) -> None:
        """Ends the phases whose time has passed."""
        if self._advancing:  # an `end` that reads the state
            return
        self._advancing = True
        try:
            while self._phases and self._is_over(current := self._phases[0]):
                if not self._phases:  # what it waited for has failed, and the sequence has been dropped
                    break
                self._phases.popleft()
                current.end()
                if self._phases:
                    self._phases[0].begin()
        finally:
            self._advancing = False

    def _is_over(self, current: Phase) -> bool:
        if time.monotonic() < self.began + current.seconds or not current.ready():
            return False
        self.began += current.seconds
        return True


def life_of(resource: Any) -> Life:
    found: Life = resource.__dict__.setdefault("rehearsal_life", Life())
    return found


class LifeState(TransitionalState):
    """Descriptor of the state of a resource: its script's while one is in effect, else that of its life.

    A script ends as soon as AWS would accept a change of the resource, except the creation that it was installed before.
    """

    def __set__(self, resource: Any, settled: str) -> None:
        life_of(resource).drop(settled)

    def __get__(self, resource: Any, owner: Any = None) -> Any:
        if resource is None:
            return self
        life = life_of(resource)
        life.advance()
        step = self.scripted(resource)
        return step.state if step else life.status

    def scripted(self, resource: Any) -> Step | None:
        life = life_of(resource)
        script = transitions.scripts.find(self.kind.name, resource.id, tags_of(resource))
        if script is None or life.status == "deleting" or script is resource.__dict__.get("rehearsal_ended_script"):
            return None
        began: float = resource.__dict__.get("rehearsal_born", life.began)
        return script.step_at(time.monotonic() - max(began, script.installed))


def end_script(kind: str, resource: Any) -> None:
    """A change has been accepted: the script in effect, if there is one, has ended."""
    resource.__dict__["rehearsal_ended_script"] = transitions.scripts.find(kind, resource.id, tags_of(resource))

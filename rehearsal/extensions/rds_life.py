"""The life of a DB instance: the phases that it passes through, and the state that they show.

A call starts a sequence of phases, such as creating, backing-up, available. A phase ends once its time has passed and what it waits for,
such as a database server, is ready. Nothing sleeps: phases end when the state is next read. The setting `transition_seconds` for
`rds_instance` is the time of a whole sequence; `SHARES` says how its phases divide it.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from rehearsal import transitions
from rehearsal.registry import adjusts, settles
from rehearsal.transitions import KINDS, Step, TransitionalState, tags_of

KIND = "rds_instance"
SHARES = {
    "creating": 0.7,
    "configuring-enhanced-monitoring": 0.1,
    "backing-up": 0.2,
    "available": 0.2,  # AWS still shows a changed instance as available for some seconds
}
"""The share of a phase in the time of a sequence; for every other phase it is 0.8."""
OTHER_SHARE = 0.8


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


def phase(status: str, **options: Any) -> Phase:
    """A phase of the length that the settings give it; the options are those of `Phase`."""
    return Phase(status, transitions.delays.seconds_for(KIND) * SHARES.get(status, OTHER_SHARE), **options)


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
        """Ends all transitions: the instance is in this state now."""
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


def life_of(instance: Any) -> Life:
    found: Life = instance.__dict__.setdefault("rehearsal_life", Life())
    return found


class InstanceState(TransitionalState):
    """The state of an instance: its script's while one is in effect, else that of its life.

    A script ends as soon as AWS would accept a change of the instance, except the creation that it was installed before.
    """

    def __set__(self, instance: Any, settled: str) -> None:
        life_of(instance).drop(settled)

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        if instance is None:
            return self
        life = life_of(instance)
        life.advance()
        step = self.scripted(instance)
        return step.state if step else life.status

    def scripted(self, instance: Any) -> Step | None:
        life = life_of(instance)
        script = transitions.scripts.find(KIND, instance.id, tags_of(instance))
        if script is None or life.status == "deleting" or script is instance.__dict__.get("rehearsal_ended_script"):
            return None
        began: float = instance.__dict__.get("rehearsal_born", life.began)
        return script.step_at(time.monotonic() - max(began, script.installed))


def end_script(instance: Any) -> None:
    """A change has been accepted: the script in effect, if there is one, has ended."""
    instance.__dict__["rehearsal_ended_script"] = transitions.scripts.find(KIND, instance.id, tags_of(instance))


@adjusts("rds")
def install_states_of_instances() -> None:
    from moto.rds.models import DBInstance

    DBInstance.id = property(lambda self: self.db_instance_identifier)
    DBInstance.status = InstanceState(KINDS[KIND])


@settles("rds")
def advance_instances(call: Any) -> None:
    """Applies what has been completed since the last call, in every region of the account, because replicas can be in another one."""
    from moto.rds.models import rds_backends

    if call.account_id not in rds_backends:
        return
    for backend in list(rds_backends[call.account_id].values()):
        for instance in list(backend.databases.values()):
            life_of(instance).advance()

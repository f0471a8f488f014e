"""The simulators' rounds: when each is called, and that none can stop the others."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from rehearsal.kubernetes.rounds import Rounds

SECONDS = 30.0


@pytest.fixture
def rounds(request: pytest.FixtureRequest) -> Iterator[Rounds]:
    made = Rounds(SimpleNamespace(name=request.node.name), lambda: True)  # type: ignore[arg-type]
    yield made
    made.stop()


def threads(request: pytest.FixtureRequest) -> list[threading.Thread]:
    """The rounds' threads in this test."""
    return [thread for thread in threading.enumerate() if thread.name == f"rounds {request.node.name}"]


def player(calls: queue.Queue[Any], again: float | None, error: Exception | None = None) -> Any:
    def play(plane: Any) -> float | None:
        calls.put("called")
        if error and calls.qsize() < 2:
            raise error
        return again

    return play


def test_a_player_is_called_as_often_as_it_asks(rounds: Rounds) -> None:
    calls: queue.Queue[Any] = queue.Queue()
    rounds.add("one", player(calls, 0.0))
    assert [calls.get(timeout=SECONDS) for _ in range(3)] == ["called"] * 3


def test_a_player_that_has_nothing_to_do_is_woken(rounds: Rounds, request: pytest.FixtureRequest) -> None:
    calls: queue.Queue[Any] = queue.Queue()
    rounds.add("one", player(calls, None))
    calls.get(timeout=SECONDS)
    rounds.wake("one")
    calls.get(timeout=SECONDS)
    rounds.add("one", player(calls, None))
    calls.get(timeout=SECONDS)
    assert len(threads(request)) == 1


@pytest.mark.parametrize("error", [ConnectionError("the API server starts again"), RuntimeError("a mistake")])
def test_an_error_in_one_player_does_not_stop_the_others(rounds: Rounds, error: Exception) -> None:
    broken: queue.Queue[Any] = queue.Queue()
    sound: queue.Queue[Any] = queue.Queue()
    rounds.add("broken", player(broken, 0.0, error))
    rounds.add("sound", player(sound, 0.0))
    assert [sound.get(timeout=SECONDS) for _ in range(2)] == ["called"] * 2
    rounds.wake("broken")
    assert [broken.get(timeout=SECONDS) for _ in range(2)] == ["called"] * 2


def test_the_thread_ends(rounds: Rounds, request: pytest.FixtureRequest) -> None:
    calls: queue.Queue[Any] = queue.Queue()
    rounds.add("one", player(calls, None))
    calls.get(timeout=SECONDS)
    (thread,) = threads(request)
    rounds.stop()
    thread.join(SECONDS)
    assert threads(request) == []

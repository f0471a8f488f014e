# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Apply in a world that is slow, does not respond, refuses, or lies."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.reconcile import report
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.engine import Result, Settings, observe, plan_only, reconcile
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.errors import AlreadyThere, Ambiguous, CallFailed, OutOfResources
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.model import UNKNOWN, Resource, ref
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.planner import Consent
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.waiting import Patience, Stopped, SystemClock, until

from .fake import FakeClock, FakeKind, World, kinds

ALL = Consent(("*",), ("*",))


def apply(world: World, desired: list[Resource], registry: dict[str, FakeKind] | None = None, **options: Any) -> Result:
    registry = registry or kinds()
    patience = options.pop("patience", Patience(poll=1.0, settle=5.0, timeout=60.0))
    settings = Settings(ALL, patience, clock=options.pop("clock", FakeClock()), **options)
    return reconcile(desired, observe(registry, world), registry, world, settings)


def room(name: str, kind: str = "room", **properties: Any) -> Resource:
    return Resource(kind, name, properties)


def creates(world: World) -> list[str]:
    return [address for verb, address in world.log if verb == "create"]


def test_a_requested_replacement_is_done_once() -> None:
    """The final check must not request it again."""
    world = World()
    apply(world, [room("a", color="red")])
    (before,) = world.things
    registry = kinds()
    consent = Consent(("room.a",), forced=("room.a",))
    settings = Settings(consent, Patience(poll=1.0, settle=5.0, timeout=60.0), clock=FakeClock())
    result = reconcile([room("a", color="red")], observe(registry, world), registry, world, settings)
    assert list(result.failures) == []
    (after,) = world.things
    assert before != after


@pytest.mark.parametrize("fault", ["lost before", "lost after", "not yet"])
@pytest.mark.parametrize("kind", ["plot", "house", "room", "slow"])
def test_a_create_without_an_answer_is_never_doubled(kind: str, fault: str) -> None:
    world = World(faults={0: fault}, slow=1)
    result = apply(world, [room("a", kind, color="red", label="x")])
    assert list(result.failures) == []
    assert [thing.address for thing in world.things.values()] == [f"{kind}.a"]
    assert next(iter(world.things.values())).properties["label"] == "x"


def test_absence_counts_only_after_the_settle_window() -> None:
    """A lagging read must not cause a duplicate: the result of an unanswered create call appears late and is adopted."""

    class Lagging(FakeKind):
        looks = 0

        def find(self, world: World) -> Any:
            self.looks += 1
            return super().find(world) if self.looks > 4 else []

    registry = {"room": Lagging("room", repeatable=False)}
    world = World(faults={0: "lost after"})
    result = apply(world, [room("a", color="red")], registry)
    assert list(result.failures) == []
    assert creates(world) == ["room.a"]


def test_what_is_adopted_must_be_what_is_wanted() -> None:
    class Taken(FakeKind):
        def create(self, world: World, address: str, properties: Any, token: str) -> Any:
            super().create(world, address, {**properties, "color": "blue"}, token)
            raise AlreadyThere("taken", "create", "Taken")

    result = apply(World(), [room("a", color="red")], {"room": Taken("room")})
    assert [f.message for f in result.failures] == ["id-1-1 carries our owner mark for this address but color is 'blue', not 'red'"]


def test_a_foreign_resource_with_the_same_name_is_an_error() -> None:
    class Foreign(FakeKind):
        def create(self, world: World, address: str, properties: Any, token: str) -> Any:
            raise AlreadyThere("the name is taken", "create", "Taken")

    result = apply(World(), [room("a")], {"room": Foreign("room")})
    assert [(f.address, f.code, f.message) for f in result.failures] == [("room.a", "Taken", "the name is taken")]


def test_waits_report_progress_and_end_at_the_deadline() -> None:
    lines: list[tuple[str, str, float]] = []
    result = apply(World(slow=10**9), [room("a", "slow")], progress=lambda *line: lines.append(line))
    assert [f.code or type(f).__name__ for f in result.failures]
    assert "not ready within 60 s" in result.failures[0].message
    assert {(address, doing) for address, doing, _seconds in lines} == {("slow.a", "pending")}
    assert [seconds for _a, _d, seconds in lines] == sorted(seconds for _a, _d, seconds in lines)


def test_the_next_run_waits_for_pending_resources() -> None:
    world = World(slow=10**9)
    apply(world, [room("a", "slow")])
    world.slow = 1
    result = apply(world, [room("a", "slow")])
    assert list(result.failures) == []
    assert creates(world) == ["slow.a"]
    assert [thing.state for thing in world.things.values()] == ["ready"]


def test_every_error_is_collected_and_only_dependants_are_left_out() -> None:
    desired = [room("a"), room("b", parent=ref("room.a")), room("c"), room("d", friends=[ref("room.a")])]
    world = World(faults={0: "refused"})
    result = apply(world, desired, concurrency=1)
    actions = {action["address"]: action for action in report.plan_dict(result, False)["actions"]}
    assert {address: action["outcome"] for address, action in actions.items()} == {
        "room.a": "failed",
        "room.b": "not_started",
        "room.c": "done",
        "room.d": "unfinished",
    }
    assert actions["room.b"]["because"] == actions["room.d"]["because"] == "room.a"
    assert [(f.address, f.operation, f.code) for f in result.failures] == [("room.a", "create", "Refused")]
    assert report.changed(result, check_mode=False) is True


def test_a_reply_without_error_can_be_false() -> None:
    class Liar(FakeKind):
        def update(self, world: World, seen: Any, properties: Any) -> None:
            world.mutate("update", seen.address, lambda: None)

    result = apply(World(), [room("a", label="x")], {"room": Liar("room")})
    assert [(f.address, f.code) for f in result.failures] == [("room.a", "DidNotTake")]
    assert "label reads 'factory', not 'x'" in result.failures[0].message
    assert [action["outcome"] for action in report.plan_dict(result, False)["actions"]] == ["failed"]


def test_what_is_born_failed_is_not_built_upon() -> None:
    class Stillborn(FakeKind):
        def create(self, world: World, address: str, properties: Any, token: str) -> Any:
            return replace(super().create(world, address, properties, token), state="failed", reason="no room")

    world = World()
    result = apply(world, [room("a"), room("b", "plot", parent=ref("room.a"))], {"room": Stillborn("room"), "plot": FakeKind("plot")})
    assert [(f.address, f.message) for f in result.failures] == [("room.a", "no room")]
    assert creates(world) == ["room.a"]


def test_a_change_that_never_gets_an_answer_ends_with_what_was_said_last() -> None:
    class Broken(FakeKind):
        def update(self, world: World, seen: Any, properties: Any) -> None:
            raise Ambiguous("the server is on fire", "update", "InternalError")

    result = apply(World(), [room("a", label="x")], {"room": Broken("room")})
    assert [(f.operation, f.code) for f in result.failures] == [("update", "InternalError")]
    assert "label could not be set within 60 s: the server is on fire" in result.failures[0].message


def test_changes_of_one_lane_run_one_at_a_time_and_others_side_by_side() -> None:
    busy: dict[str, int] = {"rooms": 0, "most": 0}
    both = threading.Barrier(2, timeout=10)
    lock = threading.Lock()

    class Lane(FakeKind):
        def create(self, world: World, address: str, properties: Any, token: str) -> Any:
            with lock:
                busy["rooms"] += 1
                busy["most"] = max(busy["most"], busy["rooms"])
            made = super().create(world, address, properties, token)
            with lock:
                busy["rooms"] -= 1
            return made

    class Free(FakeKind):
        def create(self, world: World, address: str, properties: Any, token: str) -> Any:
            both.wait()  # breaks unless two are here at the same time
            return super().create(world, address, properties, token)

    registry = {"room": Lane("room", lane="rooms"), "plot": Free("plot")}
    result = apply(World(), [room(str(n)) for n in range(6)] + [room("x", "plot"), room("y", "plot")], registry)
    assert list(result.failures) == []
    assert busy["most"] == 1


def test_many_waits_do_not_use_up_the_calls_allowed_at_a_time() -> None:
    result = apply(World(slow=3), [room(str(n), "slow") for n in range(40)], concurrency=2)
    assert list(result.failures) == []


def test_a_replacement_that_is_not_allowed_stops_everything_before_the_first_call() -> None:
    world = World()
    apply(world, [room("a", color="red")])
    world.log.clear()
    registry = kinds()
    desired = [room("a", color="blue"), room("b")]
    result = reconcile(desired, observe(registry, world), registry, world, Settings(Consent(), Patience(), clock=FakeClock()))
    assert world.log == []
    assert [(f.address, f.code) for f in result.failures] == [("room.a", "ReplacementNotAllowed")]


def test_a_request_to_stop_starts_nothing_more_and_reports_what_is_left() -> None:
    clock = SystemClock()

    class Stopping(FakeKind):
        def create(self, world: World, address: str, properties: Any, token: str) -> Any:
            made = super().create(world, address, properties, token)
            clock.stop()
            return made

    registry = {"room": Stopping("room"), "plot": FakeKind("plot"), "slow": FakeKind("slow", slow=True)}
    desired = [room("a"), Resource("plot", "b", {"parent": ref("slow.c")}), room("c", "slow")]
    world = World(slow=10**9)
    result = apply(world, desired, registry, clock=clock, patience=Patience(poll=3600, settle=3600, grace=60))
    assert result.interrupted
    assert {a["address"]: a["outcome"] for a in report.plan_dict(result, False)["actions"]} == {
        "room.a": "unfinished",
        "plot.b": "not_started",
        "slow.c": "unfinished",
    }
    world.slow = 1
    assert list(apply(world, desired, registry).failures) == []


def test_results_have_one_shape_in_check_mode_and_after_an_apply() -> None:
    registry = kinds()
    desired = [room("a", color="red", label="x")]
    world = World()
    planned = plan_only(desired, observe(registry, world), registry, ALL)
    applied = apply(world, desired)
    first, second = report.plan_dict(planned, True), report.plan_dict(applied, False)
    assert first.keys() == second.keys()
    assert [a.keys() for a in first["actions"]] == [a.keys() for a in second["actions"]]
    assert report.diff_list(planned) == report.diff_list(applied)
    assert report.changed(planned, True) is report.changed(applied, False) is True
    assert planned.attributes()["room.a"]["anything"] == UNKNOWN
    assert applied.attributes()["room.a"]["color"] == "red"


def test_everything_that_cannot_be_listed_is_reported_at_once() -> None:
    def refuse(_world: World) -> Any:
        raise CallFailed("no", "list", "Denied")

    registry = kinds()
    for name in ("plot", "room"):
        registry[name].find = refuse  # type: ignore[method-assign]
    with pytest.raises(Exception, match="plot: list") as caught:
        observe(registry, World())
    assert [failure.address for failure in caught.value.failures] == ["plot", "room"]  # type: ignore[attr-defined]


@pytest.mark.parametrize(("seconds", "poll"), [(0, 1), (10, 1), (10, 5), (3, 100)])
def test_until_backs_off_up_to_poll_and_ends_at_the_deadline(seconds: float, poll: float) -> None:
    looks = list(until(FakeClock(), seconds, poll))
    gaps = [late - early for early, late in itertools.pairwise(looks)]
    assert looks[0] == 0
    assert looks[-1] == pytest.approx(seconds)
    assert all(gap <= poll + 1e-9 for gap in gaps)
    assert gaps[:-1] == pytest.approx(sorted(gaps[:-1]))


def test_a_stopped_clock_ends_pauses_at_once() -> None:
    clock: SystemClock = SystemClock()
    clock.stop()
    pause: Callable[[float], None] = clock.pause
    with pytest.raises(Stopped):
        pause(3600)


HASTY = frozenset({"slow"})


def deferred(result: Result) -> dict[str, tuple[str, str | None]]:
    """Outcome and reason of everything that was not done, as a module returns them."""
    return {
        action["address"]: (action["outcome"], action["because"])
        for action in report.plan_dict(result, False)["actions"]
        if action["outcome"] != "done"
    }


def test_what_is_not_waited_for_is_begun_and_what_needs_it_is_deferred() -> None:
    desired = [
        room("gate", "slow", color="red"),
        room("table", color="red", friends=[ref("slow.gate")]),
        room("inside", color="red", parent=ref("slow.gate")),
        room("behind", color="red", parent=ref("room.inside")),
        room("elsewhere", color="red"),
    ]
    world = World(slow=5)
    result = apply(world, desired, defer=HASTY)
    assert (list(result.failures), report.changed(result, False)) == ([], True)
    assert deferred(result) == {
        "slow.gate": ("begun", None),
        "room.table": ("deferred", "slow.gate"),
        "room.inside": ("deferred", "slow.gate"),
        "room.behind": ("deferred", "slow.gate"),
    }
    assert sorted(result.deferred) == ["room.behind", "room.inside", "room.table", "slow.gate"]
    assert sorted(creates(world)) == ["room.elsewhere", "room.table", "slow.gate"]
    assert result.attributes()["slow.gate"]["id"] == next(t.id for t in world.things.values() if t.kind == "slow")
    assert result.attributes()["room.inside"]["id"] == UNKNOWN

    again = apply(world, desired, defer=HASTY)
    assert "slow.gate" in again.deferred, "it is unchanged, and still not to be relied on"
    assert report.plan_dict(again, False)["waits"] == [{"address": "slow.gate", "outcome": "begun", "seconds": 0.0}]
    assert report.changed(again, False) is False


def test_nothing_is_deferred_if_nothing_is_slow() -> None:
    result = apply(World(), [room("gate", "slow", color="red"), room("table", color="red", friends=[ref("slow.gate")])], defer=HASTY)
    assert (result.deferred, list(result.failures)) == ([], [])


def test_a_failure_counts_more_than_what_is_not_waited_for() -> None:
    desired = [
        room("gate", "slow", color="red"),
        room("broken", "plot", color="red"),
        room("both", color="red", parent=ref("plot.broken"), friends=[ref("slow.gate")]),
    ]

    class Broken(FakeKind):
        def create(self, world: World, address: str, properties: Any, token: str) -> Any:
            raise CallFailed("not today", "create", "Refused")

    result = apply(World(slow=5), desired, {**kinds(), "plot": Broken("plot")}, defer=HASTY)
    assert deferred(result) == {"slow.gate": ("begun", None), "plot.broken": ("failed", None), "room.both": ("not_started", "plot.broken")}
    assert [failure.address for failure in result.failures] == ["plot.broken"]


def test_what_was_begun_has_to_show_before_the_call_ends() -> None:
    """Otherwise the next call, which reads the current state, would create a duplicate."""

    class Lagging(FakeKind):
        looks = 0

        def find(self, world: World) -> Any:
            self.looks += 1
            return super().find(world) if self.looks > 4 else []

    lagging = Lagging("slow", slow=True)
    registry = {**kinds(), "slow": lagging}
    world = World(slow=50)
    result = apply(world, [room("gate", "slow", color="red")], registry, defer=HASTY)
    assert (list(result.failures), lagging.looks) == ([], 5)
    apply(world, [room("gate", "slow", color="red")], registry, patience=Patience(poll=1.0, settle=5.0, timeout=600.0))
    assert creates(world) == ["slow.gate"]


def test_what_never_shows_is_an_error() -> None:
    class Hidden(FakeKind):
        def find(self, world: World) -> Any:
            return []

    result = apply(World(slow=5), [room("gate", "slow", color="red")], {"slow": Hidden("slow", slow=True)}, defer=HASTY)
    assert [(failure.address, failure.code) for failure in result.failures] == [("slow.gate", "DidNotTake")]


def test_deletions_are_waited_for() -> None:
    registry = {"slow": FakeKind("slow", slow=True, settles=("delete",))}
    world = World()
    apply(world, [room("gate", "slow", color="red")], registry)
    result = apply(world, [], registry, defer=HASTY)
    assert (result.deferred, world.things) == ([], {})


class LateKind(FakeKind):
    """Lists show new resources only from the given read on."""

    at, looks = 0, 0

    def find(self, world: World) -> Any:
        self.looks += 1
        return super().find(world) if self.looks >= self.at else []


@pytest.mark.parametrize(("at", "unlisted"), [(1, False), (4, False), (10**9, True)])
def test_a_run_that_fails_waits_until_lists_show_what_it_has_created(at: int, unlisted: bool) -> None:
    world = World(faults={1: "refused"})
    kind = LateKind("room", at=at, repeatable=False)
    result = apply(world, [room("a"), Resource("room", "b", {}, after=("room.a",))], {"room": kind})
    assert [failed.code for failed in result.failures] == ["Refused"]
    assert result.unlisted is unlisted


def test_a_run_that_creates_nothing_waits_for_nothing() -> None:
    result = apply(World(faults={0: "refused"}), [room("a")])
    assert not result.unlisted


@pytest.mark.parametrize("after", [0, 2])
def test_a_thread_that_cannot_be_started_is_an_error_of_the_run(monkeypatch: pytest.MonkeyPatch, after: int) -> None:
    world, registry = World(), {"room": FakeKind("room"), "plot": FakeKind("plot", named=True)}
    desired = [room(str(number)) for number in range(6)]
    observed = observe(registry, world)
    started: list[int] = []
    begin = threading.Thread.start

    def start(thread: threading.Thread) -> None:
        if len(started) >= after:
            raise RuntimeError("can't start new thread")
        started.append(1)
        begin(thread)

    monkeypatch.setattr(threading.Thread, "start", start)
    settings = Settings(ALL, Patience(poll=1.0, settle=0.0), clock=FakeClock())
    result = reconcile(desired, observed, registry, world, settings)
    (failed,) = [one for one in result.failures if one.code == "OutOfThreads"]
    assert "ulimit -u" in failed.hint
    monkeypatch.undo()
    assert list(apply(world, desired, registry).failures) == []
    assert sorted(creates(world)) == sorted({f"room.{number}" for number in range(6)})


def test_what_cannot_be_listed_for_lack_of_threads_is_said_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    def start(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", start)
    with pytest.raises(OutOfResources, match="no further thread"):
        observe(kinds(), World())


def test_a_thread_that_ends_without_a_word_does_not_leave_the_run_waiting() -> None:
    """Without memory, not even an error report may get through."""

    class NoMemory(FakeClock):
        def now(self) -> float:
            if threading.current_thread().name.startswith("reconcile"):
                raise MemoryError
            return super().now()

    result = apply(World(), [room("a")], {"room": FakeKind("room")}, clock=NoMemory())
    assert [(failed.address, failed.code) for failed in result.failures] == [("room.a", "OutOfMemory")]


def test_a_run_that_is_asked_to_stop_does_not_wait_for_lists_that_do_not_answer() -> None:
    clock, answered = SystemClock(), threading.Event()

    class Silent(FakeKind):
        looks = 0

        def find(self, world: World) -> Any:
            self.looks += 1
            if self.looks > 1:
                answered.wait(30)
            return super().find(world)

        def create(self, world: World, address: str, properties: Any, token: str) -> Any:
            made = super().create(world, address, properties, token)
            clock.stop()
            return made

    result = apply(World(), [room("a")], {"room": Silent("room")}, clock=clock, patience=Patience(poll=1.0, settle=30.0, grace=0.3))
    assert result.interrupted
    assert result.unlisted
    assert not answered.is_set()
    answered.set()

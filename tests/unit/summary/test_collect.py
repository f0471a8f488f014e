"""From task results to a report."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.summary.collect import Collector, Outcome, TaskInfo
from ansible_collections.mainstay.aws.plugins.module_utils.summary.export import result
from ansible_collections.mainstay.aws.plugins.module_utils.summary.model import INTERRUPTED
from ansible_collections.mainstay.aws.plugins.module_utils.summary.totals import duration, remarks, total, verdict
from tests.unit.summary.fixtures import networks

OURS = TaskInfo("h", "t", "mainstay.aws.vpc_network", False, "role vpc")
OTHER = TaskInfo("h", "other", "ansible.builtin.command", True, "1")
Data = dict[str, Any]


def plan(*actions: Data, **more: Any) -> Data:
    return {"plan": networks.plan(list(actions), check_mode=False, **more)}


def create(name: str, outcome: str) -> Data:
    return {**networks.create(f"vpc.{name}"), "outcome": outcome}


def test_loop_items_of_one_component_are_added_up() -> None:
    collector = Collector()
    items = [{**plan(create(name, "done"), unchanged=2), "item": name, "ansible_loop_var": "item"} for name in "ab"]
    collector.add(OURS, Outcome({"results": items}), [Outcome(one) for one in items])
    (component,) = collector.report().components
    assert [action.address for action in component.actions] == ["vpc.a", "vpc.b"]
    assert (component.unchanged, component.reads) == (4, 38)


def test_a_later_call_replaces_what_an_earlier_one_left_undone() -> None:
    collector = Collector()
    error = {"address": "vpc.b", "message": "no"}
    collector.add(OURS, Outcome(plan(create("a", "done"), create("b", "failed"), errors=[error], unchanged=3), failed=True))
    collector.add(OURS, Outcome(plan(create("b", "done"), unchanged=4)))
    (component,) = collector.report().components
    assert [(action.address, action.outcome) for action in component.actions] == [("vpc.a", "done"), ("vpc.b", "done")]
    assert component.errors == ()
    assert component.unchanged == 3


def test_check_mode_and_run_of_one_component_stay_apart() -> None:
    collector = Collector()
    collector.add(OURS, Outcome({"plan": networks.plan([networks.create("vpc.a")])}))
    collector.add(OURS, Outcome(plan(create("a", "done"))))
    lines = [line.text for line in verdict(collector.report(3.0))]
    assert lines == [
        "Plan: 1 to add, 0 to change, 0 to replace, 0 to destroy.",
        "Done: 1 added, 0 changed, 0 replaced, 0 destroyed, 0 unchanged in 3.0 s (19 API calls).",
    ]


CHANGED, SKIPPED, SAME = {"changed": True}, {"skipped": True}, {"changed": False}
CONDITION = {"false_condition": "not ansible_check_mode", "skip_reason": "Conditional result was False"}
RESULTS: list[tuple[str, TaskInfo, list[Outcome], str]] = [
    ("changed", OTHER, [Outcome({}, **CHANGED)], "changed"),
    ("changed in a loop, counted", OTHER, [Outcome({}, **CHANGED), Outcome({}, **SAME), Outcome({}, **CHANGED)], "changed changed"),
    ("not changed", OTHER, [Outcome({})], ""),
    ("condition", OTHER, [Outcome(CONDITION, **SKIPPED)], ""),
    ("no check mode", OTHER, [Outcome({"msg": "This action (uri) does not support check mode."}, **SKIPPED)], "skipped"),
    ("command", OTHER, [Outcome({"msg": "Command would have run if not in check mode"}, **SKIPPED)], "skipped"),
    ("raw", OTHER, [Outcome({}, **SKIPPED)], "skipped"),
    ("skipped for another reason", OTHER, [Outcome({"msg": "creates: file exists"}, **SKIPPED)], ""),
    ("skipped in a run", OURS, [Outcome({"msg": "check mode"}, **SKIPPED)], ""),
    ("censored and unchanged", OTHER, [Outcome({"censored": "hidden"})], ""),
    ("censored and changed", OTHER, [Outcome({"censored": "hidden"}, **CHANGED)], "hidden"),
    ("censored module of ours", OURS, [Outcome({"censored": "hidden"})], "hidden"),
    ("plan of another format", OTHER, [Outcome({"plan": {"format": 2}}, **CHANGED)], "changed"),
    ("something else named plan", OTHER, [Outcome({"plan": "standard"}, **CHANGED)], "changed"),
]


@pytest.mark.parametrize(("info", "items", "expected"), [row[1:] for row in RESULTS], ids=[row[0] for row in RESULTS])
def test_tasks_without_a_plan(info: TaskInfo, items: list[Outcome], expected: str) -> None:
    collector = Collector()
    collector.add(info, items[0], items if len(items) > 1 else ())
    report = collector.report()
    found = [name for name in ("changed", "skipped", "hidden", "failed") for note in getattr(report, name) for _time in range(note.count)]
    assert " ".join(found) == expected


def test_failures() -> None:
    collector = Collector()
    collector.add(OTHER, Outcome({"msg": "first line\nsecond"}, failed=True))
    collector.add(OTHER, Outcome({"msg": "ignored"}))
    items = [Outcome({"msg": "one item"}, failed=True), Outcome({})]
    collector.add(OURS, Outcome({}, failed=True), items)
    collector.add(OURS, Outcome({}, failed=False), items)
    assert [note.detail for note in collector.report().failed] == ["first line\nsecond", "one item"]
    assert [note.rescued for note in collector.report().failed] == [False, False]
    assert [note.rescued for note in collector.report(healthy_hosts=frozenset("h")).failed] == [True, True]


def test_a_message_of_many_lines_is_cut() -> None:
    collector = Collector()
    collector.add(OTHER, Outcome({"msg": "\n\n".join(str(number) for number in range(30))}, failed=True))
    (note,) = collector.report().failed
    assert note.detail.splitlines()[18:] == ["18", "19", "... and 10 more lines"]


@pytest.mark.parametrize(
    ("results", "expected"),
    [
        ([{"plan": networks.plan([], unchanged=3)}], "no_changes"),
        ([{"plan": networks.several_changes()}], "blocked"),
        ([{"plan": networks.only_deletions_held_back()}], "held_back"),
        ([{"plan": networks.plan([], blocked=True)}], "blocked"),
        ([{"plan": networks.secrets_and_text()}], "changes"),
        ([{"plan": networks.failed()}, {"plan": networks.several_changes()}], "failed"),
    ],
)
def test_result_is_the_worst(results: list[Data], expected: str) -> None:
    collector = Collector()
    for one in results:
        collector.add(OURS, Outcome(one))
    assert result(collector.report()) == expected


@pytest.mark.parametrize(
    "broken",
    [
        {},
        {"actions": None, "target": [], "counts": "x", "errors": {}, "seconds": "long", "api_calls": 3},
        {"actions": [None, {"action": "explode"}, {"action": "create", "changes": [1, {}]}, {"action": "update", "address": None}]},
    ],
)
def test_a_malformed_plan_is_read_as_far_as_it_goes(broken: Data) -> None:
    collector = Collector()
    collector.add(OURS, Outcome({"plan": {"format": 1, **broken}}))
    report = collector.report()
    assert total(report.components).failed == 0
    assert verdict(report)


@pytest.mark.parametrize(
    ("seconds", "expected"), [(0.04, "0.0 s"), (9.94, "9.9 s"), (12.4, "12 s"), (59.6, "1 min 0 s"), (3900, "1 h 5 min")]
)
def test_duration(seconds: float, expected: str) -> None:
    assert duration(seconds) == expected


def test_rescued_failures_do_not_make_a_plan_incomplete() -> None:
    collector = Collector()
    collector.add(OURS, Outcome({"plan": networks.plan([networks.create("vpc.a")])}))
    collector.add(OTHER, Outcome({"msg": "no"}, failed=True))
    assert [line.text for line in remarks(collector.report())] == ["The plan is incomplete: 1 error, see above."]
    assert remarks(collector.report(healthy_hosts=frozenset("h"))) == []
    assert result(collector.report(healthy_hosts=frozenset("h"))) == "changes"


def changed(name: str, outcome: str, **more: Any) -> Data:
    return {**create(name, outcome), "action": "update", **more}


def wait(name: str, outcome: str) -> Data:
    return {"address": f"vpc.{name}", "outcome": outcome, "seconds": 100.0}


FIRST = [create("a", "done"), {**create("nat", "begun"), "seconds": 1.0}, {**create("table", "deferred"), "reason": "waits for vpc.nat"}]
"""The result of a call that does not wait for the NAT gateway. Each of the second calls below finds the three resources."""
SECOND: list[tuple[str, Data, dict[str, str], str]] = [
    (
        "all is well",
        plan(changed("table", "done"), waits=[wait("nat", "done")], unchanged=2),
        {"a": "done", "nat": "done", "table": "done"},
        "Done: 3 added, 0 changed, 0 replaced, 0 destroyed, 0 unchanged in 3.0 s (38 API calls).",
    ),
    (
        "it was up before the first look",
        plan(changed("table", "done"), unchanged=2),
        {"a": "done", "nat": "done", "table": "done"},
        "Done: 3 added, 0 changed, 0 replaced, 0 destroyed, 0 unchanged in 3.0 s (38 API calls).",
    ),
    (
        "it fails",
        plan(
            changed("table", "not_started", reason="needs vpc.nat, which failed"),
            waits=[wait("nat", "failed")],
            errors=[{"address": "vpc.nat", "message": "no addresses"}],
            unchanged=2,
        ),
        {"a": "done", "nat": "failed", "table": "not_started"},
        "Stopped: 1 added, 0 changed, 0 replaced, 0 destroyed, 0 unchanged in 3.0 s (38 API calls).",
    ),
    (
        "another run holds the lock",
        plan(
            changed("table", "planned"),
            waits=[wait("nat", "planned")],
            errors=[{"message": "held by another run"}],
            unchanged=2,
        ),
        {"a": "done", "nat": "begun", "table": "planned"},
        "Stopped: 1 added, 0 changed, 0 replaced, 0 destroyed, 0 unchanged in 3.0 s (38 API calls).",
    ),
    (
        "another change on the way",
        plan(changed("table", "done"), changed("a", "done"), waits=[wait("nat", "done")], unchanged=1),
        {"a": "done", "nat": "done", "table": "done"},
        "Done: 3 added, 1 changed, 0 replaced, 0 destroyed, 0 unchanged in 3.0 s (38 API calls).",
    ),
]


@pytest.mark.parametrize(("second", "outcomes", "sentence"), [row[1:] for row in SECOND], ids=[row[0] for row in SECOND])
def test_what_one_call_put_off_and_another_finished_is_one_action(second: Data, outcomes: dict[str, str], sentence: str) -> None:
    collector = Collector()
    collector.add(OURS, Outcome(plan(*FIRST)))
    collector.add(OURS, Outcome(second))
    (component,) = collector.report().components
    assert {action.address.removeprefix("vpc."): action.outcome for action in component.actions} == outcomes
    assert verdict(collector.report(3.0))[-1].text == sentence


def test_time_waited_is_added_up_and_reasons_that_have_passed_go() -> None:
    collector = Collector()
    collector.add(OURS, Outcome(plan(*FIRST)))
    collector.add(OURS, Outcome(SECOND[0][1]))
    nat, table = collector.report().components[0].actions[1:]
    assert (nat.seconds, nat.action, table.action, table.reason) == (101.0, "create", "create", "")


def test_an_interrupted_second_call_continues_the_first() -> None:
    collector = Collector()
    collector.add(OURS, Outcome(plan(*FIRST)))
    interrupted = plan(changed("table", "not_started"), waits=[wait("nat", "unfinished")], errors=[{"code": "Interrupted"}], unchanged=2)
    collector.add(TaskInfo("h", "interrupted", INTERRUPTED, False, "interrupted"), Outcome(interrupted, failed=True))
    (component,) = collector.report().components
    assert [action.outcome for action in component.actions] == ["done", "unfinished", "not_started"]
    assert component.unchanged == 0


def test_what_is_put_off_and_never_finished_is_said() -> None:
    collector = Collector()
    collector.add(OURS, Outcome(plan(*FIRST)))
    assert [line.text for line in verdict(collector.report(3.0))] == [
        "2 not waited for, or waiting for one of these. Run again to finish them.",
        "Done: 1 added, 0 changed, 0 replaced, 0 destroyed, 0 unchanged in 3.0 s (19 API calls).",
    ]
    assert result(collector.report()) == "changes"


def test_notes_of_a_saved_plan_come_from_the_first_of_two_calls() -> None:
    collector = Collector()
    collector.add(OURS, Outcome(plan(*FIRST, note="as planned in x")))
    collector.add(OURS, Outcome(plan(changed("table", "done"), note="as planned in x; 2 of 3 planned actions were done already")))
    assert collector.report().components[0].note == "as planned in x"

# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A plan says when an apply would do nothing: in its text, in its result, and in the exit code of the planning program."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.summary.collect import Collector, Outcome, TaskInfo
from ansible_collections.mainstay.aws.plugins.module_utils.summary.export import as_data
from ansible_collections.mainstay.aws.plugins.module_utils.summary.markdown import as_markdown
from ansible_collections.mainstay.aws.plugins.module_utils.summary.model import Report
from ansible_collections.mainstay.aws.plugins.module_utils.summary.report import render
from tests.unit.summary.fixtures.networks import action, change, plan

Data = dict[str, Any]
UPDATE = action("subnet.main/a", "update", [change("tags", {}, {"a": "b"})])
REPLACE = action("vpc.main", "replace", [change("cidr_block", "a", "b", True)], consent=False, asks_for="allow_replace")
DELETE = action("eip.main", "delete", [], consent=False, asks_for="purge")
FAILED = {"address": "", "operation": "", "code": "AccessDenied", "message": "no", "hint": ""}


def report(*plans: Data, failed: bool = False, text: str = "") -> Report:
    collector = Collector()
    for one in plans:
        info = TaskInfo(one["component"], "Bring", "mainstay.aws.vpc_network", one["check_mode"])
        collector.add(info, Outcome({"plan": one, "msg": text}, failed=failed))
    return collector.report()


def printed(found: Report) -> str:
    return "\n".join(line.text for line in render(found, 200))


@pytest.mark.parametrize(
    ("plans", "result", "code"),
    [
        ([plan([])], "no_changes", 0),
        ([plan([UPDATE])], "changes", 2),
        ([plan([DELETE])], "held_back", 0),
        ([plan([UPDATE, DELETE])], "held_back", 2),
        ([plan([UPDATE, REPLACE])], "blocked", 3),
        ([plan([REPLACE], "a"), plan([UPDATE], "b")], "blocked", 3),
        ([plan([UPDATE], blocked=True)], "blocked", 3),
        ([plan([REPLACE], errors=[FAILED])], "failed", 1),
    ],
)
def test_result_and_exit_code(plans: Sequence[Data], result: str, code: int) -> None:
    data = as_data(report(*plans))
    assert (data["result"], data["exit_code"]) == (result, code)


def test_a_replacement_blocks_and_a_deletion_does_not() -> None:
    blocked = printed(report(plan([UPDATE, REPLACE, DELETE])))
    assert "network  BLOCKED: 1 to change, 1 to replace without consent, 1 held back" in blocked
    assert "blocked: an apply changes nothing in network until this is allowed or no longer needed\n-/+ vpc.main" in blocked
    assert "held back: it stays, and an apply does the rest\n  - eip.main" in blocked
    assert "network is blocked: an apply changes nothing in it until 1 replacement in it is allowed or no longer needed." in blocked
    assert blocked.endswith(
        "Plan: 0 to add, 0 to change, 0 to replace, 0 to destroy. Blocked: 0 to add, 1 to change, 1 to replace, 0 to destroy."
    )
    kept = printed(report(plan([UPDATE, DELETE])))
    assert "blocked" not in kept.lower()
    assert kept.endswith(
        "1 deletion held back, see above: an apply leaves it out.\nPlan: 0 to add, 1 to change, 0 to replace, 0 to destroy."
    )


def test_only_what_an_apply_would_do_counts_as_planned() -> None:
    data = as_data(report(plan([UPDATE, REPLACE], "a"), plan([UPDATE, DELETE], "b")))
    assert (data["totals"]["plan"]["update"], data["totals"]["plan"]["held_back"]) == (1, 1)
    assert (data["totals"]["blocked"]["update"], data["totals"]["blocked"]["blocked"]) == (1, 1)
    assert [one["blocked"] for one in data["components"]] == [True, False]
    assert [one["blocks"] for one in data["components"][0]["actions"]] == [False, True]


def test_the_first_line_of_the_markdown_says_blocked() -> None:
    first = as_markdown(report(plan([UPDATE, REPLACE]))).splitlines()[0]
    assert first.endswith("Blocked: 0 to add, 1 to change, 1 to replace, 0 to destroy.")


def test_a_problem_that_an_apply_refuses_blocks_too() -> None:
    problem = {**FAILED, "code": "QuotaExceeded"}
    text = printed(report(plan([UPDATE], blocked=True, problems=[problem])))
    assert "network is blocked: an apply changes nothing in it until the problem above is solved." in text


@pytest.mark.parametrize(("wanted", "actions"), [("blocked", [REPLACE]), ("changes", [UPDATE])])
def test_a_run_that_fails_as_asked_has_a_complete_plan(wanted: str, actions: list[Data]) -> None:
    found = report(plan(actions, failed_on=wanted), failed=True, text=f"platform_fail_on is {wanted}, and so on")
    assert as_data(found)["result"] == ("blocked" if wanted == "blocked" else "changes")
    assert found.failed == ()
    assert found.complete_hosts == {"network"}
    assert f"network fails this run, because platform_fail_on is {wanted} and it {'is' if wanted == 'blocked' else 'has'}" in printed(found)


def done(verb: str, outcome: str, deleted: bool) -> Data:
    return action(f"thing.{outcome}", verb, [], outcome=outcome, deleted=deleted)


def test_what_a_failed_replacement_has_deleted_counts_as_destroyed() -> None:
    actions = [
        done("replace", "done", True),
        done("replace", "failed", True),
        done("replace", "not_started", True),
        done("replace", "unfinished", False),
        done("delete", "done", True),
    ]
    found = report(plan(actions, check_mode=False, errors=[FAILED]))
    totals = as_data(found)["totals"]["run"]
    assert (totals["replace"], totals["delete"], totals["failed"]) == (1, 3, 1)
    text = printed(found)
    assert "Stopped: 0 added, 0 changed, 1 replaced, 3 destroyed" in text
    assert "thing.failed       failed; what was there is deleted" in text


def test_a_later_call_does_not_forget_what_the_first_one_deleted() -> None:
    first = plan([action("vpc.main", "replace", [], outcome="failed", deleted=True)], check_mode=False, errors=[FAILED])
    second = plan([action("vpc.main", "create", [], outcome="done")], check_mode=False)
    totals = as_data(report(first, second))["totals"]["run"]
    assert (totals["create"], totals["delete"], totals["failed"]) == (1, 1, 0)

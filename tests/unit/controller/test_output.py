# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Ansible's output for a failed task, and the warnings of a run without the callback."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.controller.output import prints_json, shortened, warnings
from ansible_collections.mainstay.aws.plugins.module_utils.summary.collect import Collector, Outcome, TaskInfo
from tests.unit.summary.fixtures.networks import action, change, plan

PLAN = plan([action("vpc.main", "update", [change("tags", {}, {"a": "b"})])])
FAILED: dict[str, Any] = {"failed": True, "msg": "it failed", "plan": PLAN, "outputs": {"a": 1}, "errors": [{}], "changed": False}
DEFAULT = "ansible.builtin.default"


@pytest.mark.parametrize(
    ("callback", "expected"),
    [("default", False), (DEFAULT, False), ("json", True), ("ansible.posix.jsonl", True), ("ansible.posix.json", True), ("yaml", False)],
)
def test_a_callback_that_prints_json(callback: str, expected: bool) -> None:
    assert prints_json(callback) is expected


def test_a_failed_task_prints_its_error_and_where_the_rest_is() -> None:
    found = shortened(FAILED, summarized=True, verbosity=0, stdout_callback=DEFAULT)
    assert {name for name in found if not name.startswith("_ansible_")} == {"failed", "msg", "changed"}
    assert found["msg"] == (
        "it failed\nThe summary at the end of the run shows the plan and what of it is done; -v prints the whole result."
    )
    alone = shortened(FAILED, summarized=False, verbosity=0, stdout_callback=DEFAULT)
    assert alone["msg"] == "it failed\n-v prints the whole result."


def test_the_summary_has_what_is_not_printed() -> None:
    collector = Collector()
    found = shortened(FAILED, summarized=True, verbosity=0, stdout_callback=DEFAULT)
    collector.add(TaskInfo("network", "Bring", "mainstay.aws.vpc_network", check_mode=True), Outcome(found, failed=True))
    report = collector.report()
    assert [one.address for one in report.components[0].actions] == ["vpc.main"]
    assert [note.detail for note in report.failed] == ["it failed"], "without the line that leads to the summary"


@pytest.mark.parametrize(
    ("result", "verbosity", "callback"),
    [
        (FAILED, 1, DEFAULT),
        (FAILED, 0, "ansible.posix.json"),
        ({**FAILED, "failed": False}, 0, DEFAULT),
        ({"failed": True, "msg": "no plan"}, 0, DEFAULT),
    ],
)
def test_what_is_printed_whole(result: dict[str, Any], verbosity: int, callback: str) -> None:
    assert shortened(result, summarized=True, verbosity=verbosity, stdout_callback=callback) == result


def test_outputs_stay_if_the_task_only_fails_as_asked() -> None:
    found = shortened({**FAILED, "failed_on": "changes"}, summarized=True, verbosity=0, stdout_callback=DEFAULT)
    assert found["outputs"] == {"a": 1}


def test_warnings_tell_what_blocks_from_what_is_left_out() -> None:
    replaced = action("vpc.main", "replace", [], consent=False)
    deleted = action("eip.a", "delete", [], consent=False)
    blocked, kept = warnings({"plan": plan([replaced, deleted])}, "network")
    assert blocked.startswith("network is blocked: an apply changes nothing in it. This needs consent in platform_allow_replace")
    assert blocked.endswith(": network:vpc.main")
    assert kept.startswith("network: held back, and left out of an apply. This needs consent in platform_purge")
    assert kept.endswith(": network:eip.a")
    assert warnings({"plan": PLAN}, "network") == []
    assert warnings({"msg": "no plan"}, "network") == []

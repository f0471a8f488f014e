# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""After a failed run, the summary says how it left the component: what the module says, or what is done and what remains."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.summary.collect import Collector, Outcome, TaskInfo
from ansible_collections.mainstay.aws.plugins.module_utils.summary.export import as_json
from ansible_collections.mainstay.aws.plugins.module_utils.summary.model import Report
from ansible_collections.mainstay.aws.plugins.module_utils.summary.report import render

BACK = "The application went back to release 1.0.0 (3f9c1e2b7a), which was verified again. The migration shop-1 was run."
CONTINUE = "1 done, 0 left; run again to continue from here"


def report(**more: Any) -> Report:
    action = {"address": "kubernetes_object.Deployment/shop/api", "kind": "kubernetes_object", "action": "update", "outcome": "done"}
    error = {"address": "", "operation": "", "code": "", "message": "https://shop.example.com/ was not right.", "hint": ""}
    plan = {"format": 1, "check_mode": False, "component": "shop", "actions": [{**action, "changes": []}], "errors": [error], **more}
    collector = Collector()
    task = TaskInfo("shop", "Deploy", "mainstay.aws.app_release", check_mode=False)
    collector.add(task, Outcome({"plan": plan, "msg": "It failed."}, changed=True, failed=True))
    return collector.report()


@pytest.mark.parametrize(
    ("given", "shown", "exported"),
    [({"state_after": BACK}, BACK, BACK), ({"state_after": ""}, CONTINUE, None), ({}, CONTINUE, None)],
)
def test_the_state_after_a_failed_run(given: dict[str, str], shown: str, exported: str | None) -> None:
    lines = [line.text for line in render(report(**given), 200)]
    assert f"    {shown}" in lines
    assert ("run again to continue" in "\n".join(lines)) is (shown == CONTINUE)
    assert json.loads(as_json(report(**given)))["components"][0]["state_after"] == exported

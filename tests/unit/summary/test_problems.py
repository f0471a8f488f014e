# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Problems that block an apply appear in every form of the summary."""

from __future__ import annotations

import json
from typing import Any

from ansible_collections.mainstay.aws.plugins.module_utils.summary.collect import Collector, Outcome, TaskInfo
from ansible_collections.mainstay.aws.plugins.module_utils.summary.export import as_json
from ansible_collections.mainstay.aws.plugins.module_utils.summary.markdown import as_markdown
from ansible_collections.mainstay.aws.plugins.module_utils.summary.model import Report
from ansible_collections.mainstay.aws.plugins.module_utils.summary.report import render

PROBLEM = {
    "address": "",
    "operation": "",
    "code": "QuotaExceeded",
    "message": "would exceed: elastic IPs: 5 of 5 in use in eu-west-1, this run needs 3 more",
    "hint": "Ask for 8 with `aws service-quotas ...`.",
}


def report(problems: list[dict[str, Any]]) -> Report:
    action = {"address": "elastic_ip.main/a", "kind": "elastic_ip", "action": "create", "outcome": "planned", "changes": []}
    plan = {"format": 1, "check_mode": True, "component": "network", "actions": [action], "problems": problems}
    collector = Collector()
    collector.add(TaskInfo("network", "Bring", "mainstay.aws.vpc_network", check_mode=True), Outcome({"plan": plan}, changed=True))
    return collector.report()


def test_text() -> None:
    text = "\n".join(line.text for line in render(report([PROBLEM]), 200))
    assert "\nproblems\n  ! network  QuotaExceeded\n      would exceed: elastic IPs: 5 of 5" in text
    assert "hint: Ask for 8" in text
    assert "1 problem that may block an apply, see above." in text
    assert "problem" not in "\n".join(line.text for line in render(report([]), 200))


def test_markdown() -> None:
    assert "would exceed: elastic IPs" in as_markdown(report([PROBLEM]))


def test_json() -> None:
    assert json.loads(as_json(report([PROBLEM])))["components"][0]["problems"] == [PROBLEM]

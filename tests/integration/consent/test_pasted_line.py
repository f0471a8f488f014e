# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The command at the end of a plan, pasted into a shell, does what the plan showed and nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from rehearsal.testing import Cloud
from tests.integration.consent.project import ACCOUNT, BEFORE, REGION, Project, actions

AFTER = {**BEFORE, "tiers": {"private": None, "jobs": {"slot": 4}}, "flow_logs": {"enabled": False}}
"""One tier is removed, one has to be recreated, and the flow logs are removed with their key."""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    with Cloud(account_id=ACCOUNT, region=REGION) as cloud:
        yield Project(cloud, tmp_path_factory.mktemp("project"))


@pytest.mark.slow
def test_the_printed_line_does_what_the_plan_showed(project: Project) -> None:
    project.describe(BEFORE)
    project.play()

    project.describe(AFTER, platform_purge=["*", "second:subnet.*"])
    output, report = project.play("--check", "--diff")
    planned = actions(report)
    held = {address for address, (_action, back, _id) in planned.items() if back}
    replaced = {address for address, (action, _back, _id) in planned.items() if action == "replace"}
    assert {"network:kms_key.logs", "second:kms_key.logs"} <= held
    assert replaced <= held
    assert {"network:subnet.main/jobs-af-south-1a", "second:subnet.main/jobs-af-south-1a"} <= replaced
    assert "'*' does not cover it: a kms_key holds data" in output

    (line,) = re.findall(r"^to allow all of this, and nothing else:\n(.*)$", output, re.MULTILINE)
    assert line == report["consent"]["command"]
    before = project.standing()
    _output, done = project.shell(line)
    assert not done["check_mode"]
    assert actions(done).keys() == planned.keys()
    assert {one["outcome"] for component in done["components"] for one in component["actions"]} == {"done"}

    gone = {identifier for action, _back, identifier in planned.values() if action in ("delete", "replace")}
    assert before - project.standing() <= gone, "nothing else was deleted"
    output, again = project.play("--check")
    assert again["result"] == "no_changes", output
    assert again["consent"] is None

# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The output and exit status of a run with a disallowed replacement, which blocks a component, or a disallowed deletion, which does not."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from typing import Any

import pytest

from rehearsal.testing import Cloud
from tests.integration.consent.project import ACCOUNT, BEFORE, REGION, Project

pytestmark = pytest.mark.slow

REPLACING: dict[str, Any] = {**BEFORE, "tiers": {**BEFORE["tiers"], "jobs": {"slot": 4}}}
DELETING: dict[str, Any] = {**BEFORE, "tiers": {name: tier for name, tier in BEFORE["tiers"].items() if name != "spare"}}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    with Cloud(account_id=ACCOUNT, region=REGION) as cloud:
        made = Project(cloud, tmp_path_factory.mktemp("project"))
        made.describe(BEFORE)
        made.play()
        yield made


@pytest.mark.parametrize(
    ("network", "wanted", "code", "result", "exit_code"),
    [
        (BEFORE, "changes", 0, "no_changes", 0),
        (DELETING, "blocked", 0, "held_back", 0),
        (DELETING, "changes", 0, "held_back", 0),
        ({**DELETING, "tags": {"a": "b"}}, "blocked", 0, "held_back", 2),
        ({**DELETING, "tags": {"a": "b"}}, "changes", 2, "held_back", 2),
        (REPLACING, "blocked", 2, "blocked", 3),
        (REPLACING, "''", 0, "blocked", 3),
    ],
)
def test_a_plan(project: Project, network: dict[str, Any], wanted: str, code: int, result: str, exit_code: int) -> None:
    project.describe(network)
    output, report = project.play("--check", "-e", f"platform_fail_on={wanted}", code=code)
    assert (report["result"], report["exit_code"]) == (result, exit_code), output
    assert ("BLOCKED" in output, "network is blocked: an apply changes nothing" in output) == (exit_code == 3, exit_code == 3)
    assert {one["host"] for one in report["components"]} == {"network", "second"}


def test_an_unknown_value_is_refused(project: Project) -> None:
    output, _report = project.play("--check", "-e", "platform_fail_on=chnages", code=2)
    assert "platform_fail_on is 'chnages', but must be blocked or changes" in output


def test_a_plan_that_fails_as_asked_is_saved(project: Project) -> None:
    project.describe({**BEFORE, "tags": {"a": "b"}})
    out = project.folder / "the.plan"
    project.play("--check", "-e", "platform_fail_on=changes", "-e", f"platform_plan_out={out}", code=2)
    assert out.is_file()


def test_a_refused_apply_prints_the_error_and_not_the_plan(project: Project) -> None:
    project.describe(REPLACING)
    output, report = project.play(code=2)
    assert report["result"] == "failed"
    before_summary = output.partition("PLAY RECAP")[0]
    assert "Nothing was changed: replacements need consent in platform_allow_replace" in before_summary
    assert "The summary at the end of the run shows the plan" in before_summary
    assert "forces_replacement" not in before_summary
    assert len(before_summary.splitlines()) < 60
    whole, _report = project.play("-v", code=2)
    assert "forces_replacement" in whole.partition("PLAY RECAP")[0]


def test_without_the_callback_the_module_warns(project: Project) -> None:
    project.describe({**REPLACING, "tiers": {name: tier for name, tier in REPLACING["tiers"].items() if name != "spare"}})
    done, _report = project.run_site("--check", ANSIBLE_CALLBACKS_ENABLED="ansible.posix.timer")
    said = " ".join((done.stdout + done.stderr).split())
    assert done.returncode == 0, said
    assert "network is blocked: an apply changes nothing in it." in said
    assert "network:subnet.main/jobs-af-south-1a" in said
    assert "network: held back, and left out of an apply." in said


@pytest.mark.parametrize("callback", ["ansible.posix.json"])
def test_a_callback_that_prints_json_prints_nothing_else(project: Project, callback: str) -> None:
    project.describe(REPLACING)
    done, _report = project.run_site("--check", ANSIBLE_STDOUT_CALLBACK=callback, MAINSTAY_PROGRESS="always")
    assert done.returncode == 0, done.stderr
    data = json.loads(done.stdout)
    assert data["stats"].keys() == {"network", "second"}
    assert "Blocked: " in done.stderr


def test_a_requested_replacement_is_planned_allowed_and_done_once(project: Project) -> None:
    project.describe(BEFORE)
    address = "network:subnet.main/spare-af-south-1a"
    request = shlex.quote(json.dumps({"platform_replace": [address]}))
    output, report = project.play("--check", "-e", request)
    assert (report["result"], report["consent"]["platform_allow_replace"]) == ("blocked", [address]), output
    assert "replaced because its replacement is requested" in output
    before = project.standing()
    _output, done = project.shell(report["consent"]["command"])
    assert done["totals"]["run"]["replace"] == 1
    assert len(before - project.standing()) == 1
    assert project.play("--check")[1]["result"] == "no_changes"
    output, _report = project.play("--check", "-e", request.replace("spare", "nothing"), code=2)
    assert "names network:subnet.main/nothing-af-south-1a, which the inventory does not describe" in " ".join(output.split())

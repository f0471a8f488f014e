"""The callback in real runs of ansible-playbook: its terminal output, its files, and that Ansible's exit status is unchanged."""

from __future__ import annotations

import json
import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.runs import plain_settings, run_playbook

HERE = Path(__file__).parent
ROOT = HERE.parents[2]


@dataclass
class Run:
    """One finished run; ``summary`` is what is printed after the play recap, ``printed`` what went to stdout."""

    status: int
    output: str
    folder: Path
    printed: str = ""

    @property
    def summary(self) -> str:
        return self.output.partition("PLAY RECAP")[2].partition("\n\n")[2]

    @property
    def data(self) -> dict[str, Any]:
        return json.loads((self.folder / "made" / "plan.json").read_text())

    @property
    def markdown(self) -> str:
        return (self.folder / "made" / "plan.md").read_text()


def play(folder: Path, *arguments: str, playbook: Path = HERE / "playbook.yml", **environment: str) -> Run:
    variables = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("ANSIBLE_", "MAINSTAY_"))},
        **plain_settings(),
        "ANSIBLE_LIBRARY": str(HERE / "library"),
        "ANSIBLE_CALLBACKS_ENABLED": "mainstay.aws.plan_summary",
        "ANSIBLE_NOCOLOR": "1",
        "MAINSTAY_PLAN_SUMMARY_JSON_PATH": str(folder / "made" / "plan.json"),
        "MAINSTAY_PLAN_SUMMARY_MARKDOWN_PATH": str(folder / "made" / "plan.md"),
        **environment,
    }
    variables = {name: value for name, value in variables.items() if value}
    hosts = folder / "hosts.yml"
    local = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
    hosts.write_text(json.dumps({"all": {"hosts": dict.fromkeys(("net", "store", "db"), local)}}))
    done = run_playbook([str(playbook), "-i", str(hosts), "-e", f"scratch={folder}", *arguments], variables, folder, timeout=120)
    return Run(done.returncode, done.stdout + done.stderr, folder, done.stdout)


@pytest.fixture(scope="module")
def planned(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return play(tmp_path_factory.mktemp("check"), "--check")


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return play(tmp_path_factory.mktemp("run"))


@pytest.mark.parametrize(
    "text",
    [
        "test: AWS, account 123456789012, af-south-1, as arn:aws:iam::123456789012:user/ci\n",
        "net: network  1 to add, 1 to change, 3 unchanged",
        "cidr_block=10.0.0.0/16",
        "token=(sensitive)",
        "ingress  + tcp 443 from 10.0.0.0/16  HTTPS",
        "store: bucket-one  1 to add",
        "store: bucket-two  1 to add",
        "! db: database  db_instance.orders  CreateDBInstance: AccessDenied\n      not allowed\n      hint: grant rds:CreateDBInstance",
        "other changed tasks\n  store: Change something of another module: 1\n",
        "store: Fail on purpose\n      (rescued) on purpose",
        "do not support check mode\n  net: Run a command: 1",
        "hidden by no_log\n  net: Hide a change: 1",
        "The plan is incomplete: 1 error, see above.\nPlan: 4 to add, 1 to change, 0 to replace, 0 to destroy.\n",
    ],
)
def test_check_mode_prints(planned: Run, text: str) -> None:
    assert text in planned.summary, planned.output


def test_a_play_without_hosts_needs_no_warning(planned: Run) -> None:
    assert "the summary is incomplete" not in planned.output, planned.output


def test_check_mode_writes_json_and_markdown(planned: Run) -> None:
    data = planned.data
    assert (data["schema_version"], data["check_mode"], data["result"]) == (1, True, "failed")
    assert data["totals"]["plan"]["create"] == 4
    assert {(one["host"], one["component"]) for one in data["components"]} == {
        ("net", "network"), ("store", "bucket-one"), ("store", "bucket-two"), ("db", "database"),
    }  # fmt: skip
    network = next(one for one in data["components"] if one["component"] == "network")
    assert network["api_calls"] == {"read": 4, "write": 2}
    assert network["task_seconds"] > 0
    assert [one["task"] for one in data["other_changed_tasks"]] == ["Change something of another module"]
    assert planned.markdown.startswith("### Plan: 4 to add, 1 to change, 0 to replace, 0 to destroy.")
    assert "<details><summary><b>net: network</b>: 1 to add, 1 to change, 3 unchanged</summary>" in planned.markdown


@pytest.mark.parametrize("text", ["canary-secret-4711", "canary-sensitive-4712", "canary-hidden-4713"])
def test_nothing_shows_a_secret(planned: Run, ran: Run, text: str) -> None:
    for run in (planned, ran):
        assert text not in run.output
        assert text not in json.dumps(run.data)
        assert text not in run.markdown


def test_an_apply_prints_a_brief_summary_with_remaining_work(ran: Run) -> None:
    assert "net: network  1 added, 1 changed, 3 unchanged" in ran.summary
    assert re.search(r"^  ~ security_group.main/nodes  ingress$", ran.summary, re.MULTILINE)
    assert "tcp 443" not in ran.summary
    assert "0 done, 1 left; run again to continue from here" in ran.summary
    last = r"^Stopped: 3 added, 1 changed, 0 replaced, 0 destroyed, 3 unchanged in \S+ s \(6 API calls\)\.$"
    assert re.search(last, ran.summary, re.MULTILINE)
    assert ran.data["totals"]["run"]["failed"] == 1
    assert [one["task"] for one in ran.data["other_changed_tasks"]] == ["Run a command", "Change something of another module"]


def test_exit_status_is_ansibles(planned: Run, ran: Run, tmp_path: Path) -> None:
    assert (planned.status, ran.status) == (2, 2)
    assert play(tmp_path, "--limit", "net,store").status == 0


def test_an_artifact_that_cannot_be_written_is_an_error_message_only(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    run = play(tmp_path, "--limit", "net", MAINSTAY_PLAN_SUMMARY_JSON_PATH=str(tmp_path / "file" / "plan.json"))
    assert run.status == 0
    assert f"plan_summary: cannot write json_path {tmp_path}/file/plan.json" in run.output
    assert "Done: 1 added" in run.summary


@pytest.mark.parametrize("stdout", ["ansible.builtin.minimal", "ansible.builtin.oneline", "ansible.posix.jsonl"])
def test_works_beside_other_stdout_callbacks(stdout: str, tmp_path: Path) -> None:
    run = play(tmp_path, "--limit", "net", ANSIBLE_STDOUT_CALLBACK=stdout)
    assert "Done: 1 added, 1 changed" in run.output


def test_colors_on_screen_but_not_in_the_log(tmp_path: Path) -> None:
    log = tmp_path / "log"
    run = play(tmp_path, "--check", "--limit", "net", ANSIBLE_NOCOLOR="", ANSIBLE_FORCE_COLOR="1", ANSIBLE_LOG_PATH=str(log))
    assert "\x1b[0;32mvpc.main\x1b[0m" in run.output
    logged = log.read_text()
    assert "+ vpc.main" in logged
    assert "\x1b" not in logged.partition("test: AWS")[2]


def test_options_choose_detail_and_width(tmp_path: Path) -> None:
    brief = play(tmp_path, "--check", "--limit", "net", MAINSTAY_PLAN_SUMMARY_DETAIL="brief", MAINSTAY_PLAN_SUMMARY_WIDTH="60")
    assert "cidr_block" not in brief.summary
    assert "af-south-1, as\n    arn:aws:iam" in brief.summary
    full = play(tmp_path, "--limit", "net", MAINSTAY_PLAN_SUMMARY_DETAIL="full")
    assert "cidr_block=10.0.0.0/16" in full.summary


def test_a_run_without_plans_prints_nothing_and_still_writes(tmp_path: Path) -> None:
    book = tmp_path / "book.yml"
    book.write_text("- hosts: net\n  gather_facts: false\n  tasks:\n    - ansible.builtin.debug: {msg: hello}\n")
    run = play(tmp_path, playbook=book)
    assert run.summary.strip() == ""
    assert (run.data["components"], run.data["result"]) == ([], "no_changes")


def test_an_early_failure_prints_a_summary_with_the_reason(tmp_path: Path) -> None:
    """A task of this collection that fails before it has a plan, for example because of an invalid variable."""
    book = tmp_path / "book.yml"
    task = {"mainstay.aws.vpc_network": {"networks": {}, "environment": "prod", "region": "af-south-1"}}
    play_ = {"hosts": "net", "gather_facts": False, "vars": {"platform_lok_wait": 1}, "tasks": [{"name": "Bring it", **task}]}
    book.write_text(json.dumps([play_]))
    run = play(tmp_path, "--check", playbook=book)
    assert run.status == 2
    said = "  ! net: Bring it\n      platform_lok_wait is not a variable of the platform; did you mean platform_lock_wait?"
    assert said in run.summary
    assert run.summary.rstrip().endswith("The plan is incomplete: 1 error, see above.")
    assert "platform_lok_wait is not a variable" in run.markdown


def test_json_on_stdout_stays_json(tmp_path: Path) -> None:
    book = tmp_path / "book.yml"
    given = {"plan": {"component": "network", "actions": [{"address": "vpc.main", "action": "create", "changes": []}]}}
    book.write_text(json.dumps([{"hosts": "net", "gather_facts": False, "tasks": [{"name": "Bring it", "given_plan": given}]}]))
    run = play(tmp_path, playbook=book, ANSIBLE_STDOUT_CALLBACK="ansible.posix.json", ANSIBLE_DEPRECATION_WARNINGS="0")
    assert json.loads(run.printed)["stats"]["net"]["failures"] == 0
    assert "Done: 1 added" in run.output

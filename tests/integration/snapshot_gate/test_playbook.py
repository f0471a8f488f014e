# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The playbook and the program as a pipeline runs them: exit codes, reports, and the permissions that the page lists."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from scripts.terminal import BIN, ROOT, isolated_environment

from .support import Site, until

PAGE = ROOT / "docs" / "snapshot-gate.md"


def start(
    site: Site, folder: Path, *arguments: str, environment: Mapping[str, str] | None = None, **variables: Any
) -> subprocess.Popen[str]:
    environment = isolated_environment({**(environment or site.cloud.environment()), "ANSIBLE_NOCOLOR": "1"})
    environment["PATH"] = f"{BIN}:{environment.get('PATH', '')}"
    quick = {"snapshot_gate_poll_interval": 0.2, "snapshot_gate_database_timeout": 5, **variables}
    command = [str(BIN / "python"), str(ROOT / "bin" / "mainstay-snapshot-gate"), "--deployment", "r1"]
    command += ["--report", str(folder / "report.json"), "--extra-vars", json.dumps(quick), *arguments]
    return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def run(site: Site, folder: Path, *arguments: str, **options: Any) -> tuple[int, dict[str, Any], str]:
    """The exit code, the report, and the output."""
    process = start(site, folder, *arguments, **options)
    shown = process.communicate(timeout=120)[0]
    path = folder / "report.json"
    return process.returncode, json.loads(path.read_text()) if path.exists() else {}, shown


def test_the_exit_codes(site: Site, tmp_path: Path) -> None:
    code, report, shown = run(site, tmp_path, "--databases", "main")
    assert (code, report.get("verdict")) == (0, "passed"), shown
    code, report, shown = run(site, tmp_path, "--databases", "main", "--changes", "none")
    assert (code, report["verdict"]) == (0, "not_needed"), shown
    failing = [{"state": "creating", "seconds": 0.3, "fields": {"PercentProgress": 60}}, {"state": "failed"}]
    site.create("other")
    site.script("snapshot", "other-r1", *failing)
    code, report, shown = run(site, tmp_path, "--databases", "main, other")
    assert (code, report["verdict"], report["databases"]["main"]["verdict"]) == (3, "failed", "passed"), shown
    code, report, shown = run(site, tmp_path, "--databases", "mian")
    assert (code, report["reason"]) == (4, "no_database"), shown
    code, report, shown = run(site, tmp_path, "--databases", "main", "--tags", "nothing")
    assert (code, report) == (1, {}), shown


def test_a_user_starts_it_in_any_folder_without_a_virtual_environment(site: Site, tmp_path: Path) -> None:
    """As after `git clone` and `make setup`: nothing is on PATH, and the folder is another one."""
    environment = {**isolated_environment(site.cloud.environment()), "PATH": "/usr/local/bin:/usr/bin:/bin"}
    for name, expected in (("main", 0), ("mian", 4)):
        command = [sys.executable, str(ROOT / "bin" / "mainstay-snapshot-gate"), "--databases", name, "--deployment", "r1"]
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == expected, done.stdout + done.stderr


def test_the_same_with_tokens_of_an_earlier_run(site: Site, tmp_path: Path) -> None:
    _code, report, _shown = run(site, tmp_path, "--databases", "main")
    tokens = report["tokens"]
    code, report, shown = run(site, tmp_path, "--databases", "main", "--action", "verify", snapshot_gate_tokens=tokens)
    assert (code, report["verdict"]) == (0, "passed"), shown


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_rule_10_a_run_that_is_ended_and_run_again_makes_one_snapshot(site: Site, tmp_path: Path, number: signal.Signals) -> None:
    site.takes(snapshot=8.0)
    process = start(site, tmp_path, "--databases", "main")
    until(lambda: site.manual() == ["main-r1"], 40.0)
    process.send_signal(number)
    process.wait(timeout=60)
    if process.stdout:
        process.stdout.close()
    code, report, shown = run(site, tmp_path, "--databases", "main")
    assert (code, report["verdict"]) == (0, "passed"), shown
    assert site.manual() == ["main-r1"]


def documented(number: int = 0) -> dict[str, Any]:
    """A policy that the page lists: that of the gate, or that of a proof."""
    found: dict[str, Any] = json.loads(re.findall(r"```json\n(.*?)```", PAGE.read_text(), re.DOTALL)[number])
    return found


def test_exactly_the_documented_permissions_suffice(site: Site, tmp_path: Path) -> None:
    began = time.time()
    site.cloud.admin.policies(apply=[documented()])
    try:
        for release in ("r1", "r2"):
            found = site.gate(deployment=release, keep=1, require_quiesced=False)
            assert found["verdict"] == "passed", found["msg"]
        assert site.gate(deployment="r2", action="verify", tokens=found["tokens"])["verdict"] == "passed"
        code, report, shown = run(site, tmp_path, "--databases", "main")
        assert (code, report["verdict"]) == (0, "passed"), shown
    finally:
        site.cloud.admin.policies(apply=None)
    denied = [one for one in site.cloud.admin.requests() if one["error_code"] in ("AccessDenied", "AccessDeniedException")]
    assert denied == []
    assert time.time() > began


@pytest.mark.parametrize(
    "action", sorted({one for statement in documented()["Statement"] for one in statement["Action"]} if PAGE.exists() else [])
)
def test_every_documented_permission_is_needed(site: Site, action: str) -> None:
    """Without it, the gate says which one it lacks: in its reason, or in a note if it only could not delete an old snapshot."""
    policy = documented()
    for statement in policy["Statement"]:
        statement["Action"] = [one for one in statement["Action"] if one != action]
    policy["Statement"] = [statement for statement in policy["Statement"] if statement["Action"]]
    given: dict[str, Any] = {"pitr": "optional", "keep": 1}
    database = "aurora" if "Cluster" in action else "reader" if action.startswith("cloudwatch") else "main"
    if database == "aurora":
        from .test_verdicts import cluster

        cluster(site)
    if database == "reader":
        site.rds.create_db_instance_read_replica(DBInstanceIdentifier="reader", SourceDBInstanceIdentifier="main")
        until(lambda: site.instance("reader")["DBInstanceStatus"] == "available")
    site.gate(database, deployment="r0", require_encryption=False, **given)
    site.cloud.admin.policies(apply=[policy])
    try:
        found = site.gate(database, **given)
    finally:
        site.cloud.admin.policies(apply=None)
    said = " ".join([found["msg"], *found["databases"][database]["notes"]])
    assert action in said, said

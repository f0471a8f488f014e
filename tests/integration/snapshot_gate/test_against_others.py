# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The same bad days with amazon.aws.rds_instance_snapshot, with the waiters behind `aws rds wait`, with a script, and with the gate.

Each test is a row of "What other tools say" in docs/snapshot-gate.md.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml
from botocore.exceptions import WaiterError

from scripts.terminal import ROOT, isolated_environment
from tests.runs import KEEP_RESULTS, run_playbook

from .support import Site, outcome, until

LOCAL = {"ansible_connection": "local", "ansible_python_interpreter": "{{ ansible_playbook_python }}"}
FAILED = (
    {"state": "creating", "seconds": 0.5, "fields": {"PercentProgress": [0, 60]}},
    {"state": "failed", "fields": {"PercentProgress": 60}},
)
QUICK_WAITER = {"Delay": 1, "MaxAttempts": 5}


def upstream(site: Site, folder: Path) -> dict[str, Any]:
    """The result of amazon.aws.rds_instance_snapshot, waiting, for the snapshot main-r1."""
    kept = folder / "result.json"
    options = {"db_snapshot_identifier": "main-r1", "db_instance_identifier": "main", "wait": True, "wait_timeout": 20}
    tasks = [
        {"name": "Take", "amazon.aws.rds_instance_snapshot": options, "register": "taken", "failed_when": False},
        {"name": "Keep", "keep_results": {"content": "{{ taken | to_json }}", "path": str(kept)}},
    ]
    path = folder / "play.yml"
    path.write_text(yaml.safe_dump([{"name": "Take", "hosts": "localhost", "gather_facts": False, "vars": LOCAL, "tasks": tasks}]))
    environment = isolated_environment({**site.cloud.environment(), "AWS_MAX_ATTEMPTS": "1", "ANSIBLE_NOCOLOR": "1", **KEEP_RESULTS})
    done = run_playbook([str(path)], environment, ROOT, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    found: dict[str, Any] = json.loads(kept.read_text())
    return found


def upstream_failed(found: dict[str, Any]) -> bool:
    return "exception" in found or "db_snapshot_arn" not in found


def waits(site: Site, waiter: str) -> str:
    """What `aws rds wait <waiter>` says about main-r1: empty if it succeeds."""
    try:
        site.rds.get_waiter(waiter).wait(DBSnapshotIdentifier="main-r1", WaiterConfig=QUICK_WAITER)
    except WaiterError as error:
        return str(error)
    return ""


def exists(site: Site) -> bool:
    """A script that asks whether the snapshot exists."""
    return "main-r1" in site.manual()


def test_an_attempt_before_failed(site: Site, tmp_path: Path) -> None:
    site.snapshot("main-r1")
    site.script("snapshot", "main-r1", {"state": "failed", "fields": {"PercentProgress": 60}})
    found = upstream(site, tmp_path)
    assert (upstream_failed(found), found["changed"]) == (False, False)
    assert exists(site)
    assert outcome(site.gate()) == ("passed", "snapshot", 0)
    assert site.manual() == ["main-r1", "main-r1-2"]


def test_the_snapshot_is_of_an_earlier_instance(site: Site, tmp_path: Path) -> None:
    site.snapshot("main-r1")
    site.rds.delete_db_instance(DBInstanceIdentifier="main", SkipFinalSnapshot=True)
    until(lambda: not site.rds.describe_db_instances()["DBInstances"])
    site.create("main")
    found = upstream(site, tmp_path)
    assert (upstream_failed(found), found["changed"]) == (False, False)
    assert (exists(site), waits(site, "db_snapshot_available")) == (True, "")
    assert outcome(site.gate(pitr="optional")) == ("passed", "snapshot", 0)
    assert site.manual() == ["main-r1", "main-r1-2"]


def test_the_reply_is_lost(site: Site, tmp_path: Path) -> None:
    site.cloud.admin.fault("rds", "CreateDBSnapshot", fault="reset_after")
    found = upstream(site, tmp_path)
    assert upstream_failed(found)
    assert exists(site)
    site.cloud.admin.fault("rds", "CreateDBSnapshot", fault="reset_after")
    assert outcome(site.gate(deployment="r2")) == ("passed", "snapshot", 0)
    assert site.manual() == ["main-r1", "main-r2"]


def test_it_fails_at_60_percent(site: Site, tmp_path: Path) -> None:
    site.script("snapshot", "main-r1", *FAILED)
    found = upstream(site, tmp_path)
    assert upstream_failed(found)
    assert "60" not in found.get("msg", "")
    assert "terminal failure state" in waits(site, "db_snapshot_available")
    assert exists(site)
    site.script("snapshot", "main-r1-2", *FAILED)
    gated = site.gate()
    assert outcome(gated) == ("failed", "snapshot_failed", 3)
    assert "60 %" in gated["msg"]


def test_it_is_deleted_meanwhile(site: Site) -> None:
    site.script("snapshot", "main-r1", {"state": "creating", "seconds": 0.5}, {"state": "deleted"})
    site.snapshot("main-r1")
    until(lambda: not exists(site))
    assert waits(site, "db_snapshot_completed") == ""
    assert outcome(site.gate()) == ("failed", "deleted_meanwhile", 3)


def test_its_key_is_being_deleted(site: Site, tmp_path: Path) -> None:
    site.cloud.client("kms").schedule_key_deletion(KeyId=site.instance()["KmsKeyId"], PendingWindowInDays=7)
    found = upstream(site, tmp_path)
    assert (upstream_failed(found), found["changed"]) == (False, True)
    assert waits(site, "db_snapshot_available") == ""
    gated = site.gate(deployment="r2")
    assert outcome(gated) == ("refused", "key_usable", 4)
    assert "PendingDeletion" in gated["msg"]

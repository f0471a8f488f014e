# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Restores: what comes back, and what is refused."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.integration.module_runs import ModuleRuns
from tests.integration.network.play import ROOT

from .support import CANARY, MARKS, OWNER, Restores, pause, restorable, until

PAGE = ROOT / "docs" / "recovery.md"

CARRIED = (
    *("DBInstanceClass", "AllocatedStorage", "StorageType", "MaxAllocatedStorage", "MultiAZ", "BackupRetentionPeriod", "KmsKeyId"),
    *("PreferredBackupWindow", "PreferredMaintenanceWindow", "IAMDatabaseAuthenticationEnabled", "EnabledCloudwatchLogsExports"),
    *("DeletionProtection", "CopyTagsToSnapshot", "MonitoringInterval", "MonitoringRoleArn", "PerformanceInsightsEnabled"),
    *("EngineVersion", "CACertificateIdentifier", "PubliclyAccessible", "AutoMinorVersionUpgrade"),
)
"""What the new instance has to have like its source."""


def test_a_snapshot_comes_back_with_its_data_and_settings(site: Restores) -> None:
    found = site.restore(snapshot="first")
    assert (found["state"], found["changed"]) == ("done", True), found["msg"]
    assert found["verification"]["equal"] is True
    assert site.sql("copy", "SELECT count(*), sum(id) FROM orders") == site.sql("main", "SELECT count(*), sum(id) FROM orders")
    source, copy = site.instance("main"), site.instance("copy")
    assert {name: copy.get(name) for name in CARRIED} == {name: source.get(name) for name in CARRIED}
    assert copy["DBParameterGroups"] == [{"DBParameterGroupName": "own", "ParameterApplyStatus": "in-sync"}]
    assert site.sql("copy", "SHOW max_locks_per_transaction") == [("80",)]
    assert copy["DBSubnetGroup"]["DBSubnetGroupName"] == source["DBSubnetGroup"]["DBSubnetGroupName"]
    tags = {one["Key"]: one["Value"] for one in copy["TagList"]}
    assert tags["team"] == "shop"
    assert not set(OWNER) & set(tags)
    assert set(MARKS) <= set(tags)
    assert found["instance"]["secret_arn"] == copy["MasterUserSecret"]["SecretArn"] != source["MasterUserSecret"]["SecretArn"]
    assert found["afterwards"][0] == "managed master password"
    text = json.dumps(found, default=str)
    assert not [one for one in [CANARY, *site.passwords()] if one in text]

    again = site.restore(snapshot="first")
    assert (again["state"], again["changed"], again["adopted"]) == ("done", False, True), again["msg"]


def test_a_point_in_time_comes_back_and_what_came_later_does_not(site: Restores) -> None:
    site.sql("main", "CREATE TABLE IF NOT EXISTS late (n int)", "TRUNCATE late", "INSERT INTO late VALUES (1)")
    pause()
    when = restorable(site, site.instance()["LatestRestorableTime"].timestamp())
    pause()
    site.sql("main", "INSERT INTO late VALUES (2)")
    found = site.restore(point_in_time=when)
    assert (found["state"], found["reason"]) == ("failed", "differs"), found["msg"]
    assert found["verification"]["differences"] == ["shop: Table public.late has 1 rows; expected 2."]
    assert site.sql("copy", "SELECT n FROM late") == [(1,)]
    again = site.restore(point_in_time=when, verify={"ca_cert": site.ca, "differences": "report"})
    assert (again["state"], again["adopted"]) == ("done", True), again["msg"]
    assert site.sql("main", "SELECT n FROM late ORDER BY n") == [(1,), (2,)]
    site.sql("main", "DROP TABLE late")


def test_the_latest_time_and_a_fingerprint_that_was_kept(site: Restores, tmp_path: Any) -> None:
    pause()
    restorable(site, site.instance()["LatestRestorableTime"].timestamp())
    first = site.restore(point_in_time="latest")
    assert (first["state"], first["verification"]["equal"]) == ("done", True), first["msg"]
    kept = tmp_path / "fingerprints.json"
    kept.write_text(json.dumps(first["verification"]["fingerprints"]))
    site.sql("copy", "UPDATE orders SET what = 'wrong' WHERE id = 7")
    found = site.restore(point_in_time="latest", verify={"ca_cert": site.ca, "against": "fingerprint", "fingerprint": str(kept)})
    assert (found["state"], found["reason"]) == ("failed", "differs")
    assert "The contents of table public.orders differ" in found["msg"]


def test_check_mode_shows_the_plan_and_changes_nothing(site: Restores) -> None:
    before = len(site.cloud.admin.requests())
    found = site.restore(snapshot="newest", check_mode=True)
    assert (found["state"], found["changed"]) == ("would_restore", True), found["msg"]
    assert found["origin"]["method"] == "snapshot"
    assert found["request"]["VpcSecurityGroupIds"]
    assert {"managed master password", "enhanced monitoring", "maintenance window", "storage limit"} <= set(found["left"])
    assert "restore_db_instance_from_db_snapshot" in found["diff"]["after"]
    assert site.mutating(before) == []
    assert site.names() == ["main"]


def test_an_instance_that_is_backed_up_for_hours_is_verified_meanwhile(site: Restores) -> None:
    site.takes(restore_backup=600.0)
    found = site.restore(snapshot="first", finish_timeout=1)
    assert (found["state"], found["reason"]) == ("usable", "unfinished"), found["msg"]
    assert found["verification"]["equal"] is True
    assert found["instance"]["status"] == "backing-up"
    assert "managed master password" in found["left"]


def test_another_key_takes_a_copy_first(site: Restores) -> None:
    other = site.key()
    found = site.restore(snapshot="first", kms_key=other)
    assert (found["state"], found["instance"]["kms_key"]) == ("done", other), found["msg"]
    refused = site.restore("copy-2", point_in_time="latest", kms_key=other)
    assert refused["reason"] == "kms_key", refused["msg"]


def test_a_deleted_source_comes_back_from_its_retained_backups(site: Restores) -> None:
    site.create("gone", DBName="shop", MasterUserPassword=None, ManageMasterUserPassword=True)
    site.sql("gone", "CREATE TABLE t (n int)", "INSERT INTO t VALUES (7)")
    pause()
    moment = site.instance("gone")["LatestRestorableTime"].timestamp()
    until(lambda: site.instance("gone")["LatestRestorableTime"].timestamp() > moment, 30.0)
    site.rds.delete_db_instance(DBInstanceIdentifier="gone", SkipFinalSnapshot=True, DeleteAutomatedBackups=False)
    until(lambda: "gone" not in site.names(), 30.0)
    refused = site.restore("back", source="gone", point_in_time="latest")
    assert (refused["state"], refused["reason"]) == ("refused", "settings"), refused["msg"]
    assert "settings_from" in refused["msg"]
    found = site.restore("back", source="gone", point_in_time="latest", settings_from="main")
    assert (found["state"], found["request"].get("SourceDBInstanceAutomatedBackupsArn", "")[:4]) == ("done", "arn:"), found["msg"]
    assert site.sql("back", "SELECT n FROM t") == [(7,)]


REFUSED: dict[str, tuple[dict[str, Any], tuple[str, ...]]] = {
    "target is the source": ({"target": "MAIN", "snapshot": "first"}, ("target is MAIN", "which is the source")),
    "target exists": ({"target": "other", "snapshot": "first"}, ("There is a DB instance other already", "name another target")),
    "unknown source": ({"source": "mian", "snapshot": "newest"}, ("There is no DB instance mian", "did you mean main?")),
    "unknown snapshot": ({"snapshot": "frist"}, ("There is no snapshot of main frist", "did you mean first?")),
    "before the window": ({"point_in_time": "2020-01-01T00:00:00Z"}, ("before the first backup", "can be restored to any time from")),
    "in the future": ({"point_in_time": "2099-01-01T00:00:00Z"}, ("in the future", "can be restored to any time from")),
    "no zone": ({"point_in_time": "2026-11-30T08:00:00"}, ("has no zone",)),
    "no time": ({"point_in_time": "yesterday"}, ("expected latest, or a time with its zone",)),
    "nothing chosen": ({}, ("give exactly one of snapshot, point_in_time, gate",)),
    "no automated backups": ({"source": "other", "point_in_time": "latest"}, ("backup retention period is 0", "Restore a snapshot")),
    "token of another deployment": (
        {"gate": {"deployment": "r9", "token": f"1.99999999999.{'0' * 64}"}},
        ("gate.token is not of r9", "Name a snapshot instead"),
    ),
    "no token": ({"gate": {"deployment": "r9", "token": "abc"}}, ("is not a token",)),
    "a snapshot of another database": ({"source": "other", "snapshot": "first"}, ("first is of main", "If that is what you want")),
    "unknown settings": ({"snapshot": "first", "settings_from": "mainn"}, ("There is no DB instance mainn", "did you mean main?")),
}


def test_what_is_wrong_is_refused_before_the_first_change(site: Restores) -> None:
    site.create("other", BackupRetentionPeriod=0)
    before = len(site.cloud.admin.requests())
    wrong = {}
    for name, (options, words) in REFUSED.items():
        found = site.restore(**options)
        if found["state"] != "refused" or not all(word in found["msg"] for word in words):
            wrong[name] = found["msg"]
    assert wrong == {}
    assert site.mutating(before) == []


def test_a_source_that_does_not_let_us_in_is_refused_first(site: Restores) -> None:
    before = len(site.cloud.admin.requests())
    found = site.restore(snapshot="first", verify={"ca_cert": site.ca, "user": "nobody"})
    assert (found["state"], found["reason"]) == ("refused", "verify"), found["msg"]
    assert site.mutating(before) == []


def test_the_snapshot_of_a_gate(site: Restores) -> None:
    gate = site.gate(deployment="r1")
    assert gate["verdict"] == "passed", gate["msg"]
    found = site.restore(gate={"deployment": "r1", "token": gate["tokens"]["main"]}, check_mode=True)
    assert found["origin"]["snapshot"] == "main-r1", found["msg"]


FAULTS = {
    "lost reply": {"fault": "reset_after"},
    "lost request": {"fault": "reset_before"},
    "throttled": {"fault": "error", "code": "Throttling", "status": 400},
}


@pytest.mark.parametrize("name", FAULTS)
def test_one_instance_whatever_becomes_of_the_call(site: Restores, name: str) -> None:
    site.cloud.admin.fault("rds", "RestoreDBInstanceFromDBSnapshot", **FAULTS[name])
    found = site.restore(snapshot="first")
    assert found["state"] == "done", found["msg"]
    assert sorted(site.names()) == ["copy", "main"]


@pytest.mark.parametrize(
    ("code", "reason"),
    [("InsufficientDBInstanceCapacity", "restore_capacity"), ("InstanceQuotaExceeded", "restore_quota"), ("AccessDenied", "access_denied")],
)
def test_a_restore_that_is_refused_leaves_nothing(site: Restores, code: str, reason: str) -> None:
    site.cloud.admin.fault("rds", "RestoreDBInstanceFromDBSnapshot", fault="error", code=code, status=400, times=None)
    found = site.restore(snapshot="first")
    assert (found["state"], found["reason"], found["changed"]) == ("refused", reason, False), found["msg"]
    assert site.names() == ["main"]


def test_a_major_version_that_rds_upgraded_is_not_done(site: Restores) -> None:
    site.cloud.admin.settings(rds_restored_versions={site.instance()["EngineVersion"]: "18.1"})
    try:
        found = site.restore(snapshot="first", settings={"parameter_group": "default.postgres18"})
    finally:
        site.cloud.admin.settings(rds_restored_versions={})
    assert (found["state"], found["reason"]) == ("failed", "restore_upgraded"), found["msg"]


def documented(heading: str) -> dict[str, Any]:
    """The policy in a section of docs/recovery.md."""
    section = PAGE.read_text().partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    found: dict[str, Any] = json.loads(re.findall(r"```json\n(.*?)```", section, re.DOTALL)[0])
    return found


INDIRECT = {"secretsmanager:CreateSecret", "secretsmanager:TagResource", "rds:AddTagsToResource", "iam:PassRole"} | {
    "kms:CreateGrant",
    "kms:Decrypt",
    "kms:GenerateDataKey",
    "iam:CreateServiceLinkedRole",
}
"""What RDS asks for while it carries out other calls."""


def test_exactly_the_documented_permissions_suffice_and_all_are_needed(site: Restores) -> None:
    key, policy = site.key(), documented("Restore a database")
    site.cloud.admin.policies(apply=[policy])
    before = len(site.cloud.admin.requests())
    try:
        first = site.restore(snapshot="first", kms_key=key)
        second = site.restore("copy-2", point_in_time="latest")
    finally:
        site.cloud.admin.policies(apply=None)
    assert (first["state"], second["state"]) == ("done", "done"), f"{first['msg']} {second['msg']}"
    requests = site.cloud.admin.requests()[before:]
    assert [one for one in requests if one["error_code"] in ("AccessDenied", "AccessDeniedException")] == []
    granted = {action for statement in policy["Statement"] for action in statement["Action"]}
    assert {action.partition(":")[2] for action in granted - INDIRECT} == {str(one["operation"]) for one in requests}


def test_a_playbook_that_is_killed_is_continued_by_the_same_command(site: Restores, tmp_path: Path) -> None:
    site.takes(instance=4.0)
    playbook = [str(Path(sys.executable).parent / "ansible-playbook"), str(ROOT / "playbooks/restore.yml")]
    report = tmp_path / "report.json"
    variables = {
        "restore_source": "main",
        "restore_target": "copy",
        "restore_snapshot": "first",
        "restore_ca_cert": site.ca,
        "restore_poll_interval": "0.2",
        "restore_region": site.cloud.region,
        "restore_report": str(report),
    }
    environment = ModuleRuns(site.cloud, tmp_path).environment("apply")
    command = [*playbook, "-i", "localhost,", "-vvv", "--diff", "--extra-vars", json.dumps(variables)]
    with (tmp_path / "first.log").open("w") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log, start_new_session=True)
        until(lambda: "copy" in site.names(), 60.0)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(timeout=30)
    site.takes()
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=200)
    found = json.loads(report.read_text())
    assert (done.returncode, found["state"], found["adopted"]) == (0, "done", True), done.stdout + done.stderr
    assert sorted(site.names()) == ["copy", "main"]
    shown = done.stdout + done.stderr + (tmp_path / "first.log").read_text() + report.read_text()
    assert not [one for one in [CANARY, *site.passwords()] if one in shown]

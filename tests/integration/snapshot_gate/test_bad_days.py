# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Days on which something is wrong with the snapshot or the database."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from .support import Site, outcome, rule, until


def test_a_good_day(site: Site) -> None:
    site.takes(snapshot=1.0)
    found = site.gate()
    assert outcome(found) == ("passed", "snapshot", 0), found["msg"]
    assert site.manual() == ["main-r1"]
    one = found["databases"]["main"]
    assert (one["snapshot"]["identifier"], one["snapshot"]["taken"]) == ("main-r1", True)
    assert {check["result"] for check in one["checks"]} <= {"passed", "warning"}
    assert one["way_back"]["method"] == "point_in_time"


def test_rule_02_a_snapshot_that_fails_at_60_percent(site: Site) -> None:
    site.script(
        "snapshot",
        "main-r1",
        {"state": "creating", "seconds": 0.6, "fields": {"PercentProgress": [0, 60]}},
        {"state": "failed", "fields": {"PercentProgress": 60}},
    )
    found = site.gate()
    assert outcome(found) == ("failed", "snapshot_failed", 3)
    assert "main-r1 is failed; it had reached 60 %" in found["msg"]
    assert found["tokens"] == {}
    again = site.gate()
    assert outcome(again) == ("passed", "snapshot", 0)
    assert site.manual() == ["main-r1", "main-r1-2"]


def test_rule_02_a_snapshot_that_stalls(site: Site) -> None:
    site.script("snapshot", "main-r1", {"state": "creating", "fields": {"PercentProgress": 40}})
    found = site.gate(stall_timeout=1)
    assert outcome(found) == ("failed", "stalled", 3)
    assert "no progress" in found["msg"]
    assert "at 40 %" in found["msg"]


def test_rule_02_a_snapshot_that_takes_too_long(site: Site) -> None:
    site.script("snapshot", "main-r1", {"state": "creating", "seconds": 60, "fields": {"PercentProgress": [0, 100]}})
    found = site.gate(timeout=2)
    assert outcome(found) == ("failed", "timeout", 3)
    assert "% a minute" in found["msg"]


def test_rule_20_a_snapshot_that_is_deleted_meanwhile(site: Site) -> None:
    site.script("snapshot", "main-r1", {"state": "creating", "seconds": 0.5}, {"state": "deleted"})
    found = site.gate()
    assert outcome(found) == ("failed", "deleted_meanwhile", 3)


@pytest.mark.parametrize("state", ["backing-up", "modifying", "configuring-log-exports", "maintenance", "upgrading", "rebooting"])
def test_rule_01_states_that_pass(site: Site, state: str) -> None:
    site.script("instance", "main", {"state": state, "seconds": 0.8}, {"state": "available"})
    assert outcome(site.gate()) == ("passed", "snapshot", 0)


@pytest.mark.parametrize("state", ["backing-up", "modifying"])
def test_rule_01_states_that_do_not_end_in_time(site: Site, state: str) -> None:
    site.script("instance", "main", {"state": state})
    found = site.gate(database_timeout=1)
    assert outcome(found) == ("refused", "database_state", 4)
    assert f"DB instance main is still {state}" in found["msg"]
    assert site.manual() == []


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ("stopped", "Start it"),
        ("storage-full", "Raise its allocated storage"),
        ("failed", ""),
        ("incompatible-parameters", ""),
        ("inaccessible-encryption-credentials", "Make its KMS key usable"),
        ("deleting", ""),
    ],
)
def test_rule_01_states_that_never_end(site: Site, state: str, said: str) -> None:
    site.script("instance", "main", {"state": state})
    began = time.monotonic()
    found = site.gate(database_timeout=60)
    assert outcome(found) == ("refused", "database_state", 4)
    assert f"is {state}" in found["msg"]
    assert said in found["msg"]
    assert time.monotonic() - began < 5
    assert site.calls("CreateDBSnapshot") == 0


def test_rule_01_the_backup_window_begins_between_reading_and_taking(site: Site) -> None:
    site.cloud.admin.fault("rds", "CreateDBSnapshot", fault="error", code="InvalidDBInstanceState", message="not available", status=400)
    assert outcome(site.gate()) == ("passed", "snapshot", 0)
    assert site.calls("CreateDBSnapshot") == 2


def test_rule_08_a_key_that_is_being_deleted(site: Site) -> None:
    kms = site.cloud.client("kms")
    kms.schedule_key_deletion(KeyId=site.instance()["KmsKeyId"], PendingWindowInDays=7)
    found = site.gate()
    assert outcome(found) == ("refused", "key_usable", 4)
    assert "is PendingDeletion" in found["msg"]
    kms.cancel_key_deletion(KeyId=site.instance()["KmsKeyId"])
    found = site.gate()
    assert outcome(found) == ("refused", "key_usable", 4)
    assert "is Disabled" in found["msg"]
    assert site.manual() == []


def test_rule_09_the_quota_is_reached(site: Site) -> None:
    site.snapshot("by-hand")
    site.cloud.admin.settings(quotas={"rds_manual_snapshots": 1})
    found = site.gate()
    assert outcome(found) == ("refused", "quota", 4)
    assert "1 of 1" in found["msg"]
    assert site.manual() == ["by-hand"]


def test_rule_09_room_is_made_of_own_snapshots_except_the_newest(site: Site) -> None:
    for release in ("r1", "r2", "r3"):
        assert outcome(site.gate(deployment=release))[0] == "passed"
    site.cloud.admin.settings(quotas={"rds_manual_snapshots": 3})
    assert outcome(site.gate(deployment="r4", keep=3)) == ("passed", "snapshot", 0)
    assert site.manual() == ["main-r2", "main-r3", "main-r4"]
    site.cloud.admin.settings(quotas={"rds_manual_snapshots": 1})
    assert outcome(site.gate(deployment="r5", keep=1))[:2] == ("refused", "quota")
    assert "main-r4" in site.manual()


def test_rule_09_the_quota_is_reached_by_others_meanwhile(site: Site) -> None:
    site.cloud.admin.fault("rds", "CreateDBSnapshot", fault="error", code="SnapshotQuotaExceeded", message="too many", status=400)
    found = site.gate()
    assert outcome(found) == ("refused", "quota", 4)
    assert "0 of 100 manual snapshots" in found["msg"]


@pytest.mark.parametrize("fault", ["reset_after", "hang", "truncate", "reset_before"])
def test_rule_10_a_lost_reply_makes_one_snapshot(site: Site, fault: str) -> None:
    options: dict[str, Any] = {"seconds": 0.5} if fault == "hang" else {}
    site.cloud.admin.fault("rds", "CreateDBSnapshot", fault=fault, **options)
    found = site.gate()
    assert outcome(found) == ("passed", "snapshot", 0)
    assert site.manual() == ["main-r1"]
    assert found["databases"]["main"]["snapshot"]["taken"] is True


def test_rule_10_an_identifier_of_someone_else(site: Site) -> None:
    site.snapshot("main-r1")
    site.cloud.admin.fault("rds", "DescribeDBSnapshots", fault="error", code="Throttling", message="slow", status=400)
    assert outcome(site.gate()) == ("passed", "snapshot", 0)
    assert site.manual() == ["main-r1", "main-r1-2"]


def test_rule_10_a_gate_that_was_killed_and_run_again(site: Site) -> None:
    """Its snapshot is still being made: the second run waits for it."""
    site.takes(snapshot=2.0)
    killed = threading.Thread(target=lambda: site.gate(timeout=0.2))
    killed.start()
    killed.join()
    assert site.manual() == ["main-r1"]
    found = site.gate()
    assert outcome(found) == ("passed", "snapshot", 0)
    assert site.manual() == ["main-r1"]
    assert found["databases"]["main"]["snapshot"]["taken"] is False


def test_rule_11_the_same_deployment_twice_makes_one_snapshot(site: Site) -> None:
    first, second = site.gate(), site.gate()
    assert (first["changed"], second["changed"]) == (True, False)
    assert first["tokens"] == second["tokens"]
    assert site.calls("CreateDBSnapshot") == 1


def test_rule_11_check_mode_creates_nothing(site: Site) -> None:
    since = len(site.cloud.admin.requests())
    found = site.gate(check_mode=True, role="plan")
    assert outcome(found) == ("passed", "would_take", 0)
    assert found["changed"] is True
    assert "A snapshot main-r1 of DB instance main would be taken." in found["msg"]
    assert not [one for one in site.cloud.admin.requests()[since:] if one["mutating"]]
    real = site.gate()
    assert set(found) == set(real)
    assert set(found["databases"]["main"]) == set(real["databases"]["main"])


def test_rule_12_250_snapshots_over_three_pages(site: Site) -> None:
    site.cloud.admin.settings(quotas={"rds_manual_snapshots": 1000})
    for number in range(250):
        site.snapshot(f"s{number}")
    assert outcome(site.gate()) == ("passed", "snapshot", 0)
    assert outcome(site.gate()) == ("passed", "snapshot", 0)
    assert site.calls("CreateDBSnapshot") == 251


def test_rule_16_no_automated_backups(site: Site) -> None:
    site.create("bare", BackupRetentionPeriod=0)
    found = site.gate("bare")
    assert outcome(found) == ("refused", "pitr_on", 4)
    assert "pitr to optional" in found["msg"]
    found = site.gate("bare", pitr="optional")
    assert outcome(found) == ("passed", "snapshot", 0)
    assert found["databases"]["bare"]["way_back"]["method"] == "snapshot"


def test_rule_16_point_in_time_recovery_is_behind(site: Site) -> None:
    latest = datetime.now(UTC) - timedelta(seconds=2000)
    site.script("instance", "main", {"state": "available", "fields": {"LatestRestorableTime": latest.isoformat()}})
    found = site.gate()
    assert outcome(found) == ("refused", "pitr_lag", 4)
    assert "33 min behind, more than the RPO of 15 min" in found["msg"]
    found = site.gate(pitr="optional")
    assert rule(found, "pitr_lag") == "warning"
    assert found["databases"]["main"]["way_back"]["method"] == "snapshot"


def test_rule_22_a_missing_permission_names_the_action(site: Site) -> None:
    found = site.gate(role="plan")
    assert outcome(found) == ("refused", "access_denied", 4)
    assert "rds:CreateDBSnapshot" in found["msg"]


def test_rule_22_a_wrong_identifier(site: Site) -> None:
    found = site.gate("mian")
    assert outcome(found) == ("refused", "no_database", 4)
    assert "there is no DB instance or cluster mian in eu-west-1" in found["msg"]


def test_several_databases_side_by_side(site: Site) -> None:
    names = ["main", *(f"db{number}" for number in range(4))]
    for name in names[1:]:
        site.create(name)
    site.takes(snapshot=1.5)
    began = time.monotonic()
    found = site.gate(*names)
    assert outcome(found) == ("passed", "snapshot", 0), found["msg"]
    assert time.monotonic() - began < 1.5 * 3
    assert set(found["tokens"]) == set(names)
    site.script("instance", "db1", {"state": "stopped"})
    found = site.gate(*names, deployment="r2")
    assert outcome(found) == ("refused", "database_state", 4)
    assert found["databases"]["main"]["verdict"] == "passed"


def test_rule_04_a_recreated_instance(site: Site) -> None:
    site.gate()
    site.rds.delete_db_instance(DBInstanceIdentifier="main", SkipFinalSnapshot=True)
    until(lambda: not site.rds.describe_db_instances()["DBInstances"])
    site.create("main", BackupRetentionPeriod=0)
    found = site.gate(action="require", pitr="optional")
    assert outcome(found) == ("failed", "no_snapshot", 3)
    assert "with its identifier are of an earlier database" in found["msg"]
    found = site.gate(pitr="optional")
    assert outcome(found) == ("passed", "snapshot", 0)
    assert site.manual() == ["main-r1", "main-r1-2"]

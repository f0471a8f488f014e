# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Tokens, requirements, clusters, pruning, and what a gate costs."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from .support import Site, outcome, rule, until


def test_rule_20_the_token_is_good_until_something_changes(site: Site) -> None:
    tokens = site.gate()["tokens"]
    assert outcome(site.gate(action="verify", tokens=tokens)) == ("passed", "snapshot", 0)
    assert outcome(site.gate(action="verify", tokens=tokens, deployment="r2")) == ("refused", "token", 4)
    site.create("other")
    assert outcome(site.gate("other", action="verify", tokens={"other": tokens["main"]})) == ("refused", "token", 4)
    site.rds.delete_db_snapshot(DBSnapshotIdentifier="main-r1")
    assert outcome(site.gate(action="verify", tokens=tokens)) == ("refused", "token", 4)


def test_rule_20_a_snapshot_that_was_shared_meanwhile(site: Site) -> None:
    tokens = site.gate()["tokens"]
    site.rds.modify_db_snapshot_attribute(DBSnapshotIdentifier="main-r1", AttributeName="restore", ValuesToAdd=["111122223333"])
    found = site.gate(action="verify", tokens=tokens)
    assert outcome(found) == ("failed", "shared", 3)
    assert "111122223333" in found["msg"]


def test_rule_20_verifying_writes_nothing(site: Site) -> None:
    tokens = site.gate()["tokens"]
    since = len(site.cloud.admin.requests())
    assert outcome(site.gate(action="verify", tokens=tokens, role="plan")) == ("passed", "snapshot", 0)
    assert not [one for one in site.cloud.admin.requests()[since:] if one["mutating"]]


def test_rule_05_a_snapshot_whose_time_is_ahead(site: Site) -> None:
    ahead = {"SnapshotCreateTime": "2100-01-01T00:00:00+00:00", "OriginalSnapshotCreateTime": "2100-01-01T00:00:00+00:00"}
    site.script("snapshot", "main-r1", {"state": "available", "fields": ahead})
    found = site.gate()
    assert outcome(found) == ("failed", "times", 3)
    assert "ahead of AWS's clock" in found["msg"]


def test_rule_03_a_failed_snapshot_is_none(site: Site) -> None:
    site.create("bare", BackupRetentionPeriod=0)
    aside = {"action": "require", "pitr": "optional"}
    assert outcome(site.gate("bare", **aside)) == ("failed", "no_snapshot", 3)
    site.snapshot("by-hand", of="bare")
    site.script("snapshot", "by-hand", {"state": "failed", "fields": {"PercentProgress": 60}})
    found = site.gate("bare", **aside)
    assert outcome(found) == ("failed", "complete", 3)
    assert "by-hand is failed at 60 %" in found["msg"]
    site.cloud.admin.clear_scripts()
    assert outcome(site.gate("bare", **aside)) == ("passed", "snapshot", 0)
    assert site.calls("CreateDBSnapshot") == 1


def test_rule_06_a_required_snapshot_is_too_old(site: Site) -> None:
    site.snapshot("by-hand")
    time.sleep(2.1)
    found = site.gate(action="require", max_age=1)
    assert outcome(found)[0] == "failed"
    assert rule(found, "fresh") == "failed"


def test_rule_07_another_key(site: Site) -> None:
    other = site.key()
    found = site.gate(kms_key=other)
    assert outcome(found) == ("refused", "database_key", 4)
    assert site.manual() == []
    site.snapshot("by-hand")
    assert outcome(site.gate(kms_key=other, action="require", max_age=3600)) == ("failed", "key", 3)
    site.cloud.client("kms").create_alias(AliasName="alias/main", TargetKeyId=site.instance()["KmsKeyId"])
    assert outcome(site.gate(kms_key="alias/main")) == ("passed", "snapshot", 0)


def test_rule_07_no_encryption(site: Site) -> None:
    site.create("plain", StorageEncrypted=False)
    assert outcome(site.gate("plain")) == ("refused", "database_encrypted", 4)
    assert outcome(site.gate("plain", action="require")) == ("failed", "encrypted", 3)
    assert outcome(site.gate("plain", require_encryption=False)) == ("passed", "snapshot", 0)


def test_rule_13_old_snapshots_of_the_gate_go_and_no_others(site: Site) -> None:
    site.snapshot("by-hand")
    for release in ("r1", "r2", "r3"):
        found = site.gate(deployment=release, keep=2)
    assert found["databases"]["main"]["pruned"] == ["main-r1"]
    assert site.manual() == ["by-hand", "main-r2", "main-r3"]
    would = site.gate(deployment="r4", keep=1, check_mode=True)
    assert would["databases"]["main"]["pruned"] == ["main-r2"]
    assert site.manual() == ["by-hand", "main-r2", "main-r3"]


def test_rule_13_a_hold_keeps_a_snapshot(site: Site) -> None:
    site.gate()
    arn = site.rds.describe_db_snapshots(DBSnapshotIdentifier="main-r1")["DBSnapshots"][0]["DBSnapshotArn"]
    site.rds.add_tags_to_resource(ResourceName=arn, Tags=[{"Key": "mainstay:hold", "Value": "case 12"}])
    site.gate(deployment="r2", keep=1)
    assert site.manual() == ["main-r1", "main-r2"]


def test_rule_13_what_cannot_be_deleted_is_a_warning(site: Site) -> None:
    site.gate()
    site.cloud.admin.fault("rds", "DeleteDBSnapshot", fault="error", code="InvalidDBSnapshotState", message="in use", status=400)
    found = site.gate(deployment="r2", keep=1)
    assert outcome(found) == ("passed", "snapshot", 0)
    assert any("could not be deleted" in note for note in found["databases"]["main"]["notes"])


def cluster(site: Site) -> None:
    given = {"Engine": "aurora-postgresql", "MasterUsername": "root_user", "MasterUserPassword": "not-secret-at-all"}
    site.rds.create_db_cluster(DBClusterIdentifier="aurora", StorageEncrypted=True, KmsKeyId=site.key(), BackupRetentionPeriod=7, **given)
    until(lambda: site.rds.describe_db_clusters()["DBClusters"][0]["Status"] == "available")


def test_rule_14_clusters_take_the_cluster_calls(site: Site) -> None:
    cluster(site)
    found = site.gate("aurora", pitr="optional")
    assert outcome(found) == ("passed", "snapshot", 0), found["msg"]
    assert rule(found, "cluster", "aurora") == "passed"
    assert (site.calls("CreateDBClusterSnapshot"), site.calls("CreateDBSnapshot")) == (1, 0)
    again = site.gate("aurora", pitr="optional")
    assert (again["changed"], again["tokens"]) == (False, found["tokens"])


def test_rule_14_a_member_stands_for_its_cluster(site: Site) -> None:
    cluster(site)
    site.script("instance", "main", {"state": "available", "fields": {"DBClusterIdentifier": "aurora"}})
    found = site.gate("main", pitr="optional")
    assert outcome(found) == ("passed", "snapshot", 0), found["msg"]
    assert found["databases"]["main"]["database"] == "aurora"


def test_rule_14_a_cluster_snapshot_that_fails(site: Site) -> None:
    cluster(site)
    site.cloud.admin.script(
        "rds_cluster_snapshot",
        {"id": "aurora-r1"},
        [{"state": "creating", "seconds": 0.2, "fields": {"PercentProgress": 60}}, {"state": "failed", "fields": {"PercentProgress": 60}}],
    )
    assert outcome(site.gate("aurora", pitr="optional")) == ("failed", "snapshot_failed", 3)


def metric(site: Site, name: str, value: float, database: str = "main") -> None:
    site.cloud.client("cloudwatch").put_metric_data(
        Namespace="AWS/RDS",
        MetricData=[
            {"MetricName": name, "Dimensions": [{"Name": "DBInstanceIdentifier", "Value": database}], "Value": value},
        ],
    )


@pytest.mark.parametrize(("lag", "expected"), [(20.0, ("passed", "snapshot", 0)), (2000.0, ("refused", "replica", 4))])
def test_rule_15_a_replica_that_lags(site: Site, lag: float, expected: tuple[str, str, int]) -> None:
    site.rds.create_db_instance_read_replica(DBInstanceIdentifier="reader", SourceDBInstanceIdentifier="main")
    until(lambda: site.instance("reader")["DBInstanceStatus"] == "available")
    metric(site, "ReplicaLag", lag, "reader")
    assert outcome(site.gate("reader", pitr="optional")) == expected


def test_rule_15_without_a_standby_there_is_a_warning(site: Site) -> None:
    found = site.gate()
    assert rule(found, "suspension") == "warning"


def test_rule_21_nobody_may_be_connected(site: Site) -> None:
    found = site.gate(require_quiesced=True)
    assert outcome(found) == ("failed", "quiesced", 3)
    metric(site, "DatabaseConnections", 0.0)
    assert outcome(site.gate(require_quiesced=True)) == ("passed", "snapshot", 0)
    metric(site, "DatabaseConnections", 5.0)
    found = site.gate(require_quiesced=True)
    assert outcome(found) == ("failed", "quiesced", 3)
    assert "5 connections" in found["msg"]


def test_rule_24_a_snapshot_of_aws_backup(site: Site) -> None:
    site.create("backed", BackupRetentionPeriod=7)
    site.cloud.admin.happen("rds", "aws_backup_snapshot", DBInstanceIdentifier="backed")
    aside = {"action": "require", "pitr": "optional"}
    manual: Any = site.rds.describe_db_snapshots(DBInstanceIdentifier="backed", SnapshotType="automated")["DBSnapshots"]
    for one in manual:
        site.script("snapshot", one["DBSnapshotIdentifier"], {"state": "failed"})
    assert outcome(site.gate("backed", **aside))[0] == "failed"
    found = site.gate("backed", count_aws_backup=True, **aside)
    assert outcome(found) == ("passed", "snapshot", 0)
    assert found["databases"]["backed"]["snapshot"]["identifier"].startswith("awsbackup:")
    assert site.calls("DeleteDBSnapshot") == 0


def test_rule_25_the_databases_tags_come_along(site: Site) -> None:
    site.gate(tags={"ticket": "7"})
    (one,) = site.rds.describe_db_snapshots(DBSnapshotIdentifier="main-r1")["DBSnapshots"]
    assert {tag["Key"]: tag["Value"] for tag in one["TagList"]} == {
        "team": "shop",
        "ticket": "7",
        "mainstay:managed-by": "rds_snapshot_gate",
        "mainstay:database": one["DbiResourceId"],
        "mainstay:deployment": "r1",
    }


def test_rule_26_tags_are_never_listed_one_by_one(site: Site) -> None:
    site.gate()
    assert site.calls("ListTagsForResource") == 0


def test_rule_30_after_a_blue_green_switchover(site: Site) -> None:
    tokens = site.gate()["tokens"]
    site.cloud.admin.happen("rds", "blue_green_switchover", DBInstanceIdentifier="main", EngineVersion="17.5")
    assert outcome(site.gate(action="verify", tokens=tokens))[:2] == ("refused", "token")
    until(lambda: site.instance()["DBInstanceStatus"] == "available")
    found = site.gate(pitr="optional")
    assert outcome(found) == ("passed", "snapshot", 0)
    assert found["databases"]["main"]["snapshot"]["identifier"] == "main-r1-2"


def test_the_changes_decide(site: Site) -> None:
    found = site.gate(changes=["parameters"], needed_for=["migration", "data"])
    assert outcome(found) == ("not_needed", "changes", 0)
    assert site.manual() == []
    verified = site.gate(changes=["parameters"], needed_for=["migration", "data"], action="verify", tokens=found["tokens"])
    assert outcome(verified) == ("not_needed", "changes", 0)
    assert outcome(site.gate(changes=["data"], needed_for=["migration", "data"])) == ("passed", "snapshot", 0)


def test_a_gate_adds_at_most_two_seconds_and_one_poll(site: Site) -> None:
    site.takes(snapshot=3.0)
    began = time.monotonic()
    found = site.gate(poll_interval=0.5)
    assert outcome(found) == ("passed", "snapshot", 0)
    assert time.monotonic() - began - 3.0 < 2.0 + 0.5
    assert found["api_calls"]["write"] == 1
    assert found["api_calls"]["read"] < 45


def test_the_way_back_has_the_minutes_of_the_last_drill(site: Site) -> None:
    latest = datetime.now(UTC) - timedelta(seconds=30)
    site.script("instance", "main", {"state": "available", "fields": {"LatestRestorableTime": latest.isoformat()}})
    found = site.gate(restore_minutes={"point_in_time": 24})["databases"]["main"]["way_back"]
    assert (found["method"], found["minutes"]) == ("point_in_time", 24.0)
    assert "the last drill took 24 min" in found["sentence"]

"""Snapshots of DB clusters: states, progress, scripts, lists, quota, copies, and sharing."""

from __future__ import annotations

from typing import Any

import pytest

from rehearsal.testing import Cloud

from ..conftest import refused, until
from .databases import Databases


class Clusters(Databases):
    """An account with an encrypted cluster, main."""

    def __init__(self, cloud: Cloud) -> None:
        super().__init__(cloud)
        given = {"Engine": "aurora-postgresql", "MasterUsername": "root_user", "MasterUserPassword": "not-secret-at-all"}
        self.rds.create_db_cluster(DBClusterIdentifier="main", StorageEncrypted=True, KmsKeyId=self.key(), **given)
        until(lambda: self.rds.describe_db_clusters()["DBClusters"][0]["Status"] == "available")

    def make(self, name: str, **options: Any) -> dict[str, Any]:
        given = {"DBClusterIdentifier": "main", **options}
        return dict(self.rds.create_db_cluster_snapshot(DBClusterSnapshotIdentifier=name, **given)["DBClusterSnapshot"])

    def found(self, **filters: Any) -> list[dict[str, Any]]:
        return list(self.rds.describe_db_cluster_snapshots(**filters)["DBClusterSnapshots"])

    def look(self, name: str) -> dict[str, Any]:
        return self.found(DBClusterSnapshotIdentifier=name)[0]


@pytest.fixture
def account(cloud: Cloud) -> Clusters:
    return Clusters(cloud)


def test_a_cluster_snapshot_takes_time(account: Clusters) -> None:
    account.takes(cluster_snapshot=0.5)
    made = account.make("one", Tags=[{"Key": "a", "Value": "1"}])
    assert (made["Status"], made["PercentProgress"], made["TagList"]) == ("creating", 0, [{"Key": "a", "Value": "1"}])
    assert refused(account.rds.delete_db_cluster_snapshot, DBClusterSnapshotIdentifier="one") == "InvalidDBClusterSnapshotStateFault"
    until(lambda: account.look("one")["Status"] == "available")
    seen = account.look("one")
    assert (seen["PercentProgress"], seen["StorageEncrypted"], seen["StorageEncryptionType"]) == (100, True, "sse-kms")
    assert seen["DbClusterResourceId"] == account.rds.describe_db_clusters()["DBClusters"][0]["DbClusterResourceId"]
    account.takes()
    account.rds.delete_db_cluster_snapshot(DBClusterSnapshotIdentifier="one")
    assert refused(account.look, name="one") == "DBClusterSnapshotNotFoundFault"


def test_a_cluster_snapshot_that_fails(account: Clusters) -> None:
    states = [{"state": "creating", "seconds": 0.2, "fields": {"PercentProgress": 60}}, {"state": "failed"}]
    account.cloud.admin.script("rds_cluster_snapshot", {"id": "one"}, states)
    assert account.make("one")["PercentProgress"] == 60
    until(lambda: account.look("one")["Status"] == "failed")


def test_cluster_snapshots_that_are_refused(account: Clusters) -> None:
    account.make("one")
    assert refused(account.make, name="one") == "DBClusterSnapshotAlreadyExistsFault"
    assert refused(account.make, name="1") == "InvalidParameterValue"
    assert refused(account.make, name="two", DBClusterIdentifier="absent") == "DBClusterNotFoundFault"
    account.cloud.admin.settings(quotas={"rds_manual_cluster_snapshots": 1})
    assert refused(account.make, name="two") == "SnapshotQuotaExceeded"


def test_cluster_snapshots_are_listed_in_pages(account: Clusters) -> None:
    for number in range(25):
        account.make(f"s{number}")
    pages = list(account.rds.get_paginator("describe_db_cluster_snapshots").paginate(PaginationConfig={"PageSize": 20}))
    assert [len(page["DBClusterSnapshots"]) for page in pages] == [20, 6]
    assert len(account.found(DBClusterIdentifier="main", SnapshotType="manual")) == 25
    [automated] = account.found(SnapshotType="automated")
    assert automated["DBClusterSnapshotIdentifier"].startswith("rds:main-")


def test_a_cluster_snapshot_is_copied_and_shared(account: Clusters) -> None:
    account.make("one")
    key = account.key()
    given = {"SourceDBClusterSnapshotIdentifier": "one", "TargetDBClusterSnapshotIdentifier": "two", "KmsKeyId": key}
    account.rds.copy_db_cluster_snapshot(**given)
    seen = account.look("two")
    assert (seen["KmsKeyId"], seen["SourceDBClusterSnapshotArn"]) == (key, account.look("one")["DBClusterSnapshotArn"])
    share = {"DBClusterSnapshotIdentifier": "two", "AttributeName": "restore"}
    changed = account.rds.modify_db_cluster_snapshot_attribute(**share, ValuesToAdd=["111111111111"])
    assert changed["DBClusterSnapshotAttributesResult"]["DBClusterSnapshotAttributes"][0]["AttributeValues"] == ["111111111111"]
    public = {**share, "ValuesToAdd": ["all"]}
    assert refused(account.rds.modify_db_cluster_snapshot_attribute, **public) == "InvalidDBClusterSnapshotStateFault"


def test_members_of_clusters_have_no_snapshots_of_their_own(account: Clusters) -> None:
    account.create("member")
    fields = {"DBClusterIdentifier": "main"}
    account.cloud.admin.script("rds_instance", {"id": "member"}, [{"state": "available", "fields": fields}])
    assert account.instance("member")["DBClusterIdentifier"] == "main"
    assert refused(account.snapshot, name="one", of="member") == "InvalidParameterValue"


OTHER, FAR = "111122223333", "eu-central-1"


def test_a_cluster_snapshot_is_copied_to_another_region_and_account(account: Clusters) -> None:
    source = account.make("one")
    given = {"SourceDBClusterSnapshotIdentifier": source["DBClusterSnapshotArn"], "TargetDBClusterSnapshotIdentifier": "one"}
    far, other = Databases(account.cloud, FAR), Databases(account.cloud, account_id=OTHER)
    assert refused(far.rds.copy_db_cluster_snapshot, **given, SourceRegion=account.region) == "InvalidParameterValue"
    key = far.key()
    far.rds.copy_db_cluster_snapshot(**given, SourceRegion=account.region, KmsKeyId=key)
    (copy,) = far.rds.describe_db_cluster_snapshots()["DBClusterSnapshots"]
    assert (copy["KmsKeyId"], copy["SourceDBClusterSnapshotArn"]) == (key, source["DBClusterSnapshotArn"])
    assert refused(other.rds.copy_db_cluster_snapshot, **given, KmsKeyId=other.key()) == "DBClusterSnapshotNotFoundFault"
    share = {"DBClusterSnapshotIdentifier": "one", "AttributeName": "restore", "ValuesToAdd": [OTHER]}
    account.rds.modify_db_cluster_snapshot_attribute(**share)
    assert refused(other.rds.copy_db_cluster_snapshot, **given, KmsKeyId=other.key()) == "KMSKeyNotAccessibleFault"

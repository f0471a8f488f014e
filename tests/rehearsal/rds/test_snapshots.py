"""DB snapshots: states, times, progress, lists, quotas, deletion, tags, sharing, and copies."""

from __future__ import annotations

from typing import Any

import pytest

from rehearsal.testing import Cloud

from ..conftest import ACCOUNT, REGION, refused, until
from .databases import Databases


@pytest.fixture
def databases(cloud: Cloud) -> Databases:
    return Databases(cloud)


@pytest.fixture
def main(databases: Databases) -> Databases:
    """An account with an encrypted instance, main, without automated backups."""
    databases.create("main")
    return databases


# A snapshot


def test_a_snapshot_as_it_is_described(main: Databases) -> None:
    instance = main.instance("main")
    main.snapshot("one")
    seen = main.seen("one")
    same = ("DBInstanceIdentifier", "DbiResourceId", "Engine", "EngineVersion", "AllocatedStorage", "MasterUsername", "KmsKeyId")
    assert {name: seen[name] for name in same} == {name: instance[name] for name in same}
    assert seen["InstanceCreateTime"] == instance["InstanceCreateTime"]
    assert (seen["Status"], seen["PercentProgress"], seen["SnapshotType"], seen["SnapshotTarget"]) == ("available", 100, "manual", "region")
    assert seen["DBSnapshotArn"] == f"arn:aws:rds:{REGION}:{ACCOUNT}:snapshot:one"
    assert (seen["Encrypted"], seen["StorageEncryptionType"]) == (True, "sse-kms")
    assert seen["SnapshotCreateTime"] == seen["OriginalSnapshotCreateTime"] == seen["SnapshotDatabaseTime"]


def test_a_snapshot_takes_time_and_its_instance_is_backing_up(main: Databases) -> None:
    main.takes(snapshot=1.0)
    made = main.snapshot("one")
    assert (made["Status"], made["PercentProgress"]) == ("creating", 0)
    assert not {"SnapshotCreateTime", "OriginalSnapshotCreateTime", "SnapshotDatabaseTime"} & set(made)
    assert main.instance("main")["DBInstanceStatus"] == "backing-up"
    assert refused(main.snapshot, name="two") == "InvalidDBInstanceState"
    assert refused(main.rds.delete_db_snapshot, DBSnapshotIdentifier="one") == "InvalidDBSnapshotState"
    until(lambda: 0 < main.seen("one")["PercentProgress"] < 100)
    until(lambda: main.seen("one").get("SnapshotCreateTime") is not None)
    until(lambda: main.seen("one")["Status"] == "available")
    assert main.seen("one")["PercentProgress"] == 100
    assert main.instance("main")["DBInstanceStatus"] == "available"
    main.snapshot("two")


def test_a_snapshot_keeps_what_its_instance_was(main: Databases) -> None:
    main.snapshot("one")
    main.rds.modify_db_instance(DBInstanceIdentifier="main", AllocatedStorage=200, ApplyImmediately=True)
    assert main.seen("one")["AllocatedStorage"] == 100


@pytest.mark.parametrize("name", ["1one", "one-", "o--ne", "rds:one", "o_ne", "x" * 256])
def test_identifiers_that_are_refused(main: Databases, name: str) -> None:
    assert refused(main.snapshot, name=name) == "InvalidParameterValue"


def test_identifiers_are_lowercase_and_unique(main: Databases) -> None:
    assert main.snapshot("One")["DBSnapshotIdentifier"] == "one"
    assert refused(main.snapshot, name="ONE") == "DBSnapshotAlreadyExists"
    assert refused(main.snapshot, name="two", of="absent") == "DBInstanceNotFound"


@pytest.mark.parametrize("state", ["stopped", "modifying", "backing-up", "storage-full", "failed", "inaccessible-encryption-credentials"])
def test_states_in_which_an_instance_has_no_snapshot(main: Databases, state: str) -> None:
    main.cloud.admin.script("rds_instance", {"id": "main"}, [{"state": state}])
    assert refused(main.snapshot, name="one") == "InvalidDBInstanceState"


def test_an_instance_that_optimizes_its_storage_can_be_snapshotted(main: Databases) -> None:
    main.cloud.admin.script("rds_instance", {"id": "main"}, [{"state": "storage-optimization"}])
    main.snapshot("one")


def test_quota_counts_manual_snapshots(main: Databases) -> None:
    main.cloud.admin.settings(quotas={"rds_manual_snapshots": 1})
    main.snapshot("one")
    assert refused(main.snapshot, name="two") == "SnapshotQuotaExceeded"
    assert refused(main.copy, source="one", name="two") == "SnapshotQuotaExceeded"
    main.rds.delete_db_snapshot(DBSnapshotIdentifier="one")
    main.snapshot("two")


def test_tags_in_the_call_replace_those_of_the_instance(main: Databases) -> None:
    main.create("tagged", Tags=[{"Key": "a", "Value": "1"}], CopyTagsToSnapshot=True)
    main.snapshot("inherited", of="tagged")
    main.snapshot("given", of="tagged", Tags=[{"Key": "b", "Value": "2"}])
    assert main.seen("inherited")["TagList"] == [{"Key": "a", "Value": "1"}]
    assert main.seen("given")["TagList"] == [{"Key": "b", "Value": "2"}]
    arn = main.seen("given")["DBSnapshotArn"]
    main.rds.add_tags_to_resource(ResourceName=arn, Tags=[{"Key": "c", "Value": "3"}])
    assert len(main.seen("given")["TagList"]) == 2
    assert refused(main.snapshot, name="bad", Tags=[{"Key": "aws:x", "Value": "y"}]) == "InvalidParameterValue"


# Scripts: bad days


def test_a_snapshot_that_fails_at_60_percent(main: Databases) -> None:
    states = [
        {"state": "creating", "seconds": 0.5, "fields": {"PercentProgress": [0, 60]}},
        {"state": "failed", "fields": {"PercentProgress": 60}},
    ]
    main.cloud.admin.script("rds_snapshot", {"id": "one"}, states)
    assert main.snapshot("one")["Status"] == "creating"
    until(lambda: main.seen("one")["PercentProgress"] > 20)
    until(lambda: main.seen("one")["Status"] == "failed")
    assert main.seen("one")["PercentProgress"] == 60
    assert main.instance("main")["DBInstanceStatus"] == "available"
    main.rds.delete_db_snapshot(DBSnapshotIdentifier="one")
    assert refused(main.seen, name="one") == "DBSnapshotNotFound"


def test_a_snapshot_that_stalls(main: Databases) -> None:
    main.cloud.admin.script("rds_snapshot", {"tag": {"a": "b"}}, [{"state": "creating", "fields": {"PercentProgress": 40}}])
    main.snapshot("one", Tags=[{"Key": "a", "Value": "b"}])
    assert [main.seen("one")["PercentProgress"] for _ in range(3)] == [40, 40, 40]
    assert main.instance("main")["DBInstanceStatus"] == "backing-up"


def test_a_snapshot_that_disappears(main: Databases) -> None:
    main.cloud.admin.script("rds_snapshot", {"id": "one"}, [{"state": "creating", "seconds": 0.2}, {"state": "deleted"}])
    main.snapshot("one")
    until(lambda: main.names() == [])
    assert refused(main.seen, name="one") == "DBSnapshotNotFound"


def test_a_snapshot_whose_time_is_ahead(main: Databases) -> None:
    ahead = {"SnapshotCreateTime": "2100-01-01T00:00:00+00:00"}
    main.cloud.admin.script("rds_snapshot", {"id": "one"}, [{"state": "available", "fields": ahead}])
    main.snapshot("one")
    assert main.seen("one")["SnapshotCreateTime"].year == 2100


# Lists


def test_250_snapshots_are_three_pages(main: Databases) -> None:
    for number in range(250):
        main.snapshot(f"s{number}")
    first = main.rds.describe_db_snapshots()
    assert len(first["DBSnapshots"]) == 100
    pages = list(main.rds.get_paginator("describe_db_snapshots").paginate())
    assert [len(page["DBSnapshots"]) for page in pages] == [100, 100, 50]
    assert len({one["DBSnapshotIdentifier"] for page in pages for one in page["DBSnapshots"]}) == 250
    assert refused(main.rds.describe_db_snapshots, MaxRecords=10) == "InvalidParameterValue"
    assert refused(main.rds.describe_db_snapshots, Marker="x") == "InvalidParameterValue"


def test_snapshots_belong_to_a_resource_not_to_a_name(main: Databases) -> None:
    before = main.instance("main")["DbiResourceId"]
    main.snapshot("one")
    main.rds.delete_db_instance(DBInstanceIdentifier="main", SkipFinalSnapshot=True)
    until(main.none_is_left)
    main.create("main")
    after = main.instance("main")["DbiResourceId"]
    assert before != after
    main.snapshot("two")
    assert main.names(DBInstanceIdentifier="main") == ["one", "two"]
    assert (main.names(DbiResourceId=before), main.names(DbiResourceId=after)) == (["one"], ["two"])
    assert main.names(Filters=[{"Name": "dbi-resource-id", "Values": [after]}]) == ["two"]


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ({"DBSnapshotIdentifier": "one"}, ["one"]),
        ({"DBSnapshotIdentifier": f"arn:aws:rds:{REGION}:{ACCOUNT}:snapshot:one"}, ["one"]),
        ({"SnapshotType": "manual"}, ["one"]),
        ({"SnapshotType": "shared"}, []),
        ({"SnapshotType": "public"}, []),
        ({"SnapshotType": "awsbackup"}, []),
        ({"DBInstanceIdentifier": "absent"}, []),
        ({"Filters": [{"Name": "engine", "Values": ["postgres"]}]}, ["one"]),
        ({"Filters": [{"Name": "engine", "Values": ["mysql"]}]}, []),
    ],
)
def test_filters(main: Databases, given: dict[str, Any], found: list[str]) -> None:
    main.snapshot("one")
    assert main.names(**given) == found


def test_filters_that_do_not_exist(main: Databases) -> None:
    assert refused(main.names, SnapshotType="old") == "InvalidParameterValue"
    assert refused(main.names, Filters=[{"Name": "status", "Values": ["available"]}]) == "InvalidParameterValue"
    assert refused(main.seen, name="absent") == "DBSnapshotNotFound"


# Copies


def test_a_copy_keeps_the_time_of_its_source(main: Databases) -> None:
    main.snapshot("one", Tags=[{"Key": "a", "Value": "1"}])
    main.takes(snapshot=0.5)
    main.copy("one", "two", CopyTags=True)
    assert main.seen("two")["Status"] == "pending"
    until(lambda: main.seen("two")["Status"] == "copying")
    until(lambda: main.seen("two")["Status"] == "available")
    source, seen = main.seen("one"), main.seen("two")
    assert seen["SnapshotCreateTime"] > source["SnapshotCreateTime"]
    same = ("OriginalSnapshotCreateTime", "SnapshotDatabaseTime", "DbiResourceId", "KmsKeyId", "TagList")
    assert {name: seen[name] for name in same} == {name: source[name] for name in same}
    assert seen["SourceDBSnapshotIdentifier"] == source["DBSnapshotArn"]
    assert "SourceRegion" not in seen


def test_a_copy_under_another_key(main: Databases) -> None:
    main.snapshot("one")
    key = main.key()
    main.copy("one", "two", KmsKeyId=key)
    assert main.seen("two")["KmsKeyId"] == key
    main.cloud.client("kms").disable_key(KeyId=key)
    assert refused(main.copy, source="one", name="three", KmsKeyId=key) == "KMSKeyNotAccessibleFault"
    assert refused(main.copy, source="one", name="three", KmsKeyId="alias/absent") == "KMSKeyNotAccessibleFault"


def test_copies_that_are_refused(main: Databases) -> None:
    assert refused(main.copy, source="absent", name="two") == "DBSnapshotNotFound"
    main.snapshot("one")
    assert refused(main.copy, source="one", name="one") == "DBSnapshotAlreadyExists"
    main.takes(snapshot=5)
    main.snapshot("slow")
    assert refused(main.copy, source="slow", name="two") == "InvalidDBSnapshotState"


def test_deleting_the_source_ends_its_copy(main: Databases) -> None:
    main.snapshot("one")
    main.takes(snapshot=5)
    main.copy("one", "two")
    main.rds.delete_db_snapshot(DBSnapshotIdentifier="one")
    assert main.seen("two")["Status"] == "failed"


def test_a_deletion_takes_time(main: Databases) -> None:
    main.snapshot("one")
    main.takes(snapshot=2)
    assert main.rds.delete_db_snapshot(DBSnapshotIdentifier="one")["DBSnapshot"]["Status"] == "deleted"
    assert main.seen("one")["Status"] == "deleting"
    assert refused(main.rds.delete_db_snapshot, DBSnapshotIdentifier="one") == "InvalidDBSnapshotState"
    until(lambda: main.names() == [])


def test_a_copy_in_another_region_needs_a_key_of_that_region(main: Databases) -> None:
    main.snapshot("one")
    arn = main.seen("one")["DBSnapshotArn"]
    there = Databases(main.cloud, region="eu-west-1")
    assert refused(there.copy, source="one", name="two") == "DBSnapshotNotFound"
    assert refused(there.copy, source=arn, name="two") == "InvalidParameterCombination"
    assert refused(there.copy, source=arn, name="two", SourceRegion=REGION) == "InvalidParameterValue"
    assert refused(there.copy, source=arn, name="two", SourceRegion=REGION, KmsKeyId=main.key()) == "KMSKeyNotAccessibleFault"
    key = there.key()
    there.copy(arn, "two", SourceRegion=REGION, KmsKeyId=key)
    seen = there.seen("two")
    assert (seen["KmsKeyId"], seen["SourceRegion"], seen["SourceDBSnapshotIdentifier"]) == (key, REGION, arn)
    assert seen["DbiResourceId"] == main.seen("one")["DbiResourceId"]


# Sharing


def shared_with(main: Databases, name: str) -> list[str]:
    found = main.rds.describe_db_snapshot_attributes(DBSnapshotIdentifier=name)["DBSnapshotAttributesResult"]["DBSnapshotAttributes"]
    return [value for one in found if one["AttributeName"] == "restore" for value in one["AttributeValues"]]


def share(main: Databases, name: str, **given: Any) -> None:
    main.rds.modify_db_snapshot_attribute(**{"DBSnapshotIdentifier": name, "AttributeName": "restore", **given})


def test_a_snapshot_is_shared_and_taken_back(main: Databases) -> None:
    main.snapshot("one")
    assert shared_with(main, "one") == []
    share(main, "one", ValuesToAdd=["111111111111", "222222222222"])
    share(main, "one", ValuesToRemove=["111111111111"])
    assert shared_with(main, "one") == ["222222222222"]


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"ValuesToAdd": ["all"]}, "InvalidDBSnapshotState"),
        ({"ValuesToAdd": ["me"]}, "InvalidParameterValue"),
        ({"ValuesToAdd": ["111111111111"], "ValuesToRemove": ["111111111111"]}, "InvalidParameterCombination"),
        ({"AttributeName": "read"}, "InvalidParameterValue"),
        ({"ValuesToAdd": [f"{number:012d}" for number in range(21)]}, "SharedSnapshotQuotaExceeded"),
        ({"DBSnapshotIdentifier": "absent"}, "DBSnapshotNotFound"),
    ],
)
def test_shares_that_are_refused(main: Databases, given: dict[str, Any], code: str) -> None:
    main.snapshot("one")
    assert refused(share, main=main, name="one", **given) == code


def test_a_snapshot_under_the_default_key_is_not_shared(main: Databases) -> None:
    main.create("plain", KmsKeyId=None)
    main.snapshot("one", of="plain")
    assert main.seen("one")["StorageEncryptionType"] == "sse-rds"
    assert refused(share, main=main, name="one", ValuesToAdd=["111111111111"]) == "InvalidDBSnapshotState"


def test_an_unencrypted_snapshot_can_be_public(main: Databases) -> None:
    main.create("plain", KmsKeyId=None, StorageEncrypted=False)
    main.snapshot("one", of="plain")
    share(main, "one", ValuesToAdd=["all"])
    assert (main.seen("one")["StorageEncryptionType"], main.names(SnapshotType="public")) == ("none", ["one"])

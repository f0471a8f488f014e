"""Snapshots and secrets between accounts: shared, copied under a key of one's own, and taken back."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ..conftest import ACCOUNT, CheckedCloud, refused
from .databases import Databases

OTHER = "111122223333"


@pytest.fixture
def pair(cloud: CheckedCloud) -> tuple[Databases, Databases]:
    """An account with an encrypted instance, main, and its snapshot, one; and another account in the same region."""
    here, there = Databases(cloud), Databases(cloud, account_id=OTHER)
    here.create("main")
    here.snapshot("one")
    return here, there


def share(here: Databases, name: str, **given: Any) -> None:
    here.rds.modify_db_snapshot_attribute(DBSnapshotIdentifier=name, AttributeName="restore", **given)


def allow(here: Databases, key: str) -> None:
    """Lets the other account use a key."""
    mine = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "kms:*", "Resource": "*"}
    theirs = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{OTHER}:root"}, "Action": "kms:*", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [mine, theirs]})
    here.client("kms").put_key_policy(KeyId=key, PolicyName="default", Policy=policy)


def test_a_snapshot_is_seen_only_while_it_is_shared(pair: tuple[Databases, Databases]) -> None:
    here, there = pair
    arn = here.seen("one")["DBSnapshotArn"]
    assert refused(there.seen, name=arn) == "DBSnapshotNotFound"
    share(here, "one", ValuesToAdd=[OTHER])
    assert there.seen(arn)["DBSnapshotIdentifier"] == "one"
    assert (there.names(), there.names(SnapshotType="shared"), there.names(IncludeShared=True)) == ([], ["one"], ["one"])
    assert refused(there.rds.delete_db_snapshot, DBSnapshotIdentifier=arn) == "DBSnapshotNotFound"
    assert refused(share, here=there, name=arn, ValuesToAdd=[OTHER]) == "DBSnapshotNotFound"
    share(here, "one", ValuesToRemove=[OTHER])
    assert there.names(SnapshotType="shared") == []


def test_a_shared_snapshot_is_copied_under_a_key_of_ones_own(pair: tuple[Databases, Databases]) -> None:
    here, there = pair
    source = here.seen("one")
    arn, key = source["DBSnapshotArn"], there.key()
    share(here, "one", ValuesToAdd=[OTHER])
    restore = {"DBInstanceIdentifier": "main", "DBSnapshotIdentifier": arn}
    assert refused(there.rds.restore_db_instance_from_db_snapshot, **restore) == "KMSKeyNotAccessibleFault"
    assert refused(there.copy, source=arn, name="mine", KmsKeyId=key) == "KMSKeyNotAccessibleFault"
    allow(here, source["KmsKeyId"])
    assert refused(there.copy, source=arn, name="mine") == "InvalidParameterValue"
    there.copy(arn, "mine", KmsKeyId=key)
    share(here, "one", ValuesToRemove=[OTHER])
    seen = there.seen("mine")
    assert (seen["KmsKeyId"], seen["SourceDBSnapshotIdentifier"], seen["DbiResourceId"]) == (key, arn, source["DbiResourceId"])
    there.rds.restore_db_instance_from_db_snapshot(DBInstanceIdentifier="main", DBSnapshotIdentifier="mine")
    assert there.instance("main")["KmsKeyId"] == key


def test_a_key_of_another_account_encrypts_for_whom_it_admits(pair: tuple[Databases, Databases]) -> None:
    here, there = pair
    key = here.key()
    assert refused(there.create, name="main", KmsKeyId=key) == "KMSKeyNotAccessibleFault"
    allow(here, key)
    there.create("main", KmsKeyId=key)
    assert there.instance("main")["KmsKeyId"] == key


def test_a_secret_of_another_account_needs_its_policy_and_its_key(pair: tuple[Databases, Databases]) -> None:
    here, there = (one.client("secretsmanager") for one in pair)
    key = pair[0].key()
    plain = here.create_secret(Name="plain", SecretString="1")["ARN"]
    arn = here.create_secret(Name="app", SecretString="1", KmsKeyId=key)["ARN"]
    assert refused(there.get_secret_value, SecretId="app") == "ResourceNotFoundException"
    assert refused(there.get_secret_value, SecretId=arn) == "AccessDeniedException"
    statement = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{OTHER}:root"}, "Action": "secretsmanager:*", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    for secret in (plain, arn):
        here.put_resource_policy(SecretId=secret, ResourcePolicy=policy)
    assert refused(there.get_secret_value, SecretId=plain) == "InvalidRequestException"
    assert refused(there.get_secret_value, SecretId=arn) == "AccessDeniedException"
    allow(pair[0], key)
    assert there.get_secret_value(SecretId=arn)["SecretString"] == "1"

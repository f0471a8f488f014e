"""Master passwords that RDS manages: the secret, its schedule, and its rotation, with and without RDS's calls."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from rehearsal.testing import Cloud

from ..conftest import refused, until
from .databases import Databases

WEEK = 7 * 86_400


class Managed(Databases):
    """An account with an instance, main, whose master password is managed."""

    def __init__(self, cloud: Cloud) -> None:
        super().__init__(cloud)
        self.secrets = cloud.client("secretsmanager")

    @property
    def secret(self) -> dict[str, Any]:
        return dict(self.instance("main")["MasterUserSecret"])

    @property
    def arn(self) -> str:
        return str(self.secret["SecretArn"])

    def value(self, stage: str = "AWSCURRENT") -> dict[str, str]:
        return dict(json.loads(self.secrets.get_secret_value(SecretId=self.arn, VersionStage=stage)["SecretString"]))

    def modify(self, **options: Any) -> None:
        self.rds.modify_db_instance(DBInstanceIdentifier="main", **{"ApplyImmediately": True, **options})


@pytest.fixture
def main(cloud: Cloud) -> Managed:
    account = Managed(cloud)
    account.create("main", ManageMasterUserPassword=True)
    return account


# The secret


def test_the_secret_of_an_instance(main: Managed) -> None:
    assert (main.secret["SecretStatus"], main.value()["username"]) == ("active", "root_user")
    assert len(main.value()["password"]) == 28
    seen = main.secrets.describe_secret(SecretId=main.arn)
    assert seen["Name"].startswith("rds!db-")
    assert (seen["OwningService"], seen["RotationEnabled"], seen["RotationRules"]) == ("rds", True, {"AutomaticallyAfterDays": 7})
    assert {tag["Key"] for tag in seen["Tags"]} == {"aws:secretsmanager:owningService", "aws:rds:primaryDBInstanceArn"}
    assert seen["NextRotationDate"] - seen["CreatedDate"] == timedelta(days=7)
    assert main.secret["KmsKeyId"].startswith("arn:aws:kms:")
    assert [one["Name"] for one in main.secrets.list_secrets(Filters=[{"Key": "owning-service", "Values": ["rds"]}])["SecretList"]] == [
        seen["Name"]
    ]


def test_passwords_differ(main: Managed) -> None:
    first = main.value()["password"]
    main.rds.delete_db_instance(DBInstanceIdentifier="main", SkipFinalSnapshot=True)
    until(main.none_is_left)
    main.create("main", ManageMasterUserPassword=True)
    assert main.value()["password"] != first


def test_the_key_of_the_secret(main: Managed) -> None:
    key = main.key()
    main.create("other", ManageMasterUserPassword=True, MasterUserSecretKmsKeyId=key)
    secret = main.instance("other")["MasterUserSecret"]
    assert secret["KmsKeyId"] == key
    assert main.secrets.describe_secret(SecretId=secret["SecretArn"])["KmsKeyId"] == key
    main.cloud.client("kms").disable_key(KeyId=key)
    assert main.instance("other")["MasterUserSecret"]["SecretStatus"] == "impaired"
    given = {"name": "third", "ManageMasterUserPassword": True, "MasterUserSecretKmsKeyId": key}
    assert refused(main.create, **given) == "KMSKeyNotAccessibleFault"


def test_a_secret_takes_time(cloud: Cloud) -> None:
    account = Managed(cloud)
    account.takes(secret=0.5)
    account.create("main", ManageMasterUserPassword=True)
    assert account.secret["SecretStatus"] == "creating"
    until(lambda: account.secret["SecretStatus"] == "active")


def test_rds_alone_changes_its_secret(main: Managed) -> None:
    arn = main.arn
    calls: list[tuple[Any, dict[str, Any]]] = [
        (main.secrets.delete_secret, {}),
        (main.secrets.delete_secret, {"ForceDeleteWithoutRecovery": True}),
        (main.secrets.update_secret, {"SecretString": "x"}),
        (main.secrets.put_secret_value, {"SecretString": "x"}),
        (main.secrets.cancel_rotate_secret, {}),
        (main.secrets.rotate_secret, {"RotationLambdaARN": "arn:aws:lambda:x:1:function:y"}),
    ]
    assert {refused(call, SecretId=arn, **given) for call, given in calls} == {"InvalidRequestException"}
    main.secrets.tag_resource(SecretId=arn, Tags=[{"Key": "a", "Value": "b"}])
    main.secrets.untag_resource(SecretId=arn, TagKeys=["aws:secretsmanager:owningService"])
    assert main.secrets.describe_secret(SecretId=arn)["OwningService"] == "rds"


def test_the_secret_goes_with_its_instance(main: Managed) -> None:
    arn = main.arn
    main.rds.delete_db_instance(DBInstanceIdentifier="main", SkipFinalSnapshot=True)
    until(main.none_is_left)
    assert refused(main.secrets.describe_secret, SecretId=arn) == "ResourceNotFoundException"
    assert main.secrets.list_secrets(IncludePlannedDeletion=True)["SecretList"] == []


def test_managing_is_turned_on_and_off(main: Managed) -> None:
    arn = main.arn
    main.modify(ManageMasterUserPassword=False, MasterUserPassword="chosen-by-hand")
    until(lambda: "MasterUserSecret" not in main.instance("main"))
    assert refused(main.secrets.describe_secret, SecretId=arn) == "ResourceNotFoundException"
    main.modify(ManageMasterUserPassword=True, MasterUserSecretKmsKeyId=main.key())
    until(lambda: "MasterUserSecret" in main.instance("main"))
    assert main.value()["username"] == "root_user"


def test_replicas_and_restores_exclude_it(main: Managed) -> None:
    main.modify(BackupRetentionPeriod=1)
    until(lambda: main.instance("main")["DBInstanceStatus"] == "available")
    replica = {"DBInstanceIdentifier": "reader", "SourceDBInstanceIdentifier": "main"}
    assert refused(main.rds.create_db_instance_read_replica, **replica) == "InvalidParameterCombination"
    main.snapshot("one")
    restore = {"DBInstanceIdentifier": "new", "DBSnapshotIdentifier": "one"}
    assert refused(main.rds.restore_db_instance_from_db_snapshot, **restore, ManageMasterUserPassword=True) == "InvalidParameterCombination"
    main.rds.restore_db_instance_from_db_snapshot(**restore)
    assert "MasterUserSecret" not in main.instance("new")


# Rotation


def versions(main: Managed) -> list[list[str]]:
    return sorted(main.secrets.describe_secret(SecretId=main.arn)["VersionIdsToStages"].values())


def test_a_rotation_goes_through_pending(main: Managed) -> None:
    main.cloud.admin.settings(secret_rotation_seconds=1.0)
    before = main.value()["password"]
    made = main.secrets.rotate_secret(SecretId=main.arn)["VersionId"]
    assert (main.secret["SecretStatus"], versions(main)) == ("rotating", [["AWSCURRENT"], ["AWSPENDING"]])
    assert refused(main.secrets.rotate_secret, SecretId=main.arn) == "InvalidRequestException"
    assert main.value()["password"] == before
    pending = main.value("AWSPENDING")["password"]
    assert pending != before
    until(lambda: main.secret["SecretStatus"] == "active")
    assert versions(main) == [["AWSCURRENT"], ["AWSPREVIOUS"]]
    assert (main.value()["password"], main.value("AWSPREVIOUS")["password"]) == (pending, before)
    seen = main.secrets.describe_secret(SecretId=main.arn)
    assert seen["VersionIdsToStages"][made] == ["AWSCURRENT"]
    assert seen["LastRotatedDate"] <= seen["NextRotationDate"] - timedelta(days=7) + timedelta(seconds=1)


def test_the_stages_move_whichever_service_is_asked(main: Managed) -> None:
    main.cloud.admin.settings(secret_rotation_seconds=0.3)
    arn, before = main.arn, main.value()["password"]
    main.secrets.rotate_secret(SecretId=arn)
    until(lambda: json.loads(main.secrets.get_secret_value(SecretId=arn)["SecretString"])["password"] != before)


def test_rds_rotates_on_request(main: Managed) -> None:
    before = main.value()["password"]
    assert refused(main.rds.modify_db_instance, DBInstanceIdentifier="main", RotateMasterUserPassword=True) == "InvalidParameterCombination"
    main.modify(RotateMasterUserPassword=True)
    until(lambda: main.value()["password"] != before)


def test_the_schedule(main: Managed) -> None:
    before = main.value()["password"]
    main.cloud.admin.settings(clock_ahead_seconds=WEEK - 60)
    assert main.value()["password"] == before
    main.cloud.admin.settings(clock_ahead_seconds=WEEK + 60)
    assert main.value()["password"] != before
    changed = main.value()["password"]
    main.secrets.rotate_secret(SecretId=main.arn, RotationRules={"ScheduleExpression": "rate(30 days)"}, RotateImmediately=False)
    assert main.value()["password"] == changed
    seen = main.secrets.describe_secret(SecretId=main.arn)
    assert seen["RotationRules"] == {"ScheduleExpression": "rate(30 days)"}
    main.cloud.admin.settings(clock_ahead_seconds=WEEK + 29 * 86_400)
    assert main.value()["password"] == changed
    main.cloud.admin.settings(clock_ahead_seconds=WEEK + 31 * 86_400)
    assert main.value()["password"] != changed


def test_an_instance_that_is_stopped_is_not_rotated(main: Managed) -> None:
    main.rds.stop_db_instance(DBInstanceIdentifier="main")
    until(lambda: main.instance("main")["DBInstanceStatus"] == "stopped")
    assert refused(main.secrets.rotate_secret, SecretId=main.arn) == "InvalidRequestException"
    before = main.value()["password"]
    main.cloud.admin.settings(clock_ahead_seconds=2 * WEEK)
    assert main.value()["password"] == before


def test_passwords_are_in_no_log(main: Managed) -> None:
    password = main.value()["password"]
    main.modify(RotateMasterUserPassword=True)
    text = json.dumps(main.cloud.admin.requests()) + main.cloud.log
    assert password not in text
    assert main.value()["password"] not in text

"""Secrets Manager: secrets, values, stages, deletion, replicas, policies, keys, and rotation schedules."""

from __future__ import annotations

import json
import re
import string
from typing import Any

import pytest
from botocore.exceptions import ClientError

from rehearsal.testing import Cloud

from ..conftest import ACCOUNT, REGION, refused

TOKENS = [f"{number:032d}" for number in range(10)]


@pytest.fixture
def secrets(cloud: Cloud) -> Any:
    return cloud.client("secretsmanager")


def text_of(call: Any, **parameters: Any) -> str:
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    return str(caught.value.response["Error"]["Message"])


def stages(secrets: Any, name: str = "app") -> dict[str, list[str]]:
    return {key[-1]: sorted(value) for key, value in secrets.describe_secret(SecretId=name).get("VersionIdsToStages", {}).items()}


# Secrets


def test_a_secret_as_it_is_described(secrets: Any) -> None:
    made = secrets.create_secret(Name="a/b", Description="x", SecretString="s", Tags=[{"Key": "k", "Value": "v"}])
    assert re.fullmatch(rf"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:a/b-[A-Za-z0-9]{{6}}", made["ARN"])
    seen = secrets.describe_secret(SecretId="a/b")
    assert (seen["Name"], seen["Description"], seen["Tags"]) == ("a/b", "x", [{"Key": "k", "Value": "v"}])
    assert seen["VersionIdsToStages"] == {made["VersionId"]: ["AWSCURRENT"]}
    absent = {"KmsKeyId", "DeletedDate", "RotationEnabled", "RotationRules", "OwningService", "LastAccessedDate", "ReplicationStatus"}
    assert not absent & set(seen)


@pytest.mark.parametrize("form", ["name", "arn", "arn without its suffix"])
def test_names_of_a_secret(secrets: Any, form: str) -> None:
    arn = secrets.create_secret(Name="app", SecretString="s")["ARN"]
    named = {"name": "app", "arn": arn, "arn without its suffix": arn[:-7]}[form]
    assert secrets.get_secret_value(SecretId=named)["ARN"] == arn


@pytest.mark.parametrize("default", ["alias/aws/secretsmanager", ""])
def test_an_update_changes_only_what_it_names(secrets: Any, cloud: Cloud, default: str) -> None:
    key = cloud.client("kms").create_key()["KeyMetadata"]["Arn"]
    secrets.create_secret(Name="app", Description="before", SecretString="s", KmsKeyId=key)
    assert "VersionId" not in secrets.update_secret(SecretId="app", Description="after")
    seen = secrets.describe_secret(SecretId="app")
    assert (seen["Description"], seen["KmsKeyId"], len(seen["VersionIdsToStages"])) == ("after", key, 1)
    secrets.update_secret(SecretId="app", KmsKeyId=default)
    assert "KmsKeyId" not in secrets.describe_secret(SecretId="app")


def test_tags(secrets: Any) -> None:
    secrets.create_secret(Name="app", Tags=[{"Key": "a", "Value": "1"}])
    secrets.tag_resource(SecretId="app", Tags=[{"Key": "a", "Value": "2"}, {"Key": "b", "Value": "3"}])
    secrets.untag_resource(SecretId="app", TagKeys=["b", "absent"])
    assert secrets.describe_secret(SecretId="app")["Tags"] == [{"Key": "a", "Value": "2"}]
    many = [{"Key": str(number), "Value": ""} for number in range(50)]
    assert refused(secrets.tag_resource, SecretId="app", Tags=many) == "InvalidParameterException"
    assert refused(secrets.tag_resource, SecretId="app", Tags=[{"Key": "aws:x", "Value": ""}]) == "InvalidParameterException"


def test_lists_are_filtered_sorted_and_paged(secrets: Any) -> None:
    for name in ("prod/a", "prod/b", "dev/a"):
        secrets.create_secret(Name=name, Tags=[{"Key": "env", "Value": name[:3]}])
    listed = secrets.list_secrets(SortBy="name", SortOrder="asc", MaxResults=2)
    assert [one["Name"] for one in listed["SecretList"]] == ["dev/a", "prod/a"]
    rest = secrets.list_secrets(SortBy="name", SortOrder="asc", MaxResults=2, NextToken=listed["NextToken"])
    assert [one["Name"] for one in rest["SecretList"]] == ["prod/b"]
    assert "NextToken" not in rest
    found = secrets.list_secrets(Filters=[{"Key": "name", "Values": ["prod/"]}, {"Key": "tag-value", "Values": ["pro"]}])
    assert {one["Name"] for one in found["SecretList"]} == {"prod/a", "prod/b"}
    assert refused(secrets.list_secrets, NextToken="x") == "InvalidNextTokenException"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"Name": "a b"}, "ValidationException"),
        ({"Name": "rds!db-1"}, "InvalidRequestException"),
        ({"SecretString": "s", "SecretBinary": b"s"}, "InvalidParameterException"),
        ({"SecretString": "s" * 65_537}, "ValidationException"),
        ({"SecretString": "s", "KmsKeyId": "alias/absent"}, "EncryptionFailure"),
        ({"Tags": [{"Key": "aws:x", "Value": "y"}]}, "InvalidParameterException"),
        ({"AddReplicaRegions": [{"Region": REGION}]}, "InvalidParameterException"),
    ],
)
def test_secrets_that_cannot_be_created(secrets: Any, change: dict[str, Any], code: str) -> None:
    assert refused(secrets.create_secret, **{"Name": "app", **change}) == code


def test_quota(secrets: Any, cloud: Cloud) -> None:
    cloud.admin.settings(quotas={"secrets": 1})
    secrets.create_secret(Name="app")
    assert refused(secrets.create_secret, Name="other") == "LimitExceededException"
    assert refused(secrets.create_secret, Name="app") == "ResourceExistsException"


# Tokens


def test_a_repeated_creation_with_its_token_succeeds(secrets: Any) -> None:
    given = {"Name": "app", "SecretString": "s", "ClientRequestToken": TOKENS[1]}
    first = secrets.create_secret(**given)
    assert first["VersionId"] == TOKENS[1]
    assert secrets.create_secret(**given)["ARN"] == first["ARN"]
    assert refused(secrets.create_secret, **{**given, "ClientRequestToken": TOKENS[2]}) == "ResourceExistsException"
    assert TOKENS[1] in text_of(secrets.create_secret, **{**given, "SecretString": "t"})


def test_a_token_is_a_version_of_one_secret(secrets: Any) -> None:
    for name in ("app", "other"):
        secrets.create_secret(Name=name)
        secrets.put_secret_value(SecretId=name, SecretString=name, ClientRequestToken=TOKENS[1])
    secrets.put_secret_value(SecretId="app", SecretString="app", ClientRequestToken=TOKENS[1])
    assert refused(secrets.put_secret_value, SecretId="app", SecretString="x", ClientRequestToken=TOKENS[1]) == "ResourceExistsException"
    assert stages(secrets) == {"1": ["AWSCURRENT"]}


# Versions and stages


def test_stages_move(secrets: Any) -> None:
    secrets.create_secret(Name="app", SecretString="1", ClientRequestToken=TOKENS[1])
    secrets.put_secret_value(SecretId="app", SecretString="2", ClientRequestToken=TOKENS[2])
    assert stages(secrets) == {"1": ["AWSPREVIOUS"], "2": ["AWSCURRENT"]}
    secrets.put_secret_value(SecretId="app", SecretString="3", ClientRequestToken=TOKENS[3], VersionStages=["AWSPENDING"])
    assert secrets.get_secret_value(SecretId="app", VersionStage="AWSPENDING")["SecretString"] == "3"
    assert secrets.get_secret_value(SecretId="app")["SecretString"] == "2"
    move = {"SecretId": "app", "VersionStage": "AWSCURRENT", "MoveToVersionId": TOKENS[3]}
    assert refused(secrets.update_secret_version_stage, **move) == "InvalidParameterException"
    secrets.update_secret_version_stage(**move, RemoveFromVersionId=TOKENS[2])
    secrets.update_secret_version_stage(SecretId="app", VersionStage="AWSPENDING", RemoveFromVersionId=TOKENS[3])
    assert stages(secrets) == {"2": ["AWSPREVIOUS"], "3": ["AWSCURRENT"]}
    assert refused(secrets.update_secret_version_stage, SecretId="app", VersionStage="AWSCURRENT", RemoveFromVersionId=TOKENS[3]) == (
        "InvalidParameterException"
    )
    listed = secrets.list_secret_version_ids(SecretId="app")
    assert {one["VersionId"][-1] for one in listed["Versions"]} == {"2", "3"}
    every = secrets.list_secret_version_ids(SecretId="app", IncludeDeprecated=True)["Versions"]
    assert {one["VersionId"][-1] for one in every} == {"1", "2", "3"}


def test_the_first_value_is_current_whatever_its_stages(secrets: Any) -> None:
    secrets.create_secret(Name="app")
    assert refused(secrets.get_secret_value, SecretId="app") == "ResourceNotFoundException"
    secrets.put_secret_value(SecretId="app", SecretString="s", VersionStages=["blue"], ClientRequestToken=TOKENS[1])
    assert stages(secrets) == {"1": ["AWSCURRENT", "blue"]}


def test_values_of_bytes_and_by_version(secrets: Any) -> None:
    secrets.create_secret(Name="app", SecretBinary=b"\x00\xff", ClientRequestToken=TOKENS[1])
    seen = secrets.get_secret_value(SecretId="app", VersionId=TOKENS[1])
    assert seen["SecretBinary"] == b"\x00\xff"
    assert "SecretString" not in seen
    assert refused(secrets.get_secret_value, SecretId="app", VersionId=TOKENS[1], VersionStage="AWSPREVIOUS") == "InvalidRequestException"
    assert refused(secrets.get_secret_value, SecretId="app", VersionId=TOKENS[2]) == "ResourceNotFoundException"
    assert refused(secrets.put_secret_value, SecretId="app") == "InvalidRequestException"


def test_batches_report_each_secret(secrets: Any) -> None:
    for name in ("a", "b"):
        secrets.create_secret(Name=name, SecretString=name)
    secrets.create_secret(Name="empty")
    found = secrets.batch_get_secret_value(SecretIdList=["a", "absent", "empty"])
    assert [one["SecretString"] for one in found["SecretValues"]] == ["a"]
    assert [(one["SecretId"], one["ErrorCode"]) for one in found["Errors"]] == [
        ("absent", "ResourceNotFoundException"),
        ("empty", "ResourceNotFoundException"),
    ]
    page = secrets.batch_get_secret_value(Filters=[{"Key": "name", "Values": ["a", "b"]}], MaxResults=1)
    assert len(page["SecretValues"]) == 1
    assert page["NextToken"]
    assert refused(secrets.batch_get_secret_value, SecretIdList=["a"], MaxResults=1) == "InvalidParameterException"
    assert refused(secrets.batch_get_secret_value) == "InvalidParameterException"


# Deletion


def test_a_deleted_secret_keeps_its_name_until_the_window_ends(secrets: Any) -> None:
    secrets.create_secret(Name="app", SecretString="s")
    gone = secrets.delete_secret(SecretId="app", RecoveryWindowInDays=7)
    assert secrets.describe_secret(SecretId="app")["DeletedDate"] == gone["DeletionDate"]
    expected = "You can't create this secret because a secret with this name is already scheduled for deletion."
    assert text_of(secrets.create_secret, Name="app") == expected
    marked = {
        secrets.get_secret_value: {},
        secrets.put_secret_value: {"SecretString": "t"},
        secrets.update_secret: {"Description": "t"},
        secrets.delete_secret: {},
        secrets.tag_resource: {"Tags": [{"Key": "a", "Value": "b"}]},
        secrets.get_resource_policy: {},
    }
    assert {refused(call, SecretId="app", **more) for call, more in marked.items()} == {"InvalidRequestException"}
    assert secrets.list_secrets()["SecretList"] == []
    assert [one["Name"] for one in secrets.list_secrets(IncludePlannedDeletion=True)["SecretList"]] == ["app"]
    secrets.restore_secret(SecretId="app")
    assert secrets.get_secret_value(SecretId="app")["SecretString"] == "s"


def test_a_forced_deletion_frees_the_name(secrets: Any) -> None:
    first = secrets.create_secret(Name="app")["ARN"]
    secrets.delete_secret(SecretId="app", ForceDeleteWithoutRecovery=True)
    secrets.delete_secret(SecretId="app", ForceDeleteWithoutRecovery=True)
    assert refused(secrets.describe_secret, SecretId="app") == "ResourceNotFoundException"
    assert secrets.create_secret(Name="app")["ARN"] != first


@pytest.mark.parametrize("given", [{"RecoveryWindowInDays": 6}, {"RecoveryWindowInDays": 31}])
def test_recovery_windows(secrets: Any, given: dict[str, Any]) -> None:
    secrets.create_secret(Name="app")
    assert refused(secrets.delete_secret, SecretId="app", **given) == "InvalidParameterException"
    both = {"RecoveryWindowInDays": 7, "ForceDeleteWithoutRecovery": True}
    assert refused(secrets.delete_secret, SecretId="app", **both) == "InvalidParameterException"


# Replicas


def test_replicas_follow_their_secret(secrets: Any, cloud: Cloud) -> None:
    there = cloud.client("secretsmanager", region="eu-west-1")
    made = secrets.create_secret(Name="app", SecretString="1", AddReplicaRegions=[{"Region": "eu-west-1"}])
    assert [(one["Region"], one["Status"]) for one in made["ReplicationStatus"]] == [("eu-west-1", "InSync")]
    secrets.put_secret_value(SecretId="app", SecretString="2")
    seen = there.get_secret_value(SecretId="app")
    assert seen["SecretString"] == "2"
    assert ":eu-west-1:" in seen["ARN"]
    assert there.describe_secret(SecretId="app")["PrimaryRegion"] == REGION
    assert refused(there.put_secret_value, SecretId="app", SecretString="3") == "InvalidRequestException"
    assert refused(secrets.delete_secret, SecretId="app") == "InvalidRequestException"
    secrets.remove_regions_from_replication(SecretId="app", RemoveReplicaRegions=["eu-west-1"])
    assert refused(there.describe_secret, SecretId="app") == "ResourceNotFoundException"
    secrets.delete_secret(SecretId="app")


def test_a_replica_is_promoted(secrets: Any, cloud: Cloud) -> None:
    there = cloud.client("secretsmanager", region="eu-west-1")
    secrets.create_secret(Name="app", SecretString="1")
    secrets.replicate_secret_to_regions(SecretId="app", AddReplicaRegions=[{"Region": "eu-west-1"}])
    assert refused(secrets.stop_replication_to_replica, SecretId="app") == "InvalidRequestException"
    there.stop_replication_to_replica(SecretId="app")
    there.put_secret_value(SecretId="app", SecretString="2")
    assert secrets.get_secret_value(SecretId="app")["SecretString"] == "1"


def test_a_replica_needs_its_name_and_its_key(secrets: Any, cloud: Cloud) -> None:
    cloud.client("secretsmanager", region="eu-west-1").create_secret(Name="app", SecretString="other")
    made = secrets.create_secret(Name="app", SecretString="1", AddReplicaRegions=[{"Region": "eu-west-1"}])
    assert made["ReplicationStatus"][0]["Status"] == "Failed"
    key = cloud.client("kms").create_key()["KeyMetadata"]["KeyId"]
    made = secrets.create_secret(Name="b", SecretString="1", AddReplicaRegions=[{"Region": "us-west-2", "KmsKeyId": key}])
    assert made["ReplicationStatus"][0]["Status"] == "Failed"


# Policies


def policy(principal: Any) -> str:
    statement = {"Effect": "Allow", "Principal": principal, "Action": "secretsmanager:GetSecretValue", "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def test_resource_policies(secrets: Any) -> None:
    secrets.create_secret(Name="app")
    assert "ResourcePolicy" not in secrets.get_resource_policy(SecretId="app")
    wanted = policy({"AWS": f"arn:aws:iam::{ACCOUNT}:root"})
    assert secrets.validate_resource_policy(ResourcePolicy=wanted)["PolicyValidationPassed"] is True
    secrets.put_resource_policy(SecretId="app", ResourcePolicy=wanted)
    assert secrets.get_resource_policy(SecretId="app")["ResourcePolicy"] == wanted
    secrets.delete_resource_policy(SecretId="app")
    assert "ResourcePolicy" not in secrets.get_resource_policy(SecretId="app")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("{", "MalformedPolicyDocumentException"),
        ("{}", "MalformedPolicyDocumentException"),
        (policy({"AWS": f"arn:aws:iam::{ACCOUNT}:role/absent"}), "MalformedPolicyDocumentException"),
        (policy("*"), "PublicPolicyException"),
    ],
)
def test_policies_that_are_refused(secrets: Any, text: str, code: str) -> None:
    secrets.create_secret(Name="app")
    assert refused(secrets.put_resource_policy, SecretId="app", ResourcePolicy=text) == code


# Keys


def test_a_disabled_key_stops_reading_and_writing(secrets: Any, cloud: Cloud) -> None:
    kms = cloud.client("kms")
    key = kms.create_key()["KeyMetadata"]["Arn"]
    secrets.create_secret(Name="app", SecretString="1", KmsKeyId=key)
    kms.disable_key(KeyId=key)
    assert refused(secrets.get_secret_value, SecretId="app") == "DecryptionFailure"
    assert refused(secrets.put_secret_value, SecretId="app", SecretString="2") == "EncryptionFailure"
    kms.schedule_key_deletion(KeyId=key)
    assert "pending deletion" in text_of(secrets.get_secret_value, SecretId="app")
    assert secrets.describe_secret(SecretId="app")["KmsKeyId"] == key


# Random passwords


@pytest.mark.parametrize(
    ("given", "letters"),
    [
        ({}, string.ascii_letters + string.digits + string.punctuation),
        ({"ExcludePunctuation": True, "PasswordLength": 3}, string.ascii_letters + string.digits),
        ({"ExcludeCharacters": "/@\" '\\", "PasswordLength": 100}, set(string.printable) - set("/@\" '\\")),
        ({"ExcludeLowercase": True, "ExcludeUppercase": True, "ExcludePunctuation": True}, string.digits),
    ],
)
def test_random_passwords(secrets: Any, given: dict[str, Any], letters: Any) -> None:
    made = secrets.get_random_password(**given)["RandomPassword"]
    assert len(made) == given.get("PasswordLength", 32)
    assert set(made) <= set(letters)
    assert made != secrets.get_random_password(**given)["RandomPassword"]


def test_a_password_must_have_room_for_each_type(secrets: Any) -> None:
    assert refused(secrets.get_random_password, PasswordLength=3) == "InvalidParameterException"
    assert len(secrets.get_random_password(PasswordLength=3, RequireEachIncludedType=False)["RandomPassword"]) == 3
    assert refused(secrets.get_random_password, PasswordLength=4097) == "ValidationException"


# Rotation by a function


@pytest.mark.parametrize(
    ("rules", "code"),
    [
        ({"AutomaticallyAfterDays": 30, "ScheduleExpression": "rate(30 days)"}, "InvalidParameterException"),
        ({"AutomaticallyAfterDays": 1001}, "InvalidParameterException"),
        ({"ScheduleExpression": "rate(2 hours)"}, "InvalidParameterException"),
        ({"ScheduleExpression": "often"}, "InvalidParameterException"),
        ({"AutomaticallyAfterDays": 30, "Duration": "soon"}, "InvalidParameterException"),
        ({"AutomaticallyAfterDays": 30}, "InvalidRequestException"),
    ],
)
def test_rotation_needs_rules_and_a_function(secrets: Any, rules: dict[str, Any], code: str) -> None:
    secrets.create_secret(Name="app", SecretString="s")
    assert refused(secrets.rotate_secret, SecretId="app", RotationRules=rules) == code


def test_a_rotation_function_must_exist(secrets: Any) -> None:
    secrets.create_secret(Name="app", SecretString="s")
    arn = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:absent"
    given = {"SecretId": "app", "RotationLambdaARN": arn, "RotationRules": {"AutomaticallyAfterDays": 30}}
    assert refused(secrets.rotate_secret, **given) == "ResourceNotFoundException"
    assert refused(secrets.cancel_rotate_secret, SecretId="app") == "InvalidRequestException"


# What is logged, and who may


def test_values_are_in_no_log(secrets: Any, cloud: Cloud) -> None:
    secrets.create_secret(Name="app", SecretString="correct-horse")
    secrets.get_secret_value(SecretId="app")
    secrets.batch_get_secret_value(SecretIdList=["app"])
    refused(secrets.put_secret_value, SecretId="absent", SecretString="correct-horse")
    assert len(cloud.admin.requests()) >= 4
    assert "correct-horse" not in json.dumps(cloud.admin.requests()) + cloud.log


def allow(*statements: tuple[list[str], str]) -> list[dict[str, Any]]:
    listed = [{"Effect": "Allow", "Action": actions, "Resource": resource} for actions, resource in statements]
    return [{"Version": "2012-10-17", "Statement": listed}]


def test_permissions_are_checked_on_the_secret_and_its_key(secrets: Any, cloud: Cloud) -> None:
    key = cloud.client("kms").create_key()["KeyMetadata"]["Arn"]
    mine = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:mine/*"
    on_secrets = (["secretsmanager:CreateSecret", "secretsmanager:GetSecretValue", "secretsmanager:DeleteSecret"], mine)
    cloud.admin.policies(apply=allow(on_secrets))
    secrets.create_secret(Name="mine/a", SecretString="s")
    assert refused(secrets.create_secret, Name="other/a") == "AccessDeniedException"
    assert refused(secrets.create_secret, Name="mine/b", Tags=[{"Key": "a", "Value": "b"}]) == "AccessDeniedException"
    assert refused(secrets.create_secret, Name="mine/b", KmsKeyId=key) == "AccessDeniedException"
    cloud.admin.policies(apply=allow(on_secrets, (["kms:GenerateDataKey", "kms:Decrypt"], key)))
    secrets.create_secret(Name="mine/b", SecretString="s", KmsKeyId=key)
    cloud.admin.policies(apply=allow(on_secrets, (["kms:GenerateDataKey"], key)))
    assert refused(secrets.get_secret_value, SecretId="mine/b") == "AccessDeniedException"
    assert secrets.get_secret_value(SecretId="mine/a")["SecretString"] == "s"

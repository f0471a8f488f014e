"""One cloud plays several accounts and regions."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config

from rehearsal.accounts import Place, account_of, backend_at, place_of
from rehearsal.launcher import LauncherError, Options, spawn
from rehearsal.resource_policies import Caller, admits

from .conftest import ACCOUNT, REGION, CheckedCloud, refused, until

OTHER = "345678901234"
FURTHER = "us-east-1"
CHANGER = f"arn:aws:iam::{ACCOUNT}:user/rehearsal-apply"


@pytest.fixture
def other(cloud: CheckedCloud) -> Any:
    """IAM in another account."""
    return cloud.client("iam", account_id=OTHER)


def policy(principal: Any, action: Any, **more: Any) -> str:
    statement = {"Effect": "Allow", "Principal": principal, "Action": action, **more}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def role(iam: Any, name: str, document: str) -> str:
    return str(iam.create_role(RoleName=name, AssumeRolePolicyDocument=document)["Role"]["Arn"])


def assumed(cloud: CheckedCloud, arn: str, service: str, region: str = REGION, as_role: str = "apply", **options: Any) -> Any:
    """A client with the keys of an assumed role."""
    issued = cloud.client("sts", role=as_role).assume_role(RoleArn=arn, RoleSessionName="test", **options)["Credentials"]
    session = boto3.session.Session(issued["AccessKeyId"], issued["SecretAccessKey"], issued["SessionToken"], region)
    return session.client(service, endpoint_url=cloud.endpoint, config=Config(retries={"total_max_attempts": 1}))


def test_each_account_has_its_own_resources(cloud: CheckedCloud) -> None:
    for account_id in ("", OTHER):
        cloud.client("logs", account_id=account_id).create_log_group(logGroupName="/app")
        (group,) = cloud.client("logs", account_id=account_id).describe_log_groups()["logGroups"]
        assert group["arn"].split(":")[4] == (account_id or ACCOUNT)
    cloud.client("logs").delete_log_group(logGroupName="/app")
    assert cloud.client("logs", account_id=OTHER).describe_log_groups()["logGroups"]


def test_each_region_has_its_own_resources(cloud: CheckedCloud) -> None:
    for region in (REGION, FURTHER):
        cloud.client("logs", region=region).create_log_group(logGroupName="/app")
        (group,) = cloud.client("logs", region=region).describe_log_groups()["logGroups"]
        assert group["arn"].split(":")[3] == region


def test_the_keys_of_an_account_say_who_they_are(cloud: CheckedCloud) -> None:
    for account_role in ("apply", "plan"):
        caller = cloud.client("sts", role=account_role, account_id=OTHER).get_caller_identity()
        assert (caller["Account"], caller["Arn"]) == (OTHER, f"arn:aws:iam::{OTHER}:user/rehearsal-{account_role}")
    assert refused(cloud.client("ec2", role="plan", account_id=OTHER).create_vpc, CidrBlock="10.0.0.0/16") == "UnauthorizedOperation"


def test_a_role_of_another_account_acts_there(cloud: CheckedCloud, other: Any) -> None:
    arn = role(other, "deploy", policy({"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "sts:AssumeRole"))
    who = assumed(cloud, arn, "sts").get_caller_identity()
    assert (who["Account"], who["Arn"]) == (OTHER, f"arn:aws:sts::{OTHER}:assumed-role/deploy/test")
    assumed(cloud, arn, "logs", FURTHER).create_log_group(logGroupName="/there")
    assert cloud.client("logs", region=FURTHER).describe_log_groups()["logGroups"] == []
    (group,) = cloud.client("logs", region=FURTHER, account_id=OTHER).describe_log_groups()["logGroups"]
    assert group["arn"].split(":")[3:5] == [FURTHER, OTHER]
    call = next(one for one in cloud.admin.requests() if one["operation"] == "CreateLogGroup")
    assert (call["account_id"], call["region"], call["role"]) == (OTHER, FURTHER, "apply")


def test_a_planning_role_stays_one_in_another_account(cloud: CheckedCloud, other: Any) -> None:
    arn = role(other, "deploy", policy({"AWS": ACCOUNT}, "sts:AssumeRole"))
    assert refused(assumed(cloud, arn, "ec2", as_role="plan").create_vpc, CidrBlock="10.0.0.0/16") == "UnauthorizedOperation"


TRUST = {
    "the account": (policy({"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "sts:AssumeRole"), {}, True),
    "the account's number": (policy({"AWS": ACCOUNT}, "sts:AssumeRole"), {}, True),
    "the caller": (policy({"AWS": [CHANGER]}, ["sts:AssumeRole", "sts:TagSession"]), {}, True),
    "another caller": (policy({"AWS": f"arn:aws:iam::{ACCOUNT}:user/rehearsal-plan"}, "sts:AssumeRole"), {}, False),
    "its own account alone": (policy({"AWS": f"arn:aws:iam::{OTHER}:root"}, "sts:AssumeRole"), {}, False),
    "a service": (policy({"Service": "ec2.amazonaws.com"}, "sts:AssumeRole"), {}, False),
    "another action": (policy({"AWS": ACCOUNT}, "sts:TagSession"), {}, False),
    "the right external id": (
        policy({"AWS": ACCOUNT}, "sts:AssumeRole", Condition={"StringEquals": {"sts:ExternalId": "backup"}}),
        {"ExternalId": "backup"},
        True,
    ),
    "no external id": (policy({"AWS": ACCOUNT}, "sts:AssumeRole", Condition={"StringEquals": {"sts:ExternalId": "backup"}}), {}, False),
    "an unknown condition": (policy({"AWS": ACCOUNT}, "sts:AssumeRole", Condition={"DateLessThan": {"aws:CurrentTime": "x"}}), {}, False),
}


@pytest.mark.parametrize("name", TRUST)
def test_whom_a_role_of_another_account_trusts(cloud: CheckedCloud, other: Any, name: str) -> None:
    document, options, admitted = TRUST[name]
    arn = role(other, "deploy", document)
    call = cloud.client("sts").assume_role
    if admitted:
        assert call(RoleArn=arn, RoleSessionName="test", **options)["AssumedRoleUser"]["Arn"].split(":")[4] == OTHER
    else:
        assert refused(call, RoleArn=arn, RoleSessionName="test", **options) == "AccessDenied"


def test_a_role_that_does_not_exist_there(cloud: CheckedCloud) -> None:
    arn = f"arn:aws:iam::{OTHER}:role/none"
    assert refused(cloud.client("sts").assume_role, RoleArn=arn, RoleSessionName="test") == "AccessDenied"


def test_permission_to_assume_names_the_role(cloud: CheckedCloud, other: Any) -> None:
    arn = role(other, "deploy", policy({"AWS": ACCOUNT}, "sts:AssumeRole"))
    statement = {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": arn}
    cloud.admin.policies(plan=[{"Version": "2012-10-17", "Statement": [statement]}])
    sts = cloud.client("sts", role="plan")
    assert sts.assume_role(RoleArn=arn, RoleSessionName="test")["AssumedRoleUser"]["Arn"]
    assert refused(sts.assume_role, RoleArn=arn + "2", RoleSessionName="test") == "AccessDenied"


def test_keys_issued_for_a_user_act_in_its_account(cloud: CheckedCloud, other: Any) -> None:
    other.create_user(UserName="pipeline")
    key = other.create_access_key(UserName="pipeline")["AccessKey"]
    session = boto3.session.Session(key["AccessKeyId"], key["SecretAccessKey"], region_name=REGION)
    assert session.client("sts", endpoint_url=cloud.endpoint).get_caller_identity()["Arn"] == f"arn:aws:iam::{OTHER}:user/pipeline"


def test_a_reset_empties_all_accounts_and_keeps_their_keys(cloud: CheckedCloud, other: Any) -> None:
    other.create_user(UserName="pipeline")
    cloud.client("logs", region=FURTHER, account_id=OTHER).create_log_group(logGroupName="/app")
    cloud.admin.reset()
    assert other.list_users()["Users"] == []
    assert cloud.client("logs", region=FURTHER, account_id=OTHER).describe_log_groups()["logGroups"] == []
    assert {ACCOUNT, OTHER} <= set(cloud.admin.accounts())


def test_lists_lag_in_the_place_of_the_call_only(cloud: CheckedCloud) -> None:
    """The same name in another region is another resource."""
    elsewhere, key = cloud.client("kms", region=FURTHER), {"Description": "x"}
    elsewhere.create_alias(AliasName="alias/app", TargetKeyId=elsewhere.create_key(**key)["KeyMetadata"]["KeyId"])
    cloud.admin.settings(visibility_seconds=1)
    here = cloud.client("kms")
    here.create_alias(AliasName="alias/app", TargetKeyId=here.create_key(**key)["KeyMetadata"]["KeyId"])

    def names(client: Any) -> list[str]:
        return [one["AliasName"] for one in client.list_aliases()["Aliases"] if one["AliasName"] == "alias/app"]

    assert (names(here), names(elsewhere)) == ([], ["alias/app"])
    until(lambda: names(here) == ["alias/app"])


def test_client_tokens_are_of_an_account_and_region(cloud: CheckedCloud) -> None:
    made = set()
    for account_id in ("", OTHER):
        for region in (REGION, FURTHER):
            ec2 = cloud.client("ec2", region=region, account_id=account_id)
            vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
            subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/24")["Subnet"]["SubnetId"]
            made.add(ec2.create_nat_gateway(SubnetId=subnet, ConnectivityType="private", ClientToken="one")["NatGateway"]["NatGatewayId"])
    assert len(made) == 4


def test_rate_limits_quotas_and_disabled_regions_hold_in_each_account(cloud: CheckedCloud) -> None:
    # one VPC is there from the start: the default one
    cloud.admin.settings(quotas={"vpcs": 2}, disabled_regions=["eu-south-1"], rate_limits={"ec2:CreateVpc": [2, 0.01]})
    for account_id in ("", OTHER):
        create = cloud.client("ec2", account_id=account_id).create_vpc
        create(CidrBlock="10.0.0.0/16")
        assert refused(create, CidrBlock="10.1.0.0/16") == "VpcLimitExceeded"
        assert refused(create, CidrBlock="10.2.0.0/16") == "RequestLimitExceeded"
        assert refused(cloud.client("ec2", region="eu-south-1", account_id=account_id).describe_vpcs) == "AuthFailure"


KEY_USES = {
    "describe_key": {},
    "encrypt": {"Plaintext": b"text"},
    "generate_data_key": {"KeySpec": "AES_256"},
    "create_grant": {"GranteePrincipal": CHANGER, "Operations": ["Decrypt"]},
}
KEY_CHANGES = {
    "schedule_key_deletion": {},
    "enable_key_rotation": {},
    "put_key_policy": {"PolicyName": "default", "Policy": policy("*", "kms:*", Resource="*")},
    "tag_resource": {"Tags": [{"TagKey": "a", "TagValue": "b"}]},
}


def key_of_other(cloud: CheckedCloud, *statements: dict[str, Any], region: str = REGION) -> str:
    own = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{OTHER}:root"}, "Action": "kms:*", "Resource": "*"}
    more = [{"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Resource": "*", **one} for one in statements]
    document = json.dumps({"Version": "2012-10-17", "Statement": [own, *more]})
    return str(cloud.client("kms", region=region, account_id=OTHER).create_key(Policy=document)["KeyMetadata"]["Arn"])


@pytest.mark.parametrize("operation", KEY_USES)
def test_a_key_admits_another_account_by_its_policy_alone(cloud: CheckedCloud, operation: str) -> None:
    kms = cloud.client("kms")
    closed, opened = key_of_other(cloud), key_of_other(cloud, {"Action": "kms:*"})
    assert refused(getattr(kms, operation), KeyId=closed, **KEY_USES[operation]) == "AccessDeniedException"
    getattr(kms, operation)(KeyId=opened, **KEY_USES[operation])


@pytest.mark.parametrize("operation", KEY_CHANGES)
def test_only_its_own_account_changes_a_key(cloud: CheckedCloud, operation: str) -> None:
    arn = key_of_other(cloud, {"Action": "kms:*"})
    assert refused(getattr(cloud.client("kms"), operation), KeyId=arn, **KEY_CHANGES[operation]) == "AccessDeniedException"
    getattr(cloud.client("kms", account_id=OTHER), operation)(KeyId=arn, **KEY_CHANGES[operation])


def test_what_one_account_encrypts_another_decrypts_with_a_key_that_admits_both(cloud: CheckedCloud) -> None:
    arn = key_of_other(cloud, {"Action": ["kms:Decrypt", "kms:DescribeKey"]})
    sealed = cloud.client("kms", account_id=OTHER).encrypt(KeyId=arn, Plaintext=b"text")["CiphertextBlob"]
    assert cloud.client("kms").decrypt(KeyId=arn, CiphertextBlob=sealed)["Plaintext"] == b"text"
    assert refused(cloud.client("kms").encrypt, KeyId=arn, Plaintext=b"text") == "AccessDeniedException"


def test_a_grant_admits_its_grantee(cloud: CheckedCloud) -> None:
    arn = key_of_other(cloud)
    cloud.client("kms", account_id=OTHER).create_grant(KeyId=arn, GranteePrincipal=CHANGER, Operations=["Encrypt"])
    assert cloud.client("kms").encrypt(KeyId=arn, Plaintext=b"text")["CiphertextBlob"]
    assert refused(cloud.client("kms").describe_key, KeyId=arn) == "AccessDeniedException"


def test_a_key_whose_policy_names_only_others_is_closed_to_its_own_account(cloud: CheckedCloud) -> None:
    document = json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {"Effect": "Allow", "Principal": {"AWS": CHANGER}, "Action": ["kms:PutKeyPolicy", "kms:DescribeKey"], "Resource": "*"}
            ],
        }
    )
    kms = cloud.client("kms")
    identity = kms.create_key(Policy=document)["KeyMetadata"]["KeyId"]
    kms.describe_key(KeyId=identity)
    assert refused(kms.encrypt, KeyId=identity, Plaintext=b"text") == "AccessDeniedException"
    assert refused(cloud.client("kms", role="plan").describe_key, KeyId=identity) == "AccessDeniedException"


def test_a_key_is_of_one_region(cloud: CheckedCloud) -> None:
    arn = key_of_other(cloud, {"Action": "kms:*"}, region=FURTHER)
    assert refused(cloud.client("kms").describe_key, KeyId=arn) == "NotFoundException"
    assert cloud.client("kms", region=FURTHER).describe_key(KeyId=arn)["KeyMetadata"]["AWSAccountId"] == OTHER


CALLER = Caller(ACCOUNT, f"arn:aws:sts::{ACCOUNT}:assumed-role/deploy/me", f"arn:aws:iam::{ACCOUNT}:role/ops/deploy")
VIA = {"StringEquals": {"kms:ViaService": "rds.x"}}
ADMITS: dict[str, tuple[dict[str, Any], dict[str, str], bool]] = {
    "everyone": ({"Principal": "*"}, {}, True),
    "the role of the session": ({"Principal": {"AWS": CALLER.role_arn}}, {}, True),
    "the session": ({"Principal": {"AWS": CALLER.arn}}, {}, True),
    "another role": ({"Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:role/deploy"}}, {}, False),
    "a pattern of actions": ({"Principal": "*", "Action": "kms:De*"}, {}, True),
    "all actions but this": ({"Principal": "*", "Action": None, "NotAction": "kms:Decrypt"}, {}, False),
    "through a service": (
        {"Principal": "*", "Condition": VIA},
        {"kms:viaservice": "rds.x"},
        True,
    ),
    "through another one": (
        {"Principal": "*", "Condition": VIA},
        {"kms:viaservice": "s3.x"},
        False,
    ),
    "not through a service": ({"Principal": "*", "Condition": VIA}, {}, False),
    "for AWS's own use": (
        {"Principal": "*", "Condition": {"Bool": {"kms:GrantIsForAWSResource": True}}},
        {"kms:grantisforawsresource": "true"},
        True,
    ),
    "an operator that is not known": ({"Principal": "*", "Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}}, {}, False),
    "an element that is not known": ({"Principal": "*", "NotResource": "*"}, {}, False),
    "all but these principals": ({"Principal": None, "NotPrincipal": {"AWS": CALLER.arn}}, {}, False),
}


@pytest.mark.parametrize("name", ADMITS)
def test_whom_a_policy_admits(name: str) -> None:
    entry, context, expected = ADMITS[name]
    merged = {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": "*", **entry}
    statement = {key: value for key, value in merged.items() if value is not None}
    assert admits({"Statement": [statement]}, CALLER, "kms:Decrypt", context) is expected
    denied = {**statement, "Effect": "Deny"}
    open_to_all = {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}
    unclear = name.startswith(("an operator", "an element", "all but these"))
    assert admits({"Statement": [open_to_all, denied]}, CALLER, "kms:Decrypt", context) is not (expected or unclear)


def test_where_an_arn_leads() -> None:
    arn = f"arn:aws:rds:{FURTHER}:{OTHER}:snapshot:app"
    assert (place_of(arn), account_of(arn)) == (Place(OTHER, FURTHER), OTHER)
    assert (account_of("arn:aws:s3:::bucket"), account_of(f"arn:aws:iam::{OTHER}:role/a")) == ("", OTHER)
    with pytest.raises(ValueError, match="'snapshot' is not an ARN"):
        place_of("snapshot")
    found = backend_at("rds", arn)
    assert (found.account_id, found.region_name) == (OTHER, FURTHER)


@pytest.fixture(scope="module")
def two_accounts() -> Iterator[CheckedCloud]:
    with CheckedCloud(account_id=ACCOUNT, region=REGION, further_accounts=(OTHER,)) as cloud:
        yield cloud


def test_a_cloud_starts_with_several_accounts(two_accounts: CheckedCloud) -> None:
    assert two_accounts.admin.accounts() == [ACCOUNT, OTHER]
    environment = two_accounts.environment("plan", OTHER)
    assert environment["AWS_ACCESS_KEY_ID"] == two_accounts.admin.account(OTHER)["credentials"]["plan"]["access_key_id"]


def test_wrong_account_ids(cloud: CheckedCloud, tmp_path: Any) -> None:
    with pytest.raises(Exception, match="12 digits, not '12'"):
        cloud.admin.account("12")
    with pytest.raises(LauncherError, match="account id '12' must have 12 digits"):
        spawn(Options(further_accounts=("12",)), tmp_path)

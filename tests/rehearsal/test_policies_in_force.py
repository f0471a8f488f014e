"""IAM policies: what a document allows, which documents are rejected, and the response to a refused call."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from rehearsal.admin_client import AdminError
from rehearsal.policies_in_force import Ask, parse, verdict

from .conftest import ACCOUNT, REGION, CheckedCloud, refused, trust

VPC = f"arn:aws:ec2:{REGION}:{ACCOUNT}:vpc/vpc-1"


def document(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def allow(action: Any, resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action: Any, resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {**allow(action, resource, **more), "Effect": "Deny"}


LOOK = document(
    {"Sid": "Look", **allow(["ec2:Describe*", "iam:Get*", "iam:List*", "kms:DescribeKey", "kms:Get*", "kms:List*"])},
    {"Sid": "Logs", **allow(["logs:Describe*", "logs:List*"])},
)
"""A document modeled on AWS's own for reading everything."""

ALL_BUT_IAM = document({"Effect": "Allow", "NotAction": ["iam:*", "organizations:*"], "Resource": "*"}, allow(["iam:List*"]))
"""One modeled on AWS's own for power users."""


@pytest.mark.parametrize(
    ("given", "action", "allowed"),
    [
        (LOOK, "ec2:DescribeVpcs", True),
        (LOOK, "EC2:describevpcs", True),
        (LOOK, "ec2:DeleteVpc", False),
        (LOOK, "kms:GetKeyPolicy", True),
        (LOOK, "kms:Decrypt", False),
        (LOOK, "logs:GetLogEvents", False),
        (ALL_BUT_IAM, "ec2:DeleteVpc", True),
        (ALL_BUT_IAM, "iam:CreateRole", False),
        (ALL_BUT_IAM, "iam:ListRoles", True),
        (document(allow("*")), "iam:CreateRole", True),
        (document(allow("ec2:Describe?pcs")), "ec2:DescribeVpcs", True),
        (document(allow("*"), deny("ec2:Delete*")), "ec2:DeleteVpc", False),
        (document(allow("*"), deny("ec2:Delete*")), "ec2:CreateVpc", True),
        (document(allow("ec2:*", "arn:aws:ec2:*:*:vpc/*")), "ec2:DeleteVpc", True),
        (document(allow("ec2:*", ["arn:aws:ec2:*:*:subnet/*"])), "ec2:DeleteVpc", False),
        (document(), "ec2:DeleteVpc", False),
    ],
)
def test_actions_and_resources(given: Any, action: str, allowed: bool) -> None:
    assert (verdict(parse([given]), Ask(action, VPC)) is None) == allowed


KEY = "aws:ResourceTag/team"
GIVEN: dict[str, tuple[str, ...]] = {
    "aws:resourcetag/team": ("one",),
    "aws:requestedregion": ("af-south-1",),
    "aws:tagkeys": ("team", "owner"),
    "iam:policyarn": ("arn:aws:iam::aws:policy/ReadOnlyAccess",),
    "aws:viaawsservice": ("false",),
}


@pytest.mark.parametrize(
    ("operator", "key", "value", "holds"),
    [
        ("StringEquals", KEY, "one", True),
        ("StringEquals", "AWS:resourcetag/Team", "one", True),
        ("StringEquals", KEY, ["two", "one"], True),
        ("StringEquals", KEY, "ONE", False),
        ("StringEquals", KEY, "o*", False),
        ("StringEquals", "aws:ResourceTag/absent", "one", False),
        ("StringEqualsIfExists", "aws:ResourceTag/absent", "one", True),
        ("StringEqualsIfExists", KEY, "two", False),
        ("StringNotEquals", KEY, "one", False),
        ("StringNotEquals", KEY, ["two", "one"], False),
        ("StringNotEquals", "aws:ResourceTag/absent", "one", True),
        ("StringLike", KEY, "o*", True),
        ("StringLike", KEY, "?ne", True),
        ("StringLike", KEY, "*x", False),
        ("StringLike", "aws:RequestedRegion", ["eu-*", "af-*"], True),
        ("StringNotLike", KEY, "o*", False),
        ("ArnLike", "iam:PolicyARN", "arn:aws:iam::aws:policy/Read*", True),
        ("ArnLike", "iam:PolicyARN", "arn:aws:*/ReadOnlyAccess", False),
        ("ArnEquals", "iam:PolicyARN", "arn:aws:iam::aws:policy/ReadOnlyAccess", True),
        ("ForAllValues:StringEquals", "aws:TagKeys", ["team", "owner", "more"], True),
        ("ForAllValues:StringEquals", "aws:TagKeys", ["team"], False),
        ("ForAllValues:StringEquals", "ec2:CreateAction", ["CreateVpc"], True),
        ("ForAnyValue:StringEquals", "aws:TagKeys", ["team"], True),
        ("ForAnyValue:StringEquals", "ec2:CreateAction", ["CreateVpc"], False),
        ("Null", KEY, "true", False),
        ("Null", KEY, "false", True),
        ("Null", "aws:ResourceTag/absent", True, True),
        ("Bool", "aws:ViaAWSService", "false", True),
        ("Bool", "aws:ViaAWSService", True, False),
    ],
)
def test_conditions(operator: str, key: str, value: Any, holds: bool) -> None:
    statements = parse([document(allow("*", Condition={operator: {key: value}}))])
    assert (verdict(statements, Ask("ec2:DeleteVpc", VPC, GIVEN)) is None) == holds


def test_all_tests_of_a_condition_must_hold() -> None:
    both = {"StringEquals": {KEY: "one", "aws:RequestedRegion": "eu-west-1"}}
    assert verdict(parse([document(allow("*", Condition=both))]), Ask("ec2:DeleteVpc", VPC, GIVEN))


@pytest.mark.parametrize(
    ("documents", "complaint"),
    [
        ({}, "a list of documents"),
        ([{"Version": "2012-10-17"}], "with Version and Statement"),
        ([{"Version": "2008-10-17", "Statement": []}], "must be 2012-10-17, not '2008-10-17'"),
        ([document("*")], "a statement is an object"),  # type: ignore[arg-type]
        ([document({**allow("*"), "Principal": "*"})], "does not know the element Principal"),
        ([document({"Effect": "Allow", "Action": "*", "NotResource": "*"})], "does not know the element NotResource"),
        ([document({**allow("*"), "Effect": "allow"})], "Allow or Deny, not 'allow'"),
        ([document({"Effect": "Allow", "Resource": "*"})], "either Action or NotAction"),
        ([document(allow("DescribeVpcs"))], "'DescribeVpcs' is no action"),
        ([document(allow([]))], "Action must be a text or a list of texts"),
        ([document({"Effect": "Allow", "Action": "*"})], "Resource must be a text"),
        ([document(allow("*", Condition={"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}))], "condition operator IpAddress"),
        ([document(allow("*", Condition={"ForAllValues:StringEqualsIfExists": {KEY: "one"}}))], "condition operator ForAllValues"),
        ([document(allow("*", Condition={"StringEquals": {"aws:SourceVpc": "vpc-1"}}))], "condition key aws:SourceVpc"),
        ([document(allow("*", Condition={"StringEquals": {KEY: "${aws:PrincipalTag/team}"}}))], "policy variables"),
    ],
)
def test_what_is_not_understood_is_refused(cloud: CheckedCloud, documents: Any, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        parse(documents)
    with pytest.raises(AdminError, match=complaint):
        cloud.admin.policies(apply=documents)
    assert cloud.admin.policies() == {}


def test_a_role_with_policies_is_judged_by_them_alone(cloud: CheckedCloud) -> None:
    cloud.admin.policies(plan=[document(allow("ec2:CreateVpc"), allow("ec2:CreateTags"))], apply=[LOOK])
    cloud.client("ec2", role="plan").create_vpc(CidrBlock="10.0.0.0/16")
    assert refused(cloud.client("ec2", role="plan").describe_vpcs) == "UnauthorizedOperation"
    assert len(cloud.client("ec2").describe_vpcs()["Vpcs"]) == 2
    assert refused(cloud.client("ec2").create_vpc, CidrBlock="10.0.0.0/16") == "UnauthorizedOperation"
    assert cloud.client("sts").get_caller_identity()["Account"] == ACCOUNT
    cloud.admin.policies(plan=None, apply=None)
    cloud.client("ec2").create_vpc(CidrBlock="10.0.0.0/16")
    assert refused(cloud.client("ec2", role="plan").create_vpc, CidrBlock="10.0.0.0/16") == "UnauthorizedOperation"


def test_a_reset_takes_policies_away(cloud: CheckedCloud) -> None:
    cloud.admin.policies(apply=[])
    assert refused(cloud.client("ec2").describe_vpcs) == "UnauthorizedOperation"
    cloud.admin.reset()
    cloud.client("ec2").describe_vpcs()


def test_only_the_two_roles_have_policies(cloud: CheckedCloud) -> None:
    with pytest.raises(AdminError, match="there is no role 'admin'; roles are apply, plan"):
        cloud.admin.policies(admin=[])


@pytest.mark.parametrize(
    ("service", "method", "parameters", "code", "said"),
    [
        ("ec2", "create_vpc", {"CidrBlock": "10.0.0.0/16"}, "UnauthorizedOperation", "perform: ec2:CreateVpc on resource: arn:aws:ec2:"),
        ("kms", "create_key", {}, "AccessDeniedException", "perform: kms:CreateKey on resource: * because no identity-based policy allows"),
        ("logs", "create_log_group", {"logGroupName": "/a"}, "AccessDeniedException", "log-group:/a because no identity-based policy"),
        ("iam", "get_role", {"RoleName": "x"}, "AccessDenied", f"perform: iam:GetRole on resource: arn:aws:iam::{ACCOUNT}:role/x"),
        ("rds", "delete_db_instance", {"DBInstanceIdentifier": "x"}, "AccessDenied", f"resource: arn:aws:rds:af-south-1:{ACCOUNT}:db:x"),
    ],
)
def test_how_a_denial_reads(cloud: CheckedCloud, service: str, method: str, parameters: dict[str, Any], code: str, said: str) -> None:
    cloud.admin.policies(apply=[])
    with pytest.raises(ClientError) as caught:
        getattr(cloud.client(service), method)(**parameters)
    error = caught.value.response["Error"]
    assert error["Code"] == code
    assert f"User: arn:aws:iam::{ACCOUNT}:user/rehearsal-apply is not authorized to perform: " in error["Message"]
    assert said in error["Message"]
    assert ("Encoded authorization failure message: " in error["Message"]) == (service == "ec2")


def test_an_explicit_deny_is_named(cloud: CheckedCloud) -> None:
    cloud.admin.policies(apply=[document(allow("*"), deny("kms:CreateKey"))])
    with pytest.raises(ClientError, match="with an explicit deny in an identity-based policy"):
        cloud.client("kms").create_key()


def test_the_log_lists_what_was_checked(cloud: CheckedCloud) -> None:
    cloud.admin.policies(apply=[document(allow("*"))])
    tags = [{"ResourceType": "vpc", "Tags": [{"Key": "a", "Value": "b"}]}]
    cloud.client("ec2").create_vpc(CidrBlock="10.0.0.0/16", TagSpecifications=tags)
    assert cloud.admin.requests()[-1]["checked_for"] == ["ec2:CreateTags", "ec2:CreateVpc"]


TEAM = {"StringEquals": {"aws:ResourceTag/team": "one"}}
ASKED = {"StringEquals": {"aws:RequestTag/team": "one"}}
MADE = f"arn:aws:ec2:{REGION}:{ACCOUNT}:subnet/*"


def tagged(kind: str, team: str) -> dict[str, Any]:
    return {"TagSpecifications": [{"ResourceType": kind, "Tags": [{"Key": "team", "Value": team}]}]}


def test_a_subnet_is_checked_by_its_own_tags_and_by_those_of_its_vpc(cloud: CheckedCloud) -> None:
    ec2 = cloud.client("ec2")
    vpcs = {
        team: ec2.create_vpc(CidrBlock=f"10.{number}.0.0/16", **tagged("vpc", team))["Vpc"]["VpcId"]
        for number, team in enumerate(("one", "two"))
    }
    tags = allow("ec2:CreateTags", MADE, Condition={"StringEquals": {"ec2:CreateAction": "CreateSubnet"}})
    cloud.admin.policies(
        apply=[document(allow("ec2:CreateSubnet", MADE, Condition=ASKED), allow("ec2:*", "arn:aws:ec2:*:*:vpc/*", Condition=TEAM), tags)]
    )
    assert refused(ec2.create_subnet, VpcId=vpcs["two"], CidrBlock="10.1.0.0/24", **tagged("subnet", "one")) == "UnauthorizedOperation"
    assert refused(ec2.create_subnet, VpcId=vpcs["one"], CidrBlock="10.0.0.0/24", **tagged("subnet", "two")) == "UnauthorizedOperation"
    assert refused(ec2.create_subnet, VpcId=vpcs["one"], CidrBlock="10.0.0.0/24") == "UnauthorizedOperation"
    ec2.create_subnet(VpcId=vpcs["one"], CidrBlock="10.0.0.0/24", **tagged("subnet", "one"))
    assert refused(ec2.delete_vpc, VpcId=vpcs["two"]) == "UnauthorizedOperation"
    ec2.create_tags(Resources=[vpcs["one"]], Tags=[{"Key": "team", "Value": "two"}])
    assert refused(ec2.delete_vpc, VpcId=vpcs["one"]) == "UnauthorizedOperation"


def test_another_region_is_another_question(cloud: CheckedCloud) -> None:
    cloud.admin.policies(apply=[document(allow("ec2:*", Condition={"StringEquals": {"aws:RequestedRegion": REGION}}))])
    cloud.client("ec2").describe_vpcs()
    assert refused(cloud.client("ec2", region="eu-west-1").describe_vpcs) == "UnauthorizedOperation"


def test_roles_are_named_by_their_path(cloud: CheckedCloud) -> None:
    iam = cloud.client("iam")
    ours = f"arn:aws:iam::{ACCOUNT}:role/ours/*"
    bound = {"StringEquals": {"iam:PermissionsBoundary": "arn:aws:iam::aws:policy/PowerUserAccess"}}
    cloud.admin.policies(
        apply=[document(allow(["iam:CreateRole", "iam:PutRolePolicy"], ours, Condition=bound), allow("iam:GetRole", ours))]
    )
    given = {"AssumeRolePolicyDocument": trust("ec2.amazonaws.com"), "RoleName": "r"}
    assert refused(iam.create_role, **given, Path="/ours/") == "AccessDenied"
    assert refused(iam.create_role, **given, PermissionsBoundary=bound["StringEquals"]["iam:PermissionsBoundary"]) == "AccessDenied"
    iam.create_role(**given, Path="/ours/", PermissionsBoundary=bound["StringEquals"]["iam:PermissionsBoundary"])
    iam.put_role_policy(RoleName="r", PolicyName="p", PolicyDocument=json.dumps(LOOK))
    assert iam.get_role(RoleName="r")["Role"]["Path"] == "/ours/"
    assert refused(iam.delete_role, RoleName="r") == "AccessDenied"


def test_start_with_policies() -> None:
    with CheckedCloud(account_id=ACCOUNT, region=REGION, policies={"apply": [LOOK]}) as cloud:
        for _once_more in range(2):
            assert refused(cloud.client("ec2").create_vpc, CidrBlock="10.0.0.0/16") == "UnauthorizedOperation"
            cloud.admin.reset()
        assert cloud.admin.policies() == {"apply": [LOOK]}

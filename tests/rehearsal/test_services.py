"""KMS, CloudWatch Logs, IAM, STS, and the tagging API, as far as networks need them."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from rehearsal.extensions.resourcegroupstaggingapi import type_in

from .conftest import ACCOUNT, REGION, CheckedCloud, key_policy, refused, trust


@pytest.fixture
def kms(cloud: CheckedCloud) -> Any:
    return cloud.client("kms")


@pytest.fixture
def key(kms: Any) -> str:
    return str(kms.create_key(Policy=key_policy(), Tags=[{"TagKey": "mainstay:component", "TagValue": "network"}])["KeyMetadata"]["Arn"])


def test_key_by_arn(kms: Any, key: str) -> None:
    alias = "alias/mainstay/prod/network/flow"
    kms.create_alias(AliasName=alias, TargetKeyId=key)
    assert refused(kms.create_alias, AliasName=alias, TargetKeyId=key) == "AlreadyExistsException"
    kms.enable_key_rotation(KeyId=key)
    assert kms.get_key_rotation_status(KeyId=key)["KeyRotationEnabled"] is True
    kms.update_key_description(KeyId=key, Description="new")
    kms.tag_resource(KeyId=key, Tags=[{"TagKey": "a", "TagValue": "b"}])
    kms.untag_resource(KeyId=key, TagKeys=["a"])
    assert kms.list_resource_tags(KeyId=key)["Tags"] == [{"TagKey": "mainstay:component", "TagValue": "network"}]
    kms.put_key_policy(KeyId=key, PolicyName="default", Policy=key_policy("logs.amazonaws.com"))
    assert "logs.amazonaws.com" in kms.get_key_policy(KeyId=key)["Policy"]
    described = kms.describe_key(KeyId=alias)["KeyMetadata"]
    assert (described["Arn"], described["Description"], described["MultiRegion"]) == (key, "new", False)
    assert [item["TargetKeyId"] for item in kms.list_aliases(KeyId=key)["Aliases"]] == [described["KeyId"]]


def test_key_on_its_way_out(kms: Any, key: str) -> None:
    kms.enable_key_rotation(KeyId=key)
    reply = kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    assert (reply["KeyId"], reply["KeyState"], reply["PendingWindowInDays"]) == (key, "PendingDeletion", 7)
    assert kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"] == "PendingDeletion"
    assert kms.get_key_rotation_status(KeyId=key)["KeyRotationEnabled"] is False
    for operation, parameters in (
        ("schedule_key_deletion", {}),
        ("update_key_description", {"Description": "x"}),
        ("enable_key_rotation", {}),
        ("encrypt", {"Plaintext": b"x"}),
    ):
        assert refused(getattr(kms, operation), KeyId=key, **parameters) == "KMSInvalidStateException"
    assert refused(kms.create_alias, AliasName="alias/x", TargetKeyId=key) == "KMSInvalidStateException"
    kms.cancel_key_deletion(KeyId=key)
    assert kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"] == "Disabled"
    assert refused(kms.cancel_key_deletion, KeyId=key) == "KMSInvalidStateException"
    kms.enable_key(KeyId=key)


def _policy(**principal: str) -> str:
    statement = {"Effect": "Allow", "Principal": principal, "Action": "kms:*", "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


KEY_REFUSALS: dict[str, tuple[dict[str, Any], str]] = {
    "nobody could change the policy": ({"Policy": _policy(Service="logs.amazonaws.com")}, "MalformedPolicyDocumentException"),
    "no JSON": ({"Policy": "{"}, "MalformedPolicyDocumentException"),
    "unknown role": ({"Policy": _policy(AWS=f"arn:aws:iam::{ACCOUNT}:role/none")}, "MalformedPolicyDocumentException"),
    "tag of aws": ({"Tags": [{"TagKey": "aws:x", "TagValue": "y"}]}, "TagException"),
}


@pytest.mark.parametrize("case", KEY_REFUSALS)
def test_key_refused(kms: Any, case: str) -> None:
    parameters, code = KEY_REFUSALS[case]
    assert refused(kms.create_key, **parameters) == code


def test_lockout_check_can_be_bypassed(kms: Any) -> None:
    kms.create_key(Policy=_policy(Service="logs.amazonaws.com"), BypassPolicyLockoutSafetyCheck=True)


def test_deletion_window(kms: Any, key: str) -> None:
    assert refused(kms.schedule_key_deletion, KeyId=key, PendingWindowInDays=6) == "ValidationException"
    assert refused(kms.describe_key, KeyId="alias/none") == "NotFoundException"


def test_keys_found_by_tags(cloud: CheckedCloud, kms: Any, key: str) -> None:
    kms.create_key(Policy=key_policy())
    found = cloud.client("resourcegroupstaggingapi").get_resources(
        ResourceTypeFilters=["kms:key"], TagFilters=[{"Key": "mainstay:component", "Values": ["network"]}]
    )
    assert [item["ResourceARN"] for item in found["ResourceTagMappingList"]] == [key]


def test_log_group(cloud: CheckedCloud, kms: Any) -> None:
    logs = cloud.client("logs")
    key = kms.create_key(Policy=key_policy(f"logs.{REGION}.amazonaws.com"))["KeyMetadata"]["Arn"]
    name = "/mainstay/prod/network/flow"
    logs.create_log_group(logGroupName=name, tags={"a": "b"})
    assert refused(logs.create_log_group, logGroupName=name) == "ResourceAlreadyExistsException"
    logs.associate_kms_key(logGroupName=name, kmsKeyId=key)
    logs.put_retention_policy(logGroupName=name, retentionInDays=90)
    assert refused(logs.put_retention_policy, logGroupName=name, retentionInDays=91) == "InvalidParameterException"
    group = logs.describe_log_groups(logGroupNamePrefix="/mainstay/prod/")["logGroups"][0]
    assert (group["kmsKeyId"], group["retentionInDays"]) == (key, 90)
    logs.tag_resource(resourceArn=group["logGroupArn"], tags={"c": "d"})
    logs.untag_resource(resourceArn=group["logGroupArn"], tagKeys=["a"])
    assert logs.list_tags_for_resource(resourceArn=group["logGroupArn"])["tags"] == {"c": "d"}
    logs.disassociate_kms_key(logGroupName=name)
    assert "kmsKeyId" not in logs.describe_log_groups()["logGroups"][0]
    assert refused(logs.associate_kms_key, logGroupName="none", kmsKeyId=key) == "ResourceNotFoundException"
    logs.delete_log_group(logGroupName=name)
    assert refused(logs.delete_log_group, logGroupName=name) == "ResourceNotFoundException"
    logs.create_log_group(logGroupName=name)
    assert logs.list_tags_for_resource(resourceArn=group["logGroupArn"])["tags"] == {}, "a deleted group takes its tags with it"
    assert refused(logs.create_log_group, logGroupName="a b") == "InvalidParameterException"


def test_role(cloud: CheckedCloud) -> None:
    iam = cloud.client("iam")
    path, boundary = "/mainstay/prod/network/", "arn:aws:iam::aws:policy/PowerUserAccess"
    role = iam.create_role(
        Path=path,
        RoleName="flow",
        AssumeRolePolicyDocument=trust("ec2.amazonaws.com"),
        PermissionsBoundary=boundary,
        Tags=[{"Key": "a", "Value": "b"}],
    )["Role"]
    assert role["Arn"] == f"arn:aws:iam::{ACCOUNT}:role{path}flow"
    document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "logs:*", "Resource": "*"}]}
    iam.put_role_policy(RoleName="flow", PolicyName="inline", PolicyDocument=json.dumps(document))
    assert iam.get_role_policy(RoleName="flow", PolicyName="inline")["PolicyDocument"] == document
    assert [item["RoleName"] for item in iam.list_roles(PathPrefix=path)["Roles"]] == ["flow"]
    assert iam.get_role(RoleName="flow")["Role"]["Tags"] == [{"Key": "a", "Value": "b"}]
    assert refused(iam.delete_role, RoleName="flow") == "DeleteConflict"
    iam.update_assume_role_policy(RoleName="flow", PolicyDocument=trust("lambda.amazonaws.com"))
    iam.delete_role_permissions_boundary(RoleName="flow")
    iam.delete_role_policy(RoleName="flow", PolicyName="inline")
    iam.delete_role(RoleName="flow")


ROLE_REFUSALS: dict[str, tuple[dict[str, Any], str]] = {
    "trust without principals": (
        {"AssumeRolePolicyDocument": json.dumps({"Version": "2012-10-17", "Statement": []})},
        "MalformedPolicyDocument",
    ),
    "trust of no JSON": ({"AssumeRolePolicyDocument": "{"}, "MalformedPolicyDocument"),
    "trust of an unknown role": ({"AssumeRolePolicyDocument": _policy(AWS=f"arn:aws:iam::{ACCOUNT}:role/none")}, "MalformedPolicyDocument"),
    "unknown boundary": ({"PermissionsBoundary": f"arn:aws:iam::{ACCOUNT}:policy/none"}, "NoSuchEntity"),
    "tag of aws": ({"Tags": [{"Key": "aws:x", "Value": "y"}]}, "InvalidInput"),
}


@pytest.mark.parametrize("case", ROLE_REFUSALS)
def test_role_refused(cloud: CheckedCloud, case: str) -> None:
    parameters, code = ROLE_REFUSALS[case]
    usual = {"RoleName": "x", "AssumeRolePolicyDocument": trust("ec2.amazonaws.com")}
    assert refused(cloud.client("iam").create_role, **usual | parameters) == code


def test_services_side_by_side(cloud: CheckedCloud) -> None:
    """Services read each other's resources during creation."""
    key = cloud.client("kms").create_key(Policy=key_policy("logs.amazonaws.com"))["KeyMetadata"]["Arn"]
    clients = {service: cloud.client(service) for service in ("kms", "iam", "logs", "resourcegroupstaggingapi")}

    def make(number: int) -> None:
        clients["kms"].create_key(Policy=key_policy(), Tags=[{"TagKey": "a", "TagValue": "b"}])
        clients["iam"].create_role(RoleName=f"r{number}", AssumeRolePolicyDocument=trust("ec2.amazonaws.com"))
        clients["logs"].create_log_group(logGroupName=f"g{number}", kmsKeyId=key)
        clients["resourcegroupstaggingapi"].get_resources(ResourceTypeFilters=["kms:key"])

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(make, range(24)))
    assert {entry["status"] for entry in cloud.admin.requests()} == {200}


def test_the_tagging_api_lists_everything_of_a_network(cloud: CheckedCloud, ec2: Any) -> None:
    """Types as AWS writes them in ARNs, including those that moto omits."""
    tag = {"Key": "mainstay:environment", "Value": "prod"}

    def tags(kind: str) -> list[dict[str, Any]]:
        return [{"ResourceType": kind, "Tags": [tag]}]

    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16", TagSpecifications=tags("vpc"))["Vpc"]["VpcId"]
    ec2.allocate_address(Domain="vpc", TagSpecifications=tags("elastic-ip"))
    ec2.create_network_acl(VpcId=vpc, TagSpecifications=tags("network-acl"))
    ec2.create_vpc_endpoint(VpcId=vpc, ServiceName=f"com.amazonaws.{REGION}.s3", TagSpecifications=tags("vpc-endpoint"))
    cloud.client("logs").create_log_group(logGroupName="/a", tags={tag["Key"]: tag["Value"]})
    found = cloud.client("resourcegroupstaggingapi").get_resources(TagFilters=[{"Key": tag["Key"], "Values": ["prod"]}])
    kinds = sorted(
        entry["ResourceARN"].split(":", 5)[2] + " " + entry["ResourceARN"].split(":", 5)[5].split("/")[0]
        for entry in found["ResourceTagMappingList"]
    )
    assert kinds == ["ec2 elastic-ip", "ec2 network-acl", "ec2 vpc", "ec2 vpc-endpoint", "logs log-group:"]


def test_pages_of_the_tagging_api_are_of_resources(cloud: CheckedCloud, ec2: Any) -> None:
    tags = [{"Key": f"k{number}", "Value": "v"} for number in range(20)]
    for _number in range(12):
        ec2.allocate_address(Domain="vpc", TagSpecifications=[{"ResourceType": "elastic-ip", "Tags": tags}])
    tagging = cloud.client("resourcegroupstaggingapi")
    assert [len(tagging.get_resources(ResourcesPerPage=size)["ResourceTagMappingList"]) for size in (10, 100)] == [10, 12]
    assert len(tagging.get_resources(TagsPerPage=100)["ResourceTagMappingList"]) < 6


@pytest.mark.parametrize(
    ("rest", "shown"),
    [("cluster/main", ":cluster"), ("db:main", ":db"), ("loadbalancer/app/web/0123", ":loadbalancer"), ("jobs", "")],
)
def test_types_of_resources_are_taken_from_arns(rest: str, shown: str) -> None:
    assert type_in(f"arn:aws:service:{REGION}:{ACCOUNT}:{rest}") == shown

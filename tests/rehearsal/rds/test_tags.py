"""Tags of RDS resources, the tagging API, and policies that look at tags."""

from __future__ import annotations

from ..conftest import REGION, refused
from .rds_account import RdsAccount


def pair(key: str, value: str) -> dict[str, str]:
    return {"Key": key, "Value": value}


def test_tags_of_everything(account: RdsAccount) -> None:
    account.create()
    account.parameter_group()
    account.delete(FinalDBSnapshotIdentifier="last")
    account.create()
    for arn in (f"{account.arns}:{rest}" for rest in ("db:main", "pg:own", "subgrp:main", "snapshot:last")):
        account.rds.add_tags_to_resource(ResourceName=arn, Tags=[pair("a", "b"), pair("c", "d")])
        account.rds.remove_tags_from_resource(ResourceName=arn, TagKeys=["c"])
        assert account.rds.list_tags_for_resource(ResourceName=arn)["TagList"] == [pair("a", "b")]
        assert refused(account.rds.add_tags_to_resource, ResourceName=arn, Tags=[pair("aws:x", "y")]) == "InvalidParameterValue"
    assert account.describe()["TagList"] == [pair("a", "b")]
    tagging = account.cloud.client("resourcegroupstaggingapi")
    filters = [{"Key": "a", "Values": ["b"]}]
    found = tagging.get_resources(TagFilters=filters, ResourceTypeFilters=["rds"])["ResourceTagMappingList"]
    assert {one["ResourceARN"].split(":", 5)[5] for one in found} == {"db:main", "pg:own", "subgrp:main", "snapshot:last"}
    tagging.tag_resources(ResourceARNList=[f"{account.arns}:db:main"], Tags={"e": "f"})
    assert account.describe()["TagList"] == [pair("a", "b"), pair("e", "f")]


def test_tags_of_what_does_not_exist(account: RdsAccount) -> None:
    for rest, code in (("db:x", "DBInstanceNotFound"), ("pg:x", "DBParameterGroupNotFound"), ("subgrp:x", "DBSubnetGroupNotFoundFault")):
        assert refused(account.rds.list_tags_for_resource, ResourceName=f"{account.arns}:{rest}") == code
    assert refused(account.rds.list_tags_for_resource, ResourceName="main") == "InvalidParameterValue"


def allow(*statements: dict[str, object]) -> list[dict[str, object]]:
    return [{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Resource": "*"} | one for one in statements]}]


def test_policies_by_tags_and_names(account: RdsAccount) -> None:
    account.create()
    own = {"Key": "owner", "Value": "shop"}
    account.cloud.admin.policies(
        apply=allow(
            {"Action": ["rds:Describe*", "iam:CreateServiceLinkedRole"]},
            {"Action": "rds:*", "Resource": f"arn:aws:rds:{REGION}:*:subgrp:main"},
            {"Action": ["rds:CreateDBInstance", "rds:AddTagsToResource"], "Condition": {"StringEquals": {"aws:RequestTag/owner": "shop"}}},
            {"Action": ["rds:ModifyDBInstance"], "Condition": {"StringEquals": {"aws:ResourceTag/owner": "shop"}}},
        )
    )
    assert refused(account.create, name="other") == "AccessDenied"
    account.create("own", Tags=[own])
    account.modify("own", DeletionProtection=True)
    assert refused(account.modify, DeletionProtection=True) == "AccessDenied"
    assert refused(account.delete, name="own") == "AccessDenied"
    assert refused(account.create, name="more", Tags=[own], MonitoringInterval=60, MonitoringRoleArn=account.monitoring) == "AccessDenied"


def test_what_a_creation_is_checked_for(account: RdsAccount) -> None:
    account.cloud.admin.policies(apply=allow({"Action": "*"}))
    options = {"KmsKeyId": account.new_key(), "StorageEncrypted": True, "Tags": [pair("a", "b")], "ManageMasterUserPassword": True}
    account.create(MasterUserPassword=None, MonitoringInterval=60, MonitoringRoleArn=account.monitoring, **options)
    entry = next(one for one in account.cloud.admin.requests() if one["operation"] == "CreateDBInstance")
    assert entry["checked_for"] == [
        *("iam:CreateServiceLinkedRole", "iam:PassRole", "kms:CreateGrant", "kms:DescribeKey"),
        *("rds:AddTagsToResource", "rds:CreateDBInstance", "secretsmanager:CreateSecret", "secretsmanager:TagResource"),
    ]

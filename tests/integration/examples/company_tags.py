# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Our resources that lack company-wide tags, found in AWS without the collection's own code."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from rehearsal.testing import Cloud

ADDRESS = "mainstay:address"


def tags(cloud: Cloud) -> dict[str, dict[str, str]]:
    """ID or name -> tags, for every tagged resource."""
    found: dict[str, dict[str, str]] = defaultdict(dict)
    for tag in cloud.client("ec2").describe_tags()["Tags"]:
        found[tag["ResourceId"]][tag["Key"]] = tag["Value"]
    iam, kms, logs = cloud.client("iam"), cloud.client("kms"), cloud.client("logs")
    for role in iam.list_roles()["Roles"]:
        found[role["RoleName"]] = {tag["Key"]: tag["Value"] for tag in iam.list_role_tags(RoleName=role["RoleName"])["Tags"]}
    for key in kms.list_keys()["Keys"]:
        found[key["KeyId"]] = {tag["TagKey"]: tag["TagValue"] for tag in kms.list_resource_tags(KeyId=key["KeyId"])["Tags"]}
    for group in logs.describe_log_groups()["logGroups"]:
        found[group["logGroupName"]] = logs.list_tags_for_resource(resourceArn=group["logGroupArn"])["tags"]
    for page in cloud.client("secretsmanager").get_paginator("list_secrets").paginate():
        for secret in page["SecretList"]:
            found[secret["Name"]] = {tag["Key"]: tag["Value"] for tag in secret.get("Tags", [])}
    return {**found, **tags_of_databases(cloud.client("rds"))}


def tags_of_databases(rds: Any) -> dict[str, dict[str, str]]:
    """ARN -> tags, for instances and everything that belongs to them in RDS. A list call does not return the tags of all of these."""
    instances = rds.describe_db_instances()["DBInstances"]
    arns = [one["DBInstanceArn"] for one in instances]
    arns += [one["DBSubnetGroupArn"] for one in rds.describe_db_subnet_groups()["DBSubnetGroups"]]
    arns += [one["DBParameterGroupArn"] for one in rds.describe_db_parameter_groups()["DBParameterGroups"]]
    arns += [one["DBProxyArn"] for one in rds.describe_db_proxies()["DBProxies"]]
    return {arn: {tag["Key"]: tag["Value"] for tag in rds.list_tags_for_resource(ResourceName=arn)["TagList"]} for arn in arns}


def lacking(cloud: Cloud, expected: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Our resources that lack any of these tags."""
    ours = {name: given for name, given in tags(cloud).items() if ADDRESS in given}
    assert len(ours) > 20, "the account should hold a network"
    return {name: given for name, given in ours.items() if not expected.items() <= given.items()}

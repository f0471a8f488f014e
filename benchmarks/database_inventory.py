"""An account's databases, without what AWS generates and what only one of the subjects can set: see README.md."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

Item = tuple[str, ...]

COMPARED = (
    "DBInstanceIdentifier",
    "DBInstanceStatus",
    "Engine",
    "EngineVersion",
    "DBInstanceClass",
    "AllocatedStorage",
    "MaxAllocatedStorage",
    "StorageType",
    "StorageEncrypted",
    "MasterUsername",
    "MultiAZ",
    "PubliclyAccessible",
    "IAMDatabaseAuthenticationEnabled",
    "MonitoringInterval",
    "MonitoringRoleArn",
    "PerformanceInsightsEnabled",
    "PerformanceInsightsRetentionPeriod",
    "DatabaseInsightsMode",
    "EnabledCloudwatchLogsExports",
    "BackupRetentionPeriod",
    "AutoMinorVersionUpgrade",
    "CopyTagsToSnapshot",
    "DeletionProtection",
)


def databases(rds: Any, secrets: Any, zone_of: Mapping[str, str]) -> dict[str, Iterator[Item]]:
    """The account's instances and what they consist of. ``zone_of``: the block of each subnet."""
    return {
        "DB subnet groups": subnet_groups(rds, zone_of),
        "DB parameter groups": parameter_groups(rds),
        "secrets": (
            secret_item(secrets, secret) for page in secrets.get_paginator("list_secrets").paginate() for secret in page["SecretList"]
        ),
        "DB instances": (
            instance_item(one) for page in rds.get_paginator("describe_db_instances").paginate() for one in page["DBInstances"]
        ),
    }


def subnet_groups(rds: Any, zone_of: Mapping[str, str]) -> Iterator[Item]:
    for page in rds.get_paginator("describe_db_subnet_groups").paginate():
        for group in page["DBSubnetGroups"]:
            subnets = sorted(zone_of[subnet["SubnetIdentifier"]] for subnet in group["Subnets"])
            yield group["DBSubnetGroupName"], group["DBSubnetGroupDescription"], str(subnets)


def parameter_groups(rds: Any) -> Iterator[Item]:
    """AWS's own groups are in every account."""
    for page in rds.get_paginator("describe_db_parameter_groups").paginate():
        for group in page["DBParameterGroups"]:
            name = group["DBParameterGroupName"]
            if not name.startswith("default."):
                pages = rds.get_paginator("describe_db_parameters").paginate(DBParameterGroupName=name, Source="user")
                set_ = sorted(
                    (one["ParameterName"], one["ParameterValue"], one["ApplyMethod"]) for page in pages for one in page["Parameters"]
                )
                yield name, group["DBParameterGroupFamily"], group["Description"], str(set_)


def secret_item(secrets: Any, secret: Mapping[str, Any]) -> Item:
    """A secret and what its value consists of. The passwords differ."""
    value = json.loads(secrets.get_secret_value(SecretId=secret["ARN"])["SecretString"])
    shown = {name: "..." if name == "password" else text for name, text in value.items()}
    return secret["Name"], secret.get("Description", ""), f"key {bool(secret.get('KmsKeyId'))}", str(sorted(shown.items()))


def instance_item(one: Mapping[str, Any]) -> Item:
    parameters = [(group["DBParameterGroupName"], group["ParameterApplyStatus"]) for group in one["DBParameterGroups"]]
    return (
        *(f"{name} {one.get(name)}" for name in COMPARED),
        f"in {one['DBSubnetGroup']['DBSubnetGroupName']}, {len(one['VpcSecurityGroups'])} groups, parameters {parameters}",
        f"key {bool(one.get('KmsKeyId'))}, insights' key {bool(one.get('PerformanceInsightsKMSKeyId'))}",
        f"pending {sorted(one.get('PendingModifiedValues') or {})}",
    )

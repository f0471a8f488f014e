"""DB instances as DescribeDBInstances shows them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from rehearsal.extensions import rds_backup_record, rds_servers, rds_subnet_groups
from rehearsal.extensions.rds_certificates import valid_till
from rehearsal.extensions.rds_common import instance_of
from rehearsal.extensions.rds_parameter_status import status_of
from rehearsal.extensions.rds_record import record_of
from rehearsal.extensions.rds_storage import Storage
from rehearsal.query_api import filtered, page
from rehearsal.registry import Call, answers
from rehearsal.transitions import extra_fields

NOT_REACHABLE = ("creating", "failed")
"""States in which a new instance has no endpoint yet."""


def storage_of(instance: Any) -> Storage:
    record = record_of(instance)
    return Storage(instance.storage_type, instance.allocated_storage, record.iops, record.throughput)


def address_of(instance: Any) -> tuple[str, int]:
    """Where the instance's server listens; without servers, a name like AWS's."""
    return rds_servers.endpoint(instance) or (rds_servers.host_name(instance), int(instance.port))


def described(instance: Any, status: str | None = None) -> dict[str, Any]:
    """The members of a DBInstance; with a `status`, as of that state, for replies that describe the state in which a call leaves it."""
    status = status or instance.status
    found = _own(instance, status) | _network(instance, status) | _storage(instance) | _replication(instance)
    found |= _monitoring(instance) | _master(instance) | record_of(instance).values
    return {name: value for name, value in found.items() if value is not None} | dict(extra_fields(instance))


def _own(instance: Any, status: str) -> dict[str, Any]:
    record = record_of(instance)
    return {
        "DBInstanceIdentifier": instance.db_instance_identifier,
        "DBInstanceClass": instance.db_instance_class,
        "Engine": instance.engine,
        "EngineVersion": instance.engine_version,
        "DBInstanceStatus": status,
        "DBName": instance.db_name,
        "InstanceCreateTime": None if status in NOT_REACHABLE else instance.instance_create_time,
        "PreferredBackupWindow": instance.preferred_backup_window,
        "BackupRetentionPeriod": instance.backup_retention_period,
        "DBSecurityGroups": [],
        "DBParameterGroups": [
            {"DBParameterGroupName": instance.db_parameter_group_name, "ParameterApplyStatus": status_of(instance)},
        ],
        "PreferredMaintenanceWindow": instance.preferred_maintenance_window,
        "UpgradeRolloutOrder": "second",
        "PendingModifiedValues": record.pending,
        "LatestRestorableTime": latest_restorable(instance, status),
        "AutoMinorVersionUpgrade": instance.auto_minor_version_upgrade,
        "LicenseModel": instance.license_model,
        "OptionGroupMemberships": [{"OptionGroupName": instance.option_group_name, "Status": "in-sync"}],
        "StatusInfos": _replication_status(instance, status),
        "DbiResourceId": instance.dbi_resource_id,
        "CACertificateIdentifier": instance.ca_certificate_identifier,
        "CertificateDetails": {
            "CAIdentifier": instance.ca_certificate_identifier,
            "ValidTill": valid_till(instance.ca_certificate_identifier),
        },
        "DomainMemberships": [],
        "CopyTagsToSnapshot": instance.copy_tags_to_snapshot,
        "DBInstanceArn": instance.arn,
        "IAMDatabaseAuthenticationEnabled": instance.enable_iam_database_authentication,
        "DeletionProtection": instance.deletion_protection,
        "AssociatedRoles": [],
        "TagList": [dict(tag) for tag in instance.tags],
        "ActivityStreamStatus": "stopped",
        "BackupTarget": "region",
        "DBInstanceAutomatedBackupsReplications": rds_backup_record.replications(instance),
        "DedicatedLogVolume": False,
        "IsStorageConfigUpgradeAvailable": False,
    }


def latest_restorable(instance: Any, status: str) -> datetime | None:
    """None if there is nothing to restore: no retention, or still being created."""
    return None if status in NOT_REACHABLE else rds_backup_record.latest_restorable(instance)


def _network(instance: Any, status: str) -> dict[str, Any]:
    group = getattr(instance, "db_subnet_group", None)
    address, port = (None, None) if status in NOT_REACHABLE else address_of(instance)
    return {
        "Endpoint": {"Address": address, "Port": port, "HostedZoneId": "Z2R2ITUGPM61AM"} if address else None,
        "VpcSecurityGroups": [{"VpcSecurityGroupId": group, "Status": "active"} for group in instance.vpc_security_group_ids],
        "AvailabilityZone": None if status == "creating" else instance.availability_zone,
        "SecondaryAvailabilityZone": record_of(instance).secondary_zone if instance.multi_az else None,
        "DBSubnetGroup": rds_subnet_groups.described(group) if group else None,
        "MultiAZ": instance.multi_az,
        "PubliclyAccessible": bool(instance.publicly_accessible),
        # 0 on AWS, except in a cluster; here the configured port, where the endpoint has that of a server on this machine
        "DbInstancePort": instance.port if port not in (None, instance.port) else 0,
        "CustomerOwnedIpEnabled": False,
        "NetworkType": "IPV4",
    }


def _storage(instance: Any) -> dict[str, Any]:
    iops, throughput = storage_of(instance).shown
    return {
        "AllocatedStorage": instance.allocated_storage,
        "MaxAllocatedStorage": record_of(instance).limit,
        "StorageType": instance.storage_type,
        "Iops": iops,
        "StorageThroughput": throughput if throughput is not None else 0,
        "StorageEncrypted": instance.storage_encrypted,
        "KmsKeyId": instance.kms_key_id if instance.storage_encrypted else None,
    }


def _replication(instance: Any) -> dict[str, Any]:
    return {
        "ReadReplicaDBInstanceIdentifiers": list(instance.replicas),
        "ReadReplicaSourceDBInstanceIdentifier": instance.source_db_instance_identifier if instance.is_replica else None,
    }


def _replication_status(instance: Any, status: str) -> list[dict[str, Any]] | None:
    if not instance.is_replica or status in NOT_REACHABLE:
        return None
    return [{"StatusType": "read replication", "Normal": True, "Status": "replicating"}]


def _monitoring(instance: Any) -> dict[str, Any]:
    interval = int(instance.monitoring_interval or 0)
    stream = f"arn:aws:logs:{instance.region}:{instance.account_id}:log-group:RDSOSMetrics:log-stream:{instance.dbi_resource_id}"
    return {
        "MonitoringInterval": interval,
        "EnhancedMonitoringResourceArn": stream if interval else None,
        "MonitoringRoleArn": instance.monitoring_role_arn if interval else None,
        "EnabledCloudwatchLogsExports": sorted(instance.enabled_cloudwatch_logs_exports) or None,
    }


def _master(instance: Any) -> dict[str, Any]:
    secret = getattr(instance, "master_user_secret", None)
    managed = None
    if secret is not None:
        managed = {"SecretArn": secret.secret_arn, "SecretStatus": secret.secret_status, "KmsKeyId": secret.kms_key_id}
    return {"MasterUsername": instance.master_username, "MasterUserSecret": managed}


@answers("rds", "DescribeDBInstances")
def describe(call: Call) -> Any:
    """All instances in the order of their identifiers, or the named one, by identifier or ARN."""
    if call.get("DBInstanceIdentifier"):
        return {"DBInstances": [described(instance_of(call))]}
    instances = sorted(call.backend.databases.values(), key=lambda one: one.db_instance_identifier)
    found = filtered(
        call,
        [one for one in instances if getattr(one, "db_cluster_identifier", None) is None],
        {
            "db-cluster-id": lambda one: [],
            "db-instance-id": lambda one: [one.db_instance_identifier, one.arn],
            "dbi-resource-id": lambda one: [one.dbi_resource_id],
            "domain": lambda one: [],
            "engine": lambda one: [one.engine],
        },
    )
    return page(call, "DBInstances", [described(one) for one in found])

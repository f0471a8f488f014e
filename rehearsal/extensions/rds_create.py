"""Creation of DB instances: what a call gives, AWS's checks and defaults, and the life until the instance is available."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from rehearsal import windows
from rehearsal.extensions import rds_backups, rds_certificates, rds_checks, rds_master, rds_servers, rds_storage, rds_subnet_groups
from rehearsal.extensions.rds_changes import set_storage
from rehearsal.extensions.rds_classes import LICENSE, classes, is_offered, storage_of, zones_of
from rehearsal.extensions.rds_common import ENGINE
from rehearsal.extensions.rds_events import happened
from rehearsal.extensions.rds_instances import described
from rehearsal.extensions.rds_life import phase
from rehearsal.extensions.rds_parameter_status import server_parameters
from rehearsal.extensions.rds_parameters import default_group, find_group
from rehearsal.extensions.rds_record import record_of
from rehearsal.extensions.rds_replication import attach
from rehearsal.extensions.rds_storage import KINDS, Storage
from rehearsal.extensions.rds_versions import Version, default_version, offered
from rehearsal.in_vpc import check_security_groups, subnets_by_id
from rehearsal.life import Phase, life_of
from rehearsal.query_api import check_identifier, check_tags, contradictory, invalid, listed, pairs
from rehearsal.registry import Call, answers, backend
from rehearsal.replies import Refusal

BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
type Start = Callable[[Any, str, Any], Any]
"""A function of the fleet, the key in it, and the new instance."""


@answers("rds", "CreateDBInstance")
def create(call: Call) -> Any:
    given = dict(call.parameters)
    if given.get("Engine") != ENGINE:
        raise invalid(f"Invalid DB engine: {given.get('Engine')}. The rehearsal cloud has {ENGINE}")
    if given.get("DBClusterIdentifier"):
        raise contradictory("The rehearsal cloud has no DB clusters.")
    check_master(given)
    if given.get("DBName"):
        rds_checks.check_database(given["DBName"])
    instance = launch(call, given, work=lambda servers, key, new: _start(servers, key, new, given))
    return {"DBInstance": described(instance, "creating")}


def check_master(given: Mapping[str, Any]) -> None:
    rds_checks.check_user(given.get("MasterUsername"))
    rds_checks.check_authentication(given, bool(given.get("EnableIAMDatabaseAuthentication")))
    if given.get("MasterUserPassword") is not None:
        rds_checks.check_password(given["MasterUserPassword"])
    elif not given.get("ManageMasterUserPassword") and given.get("MasterUserAuthenticationType") != "iam-db-auth":
        raise invalid("The parameter MasterUserPassword must be provided and must not be blank.")


def _start(servers: Any, key: str, instance: Any, given: Mapping[str, Any]) -> None:
    """Without a password, the master logs in with IAM."""
    password = rds_master.managed_password(instance) if rds_master.is_managed(instance) else given.get("MasterUserPassword")
    options = rds_servers.options_of(instance)
    servers.create(key, user=instance.master_username, password=password, database=given.get("DBName") or "postgres", **options)


def launch(call: Call, given: Mapping[str, Any], *, work: Start, before: Iterable[Phase] = (), source: Any = None) -> Any:
    """A new instance, from the parameters of CreateDBInstance, checked and with AWS's defaults; it is being created.

    `work` starts its server, unless the cloud has none. `before` are phases between `creating` and the usual ones. A replica has a
    `source`. Replicas and restored instances come from here too: the caller has put what they inherit into `given`, and has made the checks
    of the master's credentials, which are not made here.
    """
    name = check_identifier(given.get("DBInstanceIdentifier"), "DBInstanceIdentifier")
    check_tags(given.get("Tags"))
    if name in call.backend.databases:
        raise Refusal("DBInstanceAlreadyExists", "DB instance already exists")
    _check_quotas(call, given)
    version = version_of(given)
    group = subnet_group_of(call, given)
    storage, limit = new_storage(call, given, version)
    parameter_group = parameter_group_of(call, given, version)
    windows = windows_of(name, given)
    _check_rest(call, given, version, group.vpc_id)
    instance = _build(call, name, given, version, group)
    set_storage(instance, storage.kind, storage.size, storage.iops, storage.throughput)
    record_of(instance).limit = limit
    _set_rest(call, instance, given, windows, parameter_group)
    _set_zones(call, instance, given, rds_subnet_groups.zones(group))
    record = record_of(instance)
    record.server = rds_servers.wanted(call)
    record.effective = server_parameters(parameter_group)
    if given.get("ManageMasterUserPassword"):
        rds_master.manage(instance, given.get("MasterUserSecretKmsKeyId"))
    call.backend.databases[name] = instance
    if source is not None:
        attach(instance, source)
    task = rds_servers.Task(instance, lambda servers, key: work(servers, key, instance))
    life_of(instance).play([phase("creating", **task.phase), *before, *last_phases(instance)])
    happened(instance, "creation", "DB instance created")
    return instance


def last_phases(instance: Any) -> list[Phase]:
    """What follows the creation of an instance, in this order."""
    found = []
    if int(instance.monitoring_interval or 0):
        found.append(phase("configuring-enhanced-monitoring"))
    if instance.backup_retention_period and not instance.is_replica:
        found.append(phase("backing-up", end=lambda: rds_backups.first_backup(instance)))
    return found


def _check_quotas(call: Call, given: Mapping[str, Any]) -> None:
    quotas, instances = call.settings.quotas, call.backend.databases.values()
    most, space = quotas.get("rds_instances"), quotas.get("rds_storage_gib")
    if most is not None and len(instances) >= most:
        raise Refusal("InstanceQuotaExceeded", "DB Instance quota exceeded")
    used = sum(int(one.allocated_storage or 0) for one in instances)
    if space is not None and used + int(given.get("AllocatedStorage") or 0) > space:
        raise Refusal("StorageQuotaExceeded", f"The quota of {space} GiB for the storage of all DB instances would be exceeded")


def version_of(given: Mapping[str, Any]) -> Version:
    asked = given.get("EngineVersion")
    found = default_version() if asked is None else offered(asked)
    if found is None:
        raise contradictory(f"Cannot find version {asked} for {ENGINE}")
    return found


def check_class(call: Call, name: Any, version: Version) -> str:
    if name not in classes():
        raise invalid(f"Invalid DB Instance class: {name}")
    if not is_offered(str(name), version, call.region):
        text = f"RDS does not support creating a DB instance with the following combination: DBInstanceClass={name}, Engine={ENGINE}"
        raise contradictory(f"{text}, EngineVersion={version.text}, LicenseModel={LICENSE}.")
    return str(name)


def new_storage(call: Call, given: Mapping[str, Any], version: Version) -> tuple[Storage, int | None]:
    """The storage, and the limit of its autoscaling."""
    name = check_class(call, given.get("DBInstanceClass"), version)
    if given.get("AllocatedStorage") is None:
        raise invalid("The parameter AllocatedStorage must be provided and must not be blank.")
    kind = str(given.get("StorageType") or ("io1" if given.get("Iops") else "gp3"))
    storage = Storage(kind, int(given["AllocatedStorage"]), given.get("Iops"), given.get("StorageThroughput"))
    check_storage(name, storage)
    limit = given.get("MaxAllocatedStorage")
    if reason := rds_storage.problem_of_limit(storage.size, limit):
        raise contradictory(reason)
    return storage, limit if limit != storage.size else None


def check_storage(name: str, storage: Storage) -> None:
    """Storage that AWS has, of a size that the class can use."""
    if reason := rds_storage.problem(storage):
        raise contradictory(reason)
    most = storage_of(name, KINDS[storage.kind]).sizes[1]
    if storage.size > most:
        raise contradictory(f"The DB instance class {name} supports at most {most} GiB of {storage.kind} storage, not {storage.size}")


def parameter_group_of(call: Call, given: Mapping[str, Any], version: Version) -> Any:
    """The parameter group that a call names, which must be of the version's family, or the family's default group."""
    group = find_group(call.backend, given.get("DBParameterGroupName") or default_group(version.family))
    if group.family != version.family:
        text = f"The Parameter Group {group.name} with DBParameterGroupFamily {group.family} can't be used for this instance."
        raise contradictory(f"{text} Please use a Parameter Group with DBParameterGroupFamily {version.family}")
    return group


def subnet_group_of(call: Call, given: Mapping[str, Any]) -> Any:
    """The subnet group that a call names, or the one that RDS makes of the default VPC."""
    from moto.rds.models import DBSubnetGroup

    if name := given.get("DBSubnetGroupName"):
        return rds_subnet_groups.find_group(call, name)
    if "default" not in call.backend.subnet_groups:
        vpc = backend("ec2", call.account_id, call.region).default_vpc
        subnets = [one for one in subnets_by_id(call).values() if vpc is not None and one.vpc_id == vpc.id]
        if not subnets:
            raise Refusal("DBSubnetGroupNotFoundFault", "DB Subnet Group 'default' does not exist: there is no default VPC", 404)
        call.backend.subnet_groups["default"] = DBSubnetGroup(call.backend, "default", "default", subnets, [])
    return call.backend.subnet_groups["default"]


def windows_of(name: str, given: Mapping[str, Any]) -> tuple[str, str]:
    """The backup and the maintenance window: what the call gives, else what RDS picks so that they do not overlap."""
    backup, maintenance = windows.chosen(name, given.get("PreferredBackupWindow"), given.get("PreferredMaintenanceWindow"), minutes=30)
    rds_checks.check_windows(backup, maintenance)
    return backup, maintenance


def _check_rest(call: Call, given: Mapping[str, Any], version: Version, vpc: str) -> None:
    rds_checks.check_retention(given.get("BackupRetentionPeriod", 1))
    rds_checks.check_port(given.get("Port"))
    rds_checks.check_lifecycle(given.get("EngineLifecycleSupport"))
    rds_checks.check_monitoring(call, int(given.get("MonitoringInterval") or 0), given.get("MonitoringRoleArn"))
    enabled = bool(given.get("EnablePerformanceInsights"))
    rds_checks.check_insights(given.get("DatabaseInsightsMode"), enabled, given.get("PerformanceInsightsRetentionPeriod"))
    if enabled and not classes()[given["DBInstanceClass"]][0].insights:
        raise contradictory(f"Performance Insights not supported for this configuration, class {given['DBInstanceClass']}")
    rds_checks.check_logs(version, given.get("EnableCloudwatchLogsExports"))
    check_security_groups(call, given.get("VpcSecurityGroupIds"), vpc, "DB instance")
    if given.get("MultiAZ") and given.get("AvailabilityZone"):
        raise contradictory("Requesting a specific availability zone is not valid for Multi-AZ instances.")
    if given.get("KmsKeyId") and given.get("StorageEncrypted") is False:
        raise contradictory("You can't specify a KMS key for an instance whose storage is not encrypted.")
    if given.get("CACertificateIdentifier"):
        rds_certificates.check(given["CACertificateIdentifier"])


def _build(call: Call, name: str, given: Mapping[str, Any], version: Version, group: Any) -> Any:
    """moto's object, with what its constructor sets. Encryption with the account's default key if no key is named."""
    from moto.rds.models import DBInstance

    encrypted = bool(given.get("StorageEncrypted") or given.get("KmsKeyId"))
    ec2 = backend("ec2", call.account_id, call.region)
    groups = list(given.get("VpcSecurityGroupIds") or [ec2.get_default_security_group(group.vpc_id).id])
    options: dict[str, Any] = {"kms_key_id": rds_checks.key_arn(call, given.get("KmsKeyId") or "alias/aws/rds")} if encrypted else {}
    return DBInstance(
        call.backend,
        db_instance_identifier=name,
        db_instance_class=str(given["DBInstanceClass"]),
        engine=ENGINE,
        engine_version=version.text,
        port=int(given.get("Port") or 5432),
        allocated_storage=int(given["AllocatedStorage"]),
        db_name=given.get("DBName"),
        db_subnet_group_name=group.name,
        multi_az=bool(given.get("MultiAZ")),
        master_username=given.get("MasterUsername"),
        storage_type="gp3",
        storage_encrypted=encrypted,
        license_model=LICENSE,
        vpc_security_group_ids=groups,
        tags=listed(pairs(given.get("Tags"))),
        **options,
    )


def _set_rest(call: Call, instance: Any, given: Mapping[str, Any], windows: tuple[str, str], group: Any) -> None:
    instance.dbi_resource_id = "db-" + "".join(secrets.choice(BASE32) for _each in range(26))
    instance.db_parameter_group_name = group.name
    instance.option_group_name = f"default:{ENGINE}-{instance.engine_version.partition('.')[0]}"
    instance.preferred_backup_window, instance.preferred_maintenance_window = windows
    instance.backup_retention_period = int(given.get("BackupRetentionPeriod", 1))
    instance.auto_minor_version_upgrade = given.get("AutoMinorVersionUpgrade", True)
    instance.copy_tags_to_snapshot = bool(given.get("CopyTagsToSnapshot"))
    instance.publicly_accessible = bool(given.get("PubliclyAccessible"))
    instance.deletion_protection = bool(given.get("DeletionProtection"))
    instance.enable_iam_database_authentication = bool(given.get("EnableIAMDatabaseAuthentication"))
    instance.enabled_cloudwatch_logs_exports = list(given.get("EnableCloudwatchLogsExports") or [])
    instance.monitoring_interval = int(given.get("MonitoringInterval") or 0)
    instance.monitoring_role_arn = given.get("MonitoringRoleArn")
    instance.ca_certificate_identifier = given.get("CACertificateIdentifier") or rds_certificates.default_of(call)
    record = record_of(instance)
    record.authentication = str(given.get("MasterUserAuthenticationType") or "password")
    record.values["EngineLifecycleSupport"] = given.get("EngineLifecycleSupport") or rds_checks.LIFECYCLES[0]
    record.values |= insights(call, given)


def insights(call: Call, given: Mapping[str, Any]) -> dict[str, Any]:
    """The members about Database Insights; those of Performance Insights only if it is enabled."""
    enabled = bool(given.get("EnablePerformanceInsights"))
    found: dict[str, Any] = {
        "DatabaseInsightsMode": given.get("DatabaseInsightsMode") or "standard",
        "PerformanceInsightsEnabled": enabled,
    }
    if enabled:
        found["PerformanceInsightsKMSKeyId"] = rds_checks.key_arn(call, given.get("PerformanceInsightsKMSKeyId") or "alias/aws/rds")
        found["PerformanceInsightsRetentionPeriod"] = given.get("PerformanceInsightsRetentionPeriod") or 7
    return found


def _set_zones(call: Call, instance: Any, given: Mapping[str, Any], zones: list[str]) -> None:
    """The instance is in one zone of its subnet group, its standby in another one."""
    asked = given.get("AvailabilityZone")
    if asked is not None and asked not in zones_of(call):
        raise invalid(f"Invalid availability zone: {asked}")
    if asked is not None and asked not in zones:
        raise contradictory(f"The requested Availability Zone {asked} is not covered by the DB subnet group: {', '.join(zones)}")
    chosen = asked or zones[hashlib.sha256(instance.db_instance_identifier.encode()).digest()[2] % len(zones)]
    instance.availability_zone = chosen
    record_of(instance).secondary_zone = next((zone for zone in zones if zone != chosen), chosen)

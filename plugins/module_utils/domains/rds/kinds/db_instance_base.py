# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What instances and read replicas have in common: finding them, reading their properties, and deleting them.

Both come from one list of all instances, which has their tags; the address in the owner tags says which kind an instance is of.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ....aws.canonical import sorted_strings
from ....aws.connection import Aws
from ....aws.named_kind import NamedCalls, NamedKind
from ....kinds.arn_tags import DESCRIBED_TAGS, lower
from ....reconcile.model import Observed, Property, State, fixed, given, initial, later
from . import db_instance_credentials as credentials
from . import limits
from .db_instance_blue_green import beside, note
from .db_instance_options import ByIdentifier, Options
from .db_instance_pending import LOGS, needs_reboot, parameter_group, pending, sentences
from .db_instance_states import BUSY, said, state_of
from .db_instance_storage import kept_size
from .db_instance_versions import kept

OWNED_BY_AWS_BACKUP = "owned by AWS Backup"
"""The observed value of retention and window while AWS Backup decides them: any call that names them is refused."""

STATIC_PARAMETERS = "mainstay:static-parameters"
"""The tag that remembers which static parameters are in force: see ``static_parameters``."""

LISTED = "rds instances"


def unless_owned(desired: Any, observed: Any) -> Any:
    """Retention and window are never changed while AWS Backup owns them."""
    return observed if observed == OWNED_BY_AWS_BACKUP else desired


def elsewhere(raw: Mapping[str, Any]) -> dict[str, list[str]]:
    """The regions in which an instance has replicated backups and read replicas. RDS names those in its own region without an ARN."""
    backups = [str(one.get("DBInstanceAutomatedBackupsArn")) for one in raw.get("DBInstanceAutomatedBackupsReplications") or ()]
    replicas = [str(one) for one in raw.get("ReadReplicaDBInstanceIdentifiers") or ()]
    named = {"replicated backups": backups, "read replicas": replicas}
    found = {what: sorted({arn.split(":")[3] for arn in arns if arn.startswith("arn:")}) for what, arns in named.items()}
    return {what: regions for what, regions in found.items() if regions}


def kept_once_set(desired: Any, observed: Any) -> Any:
    """A value that RDS takes only while it has none."""
    return desired if observed is None else observed


class RdsInstance(NamedKind):
    """The properties have AWS's names. ``options`` are choices for each instance by its identifier, ``default`` for all others."""

    calls = NamedCalls(
        service="rds",
        list="describe_db_instances",
        items="DBInstances",
        create="create_db_instance",
        delete="delete_db_instance",
        item="DBInstance",
        id="DBInstanceIdentifier",
        name="DBInstanceIdentifier",
        arn="DBInstanceArn",
    )
    tagging = DESCRIBED_TAGS
    status_member = "DBInstanceStatus"
    settles = ("update", "delete")
    quotas = (limits.INSTANCES,)
    holds_data = True
    timeout = 7200.0
    timeouts = {"create": 5400.0, "update": 14400.0, "delete": 14400.0}
    changing = {
        "engine_version": ("engine_version",),
        "port": ("port",),
        "master_user_secret_arn": ("master_credentials",),
        "master_username": ("promoted",),
    }

    db_instance_identifier = fixed("DBInstanceIdentifier", canonical=lower)
    db_instance_class = given("DBInstanceClass")
    engine_version = given(effective=kept)
    allocated_storage = given(effective=kept_size)
    max_allocated_storage = given()
    storage_type = given()
    iops = given()
    storage_throughput = given()
    multi_az = given("MultiAZ")
    db_subnet_group_name = given("DBSubnetGroupName", canonical=lower)
    vpc_security_group_ids = given(canonical=sorted_strings)
    db_parameter_group_name = given("DBParameterGroupName", canonical=lower)
    kms_key_id = fixed()
    enable_iam_database_authentication = given("EnableIAMDatabaseAuthentication")
    monitoring_interval = given()
    monitoring_role_arn = given()
    database_insights_mode = given()
    performance_insights_retention_period = given()
    performance_insights_kms_key_id = given("PerformanceInsightsKMSKeyId", effective=kept_once_set)
    enabled_cloudwatch_logs_exports = given("EnableCloudwatchLogsExports", canonical=sorted_strings)
    deletion_protection = given()
    backup_retention_period = given(effective=unless_owned)
    preferred_backup_window = given(effective=unless_owned)
    preferred_maintenance_window = given(canonical=lower)
    copy_tags_to_snapshot = given()
    ca_certificate_identifier = given("CACertificateIdentifier")
    engine_lifecycle_support = given()
    auto_minor_version_upgrade = given()
    publicly_accessible = given()
    port = given(canonical=int)
    availability_zone = initial()
    master_credentials = given(effective=credentials.kept)
    master_secret_rotation_days = later()
    static_parameters = given()

    def __init__(self, options: ByIdentifier | None = None, default: Options | None = None) -> None:
        super().__init__()
        self.options = dict(options or {})
        self.default = default or Options()

    def options_of(self, identifier: str) -> Options:
        return self.options.get(identifier, self.default)

    # -- finding ---------------------------------------------------------------------------------------------------------------------

    def find(self, aws: Aws) -> list[Observed]:
        listed = aws.once(LISTED, lambda: self.listed(aws))
        others = beside(listed)
        hidden = {name for names in others.values() for name in names}
        ours = [
            {**raw, "Beside": others.get(raw["DBInstanceIdentifier"], [])}
            for raw in listed
            if raw["DBInstanceIdentifier"] not in hidden and self.is_mine(aws.owner.address(self.tags_of(raw)))
        ]
        return self.observe_all(aws, self.described(aws, ours))

    def is_mine(self, address: str | None) -> bool:
        """Whether an address is one of this kind; an empty one stands for whatever holds a name."""
        return address is not None and address.partition(".")[0] in ("", self.name)

    def described(self, aws: Aws, entries: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """The entries that exist, each with the rotation rules of its managed secret."""
        raws = super().described(aws, entries)
        managed = [raw for raw in raws if (raw.get("MasterUserSecret") or {}).get("SecretArn")]
        rules = aws.map(lambda raw: aws.find("secretsmanager", "describe_secret", SecretId=raw["MasterUserSecret"]["SecretArn"]), managed)
        found = {raw["DBInstanceIdentifier"]: (reply or {}).get("RotationRules") for raw, reply in zip(managed, rules, strict=True)}
        return [{**raw, "Rotation": found.get(raw["DBInstanceIdentifier"])} for raw in raws]

    def observe(self, aws: Aws, raw: Mapping[str, Any], address: str | None = None) -> Observed | None:
        own = address or aws.owner.address(self.tags_of(raw))
        return super().observe(aws, raw, address) if self.is_mine(own) else None

    def state(self, raw: Mapping[str, Any]) -> tuple[State, str]:
        status = str(raw.get(self.status_member) or "").lower()
        return state_of(status), said(raw) or (status if status in BUSY else "")

    def trouble_of(self, raw: Mapping[str, Any]) -> str:
        reported = [said(raw), *sentences(raw), note(str(raw.get("DBInstanceIdentifier")), raw.get("Beside") or ())]
        return " ".join(sentence for sentence in reported if sentence)

    # -- properties ------------------------------------------------------------------------------------------------------------------

    def value(self, raw: Mapping[str, Any], name: str) -> Any:
        """A value that waits for the window reads as it will be, unless the instance's changes are to be made at once."""
        waiting = pending(raw)
        deferred = self.options_of(str(raw.get("DBInstanceIdentifier"))).apply == "window" or raw.get(self.status_member) in BUSY
        if name in waiting and (deferred or name == LOGS):
            return waiting[name]
        return super().value(raw, name)

    def get_database_insights_mode(self, raw: Mapping[str, Any]) -> str:
        return str(raw.get("DatabaseInsightsMode") or "standard")

    def get_vpc_security_group_ids(self, raw: Mapping[str, Any]) -> list[str]:
        groups = raw.get("VpcSecurityGroups") or []
        return [group["VpcSecurityGroupId"] for group in groups if group.get("Status") not in ("removing", "removed")]

    def get_db_subnet_group_name(self, raw: Mapping[str, Any]) -> Any:
        return (raw.get("DBSubnetGroup") or {}).get("DBSubnetGroupName")

    def get_db_parameter_group_name(self, raw: Mapping[str, Any]) -> Any:
        return parameter_group(raw)[0] or None

    def get_enable_iam_database_authentication(self, raw: Mapping[str, Any]) -> Any:
        return raw.get("IAMDatabaseAuthenticationEnabled")

    def get_enabled_cloudwatch_logs_exports(self, raw: Mapping[str, Any]) -> list[str]:
        return list(raw.get("EnabledCloudwatchLogsExports") or [])

    def get_monitoring_interval(self, raw: Mapping[str, Any]) -> int:
        return int(raw.get("MonitoringInterval") or 0)

    def get_performance_insights_retention_period(self, raw: Mapping[str, Any]) -> Any:
        return raw.get("PerformanceInsightsRetentionPeriod") if raw.get("PerformanceInsightsEnabled") else None

    def get_backup_retention_period(self, raw: Mapping[str, Any]) -> Any:
        return OWNED_BY_AWS_BACKUP if raw.get("AwsBackupRecoveryPointArn") else raw.get("BackupRetentionPeriod")

    def get_preferred_backup_window(self, raw: Mapping[str, Any]) -> Any:
        return OWNED_BY_AWS_BACKUP if raw.get("AwsBackupRecoveryPointArn") else raw.get("PreferredBackupWindow")

    def get_port(self, raw: Mapping[str, Any]) -> Any:
        """The configured port. AWS says 0 in the first place; a rehearsal has it there, as its endpoints lead to ports of this machine."""
        return raw.get("DbInstancePort") or (raw.get("Endpoint") or {}).get("Port") or None

    def get_availability_zone(self, _raw: Mapping[str, Any]) -> None:
        return None

    def get_master_credentials(self, raw: Mapping[str, Any]) -> Any:
        return credentials.observed(raw, self.tags_of(raw))

    def get_master_secret_rotation_days(self, raw: Mapping[str, Any]) -> Any:
        return (raw.get("Rotation") or {}).get("AutomaticallyAfterDays")

    def get_static_parameters(self, raw: Mapping[str, Any]) -> Any:
        """The digest of the static parameters in force, as the domain computed it; None while any of them wait for a reboot."""
        return None if needs_reboot(raw) else self.tags_of(raw).get(STATIC_PARAMETERS)

    def attributes(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        endpoint = raw.get("Endpoint") or {}
        return {
            "arn": raw.get("DBInstanceArn"),
            "resource_id": raw.get("DbiResourceId"),
            "kms_key_id": raw.get("KmsKeyId"),
            "endpoint": endpoint.get("Address"),
            "port": endpoint.get("Port"),
            "engine_version": raw.get("EngineVersion"),
            "master_username": raw.get("MasterUsername"),
            "master_user_secret_arn": (raw.get("MasterUserSecret") or {}).get("SecretArn"),
            "db_name": raw.get("DBName"),
            "status": raw.get(self.status_member),
            "elsewhere": elsewhere(raw),
            "ca_certificate_identifier": raw.get("CACertificateIdentifier"),
            "aws_backup": raw.get("AwsBackupRecoveryPointArn"),
            "backup_retention_period": raw.get("BackupRetentionPeriod"),
            "allocated_storage": raw.get("AllocatedStorage"),
            "replicas": list(raw.get("ReadReplicaDBInstanceIdentifiers") or []),
        }


def reached(declared: Property, wanted: Any, observed: Any) -> bool:
    """Whether an observed value needs no change to be the wanted one."""
    return bool(declared.target(wanted, observed) == declared.normal(observed))

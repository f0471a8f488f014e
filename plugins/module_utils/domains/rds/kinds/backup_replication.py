# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Automated backups of an instance, replicated to another region, for a restore to a point in time there.

A replication lives in its destination: the property ``region``. RDS changes nothing of one, so every change is a replacement. What was
replicated until then stays for its retention period, without owner tags, and its key stays with it; or it is deleted, if the options of the
instance say so. After "Replicating automated backups to another AWS Region" in the RDS User Guide.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ....aws.connection import Aws
from ....aws.named_kind import NamedCalls, NamedKind
from ....aws.owner import TAG_PREFIX
from ....kinds.arn_tags import DESCRIBED_TAGS
from ....reconcile.errors import AlreadyThere, CallFailed, NotYet
from ....reconcile.model import Observed, fixed
from .db_instance_options import ByIdentifier, Options

LISTED = "rds automated backups"
RETAINED = "retained"
SOURCE_NOT_READY = ("InvalidDBInstanceState", "InvalidDBInstanceStateFault")
NOT_REPLICABLE = ("InvalidDBInstanceAutomatedBackupState", "InvalidDBInstanceAutomatedBackupStateFault")
"""Already replicated, or no first backup yet; for a deletion: still being replicated."""
TOO_MANY = ("DBInstanceAutomatedBackupQuotaExceeded", "DBInstanceAutomatedBackupQuotaExceededFault")
FULL = (
    "A region retains as many automated backups as its quota of DB instances allows. Delete retained ones there that are no longer needed, "
    "or request a higher quota."
)


class BackupReplication(NamedKind):
    name = "backup_replication"
    calls = NamedCalls(
        service="rds",
        list="describe_db_instance_automated_backups",
        items="DBInstanceAutomatedBackups",
        create="start_db_instance_automated_backups_replication",
        delete="stop_db_instance_automated_backups_replication",
        item="DBInstanceAutomatedBackup",
        id="DBInstanceAutomatedBackupsArn",
        name="DBInstanceAutomatedBackupsArn",
        arn="DBInstanceAutomatedBackupsArn",
    )
    tagging = DESCRIBED_TAGS
    status_member = "Status"
    states = {"pending": "pending", "creating": "pending", "retained": "failed", "deleting": "deleting"}
    operations = ("delete_db_instance_automated_backup",)
    elsewhere = True
    holds_data = True
    timeout = 3600.0
    """An instance that has just been created may take a while until its first backup is complete."""

    source_db_instance_arn = fixed("SourceDBInstanceArn")
    backup_retention_period = fixed()
    kms_key_id = fixed()

    def __init__(self, options: ByIdentifier | None = None, default: Options | None = None) -> None:
        """The options of each instance by its identifier, and those of all others."""
        super().__init__()
        self.options = dict(options or {})
        self.default = default or Options()

    def get_source_db_instance_arn(self, raw: Mapping[str, Any]) -> Any:
        return raw.get("DBInstanceArn")

    def reason_of(self, raw: Mapping[str, Any]) -> str:
        """Stopped by hand, or by a run that ended before it had removed the tags: another one takes its place."""
        return "it was stopped; what it has copied stays" if status_of(raw) == RETAINED else ""

    def listed(self, aws: Aws) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = aws.once(LISTED, lambda: super(BackupReplication, self).listed(aws))
        return found

    def is_gone(self, raw: Mapping[str, Any]) -> bool:
        """The backups of an instance in its own region are no replication."""
        return status_of(raw) == "active" or super().is_gone(raw)

    def request(self, properties: Mapping[str, Any]) -> dict[str, Any]:
        """boto3 signs the call for the source's region with ``SourceRegion``."""
        return {**super().request(properties), "SourceRegion": str(properties["source_db_instance_arn"]).split(":")[3]}

    def create(self, aws: Aws, address: str, properties: Mapping[str, Any], token: str) -> Observed:
        try:
            return super().create(aws, address, properties, token)
        except CallFailed as error:
            if error.code in TOO_MANY:
                raise CallFailed(error.message, error.operation, error.code, FULL) from error
            if error.code in SOURCE_NOT_READY:
                raise NotYet(error.message, error.operation, error.code, error.hint, dependency=True) from error
            if error.code not in NOT_REPLICABLE:
                raise
            if self._of(aws, properties["source_db_instance_arn"]):
                raise AlreadyThere(error.message, error.operation, error.code, error.hint) from error
            raise NotYet(error.message, error.operation, error.code, error.hint, dependency=True) from error

    def _of(self, aws: Aws, source: str) -> list[dict[str, Any]]:
        """The replications of an instance to the region of the connection, whatever their owner."""
        found = aws.list_all(self.calls.service, self.calls.list, self.calls.items)
        ours = (dict(raw) for raw in found if raw.get("DBInstanceArn") == source and not self.is_gone(raw))
        return [raw for raw in ours if self.state(raw)[0] in ("pending", "ready")]

    def holder(self, aws: Aws, properties: Mapping[str, Any]) -> Observed | None:
        """The replication that the instance has there already: RDS allows one."""
        source = properties.get("source_db_instance_arn")
        return self.observe_any_owner(aws, self._of(aws, source)) if source else None

    def delete(self, aws: Aws, seen: Observed) -> None:
        """Stop, and leave the retained backups without an owner, or delete them."""
        source = str(seen.properties["source_db_instance_arn"])
        aws.remove("rds", self.calls.delete, SourceDBInstanceArn=source)
        if self.options.get(identifier_of(source), self.default).delete_automated_backups:
            try:
                aws.remove("rds", "delete_db_instance_automated_backup", DBInstanceAutomatedBackupsArn=seen.id)
            except CallFailed as error:
                if error.code in NOT_REPLICABLE:
                    raise NotYet(error.message, error.operation, error.code, dependency=True) from error
                raise
            return
        names = [f"{TAG_PREFIX}{name}" for name in ("environment", "component", "address")]
        aws.remove("rds", self.tagging.untag, ResourceName=seen.id, TagKeys=names)


def status_of(raw: Mapping[str, Any]) -> str:
    """In lower case, as RDS's documentation has it; its replies do not always."""
    return str(raw.get("Status") or "").lower()


def identifier_of(source: str) -> str:
    """The identifier in the ARN of an instance."""
    return source.rpartition(":")[2]


def source_region(aws: Aws, source: str, destination: str) -> Mapping[str, Any]:
    """What RDS in the destination says about a source region; empty if it does not know it. For the questions of the domain."""
    found = aws.in_region(destination).list_all("rds", "describe_source_regions", "SourceRegions", RegionName=source)
    return next((dict(one) for one in found if one.get("RegionName") == source), {})


def not_offered(path: str, source: str, destination: str, answer: Mapping[str, Any]) -> str:
    """Why backups cannot be replicated between these regions, with what can be done instead; empty if they can.

    ``answer``: from ``source_region``. RDS offers no replication from or to most regions that an account has to enable, such as af-south-1.
    It makes read replicas from every region that DescribeSourceRegions lists.
    """
    if source == destination:
        return f"{path}.region is {destination}, but that is the region of the instance; name another one"
    if answer.get("SupportsDBInstanceAutomatedBackupsReplication"):
        return ""
    replica = f"make a read replica in {destination} (replicas, with region: {destination}) or " if answer else ""
    return (
        f"{path}.region is {destination}, but RDS does not replicate automated backups from {source} to {destination}; name another "
        f"region, or remove replicate_to and {replica}copy snapshots there with AWS Backup"
    )

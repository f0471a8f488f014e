"""What RDS does not combine with a master password that it manages."""

from __future__ import annotations

from rehearsal.extensions.rds_common import find_instance
from rehearsal.query_api import contradictory
from rehearsal.registry import Call, refuses

ORACLE_ONLY = ("RestoreDBInstanceFromDBSnapshot", "RestoreDBInstanceToPointInTime")


@refuses("rds", *ORACLE_ONLY)
def only_oracle_manages_the_password_in_a_restore(call: Call) -> None:
    if call.get("ManageMasterUserPassword") or call.get("MasterUserSecretKmsKeyId"):
        raise contradictory("ManageMasterUserPassword applies to RDS for Oracle only in a restore: modify the restored instance.")


@refuses("rds", "CreateDBInstanceReadReplica")
def managed_password_and_replicas(call: Call) -> None:
    source = find_instance(call, call.get("SourceDBInstanceIdentifier"))
    if source is not None and getattr(source, "master_user_secret", None) is not None:
        name = source.db_instance_identifier
        text = f"You can't create a read replica of {name}, whose master user password is managed in AWS Secrets Manager."
        raise contradictory(text)


@refuses("rds", "ModifyDBInstance")
def rotation_does_not_wait(call: Call) -> None:
    if call.get("RotateMasterUserPassword") and not call.get("ApplyImmediately"):
        raise contradictory("You must specify apply immediately when rotating the master user password.")

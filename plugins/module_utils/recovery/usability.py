# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What a DBInstance that is being restored says about itself, and how it gets a password. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .states import HOPELESS, NEVER, READY_NOW, WAIT

ANSWERING = frozenset({"available", "backing-up", "storage-optimization", "configuring-enhanced-monitoring", "configuring-log-exports"})
"""The states in which a restored instance answers. The first backup of a restored instance can take hours."""

OUT_OF_SUPPORT = "RDS upgrades versions that are out of support while it restores them, so there is no way back to this version."

SHORT_LIVED: Mapping[str, Any] = {
    "MultiAZ": False,
    "PubliclyAccessible": False,
    "DeletionProtection": False,
    "AutoMinorVersionUpgrade": False,
    "CopyTagsToSnapshot": False,
    "BackupRetentionPeriod": 0,
}
"""Parameters of the call that restores an instance for a test: nothing that costs or protects more than that needs. Without a retention
period, it is not backed up in full before it is available.
"""


def usability(instance: Mapping[str, Any]) -> str:
    """Whether a restored instance answers: ready, wait or never."""
    status = str(instance.get("DBInstanceStatus") or "")
    if HOPELESS.fullmatch(status):
        return NEVER
    has_address = bool((instance.get("Endpoint") or {}).get("Address"))
    return READY_NOW if status in ANSWERING and has_address else WAIT


def needs_reboot(instance: Mapping[str, Any]) -> bool:
    """Whether static parameters wait for a reboot: no window applies them, and the database would run with others."""
    return any(one.get("ParameterApplyStatus") == "pending-reboot" for one in instance.get("DBParameterGroups") or ())


def has_secret(instance: Mapping[str, Any]) -> bool:
    return (instance.get("MasterUserSecret") or {}).get("SecretStatus") == "active"


def password_change(name: str, key: str = "") -> dict[str, Any]:
    """The parameters of the ModifyDBInstance by which RDS manages a new password: a restored instance still has the old one.

    RDS takes ManageMasterUserPassword in the restore call for Oracle only. ``key``: of the secret; empty for aws/secretsmanager.
    """
    found: dict[str, Any] = {"DBInstanceIdentifier": name, "ManageMasterUserPassword": True, "ApplyImmediately": True}
    return {**found, "MasterUserSecretKmsKeyId": key} if key else found


def means_upgrade(code: str, message: str) -> bool:
    """Whether RDS refused a restore because the source's parameter group is of another family: it would come up with another major version,
    since the snapshot's is out of support.
    """
    return code == "InvalidParameterCombination" and "DBParameterGroupFamily" in message


def is_another_major(version: str, expected: str) -> bool:
    return version.split(".", maxsplit=1)[0] != expected.split(".", maxsplit=1)[0]

# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The statuses of a DB instance ("Viewing Amazon RDS DB instance status", RDS User Guide), and what they mean here. Pure functions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ....reconcile.model import State

USABLE = frozenset(
    {
        "available",
        "backing-up",
        "configuring-associated-roles",
        "configuring-enhanced-monitoring",
        "configuring-iam-database-auth",
        "configuring-log-exports",
        "storage-config-upgrade",
        "storage-initialization",
        "storage-optimization",
    }
)
"""The instance serves connections, and what remains may take hours: after a restore, it is backing up for as long."""

BUSY = frozenset(
    {
        "converting-to-vpc",
        "creating",
        "maintenance",
        "modifying",
        "moving-to-vpc",
        "rebooting",
        "renaming",
        "resetting-master-credentials",
        "starting",
        "stopping",
        "upgrading",
    }
)
"""A change is in progress, after which the instance is usable again."""

DELETING = frozenset({"delete-precheck", "deleting"})

LOST = frozenset({"failed", "incompatible-network", "incompatible-restore", "restore-error"})
"""RDS takes no final snapshot of an instance in these (DeleteDBInstance, SkipFinalSnapshot)."""

REMEDIES: Mapping[str, str] = {
    "failed": "RDS cannot recover it. Restore its data to a point in time or from a snapshot.",
    "inaccessible-encryption-credentials": "RDS cannot use its KMS key. The data is lost unless the key is restored; restore a backup.",
    "inaccessible-encryption-credentials-recoverable": "Enable its KMS key, then start it within seven days.",
    "incompatible-create": "RDS could not create it with these options. Delete it and create it with others.",
    "incompatible-network": "RDS cannot use its subnets, addresses or security groups. Correct them, and RDS recovers it.",
    "incompatible-option-group": "Correct or change its option group, then reboot it.",
    "incompatible-parameters": "It does not start with the parameters of its parameter group. Correct or reset them, then reboot it.",
    "incompatible-restore": "RDS could not restore the backup into it. Delete it and restore again.",
    "insufficient-capacity": "AWS lacks capacity for its class here. Choose another class or zone.",
    "restore-error": "RDS could not restore the backup into it. Delete it and restore again.",
    "stopped": "Nothing can be changed until it is started: aws rds start-db-instance. RDS starts it by itself after seven days.",
    "storage-full": "It accepts no change but more storage: raise storage.size, which this collection then sends first and alone.",
}
"""The statuses in which a person has to act, and what to do."""


def state_of(status: str) -> State:
    """The engine's state for a status. Statuses that need a person are "ready": the plan must not replace an instance that holds data
    because it is out of order; ``trouble`` reports it instead."""
    if status in BUSY:
        return "pending"
    return "deleting" if status in DELETING else "ready"


def is_broken(status: str) -> bool:
    """Whether waiting for an instance in this status is pointless."""
    return status in REMEDIES


def said(raw: Mapping[str, Any]) -> str:
    """The status of a broken instance with RDS's own reasons and the remedy; empty if it is not broken."""
    status = str(raw.get("DBInstanceStatus") or "").lower()
    if not is_broken(status):
        return ""
    reported = [str(info["Message"]).rstrip(".") for info in raw.get("StatusInfos") or () if info.get("Message") and not info.get("Normal")]
    return f"the instance is {status}{f' ({"; ".join(reported)})' if reported else ''}. {REMEDIES[status]}"

# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""AWS's errors as reasons that a pipeline can tell apart."""

from __future__ import annotations

REASONS = {
    "AccessDenied": "access_denied",
    "AccessDeniedException": "access_denied",
    "UnauthorizedOperation": "access_denied",
    "InvalidDBInstanceState": "database_state",
    "InvalidDBInstanceStateFault": "database_state",
    "InvalidDBClusterStateFault": "database_state",
    "SnapshotQuotaExceeded": "quota",
    "SnapshotQuotaExceededFault": "quota",
    "KMSKeyNotAccessibleFault": "key_usable",
    "DBInstanceNotFound": "no_database",
    "DBInstanceNotFoundFault": "no_database",
    "DBClusterNotFoundFault": "no_database",
    "DBSnapshotNotFound": "deleted_meanwhile",
    "DBSnapshotNotFoundFault": "deleted_meanwhile",
    "DBClusterSnapshotNotFoundFault": "deleted_meanwhile",
    "InsufficientDBInstanceCapacity": "restore_capacity",
    "InsufficientDBInstanceCapacityFault": "restore_capacity",
    "InstanceQuotaExceeded": "restore_quota",
    "InstanceQuotaExceededFault": "restore_quota",
    "StorageQuotaExceeded": "restore_storage_quota",
    "StorageQuotaExceededFault": "restore_storage_quota",
    "InvalidRestoreFault": "restore_refused",
    "InvalidDBSnapshotState": "restore_refused",
    "InvalidDBSnapshotStateFault": "restore_refused",
}
"""By error code of RDS (errors of CreateDBSnapshot and RestoreDBInstanceFromDBSnapshot in its API model), with and without the ending."""

BUSY = frozenset({"InvalidDBInstanceState", "InvalidDBInstanceStateFault", "InvalidDBClusterStateFault"})
"""A change or the backup window has just begun: the database was ready when it was read."""

FULL = frozenset({"SnapshotQuotaExceeded", "SnapshotQuotaExceededFault"})


def reason_of(code: str) -> str:
    """The reason for an error code; the code itself names errors of other services, such as timeouts."""
    return REASONS.get(code, "aws_error")

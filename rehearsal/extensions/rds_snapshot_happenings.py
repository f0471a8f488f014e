"""What happens to snapshots without a call of the account's: see `rehearsal/happenings.py`.

| happening | parameters |
|---|---|
| aws_backup_snapshot | DBInstanceIdentifier: AWS Backup takes a snapshot, which only AWS Backup can delete |
"""

from __future__ import annotations

import uuid
from typing import Any

from rehearsal.extensions.rds_common import instance_of
from rehearsal.extensions.rds_snapshots import BY_AWS_BACKUP, take
from rehearsal.registry import Call, happens


@happens("rds", "aws_backup_snapshot")
def aws_backup_snapshot(call: Call) -> Any:
    snapshot = take(instance_of(call), f"awsbackup:job-{uuid.uuid4()}", BY_AWS_BACKUP)
    return {"DBSnapshotIdentifier": snapshot.db_snapshot_identifier, "DBSnapshotArn": snapshot.arn}

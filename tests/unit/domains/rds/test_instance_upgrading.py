# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The snapshot that precedes a major upgrade."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.domains.rds.kinds.db_instance_upgrading import take_snapshot
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.errors import CallFailed, NotYet

RAW = {"DBInstanceIdentifier": "main", "DbiResourceId": "db-1", "EngineVersion": "16.9", "DBInstanceStatus": "backing-up"}
BACKING_UP = "Cannot create a snapshot because the database instance main is not currently in the available state."


@pytest.mark.parametrize(
    ("code", "message", "waits"),
    [("InvalidDBInstanceState", BACKING_UP, True), ("SnapshotQuotaExceeded", "There are too many snapshots.", False)],
)
def test_the_snapshot_waits_for_a_backup_in_progress(code: str, message: str, waits: bool) -> None:
    """An instance that is backing up is usable, so an upgrade can begin while RDS refuses the snapshot."""

    def change(_service: str, operation: str, **_params: Any) -> None:
        raise CallFailed(message, operation, code)

    aws: Any = SimpleNamespace(list_all=lambda *_names, **_params: [], change=change)
    with pytest.raises(CallFailed) as refusal:
        take_snapshot(aws, RAW, "17.4", {})
    assert isinstance(refusal.value, NotYet) is waits
    assert refusal.value.message == message
    assert getattr(refusal.value, "dependency", False) is waits

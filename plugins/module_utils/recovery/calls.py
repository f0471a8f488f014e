# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The calls about instances and those about clusters, in one shape."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from .databases import Snapshot, cluster_snapshot_of, snapshot_of


@dataclass(frozen=True)
class Calls:
    """The methods of the RDS client, and the names of their parameters and results."""

    describe: str
    items: str
    snapshot_id: str
    database_id: str
    create: str
    delete: str
    copy: str
    copy_source: str
    copy_target: str
    attributes: str
    attributes_result: tuple[str, str]
    modify_attributes: str
    convert: Callable[[Mapping[str, Any]], Snapshot]
    dimension: str
    quota: str


INSTANCE = Calls(
    describe="describe_db_snapshots",
    items="DBSnapshots",
    snapshot_id="DBSnapshotIdentifier",
    database_id="DBInstanceIdentifier",
    create="create_db_snapshot",
    delete="delete_db_snapshot",
    copy="copy_db_snapshot",
    copy_source="SourceDBSnapshotIdentifier",
    copy_target="TargetDBSnapshotIdentifier",
    attributes="describe_db_snapshot_attributes",
    attributes_result=("DBSnapshotAttributesResult", "DBSnapshotAttributes"),
    modify_attributes="modify_db_snapshot_attribute",
    convert=snapshot_of,
    dimension="DBInstanceIdentifier",
    quota="ManualSnapshots",
)
CLUSTER = Calls(
    describe="describe_db_cluster_snapshots",
    items="DBClusterSnapshots",
    snapshot_id="DBClusterSnapshotIdentifier",
    database_id="DBClusterIdentifier",
    create="create_db_cluster_snapshot",
    delete="delete_db_cluster_snapshot",
    copy="copy_db_cluster_snapshot",
    copy_source="SourceDBClusterSnapshotIdentifier",
    copy_target="TargetDBClusterSnapshotIdentifier",
    attributes="describe_db_cluster_snapshot_attributes",
    attributes_result=("DBClusterSnapshotAttributesResult", "DBClusterSnapshotAttributes"),
    modify_attributes="modify_db_cluster_snapshot_attribute",
    convert=cluster_snapshot_of,
    dimension="DBClusterIdentifier",
    quota="ManualClusterSnapshots",
)


def calls_for(is_cluster: bool) -> Calls:
    return CLUSTER if is_cluster else INSTANCE

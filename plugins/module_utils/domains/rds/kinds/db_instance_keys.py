# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Keys that outlive their database: a snapshot or a kept backup is lost with the key that encrypted it. Pure functions.

They work on the replies of DescribeDBSnapshots and DescribeDBInstanceAutomatedBackups of one region.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any


def needed_keys(
    snapshots: Iterable[Mapping[str, Any]],
    backups: Iterable[Mapping[str, Any]],
    deleting: Iterable[str] = (),
    instances: Iterable[Mapping[str, Any]] = (),
) -> dict[str, list[str]]:
    """The KMS keys that something still needs: ARN of the key -> the names of what does, snapshots first.

    ``instances``: replies of DescribeDBInstances; an instance that stays, such as the old half of a blue/green deployment, needs its key.
    ``deleting``: identifiers of instances that the same run deletes with their automated backups; those backups and automated snapshots
    need no key. Replicated backups count in the region that they are in.
    """
    gone = frozenset(deleting)
    found: dict[str, list[str]] = {}
    for one in snapshots:
        if one.get("KmsKeyId") and not (one.get("SnapshotType") == "automated" and one.get("DBInstanceIdentifier") in gone):
            found.setdefault(str(one["KmsKeyId"]), []).append(f"snapshot {one['DBSnapshotIdentifier']}")
    for one in instances:
        if one.get("KmsKeyId") and one["DBInstanceIdentifier"] not in gone:
            found.setdefault(str(one["KmsKeyId"]), []).append(f"instance {one['DBInstanceIdentifier']}")
    for one in backups:
        if one.get("KmsKeyId") and one.get("DBInstanceIdentifier") not in gone and one.get("Status") != "deleting":
            found.setdefault(str(one["KmsKeyId"]), []).append(
                f"automated backups of {one.get('DBInstanceIdentifier') or one.get('DbiResourceId')}"
            )
    return found

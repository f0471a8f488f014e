# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The component's key, which outlives its caches as long as a snapshot needs it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ....aws.connection import Aws
from ....kinds.kept_key import KeptKey

DELETING = "deleting"


def needed_keys(
    snapshots: Iterable[Mapping[str, Any]], groups: Iterable[Mapping[str, Any]], removed: Iterable[str] = ()
) -> dict[str, list[str]]:
    """ARN of the key -> the names of what needs it. ``removed``: the groups that the same run deletes, with their automatic snapshots."""
    gone = frozenset(removed)
    found: dict[str, list[str]] = {}
    for one in snapshots:
        automatic = one.get("SnapshotSource") == "automated" and one.get("ReplicationGroupId") in gone
        if one.get("KmsKeyId") and not automatic and one.get("SnapshotStatus") != DELETING:
            found.setdefault(str(one["KmsKeyId"]), []).append(f"snapshot {one['SnapshotName']}")
    for one in groups:
        name = one["ReplicationGroupId"]
        if one.get("KmsKeyId") and name not in gone and one.get("Status") != DELETING:
            found.setdefault(str(one["KmsKeyId"]), []).append(f"replication group {name}")
    return found


def needed(aws: Aws, removed: Iterable[str] = ()) -> dict[str, list[str]]:
    """The keys that snapshots and replication groups in this region need."""
    snapshots = aws.list_all("elasticache", "describe_snapshots", "Snapshots")
    groups = aws.list_all("elasticache", "describe_replication_groups", "ReplicationGroups")
    return needed_keys(snapshots, groups, removed)


class CacheKey(KeptKey):
    """Kept for final snapshots, and for groups that this component leaves alone."""

    name = "cache_key"
    operations = ("elasticache.describe_replication_groups", "elasticache.describe_snapshots")

    def needed(self, aws: Aws) -> Mapping[str, list[str]]:
        return needed(aws)

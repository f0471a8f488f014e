# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Reads databases, their snapshots, and what these depend on, in one region of one account. Changes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..aws.calls import is_gone
from ..aws.connection import Aws
from ..reconcile.errors import CallFailed
from .calls import calls_for
from .databases import Database, Key, Quota, Snapshot, cluster_of, instance_of
from .server_time import ServerTime


def look(aws: Aws, time: ServerTime, method: str, **params: Any) -> Mapping[str, Any] | None:
    """The reply of RDS; None if what it is about does not exist. Also tells AWS's time."""
    try:
        reply = aws.read("rds", method, **params)
    except CallFailed as error:
        if is_gone(error):
            return None
        raise
    time.hear(reply)
    return reply


def instance(aws: Aws, time: ServerTime, identifier: str) -> dict[str, Any] | None:
    """The DBInstance with this identifier; None if there is none. Also tells AWS's time."""
    reply = look(aws, time, "describe_db_instances", DBInstanceIdentifier=identifier)
    return dict(reply["DBInstances"][0]) if reply is not None and reply["DBInstances"] else None


def instances(aws: Aws, time: ServerTime) -> list[dict[str, Any]]:
    """All DBInstances of the region. Also tells AWS's time."""
    time.hear(aws.read("rds", "describe_db_instances", MaxRecords=20))
    return [dict(one) for one in aws.list_all("rds", "describe_db_instances", "DBInstances")]


class Reading:
    """Safe for use from many threads."""

    def __init__(self, aws: Aws, time: ServerTime) -> None:
        self.aws, self.time = aws, time

    def database(self, identifier: str) -> Database:
        """The instance or cluster with this identifier; for a member of a cluster, the cluster. Raises CallFailed if there is neither."""
        found = instance(self.aws, self.time, identifier)
        if found is not None and not found.get("DBClusterIdentifier"):
            return instance_of(found)
        name = str(found["DBClusterIdentifier"]) if found else identifier
        cluster = self._find("describe_db_clusters", "DBClusters", DBClusterIdentifier=name)
        if cluster is None:
            raise CallFailed(
                f"there is no DB instance or cluster {identifier} in {self.aws.region or 'this region'}. Check the identifier, the region "
                "and the account.",
                "rds:DescribeDBInstances",
                "DBInstanceNotFound",
            )
        return cluster_of(cluster)

    def again(self, database: Database) -> Database:
        """The database as it is now. Raises CallFailed if it is another one by now, or gone."""
        now = self.database(database.identifier)
        if now.resource_id != database.resource_id:
            raise CallFailed(
                f"{database} was replaced by another one while the gate ran ({database.resource_id} before, {now.resource_id} now)",
                "rds:DescribeDBInstances",
                "DBInstanceNotFound",
            )
        return now

    def _find(self, method: str, items: str, **params: Any) -> dict[str, Any] | None:
        reply = look(self.aws, self.time, method, **params)
        return dict(reply[items][0]) if reply is not None and reply[items] else None

    def snapshots(self, database: Database) -> tuple[Snapshot, ...]:
        """All snapshots of the database, also from before it was renamed, and those of earlier databases with its identifier."""
        calls = calls_for(database.is_cluster)
        queries: list[dict[str, str]] = [{calls.database_id: database.identifier}]
        if not database.is_cluster:
            queries.append({"DbiResourceId": database.resource_id})
        found = [calls.convert(one) for query in queries for one in self.aws.list_all("rds", calls.describe, calls.items, **query)]
        return tuple({one.arn: one for one in found}.values())

    def snapshot(self, database: Database, identifier: str) -> Snapshot | None:
        calls = calls_for(database.is_cluster)
        found = self._find(calls.describe, calls.items, **{calls.snapshot_id: identifier})
        return calls.convert(found) if found is not None else None

    def shared_with(self, database: Database, snapshot: Snapshot) -> tuple[str, ...] | None:
        """The accounts that may restore a snapshot. Only manual ones can be shared; None for others."""
        if snapshot.kind != "manual":
            return None
        calls = calls_for(database.is_cluster)
        result, attributes = calls.attributes_result
        reply = self.aws.read("rds", calls.attributes, **{calls.snapshot_id: snapshot.identifier})[result]
        return tuple(str(value) for one in reply[attributes] for value in one.get("AttributeValues") or ())

    def quota(self, database: Database) -> Quota | None:
        """Manual snapshots of the account in this region: how many there are and may be."""
        wanted = calls_for(database.is_cluster).quota
        quotas = self.aws.read("rds", "describe_account_attributes")["AccountQuotas"]
        return next((Quota(int(one["Used"]), int(one["Max"])) for one in quotas if one.get("AccountQuotaName") == wanted), None)

    def key_arn(self, named: str) -> str:
        """The ARN of a key that is named by ID, alias or ARN. Raises CallFailed if there is none."""
        return str(self.aws.read("kms", "describe_key", KeyId=named)["KeyMetadata"]["Arn"])

    def key(self, identifier: str) -> Key:
        """A KMS key, or why it cannot be read."""
        try:
            found = self.aws.read("kms", "describe_key", KeyId=identifier)["KeyMetadata"]
        except CallFailed as error:
            return Key(identifier, "", "", f"{error.operation} ({error.code}): {error.message} {error.hint}".strip())
        return Key(str(found["Arn"]), str(found["KeyState"]), str(found.get("KeyManager") or ""))

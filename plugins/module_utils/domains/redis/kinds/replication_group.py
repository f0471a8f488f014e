# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Replication groups: how they are created and deleted. See replication_group_base.py for what is read, _updating.py for changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from ....aws.connection import Aws
from ....reconcile.errors import CallFailed, NotYet
from ....reconcile.model import Observed
from ....text.final_names import final_name
from ..settings.cache import OFF
from ..settings.topology import DISABLED, is_uniform
from ..settings.versions import requested
from . import limits
from .cache_credentials import MARK, mark_of
from .replication_group_changes import delivery
from .replication_group_updating import BUSY, UpdatingGroup
from .secret_values import value_of

PLAIN: Mapping[str, str] = {
    "replication_group_id": "ReplicationGroupId",
    "replication_group_description": "ReplicationGroupDescription",
    "engine": "Engine",
    "cache_node_type": "CacheNodeType",
    "cache_parameter_group_name": "CacheParameterGroupName",
    "cluster_mode": "ClusterMode",
    "automatic_failover_enabled": "AutomaticFailoverEnabled",
    "multi_az_enabled": "MultiAZEnabled",
    "cache_subnet_group_name": "CacheSubnetGroupName",
    "security_group_ids": "SecurityGroupIds",
    "port": "Port",
    "at_rest_encryption_enabled": "AtRestEncryptionEnabled",
    "kms_key_id": "KmsKeyId",
    "snapshot_retention_limit": "SnapshotRetentionLimit",
    "snapshot_window": "SnapshotWindow",
    "preferred_maintenance_window": "PreferredMaintenanceWindow",
    "auto_minor_version_upgrade": "AutoMinorVersionUpgrade",
    "notification_topic_arn": "NotificationTopicArn",
    "snapshot_name": "SnapshotName",
}
"""Properties that the create call takes as they are, and their names there."""


TAKEN = "SnapshotAlreadyExists"


class ReplicationGroup(UpdatingGroup):
    """``final``: whether a group with this identifier leaves a final snapshot when it is deleted; those that are not named do."""

    name = "replication_group"
    quotas = (limits.NODES,)

    def __init__(self, final: Mapping[str, bool] | None = None) -> None:
        super().__init__()
        self.final = dict(final or {})

    def create(self, aws: Aws, address: str, properties: Mapping[str, Any], token: str) -> Observed:
        """One call with the login and all tags, the mark of the token's version among them."""
        login = properties.get("login") or {}
        mark = {MARK: mark_of({**login, "previous": "refuse"})} if "secret_arn" in login else {}
        tags = {**properties.get("tags", {}), **aws.owner.tags(address), **mark}
        request = {**in_create(properties), **({"AuthToken": value_of(aws, login)} if mark else {})}
        reply = aws.change("elasticache", "create_replication_group", **request, **self.tagging.sent(tags, creating=True))
        raw = {**reply["ReplicationGroup"], "TagList": [{"Key": key, "Value": text} for key, text in tags.items()], "Members": []}
        made = self.made(aws, raw, address)
        sent = {name: value for name, value in properties.items() if self.properties[name].compared and value is not None}
        return replace(made.changed(sent), state="pending")

    def delete(self, aws: Aws, seen: Observed) -> None:
        """With a final snapshot of a name of its own. A second call finds the group ``deleting``."""
        raws = self.entries_at(aws, self.where(seen))
        status = str(raws[0].get(self.status_member)) if raws else "deleting"
        if status == "deleting":
            return
        if (raws[0].get("GlobalReplicationGroupInfo") or {}).get("GlobalReplicationGroupId"):
            raise CallFailed(
                f"{seen.id} is a member of a Global Datastore, which alone can let it go",
                "elasticache:DeleteReplicationGroup",
                "InvalidReplicationGroupState",
                "Remove it there first: aws elasticache disassociate-global-replication-group",
            )
        if status not in ("available", "create-failed"):
            raise NotYet(f"the group is {status}", "elasticache:DeleteReplicationGroup", BUSY[0], dependency=True)
        snapshot = self.final.get(seen.id, True) and status == "available"
        how = {"FinalSnapshotIdentifier": final_name(seen.id, datetime.now(UTC))} if snapshot else {}
        try:
            aws.remove("elasticache", "delete_replication_group", **self.where(seen), RetainPrimaryCluster=False, **how)
        except CallFailed as error:
            # a snapshot of this name: the next attempt has another one
            if error.code in BUSY or error.code.startswith(TAKEN):
                raise NotYet(error.message, error.operation, error.code, dependency=True) from error
            raise


def in_create(properties: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters of CreateReplicationGroup, except the token and the tags."""
    found = {PLAIN[name]: properties[name] for name in PLAIN if properties.get(name) is not None}
    found["EngineVersion"] = requested(str(properties["engine"]), str(properties["engine_version"]))
    found |= nodes(properties["shards"], clustered=properties.get("cluster_mode", DISABLED) != DISABLED)
    tls = properties.get("transit_encryption", OFF)
    found["TransitEncryptionEnabled"] = tls != OFF
    if tls != OFF:
        found["TransitEncryptionMode"] = tls
    if group := (properties.get("login") or {}).get("user_group_id"):
        found["UserGroupIds"] = [group]
    if logs := properties.get("log_delivery"):
        found["LogDeliveryConfigurations"] = [delivery(log, logs[log]) for log in sorted(logs)]
    return found


def nodes(shards: Mapping[str, int], *, clustered: bool) -> dict[str, Any]:
    """How many nodes there are: all of them together without cluster mode, else shards and their replicas."""
    if not clustered:
        return {"NumCacheClusters": 1 + next(iter(shards.values()))}
    if is_uniform(shards):
        return {"NumNodeGroups": len(shards), "ReplicasPerNodeGroup": next(iter(shards.values()))}
    each = [{"NodeGroupId": name, "ReplicaCount": number} for name, number in sorted(shards.items())]
    return {"NumNodeGroups": len(shards), "NodeGroupConfiguration": each}

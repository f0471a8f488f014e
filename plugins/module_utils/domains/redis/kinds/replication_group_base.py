# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Replication groups: how they are found, and how their properties read.

DescribeReplicationGroups leaves out the version, the parameter group, the security groups, and the windows of maintenance; they are read
from the members, all of them with one call. A property is right only if it is right for every member.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from ....aws.canonical import sorted_strings
from ....aws.connection import Aws
from ....aws.named_kind import NamedCalls, NamedKind
from ....kinds.arn_tags import READ_TAGS, lower
from ....reconcile.model import State, fixed, given, initial
from ..settings.cache import OFF, REQUIRED
from ..settings.topology import COMPATIBLE, DISABLED, ENABLED, paired
from ..settings.versions import kept as kept_version
from .cache_credentials import FIRST, MARK, kept, marked

LISTED, MEMBERS = "elasticache replication groups", "elasticache cache clusters"
GROUP_OWNED = "owned by the global group"
"""The observed value of what a Global Datastore decides for its members: any call that names it is refused."""

FAILED = ("create-failed",)
STATES: Mapping[str, State] = {
    "creating": "pending",
    "modifying": "pending",
    "snapshotting": "pending",
    "deleting": "deleting",
    "create-failed": "failed",
}


def unless_global(desired: Any, observed: Any) -> Any:
    return observed if observed == GROUP_OWNED else desired


def version_unless_global(desired: Any, observed: Any) -> Any:
    return observed if observed == GROUP_OWNED else kept_version(desired, observed)


def shards_unless_global(desired: Any, observed: Any) -> Any:
    return observed if observed == GROUP_OWNED else paired(desired, observed)


def agreed(members: Iterable[Mapping[str, Any]], read: Callable[[Mapping[str, Any]], Any]) -> Any:
    """What all members say; all that they say, in order, if they differ, which equals nothing that can be desired."""
    found = sorted({str(value) for one in members if (value := read(one)) is not None})
    return found[0] if len(found) == 1 else ", ".join(found) or None


class BaseGroup(NamedKind):
    """See the module's docstring. Properties have AWS's names, except for those that gather several parameters."""

    calls = NamedCalls(
        service="elasticache",
        list="describe_replication_groups",
        items="ReplicationGroups",
        item="ReplicationGroup",
        create="create_replication_group",
        delete="delete_replication_group",
        name="ReplicationGroupId",
        id="ReplicationGroupId",
        arn="ARN",
    )
    tagging = READ_TAGS
    operations: tuple[str, ...] = ("describe_cache_clusters",)
    status_member = "Status"
    states = STATES
    settles = ("update", "delete")
    exclusive = True
    holds_data = True
    timeout = 7200.0
    timeouts = {"create": 5400.0, "update": 14400.0, "delete": 7200.0}
    changing = {"engine_version": ("engine_version",), "engine": ("engine",), "configuration_endpoint": ("cluster_mode",)}
    together = {
        "engine": ("engine_version", "cache_parameter_group_name"),
        "engine_version": ("engine", "cache_parameter_group_name"),
        "multi_az_enabled": ("automatic_failover_enabled",),
    }

    replication_group_id = fixed(canonical=lower)
    replication_group_description = given()
    engine = given(effective=unless_global)
    engine_version = given(effective=version_unless_global)
    cache_node_type = given(effective=unless_global)
    cache_parameter_group_name = given(canonical=lower, effective=unless_global)
    cluster_mode = given()
    shards = given(effective=shards_unless_global)
    automatic_failover_enabled = given(effective=unless_global)
    multi_az_enabled = given("MultiAZEnabled")
    cache_subnet_group_name = fixed(canonical=lower)
    security_group_ids = given(canonical=sorted_strings)
    port = fixed()
    transit_encryption = given()
    at_rest_encryption_enabled = fixed()
    kms_key_id = fixed()
    login = given(effective=kept)
    snapshot_retention_limit = given()
    snapshot_window = given()
    preferred_maintenance_window = given(canonical=lower)
    auto_minor_version_upgrade = given()
    notification_topic_arn = given()
    log_delivery = given()
    snapshot_name = initial()

    # -- finding ---------------------------------------------------------------------------------------------------------------------

    def listed(self, aws: Aws) -> list[dict[str, Any]]:
        groups = aws.once(LISTED, lambda: super(BaseGroup, self).listed(aws))
        return with_members(groups, aws.once(MEMBERS, lambda: members_of(aws)) if groups else ())

    def entries_at(self, aws: Aws, where: Mapping[str, str]) -> list[dict[str, Any]]:
        found = super().entries_at(aws, where)
        return with_members(found, members_of(aws) if found else ())

    def state(self, raw: Mapping[str, Any]) -> tuple[State, str]:
        status = str(raw.get(self.status_member) or "").lower()
        return STATES.get(status, "ready"), "; ".join(part for part in (status, progress(raw)) if part) if status in STATES else ""

    def trouble_of(self, raw: Mapping[str, Any]) -> str:
        broken = [one for one in raw.get("LogDeliveryConfigurations") or [] if one.get("Status") == "error"]
        said = [f"the delivery of its {one.get('LogType')} fails: {one.get('Message') or 'AWS gives no reason'}." for one in broken]
        if raw.get("TransitEncryptionEnabled") and raw.get("AuthTokenEnabled") and self.tags_of(raw).get(MARK, "") == FIRST:
            said.append("its first token is not complete: clients without a token are still let in.")
        return " ".join(said)

    # -- properties ------------------------------------------------------------------------------------------------------------------

    def value(self, raw: Mapping[str, Any], name: str) -> Any:
        globally = (raw.get("GlobalReplicationGroupInfo") or {}).get("GlobalReplicationGroupId")
        if globally and self.properties[name].effective in (unless_global, version_unless_global, shards_unless_global):
            return GROUP_OWNED
        return super().value(raw, name)

    def get_replication_group_description(self, raw: Mapping[str, Any]) -> Any:
        return raw.get("Description")

    def get_engine(self, raw: Mapping[str, Any]) -> Any:
        return agreed(raw.get("Members") or [], lambda one: one.get("Engine")) or raw.get("Engine")

    def get_engine_version(self, raw: Mapping[str, Any]) -> Any:
        return agreed(raw.get("Members") or [], lambda one: one.get("EngineVersion"))

    def get_cache_node_type(self, raw: Mapping[str, Any]) -> Any:
        return raw.get("CacheNodeType") or agreed(raw.get("Members") or [], lambda one: one.get("CacheNodeType"))

    def get_cache_parameter_group_name(self, raw: Mapping[str, Any]) -> Any:
        return agreed(raw.get("Members") or [], lambda one: (one.get("CacheParameterGroup") or {}).get("CacheParameterGroupName"))

    def get_cache_subnet_group_name(self, raw: Mapping[str, Any]) -> Any:
        return agreed(raw.get("Members") or [], lambda one: one.get("CacheSubnetGroupName"))

    def get_preferred_maintenance_window(self, raw: Mapping[str, Any]) -> Any:
        return agreed(raw.get("Members") or [], lambda one: one.get("PreferredMaintenanceWindow"))

    def get_notification_topic_arn(self, raw: Mapping[str, Any]) -> Any:
        active = [one.get("NotificationConfiguration") or {} for one in raw.get("Members") or []]
        return agreed(active, lambda one: one.get("TopicArn") if one.get("TopicStatus") != "inactive" else None)

    def get_security_group_ids(self, raw: Mapping[str, Any]) -> list[str]:
        """Those of all members: a group that one of them lacks is missing."""
        each = [
            {one["SecurityGroupId"] for one in member.get("SecurityGroups") or [] if one.get("Status") not in ("removing", "removed")}
            for member in raw.get("Members") or []
        ]
        every = set().union(*each)
        partly = every - (set.intersection(*each) if each else set())
        return sorted((every - partly) | {f"{one} (on some nodes)" for one in partly})

    def get_cluster_mode(self, raw: Mapping[str, Any]) -> str:
        waiting = (raw.get("PendingModifiedValues") or {}).get("ClusterMode")
        return str(waiting or raw.get("ClusterMode") or (ENABLED if raw.get("ClusterEnabled") else DISABLED))

    def get_shards(self, raw: Mapping[str, Any]) -> dict[str, int] | None:
        return replicas_of(raw) or None

    def get_automatic_failover_enabled(self, raw: Mapping[str, Any]) -> bool:
        waiting = (raw.get("PendingModifiedValues") or {}).get("AutomaticFailoverStatus")
        return (waiting or raw.get("AutomaticFailover")) in ("enabled", "enabling")

    def get_multi_az_enabled(self, raw: Mapping[str, Any]) -> bool:
        return raw.get("MultiAZ") == "enabled"

    def get_port(self, raw: Mapping[str, Any]) -> Any:
        first = (raw.get("NodeGroups") or [{}])[0].get("PrimaryEndpoint") or {}
        return (raw.get("ConfigurationEndpoint") or {}).get("Port") or first.get("Port")

    def get_snapshot_name(self, _raw: Mapping[str, Any]) -> None:
        return None

    def get_transit_encryption(self, raw: Mapping[str, Any]) -> str:
        waiting = raw.get("PendingModifiedValues") or {}
        if not (waiting.get("TransitEncryptionEnabled") or raw.get("TransitEncryptionEnabled")):
            return OFF
        return str(waiting.get("TransitEncryptionMode") or raw.get("TransitEncryptionMode") or REQUIRED)

    def get_login(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        waiting = (raw.get("PendingModifiedValues") or {}).get("UserGroups") or {}
        groups = [one for one in raw.get("UserGroupIds") or [] if one not in (waiting.get("UserGroupIdsToRemove") or [])]
        groups += [one for one in waiting.get("UserGroupIdsToAdd") or [] if one not in groups]
        if groups:
            return {"user_group_id": ", ".join(sorted(groups))}
        mark = self.tags_of(raw).get(MARK, "")
        if mark == FIRST:
            return {"open": True}
        found = marked(str(raw.get("ARN")), "elasticache", mark) if raw.get("AuthTokenEnabled") else None
        return found or ({"token": "unknown"} if raw.get("AuthTokenEnabled") else {"open": True})

    def get_log_delivery(self, raw: Mapping[str, Any]) -> dict[str, dict[str, str]]:
        """Log -> its destination and format, as they will be when a change in progress is complete."""
        waiting = (raw.get("PendingModifiedValues") or {}).get("LogDeliveryConfigurations") or []
        active = [one for one in raw.get("LogDeliveryConfigurations") or [] if one.get("Status") != "disabling"]
        return {str(one["LogType"]): destination(one) for one in (*active, *waiting)}

    def attributes(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        first = (raw.get("NodeGroups") or [{}])[0]
        configuration, primary = raw.get("ConfigurationEndpoint") or {}, first.get("PrimaryEndpoint") or {}
        return {
            "arn": raw.get("ARN"),
            "configuration_endpoint": configuration.get("Address"),
            "primary_endpoint": primary.get("Address"),
            "reader_endpoint": (first.get("ReaderEndpoint") or {}).get("Address"),
            "port": self.get_port(raw),
            "engine": self.get_engine(raw),
            "engine_version": self.get_engine_version(raw),
            "kms_key_id": raw.get("KmsKeyId"),
            "clustered": self.get_cluster_mode(raw) in (ENABLED, COMPATIBLE),
            "global_group": (raw.get("GlobalReplicationGroupInfo") or {}).get("GlobalReplicationGroupId"),
            "token_secret_arn": self.get_login(raw).get("secret_arn"),
            "nodes": sorted(raw.get("MemberClusters") or []),
        }


def members_of(aws: Aws) -> list[dict[str, Any]]:
    """All cache clusters of the region: one list serves all replication groups."""
    return aws.list_all("elasticache", "describe_cache_clusters", "CacheClusters")


def with_members(groups: Iterable[Mapping[str, Any]], members: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [{**one, "Members": [m for m in members if m.get("ReplicationGroupId") == one["ReplicationGroupId"]]} for one in groups]


def replicas_of(raw: Mapping[str, Any]) -> dict[str, int]:
    """Shard ID -> number of its replicas."""
    return {str(one["NodeGroupId"]): max(len(one.get("NodeGroupMembers") or []) - 1, 0) for one in raw.get("NodeGroups") or []}


def progress(raw: Mapping[str, Any]) -> str:
    """How far a change of the number of shards is; empty if AWS does not say."""
    moved = ((raw.get("PendingModifiedValues") or {}).get("Resharding") or {}).get("SlotMigration") or {}
    percent = moved.get("ProgressPercentage")
    return f"{percent:g} % of the slots have moved" if percent is not None else ""


def destination(entry: Mapping[str, Any]) -> dict[str, str]:
    details = entry.get("DestinationDetails") or {}
    logs = (details.get("CloudWatchLogsDetails") or {}).get("LogGroup")
    stream = (details.get("KinesisFirehoseDetails") or {}).get("DeliveryStream")
    return {"destination": str(logs or stream or ""), "format": str(entry.get("LogFormat") or "")}

"""Snapshots of DB clusters, in the same states as those of instances. The clusters themselves are moto's."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from rehearsal.accounts import place_of
from rehearsal.extensions.rds_snapshot_copies import key_of_copy
from rehearsal.extensions.rds_snapshot_record import is_default_key, may_use, tags_in
from rehearsal.extensions.rds_snapshot_sharing import ATTRIBUTE, changed_accounts
from rehearsal.extensions.rds_snapshot_state import GONE, SnapshotState, begin, begin_deletion, has_begun, percent_of, script_fields
from rehearsal.query_api import check_identifier, check_tags, filtered, invalid, page
from rehearsal.registry import Call, adjusts, answers, backend, settles
from rehearsal.replies import Refusal
from rehearsal.transitions import KINDS, moment

KIND = "rds_cluster_snapshot"
LONGEST = 255
DELETABLE = ("available", "failed")


@adjusts("rds")
def install_states_of_cluster_snapshots() -> None:
    from moto.rds.models import DBClusterSnapshot

    DBClusterSnapshot.id = property(lambda self: self.db_cluster_snapshot_identifier)
    DBClusterSnapshot.status = SnapshotState(KINDS[KIND])


@settles("rds")
def drop_deleted(call: Call) -> None:
    for name, snapshot in list(call.backend.cluster_snapshots.items()):
        if snapshot.status == GONE:
            del call.backend.cluster_snapshots[name]


@answers("rds", "CreateDBClusterSnapshot")
def create(call: Call) -> dict[str, Any]:
    from moto.rds.models import DBClusterSnapshot

    name = check_identifier(call.get("DBClusterSnapshotIdentifier"), "DBClusterSnapshotIdentifier", LONGEST)
    check_tags(call.get("Tags"))
    wanted = str(call.get("DBClusterIdentifier") or "").lower()
    cluster = call.backend.clusters.get(wanted)
    if cluster is None:
        raise Refusal("DBClusterNotFoundFault", f"DBCluster {wanted} not found.", 404)
    if cluster.status != "available":
        raise Refusal("InvalidDBClusterStateFault", f"The DB cluster {wanted} is in state {cluster.status}, and must be available.")
    _check_new(call, name)
    snapshot = DBClusterSnapshot(call.backend, cluster, name, tags=tags_in(call))
    return {"DBClusterSnapshot": _begun(call, snapshot, name, (("creating", 1.0),))}


def _check_new(call: Call, name: str) -> None:
    if name in call.backend.cluster_snapshots:
        text = f"Cannot create the snapshot because a snapshot with the identifier {name} already exists."
        raise Refusal("DBClusterSnapshotAlreadyExistsFault", text)
    limit = call.settings.quotas.get("rds_manual_cluster_snapshots")
    if limit is not None and sum(one.snapshot_type == "manual" for one in call.backend.cluster_snapshots.values()) >= limit:
        raise Refusal("SnapshotQuotaExceeded", f"Cannot create more than {limit} manual cluster snapshots")


def _begun(call: Call, snapshot: Any, name: str, phases: tuple[tuple[str, float], ...]) -> dict[str, Any]:
    snapshot.rehearsal_taken = moment()
    begin(snapshot, KIND, phases)
    call.backend.cluster_snapshots[name] = snapshot
    return described(snapshot)


@answers("rds", "CopyDBClusterSnapshot")
def copy_snapshot(call: Call) -> dict[str, Any]:
    from moto.rds.models import DBClusterSnapshot

    name = check_identifier(call.get("TargetDBClusterSnapshotIdentifier"), "TargetDBClusterSnapshotIdentifier", LONGEST)
    source = _usable(call, "SourceDBClusterSnapshotIdentifier")
    if source.status != "available":
        raise _wrong_state(f"Cannot copy the snapshot {source.id} because it is in state {source.status}.")
    _check_new(call, name)
    tags = tags_in(call) or (list(source.tags) if call.get("CopyTags") else [])
    snapshot = DBClusterSnapshot(call.backend, source.cluster, name, tags=tags)
    snapshot.tags = tags
    key = key_of_copy(call, source, str(call.get("SourceDBClusterSnapshotIdentifier")))
    snapshot.kms_key_id, snapshot.encrypted = key, key is not None
    snapshot.rehearsal_source = source
    return {"DBClusterSnapshot": _begun(call, snapshot, name, (("pending", 0.2), ("copying", 0.8)))}


def described(snapshot: Any) -> dict[str, Any]:
    cluster = snapshot.cluster
    source = snapshot.__dict__.get("rehearsal_source")
    members = {
        "DBClusterSnapshotIdentifier": snapshot.db_cluster_snapshot_identifier,
        "DBClusterSnapshotArn": snapshot.arn,
        "DBClusterIdentifier": cluster.db_cluster_identifier,
        "DbClusterResourceId": cluster.db_cluster_resource_id,
        "SnapshotCreateTime": snapshot.__dict__.get("rehearsal_taken", snapshot.created) if has_begun(snapshot) else None,
        "ClusterCreateTime": cluster.created,
        "SnapshotType": snapshot.snapshot_type,
        "Status": snapshot.status,
        "PercentProgress": percent_of(snapshot),
        "Engine": cluster.engine,
        "EngineMode": cluster.engine_mode,
        "EngineVersion": cluster.engine_version,
        "AllocatedStorage": int(cluster.allocated_storage or 0),
        "Port": int(cluster.port or 0),
        "MasterUsername": cluster.master_username,
        "StorageEncrypted": bool(snapshot.encrypted),
        "KmsKeyId": snapshot.kms_key_id if snapshot.encrypted else None,
        "StorageEncryptionType": ("sse-rds" if is_default_key(snapshot) else "sse-kms") if snapshot.encrypted else "none",
        "IAMDatabaseAuthenticationEnabled": bool(cluster.iam_database_authentication_enabled),
        "SourceDBClusterSnapshotArn": source.arn if source else None,
        "TagList": snapshot.tags,
    }
    return {name: value for name, value in members.items() if value is not None} | script_fields(snapshot)


FILTERS: Mapping[str, Callable[[Any], Iterable[Any]]] = {
    "db-cluster-id": lambda one: [one.cluster.db_cluster_identifier, one.cluster.arn],
    "db-cluster-snapshot-id": lambda one: [one.db_cluster_snapshot_identifier, one.arn],
    "snapshot-type": lambda one: [one.snapshot_type],
    "engine": lambda one: [one.cluster.engine],
}


@answers("rds", "DescribeDBClusterSnapshots")
def describe(call: Call) -> dict[str, Any]:
    name, cluster, kind = (call.get(key) for key in ("DBClusterSnapshotIdentifier", "DBClusterIdentifier", "SnapshotType"))
    found = [
        one
        for one in call.backend.cluster_snapshots.values()
        if (not name or str(name).lower() in (one.id, one.arn.lower()))
        and (not cluster or str(cluster).lower() in (one.cluster.db_cluster_identifier.lower(), one.cluster.arn.lower()))
        and kind in (None, one.snapshot_type)
    ]
    if name and not found:
        raise _not_found(name)
    answer = page(call, "DBClusterSnapshots", filtered(call, found, FILTERS))
    return answer | {"DBClusterSnapshots": [described(one) for one in answer["DBClusterSnapshots"]]}


@answers("rds", "DeleteDBClusterSnapshot")
def delete(call: Call) -> dict[str, Any]:
    snapshot = _own(call)
    if snapshot.snapshot_type != "manual" or snapshot.status not in DELETABLE:
        raise _wrong_state(f"The {snapshot.snapshot_type} snapshot {snapshot.id} cannot be deleted in state {snapshot.status}.")
    answer = described(snapshot) | {"Status": "deleted"}
    begin_deletion(snapshot, KIND)
    return {"DBClusterSnapshot": answer}


@answers("rds", "DescribeDBClusterSnapshotAttributes")
def describe_attributes(call: Call) -> dict[str, Any]:
    return _attributes(_own(call))


@answers("rds", "ModifyDBClusterSnapshotAttribute")
def modify_attribute(call: Call) -> dict[str, Any]:
    snapshot = _own(call)
    try:
        snapshot.attributes[ATTRIBUTE] = changed_accounts(call, snapshot, snapshot.id, str(call.get("AttributeName")))
    except Refusal as refusal:
        if refusal.code == "InvalidDBSnapshotState":
            raise _wrong_state(refusal.message) from refusal
        raise
    return _attributes(snapshot)


def _attributes(snapshot: Any) -> dict[str, Any]:
    values = [{"AttributeName": ATTRIBUTE, "AttributeValues": list(snapshot.attributes[ATTRIBUTE])}]
    return {"DBClusterSnapshotAttributesResult": {"DBClusterSnapshotIdentifier": snapshot.id, "DBClusterSnapshotAttributes": values}}


def _usable(call: Call, parameter: str) -> Any:
    """A snapshot of the account, or by its ARN, one in another region or one that another account shares with it."""
    name = str(call.get(parameter) or "")
    if not name.startswith("arn:"):
        return _own(call, parameter)
    place, identifier = place_of(name), name.rpartition(":cluster-snapshot:")[2]
    found = backend("rds", place.account_id, place.region).cluster_snapshots.get(identifier)
    if found is None or not may_use(found, call.account_id):
        raise _not_found(name)
    return found


def _own(call: Call, parameter: str = "DBClusterSnapshotIdentifier") -> Any:
    name = str(call.get(parameter) or "")
    if not name:
        raise invalid(f"The parameter {parameter} must be provided and must not be blank.")
    found = call.backend.cluster_snapshots.get(name.rpartition(":cluster-snapshot:")[2])
    if found is None:
        raise _not_found(name)
    return found


def _not_found(name: Any) -> Refusal:
    return Refusal("DBClusterSnapshotNotFoundFault", f"DBClusterSnapshot {name} not found.", 404)


def _wrong_state(text: str) -> Refusal:
    return Refusal("InvalidDBClusterSnapshotStateFault", text)

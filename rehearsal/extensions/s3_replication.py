"""Replication: new objects, and delete markers if a rule says so, appear in the destination at once.

After "What does Amazon S3 replicate?" in the User Guide. What exists already, what another rule replicated, and what a lifecycle deletes is
not replicated. The role must be allowed to; otherwise, as on AWS, nothing arrives and no call fails.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from rehearsal.extensions.s3_common import owned, stored
from rehearsal.policies_in_force import Ask, NotUnderstood, parse, verdict
from rehearsal.registry import adjusts, backend

REPLICA = "rehearsed_replica"


@adjusts("s3")
def replicate_what_is_written() -> None:
    from moto.s3.models import S3Backend

    put, delete = S3Backend.put_object, S3Backend.delete_object

    def put_object(self: Any, bucket_name: str, key_name: str, *given: Any, **named: Any) -> Any:
        made = put(self, bucket_name, key_name, *given, **named)
        for rule, target in _targets(bucket_name, key_name):
            if _may(bucket_name, rule, target, "ReplicateObject", key_name, made):
                _copy(target, made, rule)
        return made

    def delete_object(self: Any, bucket_name: str, key_name: str, version_id: str | None = None, bypass: bool = False) -> Any:
        found = delete(self, bucket_name, key_name, version_id, bypass)
        for rule, target in _targets(bucket_name, key_name) if version_id is None else ():
            marked = (rule.get("DeleteMarkerReplication") or {}).get("Status") == "Enabled"
            if marked and key_name in target.keys and _may(bucket_name, rule, target, "ReplicateDelete", key_name, None):
                delete(_backend(target), target.name, key_name, None, False)
        return found

    S3Backend.put_object = put_object
    S3Backend.delete_object = delete_object


def _targets(name: str, key: str) -> Iterator[tuple[dict[str, Any], Any]]:
    """The rules that select an object, each with its destination."""
    bucket = owned(name)
    for rule in (stored(bucket).get("ReplicationConfiguration") or {}).get("Rules") or () if bucket else ():
        prefix = (rule.get("Filter") or {}).get("Prefix") or rule.get("Prefix") or ""
        target = owned(str(rule["Destination"]["Bucket"]).rpartition(":")[2])
        if target is not None and target.is_versioned and rule.get("Status") == "Enabled" and key.startswith(prefix):
            yield rule, target


def _backend(bucket: Any) -> Any:
    return backend("s3", bucket.account_id, "us-east-1")


def _copy(target: Any, made: Any, rule: Mapping[str, Any]) -> None:
    """By the original function: replicas are not replicated further."""
    from moto.s3.models import FakeKey

    copy = FakeKey(
        name=made.name,
        bucket_name=target.name,
        value=made.value,
        account_id=target.account_id,
        region_name=target.region_name,
        storage=rule["Destination"].get("StorageClass") or made.storage_class,
        etag=made.etag,
        is_versioned=True,
        version_id=made.version_id,
        encryption=made.encryption,
        kms_key_id=(rule["Destination"].get("EncryptionConfiguration") or {}).get("ReplicaKmsKeyID") or made.kms_key_id,
    )
    copy._metadata = made._metadata  # one mapping, which moto fills after the put: type, cache headers, user metadata
    setattr(copy, REPLICA, True)
    target.keys.setlist(made.name, [*target.keys.getlist(made.name, []), copy])


def _may(name: str, rule: Mapping[str, Any], target: Any, action: str, key: str, made: Any) -> bool:
    """Whether the role may read the source, write the destination, and use both keys; an object under KMS needs to be selected."""
    source = owned(name)
    needed = [
        Ask("s3:GetReplicationConfiguration", source.arn),
        Ask("s3:GetObjectVersionForReplication", f"{source.arn}/{key}"),
        Ask(f"s3:{action}", f"{target.arn}/{key}"),
    ]
    encrypted = made is not None and str(made.encryption or "").startswith("aws:kms")
    if encrypted:
        selected = ((rule.get("SourceSelectionCriteria") or {}).get("SseKmsEncryptedObjects") or {}).get("Status") == "Enabled"
        if not selected:
            return False
        replica = rule["Destination"]["EncryptionConfiguration"]["ReplicaKmsKeyID"]
        needed += [
            _use("kms:Decrypt", str(made.kms_key_id), source.region_name),
            _use("kms:Encrypt", str(replica), target.region_name),
        ]
    statements = _statements(source)
    return all(verdict(statements, one) is None for one in needed)


def _use(action: str, key: str, region: str) -> Ask:
    return Ask(action, key, {"kms:viaservice": (f"s3.{region}.amazonaws.com",)})


def _statements(source: Any) -> Any:
    """The inline policies of the role that S3 takes on; those that are not understood allow nothing."""
    arn = stored(source)["ReplicationConfiguration"]["Role"]
    roles = backend("iam", source.account_id, "us-east-1").roles.values()
    role = next((one for one in roles if one.arn == arn), None)
    documents = [json.loads(one) if isinstance(one, str) else one for one in (role.policies.values() if role else ())]
    try:
        return parse(documents)
    except NotUnderstood:
        return ()

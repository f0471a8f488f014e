"""Replicas of secrets in other regions."""

from __future__ import annotations

from typing import Any

from rehearsal.extensions.keys import find_key
from rehearsal.extensions.secretsmanager_common import (
    DEFAULT_KEY,
    changeable_secret,
    forget,
    is_marked,
    is_replica,
    secret_of,
    secrets_of,
)
from rehearsal.registry import Call, answers, backend
from rehearsal.replies import Refusal


def statuses(secret: Any) -> dict[str, Any]:
    """The response member about a secret's replicas; {} if it has none."""
    found = [] if is_replica(secret) else [dict(replica.config) for replica in secret.replicas]
    return {"ReplicationStatus": found} if found else {}


def replicate(call: Call, secret: Any, regions: list[dict[str, str]], *, overwrite: bool) -> None:
    """Adds replicas. In a region that has a secret of this name, replication fails unless it may be overwritten."""
    from moto.secretsmanager.models import ReplicaSecret

    for wanted in regions:
        if wanted["Region"] == secret.region or wanted["Region"] in [replica.region for replica in secret.replicas]:
            raise Refusal("InvalidParameterException", f"Invalid replica region: {wanted['Region']}.")
    for wanted in regions:
        region, key = wanted["Region"], wanted.get("KmsKeyId") or DEFAULT_KEY
        store = backend("secretsmanager", call.account_id, region)
        before = next((one for one in secrets_of(store) if one.name == secret.name), None)
        problem = find_key(key, call.account_id, region).problem
        if before is not None and overwrite and not is_marked(before):
            forget(store, before)
        elif before is not None:
            problem = f"Replication failed: Secret name {secret.name} already exists in region {region}."
        replica = ReplicaSecret(secret, region, "Failed", problem) if problem else ReplicaSecret(secret, region)
        replica.config["KmsKeyId"] = key
        if not problem:
            dict.__setitem__(store.secrets, replica.arn, replica)
        secret.replicas.append(replica)


@answers("secretsmanager", "ReplicateSecretToRegions")
def add_replicas(call: Call) -> dict[str, Any]:
    secret = changeable_secret(call)
    replicate(call, secret, call.get("AddReplicaRegions") or [], overwrite=bool(call.get("ForceOverwriteReplicaSecret")))
    return {"ARN": secret.arn, **statuses(secret)}


@answers("secretsmanager", "RemoveRegionsFromReplication")
def remove_replicas(call: Call) -> dict[str, Any]:
    secret = changeable_secret(call)
    for replica in [one for one in secret.replicas if one.region in (call.get("RemoveReplicaRegions") or [])]:
        forget(backend("secretsmanager", call.account_id, replica.region), replica)
        secret.replicas.remove(replica)
    return {"ARN": secret.arn, **statuses(secret)}


@answers("secretsmanager", "StopReplicationToReplica")
def promote(call: Call) -> dict[str, Any]:
    """Turns a replica into a secret of its own, with the values that it has."""
    from moto.secretsmanager.models import FakeSecret

    replica = secret_of(call)
    if not is_replica(replica):
        raise Refusal("InvalidRequestException", "You can only stop replication of a replica secret, in its own region.")
    source = replica.source
    promoted = FakeSecret(
        account_id=call.account_id,
        region_name=call.region,
        secret_id=source.name,
        secret_version={},
        version_id="",
        description=source.description,
        tags=list(source.tags or []),
        kms_key_id=None if replica.config["KmsKeyId"] == DEFAULT_KEY else replica.config["KmsKeyId"],
        created_date=source.created_date,
        last_changed_date=source.last_changed_date,
    )
    promoted.arn = replica.arn
    promoted.versions = {name: version | {"version_stages": list(version["version_stages"])} for name, version in source.versions.items()}
    promoted.set_default_version_id(source.default_version_id)
    source.replicas.remove(replica)
    forget(call.backend, replica)
    call.backend.secrets[source.name] = promoted
    return {"ARN": promoted.arn}

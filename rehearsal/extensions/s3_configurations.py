"""Configurations of buckets that moto loses parts of: kept as they were sent, and checked as far as AWS does.

Each is a put, a get, and usually a delete with one member; ``NoSuch...`` is what a get answers if there is none.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rehearsal.extensions.s3_common import bucket_of, invalid, owned, stored
from rehearsal.extensions.s3_lifecycle import check_lifecycle
from rehearsal.registry import Call, answers, backend
from rehearsal.replies import Refusal

BLOCKS = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")


def _absent(code: str, message: str) -> Refusal:
    return Refusal(code, message, 404)


# -- encryption ----------------------------------------------------------------------------------------------------------------------


@answers("s3", "PutBucketEncryption")
def put_encryption(call: Call) -> dict[str, Any]:
    """The key is not looked at (PutBucketEncryption), but what is blocked is only what the call says."""
    bucket, wanted = bucket_of(call), call.get("ServerSideEncryptionConfiguration") or {}
    rules = wanted.get("Rules") or []
    default = (rules[0] if rules else {}).get("ApplyServerSideEncryptionByDefault") or {}
    if not default.get("SSEAlgorithm"):
        raise invalid("The XML you provided was not well-formed or did not validate against our published schema", "MalformedXML")
    if default["SSEAlgorithm"] == "AES256" and default.get("KMSMasterKeyID"):
        raise invalid("a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms", "InvalidArgument")
    stored(bucket)["ServerSideEncryptionConfiguration"] = wanted
    bucket.encryption = {"Rule": {**rules[0], "BucketKeyEnabled": bool(rules[0].get("BucketKeyEnabled"))}}
    return {}


@answers("s3", "GetBucketEncryption")
def get_encryption(call: Call) -> dict[str, Any]:
    return {"ServerSideEncryptionConfiguration": stored(bucket_of(call))["ServerSideEncryptionConfiguration"]}


@answers("s3", "DeleteBucketEncryption")
def delete_encryption(call: Call) -> dict[str, Any]:
    """Back to S3's own keys; nothing is blocked any more."""
    bucket = bucket_of(call)
    plain = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}, "BucketKeyEnabled": False}
    stored(bucket)["ServerSideEncryptionConfiguration"] = {"Rules": [plain]}
    bucket.encryption = None
    return {}


# -- lifecycle -----------------------------------------------------------------------------------------------------------------------


@answers("s3", "PutBucketLifecycleConfiguration")
def put_lifecycle(call: Call) -> dict[str, Any]:
    """A put without the minimum size sets the default of September 2024."""
    bucket, rules = bucket_of(call), (call.get("LifecycleConfiguration") or {}).get("Rules") or []
    check_lifecycle(rules)
    size = call.get("TransitionDefaultMinimumObjectSize") or "all_storage_classes_128K"
    stored(bucket)["Lifecycle"] = {"Rules": rules, "TransitionDefaultMinimumObjectSize": size}
    return {"TransitionDefaultMinimumObjectSize": size}


@answers("s3", "GetBucketLifecycleConfiguration")
def get_lifecycle(call: Call) -> dict[str, Any]:
    found: dict[str, Any] | None = stored(bucket_of(call)).get("Lifecycle")
    if found is None:
        raise _absent("NoSuchLifecycleConfiguration", "The lifecycle configuration does not exist")
    return found


# -- logging -------------------------------------------------------------------------------------------------------------------------


@answers("s3", "PutBucketLogging")
def put_logging(call: Call) -> dict[str, Any]:
    bucket, wanted = bucket_of(call), (call.get("BucketLoggingStatus") or {}).get("LoggingEnabled")
    if wanted:
        target = owned(str(wanted.get("TargetBucket")))
        if target is None or target.account_id != bucket.account_id:
            raise invalid("The owner for the bucket to be logged and the target bucket must be the same.", "InvalidTargetBucketForLogging")
        if target.region_name != bucket.region_name:
            raise Refusal("CrossLocationLoggingProhibitted", "Cross S3 location logging not allowed.", 403)
    stored(bucket)["LoggingEnabled"] = wanted
    return {}


@answers("s3", "GetBucketLogging")
def get_logging(call: Call) -> dict[str, Any]:
    found = stored(bucket_of(call)).get("LoggingEnabled")
    return {"LoggingEnabled": found} if found else {}


# -- public access -------------------------------------------------------------------------------------------------------------------


@answers("s3", "GetPublicAccessBlock")
def get_public_access_block(call: Call) -> dict[str, Any]:
    found = bucket_of(call).public_access_block
    if found is None:
        raise _absent("NoSuchPublicAccessBlockConfiguration", "The public access block configuration was not found")
    members = ("block_public_acls", "ignore_public_acls", "block_public_policy", "restrict_public_buckets")
    values = [str(getattr(found, member)).lower() == "true" for member in members]
    return {"PublicAccessBlockConfiguration": dict(zip(BLOCKS, values, strict=True))}


# -- replication ---------------------------------------------------------------------------------------------------------------------


@answers("s3", "PutBucketReplication")
def put_replication(call: Call) -> dict[str, Any]:
    """Amazon S3 User Guide, "Requirements and considerations for replication"."""
    bucket, wanted = bucket_of(call), call.get("ReplicationConfiguration") or {}
    if not bucket.is_versioned:
        raise invalid("Versioning must be 'Enabled' on the bucket to apply a replication configuration")
    role = str(wanted.get("Role"))
    if role not in {one.arn for one in backend("iam", bucket.account_id, call.region).roles.values()}:
        raise invalid(f"Invalid role arn: {role}", "InvalidArgument")
    for rule in wanted.get("Rules") or []:
        _check_rule(rule)
    stored(bucket)["ReplicationConfiguration"] = wanted
    return {}


def _check_rule(rule: dict[str, Any]) -> None:
    destination = rule.get("Destination") or {}
    target = owned(str(destination.get("Bucket")).rpartition(":")[2])
    if target is None:
        raise invalid("Destination bucket must exist.")
    if not target.is_versioned:
        raise invalid("Destination bucket must have versioning enabled.")
    if "Filter" in rule and ("DeleteMarkerReplication" not in rule or "Priority" not in rule):
        raise invalid("DeleteMarkerReplication and Priority must be specified with a Filter")
    selected = ((rule.get("SourceSelectionCriteria") or {}).get("SseKmsEncryptedObjects") or {}).get("Status") == "Enabled"
    key = (destination.get("EncryptionConfiguration") or {}).get("ReplicaKmsKeyID")
    if selected != bool(key):
        raise invalid("SourceSelectionCriteria and ReplicaKmsKeyID must be specified together")
    if destination.get("ReplicationTime") and not destination.get("Metrics"):
        raise invalid("ReplicationTime requires Metrics")


@answers("s3", "GetBucketReplication")
def get_replication(call: Call) -> dict[str, Any]:
    found = stored(bucket_of(call)).get("ReplicationConfiguration")
    if found is None:
        raise _absent("ReplicationConfigurationNotFoundError", "The replication configuration was not found")
    return {"ReplicationConfiguration": found}


def _deletes(operation: str, member: str) -> Callable[[Call], dict[str, Any]]:
    """A delete call: it succeeds even if there is nothing to delete."""

    @answers("s3", operation)
    def delete(call: Call) -> dict[str, Any]:
        stored(bucket_of(call)).pop(member, None)
        return {}

    return delete


_deletes("DeleteBucketLifecycle", "Lifecycle")
_deletes("DeleteBucketReplication", "ReplicationConfiguration")

# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The documents of a bucket as S3 takes them: lifecycle, CORS, replication. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...aws.tags import tag_list
from ...reconcile.model import ref
from .settings.buckets import Bucket, Buckets
from .settings.buckets_access import CorsRule
from .settings.buckets_lifecycle import Lifecycle, Rule, as_names
from .settings.buckets_replication import Replication

HOUSEKEEPING = "mainstay-housekeeping"
"""The rule for the whole bucket. No name of a user's rule begins like this."""
MINUTES = {"Minutes": 15}
"""The only threshold that S3 accepts (PutBucketReplication)."""


def lifecycle_document(lifecycle: Lifecycle, versioning: bool) -> dict[str, Any] | None:
    """{"rules": [...], "minimum_size": text}; the size is absent where none is given, and the document None without rules."""
    rules = [*_housekeeping(lifecycle, versioning), *(_rule(one) for one in lifecycle.rules)]
    size = {"minimum_size": lifecycle.minimum_size} if lifecycle.minimum_size else {}
    return {"rules": rules, **size} if rules else None


def _housekeeping(lifecycle: Lifecycle, versioning: bool) -> list[dict[str, Any]]:
    """Abandoned uploads, old versions, and the delete markers that no version is left of."""
    old = versioning and bool(lifecycle.noncurrent_days)
    parts = {
        **(
            {"AbortIncompleteMultipartUpload": {"DaysAfterInitiation": lifecycle.abort_uploads_days}}
            if lifecycle.abort_uploads_days
            else {}
        ),
        **({"NoncurrentVersionExpiration": _noncurrent(lifecycle.noncurrent_days, lifecycle.noncurrent_keep)} if old else {}),
        **({"Expiration": {"ExpiredObjectDeleteMarker": True}} if old else {}),
    }
    return [{"ID": HOUSEKEEPING, "Status": "Enabled", "Filter": {"Prefix": ""}, **parts}] if parts else []


def _noncurrent(days: int, keep: int) -> dict[str, int]:
    return {"NoncurrentDays": days, **({"NewerNoncurrentVersions": keep} if keep else {})}


def _rule(rule: Rule) -> dict[str, Any]:
    transitions = [{"Days": days, "StorageClass": name} for name, days in as_names(rule.transitions).items()]
    old = [{"NoncurrentDays": days, "StorageClass": name} for name, days in as_names(rule.noncurrent_transitions).items()]
    return {
        "ID": rule.name,
        "Status": "Enabled",
        "Filter": _filter(rule),
        **({"Transitions": transitions} if transitions else {}),
        **({"Expiration": {"Days": rule.expire_days}} if rule.expire_days else {}),
        **({"NoncurrentVersionTransitions": old} if old else {}),
        **({"NoncurrentVersionExpiration": _noncurrent(rule.noncurrent_days, rule.noncurrent_keep)} if rule.noncurrent_days else {}),
    }


def _filter(rule: Rule) -> dict[str, Any]:
    """S3 takes one condition directly, and several within ``And``."""
    parts: dict[str, Any] = {
        **({"Prefix": rule.prefix} if rule.prefix else {}),
        **({"Tags": tag_list(rule.tags)} if rule.tags else {}),
        **({"ObjectSizeGreaterThan": rule.larger_than} if rule.larger_than else {}),
        **({"ObjectSizeLessThan": rule.smaller_than} if rule.smaller_than else {}),
    }
    if not parts:
        return {"Prefix": ""}
    if len(parts) > 1 or len(rule.tags) > 1:
        return {"And": parts}
    return {"Tag": parts["Tags"][0]} if rule.tags else parts


def cors_document(rules: tuple[CorsRule, ...]) -> list[dict[str, Any]] | None:
    found = [
        {
            "AllowedOrigins": list(one.origins),
            "AllowedMethods": list(one.methods),
            **({"AllowedHeaders": list(one.headers)} if one.headers else {}),
            **({"ExposeHeaders": list(one.expose_headers)} if one.expose_headers else {}),
            **({"MaxAgeSeconds": one.max_age} if one.max_age else {}),
        }
        for one in rules
    ]
    return found or None


def replication_document(one: Bucket, buckets: Buckets, role: str, keys: Mapping[str, Any]) -> dict[str, Any] | None:
    """``role``: the address of the role. ``keys``: bucket's name -> ARN of its key, or a reference to it.

    Always a rule with a filter (version 2), which says what becomes of delete markers. Objects that are encrypted with KMS are replicated
    only by a rule that selects them and names the destination's key.
    """
    replication = one.replication
    if replication is None or replication.to not in buckets:
        return None
    rules = [_replication_rule(position, prefix, one, replication, keys) for position, prefix in enumerate(replication.prefixes, start=1)]
    return {"role": ref(role, "arn"), "rules": rules}


def _replication_rule(position: int, prefix: str, one: Bucket, replication: Replication, keys: Mapping[str, Any]) -> dict[str, Any]:
    timed = {"EventThreshold": MINUTES} if replication.time_control else {}
    key = keys.get(replication.to)
    selected = one.encryption.kms
    destination = {
        "Bucket": ref(f"s3_bucket.{replication.to}", "versioned_arn"),
        **({"StorageClass": replication.storage_class.upper()} if replication.storage_class else {}),
        **({"EncryptionConfiguration": {"ReplicaKmsKeyID": key}} if selected and key else {}),
        **({"ReplicationTime": {"Status": "Enabled", "Time": MINUTES}} if replication.time_control else {}),
        **({"Metrics": {"Status": "Enabled", **timed}} if replication.metrics else {}),
    }
    return {
        "ID": f"{replication.to}-{position}",
        "Priority": position,
        "Status": "Enabled",
        "Filter": {"Prefix": prefix},
        "DeleteMarkerReplication": {"Status": "Enabled" if replication.delete_markers else "Disabled"},
        **({"SourceSelectionCriteria": {"SseKmsEncryptedObjects": {"Status": "Enabled"}}} if selected else {}),
        "Destination": destination,
    }

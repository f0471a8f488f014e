# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The resources of buckets: the buckets, their keys, and the roles with which S3 replicates. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...aws.place import Place
from ...aws.policies import key_policy, policy
from ...reconcile.model import Ref, Resource, ref
from .bucket_documents import cors_document, lifecycle_document, replication_document
from .bucket_policy import bucket_arn, bucket_policy
from .part import Granted
from .settings.buckets import OWNERSHIP, Bucket, Buckets

KEY = "bucket_key.storage"
"""The component's key in its own region, for all of its buckets there that name none."""
ALGORITHMS = {"aes256": "AES256", "kms": "aws:kms", "kms_dsse": "aws:kms:dsse"}


def build(buckets: Buckets, place: Place, granted: Granted) -> list[Resource]:
    keys = {name: key for name, one in buckets.items() if (key := key_of(one)) is not None}
    return [
        *key_resources(buckets, place, granted),
        *(replication_role(one, buckets, keys, place) for one in buckets.values() if one.replication),
        *(bucket_resource(one, buckets, keys, place, granted) for one in buckets.values()),
    ]


def address(name: str) -> str:
    return f"s3_bucket.{name}"


def key_address(region: str = "") -> str:
    return f"{KEY.partition('.')[0]}.{region}" if region else KEY


def key_of(one: Bucket) -> str | Ref | None:
    """The key that encrypts a bucket: its ARN, or a reference to the component's."""
    if not one.encryption.kms:
        return None
    return one.encryption.kms_key_arn or ref(key_address(one.region), "arn")


def key_resources(buckets: Buckets, place: Place, granted: Granted) -> list[Resource]:
    """One in each region that has a bucket with the component's key."""
    regions = sorted({one.region for one in buckets.values() if one.encryption.own_key})
    return [key_resource(region, buckets, place, granted) for region in regions]


def key_resource(region: str, buckets: Buckets, place: Place, granted: Granted) -> Resource:
    users = [
        statement
        for name, one in buckets.items()
        if one.encryption.own_key and one.region == region
        for statement in granted.keys.get(name, ())
    ]
    properties = {
        **at(region),
        "description": f"Buckets of {place.environment}/{place.component}",
        "policy": key_policy(place, *users),
        "enable_key_rotation": True,
        "alias": f"alias{place.path}storage",
        "tags": {**place.tags, "Name": f"{place.environment}-{place.component}-storage"},
    }
    return Resource(KEY.partition(".")[0], region or KEY.partition(".")[2], properties)


def at(region: str) -> dict[str, str]:
    """The property of a resource in a further region; resources in the component's own do not have it."""
    return {"region": region} if region else {}


def bucket_resource(one: Bucket, buckets: Buckets, keys: Mapping[str, Any], place: Place, granted: Granted) -> Resource:
    name = one.full_name(place.account_id, place.region)
    logs = one.access.access_logs
    properties: dict[str, Any] = {
        **at(one.region),
        "bucket_name": name,
        "ownership": OWNERSHIP[one.ownership],
        "public_access_block": dict(one.access.public_access),
        "versioning": one.versioning,
        "encryption": encryption(one),
        "policy": bucket_policy(one, buckets, granted.buckets.get(one.name, ()), place),
        "lifecycle": lifecycle_document(one.lifecycle, one.versioning),
        "cors": cors_document(one.access.cors),
        "access_logs": {"bucket": ref(address(logs.bucket)), "prefix": logs.prefix} if logs else None,
        "replication": replication_document(one, buckets, role_address(one), keys),
        "tags": {**place.tags, "Name": name, **one.tags},
    }
    return Resource("s3_bucket", one.name, properties)


def encryption(one: Bucket) -> dict[str, Any]:
    """``blocked`` is absent where none is given: the bucket keeps what it has."""
    wanted = one.encryption
    kms = {"key": key_of(one), "bucket_key": wanted.bucket_key and wanted.algorithm == "kms"} if wanted.kms else {"bucket_key": False}
    return {"algorithm": ALGORITHMS[wanted.algorithm], **kms, **({"blocked": list(wanted.blocked)} if wanted.blocked else {})}


def role_address(one: Bucket) -> str:
    return f"iam_role.replication/{one.name}"


def replication_role(one: Bucket, buckets: Buckets, keys: Mapping[str, Any], place: Place) -> Resource:
    """Amazon S3 User Guide, "Setting up permissions for live replication"."""
    target = buckets[one.replication.to] if one.replication else one
    source_arn, target_arn = (bucket_arn(place, each.full_name(place.account_id, place.region)) for each in (one, target))
    statements = [
        _allow("ReadConfiguration", ("GetReplicationConfiguration", "ListBucket"), source_arn),
        _allow("ReadVersions", ("GetObjectVersionForReplication", "GetObjectVersionAcl", "GetObjectVersionTagging"), f"{source_arn}/*"),
        _allow("WriteReplicas", ("ReplicateObject", "ReplicateDelete", "ReplicateTags"), f"{target_arn}/*"),
        *_use_of_keys(one, target, keys, place),
    ]
    properties = {
        "role_name": f"{place.environment}.{place.component}.s3-{one.name}",
        "assume_role_policy_document": policy(
            {"Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ),
        "inline_policy": policy(*statements),
        "tags": {**place.tags, "Name": f"{place.environment}-{place.component}-replication-{one.name}"},
    }
    return Resource("iam_role", role_address(one).partition(".")[2], place.role(properties))


def _use_of_keys(one: Bucket, target: Bucket, keys: Mapping[str, Any], place: Place) -> list[dict[str, Any]]:
    """Only through S3, in the region of each bucket. With bucket keys, S3 decrypts when it encrypts."""
    found = []
    for bucket, sid, actions in (
        (one, "DecryptSource", ("Decrypt",)),
        (target, "EncryptReplicas", ("Decrypt", "Encrypt", "GenerateDataKey")),
    ):
        if bucket.name in keys:
            via = f"s3.{bucket.region or place.region}.amazonaws.com"
            use = {"Sid": sid, "Effect": "Allow", "Action": [f"kms:{action}" for action in actions], "Resource": keys[bucket.name]}
            found.append({**use, "Condition": {"StringEquals": {"kms:ViaService": via}}})
    return found


def _allow(sid: str, actions: tuple[str, ...], resource: str) -> dict[str, Any]:
    return {"Sid": sid, "Effect": "Allow", "Action": [f"s3:{action}" for action in actions], "Resource": resource}

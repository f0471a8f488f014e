"""Creating buckets: regions, names, tags, and S3's defaults for new buckets (Amazon S3 User Guide, "Default settings for new buckets")."""

from __future__ import annotations

from typing import Any

from rehearsal.extensions.s3_common import bucket_of, invalid, owned, stored
from rehearsal.registry import Call, answers
from rehearsal.replies import Refusal

FIRST_REGION = "us-east-1"
BLOCKED = dict.fromkeys(("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), "true")
PLAIN = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}, "BucketKeyEnabled": False}
SSE_C = {"BlockedEncryptionTypes": {"EncryptionType": ["SSE-C"]}}


@answers("s3", "CreateBucket")
def create(call: Call) -> dict[str, Any]:
    name, configuration = str(call.get("Bucket")), call.get("CreateBucketConfiguration") or {}
    region = _region(call, configuration.get("LocationConstraint"))
    _check_namespace(call, name, region)
    existing = owned(name)
    if existing is not None:
        return _again(call, existing)
    made = call.backend.create_bucket(name, region, bucket_namespace=call.get("BucketNamespace"))
    made.ownership_rule = call.get("ObjectOwnership") or "BucketOwnerEnforced"
    made.object_lock_enabled = bool(call.get("ObjectLockEnabledForBucket"))
    if made.object_lock_enabled:
        made.versioning_status = "Enabled"
    call.backend.put_public_access_block(name, BLOCKED)
    stored(made)["ServerSideEncryptionConfiguration"] = {"Rules": [{**PLAIN, **SSE_C}]}
    call.backend.tagger.tag_resource(made.arn, [dict(tag) for tag in configuration.get("Tags") or ()])
    return {"Location": f"/{name}", "BucketArn": made.arn}


def _region(call: Call, wanted: str | None) -> str:
    """Only in us-east-1 may the constraint be absent, and there it may name other regions (moto's rule, and AWS's)."""
    if call.region == FIRST_REGION:
        if wanted == FIRST_REGION:
            raise invalid("The specified location-constraint is not valid", "InvalidLocationConstraint")
        return wanted or FIRST_REGION
    if wanted != call.region:
        named = f"The {wanted or 'unspecified'} location constraint is incompatible for the region of the endpoint."
        raise invalid(named, "IllegalLocationConstraintException")
    return wanted


def _check_namespace(call: Call, name: str, region: str) -> None:
    own = name.endswith(f"-{call.account_id}-{region}-an")
    if call.get("BucketNamespace") == "account-regional" and not own:
        raise invalid("The specified bucket name does not belong to the account's regional namespace.", "InvalidBucketName")
    if name.endswith("-an") and call.get("BucketNamespace") != "account-regional":
        raise invalid("The bucket name requires the x-amz-bucket-namespace header.", "MissingNamespaceHeader")


def _again(call: Call, existing: Any) -> dict[str, Any]:
    """Idempotent for the owner in us-east-1 alone."""
    if existing.account_id != call.account_id:
        text = "The requested bucket name is not available. The bucket namespace is shared by all users of the system."
        raise Refusal("BucketAlreadyExists", text, 409)
    if call.region == existing.region_name == FIRST_REGION:
        return {"Location": f"/{existing.name}", "BucketArn": existing.arn}
    text = "Your previous request to create the named bucket succeeded and you already own it."
    raise Refusal("BucketAlreadyOwnedByYou", text, 409)


@answers("s3", "ListBuckets")
def list_buckets(call: Call) -> dict[str, Any]:
    """With BucketRegion, those in the region; S3 accepts that only of the endpoint's own."""
    region = call.get("BucketRegion")
    if region and call.region not in (region, FIRST_REGION):
        raise invalid(f"The BucketRegion {region} is not that of the endpoint, {call.region}.", "InvalidArgument")
    found = [one for name, one in sorted(call.backend.buckets.items()) if name.startswith(call.get("Prefix") or "")]
    entries = [
        {"Name": one.name, "CreationDate": one.creation_date, "BucketRegion": one.region_name, "BucketArn": one.arn}
        for one in found
        if region in (None, one.region_name)
    ]
    return {"Buckets": entries, "Owner": {"ID": call.account_id}}


@answers("s3", "PutBucketVersioning")
def put_versioning(call: Call) -> dict[str, Any]:
    bucket, wanted = bucket_of(call), (call.get("VersioningConfiguration") or {}).get("Status")
    if wanted not in ("Enabled", "Suspended"):
        raise invalid("The Versioning element must be specified", "IllegalVersioningConfigurationException")
    if wanted == "Suspended" and stored(bucket).get("ReplicationConfiguration"):
        text = "A replication configuration is present on this bucket, so the versioning state cannot be changed."
        raise Refusal("InvalidBucketState", text, 409)
    bucket.versioning_status = wanted
    return {}

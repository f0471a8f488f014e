# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The life of buckets: a plan from nothing, an apply, again, drift, changes, copies in another region, and what goes with a bucket."""

from __future__ import annotations

import json
from typing import Any

from tests.integration.site import ACCOUNT, Requests, summary, touched

from .support import ELSEWHERE, EVERYTHING, Site

UPLOADS, COPIES, LOGS = "prod-storage-uploads", "prod-storage-copies", "prod-storage-logs"
BUCKETS: dict[str, Any] = {
    "uploads": {
        "encryption": {"algorithm": "kms"},
        "access_logs": {"bucket": "logs"},
        "cors": [{"origins": ["https://shop.example.com"], "methods": ["PUT"], "headers": ["*"], "max_age": 600}],
        "lifecycle": {"rules": {"archive": {"prefix": "courses/", "transitions": {"standard_ia": 30, "glacier": 180}}}},
        "replication": {"to": "copies", "delete_markers": True},
        "tags": {"team": "content"},
    },
    "copies": {"region": ELSEWHERE, "encryption": {"algorithm": "kms"}},
    "logs": {"logs_from": ["load_balancers"], "lifecycle": {"rules": {"expiry": {"expire_days": 400}}}},
}
CREATED = {
    *("bucket_key.eu-west-1", "bucket_key.storage", "iam_role.replication/uploads"),
    *("s3_bucket.copies", "s3_bucket.logs", "s3_bucket.uploads"),
}


def test_the_whole_life(site: Site) -> None:
    desired = site.desired(BUCKETS)
    assert summary(site.plan(desired)) == dict.fromkeys(CREATED, "create")
    site.apply(desired)
    _as_described(site)

    requests = Requests(site.cloud)
    assert summary(site.plan(desired)) == {}
    site.apply(desired)
    assert requests.changes() == []

    _copies_what_is_written(site)
    _drift_is_found(site)
    _emptied_with_consent(site)


def _as_described(site: Site) -> None:
    s3 = site.s3()
    (rule,) = s3.get_bucket_encryption(Bucket=UPLOADS)["ServerSideEncryptionConfiguration"]["Rules"]
    assert rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "aws:kms"
    assert rule["BucketKeyEnabled"]
    assert rule["BlockedEncryptionTypes"] == {"EncryptionType": ["SSE-C"]}
    assert s3.get_bucket_versioning(Bucket=UPLOADS)["Status"] == "Enabled"
    assert "Status" not in s3.get_bucket_versioning(Bucket=LOGS)
    assert set(s3.get_public_access_block(Bucket=LOGS)["PublicAccessBlockConfiguration"].values()) == {True}
    assert s3.get_bucket_logging(Bucket=UPLOADS)["LoggingEnabled"] == {"TargetBucket": LOGS, "TargetPrefix": "s3/uploads/"}
    rules = {one["ID"]: one for one in s3.get_bucket_lifecycle_configuration(Bucket=UPLOADS)["Rules"]}
    assert rules["archive"]["Transitions"] == [{"Days": 30, "StorageClass": "STANDARD_IA"}, {"Days": 180, "StorageClass": "GLACIER"}]
    assert rules["mainstay-housekeeping"]["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 7}
    (cors,) = s3.get_bucket_cors(Bucket=UPLOADS)["CORSRules"]
    assert cors["AllowedOrigins"] == ["https://shop.example.com"]
    (copying,) = s3.get_bucket_replication(Bucket=UPLOADS)["ReplicationConfiguration"]["Rules"]
    assert copying["DeleteMarkerReplication"] == {"Status": "Enabled"}
    assert copying["SourceSelectionCriteria"] == {"SseKmsEncryptedObjects": {"Status": "Enabled"}}
    assert f":kms:{ELSEWHERE}:" in copying["Destination"]["EncryptionConfiguration"]["ReplicaKmsKeyID"]
    assert set(site.policy(UPLOADS)) == {"MainstayOnlyTls"}
    statements = site.policy(LOGS)
    assert set(statements) == {"MainstayOnlyTls", "MainstayLoadBalancers", "MainstayServerAccessLogs"}
    assert statements["MainstayServerAccessLogs"]["Condition"]["ArnLike"] == {"aws:SourceArn": f"arn:aws:s3:::{UPLOADS}"}
    tags = {one["Key"]: one["Value"] for one in s3.get_bucket_tagging(Bucket=UPLOADS)["TagSet"]}
    assert tags.items() >= {"team": "content", "owner": "platform", "mainstay:address": "s3_bucket.uploads"}.items()


def _copies_what_is_written(site: Site) -> None:
    site.s3().put_object(Bucket=UPLOADS, Key="courses/1", Body=b"video")
    assert site.s3(ELSEWHERE).get_object(Bucket=COPIES, Key="courses/1")["Body"].read() == b"video"
    site.s3().delete_object(Bucket=UPLOADS, Key="courses/1")
    assert [one["Key"] for one in site.s3(ELSEWHERE).list_object_versions(Bucket=COPIES)["DeleteMarkers"]] == ["courses/1"]


def _drift_is_found(site: Site) -> None:
    s3, desired = site.s3(), site.desired(BUCKETS)
    s3.put_bucket_versioning(Bucket=LOGS, VersioningConfiguration={"Status": "Enabled"})
    s3.put_public_access_block(Bucket=LOGS, PublicAccessBlockConfiguration={"BlockPublicAcls": True})
    s3.delete_bucket_policy(Bucket=UPLOADS)
    s3.delete_bucket_cors(Bucket=UPLOADS)
    s3.put_bucket_cors(Bucket=LOGS, CORSConfiguration={"CORSRules": [{"AllowedMethods": ["GET"], "AllowedOrigins": ["*"]}]})
    found = {"s3_bucket.logs": {"versioning", "public_access_block", "cors"}, "s3_bucket.uploads": {"policy", "cors"}}
    assert touched(site.plan(desired)) == found
    site.apply(desired)
    assert summary(site.plan(desired)) == {}


def _emptied_with_consent(site: Site) -> None:
    """Two buckets hold versions and delete markers."""
    plan = site.plan([], purge=["*"])
    assert summary(plan)["s3_bucket.uploads"] == "delete (no consent)"
    site.domain_of(None)
    assert site.domain is not None
    plan = site.plan([], purge=EVERYTHING)
    warnings = " ".join(site.checked(plan).warnings)
    assert f"{UPLOADS} is not empty" in warnings
    site.desired(BUCKETS)
    site.apply([], purge=EVERYTHING)
    assert site.s3().list_buckets()["Buckets"] == []


def test_what_the_settings_do_not_name_keeps_its_value(site: Site) -> None:
    desired = site.desired({"media": {"lifecycle": {"rules": {"archive": {"transitions": {"glacier": 90}}}}}})
    site.apply(desired)
    s3, bucket = site.s3(), "prod-storage-media"
    rules = s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]
    s3.put_bucket_lifecycle_configuration(
        Bucket=bucket, LifecycleConfiguration={"Rules": rules}, TransitionDefaultMinimumObjectSize="varies_by_storage_class"
    )
    plain = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
    s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": [plain]})
    assert summary(site.plan(desired)) == {}
    changed = site.desired({"media": {"encryption": {"algorithm": "kms"}, "lifecycle": {"abort_uploads_days": 3}}})
    site.apply(changed)
    (rule,) = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
    assert "BlockedEncryptionTypes" not in rule
    assert s3.get_bucket_lifecycle_configuration(Bucket=bucket)["TransitionDefaultMinimumObjectSize"] == "varies_by_storage_class"


def test_statements_of_others_are_removed_or_stay(site: Site) -> None:
    desired = site.desired({"media": {"kept_statements": ["Scanner*"]}})
    site.apply(desired)
    arn = "arn:aws:s3:::prod-storage-media"
    document = json.loads(site.s3().get_bucket_policy(Bucket="prod-storage-media")["Policy"])
    for sid in ("ScannerReads", "ByHand"):
        principal = {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
        document["Statement"].append(
            {"Sid": sid, "Effect": "Allow", "Principal": principal, "Action": "s3:GetObject", "Resource": f"{arn}/*"}
        )
    site.s3().put_bucket_policy(Bucket="prod-storage-media", Policy=json.dumps(document))
    (action,) = site.plan(desired).changes
    assert [change.property for change in action.changes] == ["policy"]
    assert "ByHand" in json.dumps(action.changes[0].before)
    assert "ScannerReads" not in json.dumps(action.changes[0].before)
    site.apply(desired)
    assert set(site.policy("prod-storage-media")) == {"MainstayOnlyTls", "ScannerReads"}
    assert summary(site.plan(desired)) == {}


def test_a_name_of_another_account_is_refused_before_the_first_change(site: Site) -> None:
    other = "345678901234"
    site.cloud.admin.account(other)
    theirs = site.cloud.client("s3", region="us-east-1", account_id=other)
    theirs.create_bucket(Bucket="prod-storage-media")
    desired = site.desired({"media": {}})
    plan = site.plan(desired)
    assert site.domain is not None
    aws = site.aws("plan")
    try:
        assert site.domain.kinds["s3_bucket"].holder(aws, desired[-1].properties) is None
    finally:
        aws.close()
    (refusal,) = site.checked(plan).refusals
    assert "prod-storage-media is taken by a bucket of another account" in str(refusal)


def test_a_bucket_in_the_namespace_of_the_account(site: Site) -> None:
    desired = site.desired({"media": {"namespace": "account"}})
    site.apply(desired)
    name = f"prod-storage-media-{ACCOUNT}-af-south-1-an"
    assert [one["Name"] for one in site.s3().list_buckets()["Buckets"]] == [name]
    assert summary(site.plan(desired)) == {}

"""Looks at the scenario's buckets with boto3 alone."""

from __future__ import annotations

import json

import boto3
from expectations import expect

UPLOADS, COPIES, LOGS = "molecule-storage-uploads", "molecule-storage-copies", "molecule-storage-logs"


def running() -> None:
    """Public access, encryption, versioning, who delivers logs, and an object that appears in the other region."""
    s3, copies = boto3.client("s3", region_name="us-east-1"), boto3.client("s3", region_name="eu-west-1")
    found = sorted(one["Name"] for one in s3.list_buckets()["Buckets"])
    expect("the buckets", found, sorted([UPLOADS, COPIES, LOGS]))
    for name, client, algorithm in ((UPLOADS, s3, "aws:kms"), (COPIES, copies, "aws:kms"), (LOGS, s3, "AES256")):
        (rule,) = client.get_bucket_encryption(Bucket=name)["ServerSideEncryptionConfiguration"]["Rules"]
        expect(f"the encryption of {name}", rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"], algorithm)
        block = client.get_public_access_block(Bucket=name)["PublicAccessBlockConfiguration"]
        expect(f"what {name} blocks", set(block.values()), {True})
    expect("versioning", s3.get_bucket_versioning(Bucket=UPLOADS).get("Status"), "Enabled")
    expect("logging", s3.get_bucket_logging(Bucket=UPLOADS)["LoggingEnabled"]["TargetBucket"], LOGS)
    statements = {one["Sid"] for one in json.loads(s3.get_bucket_policy(Bucket=LOGS)["Policy"])["Statement"]}
    expect("who delivers logs", statements, {"MainstayOnlyTls", "MainstayLoadBalancers", "MainstayServerAccessLogs"})
    s3.put_object(Bucket=UPLOADS, Key="courses/1", Body=b"video")
    expect("the copy", copies.get_object(Bucket=COPIES, Key="courses/1")["Body"].read(), b"video")


def removed() -> None:
    expect("the buckets", boto3.client("s3").list_buckets()["Buckets"], [])

"""Looks at the scenario's buckets with boto3 alone: python look.py running|removed."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping

import boto3

UPLOADS, COPIES, LOGS = "molecule-storage-uploads", "molecule-storage-copies", "molecule-storage-logs"


class Wrong(Exception):
    """Something is not as the scenario describes it."""


def expect(what: str, found: object, wanted: object) -> None:
    if found != wanted:
        raise Wrong(f"{what} is {found!r}, expected {wanted!r}")


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


LOOKS: Mapping[str, Callable[[], None]] = {"running": running, "removed": removed}


def main() -> int:
    try:
        LOOKS[sys.argv[1]]()
    except Wrong as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

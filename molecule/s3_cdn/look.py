"""Looks at the scenario's buckets, distribution, and web ACL with boto3 alone."""

from __future__ import annotations

import json
from typing import Any

import boto3
from expectations import expect

UPLOADS, COPIES, LOGS, APP = (f"molecule-storage-{name}" for name in ("uploads", "copies", "logs", "app"))


def running() -> None:
    """Public access, encryption, versioning, who delivers logs, and an object that appears in the other region."""
    s3, copies = boto3.client("s3", region_name="us-east-1"), boto3.client("s3", region_name="eu-west-1")
    found = sorted(one["Name"] for one in s3.list_buckets()["Buckets"])
    expect("the buckets", found, sorted([UPLOADS, COPIES, LOGS, APP]))
    for name, client, algorithm in ((UPLOADS, s3, "aws:kms"), (COPIES, copies, "aws:kms"), (LOGS, s3, "AES256")):
        (rule,) = client.get_bucket_encryption(Bucket=name)["ServerSideEncryptionConfiguration"]["Rules"]
        expect(f"the encryption of {name}", rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"], algorithm)
        block = client.get_public_access_block(Bucket=name)["PublicAccessBlockConfiguration"]
        expect(f"what {name} blocks", set(block.values()), {True})
    expect("versioning", s3.get_bucket_versioning(Bucket=UPLOADS).get("Status"), "Enabled")
    expect("logging", s3.get_bucket_logging(Bucket=UPLOADS)["LoggingEnabled"]["TargetBucket"], LOGS)
    statements = {one["Sid"] for one in json.loads(s3.get_bucket_policy(Bucket=LOGS)["Policy"])["Statement"]}
    senders = {f"Mainstay{name}" for name in ("LoadBalancers", "ServerAccessLogs", "CloudFront", "CloudFrontCheck")}
    expect("who delivers logs", statements, {"MainstayOnlyTls", *senders})
    s3.put_object(Bucket=UPLOADS, Key="courses/1", Body=b"video")
    expect("the copy", copies.get_object(Bucket=COPIES, Key="courses/1")["Body"].read(), b"video")
    distributed(s3)


def distributed(s3: Any) -> None:
    """The distribution, deployed: its origins, its paths, its function, its web ACL, and the site that it serves."""
    cloudfront, wafv2 = boto3.client("cloudfront"), boto3.client("wafv2", region_name="us-east-1")
    (found,) = cloudfront.list_distributions()["DistributionList"]["Items"]
    config = cloudfront.get_distribution_config(Id=found["Id"])["DistributionConfig"]
    origins = {one["Id"]: one for one in config["Origins"]["Items"]}
    expect("the distribution", (found["Status"], config["Enabled"], sorted(origins)), ("Deployed", True, ["api", "app"]))
    expect("the headers of the API", [one["HeaderName"] for one in origins["api"]["CustomHeaders"]["Items"]], ["x-origin-verify"])
    expect("its paths", [one["PathPattern"] for one in config["CacheBehaviors"]["Items"]], ["/api/*"])
    events = [one["EventType"] for one in config["DefaultCacheBehavior"]["FunctionAssociations"]["Items"]]
    expect("the functions of other paths", events, ["viewer-request"])
    (acl,) = wafv2.list_web_acls(Scope="CLOUDFRONT")["WebACLs"]
    expect("the web ACL", config["WebACLId"], acl["ARN"])
    statements = json.loads(s3.get_bucket_policy(Bucket=APP)["Policy"])["Statement"]
    readers = {one["Condition"]["StringEquals"]["aws:SourceArn"] for one in statements if one["Effect"] == "Allow"}
    expect("who reads the site", readers, {found["ARN"]})
    expect("the site", s3.get_object(Bucket=APP, Key="index.html")["Body"].read()[:15], b"<!doctype html>")


def removed() -> None:
    expect("the buckets", boto3.client("s3").list_buckets()["Buckets"], [])
    expect("the distributions", boto3.client("cloudfront").list_distributions()["DistributionList"].get("Items", []), [])
    expect("the web ACLs", boto3.client("wafv2", region_name="us-east-1").list_web_acls(Scope="CLOUDFRONT")["WebACLs"], [])

"""Caches, buckets, distributions, queues, and secrets of an account, as boto3 describes them. See account.py."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

from botocore.exceptions import ClientError

Raw = tuple[str, str, str, Any]
"""(type, id, name, description)"""

GROUP = (
    "ReplicationGroupId",
    "Status",
    "Engine",
    "AutomaticFailover",
    "MultiAZ",
    "ClusterMode",
    "SnapshotRetentionLimit",
    "CacheNodeType",
    "AuthTokenEnabled",
    "UserGroupIds",
    "TransitEncryptionMode",
    "PendingModifiedValues",
)
BUCKET = {
    "access": ("get_public_access_block", "PublicAccessBlockConfiguration"),
    "ownership": ("get_bucket_ownership_controls", "OwnershipControls"),
    "versioning": ("get_bucket_versioning", "Status"),
    "encryption": ("get_bucket_encryption", "ServerSideEncryptionConfiguration"),
    "policy": ("get_bucket_policy", "Policy"),
    "logging": ("get_bucket_logging", "LoggingEnabled"),
    "cors": ("get_bucket_cors", "CORSRules"),
    "lifecycle": ("get_bucket_lifecycle_configuration", "Rules"),
    "replication": ("get_bucket_replication", "ReplicationConfiguration"),
    "tags": ("get_bucket_tagging", "TagSet"),
}
DISTRIBUTION = re.compile(r"distribution/[A-Z0-9]+")
ABSENT = ("NoSuch", "NotFound")
"""Parts of the codes with which S3 says that a bucket has no such setting."""


def pages(client: Any, operation: str, member: str) -> Iterator[Any]:
    for page in client.get_paginator(operation).paginate():
        yield from page[member]


def of_caches(cache: Any) -> Iterator[Raw]:
    """Replication groups and their nodes, users and groups of users, groups of settings, and final snapshots without their times."""

    def tags(arn: str) -> Any:
        found = cache.list_tags_for_resource(ResourceName=arn)["TagList"]
        return [tag for tag in found if tag["Key"] != "mainstay:credentials"]  # a digest of what is random

    for one in pages(cache, "describe_replication_groups", "ReplicationGroups"):
        shards = [len(shard["NodeGroupMembers"]) for shard in one["NodeGroups"]]
        logs = [entry["LogType"] for entry in one.get("LogDeliveryConfigurations", [])]
        yield "caches", "", "", {**{key: one.get(key) for key in GROUP}, "shards": shards, "logs": logs, "tags": tags(one["ARN"])}
    for one in pages(cache, "describe_cache_clusters", "CacheClusters"):
        group = one["CacheParameterGroup"]["CacheParameterGroupName"]
        yield "cache nodes", "", "", {"group": one["ReplicationGroupId"], "version": one["EngineVersion"], "parameters": group}
    for one in pages(cache, "describe_users", "Users"):
        if one["UserId"] != "default":
            kept = ("UserId", "UserName", "AccessString", "UserGroupIds", "Authentication", "Status")
            yield "cache users", "", "", {**{key: one.get(key) for key in kept}, "tags": tags(one["ARN"])}
    for one in pages(cache, "describe_user_groups", "UserGroups"):
        yield "groups of cache users", "", "", {"id": one["UserGroupId"], "users": one["UserIds"], "tags": tags(one["ARN"])}
    for one in pages(cache, "describe_cache_subnet_groups", "CacheSubnetGroups"):
        subnets = [subnet["SubnetIdentifier"] for subnet in one["Subnets"]]
        if one["CacheSubnetGroupName"] != "default":
            yield "cache subnet groups", "", "", {"name": one["CacheSubnetGroupName"], "subnets": subnets, "tags": tags(one["ARN"])}
    for one in pages(cache, "describe_cache_parameter_groups", "CacheParameterGroups"):
        name = one["CacheParameterGroupName"]
        if not name.startswith("default."):
            set_by_user = cache.describe_cache_parameters(CacheParameterGroupName=name, Source="user")["Parameters"]
            values = {entry["ParameterName"]: entry["ParameterValue"] for entry in set_by_user}
            yield "cache parameter groups", "", "", {"name": name, "values": values, "tags": tags(one["ARN"])}
    for one in pages(cache, "describe_snapshots", "Snapshots"):
        yield "cache snapshots", "", "", {"group": one.get("ReplicationGroupId"), "source": one["SnapshotSource"]}


def of_secrets(secrets: Any) -> Iterator[Raw]:
    """Without their values: those are random."""
    for one in pages(secrets, "list_secrets", "SecretList"):
        stages = sorted(stage for found in one.get("SecretVersionsToStages", {}).values() for stage in found)
        yield "secrets", "", "", {"name": one["Name"], "stages": stages, "tags": one.get("Tags", [])}


def of_buckets(s3: Any) -> Iterator[Raw]:
    """Buckets with all of their settings."""
    for bucket in s3.list_buckets()["Buckets"]:
        name = bucket["Name"]
        settings = {key: setting(getattr(s3, method), member, name) for key, (method, member) in BUCKET.items()}
        place = s3.get_bucket_location(Bucket=name)["LocationConstraint"]
        yield "buckets", "", "", {"name": name, "place": place, **settings}


def setting(read: Callable[..., Any], member: str, bucket: str) -> Any:
    """A setting of a bucket; None if it has none."""
    try:
        found = read(Bucket=bucket).get(member)
    except ClientError as error:
        if not any(part in error.response["Error"]["Code"] for part in ABSENT):
            raise
        return None
    return json.loads(DISTRIBUTION.sub("distribution/ours", found)) if member == "Policy" else found


POLICIES = ("cache", "origin_request", "response_headers")
"""Sorts of policies, as boto3's operations name them."""


def of_cloudfront(cdn: Any) -> Iterator[Raw]:
    """Distributions, and what they refer to by name. Their IDs and those of their policies are replaced by names."""
    names = {}
    for sort in POLICIES:
        member = "".join(word.capitalize() for word in sort.split("_")) + "Policy"
        for entry in getattr(cdn, f"list_{sort}_policies")(Type="custom")[f"{member}List"].get("Items", []):
            one = entry[member]
            names[one["Id"]] = one[f"{member}Config"]["Name"]
            yield f"{sort.replace('_', ' ')} policies", "", "", one[f"{member}Config"]
    for one in cdn.list_origin_access_controls()["OriginAccessControlList"].get("Items", []):
        names[one["Id"]] = one["Name"]
        yield "origin access controls", "", "", {key: value for key, value in one.items() if key != "Id"}
    for one in cdn.list_functions(Stage="LIVE")["FunctionList"].get("Items", []):
        code = cdn.get_function(Name=one["Name"], Stage="LIVE")["FunctionCode"].read().decode()
        yield "functions", "", "", {"name": one["Name"], "runtime": one["FunctionConfig"]["Runtime"], "code": code}
    for entry in cdn.list_distributions()["DistributionList"].get("Items", []):
        one = cdn.get_distribution(Id=entry["Id"])["Distribution"]
        tags = cdn.list_tags_for_resource(Resource=one["ARN"])["Tags"]["Items"]
        text = json.dumps({**one["DistributionConfig"], "CallerReference": "", "status": one["Status"], "tags": tags}, default=str)
        for identity, name in names.items():
            text = text.replace(identity, name)
        yield "distributions", entry["Id"], "distribution", json.loads(text)


def of_queues(sqs: Any) -> Iterator[Raw]:
    """Queues with their attributes and tags."""
    for url in sqs.list_queues().get("QueueUrls", []):
        attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        kept = {key: value for key, value in attributes.items() if not key.startswith("ApproximateNumber")}
        for document in {"Policy", "RedrivePolicy", "RedriveAllowPolicy"} & set(kept):
            kept[document] = json.loads(kept[document])
        yield "queues", "", "", {**kept, "tags": sqs.list_queue_tags(QueueUrl=url).get("Tags", {})}

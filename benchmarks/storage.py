"""Buckets with all their settings, and a distribution with many behaviors: the input of both subjects, and what of it both can have."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from ansible_collections.mainstay.aws.plugins.module_utils.aws.place import Place
from ansible_collections.mainstay.aws.plugins.module_utils.component.domain import Observation
from ansible_collections.mainstay.aws.plugins.module_utils.domains.s3_cdn.domain import S3CdnDomain

ORIGIN, PLAIN = "web.bench.example", {"origin": "web", "response_headers": "none"}
SITE = "https://bench.example"

Item = tuple[str, ...]


def buckets_for_role(count: int) -> dict[str, Any]:
    """Variables of the role s3_cdn. Older providers do not know buckets without access control lists, which are the role's default."""
    bucket = {
        "ownership": "preferred",
        "access_logs": {"bucket": "logs"},
        "cors": [{"origins": [SITE], "methods": ["GET"]}],
        "lifecycle": {"rules": {"archive": {"prefix": "courses/", "transitions": {"standard_ia": 30, "glacier": 180}}}},
    }
    return {"s3_cdn_buckets": {**{f"b{number:03}": bucket for number in range(count)}, "logs": {"ownership": "preferred"}}}


def distribution_for_role(count: int) -> dict[str, Any]:
    """Variables of the role s3_cdn: one host, and a path for each behavior. Older providers know neither HTTP/3 nor policies of headers."""
    behaviors = [{"path": f"/p{number:02}/*", **PLAIN} for number in range(count)]
    site = {"origins": {"web": {"domain_name": ORIGIN}}, "default": PLAIN, "behaviors": behaviors, "http_version": "http2"}
    return {"s3_cdn_buckets": {}, "s3_cdn_distributions": {"site": site}}


def built(variables: dict[str, Any], place: Place) -> list[Any]:
    """The resources that this collection builds from variables of the role."""
    given = {"environment": place.environment, "component": place.component, "region": place.region, "state": "present"}
    options = {name.removeprefix("s3_cdn_"): value for name, value in variables.items()}
    return list(S3CdnDomain({**given, **options}).resources(Observation(place)))


def buckets_for_terraform(count: int, place: Place) -> dict[str, Any]:
    """The same as variables of terraform/buckets/main.tf, with the policies that this collection writes."""
    found = {one.name: one.properties for one in built(buckets_for_role(count), place)}
    logs = found.pop("logs")
    return {
        "buckets": {name: {"name": one["bucket_name"], "policy": json.dumps(one["policy"])} for name, one in found.items()},
        "logs": {"name": logs["bucket_name"], "policy": json.dumps(logs["policy"])},
        "site": SITE,
    }


def distribution_for_terraform(count: int, place: Place) -> dict[str, Any]:
    """The same as variables of terraform/distribution/main.tf."""
    one = built(distribution_for_role(count), place)[-1].properties
    behavior = one["default_behavior"]
    return {
        "paths": [each["path"] for each in one["behaviors"]],
        "origin": ORIGIN,
        "comment": one["comment"],
        "cache_policy": behavior["cache_policy"],
        "origin_request_policy": behavior["origin_request_policy"],
    }


def buckets(s3: Any) -> Iterator[Item]:
    """The settings that both subjects can have."""
    for bucket in s3.list_buckets()["Buckets"]:
        name = bucket["Name"]
        rules = s3.get_bucket_lifecycle_configuration(Bucket=name)["Rules"]
        target = s3.get_bucket_logging(Bucket=name).get("LoggingEnabled") or {}
        encryption = s3.get_bucket_encryption(Bucket=name)["ServerSideEncryptionConfiguration"]["Rules"][0]
        yield (
            name,
            str(s3.get_bucket_versioning(Bucket=name).get("Status")),
            encryption["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"],
            f"policy {json.dumps(json.loads(s3.get_bucket_policy(Bucket=name)['Policy']), sort_keys=True)}",
            f"access {sorted(s3.get_public_access_block(Bucket=name)['PublicAccessBlockConfiguration'].items())}",
            f"ownership {s3.get_bucket_ownership_controls(Bucket=name)['OwnershipControls']['Rules'][0]['ObjectOwnership']}",
            f"logs {target.get('TargetBucket')} {target.get('TargetPrefix')}",
            f"rules {sorted(rule['ID'] for rule in rules)}",
        )


def distributions(cdn: Any) -> Iterator[Item]:
    """Behaviors with what decides how they answer."""
    for entry in cdn.list_distributions()["DistributionList"].get("Items", []):
        one = cdn.get_distribution_config(Id=entry["Id"])["DistributionConfig"]
        yield one["Comment"], one["PriceClass"], one["HttpVersion"], str(one["Enabled"])
        for behavior in (one["DefaultCacheBehavior"], *one["CacheBehaviors"].get("Items", [])):
            policies = (behavior.get("CachePolicyId", ""), behavior.get("OriginRequestPolicyId", ""))
            yield behavior.get("PathPattern", "default"), behavior["ViewerProtocolPolicy"], str(behavior["Compress"]), *policies

# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Distributions and web ACLs in AWS, read through boto3 alone, and the checks of the rows about them in the requirements table."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

Check = Callable[["EdgeState"], None]
OWASP = {"AWSManagedRulesCommonRuleSet", "AWSManagedRulesKnownBadInputsRuleSet", "AWSManagedRulesSQLiRuleSet"}
CACHING_DISABLED = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
"""The managed policy of this name; it has the same ID in every account (CloudFront Developer Guide, "Use managed cache policies")."""


class EdgeState:
    """An account's only distribution, and its web ACLs. Both are read in us-east-1, regional web ACLs in the account's region."""

    def __init__(self, client: Callable[..., Any]) -> None:
        self.client = client
        self.cloudfront = client("cloudfront")
        (summary,) = self.cloudfront.list_distributions()["DistributionList"]["Items"]
        self.arn = summary["ARN"]
        self.config = self.cloudfront.get_distribution(Id=summary["Id"])["Distribution"]["DistributionConfig"]
        self.origins: dict[str, dict[str, Any]] = {one["Id"]: one for one in self.config["Origins"]["Items"]}

    def behavior(self, path: str) -> dict[str, Any]:
        """That of a path pattern; the default one for ``*``."""
        if path == "*":
            found: dict[str, Any] = self.config["DefaultCacheBehavior"]
            return found
        return next(one for one in self.config["CacheBehaviors"]["Items"] if one["PathPattern"] == path)

    def origin(self, path: str) -> dict[str, Any]:
        return self.origins[self.behavior(path)["TargetOriginId"]]

    def bucket(self, path: str) -> tuple[str, Any]:
        """The bucket behind a path, with a client of its region."""
        name = self.origin(path)["DomainName"].partition(".s3.")[0]
        region = next(one["BucketRegion"] for one in self.client("s3").list_buckets()["Buckets"] if one["Name"] == name)
        return name, self.client("s3", region=region)

    def rules(self, scope: str, arn: str = "") -> dict[str, dict[str, Any]]:
        """The statements of the rules of a scope's web ACL, by name."""
        wafv2 = self.client("wafv2", region="us-east-1") if scope == "CLOUDFRONT" else self.client("wafv2")
        (summary,) = wafv2.list_web_acls(Scope=scope)["WebACLs"]
        assert not arn or summary["ARN"] == arn
        found = wafv2.get_web_acl(Name=summary["Name"], Id=summary["Id"], Scope=scope)["WebACL"]
        return {one["Name"]: one["Statement"] for one in found["Rules"]}


def private_bucket(path: str) -> Check:
    """S2: CloudFront reads the bucket by an origin access control, and its policy admits exactly this distribution."""

    def check(state: EdgeState) -> None:
        assert state.origin(path)["OriginAccessControlId"]
        name, s3 = state.bucket(path)
        policy = json.loads(s3.get_bucket_policy(Bucket=name)["Policy"])
        admitted = [one for one in policy["Statement"] if one["Principal"] == {"Service": "cloudfront.amazonaws.com"}]
        assert {one["Condition"]["StringEquals"]["aws:SourceArn"] for one in admitted} == {state.arn}

    return check


def single_page(state: EdgeState) -> None:
    """S4: unknown paths get the index by a function of the default behavior, not by error pages, and the index is there."""
    assert state.behavior("*")["FunctionAssociations"]["Items"][0]["EventType"] == "viewer-request"
    assert state.config["CustomErrorResponses"]["Quantity"] == 0
    name, s3 = state.bucket("*")
    index = s3.get_object(Bucket=name, Key="index.html")
    assert index["ContentType"].startswith("text/html")
    assert index["Body"].read().startswith(b"<!doctype html>")


def load_balancer(path: str, name: str, header: str = "x-origin-verify") -> Check:
    """S5: requests go to the load balancer by a name of the platform's, over TLS, uncached, with the secret header."""

    def check(state: EdgeState) -> None:
        origin = state.origin(path)
        assert origin["DomainName"] == name
        assert origin["CustomOriginConfig"]["OriginProtocolPolicy"] == "https-only"
        assert header in {one["HeaderName"].lower() for one in origin["CustomHeaders"]["Items"]}
        assert state.behavior(path)["CachePolicyId"] == CACHING_DISABLED

    return check


def buckets_alone(state: EdgeState) -> None:
    """S6."""
    assert all("S3OriginConfig" in one and one["OriginAccessControlId"] for one in state.origins.values())


def served_as(name: str) -> Check:
    """N16: the name in the zone leads to the distribution."""

    def check(state: EdgeState) -> None:
        assert name in state.config["Aliases"]["Items"]
        route53 = state.client("route53")
        zones = [one["Id"] for one in route53.list_hosted_zones()["HostedZones"] if f"{name}.".endswith(one["Name"])]
        records = [one for zone in zones for one in route53.list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"]]
        types = {one["Type"] for one in records if one["Name"] == f"{name}." and "cloudfront.net" in str(one.get("AliasTarget"))}
        assert types == {"A", "AAAA"}

    return check


def firewall(state: EdgeState) -> None:
    """S11: OWASP's groups and a rate limit on the distribution."""
    rules = state.rules("CLOUDFRONT", state.config["WebACLId"])
    assert _groups(rules) >= OWASP
    assert any("RateBasedStatement" in one for one in rules.values())


def regional_firewall(limited: bool) -> Check:
    """S12, S13: OWASP's groups for the load balancer, and a rate limit where it sees the addresses of clients."""

    def check(state: EdgeState) -> None:
        rules = state.rules("REGIONAL")
        assert _groups(rules) >= OWASP
        assert any("RateBasedStatement" in one for one in rules.values()) is limited
        assert state.config["WebACLId"] == ""

    return check


def _groups(rules: Mapping[str, Mapping[str, Any]]) -> set[str]:
    return {one["ManagedRuleGroupStatement"]["Name"] for one in rules.values() if "ManagedRuleGroupStatement" in one}


def published(path: str, key: str) -> Check:
    """S3: what the inventory publishes is in the bucket."""

    def check(state: EdgeState) -> None:
        name, s3 = state.bucket(path)
        assert s3.get_object(Bucket=name, Key=key)["ContentLength"] > 0

    return check

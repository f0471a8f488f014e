"""CloudFront: what it keeps, the versions that changes name, states that take time, what is in use, and what it refuses."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from rehearsal.extensions.cloudfront_managed import CACHE, REQUEST, RESPONSE
from rehearsal.testing import Cloud

from .conftest import ACCOUNT, REGION, refused, until
from .self_signed import self_signed

OPTIMIZED = "658327ea-f89d-4fab-a63d-7e88639e58f6"
DISABLED = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
CODE = b'// mainstay.aws: {"fallback": "/index.html"}\nfunction handler(event) { return event.request; }\n'
BUCKET = {"Id": "site", "DomainName": f"site.s3.{REGION}.amazonaws.com", "S3OriginConfig": {"OriginAccessIdentity": ""}}
API = {
    "Id": "api",
    "DomainName": "api.example.com",
    "CustomOriginConfig": {
        "HTTPPort": 80,
        "HTTPSPort": 443,
        "OriginProtocolPolicy": "https-only",
        "OriginSslProtocols": {"Quantity": 1, "Items": ["TLSv1.2"]},
    },
}
ALL = ["GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE"]


def listed(*found: Any) -> dict[str, Any]:
    return {"Quantity": len(found), **({"Items": list(found)} if found else {})}


def behavior(origin: str = "site", policy: str = OPTIMIZED, **more: Any) -> dict[str, Any]:
    return {"TargetOriginId": origin, "ViewerProtocolPolicy": "redirect-to-https", "CachePolicyId": policy, "Compress": True, **more}


def config(reference: str = "one", **more: Any) -> dict[str, Any]:
    return {
        "CallerReference": reference,
        "Comment": "",
        "Enabled": True,
        "Origins": listed(BUCKET),
        "DefaultCacheBehavior": behavior(),
        **more,
    }


@pytest.fixture
def cloudfront(cloud: Cloud) -> Any:
    return cloud.client("cloudfront")


@pytest.fixture
def certificate(cloud: Cloud) -> str:
    return imported(cloud, "us-east-1")


def imported(cloud: Cloud, region: str) -> str:
    """An issued certificate for example.com and the names below it."""
    acm = cloud.client("acm", region=region)
    return str(acm.import_certificate(**self_signed("example.com", "*.example.com"))["CertificateArn"])


def viewer(arn: str, **more: Any) -> dict[str, Any]:
    return {"ACMCertificateArn": arn, "SSLSupportMethod": "sni-only", "MinimumProtocolVersion": "TLSv1.2_2025", **more}


def create(cloudfront: Any, reference: str = "one", **more: Any) -> str:
    return str(cloudfront.create_distribution(DistributionConfig=config(reference, **more))["Distribution"]["Id"])


def change(cloudfront: Any, identity: str, **more: Any) -> Any:
    there = cloudfront.get_distribution_config(Id=identity)
    return cloudfront.update_distribution(Id=identity, IfMatch=there["ETag"], DistributionConfig={**there["DistributionConfig"], **more})


# --- distributions ---


def test_a_distribution_keeps_everything_that_was_sent(cloudfront: Any) -> None:
    control = cloudfront.create_origin_access_control(OriginAccessControlConfig=access_control())["OriginAccessControl"]["Id"]
    sent = config(
        Origins=listed(
            {**BUCKET, "OriginAccessControlId": control}, {**API, "CustomHeaders": listed({"HeaderName": "x-a", "HeaderValue": "1"})}
        ),
        CacheBehaviors=listed(behavior("api", DISABLED, PathPattern="/api/*", AllowedMethods=listed(*ALL))),
        HttpVersion="http2and3",
        PriceClass="PriceClass_100",
        CacheTagConfig={"HeaderName": "x-tags"},
        Restrictions={"GeoRestriction": {"RestrictionType": "whitelist", **listed("ZA", "DE")}},
    )
    tags = {"Items": [{"Key": "a", "Value": "b"}]}
    made = cloudfront.create_distribution_with_tags(DistributionConfigWithTags={"DistributionConfig": sent, "Tags": tags})
    seen = cloudfront.get_distribution(Id=made["Distribution"]["Id"])
    assert seen["ETag"] == made["ETag"]
    kept = seen["Distribution"]["DistributionConfig"]
    assert kept["Origins"]["Items"][0]["OriginAccessControlId"] == control
    assert kept["Origins"]["Items"][1]["CustomHeaders"]["Items"] == [{"HeaderName": "x-a", "HeaderValue": "1"}]
    assert kept["CacheTagConfig"] == {"HeaderName": "x-tags"}
    assert kept["CacheBehaviors"]["Items"][0]["AllowedMethods"]["Quantity"] == 7
    assert kept["Aliases"] == {"Quantity": 0}
    assert cloudfront.list_tags_for_resource(Resource=seen["Distribution"]["ARN"])["Tags"]["Items"] == tags["Items"]
    (summary,) = cloudfront.list_distributions()["DistributionList"]["Items"]
    assert (summary["ETag"], summary["PriceClass"], summary["Restrictions"]["GeoRestriction"]["Quantity"]) == (
        seen["ETag"],
        "PriceClass_100",
        2,
    )


def test_a_change_names_the_current_version_and_the_whole_document(cloudfront: Any) -> None:
    identity = create(cloudfront)
    there = cloudfront.get_distribution_config(Id=identity)
    first = change(cloudfront, identity, Comment="first")
    assert first["ETag"] != there["ETag"]
    stale = {"Id": identity, "IfMatch": there["ETag"], "DistributionConfig": {**there["DistributionConfig"], "Comment": "second"}}
    assert refused(cloudfront.update_distribution, **stale) == "PreconditionFailed"
    whole = {**first["Distribution"]["DistributionConfig"]}
    for name, value, code in (
        ("CallerReference", "two", "IllegalUpdate"),
        ("Aliases", None, "InvalidArgument"),
        ("Logging", None, "InvalidArgument"),
        ("Comment", "x" * 129, "InvalidArgument"),
    ):
        sent = {key: one for key, one in {**whole, name: value}.items() if one is not None}
        assert refused(cloudfront.update_distribution, Id=identity, IfMatch=first["ETag"], DistributionConfig=sent) == code, name
    assert cloudfront.get_distribution_config(Id=identity)["DistributionConfig"]["Comment"] == "first"


def test_a_repeated_create_call_makes_no_second_one(cloudfront: Any) -> None:
    create(cloudfront)
    assert refused(cloudfront.create_distribution, DistributionConfig=config()) == "DistributionAlreadyExists"
    assert len(cloudfront.list_distributions()["DistributionList"]["Items"]) == 1


def test_a_distribution_is_deleted_once_it_is_disabled_and_deployed(cloudfront: Any, cloud: Cloud) -> None:
    cloud.admin.settings(transition_seconds={"cloudfront_distribution": 1.0})
    identity = create(cloudfront)

    def status() -> str:
        return str(cloudfront.get_distribution(Id=identity)["Distribution"]["Status"])

    assert status() == "InProgress"
    until(lambda: status() == "Deployed")
    etag = cloudfront.get_distribution(Id=identity)["ETag"]
    assert refused(cloudfront.delete_distribution, Id=identity, IfMatch=etag) == "DistributionNotDisabled"
    etag = change(cloudfront, identity, Enabled=False)["ETag"]
    assert refused(cloudfront.delete_distribution, Id=identity, IfMatch=etag) == "DistributionNotDisabled"
    until(lambda: status() == "Deployed")
    assert refused(cloudfront.delete_distribution, Id=identity, IfMatch="E0") == "PreconditionFailed"
    cloudfront.delete_distribution(Id=identity, IfMatch=etag)
    assert refused(cloudfront.get_distribution, Id=identity) == "NoSuchDistribution"


BAD = {
    "no origin of the behavior": ({"DefaultCacheBehavior": behavior("none")}, "NoSuchOrigin"),
    "no such policy": ({"DefaultCacheBehavior": behavior(policy="00000000-0000-0000-0000-000000000000")}, "NoSuchCachePolicy"),
    "no policy and no forwarded values": (
        {"DefaultCacheBehavior": {"TargetOriginId": "site", "ViewerProtocolPolicy": "https-only"}},
        "InvalidArgument",
    ),
    "methods that do not go together": ({"DefaultCacheBehavior": behavior(AllowedMethods=listed("GET", "PUT"))}, "InvalidArgument"),
    "an S3 origin that is no bucket": ({"Origins": listed({**BUCKET, "DomainName": "example.com"})}, "InvalidArgument"),
    "an unknown access control": ({"Origins": listed({**BUCKET, "OriginAccessControlId": "E1"})}, "InvalidOriginAccessControl"),
    "an unknown identity": (
        {"Origins": listed({**BUCKET, "S3OriginConfig": {"OriginAccessIdentity": "origin-access-identity/cloudfront/E1"}})},
        "InvalidOriginAccessIdentity",
    ),
    "two behaviors for a path": (
        {"CacheBehaviors": listed(behavior(PathPattern="/a"), behavior(PathPattern="/a"))},
        "InvalidArgument",
    ),
    "an alias without a certificate": ({"Aliases": listed("www.example.com")}, "InvalidViewerCertificate"),
    "a root object with a slash": ({"DefaultRootObject": "/index.html"}, "InvalidDefaultRootObject"),
    "a country that is none": (
        {"Restrictions": {"GeoRestriction": {"RestrictionType": "whitelist", **listed("Germany")}}},
        "InvalidGeoRestrictionParameter",
    ),
    "a regional web ACL": ({"WebACLId": f"arn:aws:wafv2:{REGION}:{ACCOUNT}:regional/webacl/a/b"}, "InvalidWebACLId"),
    "an unknown function": (
        {"DefaultCacheBehavior": behavior(FunctionAssociations=listed({"FunctionARN": "arn:aws:x", "EventType": "viewer-request"}))},
        "InvalidFunctionAssociation",
    ),
    "a wrong quantity": ({"Aliases": {"Quantity": 2, "Items": ["a.example.com"]}}, "InconsistentQuantities"),
    "an error code that has no page": ({"CustomErrorResponses": listed({"ErrorCode": 401})}, "InvalidErrorCode"),
}


@pytest.mark.usefixtures("cloud")
def test_mistakes_in_a_configuration(cloudfront: Any) -> None:
    for name, (wrong, code) in BAD.items():
        assert refused(cloudfront.create_distribution, DistributionConfig=config(**copy.deepcopy(wrong))) == code, name
    assert cloudfront.list_distributions()["DistributionList"]["Quantity"] == 0


# --- aliases and certificates ---


def test_certificates_of_aliases(cloudfront: Any, cloud: Cloud, certificate: str) -> None:
    elsewhere = imported(cloud, REGION)
    for name, alias, arn, code in (
        ("in another region", "www.example.com", elsewhere, "InvalidViewerCertificate"),
        ("for another name", "www.example.org", certificate, "InvalidViewerCertificate"),
        ("two labels below", "a.b.example.com", certificate, "InvalidViewerCertificate"),
    ):
        wrong = config(Aliases=listed(alias), ViewerCertificate=viewer(arn))
        assert refused(cloudfront.create_distribution, DistributionConfig=wrong) == code, name
    identity = create(cloudfront, Aliases=listed("www.example.com"), ViewerCertificate=viewer(certificate))
    acm = cloud.client("acm", region="us-east-1")
    assert refused(acm.delete_certificate, CertificateArn=certificate) == "ResourceInUseException"
    etag = change(cloudfront, identity, Enabled=False)["ETag"]
    cloudfront.delete_distribution(Id=identity, IfMatch=etag)
    acm.delete_certificate(CertificateArn=certificate)


def test_an_alias_belongs_to_one_distribution_and_can_be_moved(cloudfront: Any, certificate: str) -> None:
    one = create(cloudfront, Aliases=listed("www.example.com"), ViewerCertificate=viewer(certificate))
    second = config("two", Aliases=listed("WWW.example.com"), ViewerCertificate=viewer(certificate))
    assert refused(cloudfront.create_distribution, DistributionConfig=second) == "CNAMEAlreadyExists"
    two = create(cloudfront, "two", ViewerCertificate=viewer(certificate))
    (found,) = cloudfront.list_conflicting_aliases(DistributionId=two, Alias="www.example.com")["ConflictingAliasesList"]["Items"]
    assert found["DistributionId"].endswith(one[-6:])
    cloudfront.associate_alias(TargetDistributionId=two, Alias="www.example.com")
    aliases = {name: cloudfront.get_distribution_config(Id=name)["DistributionConfig"]["Aliases"]["Quantity"] for name in (one, two)}
    assert aliases == {one: 0, two: 1}


# --- access controls and policies ---


def access_control(name: str = "site", **more: str) -> dict[str, str]:
    return {"Name": name, "SigningProtocol": "sigv4", "SigningBehavior": "always", "OriginAccessControlOriginType": "s3", **more}


def test_an_access_control_in_use(cloudfront: Any) -> None:
    made = cloudfront.create_origin_access_control(OriginAccessControlConfig=access_control())
    identity = made["OriginAccessControl"]["Id"]
    assert (
        refused(cloudfront.create_origin_access_control, OriginAccessControlConfig=access_control()) == "OriginAccessControlAlreadyExists"
    )
    used = create(cloudfront, Origins=listed({**BUCKET, "OriginAccessControlId": identity}))
    assert refused(cloudfront.delete_origin_access_control, Id=identity, IfMatch=made["ETag"]) == "OriginAccessControlInUse"
    changed = cloudfront.update_origin_access_control(
        Id=identity, IfMatch=made["ETag"], OriginAccessControlConfig=access_control(Description="x")
    )
    assert changed["ETag"] != made["ETag"]
    change(cloudfront, used, Origins=listed(BUCKET))
    assert refused(cloudfront.delete_origin_access_control, Id=identity, IfMatch=made["ETag"]) == "PreconditionFailed"
    assert refused(cloudfront.delete_origin_access_control, Id=identity) == "InvalidIfMatchVersion"
    cloudfront.delete_origin_access_control(Id=identity, IfMatch=changed["ETag"])
    assert cloudfront.list_origin_access_controls()["OriginAccessControlList"]["Quantity"] == 0


def none(name: str) -> dict[str, Any]:
    return {f"{name}Behavior": "none"}


def cache_key(**more: Any) -> dict[str, Any]:
    parts = {"HeadersConfig": none("Header"), "CookiesConfig": none("Cookie"), "QueryStringsConfig": none("QueryString")}
    return {"EnableAcceptEncodingGzip": True, "EnableAcceptEncodingBrotli": True, **parts, **more}


def test_policies(cloudfront: Any) -> None:
    sent = {"Name": "assets", "MinTTL": 1, "ParametersInCacheKeyAndForwardedToOrigin": cache_key()}
    made = cloudfront.create_cache_policy(CachePolicyConfig=sent)
    identity = made["CachePolicy"]["Id"]
    assert made["CachePolicy"]["CachePolicyConfig"]["DefaultTTL"] == 86_400
    used = create(cloudfront, DefaultCacheBehavior=behavior(policy=identity))
    assert refused(cloudfront.delete_cache_policy, Id=identity, IfMatch=made["ETag"]) == "CachePolicyInUse"
    assert refused(cloudfront.create_cache_policy, CachePolicyConfig=sent) == "CachePolicyAlreadyExists"
    for wrong in ({"MinTTL": 90_000}, {"MaxTTL": 0, "DefaultTTL": 0, "MinTTL": 0}):
        assert refused(cloudfront.create_cache_policy, CachePolicyConfig={**sent, "Name": "x", **wrong}) == "InvalidArgument"
    change(
        cloudfront,
        used,
        DefaultCacheBehavior={
            **cloudfront.get_distribution_config(Id=used)["DistributionConfig"]["DefaultCacheBehavior"],
            "CachePolicyId": OPTIMIZED,
        },
    )
    changed = cloudfront.update_cache_policy(Id=identity, IfMatch=made["ETag"], CachePolicyConfig={**sent, "MinTTL": 2})
    assert refused(cloudfront.delete_cache_policy, Id=identity, IfMatch=made["ETag"]) == "PreconditionFailed"
    cloudfront.delete_cache_policy(Id=identity, IfMatch=changed["ETag"])
    assert refused(cloudfront.get_cache_policy, Id=identity) == "NoSuchCachePolicy"
    request = {
        "Name": "all",
        "HeadersConfig": {"HeaderBehavior": "allViewer"},
        "CookiesConfig": none("Cookie"),
        "QueryStringsConfig": none("QueryString"),
    }
    assert cloudfront.create_origin_request_policy(OriginRequestPolicyConfig=request)["ETag"]
    headers = {
        "Name": "secure",
        "SecurityHeadersConfig": {"ContentTypeOptions": {"Override": True}},
        "CustomHeadersConfig": listed({"Header": "x-a", "Value": "1", "Override": True}),
    }
    kept = cloudfront.create_response_headers_policy(ResponseHeadersPolicyConfig=headers)["ResponseHeadersPolicy"]
    assert kept["ResponseHeadersPolicyConfig"]["CustomHeadersConfig"]["Items"] == headers["CustomHeadersConfig"]["Items"]


def test_managed_policies(cloudfront: Any) -> None:
    for method, member, sort, known in (
        ("list_cache_policies", "CachePolicyList", "CachePolicy", CACHE),
        ("list_origin_request_policies", "OriginRequestPolicyList", "OriginRequestPolicy", REQUEST),
        ("list_response_headers_policies", "ResponseHeadersPolicyList", "ResponseHeadersPolicy", RESPONSE),
    ):
        found = getattr(cloudfront, method)(Type="managed")[member]["Items"]
        assert {one[sort]["Id"] for one in found} == set(known)
        assert getattr(cloudfront, method)(Type="custom")[member]["Quantity"] == 0
    there = cloudfront.get_cache_policy(Id=DISABLED)
    assert there["CachePolicy"]["CachePolicyConfig"]["Name"] == "Managed-CachingDisabled"
    assert refused(cloudfront.delete_cache_policy, Id=DISABLED, IfMatch=there["ETag"]) == "IllegalDelete"


# --- functions ---


def test_a_function_runs_once_it_is_published(cloudfront: Any, cloud: Cloud) -> None:
    settings = {"Comment": "", "Runtime": "cloudfront-js-2.0"}
    tags = {"Items": [{"Key": "a", "Value": "b"}]}
    made = cloudfront.create_function(Name="spa", FunctionConfig=settings, FunctionCode=CODE, Tags=tags)
    arn = made["FunctionSummary"]["FunctionMetadata"]["FunctionARN"]
    with_it = behavior(FunctionAssociations=listed({"FunctionARN": arn, "EventType": "viewer-request"}))
    assert refused(cloudfront.create_distribution, DistributionConfig=config(DefaultCacheBehavior=with_it)) == "InvalidFunctionAssociation"
    assert refused(cloudfront.describe_function, Name="spa", Stage="LIVE") == "NoSuchFunctionExists"
    cloudfront.publish_function(Name="spa", IfMatch=made["ETag"])
    identity = create(cloudfront, DefaultCacheBehavior=with_it)
    live = cloudfront.describe_function(Name="spa", Stage="LIVE")
    changed = cloudfront.update_function(Name="spa", IfMatch=made["ETag"], FunctionConfig=settings, FunctionCode=CODE + b"\n")
    assert cloudfront.get_function(Name="spa", Stage="LIVE")["FunctionCode"].read() == CODE
    assert cloudfront.describe_function(Name="spa", Stage="LIVE")["ETag"] == live["ETag"] != changed["ETag"]
    assert refused(cloudfront.publish_function, Name="spa", IfMatch=made["ETag"]) == "PreconditionFailed"
    assert refused(cloudfront.delete_function, Name="spa", IfMatch=changed["ETag"]) == "FunctionInUse"
    etag = change(cloudfront, identity, Enabled=False)["ETag"]
    cloudfront.delete_distribution(Id=identity, IfMatch=etag)
    assert arn in [one["ResourceARN"] for one in tagged(cloud)]
    cloudfront.delete_function(Name="spa", IfMatch=changed["ETag"])
    assert tagged(cloud) == []


def tagged(cloud: Cloud) -> list[dict[str, Any]]:
    return list(cloud.client("resourcegroupstaggingapi", region="us-east-1").get_resources()["ResourceTagMappingList"])


def test_functions_are_tested_as_they_declare(cloudfront: Any) -> None:
    settings = {"Comment": "", "Runtime": "cloudfront-js-2.0"}
    made = cloudfront.create_function(Name="spa", FunctionConfig=settings, FunctionCode=CODE)
    event = b'{"version": "1.0", "context": {}, "viewer": {}, "request": {"method": "GET", "uri": "/deep/link", "headers": {}}}'
    result = cloudfront.test_function(Name="spa", IfMatch=made["ETag"], EventObject=event)["TestResult"]
    assert '"uri": "/index.html"' in result["FunctionOutput"]
    other = cloudfront.create_function(Name="other", FunctionConfig=settings, FunctionCode=b"function handler(e) { return e.request; }")
    result = cloudfront.test_function(Name="other", IfMatch=other["ETag"], EventObject=event)["TestResult"]
    assert "no JavaScript engine" in result["FunctionErrorMessage"]
    large = {"Name": "large", "FunctionConfig": settings, "FunctionCode": CODE + b" " * 10_240}
    assert refused(cloudfront.create_function, **large) == "FunctionSizeLimitExceeded"


# --- invalidations, plans, quotas ---


def test_invalidations(cloudfront: Any, cloud: Cloud) -> None:
    cloud.admin.settings(transition_seconds={"cloudfront_invalidation": 1.0})
    identity = create(cloudfront)
    batch = {"CallerReference": "r1", "Paths": listed("/index.html")}
    made = cloudfront.create_invalidation(DistributionId=identity, InvalidationBatch=batch)["Invalidation"]
    assert made["Status"] == "InProgress"
    again = cloudfront.create_invalidation(DistributionId=identity, InvalidationBatch=batch)["Invalidation"]
    assert again["Id"] == made["Id"]
    many = {"CallerReference": "r2", "Paths": listed(*(f"/{number}/*" for number in range(16)))}
    assert refused(cloudfront.create_invalidation, DistributionId=identity, InvalidationBatch=many) == "TooManyInvalidationsInProgress"
    wrong = {"CallerReference": "r3", "Paths": listed("index.html")}
    assert refused(cloudfront.create_invalidation, DistributionId=identity, InvalidationBatch=wrong) == "InvalidArgument"
    until(lambda: cloudfront.get_invalidation(DistributionId=identity, Id=made["Id"])["Invalidation"]["Status"] == "Completed")


def test_a_distribution_on_a_flat_rate_plan(cloudfront: Any, cloud: Cloud) -> None:
    acl = f"arn:aws:wafv2:us-east-1:{ACCOUNT}:global/webacl/a/b"
    identity = create(cloudfront, WebACLId=acl, Enabled=False)
    there = cloudfront.get_distribution(Id=identity)
    plans = cloud.client("pricing-plan-manager", region="us-east-1")
    made = plans.create_subscription(
        planFamily="CLOUDFRONT", planTier="PRO", resourceArns=[there["Distribution"]["ARN"]], approvalMode="IMMEDIATE", clientToken="t" * 33
    )
    (listed_one,) = plans.list_subscriptions()["subscriptionSummaries"]
    assert listed_one["resourceArns"] == [there["Distribution"]["ARN"]]
    without = {**there["Distribution"]["DistributionConfig"], "WebACLId": ""}
    assert refused(cloudfront.update_distribution, Id=identity, IfMatch=there["ETag"], DistributionConfig=without) == "InvalidArgument"
    assert refused(cloudfront.delete_distribution, Id=identity, IfMatch=there["ETag"]) == "PreconditionFailed"
    plans.cancel_subscription(arn=made["subscription"]["arn"], ifMatch=made["eTag"])
    cloudfront.delete_distribution(Id=identity, IfMatch=there["ETag"])


def test_quotas(cloudfront: Any, cloud: Cloud) -> None:
    cloud.admin.settings(quotas={"distributions": 1, "origins_per_distribution": 1})
    assert refused(cloudfront.create_distribution, DistributionConfig=config(Origins=listed(BUCKET, API))) == "TooManyOrigins"
    create(cloudfront)
    assert refused(cloudfront.create_distribution, DistributionConfig=config("two")) == "TooManyDistributions"


def test_logs_of_a_distribution_are_delivered_from_one_region(cloudfront: Any, cloud: Cloud) -> None:
    identity = create(cloudfront)
    arn = cloudfront.get_distribution(Id=identity)["Distribution"]["ARN"]
    source = {"name": "site", "resourceArn": arn, "logType": "ACCESS_LOGS"}
    assert refused(cloud.client("logs").put_delivery_source, **source) == "ValidationException"
    logs = cloud.client("logs", region="us-east-1")
    assert refused(logs.put_delivery_source, **{**source, "resourceArn": f"{arn[:-1]}_"}) == "ResourceNotFoundException"
    logs.put_delivery_source(**source)
    bucket = {"deliveryDestinationConfiguration": {"destinationResourceArn": "arn:aws:s3:::logs"}, "outputFormat": "json", "name": "site"}
    assert refused(logs.put_delivery_destination, **bucket) == "ResourceNotFoundException"
    cloud.client("s3").create_bucket(Bucket="logs", CreateBucketConfiguration={"LocationConstraint": REGION})
    destination = logs.put_delivery_destination(**bucket)["deliveryDestination"]["arn"]
    made = logs.create_delivery(deliverySourceName="site", deliveryDestinationArn=destination)["delivery"]["id"]
    logs.update_delivery_configuration(id=made, s3DeliveryConfiguration={"suffixPath": "{yyyy}/{MM}", "enableHiveCompatiblePath": False})
    (seen,) = logs.describe_deliveries()["deliveries"]
    assert seen["s3DeliveryConfiguration"]["suffixPath"] == "{yyyy}/{MM}"
    assert refused(logs.delete_delivery_source, name="site") == "ConflictException"
    logs.delete_delivery(id=made)
    logs.delete_delivery_source(name="site")
    logs.delete_delivery_destination(name="site")


def endpoint(**more: Any) -> dict[str, Any]:
    arn = f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}:loadbalancer/app/inside/0123456789abcdef"
    return {"Name": "inside", "Arn": arn, "HTTPPort": 80, "HTTPSPort": 443, "OriginProtocolPolicy": "https-only", **more}


def test_a_vpc_origin_that_a_distribution_uses_stays_as_it_is(cloudfront: Any, cloud: Cloud) -> None:
    cloud.admin.settings(transition_seconds={"cloudfront_vpc_origin": 0.3})
    tags = [{"Key": "a", "Value": "b"}]
    made = cloudfront.create_vpc_origin(VpcOriginEndpointConfig=endpoint(), Tags={"Items": tags})["VpcOrigin"]
    assert made["Status"] == "Deploying"
    until(lambda: cloudfront.get_vpc_origin(Id=made["Id"])["VpcOrigin"]["Status"] == "Deployed")
    assert refused(cloudfront.create_vpc_origin, VpcOriginEndpointConfig=endpoint()) == "EntityAlreadyExists"
    assert cloudfront.list_tags_for_resource(Resource=made["Arn"])["Tags"]["Items"] == tags
    (entry,) = cloudfront.list_vpc_origins()["VpcOriginList"]["Items"]
    assert (entry["Name"], entry["OriginEndpointArn"]) == ("inside", endpoint()["Arn"])

    origin = {"Id": "api", "DomainName": "api.example.com", "VpcOriginConfig": {"VpcOriginId": "vo_none"}}
    sent = {"Origins": listed(BUCKET, origin)}
    assert refused(cloudfront.create_distribution, DistributionConfig=config(**sent)) == "EntityNotFound"
    origin["VpcOriginConfig"] = {"VpcOriginId": made["Id"]}
    identity = create(cloudfront, **sent)
    there = {"Id": made["Id"], "IfMatch": cloudfront.get_vpc_origin(Id=made["Id"])["ETag"]}
    other = {**there, "VpcOriginEndpointConfig": endpoint(HTTPSPort=8443)}
    assert refused(cloudfront.update_vpc_origin, **other) == "CannotUpdateEntityWhileInUse"
    assert refused(cloudfront.delete_vpc_origin, **there) == "CannotDeleteEntityWhileInUse"
    change(cloudfront, identity, Origins=listed(BUCKET))
    assert refused(cloudfront.delete_vpc_origin, **{**there, "IfMatch": "E0"}) == "PreconditionFailed"
    etag = cloudfront.update_vpc_origin(**other)["ETag"]
    until(lambda: cloudfront.get_vpc_origin(Id=made["Id"])["VpcOrigin"]["Status"] == "Deployed")
    cloudfront.delete_vpc_origin(Id=made["Id"], IfMatch=etag)
    assert refused(cloudfront.get_vpc_origin, Id=made["Id"]) == "EntityNotFound"

"""The edge in front of distributions: behaviors, the bucket by its policy, functions, the cache, headers, and what it turns away."""

from __future__ import annotations

import http.client
import json
import ssl
from typing import Any

import pytest

from rehearsal.testing import Cloud

from .conftest import ACCOUNT, REGION, until
from .self_signed import self_signed
from .test_cloudfront import CODE, access_control, behavior, config, listed

HOST = "www.example.com"
PAGE = b"<title>shop</title>"
SECURE = "67f7725c-6f97-4210-82d7-5512b31e9d03"


class Viewer:
    """A browser behind the rehearsal's proxy."""

    def __init__(self, cloud: Cloud) -> None:
        found = cloud.admin.load_balancers()
        self.port = int(found["proxy"].rpartition(":")[2])
        self.bundle = found["ca_bundle"]

    def get(self, host: str, path: str, *, method: str = "GET", tls: bool = True, **headers: str) -> tuple[int, dict[str, str], bytes]:
        context = ssl.create_default_context(cafile=self.bundle)
        connection: Any = http.client.HTTPSConnection("127.0.0.1", self.port, context=context, timeout=20)
        if not tls:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        connection.set_tunnel(host, 443 if tls else 80)
        connection.request(method, path, headers={name.replace("_", "-"): value for name, value in headers.items()})
        response = connection.getresponse()
        body = response.read()
        connection.close()
        return response.status, {name.lower(): value for name, value in response.getheaders()}, body


def policy_for(bucket: str, arn: str, *actions: str) -> str:
    source = {"StringEquals": {"aws:SourceArn": arn}}
    resources = {"s3:GetObject": f"arn:aws:s3:::{bucket}/*", "s3:ListBucket": f"arn:aws:s3:::{bucket}"}
    service = {"Effect": "Allow", "Principal": {"Service": "cloudfront.amazonaws.com"}, "Condition": source}
    statements = [{**service, "Action": action, "Resource": resources[action]} for action in actions]
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


@pytest.fixture
def shop(cloud: Cloud) -> dict[str, str]:
    """A private bucket behind a distribution with the single-page fallback; the policy does not admit it yet."""
    s3, cloudfront = cloud.client("s3"), cloud.client("cloudfront")
    s3.create_bucket(Bucket="site", CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_object(Bucket="site", Key="index.html", Body=PAGE, ContentType="text/html", CacheControl="no-cache")
    s3.put_object(Bucket="site", Key="main.js", Body=b"first", ContentType="text/javascript")
    control = cloudfront.create_origin_access_control(OriginAccessControlConfig=access_control())["OriginAccessControl"]["Id"]
    made = cloudfront.create_function(Name="spa", FunctionConfig={"Comment": "", "Runtime": "cloudfront-js-2.0"}, FunctionCode=CODE)
    cloudfront.publish_function(Name="spa", IfMatch=made["ETag"])
    function = {"FunctionARN": made["FunctionSummary"]["FunctionMetadata"]["FunctionARN"], "EventType": "viewer-request"}
    acm = cloud.client("acm", region="us-east-1")
    certificate = acm.import_certificate(**self_signed("example.com", "*.example.com"))["CertificateArn"]
    origin = {"Id": "site", "DomainName": f"site.s3.{REGION}.amazonaws.com", "S3OriginConfig": {"OriginAccessIdentity": ""}}
    api = {
        "Id": "api",
        "DomainName": "origin.example.com",
        "CustomOriginConfig": {"HTTPPort": 80, "HTTPSPort": 443, "OriginProtocolPolicy": "https-only"},
    }
    sent = config(
        Origins=listed({**origin, "OriginAccessControlId": control}, api),
        DefaultCacheBehavior=behavior(FunctionAssociations=listed(function), ResponseHeadersPolicyId=SECURE),
        CacheBehaviors=listed(behavior("api", "4135ea2d-6df8-44a3-9df3-4b5a84be39ad", PathPattern="/api/*")),
        Aliases=listed(HOST),
        ViewerCertificate={"ACMCertificateArn": certificate, "SSLSupportMethod": "sni-only", "MinimumProtocolVersion": "TLSv1.2_2025"},
    )
    found = cloudfront.create_distribution(DistributionConfig=sent)["Distribution"]
    return {"id": found["Id"], "arn": found["ARN"], "host": found["DomainName"]}


def admit(cloud: Cloud, arn: str, *actions: str) -> None:
    cloud.client("s3").put_bucket_policy(Bucket="site", Policy=policy_for("site", arn, *actions))


def test_objects_come_through_the_policy_of_the_bucket(cloud: Cloud, shop: dict[str, str]) -> None:
    viewer = Viewer(cloud)
    assert viewer.get(shop["host"], "/main.js")[0] == 403
    cloud.client("cloudfront").create_invalidation(
        DistributionId=shop["id"], InvalidationBatch={"CallerReference": "1", "Paths": listed("/*")}
    )
    admit(cloud, shop["arn"].replace(ACCOUNT, "999999999999"), "s3:GetObject")
    assert viewer.get(shop["host"], "/main.js?other")[0] == 403, "the policy admits another distribution"
    admit(cloud, shop["arn"], "s3:GetObject")
    cloud.client("cloudfront").create_invalidation(
        DistributionId=shop["id"], InvalidationBatch={"CallerReference": "2", "Paths": listed("/*")}
    )
    status, headers, body = viewer.get(HOST, "/main.js")
    assert (status, body, headers["content-type"]) == (200, b"first", "text/javascript")
    assert headers["strict-transport-security"] == "max-age=31536000"
    assert headers["x-content-type-options"] == "nosniff"
    assert viewer.get(HOST, "/gone.js")[0] == 403, "without the right to list, S3 does not say what is missing"
    admit(cloud, shop["arn"], "s3:GetObject", "s3:ListBucket")
    assert viewer.get(HOST, "/missing.js")[0] == 404


def test_paths_and_protocols(cloud: Cloud, shop: dict[str, str]) -> None:
    admit(cloud, shop["arn"], "s3:GetObject", "s3:ListBucket")
    viewer = Viewer(cloud)
    status, headers, body = viewer.get(HOST, "/deep/link")
    assert (status, headers["content-type"], body) == (200, "text/html", PAGE)
    status, headers, _body = viewer.get(HOST, "/deep/link", tls=False)
    assert (status, headers["location"]) == (301, f"https://{HOST}/deep/link")
    assert viewer.get(HOST, "/", method="POST")[0] == 403
    status, _headers, body = viewer.get(HOST, "/api/none")
    assert (status, b"cannot connect to the origin" in body) == (502, True), "no load balancer answers for it"
    change_of = cloud.client("cloudfront").get_distribution_config(Id=shop["id"])
    cloud.client("cloudfront").update_distribution(
        Id=shop["id"], IfMatch=change_of["ETag"], DistributionConfig={**change_of["DistributionConfig"], "Enabled": False}
    )
    assert viewer.get(HOST, "/")[0] == 403


def test_the_cache_and_what_ends_it(cloud: Cloud, shop: dict[str, str]) -> None:
    admit(cloud, shop["arn"], "s3:GetObject", "s3:ListBucket")
    viewer, s3 = Viewer(cloud), cloud.client("s3")
    assert viewer.get(HOST, "/main.js")[1]["x-cache"] == "Miss from cloudfront"
    s3.put_object(Bucket="site", Key="main.js", Body=b"second")
    status, headers, body = viewer.get(HOST, "/main.js?ignored=1")
    assert (status, headers["x-cache"], body) == (200, "Hit from cloudfront", b"first")
    batch = {"CallerReference": "1", "Paths": listed("/main.js")}
    cloud.client("cloudfront").create_invalidation(DistributionId=shop["id"], InvalidationBatch=batch)
    assert viewer.get(HOST, "/main.js")[2] == b"second"
    assert viewer.get(HOST, "/")[2] == PAGE
    s3.put_object(Bucket="site", Key="index.html", Body=b"new", ContentType="text/html", CacheControl="no-cache")
    status, headers, body = viewer.get(HOST, "/")
    assert headers["x-cache"] == "Hit from cloudfront", "the minimum TTL of the policy is one second"


def test_a_change_reaches_the_edge_when_it_is_deployed(cloud: Cloud, shop: dict[str, str]) -> None:
    admit(cloud, shop["arn"], "s3:GetObject", "s3:ListBucket")
    viewer, cloudfront = Viewer(cloud), cloud.client("cloudfront")
    assert viewer.get(HOST, "/main.js")[0] == 200
    cloud.admin.settings(transition_seconds={"cloudfront_distribution": 1.0})
    there = cloudfront.get_distribution_config(Id=shop["id"])
    cloudfront.update_distribution(
        Id=shop["id"], IfMatch=there["ETag"], DistributionConfig={**there["DistributionConfig"], "Enabled": False}
    )
    assert viewer.get(HOST, "/main.js")[0] == 200
    until(lambda: viewer.get(HOST, "/main.js")[0] == 403)

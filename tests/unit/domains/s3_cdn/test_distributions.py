# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Distributions: what their settings refuse, what they become, and how a configuration is read and changed."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

import botocore.session
import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.aws.owner import Owner, mark_of, marks_in
from ansible_collections.mainstay.aws.plugins.module_utils.aws.place import Place
from ansible_collections.mainstay.aws.plugins.module_utils.component.parts import Context
from ansible_collections.mainstay.aws.plugins.module_utils.domains.s3_cdn.kinds.cloudfront import changed
from ansible_collections.mainstay.aws.plugins.module_utils.domains.s3_cdn.kinds.distribution_document import (
    described,
    header_digest,
    shown,
)
from ansible_collections.mainstay.aws.plugins.module_utils.domains.s3_cdn.kinds.unknown_members import unknown
from ansible_collections.mainstay.aws.plugins.module_utils.domains.s3_cdn.part_distributions import certificate_problems, zone_problems
from ansible_collections.mainstay.aws.plugins.module_utils.domains.s3_cdn.parts import validate
from ansible_collections.mainstay.aws.plugins.module_utils.domains.s3_cdn.resources_distributions import build, grants
from ansible_collections.mainstay.aws.plugins.module_utils.domains.s3_cdn.settings.managed_policies import MANAGED
from ansible_collections.mainstay.aws.plugins.module_utils.domains.s3_cdn.settings.single_page import fallback
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.errors import CallFailed
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.model import Ref, Resource, ref
from rehearsal.extensions.cloudfront_managed import MANAGED as REHEARSED
from rehearsal.traffic.edge_functions import run

PLACE = Place("prod", "site", "af-south-1", "111122223333")
CERTIFICATE = "arn:aws:acm:us-east-1:111122223333:certificate/0f"
BALANCER = "arn:aws:elasticloadbalancing:af-south-1:111122223333:loadbalancer/app/inside/0123456789abcdef"
SECRET = "a-secret-that-nobody-sees"
API = {"domain_name": "origin.example.com"}
SHOP: dict[str, Any] = {
    "origins": {"app": {"bucket": "app"}, "api": API},
    "default": {"origin": "app"},
    "behaviors": [{"path": "/api/*", "origin": "api"}],
    "single_page": "/index.html",
    "aliases": ["shop.example.com"],
    "certificate_arn": CERTIFICATE,
}


def given(**more: Any) -> dict[str, Any]:
    """The options of a call with the distribution `shop`; None leaves a setting out."""
    settings = {name: value for name, value in {**SHOP, **more}.items() if value is not None}
    return {"buckets": {"app": {}, "logs": {"logs_from": ["cloudfront"]}, "plain": {}}, "distributions": {"shop": settings}}


def problems(options: dict[str, Any]) -> list[str]:
    return validate(options, Context("prod", "site", "af-south-1", params=options))[1]


def one_origin(**origin: Any) -> dict[str, Any]:
    return {"origins": {"app": origin}, "default": {}, "behaviors": None, "single_page": None}


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "alias without certificate": ({"certificate_arn": None}, "aliases need certificate_arn, a certificate in us-east-1"),
    "certificate of another region": (
        {"certificate_arn": CERTIFICATE.replace("us-east-1", "af-south-1")},
        "it is in af-south-1, and CloudFront uses certificates of us-east-1 only",
    ),
    "certificate that is none": ({"certificate_arn": "arn:aws:iam::1:server-certificate/a"}, "it must be the ARN of a certificate"),
    "alias that is no name": ({"aliases": ["https://shop.example.com"]}, "it must be a name such as www.example.com"),
    "error page beside an API": (
        {"error_responses": {404: {"page": "/index.html", "status": 200}}},
        "they would also replace the answers of api",
    ),
    "error code without page": ({"error_responses": {"401": {}}}, "CloudFront replaces these: 400, 403, 404"),
    "single page of a host": ({"default": {"origin": "api"}}, "which is no bucket and answers for every path itself"),
    "single page beside a function": (
        {
            "functions": {"own": {"code": "function handler(event) {}"}},
            "default": {"origin": "app", "functions": {"viewer_request": "own"}},
        },
        "CloudFront runs one",
    ),
    "unknown origin": ({"behaviors": [{"path": "/api/*", "origin": "apii"}]}, "there is no such origin; did you mean api"),
    "no origin among two": ({"default": {}}, "name one of the origins: app, api"),
    "same path twice": (
        {"behaviors": [{"path": "/a", "origin": "api"}, {"path": "/a", "origin": "app"}]},
        "another behavior has this path",
    ),
    "every path": ({"behaviors": [{"path": "*", "origin": "api"}]}, "describe it under default"),
    "unknown policy": ({"default": {"origin": "app", "cache": "CachingOptimzed"}}, "did you mean CachingOptimized"),
    "host passed to a bucket": (
        {"default": {"origin": "app", "origin_request": "AllViewer"}},
        "a bucket refuses requests with the Host header of the viewer",
    ),
    "unknown bucket": ({"origins": {"app": {"bucket": "ap"}, "api": API}}, "there is no such bucket in buckets; did you mean app"),
    "bucket by its host": (one_origin(domain_name="a.s3.eu-west-1.amazonaws.com"), "use bucket, so that it stays private"),
    "website of a bucket": (one_origin(domain_name="a.s3-website-eu-west-1.amazonaws.com"), "use bucket, so that it stays private"),
    "load balancer by its own name": (
        one_origin(domain_name="k8s-shop-1.af-south-1.elb.amazonaws.com"),
        "give it a name in a zone of yours",
    ),
    "VPC origin by its ID": (
        one_origin(vpc_origin="vo_1"),
        "origins.app.vpc_origin: a VPC origin exists for a load balancer by its ARN only",
    ),
    "VPC origin by a name": (
        one_origin(domain_name="origin.example.com", load_balancer_arn="inside"),
        "origins.app.load_balancer_arn is 'inside', but a VPC origin exists for a load balancer by its ARN only",
    ),
    "VPC origin without a name": (one_origin(load_balancer_arn=BALANCER), "origins.app is missing: set either bucket"),
    "bucket and host": (one_origin(bucket="app", domain_name="a.example.com"), "set either bucket"),
    "neither": (one_origin(), "set either bucket"),
    "directory": (one_origin(bucket="app", path="releases/"), "it must begin with / and not end with it"),
    "setting of hosts at a bucket": (one_origin(bucket="app", keep_host=True), "keep_host is not a setting"),
    "TTLs out of order": ({"cache_policies": {"odd": {"min_ttl": 100, "default_ttl": 10}}}, "must be in this order"),
    "cache key without a cache": (
        {"cache_policies": {"off": {"max_ttl": 0, "default_ttl": 0, "cookies": "all"}}},
        "nothing can be part of the cache key",
    ),
    "name of a managed policy": (
        {"cache_policies": {"x": {}}, "functions": {"single-page": {"code": "function handler(){}"}}},
        "choose another",
    ),
    "function without handler": ({"functions": {"own": {"code": "var a;"}}}, "has no function named handler"),
    "function too large": ({"functions": {"own": {"code": "function handler(){}" + " " * 10240}}}, "bytes, and CloudFront accepts 10240"),
    "credentials for every origin": (
        {"response_headers_policies": {"open": {"cors": {"origins": ["*"], "credentials": True}}}},
        "browsers accept no *",
    ),
    "allow and deny": ({"geography": {"allow": ["ZA"], "deny": ["DE"]}}, "CloudFront takes one of the two"),
    "country by name": ({"geography": {"allow": ["Germany"]}}, "the two letters of a country"),
    "regional web ACL": ({"web_acl_arn": "arn:aws:wafv2:af-south-1:1:regional/webacl/a/b"}, "a web ACL of the scope CLOUDFRONT"),
    "unknown web ACL": ({"web_acl": "shop"}, "there is no such web ACL for CloudFront"),
    "old TLS": ({"tls_policy": "TLSv1"}, "it must be one of TLSv1.2_2025"),
    "logs that are lost": ({"logs": {"bucket": "plain"}}, "add cloudfront to buckets.plain.logs_from"),
    "comment": ({"comment": "x" * 129}, "CloudFront accepts at most 128 characters"),
    "alias outside of the zones": ({"zones": ["example.org"]}, "it is in none of the zones example.org"),
    "unknown setting": ({"originz": {}}, "originz is not a setting"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused_before_the_first_call(name: str) -> None:
    settings, sentence = REFUSED[name]
    found = problems(given(**settings))
    assert any(sentence in text for text in found), found
    assert all(text.startswith("distributions.shop") for text in found), found


def test_what_is_accepted() -> None:
    assert problems({**given(logs={"bucket": "logs"}), "origin_headers": {"shop": {"api": {"x-origin-verify": SECRET}}}}) == []
    assert problems(given(error_responses={"404": {"page": "/404.html"}}, **one_origin(bucket="app"))) == []


def test_an_alias_belongs_to_one_distribution() -> None:
    options = given()
    options["distributions"]["other"] = {"origins": {"app": {"bucket": "app"}}, **{n: SHOP[n] for n in ("aliases", "certificate_arn")}}
    assert any("distributions.shop has this alias too" in text for text in problems(options))


HEADERS = {
    "a header that CloudFront has": {"shop": {"api": {"Host": SECRET}}},
    "a value that is no text": {"shop": {"api": {"x-a": ["secret", SECRET]}}},
    "no mapping": {"shop": {"api": SECRET}},
    "none at all": {"shop": SECRET},
    "a list": [SECRET],
    "an unknown origin": {"shop": {"apii": {"x-a": SECRET}}},
    "a bucket": {"shop": {"app": {"x-a": SECRET}}},
    "an unknown distribution": {"shopp": {"api": {"x-a": SECRET}}},
}


@pytest.mark.parametrize("name", HEADERS)
def test_no_message_shows_the_value_of_a_header(name: str) -> None:
    found = problems({**given(), "origin_headers": HEADERS[name]})
    assert found
    assert SECRET not in str(found)


# --- resources ---


def resources(**more: Any) -> dict[str, Resource]:
    options = {**given(**more), "origin_headers": {"shop": {"api": {"x-origin-verify": SECRET}}}}
    settings, mistakes = validate(options, Context("prod", "site", "af-south-1", params=options))
    assert mistakes == []
    return {one.address: one for one in build(settings["distributions"], PLACE)}


def test_a_single_page_application_with_an_api() -> None:
    found = resources()
    shop = found["cloudfront_distribution.shop"]
    assert shop.after == ("cloudfront_function.shop/single-page",), "a function is published before a distribution runs it"
    default, (api,) = shop.properties["default_behavior"], shop.properties["behaviors"]
    assert default["functions"] == {"viewer-request": ref("cloudfront_function.shop/single-page", "arn")}
    assert (default["methods"], default["cache_policy"], default["origin_request_policy"]) == (
        "read",
        MANAGED["cache_policy"]["CachingOptimized"],
        "",
    )
    assert api["functions"] == {}
    assert (api["path"], api["methods"]) == ("/api/*", "all")
    assert api["cache_policy"] == MANAGED["cache_policy"]["CachingDisabled"]
    assert api["origin_request_policy"] == MANAGED["origin_request_policy"]["AllViewerExceptHostHeader"]
    origins = shop.properties["origins"]
    assert origins["app"]["access_control"] == ref("origin_access_control.shop")
    assert origins["api"]["headers"] == {"x-origin-verify": header_digest(SECRET)}
    assert origins["api"]["custom"]["protocol"] == "https-only"
    assert shop.properties["certificate"] == {"arn": CERTIFICATE, "tls_policy": "TLSv1.2_2025"}
    assert SECRET not in str(found)


def test_an_ingress_that_looks_at_the_host() -> None:
    found = resources(origins={"app": {"bucket": "app"}, "api": {**API, "keep_host": True}})
    (api,) = found["cloudfront_distribution.shop"].properties["behaviors"]
    assert api["origin_request_policy"] == MANAGED["origin_request_policy"]["AllViewer"]


def test_a_load_balancer_by_its_arn() -> None:
    """The endpoint is a resource of its own, whose name changes with it: two exist side by side while it is replaced."""
    names = set()
    for more in ({}, {"https_port": 8443}):
        found = resources(origins={"app": {"bucket": "app"}, "api": {**API, "load_balancer_arn": BALANCER, **more}})
        endpoint = found["vpc_origin.shop/api"].properties["endpoint"]
        assert endpoint["load_balancer_arn"] == BALANCER
        assert endpoint["name"].startswith("prod-site-shop-api-")
        names.add(endpoint["name"])
        api = found["cloudfront_distribution.shop"].properties["origins"]["api"]
        assert api["vpc_origin"] == {"id": ref("vpc_origin.shop/api"), "read_timeout": 30, "keepalive_timeout": 5}
        assert "custom" not in api
    assert len(names) == 2


def test_own_policies_are_named_before_managed_ones() -> None:
    found = resources(cache_policies={"pages": {"min_ttl": 1}}, default={"origin": "app", "cache": "pages", "response_headers": "none"})
    default = found["cloudfront_distribution.shop"].properties["default_behavior"]
    assert default["cache_policy"] == ref("cache_policy.shop/pages")
    assert default["response_headers_policy"] == ""
    assert found["cache_policy.shop/pages"].properties["resource_name"] == "prod-site-shop-pages"


def test_the_bucket_and_its_key_admit_exactly_the_distribution() -> None:
    options = given(origins={"app": {"bucket": "app", "from_identity": "E2QWRUHAPOMQZL"}, "api": API})
    options["buckets"]["app"] = {"encryption": {"algorithm": "kms"}}
    settings, _mistakes = validate(options, Context("prod", "site", "af-south-1"))
    granted = grants(settings["distributions"], settings["buckets"], PLACE)
    read, listing, identity = granted.buckets["app"]
    source = {"StringEquals": {"aws:SourceArn": Ref("cloudfront_distribution.shop", "arn")}}
    assert (read["Action"], read["Resource"], read["Condition"]) == ("s3:GetObject", "arn:aws:s3:::prod-site-app/*", source)
    assert (listing["Action"], listing["Resource"], listing["Condition"]) == ("s3:ListBucket", "arn:aws:s3:::prod-site-app", source)
    assert identity["Principal"]["AWS"].endswith("E2QWRUHAPOMQZL")
    (decrypt,) = granted.keys["app"]
    assert (decrypt["Principal"], decrypt["Condition"]) == ({"Service": "cloudfront.amazonaws.com"}, source)


def test_a_name_that_would_be_too_long() -> None:
    options = given(functions={"f" * 30: {"code": "function handler(event) {}"}})
    context = Context("production-environment", "component-of-site", params=options)
    assert any("characters, not at most 64" in text for text in validate(options, context)[1])


CERTIFICATES = {
    "covers it": ({"Status": "ISSUED", "DomainName": "shop.example.com"}, ""),
    "covers it by a wildcard": ({"Status": "ISSUED", "DomainName": "example.com", "SubjectAlternativeNames": ["*.example.com"]}, ""),
    "is pending": ({"Status": "PENDING_VALIDATION", "DomainName": "shop.example.com"}, "is PENDING_VALIDATION"),
    "is for others": ({"Status": "ISSUED", "DomainName": "example.com"}, "does not cover the alias shop.example.com; it has example.com"),
    "does not exist": (None, "ACM has no such certificate in us-east-1"),
}


@pytest.mark.parametrize("name", CERTIFICATES)
def test_certificates_of_aliases(name: str) -> None:
    certificate, sentence = CERTIFICATES[name]
    settings, _mistakes = validate(given(), Context("prod", "site"))
    found = list(certificate_problems(settings["distributions"]["shop"], {CERTIFICATE: certificate} if certificate else {}))
    assert [sentence in text for text in found] == ([True] if sentence else [])


@pytest.mark.parametrize(
    ("there", "sentence"), [({"example.com": "Z1"}, ""), ({"example.org": "Z2"}, "it has example.org"), ({}, "it has none")]
)
def test_zones_of_the_account(there: dict[str, str], sentence: str) -> None:
    settings, mistakes = validate(given(zones=["example.com"]), Context("prod", "site"))
    assert mistakes == []
    found = list(zone_problems(settings["distributions"]["shop"], there))
    assert [sentence in text for text in found] == ([True] if sentence else [])


def test_records_are_in_the_innermost_zone() -> None:
    found = resources(aliases=["shop.example.com", "a.b.example.com"], zones=["example.com", "b.example.com"], ipv6=False)
    assert found["cloudfront_distribution.shop"].properties["records"] == {
        "a.b.example.com A": "b.example.com",
        "shop.example.com A": "example.com",
    }


# --- the configuration ---

LIVE: dict[str, Any] = {
    "CallerReference": "one",
    "Comment": "by hand",
    "Enabled": True,
    "CacheTagConfig": {"HeaderName": "x-tags"},
    "Origins": {
        "Quantity": 1,
        "Items": [
            {
                "Id": "app",
                "DomainName": "app.s3.af-south-1.amazonaws.com",
                "OriginPath": "",
                "ConnectionAttempts": 2,
                "S3OriginConfig": {"OriginAccessIdentity": "origin-access-identity/cloudfront/E1", "OriginReadTimeout": 60},
            }
        ],
    },
    "DefaultCacheBehavior": {
        "TargetOriginId": "app",
        "ViewerProtocolPolicy": "allow-all",
        "ForwardedValues": {"QueryString": False, "Cookies": {"Forward": "none"}},
        "MinTTL": 0,
        "GrpcConfig": {"Enabled": False},
        "Compress": False,
    },
}


def test_a_change_keeps_what_is_not_described() -> None:
    origin = {"domain_name": "app.s3.af-south-1.amazonaws.com", "access_control": "EOAC", "headers": {}}
    behavior = {
        "origin": "app",
        "viewer_protocol": "redirect-to-https",
        "compress": True,
        "cache_policy": "P",
        "methods": "read",
        "functions": {},
    }
    config = described({"origins": {"app": origin}, "default_behavior": behavior}, LIVE, {})
    assert config["CacheTagConfig"] == {"HeaderName": "x-tags"}
    assert config["Comment"] == "by hand"
    (app,) = config["Origins"]["Items"]
    assert app["ConnectionAttempts"] == 2
    assert app["S3OriginConfig"] == {"OriginAccessIdentity": "", "OriginReadTimeout": 60}, "an identity and a control exclude each other"
    default = config["DefaultCacheBehavior"]
    assert default["GrpcConfig"] == {"Enabled": False}
    assert not {"ForwardedValues", "MinTTL"} & set(default), "a cache policy takes their place"
    assert LIVE["DefaultCacheBehavior"]["MinTTL"] == 0


@pytest.mark.parametrize("inside", [{}, {"load_balancer_arn": BALANCER}], ids=["a host", "a VPC origin"])
def test_what_was_described_is_read_back(inside: dict[str, str]) -> None:
    origins = {"app": {"bucket": "app"}, "api": {**API, **inside}}
    shop = resources(origins=origins)["cloudfront_distribution.shop"].properties
    plain = {name: value for name, value in shop.items() if name != "tags"}
    resolved = _resolved(plain)
    config = described(resolved, {"CallerReference": "one"}, {"api": {"x-origin-verify": SECRET}})
    assert config["Origins"]["Items"][1]["CustomHeaders"]["Items"] == [{"HeaderName": "x-origin-verify", "HeaderValue": SECRET}]
    forms = [sorted(name for name in one if name.endswith("OriginConfig")) for one in config["Origins"]["Items"]]
    assert forms == [["S3OriginConfig"], ["VpcOriginConfig" if inside else "CustomOriginConfig"]]
    again = shown(config)
    assert {name: again[name] for name in resolved} == resolved


def _resolved(value: Any) -> Any:
    if isinstance(value, Ref):
        return f"{value.address}#{value.attribute}"
    if isinstance(value, dict):
        return {name: _resolved(one) for name, one in value.items()}
    return [_resolved(one) for one in value] if isinstance(value, list) else value


def test_settings_that_botocore_does_not_know_are_found() -> None:
    shape = botocore.session.get_session().get_service_model("cloudfront").shape_for("DistributionConfig")
    text = (
        '<DistributionConfig xmlns="http://cloudfront.amazonaws.com/doc/2020-05-31/"><Comment>x</Comment><Future>1</Future>'
        "<Origins><Quantity>1</Quantity><Items><Origin><Id>a</Id><Speed>2</Speed></Origin></Items></Origins></DistributionConfig>"
    )
    assert list(unknown(ElementTree.fromstring(text), shape)) == ["Future", "Origins.Items.Speed"]


class Versions:
    """A document with a version that somebody else may change between a read and a write."""

    def __init__(self, others: int) -> None:
        self.others, self.written, self.version = others, 0, 0

    def read(self) -> dict[str, Any]:
        return {"ETag": self.version}

    def write(self, there: Any) -> str:
        if self.others:
            self.others -= 1
            self.version += 1
        if there["ETag"] != self.version:
            raise CallFailed("stale", "cloudfront:UpdateDistribution", "PreconditionFailed")
        self.written += 1
        return "done"


@pytest.mark.parametrize(("others", "same", "written"), [(0, True, 1), (1, True, 1), (1, False, 0), (2, True, 0)])
def test_a_version_that_changed_meanwhile(others: int, same: bool, written: int) -> None:
    """Read and written once more, if the plan is still right; otherwise refused, with what to do."""
    document = Versions(others)
    if written:
        assert changed(document.read, document.write, lambda _there: same) == "done"
    else:
        with pytest.raises(CallFailed) as caught:
            changed(document.read, document.write, lambda _there: same)
        assert same or "run again" in caught.value.hint
    assert document.written == written


# --- marks, policies, the fallback ---


def test_comments_say_whose_something_is() -> None:
    comment = mark_of(Owner("prod", "site"), "cache_policy.shop/pages")
    assert Owner("prod", "site").address(marks_in(comment)) == "cache_policy.shop/pages"
    assert Owner("prod", "other").address(marks_in(comment)) is None
    assert [marks_in(text) for text in ("", "mainstay", "mainstay prod/site", "a comment of mine/else here")] == [{}] * 4


def test_managed_policies_are_those_of_the_rehearsal() -> None:
    names = {
        "cache_policy": "CachePolicy",
        "origin_request_policy": "OriginRequestPolicy",
        "response_headers_policy": "ResponseHeadersPolicy",
    }
    for kind, rehearsed in names.items():
        known = {str(one.config["Name"]).removeprefix("Managed-"): identity for identity, one in REHEARSED[rehearsed].items()}
        assert known == dict(MANAGED[kind])


@pytest.mark.parametrize(
    ("path", "leads_to"),
    [
        ("/", "/index.html"),
        ("/deep/link", "/index.html"),
        ("/v1.2/page", "/index.html"),
        ("/main.js", "/main.js"),
        ("/a/b.css", "/a/b.css"),
    ],
)
def test_the_single_page_fallback(path: str, leads_to: str) -> None:
    assert run(fallback("/index.html").encode(), path) == leads_to

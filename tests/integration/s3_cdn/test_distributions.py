# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The life of a distribution: a single-page application in a private bucket with a KMS key, and its API, seen by a browser."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.integration.module_runs import ModuleRuns
from tests.integration.site import ACCOUNT, Requests, summary, touched
from tests.rehearsal.self_signed import self_signed
from tests.rehearsal.test_edge import Viewer

from .support import EVERYTHING, REGION, Site

BUCKETS: dict[str, Any] = {"app": {"encryption": {"algorithm": "kms"}}}
NAME = "prod-storage-app"
ALIAS = "www.example.com"
SECRET = "a-secret-that-nobody-sees"
CREATED = {
    *("bucket_key.storage", "s3_bucket.app", "origin_access_control.shop", "cloudfront_function.shop/single-page"),
    *("cache_policy.shop/pages", "response_headers_policy.shop/strict", "cloudfront_distribution.shop"),
}
PAGE = b"<title>shop</title>"


def described(certificate: str, **more: Any) -> dict[str, Any]:
    shop = {
        "origins": {"app": {"bucket": "app"}, "api": {"domain_name": "origin.example.com"}},
        "default": {"origin": "app", "cache": "pages", "response_headers": "strict"},
        "behaviors": [{"path": "/api/*", "origin": "api"}],
        "cache_policies": {"pages": {"default_ttl": 60, "max_ttl": 60}},
        "response_headers_policies": {"strict": {"content_security_policy": "default-src 'self'", "headers": {"x-shop": "1"}}},
        "single_page": "/index.html",
        "aliases": [ALIAS],
        "certificate_arn": certificate,
        **more,
    }
    return {"distributions": {"shop": shop}, "origin_headers": {"shop": {"api": {"x-origin-verify": SECRET}}}}


@pytest.fixture
def certificate(site: Site) -> str:
    acm = site.cloud.client("acm", region="us-east-1")
    return str(acm.import_certificate(**self_signed("example.com", "*.example.com"))["CertificateArn"])


@pytest.fixture
def shop(site: Site, certificate: str) -> dict[str, Any]:
    """The distribution as CloudFront describes it, with a page and a script in its bucket."""
    site.apply(site.desired(BUCKETS, **described(certificate)))
    site.s3().put_object(Bucket=NAME, Key="index.html", Body=PAGE, ContentType="text/html")
    site.s3().put_object(Bucket=NAME, Key="main.js", Body=b"go()", ContentType="text/javascript")
    return distribution(site)


def distribution(site: Site) -> dict[str, Any]:
    (summary_of,) = site.cloud.client("cloudfront").list_distributions()["DistributionList"]["Items"]
    found = site.cloud.client("cloudfront").get_distribution(Id=summary_of["Id"])
    return {**found["Distribution"], "ETag": found["ETag"]}


def test_the_whole_life(site: Site, certificate: str) -> None:
    site.cloud.admin.settings(transition_seconds={"cloudfront_distribution": 0.5})
    desired = site.desired(BUCKETS, **described(certificate))
    plan = site.plan(desired)
    assert summary(plan) == dict.fromkeys(CREATED, "create")
    assert SECRET not in str(plan)
    site.apply(desired)
    requests = Requests(site.cloud)
    assert summary(site.plan(desired)) == {}
    site.apply(desired)
    assert requests.changes() == []
    assert distribution(site)["Status"] == "Deployed"

    changed = site.desired(BUCKETS, **described(certificate, price_class="100", comment="cheaper", aliases=[]))
    assert summary(site.plan(changed)) == {"cloudfront_distribution.shop": "update"}
    requests = Requests(site.cloud)
    site.apply(changed)
    assert requests.changes() == ["cloudfront:UpdateDistribution"], "one deployment, whatever changed"

    site.apply([], purge=EVERYTHING)
    assert site.cloud.client("cloudfront").list_distributions()["DistributionList"]["Quantity"] == 0
    assert site.cloud.client("cloudfront").list_functions(Stage="DEVELOPMENT")["FunctionList"]["Quantity"] == 0


def test_what_a_browser_sees(site: Site, shop: dict[str, Any]) -> None:
    viewer = Viewer(site.cloud)
    status, headers, body = viewer.get(ALIAS, "/deep/link")
    assert (status, headers["content-type"], body) == (200, "text/html", PAGE)
    assert (headers["content-security-policy"], headers["x-shop"]) == ("default-src 'self'", "1")
    assert viewer.get(shop["DomainName"], "/main.js")[2] == b"go()"
    assert viewer.get(ALIAS, "/missing.js")[0] == 404, "a missing asset is no page"
    status, _headers, body = viewer.get(ALIAS, "/api/none")
    assert (status, PAGE in body) == (502, False), "what the API answers is not replaced by the page"
    statements = site.policy(NAME)
    assert statements["MainstayCdnShop"]["Condition"] == {"StringEquals": {"aws:SourceArn": shop["ARN"]}}


def test_what_others_set_stays(site: Site, shop: dict[str, Any], certificate: str) -> None:
    cloudfront = site.cloud.client("cloudfront")
    config = {**shop["DistributionConfig"], "CacheTagConfig": {"HeaderName": "x-tags"}, "Comment": "by hand"}
    cloudfront.update_distribution(Id=shop["Id"], IfMatch=shop["ETag"], DistributionConfig=config)
    desired = site.desired(BUCKETS, **described(certificate))
    assert touched(site.plan(desired)) == {"cloudfront_distribution.shop": {"comment"}}, "what the settings do not name is no drift"
    site.apply(desired)
    now = distribution(site)["DistributionConfig"]
    assert (now["Comment"], now["CacheTagConfig"]) == ("prod/storage shop", {"HeaderName": "x-tags"})


def test_logs_arrive_in_a_bucket_of_any_region(site: Site, certificate: str) -> None:
    buckets = {**BUCKETS, "logs": {"logs_from": ["cloudfront"]}}
    options = described(certificate, logs={"bucket": "logs"})
    site.apply(site.desired(buckets, **options))
    assert summary(site.plan(site.desired(buckets, **options))) == {}
    shop = distribution(site)
    Viewer(site.cloud).get(ALIAS, "/missing.js")
    (log,) = site.s3().list_objects_v2(Bucket="prod-storage-logs")["Contents"]
    assert log["Key"].startswith(f"{shop['Id']}/20")
    site.apply(site.desired(buckets, **described(certificate)), purge=EVERYTHING)
    assert site.cloud.client("logs", region="us-east-1").describe_deliveries()["deliveries"] == []


def test_records_in_a_zone_of_another_component(site: Site, certificate: str) -> None:
    """Made with the distribution and gone with it; a record of somebody else is never overwritten, and neither is any other."""
    route53 = site.cloud.client("route53")
    zone = route53.create_hosted_zone(Name="example.com", CallerReference="1")["HostedZone"]["Id"]
    foreign = {"Name": ALIAS, "Type": "A", "TTL": 60, "ResourceRecords": [{"Value": "192.0.2.1"}]}
    desired = site.desired(BUCKETS, **described(certificate, zones=["example.com"]))
    _change(route53, zone, "CREATE", foreign)
    assert [one.code for one in site.checked(site.plan(desired)).refusals] == ["RecordExists"]
    _change(route53, zone, "DELETE", foreign)
    site.apply(desired)
    assert summary(site.plan(desired)) == {}
    target = f"{distribution(site)['DomainName']}."
    assert _aliases(route53, zone) == {("www.example.com.", "A"): target, ("www.example.com.", "AAAA"): target}
    assert Viewer(site.cloud).get(ALIAS, "/missing.js")[0] == 404
    site.desired({})
    site.apply([], purge=EVERYTHING)
    assert {one["Type"] for one in route53.list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"]} == {"NS", "SOA"}


def _change(route53: Any, zone: str, action: str, record: dict[str, Any]) -> None:
    route53.change_resource_record_sets(HostedZoneId=zone, ChangeBatch={"Changes": [{"Action": action, "ResourceRecordSet": record}]})


def _aliases(route53: Any, zone: str) -> dict[tuple[str, str], str]:
    found = route53.list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"]
    return {(one["Name"], one["Type"]): one["AliasTarget"]["DNSName"] for one in found if one.get("AliasTarget")}


@pytest.mark.usefixtures("shop")
@pytest.mark.parametrize("code", ["InvalidViewerCertificate", "InvalidWebACLId"])
def test_what_was_just_made_elsewhere_is_waited_for(site: Site, certificate: str, code: str) -> None:
    """CloudFront may not know a certificate or a web ACL for a moment, in a creation and in a change."""
    for operation, comment in (("CreateDistributionWithTags", "new"), ("UpdateDistribution", "changed")):
        site.cloud.admin.fault("cloudfront", operation, fault="error", code=code, message="retry", status=400, times=1)
        site.apply(site.desired(BUCKETS, **described(certificate, comment=comment)))
        assert distribution(site)["DistributionConfig"]["Comment"] == comment


@pytest.mark.usefixtures("shop")
def test_a_function_and_its_distribution_change_in_one_run(site: Site, certificate: str) -> None:
    """Publishing the function gives the distribution another version."""
    changed = site.desired(BUCKETS, **described(certificate, single_page="/app.html", price_class="100"))
    assert touched(site.plan(changed)) == {
        "cloudfront_function.shop/single-page": {"code", "published"},
        "cloudfront_distribution.shop": {"price_class"},
    }
    site.apply(changed)
    assert summary(site.plan(changed)) == {}


def test_an_alias_is_taken_only_with_consent(site: Site, shop: dict[str, Any], certificate: str) -> None:
    """From a distribution of somebody else, which keeps everything but the alias."""
    cloudfront = site.cloud.client("cloudfront")
    other = {**shop["DistributionConfig"], "CallerReference": "other", "Comment": "other"}
    other["Aliases"] = {"Quantity": 1, "Items": ["old.example.com"]}
    made = cloudfront.create_distribution(DistributionConfig=other)["Distribution"]
    site.apply(site.desired(BUCKETS, **described(certificate, move_aliases=["old.example.com"])))
    aliases = {one["Comment"]: one["Aliases"].get("Items", []) for one in cloudfront.list_distributions()["DistributionList"]["Items"]}
    assert aliases["other"] == []
    assert sorted(aliases["prod/storage shop"]) == ["old.example.com", ALIAS]
    assert made["Id"] != shop["Id"]
    assert summary(site.plan(site.desired(BUCKETS, **described(certificate, move_aliases=["old.example.com"])))) == {}


def test_a_secret_header_appears_nowhere(site: Site, certificate: str, tmp_path: Path) -> None:
    """In a plan, an apply, a rotation, and a refusal; CloudFront has the value."""
    runs = ModuleRuns(site.cloud, tmp_path)
    owner = {"environment": "prod", "component": "storage", "region": REGION, "expected_account_id": ACCOUNT, "poll_interval": 0.05}
    given = {**owner, "buckets": BUCKETS, **described(certificate)}
    rotated = {**given, "origin_headers": {"shop": {"api": {"x-origin-verify": "another-secret"}}}}
    wrong = {**given, "origin_headers": {"shop": {"app": {"x-origin-verify": SECRET}}}}
    planned, made, changed, refused = (
        runs.run_module("s3_cdn", options, role)
        for options, role in ((given, "plan"), (given, "apply"), (rotated, "apply"), (wrong, "plan"))
    )
    assert SECRET not in str((planned, made, changed, refused))
    assert "another-secret" not in str(changed)
    assert [one["address"] for one in changed["plan"]["actions"] if one["action"] == "update"] == ["cloudfront_distribution.shop"]
    assert "which takes no headers" in refused["msg"]
    (header,) = distribution(site)["DistributionConfig"]["Origins"]["Items"][1]["CustomHeaders"]["Items"]
    assert header == {"HeaderName": "x-origin-verify", "HeaderValue": "another-secret"}


def test_another_load_balancer_behind_a_vpc_origin(site: Site, certificate: str) -> None:
    """The distribution has one at any time: the new way exists before it moves, and the old one goes afterward."""

    def inside(name: str) -> Any:
        arn = f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}:loadbalancer/app/{name}/0123456789abcdef"
        api = {"domain_name": "origin.example.com", "load_balancer_arn": arn}
        return site.desired(BUCKETS, **described(certificate, origins={"app": {"bucket": "app"}, "api": api}))

    site.apply(inside("old"))
    assert summary(site.plan(inside("old"))) == {}
    requests = Requests(site.cloud)
    site.apply(inside("new"), allow_replace=("vpc_origin.*",))
    assert requests.changes() == ["cloudfront:CreateVpcOrigin", "cloudfront:UpdateDistribution", "cloudfront:DeleteVpcOrigin"]
    (left,) = site.cloud.client("cloudfront").list_vpc_origins()["VpcOriginList"]["Items"]
    assert "/new/" in left["OriginEndpointArn"]
    site.apply([], purge=EVERYTHING)
    assert site.cloud.client("cloudfront").list_vpc_origins()["VpcOriginList"]["Quantity"] == 0

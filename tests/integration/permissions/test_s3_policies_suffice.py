# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The policies generated for buckets, distributions, web ACLs, secret headers, and content suffice for their whole life, contain no unused
action, and exclude what others have.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from ansible_collections.mainstay.aws.plugins.module_utils.aws.grants import Scope
from ansible_collections.mainstay.aws.plugins.module_utils.aws.place import Place
from ansible_collections.mainstay.aws.plugins.module_utils.component.lock import held
from ansible_collections.mainstay.aws.plugins.module_utils.component.quota_reads import check
from ansible_collections.mainstay.aws.plugins.module_utils.component.unclaimed import look
from ansible_collections.mainstay.aws.plugins.module_utils.content_sync.answer import synchronize
from ansible_collections.mainstay.aws.plugins.module_utils.content_sync.options import argument_spec, wish_of
from ansible_collections.mainstay.aws.plugins.module_utils.domains.s3_cdn.names import names
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.claims import find_conflicts
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.waiting import SystemClock, silent
from rehearsal.testing import Cloud
from tests.integration.permissions.scenarios import called, checked, declared_by, denials, documents, granted
from tests.integration.s3_cdn.support import ACCOUNT, CALLER, ELSEWHERE, EVERYTHING, REGION, Site
from tests.rehearsal.self_signed import self_signed
from tests.rehearsal.test_cloudfront import config, listed

KMS = {"encryption": {"algorithm": "kms"}}
BUCKETS: dict[str, Any] = {
    "uploads": {
        **KMS,
        "name": "shop-uploads",
        "ownership": "writer",
        "public_access_block": {"block_public_policy": False},
        "access_logs": {"bucket": "logs"},
        "cors": [{"origins": ["https://shop.example.com"]}],
        "replication": {"to": "copies"},
        "tags": {"a": "1", "b": "1"},
    },
    "copies": {**KMS, "region": ELSEWHERE},
    "logs": {"logs_from": ["cloudfront"]},
}
CHANGED_BUCKETS: dict[str, Any] = {
    "uploads": {**KMS, "name": "shop-uploads", "lifecycle": {"abort_uploads_days": 0, "noncurrent_days": 0}, "tags": {"a": "2"}},
    "copies": {**KMS, "region": ELSEWHERE},
    "logs": {"logs_from": ["cloudfront"]},
}
ALL = (*EVERYTHING, "origin_secret.*")
BALANCER = f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}:loadbalancer/app/inside/0123456789abcdef"
DOMAIN, TAGS, CHANGED_TAGS = "example.com", {"a": "1", "b": "1"}, {"a": "2"}


def distribution(certificate: str, ttl: int, **more: Any) -> dict[str, Any]:
    """With a policy and a function of each sort, and a VPC origin. The time to live is in all of them, so that another one changes them
    all.
    """
    return {
        "origins": {
            "app": {"bucket": "uploads"},
            "api": {"domain_name": f"api.{DOMAIN}", "origin_secret": "api"},
            "inside": {"domain_name": f"inside.{DOMAIN}", "load_balancer_arn": BALANCER, "https_port": 8000 + ttl},
        },
        "default": {"origin": "app", "cache": "pages", "response_headers": "strict"},
        "behaviors": [{"path": "/api/*", "origin": "api", "origin_request": "all", "functions": {"viewer_request": "own"}}],
        "cache_policies": {"pages": {"default_ttl": ttl}},
        "origin_request_policies": {"all": {"headers": [f"x-{ttl}"]}},
        "response_headers_policies": {"strict": {"hsts_seconds": ttl}},
        "functions": {"own": {"code": f"function handler(event) {{ return event.request; }} // {ttl}"}},
        "aliases": [f"www.{DOMAIN}"],
        "zones": [DOMAIN],
        "certificate_arn": certificate,
        "web_acl": "main",
        "logs": {"bucket": "logs", "path": f"{ttl}"},
        **more,
    }


def web_acl(limit: int, **more: Any) -> dict[str, Any]:
    sets = {"bad": {"addresses": [f"192.0.2.{limit // 10}/32"]}}
    return {"scopes": ["cloudfront", "alb"], "rate_limits": {"all": {"limit": limit}}, "ip_sets": sets, **more}


def life(certificate: str) -> dict[str, dict[str, Any]]:
    """step -> the settings; none to destroy."""
    return {
        "create": {
            "buckets": BUCKETS,
            "distributions": {"shop": distribution(certificate, 60, tags=TAGS)},
            "web_acls": {"main": web_acl(2000, tags=TAGS)},
            "origin_secrets": {"api": {"rotation": "1", "in_use": "1", "tags": TAGS}},
        },
        "change": {
            "buckets": CHANGED_BUCKETS,
            "distributions": {"shop": distribution(certificate, 30, move_aliases=[f"old.{DOMAIN}"], tags=CHANGED_TAGS)},
            "web_acls": {"main": web_acl(1000, tags=CHANGED_TAGS, logging={"retention_days": 60})},
            "origin_secrets": {"api": {"rotation": "2", "in_use": "1", "tags": CHANGED_TAGS}},
        },
        "promote": {
            "buckets": CHANGED_BUCKETS,
            "distributions": {"shop": distribution(certificate, 30, move_aliases=[f"old.{DOMAIN}"], tags=CHANGED_TAGS)},
            "web_acls": {"main": web_acl(1000, tags=CHANGED_TAGS, logging=False)},
            "origin_secrets": {"api": {"rotation": "2", "in_use": "2", "tags": CHANGED_TAGS}},
        },
        "destroy": {},
    }


SELDOM = {
    **dict.fromkeys(
        (
            *("ec2:DescribeNatGateways", "iam:GetOpenIDConnectProvider", "iam:ListOpenIDConnectProviders", "iam:ListRoleTags"),
            *("secretsmanager:DescribeSecret", "route53:GetHealthCheck"),
        ),
        "asked about what no host of the inventory claims",
    ),
    **dict.fromkeys(
        (
            *("kms:PutKeyPolicy", "kms:UpdateAlias", "kms:UpdateKeyDescription", "kms:TagResource", "kms:UntagResource"),
            *("iam:DetachRolePolicy", "iam:UpdateAssumeRolePolicy", "iam:TagRole", "iam:UntagRole", "iam:DeleteRolePermissionsBoundary"),
            *("iam:PutRolePermissionsBoundary", "iam:AttachRolePolicy", "iam:UpdateRole"),
        ),
        "corrects a key or a role that was changed by hand",
    ),
    **dict.fromkeys(
        ("cloudfront:UpdateOriginAccessControl", "secretsmanager:UpdateSecret"),
        "corrects an origin access control or a secret that was changed by hand",
    ),
    **dict.fromkeys(("kms:Decrypt", "kms:GenerateDataKey"), "S3 asks KMS on behalf of who uploads; the rehearsal does not check that"),
    "secretsmanager:RestoreSecret": "for a secret that is described again within the 30 days after its deletion",
    **dict.fromkeys(
        ("s3:DeleteBucketPolicy", "s3:GetAccountPublicAccessBlock"),
        "a bucket always has a policy; the account's block is read by the module, and these runs start below it",
    ),
    "ec2:DescribeRegions": "asked about further regions before anything else; here buckets are built directly",
    "sts:GetCallerIdentity": "allowed for everyone",
    "ssm:GetParameter": "asked when the reply to taking the run lock was lost",
    "servicequotas:GetServiceQuota": "asked where a plan consumes a quota; buckets consume none",
    "servicequotas:ListServiceQuotas": "asked where a plan consumes several quotas",
    "servicequotas:GetAWSDefaultServiceQuota": "asked where an account has no value of its own; in the rehearsal each has",
}
"""Actions that no scenario needs."""

PLACE = Place("prod", "storage", REGION, ACCOUNT)
SCOPE = Scope(PLACE, names=names(BUCKETS, "prod", "storage"))


@pytest.fixture(scope="module")
def cloud() -> Iterator[Cloud]:
    with Cloud(account_id=ACCOUNT, region=REGION) as started:
        yield started


def live(site: Site, settings: dict[str, Any], before: dict[str, Any]) -> None:
    """One run, as the module makes it: quotas, questions, the search for unclaimed resources, the lock, and the apply."""
    desired = site.desired(**(settings or before), state="present" if settings else "absent")
    assert site.domain is not None
    aws = site.aws()
    try:
        for ask in site.domain.questions().values():
            ask(aws)
        wanted = desired if settings else []
        plan = site.plan(wanted, purge=ALL)
        assert find_conflicts(plan, site.kinds(), aws) == []
        site.checked(plan)
        check(plan, site.kinds(), aws, REGION)
        look(aws, [site.component])
        with held(aws, "shared", "a test", SystemClock(), 0.0, silent):
            site.apply(wanted, ALL, ALL)
    finally:
        aws.close()


def publish(site: Site, folder: Path) -> None:
    """The content of a site, twice: the second release replaces the index, and drops a file."""
    cloudfront = site.cloud.client("cloudfront")
    every = cloudfront.list_distributions()["DistributionList"]["Items"]
    (identity,) = [one["Id"] for one in every if one["Comment"] == "prod/storage shop"]
    for number, names_of in enumerate((("index.html", "old.js"), ("index.html",))):
        build = folder / str(number)
        build.mkdir()
        for name in names_of:
            (build / name).write_text(str(number))
        params = {name: one.get("default") for name, one in argument_spec().items()}
        given = {"bucket": "shop-uploads", "directory": str(build), "distribution": identity, "keep_days": 0.0, "keep_releases": 1}
        wish, problems = wish_of({**params, **given, "lock_wait": 0.0})
        assert problems == []
        aws = site.aws()
        synchronize(aws, wish, {"Account": ACCOUNT, "Arn": CALLER}, SystemClock(), check_mode=False)
        aws.close()


@pytest.fixture(scope="module")
def calls() -> set[str]:
    """The actions of all operations called during the whole life."""
    return set()


@pytest.fixture(scope="module")
def used(cloud: Cloud, calls: set[str], tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The actions checked during the whole life with exactly the policies."""
    site = Site(cloud)
    certificate = furnish(cloud)
    cloud.admin.policies(**documents(SCOPE, "s3_cdn"))
    cloud.admin.clear_requests()
    before: dict[str, Any] = {}
    for name, settings in life(certificate).items():
        if name == "change":
            publish(site, tmp_path_factory.mktemp("builds"))
        live(site, settings, before)
        assert denials(cloud) == [], name
        before = settings
    calls |= called(cloud)
    return checked(cloud)


def furnish(cloud: Cloud) -> str:
    """What others have: a certificate, a zone, and a distribution with an alias that is to be moved."""
    acm, cloudfront = cloud.client("acm", region="us-east-1"), cloud.client("cloudfront")
    certificate = str(acm.import_certificate(**self_signed(DOMAIN, f"*.{DOMAIN}"))["CertificateArn"])
    cloud.client("route53").create_hosted_zone(Name=DOMAIN, CallerReference="1")
    viewers = {"ACMCertificateArn": certificate, "SSLSupportMethod": "sni-only", "MinimumProtocolVersion": "TLSv1.2_2021"}
    other = config(Aliases=listed(f"old.{DOMAIN}"), ViewerCertificate=viewers)
    cloudfront.create_distribution(DistributionConfig=other)
    return certificate


def test_nothing_is_denied_and_no_action_is_too_much(used: set[str]) -> None:
    unneeded = sorted(granted(documents(SCOPE, "s3_cdn")["apply"]) - used - set(SELDOM))
    assert unneeded == [], ", ".join(unneeded)


def test_what_is_called_is_what_is_declared(used: set[str], calls: set[str]) -> None:
    assert sorted(calls - declared_by("s3_cdn")) == [], "called and not declared"
    uncalled = sorted(declared_by("s3_cdn") - calls - set(SELDOM))
    assert uncalled == [], f"declared, and called by no scenario: {', '.join(uncalled)}"


def test_buckets_of_others_cannot_be_changed(cloud: Cloud) -> None:
    cloud.admin.reset()
    theirs = Site(cloud, environment="other")
    theirs.apply(theirs.desired({"media": {}}))
    cloud.admin.policies(**documents(SCOPE, "s3_cdn"))
    s3, bucket = cloud.client("s3"), "other-storage-media"
    denied: list[tuple[str, dict[str, Any]]] = [
        ("delete_bucket", {}),
        ("get_bucket_policy", {}),
        ("list_object_versions", {}),
        ("put_bucket_versioning", {"VersioningConfiguration": {"Status": "Suspended"}}),
        ("delete_objects", {"Delete": {"Objects": [{"Key": "one"}]}}),
    ]
    for method, parameters in denied:
        with pytest.raises(ClientError, match="AccessDenied"):
            getattr(s3, method)(Bucket=bucket, **parameters)
    with pytest.raises(ClientError, match="AccessDenied"):
        s3.create_bucket(Bucket="shop-other", CreateBucketConfiguration={"LocationConstraint": REGION})

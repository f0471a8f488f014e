# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The policies generated for buckets suffice for their whole life, contain no unused action, and exclude the buckets of others."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from ansible_collections.mainstay.aws.plugins.module_utils.aws.grants import Scope
from ansible_collections.mainstay.aws.plugins.module_utils.aws.place import Place
from ansible_collections.mainstay.aws.plugins.module_utils.component.lock import held
from ansible_collections.mainstay.aws.plugins.module_utils.component.quota_reads import check
from ansible_collections.mainstay.aws.plugins.module_utils.component.unclaimed import look
from ansible_collections.mainstay.aws.plugins.module_utils.domains.s3_cdn.names import names
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.claims import find_conflicts
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.waiting import SystemClock, silent
from rehearsal.testing import Cloud
from tests.integration.permissions.scenarios import called, checked, declared_by, denials, documents, granted
from tests.integration.s3_cdn.support import ACCOUNT, ELSEWHERE, EVERYTHING, REGION, Site

KMS = {"encryption": {"algorithm": "kms"}}
CREATE: dict[str, Any] = {
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
    "logs": {},
}
CHANGE: dict[str, Any] = {
    "uploads": {**KMS, "name": "shop-uploads", "lifecycle": {"abort_uploads_days": 0, "noncurrent_days": 0}, "tags": {"a": "2"}},
    "copies": {**KMS, "region": ELSEWHERE},
    "logs": {},
}
LIFE: dict[str, dict[str, Any]] = {"create": CREATE, "change": CHANGE, "destroy": {}}
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

SERVICES = ("ec2", "iam", "kms", "s3", "servicequotas", "ssm", "sts", "tag")

PLACE = Place("prod", "storage", REGION, ACCOUNT)
SCOPE = Scope(PLACE, names=names(CREATE, "prod", "storage"))


@pytest.fixture(scope="module")
def cloud() -> Iterator[Cloud]:
    with Cloud(account_id=ACCOUNT, region=REGION) as started:
        yield started


def live(site: Site, buckets: dict[str, Any]) -> None:
    """One run, as the module makes it: quotas, the search for unclaimed resources, the lock, and the apply."""
    desired = site.desired(buckets or CREATE)
    aws = site.aws()
    try:
        wanted = desired if buckets else []
        plan = site.plan(wanted, purge=EVERYTHING)
        assert find_conflicts(plan, site.kinds(), aws) == []
        site.checked(plan)
        check(plan, site.kinds(), aws, REGION)
        look(aws, [site.component])
        with held(aws, "shared", "a test", SystemClock(), 0.0, silent):
            site.apply(wanted, EVERYTHING, EVERYTHING)
    finally:
        aws.close()


@pytest.fixture(scope="module")
def calls() -> set[str]:
    """The actions of all operations called during the buckets' life."""
    return set()


@pytest.fixture(scope="module")
def used(cloud: Cloud, calls: set[str]) -> set[str]:
    """The actions checked during the buckets' life with exactly the policies."""
    site = Site(cloud)
    cloud.admin.policies(**documents(SCOPE, "s3_cdn"))
    cloud.admin.clear_requests()
    for name, buckets in LIFE.items():
        if not buckets:
            cloud.admin.policies(apply=None)
            cloud.client("s3").put_object(Bucket="shop-uploads", Key="one", Body=b"1")
            cloud.admin.policies(**documents(SCOPE, "s3_cdn"))
        live(site, buckets)
        assert denials(cloud) == [], name
    calls |= called(cloud)
    return checked(cloud)


def of_buckets(actions: set[str]) -> set[str]:
    """Those of the services that buckets need: the role's policies serve distributions, web ACLs, and secret headers, too."""
    return {action for action in actions if action.partition(":")[0] in SERVICES}


def test_nothing_is_denied_and_no_action_is_too_much(used: set[str]) -> None:
    unneeded = sorted(of_buckets(granted(documents(SCOPE, "s3_cdn")["apply"])) - used - set(SELDOM))
    assert unneeded == [], ", ".join(unneeded)


def test_what_is_called_is_what_is_declared(used: set[str], calls: set[str]) -> None:
    assert sorted(calls - declared_by("s3_cdn") - {"s3:PutObject"}) == [], "called and not declared"
    uncalled = sorted(of_buckets(declared_by("s3_cdn")) - calls - set(SELDOM))
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

# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The policies generated for caches suffice for their whole life, contain no unused action, and exclude the caches of others."""

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
from ansible_collections.mainstay.aws.plugins.module_utils.domains.redis.names import names
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.waiting import SystemClock, silent
from rehearsal.testing import Cloud
from tests.integration.permissions.scenarios import called, checked, declared_by, denials, documents, granted
from tests.integration.redis.support import ACCOUNT, PURGE, REGION, Site

BASE: dict[str, Any] = {"node_type": "cache.t4g.small", "snapshots": {"retention_days": 1}}
USERS = {"app": {"access": "on ~app:* +@all"}, "reports": {"access": "on ~* +@read", "login": "iam"}}
LIFE: dict[str, dict[str, Any]] = {
    "create": {
        "main": {**BASE, "users": USERS, "parameters": {"timeout": "60"}, "tags": {"a": "1", "b": "1"}},
        "wide": {**BASE, "cluster_mode": "enabled", "shards": 2, "replicas": 2},
    },
    "change": {
        "main": {
            **BASE,
            "node_type": "cache.m7g.large",
            "users": {"app": {"access": "on ~other:* +@all", "rotation": "1"}},
            "logs": {"types": {"slow-log": "text"}, "retention_days": 7},
            "tags": {"a": "2"},
        },
        "wide": {**BASE, "cluster_mode": "enabled", "shards": 3, "replicas": 1},
    },
    "wider": {"main": {**BASE, "replicas": 2, "users": {"app": {"access": "on ~other:* +@all", "rotation": "1"}}}},
    "destroy": {},
}
SELDOM = {
    **dict.fromkeys(
        (
            *("ec2:DescribeNatGateways", "iam:GetOpenIDConnectProvider", "iam:ListOpenIDConnectProviders", "iam:ListRoleTags"),
            *("iam:ListRoles",),
        ),
        "asked about what no host of the inventory claims",
    ),
    "ssm:GetParameter": "asked when the reply to taking the run lock was lost",
    "servicequotas:ListServiceQuotas": "asked where a plan consumes several quotas of one service",
    "servicequotas:GetAWSDefaultServiceQuota": "asked where an account has no value of its own; in the rehearsal each has",
    "secretsmanager:RestoreSecret": "restores a secret that was deleted by hand, or with an earlier cache",
    "kms:UpdateAlias": "takes back an alias that was pointed elsewhere by hand",
    **dict.fromkeys(("kms:PutKeyPolicy", "kms:UpdateKeyDescription", "secretsmanager:UpdateSecret"), "corrects what was changed by hand"),
    **dict.fromkeys(
        ("logs:DescribeResourcePolicies", "logs:PutResourcePolicy"),
        "AWS asks for them when ElastiCache's first logs are delivered; the rehearsal does not",
    ),
    **dict.fromkeys(("elasticache:ModifyCacheSubnetGroup",), "for other subnets"),
    "kms:ScheduleKeyDeletion": "for a key that no snapshot needs",
    **dict.fromkeys(("logs:AssociateKmsKey",), "gives a log group its key back that was taken away by hand"),
}
"""Actions that no scenario needs."""

PLACE = Place("prod", "cache", REGION, ACCOUNT)
SCOPE = Scope(PLACE, names=names(LIFE["create"], "prod", "cache"))


@pytest.fixture(scope="module")
def cloud() -> Iterator[Cloud]:
    with Cloud(account_id=ACCOUNT, region=REGION) as started:
        yield started


def live(site: Site, caches: dict[str, Any]) -> None:
    """One run, as the module makes it: questions, quotas, the search for unclaimed resources, the lock, and the apply."""
    desired = site.desired(caches) if caches else []
    if not caches:
        site.domain_of(None, state="absent")
    plan = site.plan(desired, purge=PURGE)
    site.checked(plan)
    aws = site.aws()
    try:
        check(plan, site.kinds(), aws, REGION)
        look(aws, [site.component])
        with held(aws, "shared", "a test", SystemClock(), 0.0, silent):
            site.apply(desired, purge=PURGE)
    finally:
        aws.close()


@pytest.fixture(scope="module")
def calls() -> set[str]:
    """The actions of all operations called during the caches' life."""
    return set()


@pytest.fixture(scope="module")
def used(cloud: Cloud, calls: set[str]) -> set[str]:
    """The actions checked during the caches' life with exactly the policies."""
    site = Site(cloud)
    site.net()
    cloud.admin.policies(**documents(SCOPE, "redis"))
    cloud.admin.clear_requests()
    for name, caches in LIFE.items():
        live(site, caches)
        assert denials(cloud) == [], name
    calls |= called(cloud)
    return checked(cloud)


def test_nothing_is_denied_and_no_action_is_too_much(used: set[str]) -> None:
    unneeded = sorted(granted(documents(SCOPE, "redis")["apply"]) - used - set(SELDOM))
    assert unneeded == [], ", ".join(unneeded)


def test_what_is_called_is_what_is_declared(used: set[str], calls: set[str]) -> None:
    assert sorted(calls - declared_by("redis")) == [], "called and not declared"
    uncalled = sorted(declared_by("redis") - calls - set(SELDOM))
    assert uncalled == [], f"declared, and called by no scenario: {', '.join(uncalled)}"


def test_the_caches_of_others_cannot_be_touched(cloud: Cloud) -> None:
    cloud.admin.reset()
    theirs = Site(cloud, environment="other")
    theirs.apply(theirs.desired({"main": {**BASE, "multi_az": False}}))
    cloud.admin.policies(**documents(SCOPE, "redis"))
    cache = cloud.client("elasticache")
    denied: list[tuple[str, dict[str, Any]]] = [
        ("modify_replication_group", {"ReplicationGroupId": "other-main", "SnapshotRetentionLimit": 0}),
        ("delete_replication_group", {"ReplicationGroupId": "other-main"}),
        ("increase_replica_count", {"ReplicationGroupId": "other-main", "NewReplicaCount": 1, "ApplyImmediately": True}),
        ("delete_cache_subnet_group", {"CacheSubnetGroupName": "other-main-subnets"}),
    ]
    for method, parameters in denied:
        with pytest.raises(ClientError, match="AccessDenied"):
            getattr(cache, method)(**parameters)

# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The modules as users run them: a cache in plain text is adopted, gets TLS in two runs and then a token, and is looked up."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rehearsal.testing import Cloud
from tests.integration.module_runs import ModuleRuns

from .support import ACCOUNT, REGION, Site

OWNER = {"environment": "prod", "component": "cache", "region": REGION, "expected_account_id": ACCOUNT}
FAST = {"poll_interval": 0.05, "settle_seconds": 1.0}


def by_hand(site: Site) -> None:
    """A group without TLS and without encryption, as many were made."""
    cache = site.cloud.client("elasticache")
    cache.create_cache_subnet_group(CacheSubnetGroupName="legacy", CacheSubnetGroupDescription="x", SubnetIds=site.net()["subnet_ids"])
    cache.create_replication_group(
        ReplicationGroupId="legacy",
        ReplicationGroupDescription="x",
        Engine="redis",
        EngineVersion="7.1",
        CacheNodeType="cache.t3.medium",
        NumCacheClusters=2,
        AutomaticFailoverEnabled=True,
        CacheSubnetGroupName="legacy",
        SecurityGroupIds=site.net()["security_group_ids"],
    )


def test_a_cache_in_plain_text_is_taken_over_and_secured_step_by_step(site: Site, cloud: Cloud, tmp_path: Path) -> None:
    by_hand(site)
    runs = ModuleRuns(cloud, tmp_path)
    adopt = {"replication_group.main": "legacy", "cache_subnet_group.main": "legacy"}
    base = {
        "identifier": "legacy",
        "engine": "redis",
        "version": "7.1",
        "node_type": "cache.t3.medium",
        "at_rest": "none",
        "snapshots": {"retention_days": 1},
    }

    def call(**more: Any) -> dict[str, Any]:
        given = {**OWNER, **FAST, "network": site.net(), "adopt": adopt, "caches": {"main": {**base, **more}}}
        return runs.run_module("elasticache_redis", given, "apply")

    first = call(tls="preferred", auth="none")
    assert not first.get("failed"), first
    assert "not encrypted at rest" in str(first)
    group = site.group("legacy")
    assert (group["TransitEncryptionMode"], group["MultiAZ"], len(group["MemberClusters"])) == ("preferred", "enabled", 2)
    second = call()
    assert not second.get("failed"), second
    token = site.secret("token")
    assert token not in str(first) + str(second)
    assert [site.answer(identifier="legacy"), site.answer(token, identifier="legacy")] == ["NOAUTH", "PONG"]
    third = call()
    assert (third["changed"], third.get("failed")) == (False, None), third
    info = runs.run_module("elasticache_redis_info", {**OWNER}, "plan")
    found = info["outputs"]["caches"]["main"]
    assert (found["identifier"], found["host"]) == ("legacy", group["NodeGroups"][0]["PrimaryEndpoint"]["Address"])
    assert found["token_secret_arn"]

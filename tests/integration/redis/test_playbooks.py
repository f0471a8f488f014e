# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A cache from site.yml to destroy.yml: planned from nothing, created, left alone, alone with --limit and --tags, put right, removed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.integration.conftest import CloudFor
from tests.integration.eks_operations.site import Site
from tests.integration.eks_operations.support import ACCOUNT, REGION
from tests.integration.site import Requests

CACHES: dict[str, Any] = {"main": {"node_type": "cache.t4g.small", "snapshots": {"retention_days": 7}}}


@pytest.fixture(scope="module")
def site(cloud_for: CloudFor, tmp_path_factory: pytest.TempPathFactory) -> Site:
    """The tests of this module follow each other."""
    cloud = cloud_for(account_id=ACCOUNT, region=REGION, settings={"control_planes": False})
    made = Site(cloud, Path(tmp_path_factory.mktemp("life")), {"vpc": ["network"], "redis": ["cache"]})
    made.variables |= {"redis_caches": CACHES}
    return made


def token(site: Site) -> str:
    text = site.cloud.client("secretsmanager").get_secret_value(SecretId="/mainstay/prod/cache/main/token")["SecretString"]
    return str(json.loads(text)["password"])


def group(site: Site) -> dict[str, Any]:
    found: dict[str, Any] = site.cloud.client("elasticache").describe_replication_groups(ReplicationGroupId="prod-main")[
        "ReplicationGroups"
    ][0]
    return found


def test_a_cache_is_planned_from_nothing_and_created(site: Site) -> None:
    requests = Requests(site.cloud)
    planned = site.must("site.yml", "--check", "--diff")
    assert requests.changes() == []
    assert planned.says("replication_group.main"), planned.text
    done = site.must("site.yml", "--diff")
    assert token(site) not in planned.text + done.text
    found = group(site)
    subnets = site.cloud.client("elasticache").describe_cache_subnet_groups(CacheSubnetGroupName="prod-main-subnets")
    assert len(subnets["CacheSubnetGroups"][0]["Subnets"]) > 1
    assert (found["Status"], found["MultiAZ"], found["TransitEncryptionMode"]) == ("available", "enabled", "required")


def test_a_second_run_changes_nothing_also_alone(site: Site) -> None:
    """Alone, the network comes from AWS by tags."""
    requests = Requests(site.cloud)
    for arguments in ((), ("--limit", "cache"), ("--tags", "redis")):
        done = site.must("site.yml", *arguments)
        assert site.summary()["result"] == "no_changes", done.text
    assert requests.changes() == []


def test_a_wrong_variable_fails_before_the_first_call(site: Site) -> None:
    requests = Requests(site.cloud)
    wrong = {"main": {**CACHES["main"], "replicas": 0, "az_mode": "cross-az", "tls": "off"}}
    failed = site.run("site.yml", "--limit", "cache", "--extra-vars", json.dumps({"redis_caches": wrong}))
    assert failed.code != 0
    for said in ("redis_caches.main.multi_az is true (the default in prod)", "AZ modes are for Memcached alone", "tls is 'off'"):
        assert failed.says(said), failed.text
    assert requests.changes() == []


def test_what_was_changed_by_hand_is_put_right(site: Site) -> None:
    site.cloud.client("elasticache").modify_replication_group(
        ReplicationGroupId="prod-main", SnapshotRetentionLimit=1, ApplyImmediately=True
    )
    done = site.must("site.yml", "--limit", "cache", "--diff")
    assert done.says("snapshot_retention_limit"), done.text
    assert group(site)["SnapshotRetentionLimit"] == 7


def test_destroying_leaves_a_snapshot_and_its_key(site: Site) -> None:
    cache = site.cloud.client("elasticache")
    done = site.must("playbooks/destroy.yml", "--extra-vars", "destroy=prod")
    assert done.says("a final snapshot of prod-main is kept"), done.text
    assert cache.describe_replication_groups()["ReplicationGroups"] == []
    (snapshot,) = cache.describe_snapshots(SnapshotSource="manual")["Snapshots"]
    key = site.cloud.client("kms").describe_key(KeyId=snapshot["KmsKeyId"])["KeyMetadata"]
    assert key["KeyState"] == "Enabled"

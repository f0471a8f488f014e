# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What boto3 says of an inventory's caches, and what must be true of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any


@dataclass(frozen=True)
class CacheState:
    client: Callable[..., Any]

    @cached_property
    def groups(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.client("elasticache").describe_replication_groups()["ReplicationGroups"]
        return found

    @property
    def only(self) -> dict[str, Any]:
        (found,) = self.groups
        return found


Check = Callable[[CacheState], None]


def encrypted_redis(state: CacheState) -> None:
    one = state.only
    assert one["Engine"] == "redis"
    assert (one["TransitEncryptionMode"], one["AtRestEncryptionEnabled"]) == ("required", True)
    assert one["UserGroupIds"] == [f"users-{one['ReplicationGroupId']}"]


def cluster_mode(state: CacheState) -> None:
    assert state.only["ClusterEnabled"]
    assert state.only["ConfigurationEndpoint"]["Address"]


def survives_a_zone(state: CacheState) -> None:
    one = state.only
    assert (one["MultiAZ"], one["AutomaticFailover"]) == ("enabled", "enabled")
    for shard in one["NodeGroups"]:
        assert len({node["PreferredAvailabilityZone"] for node in shard["NodeGroupMembers"]}) > 1


def node_type(name: str) -> Check:
    def check(state: CacheState) -> None:
        assert state.only["CacheNodeType"] == name

    return check


def named(name: str) -> Check:
    def check(state: CacheState) -> None:
        assert state.only["ReplicationGroupId"] == name

    return check

# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The quotas that caches consume. Codes and defaults come from AWS Service Quotas."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ....aws.connection import Aws
from ....aws.quotas import REGION, Count


def _nodes(aws: Aws, _scopes: Sequence[str]) -> Mapping[str, int]:
    clusters = aws.list_all("elasticache", "describe_cache_clusters", "CacheClusters")
    return {REGION: sum(int(one.get("NumCacheNodes") or 1) for one in clusters)}


def _takes(properties: Mapping[str, Any]) -> int:
    """The nodes of a replication group: each shard has a primary beside its replicas."""
    return sum(1 + int(number) for number in (properties.get("shards") or {"0001": 0}).values())


NODES = Count("elasticache", "L-DFE45DF3", "Nodes per Region", 300, _nodes, takes=_takes)

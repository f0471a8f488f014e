"""The log group of a control plane. EKS makes it whenever it has something to log and the group is not there: also again after somebody
has deleted it, and once more with the last words of a cluster that has just gone."""

from __future__ import annotations

import time
from typing import Any

from rehearsal.registry import backend

LAST_WORDS_WITHIN = 60.0
"""For so many seconds after a cluster has gone its last words may bring its log group back, once."""


def group_of(name: str) -> str:
    return f"/aws/eks/{name}/cluster"


def logs_anything(cluster: Any) -> bool:
    return any(entry["enabled"] and entry["types"] for entry in cluster.logging["clusterLogging"])


def write(account_id: str, region: str, name: str) -> bool:
    """Has a log group be there, without retention, key or tags if EKS must make it; whether it had to."""
    logs = backend("logs", account_id, region)
    if group_of(name) in logs.groups:
        return False
    logs.create_log_group(group_of(name), {})
    return True


def leave(eks: Any, cluster: Any) -> None:
    """Notes that a cluster which logged has gone."""
    if logs_anything(cluster):
        eks.__dict__.setdefault("rehearsal_last_words", {})[cluster.name] = time.monotonic()


def settle(eks: Any, account_id: str, region: str) -> None:
    """What clusters have logged since anybody looked, the living and those that have just gone."""
    for cluster in eks.clusters.values():
        if logs_anything(cluster):
            write(account_id, region, cluster.name)
    gone: dict[str, float] = eks.__dict__.get("rehearsal_last_words", {})
    for name, moment in list(gone.items()):
        late = time.monotonic() - moment > LAST_WORDS_WITHIN
        if late or name in eks.clusters or write(account_id, region, name):
            del gone[name]

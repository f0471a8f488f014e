"""The log group of a control plane. EKS creates it whenever it has something to log and the group does not exist: also after a user deletes
it, and once more for the final log entries of a deleted cluster.
"""

from __future__ import annotations

import time
from typing import Any

from rehearsal.registry import backend

LAST_WORDS_WITHIN = 60.0
"""For this many seconds after a cluster is deleted, its final log entries can recreate the log group, once."""


def group_of(name: str) -> str:
    return f"/aws/eks/{name}/cluster"


def logs_anything(cluster: Any) -> bool:
    return any(entry["enabled"] and entry["types"] for entry in cluster.logging["clusterLogging"])


def write(account_id: str, region: str, name: str) -> bool:
    """Ensures that a log group exists; one that EKS creates has no retention, key, or tags. Returns whether it created the group."""
    logs = backend("logs", account_id, region)
    if group_of(name) in logs.groups:
        return False
    logs.create_log_group(group_of(name), {})
    return True


def leave(eks: Any, cluster: Any) -> None:
    """Records the deletion of a cluster that had logging enabled."""
    if logs_anything(cluster):
        eks.__dict__.setdefault("rehearsal_last_words", {})[cluster.name] = time.monotonic()


def settle(eks: Any, account_id: str, region: str) -> None:
    """Writes the pending log entries of existing and recently deleted clusters."""
    for cluster in eks.clusters.values():
        if logs_anything(cluster):
            write(account_id, region, cluster.name)
    gone: dict[str, float] = eks.__dict__.get("rehearsal_last_words", {})
    for name, moment in list(gone.items()):
        late = time.monotonic() - moment > LAST_WORDS_WITHIN
        if late or name in eks.clusters or write(account_id, region, name):
            del gone[name]

"""Whether the pods of a cluster have a network: without one no node becomes ready."""

from __future__ import annotations

from typing import Any

NETWORK_ADDON = "vpc-cni"
ABSENT = ("DELETING", "CREATE_FAILED")


def has_networking(cluster: Any) -> bool:
    """True with the add-on vpc-cni, or where EKS installs its own CNI (bootstrapSelfManagedAddons, the default of CreateCluster)."""
    if cluster.__dict__.get("rehearsal_bootstrapped", True):
        return True
    addon = cluster.__dict__.get("rehearsal_addons", {}).get(NETWORK_ADDON)
    return addon is not None and addon.status not in ABSENT

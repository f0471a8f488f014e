"""Lists of what is in a cluster need the cluster: moto breaks where AWS says that there is none."""

from __future__ import annotations

from rehearsal.extensions.eks_common import cluster_of
from rehearsal.registry import Call, refuses


@refuses("eks", "ListNodegroups")
def no_cluster_to_list_nodegroups_of(call: Call) -> None:
    cluster_of(call)


@refuses("eks", "ListFargateProfiles")
def no_cluster_to_list_profiles_of(call: Call) -> None:
    cluster_of(call)

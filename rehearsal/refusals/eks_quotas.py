"""EKS quotas. Unlimited unless the settings limit them; `services/eks.py` has their names and AWS's defaults."""

from __future__ import annotations

from rehearsal.extensions.eks_common import cluster_of
from rehearsal.registry import Call, refuses
from rehearsal.replies import Refusal

CODE = "ResourceLimitExceededException"


@refuses("eks", "CreateCluster")
def clusters(call: Call) -> None:
    limit = call.settings.quotas.get("eks_clusters")
    if limit is not None and len(call.backend.clusters) >= limit:
        raise Refusal(CODE, f"Cluster limit exceeded: the quota is {limit}")


@refuses("eks", "CreateNodegroup")
def node_groups(call: Call) -> None:
    limit = call.settings.quotas.get("managed_node_groups_per_cluster")
    if limit is not None and len(cluster_of(call).nodegroups) >= limit:
        raise Refusal(CODE, f"Nodegroup limit exceeded: the quota is {limit}")

"""EKS."""

from __future__ import annotations

from rehearsal.declarations import Listing, Quota, Service, Transition

COMES_AND_GOES = {"ACTIVE": "CREATING", "DELETED": "DELETING"}

SERVICE = Service(
    "eks",
    transitions=(
        Transition("eks_cluster", "moto.eks.models:Cluster", "status", COMES_AND_GOES),
        Transition("eks_addon", "rehearsal.extensions.eks_addons:Addon", "status", COMES_AND_GOES),
        Transition("eks_nodegroup", "moto.eks.models:Nodegroup", "status", COMES_AND_GOES),
        Transition("eks_fargate_profile", "moto.eks.models:FargateProfile", "status", COMES_AND_GOES),
    ),
    listings=(
        Listing("CreateCluster", "cluster.name", "ListClusters", ("clusters", "")),
        Listing(
            "CreatePodIdentityAssociation",
            "association.associationId",
            "ListPodIdentityAssociations",
            ("associations", "associationId"),
        ),
    ),
    quotas={
        "eks_clusters": Quota("eks", "L-1194D53C", "Clusters", 100),
        "managed_node_groups_per_cluster": Quota("eks", "L-6D54EA21", "Managed node groups per cluster", 30),
    },
    idempotency_mismatch="InvalidParameterException",
    condition_keys=frozenset({"eks:accessentrytype", "eks:accessscope", "eks:clustername", "eks:policyarn", "eks:principalarn"}),
)

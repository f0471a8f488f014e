"""Amazon MSK: clusters, their configurations, and topics are described and change as on AWS; no Kafka runs."""

from __future__ import annotations

from rehearsal.declarations import Listing, Service, Throttled, Transition

RECORD = "rehearsal.extensions.kafka_record"

SERVICE = Service(
    "kafka",
    transitions=(Transition("msk_cluster", f"{RECORD}:Cluster", "status", {"ACTIVE": "CREATING"}),),
    listings=(
        Listing("CreateClusterV2", "ClusterArn", "ListClustersV2", ("ClusterInfoList", "ClusterArn")),
        Listing("CreateConfiguration", "Arn", "ListConfigurations", ("Configurations", "Arn")),
    ),
    throttled=Throttled("TooManyRequestsException", "Rate exceeded", 429),
    changes=frozenset({"BatchAssociateScramSecret", "BatchDisassociateScramSecret"}),
)

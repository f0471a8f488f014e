"""Amazon MQ: brokers of RabbitMQ, whose changes wait for a reboot or for the maintenance window."""

from __future__ import annotations

from rehearsal.declarations import Listing, Service, Throttled, Transition

RECORD = "rehearsal.extensions.mq_record"

SERVICE = Service(
    "mq",
    transitions=(Transition("mq_broker", f"{RECORD}:Broker", "status", {"RUNNING": "CREATION_IN_PROGRESS"}),),
    listings=(
        Listing("CreateBroker", "BrokerId", "ListBrokers", ("BrokerSummaries", "BrokerId")),
        Listing("CreateConfiguration", "Id", "ListConfigurations", ("Configurations", "Id")),
    ),
    throttled=Throttled("TooManyRequestsException", "Rate exceeded", 429),
    changes=frozenset({"Promote"}),
)

"""SQS. AWS publishes no rates for the calls that create and change queues."""

from __future__ import annotations

from rehearsal.declarations import Listing, Service, Throttled

SERVICE = Service(
    "sqs",
    listings=(Listing("CreateQueue", "QueueUrl", "ListQueues", ("QueueUrls", "")),),
    throttled=Throttled("RequestThrottled", "Request is throttled.", 403),
)

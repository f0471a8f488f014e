"""SNS. The rates are those of "Amazon SNS endpoints and quotas" in the AWS General Reference; they differ by region."""

from __future__ import annotations

from rehearsal.declarations import Listing, Service, Throttled

SERVICE = Service(
    "sns",
    listings=(Listing("CreateTopic", "TopicArn", "ListTopics", ("Topics", "TopicArn")),),
    rates={
        "ListTopics": (30, 30),
        "ListSubscriptions": (30, 30),
        "ListSubscriptionsByTopic": (30, 30),
        "Subscribe": (100, 100),
        "Unsubscribe": (100, 100),
    },
    throttled=Throttled("Throttling", "Rate exceeded"),
)

"""Service Quotas itself; its rates are among its own quotas."""

from __future__ import annotations

from rehearsal.declarations import Service, Throttled

SERVICE = Service(
    "service-quotas",
    action_prefix="servicequotas",
    rates={
        "read": (10, 5),
        "ListServiceQuotas": (20, 10),
        "ListAWSDefaultServiceQuotas": (20, 10),
    },
    throttled=Throttled("TooManyRequestsException"),
)

"""Route 53: a global service."""

from __future__ import annotations

from rehearsal.declarations import Listing, Service, Throttled

SERVICE = Service(
    "route53",
    regional=False,
    listings=(
        Listing("CreateHealthCheck", "HealthCheck.Id", "ListHealthChecks", ("HealthChecks", "Id")),
        Listing("CreateHostedZone", "HostedZone.Id", "ListHostedZones", ("HostedZones", "Id")),
    ),
    condition_keys=frozenset({"route53:changeresourcerecordsetsnormalizedrecordnames", "route53:changeresourcerecordsetsrecordtypes"}),
    throttled=Throttled("Throttling", "Rate exceeded"),
)

"""Route 53: a global service."""

from __future__ import annotations

from rehearsal.declarations import Listing, Service, Throttled

SERVICE = Service(
    "route53",
    regional=False,
    listings=(Listing("CreateHostedZone", "HostedZone.Id", "ListHostedZones", ("HostedZones", "Id")),),
    throttled=Throttled("Throttling", "Rate exceeded"),
)

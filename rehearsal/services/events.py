"""EventBridge. AWS publishes no rates for calls that concern rules in general."""

from __future__ import annotations

from rehearsal.declarations import Listing, Service

SERVICE = Service("events", listings=(Listing("PutRule", "input:Name", "ListRules", ("Rules", "Name")),))

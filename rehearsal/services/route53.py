"""Route 53: one for all regions."""

from __future__ import annotations

from rehearsal.declarations import Service

SERVICE = Service("route53", regional=False)

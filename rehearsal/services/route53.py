"""Route 53: a global service."""

from __future__ import annotations

from rehearsal.declarations import Service

SERVICE = Service("route53", regional=False)

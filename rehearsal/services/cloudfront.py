"""CloudFront: a global service."""

from __future__ import annotations

from rehearsal.declarations import Service

SERVICE = Service("cloudfront", regional=False)

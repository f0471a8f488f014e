"""The quotas that the cloud can enforce, by the names that the settings know. Each is declared in its service's file in `services/`."""

from __future__ import annotations

from collections.abc import Mapping

from rehearsal.declarations import Quota, collected

QUOTAS: Mapping[str, Quota] = dict(sorted(collected("quota", lambda service: service.quotas.items()).items()))

UNLIMITED = 1_000_000
"""What Service Quotas says of a quota that the settings do not limit: as if the account had been given that much."""

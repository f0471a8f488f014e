"""The quotas that the cloud can enforce, by their names in settings. Each is declared in its service's file in `services/`."""

from __future__ import annotations

from collections.abc import Mapping

from rehearsal.declarations import Quota, collected

QUOTAS: Mapping[str, Quota] = dict(sorted(collected("quota", lambda service: service.quotas.items()).items()))

UNLIMITED = 1_000_000
"""The value that Service Quotas reports for a quota without a limit in the settings: as if the account had been granted that much."""

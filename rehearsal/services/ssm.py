"""Systems Manager: parameters."""

from __future__ import annotations

from rehearsal.declarations import Service

SERVICE = Service("ssm", condition_keys=frozenset({"ssm:overwrite"}))

"""ECS: a client token that comes again with other parameters has an error of its own."""

from __future__ import annotations

from rehearsal.declarations import Service

SERVICE = Service("ecs", idempotency_mismatch="ConflictException")

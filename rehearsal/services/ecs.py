"""ECS: reusing a client token with different parameters has its own error code."""

from __future__ import annotations

from rehearsal.declarations import Service

SERVICE = Service("ecs", idempotency_mismatch="ConflictException")

"""Secrets Manager: reusing a client token with different parameters has its own error code."""

from __future__ import annotations

from rehearsal.declarations import Service

SERVICE = Service("secretsmanager", idempotency_mismatch="ResourceExistsException")

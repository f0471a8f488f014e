"""Athena: queries make no lasting changes."""

from __future__ import annotations

from rehearsal.declarations import Service

SERVICE = Service("athena", reads=frozenset({"StartQueryExecution", "StopQueryExecution"}))

"""Real PostgreSQL servers behind the emulated RDS instances; `fleet.py` is the entry point."""

from __future__ import annotations


class PostgresError(Exception):
    """A server could not be started, copied, or changed; the message says why and shows its last output."""

"""Real Valkey servers behind the emulated ElastiCache replication groups; `fleet.py` is the entry point."""

from __future__ import annotations


class ValkeyError(Exception):
    """A server could not be started or changed; the message says why and shows its last output."""

"""Kubernetes in the rehearsal: real control planes with simulated nodes and pods."""

from __future__ import annotations

# The minor versions that one API server can emulate: its own, and the three before it.
VERSIONS = ("1.33", "1.34", "1.35", "1.36")

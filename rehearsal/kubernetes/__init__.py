"""The Kubernetes of the rehearsal: real control planes whose nodes and pods are played."""

from __future__ import annotations

# The minor versions that one API server can play: its own, and the three before it.
VERSIONS = ("1.33", "1.34", "1.35", "1.36")

"""States of distributions and invalidations that take time."""

from __future__ import annotations

from rehearsal.registry import adjusts
from rehearsal.transitions import install


@adjusts("cloudfront")
def take_time() -> None:
    install("cloudfront")

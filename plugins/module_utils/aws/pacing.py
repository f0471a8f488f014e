# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""How fast one process calls: at full speed, until AWS throttles a call.

AWS limits how often an account may call each operation in a region, and everything that runs in the account draws on the same allowance.
Its size is not known in advance. A refusal slows this process's calls of that operation; each answer lets them speed up again.
"""

from __future__ import annotations

import random
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass

LONGEST_INTERVAL = 12.0
"""The longest interval between two calls of an operation, in seconds."""

FIRST_INTERVAL = 0.4
SLOWER, FASTER = 2.0, 0.8
"""Factors for the interval after a refusal and after an answer."""

UNNOTICEABLE = 0.1
"""An interval shorter than this counts as zero."""

ROUNDING = 1e-6


@dataclass
class _Speed:
    """The pace of one operation. Times are seconds of the clock."""

    interval: float = 0.0
    next_at: float = 0.0
    slowed_at: float = float("-inf")
    refused_at: float = float("-inf")
    refused_since: float = 0.0


class Pacing:
    """The pace of one process, by operation. Safe for use from many threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self._speeds: defaultdict[str, _Speed] = defaultdict(_Speed)
        self._lock = threading.Lock()

    def turn(self, operation: str) -> float:
        """0 if a call may be sent now, otherwise the seconds to wait before asking again."""
        with self._lock:
            speed, now = self._speeds[operation], self.clock()
            if speed.interval and now < speed.next_at - ROUNDING:
                return speed.next_at - now
            speed.next_at = now + speed.interval
            return 0.0

    def refused(self, operation: str, sent_at: float) -> float:
        """Record a call throttled after it was sent at this time; returns for how many seconds every call of the operation has been.

        Parallel calls that were sent before the pace slowed down count as one refusal.
        """
        with self._lock:
            speed, now = self._speeds[operation], self.clock()
            if now - speed.refused_at > 2 * LONGEST_INTERVAL:
                speed.refused_since = now
            speed.refused_at = now
            if sent_at >= speed.slowed_at:
                speed.interval = min(LONGEST_INTERVAL, max(FIRST_INTERVAL, speed.interval * SLOWER))
                speed.slowed_at = now
                speed.next_at = now + speed.interval * random.uniform(0.5, 1.0)  # noqa: S311 - jitter, not cryptography
            return now - speed.refused_since

    def answered(self, operation: str) -> None:
        """Record that a call was not throttled, whatever its result."""
        with self._lock:
            speed = self._speeds[operation]
            speed.refused_at = float("-inf")
            speed.interval *= FASTER
            if speed.interval < UNNOTICEABLE:
                speed.interval = 0.0

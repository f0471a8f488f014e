# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Progress of a snapshot while the gate waits: its rate, an estimate, and whether it has stalled. Seconds are of the monotonic clock."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Progress:
    """The percentages that RDS has reported. ``stall``: seconds without any advance after which the snapshot counts as stalled."""

    began: float
    stall: float
    seen: list[tuple[float, int]] = field(default_factory=list)

    def report(self, now: float, percent: int) -> None:
        """Record one reading. Only advances count."""
        if not self.seen or percent > self.seen[-1][1]:
            self.seen.append((now, percent))

    @property
    def percent(self) -> int:
        return self.seen[-1][1] if self.seen else 0

    @property
    def rate(self) -> float | None:
        """Percent per minute between the first and the last advance; None while there has been none."""
        if len(self.seen) < 2:
            return None
        (first, low), (last, high) = self.seen[0], self.seen[-1]
        return 60.0 * (high - low) / (last - first) if last > first else None

    def left(self, now: float) -> float | None:
        """Estimated seconds until it is complete."""
        rate = self.rate
        if not rate:
            return None
        return max(0.0, 60.0 * (100 - self.percent) / rate - (now - self.seen[-1][0]))

    def quiet(self, now: float) -> float:
        """Seconds since the last advance."""
        return now - (self.seen[-1][0] if self.seen else self.began)

    def is_stalled(self, now: float) -> bool:
        return self.quiet(now) >= self.stall

    def sentence(self, now: float) -> str:
        """For people: 40 %, 12.5 % a minute, about 5 min left."""
        rate, left = self.rate, self.left(now)
        if rate is None or left is None:
            return f"{self.percent} %"
        return f"{self.percent} %, {rate:.1f} % a minute, about {minutes(left)} left"


def minutes(seconds: float) -> str:
    """A duration for people."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"

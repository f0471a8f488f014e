# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The bake: keep watching pods and metrics for a while after a rollout has completed successfully."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from .metrics import Judged, Measurement, Metric, Reading, bad_before, extends, judge_at_end, judge_so_far, measure, window, window_before
from .plan import Bake, Ending

Ask = Callable[[Metric, tuple[datetime, datetime]], Reading]


@dataclass
class Followed:
    """One metric and its measurements during the bake."""

    metric: Metric
    baseline: Reading
    due: float
    measurements: list[Measurement] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        rows = [{"outcome": found.outcome, "value": found.value, "text": found.text} for found in self.measurements]
        return {"name": self.metric.name, "measurements": rows[-20:]}


class Baking:
    """``began`` and ``rollout_began``: the API server's clock at the end and at the start of the rollout."""

    def __init__(self, bake: Bake, metrics: tuple[Metric, ...], ask: Ask, began: datetime, rollout_began: datetime, now: float) -> None:
        self._bake, self._ask = bake, ask
        self._from = began + timedelta(seconds=bake.initial_delay)
        self._ends = now + bake.initial_delay + bake.duration
        self._latest = now + bake.longest
        first = now + bake.initial_delay
        self.followed = [Followed(metric, self._before(metric, rollout_began), first + metric.interval) for metric in metrics]

    def _before(self, metric: Metric, rollout_began: datetime) -> Reading:
        return self._ask(metric, window_before(metric, rollout_began, self._bake.duration))

    def begin(self) -> Ending | None:
        """End the bake if a metric was already bad before the rollout: it proves nothing about this one."""
        for one in self.followed:
            if said := bad_before(one.metric, one.baseline):
                return self._ending(Judged("inconclusive", said), "already_bad")
        return None

    def step(self, now: float, server_now: datetime) -> Ending | None:
        """Take the measurements that are due. Return an ending as soon as one is certain; "success" at the end of the bake."""
        last = now >= self._ends
        for one in self.followed:
            if now < one.due and not last:
                continue
            one.due = now + one.metric.interval
            if (span := window(one.metric, self._from, server_now)) is not None:
                one.measurements.append(measure(self._ask(one.metric, span), one.metric, one.baseline))
            judged = judge_so_far(one.metric, one.measurements)
            if judged.outcome is not None:
                return self._ending(judged, f"metric_{judged.outcome}")
        return self._finish(now) if last else None

    def _finish(self, now: float) -> Ending | None:
        for one in self.followed:
            judged = judge_at_end(one.metric, one.measurements)
            if extends(one.metric, judged) and now < self._latest:
                return None
            if judged.outcome != "success":
                return self._ending(judged, "metric_no_data" if judged.outcome == "inconclusive" else f"metric_{judged.outcome}")
        return Ending("success", "baked", "", "bake")

    def wake(self, now: float) -> float:
        """Seconds until the next measurement or the end of the bake."""
        return max(0.0, min([self._ends if now < self._ends else now + 1.0, *(one.due for one in self.followed)]) - now)

    def _ending(self, judged: Judged, code: str) -> Ending:
        return Ending(judged.outcome or "error", code, f"Metric {judged.text}.", "bake")

    def as_list(self) -> list[Mapping[str, Any]]:
        return [one.as_dict() for one in self.followed]

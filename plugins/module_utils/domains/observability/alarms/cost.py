# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What alarms and dashboards cost in a month, so that a plan can say it. Pure functions.

List prices of us-east-1 in November 2026, in US dollars a month (Amazon CloudWatch pricing): other regions differ by some percent, and the
free tier of ten alarms and three dashboards per account is not deducted, since other environments may use it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from .model import Alarm, AnyAlarm

PER_METRIC, PER_FAST_METRIC, PER_COMPOSITE, PER_DASHBOARD = 0.10, 0.30, 0.50, 3.00
"""An alarm costs its price for each metric that it reads; one with a period under a minute is fast."""


@dataclass(frozen=True)
class Cost:
    metric_alarms: int
    metrics: int
    composite_alarms: int
    dashboards: int
    dollars: float

    def sentence(self) -> str:
        return (
            f"{self.metric_alarms} metric alarms over {self.metrics} metrics, {self.composite_alarms} composite alarms, and "
            f"{self.dashboards} dashboards: about {self.dollars:.2f} USD a month at list price"
        )


def metrics_of(alarm: Alarm) -> int:
    """The metrics that CloudWatch charges for: those that the alarm reads, not its expressions."""
    return sum(1 for one in alarm.metrics if one.metric is not None)


def cost(alarms: Iterable[AnyAlarm], dashboards: Collection[object] = ()) -> Cost:
    listed = list(alarms)
    single = [one for one in listed if isinstance(one, Alarm)]
    composites = len(listed) - len(single)
    dollars = sum(metrics_of(one) * (PER_FAST_METRIC if one.period < 60 else PER_METRIC) for one in single)
    dollars += composites * PER_COMPOSITE + len(dashboards) * PER_DASHBOARD
    return Cost(len(single), sum(metrics_of(one) for one in single), composites, len(dashboards), round(dollars, 2))

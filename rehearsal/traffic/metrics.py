"""Request metrics of load balancers with the names and dimensions of AWS/ApplicationELB, as data for the emulated CloudWatch."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from rehearsal.traffic.balancing import Served
    from rehearsal.traffic.targets import TargetGroup

BY_TYPE = {"application": "AWS/ApplicationELB", "network": "AWS/NetworkELB"}
RESOLUTION = 0.001  # seconds: response times are kept to the millisecond


@dataclass(frozen=True)
class Datum:
    """One metric of one period: a sum, or the number of times that each value was observed."""

    account: str
    region: str
    namespace: str
    name: str
    dimensions: tuple[tuple[str, str], ...]
    at: datetime
    unit: str
    value: float = 0.0
    observed: dict[float, int] = field(default_factory=dict)


Sink = Callable[[list[Datum]], None]


class _Series(NamedTuple):
    account: str
    region: str
    namespace: str
    name: str
    dimensions: tuple[tuple[str, str], ...]


class Meter:
    """Counts what happens until `collect`. Lives in the event loop."""

    def __init__(self) -> None:
        self._sums: dict[_Series, float] = defaultdict(float)
        self._times: dict[_Series, dict[float, int]] = defaultdict(lambda: defaultdict(int))

    def requested(self, served: Served, group: str = "") -> None:
        self._sums[_series(served, "RequestCount", group)] += 1

    def responded(self, served: Served, status: int, *, by_balancer: bool) -> None:
        """Counts what the load balancer generated itself, in total and, for 500 and above, by status."""
        if by_balancer:
            self._sums[_series(served, f"HTTPCode_ELB_{status // 100}XX_Count")] += 1
            if status >= 500:
                self._sums[_series(served, f"HTTPCode_ELB_{status}_Count")] += 1

    def answered(self, served: Served, group: str, status: int, seconds: float) -> None:
        """Counts the response of a target."""
        value = round(seconds / RESOLUTION) * RESOLUTION
        for dimension in ("", group):
            self._sums[_series(served, f"HTTPCode_Target_{status // 100}XX_Count", dimension)] += 1
            self._times[_series(served, "TargetResponseTime", dimension)][value] += 1

    def collect(self, hosts: list[tuple[Served, TargetGroup]], now: float) -> list[Datum]:
        """The data of the period that ends now (seconds since 1970), with the number of healthy and unhealthy targets."""
        at = datetime.fromtimestamp(now, UTC).replace(tzinfo=None)
        sums, times = self._sums, self._times
        self._sums, self._times = defaultdict(float), defaultdict(lambda: defaultdict(int))
        found = [Datum(*series, at, "Count", value) for series, value in sums.items()]
        found += [Datum(*series, at, "Seconds", observed=dict(values)) for series, values in times.items()]
        for served, group in hosts:
            for name, count in zip(("HealthyHostCount", "UnHealthyHostCount"), group.counts(), strict=True):
                found.append(Datum(*_series(served, name, group.arn), at, "Count", float(count)))
        return found


def _series(served: Served, name: str, group: str = "") -> _Series:
    balancer = ("LoadBalancer", served.arn.partition(":loadbalancer/")[2])
    dimensions = (balancer, ("TargetGroup", group.rpartition(":")[2])) if group else (balancer,)
    return _Series(served.account, served.region, BY_TYPE[served.type], name, dimensions)

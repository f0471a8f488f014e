"""Metrics that services of the cloud write themselves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from rehearsal.extensions.cloudwatch_rings import evaluate
from rehearsal.extensions.cloudwatch_store import Store, seconds, store_of
from rehearsal.monitoring.series import Metric, observed
from rehearsal.registry import one_at_a_time, prepare
from rehearsal.transitions import moment

if TYPE_CHECKING:
    from rehearsal.traffic.metrics import Datum


def count(account_id: str, region: str, namespace: str, name: str, dimensions: Mapping[str, str], number: float = 1.0) -> None:
    """Adds a number to a metric, now."""
    add(account_id, region, namespace, name, dimensions, number, moment().timestamp(), "Count")


def add(
    account_id: str, region: str, namespace: str, name: str, dimensions: Mapping[str, str], value: float, when: float, unit: str
) -> None:
    """Adds a value to a metric at a time, in seconds since 1970."""
    prepare("cloudwatch")
    with one_at_a_time:
        kept = store_of(account_id, region)
        metric = Metric(namespace, name, tuple(sorted(dimensions.items())))
        kept.metrics.add(metric, when, unit, observed({value: 1.0}))
        kept.arrived(metric)
        evaluate(kept)


def keep(data: list[Datum]) -> None:
    """Takes over what the data plane of load balancers has measured."""
    prepare("cloudwatch")
    with one_at_a_time:
        stores: dict[tuple[str, str], Store] = {}
        for datum in data:
            kept = stores.setdefault((datum.account, datum.region), store_of(datum.account, datum.region))
            metric = Metric(datum.namespace, datum.name, tuple(sorted(datum.dimensions)))
            sample = observed({value: float(times) for value, times in datum.observed.items()} or {datum.value: 1.0})
            kept.metrics.add(metric, seconds(datum.at), datum.unit, sample)
            kept.arrived(metric)
        for kept in stores.values():
            evaluate(kept)

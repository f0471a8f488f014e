# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""How many pods a workload has: a number, or what an autoscaler chooses between two. Pure functions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ...inputs.reader import Reader
from ...inputs.values import as_integer

MOST = 1000
TARGET_CPU = 70
BEHAVIOR: Mapping[str, Mapping[str, int]] = {
    "up": {"window": 0, "percent": 100, "pods": 4, "period": 60},
    "down": {"window": 300, "percent": 25, "pods": 0, "period": 60},
}
"""Up at once, at most double or by four a minute; down after five quiet minutes, a quarter a minute."""


@dataclass(frozen=True)
class Scale:
    """What an autoscaler keeps to. ``metrics``: target utilization in percent of the requests, by resource."""

    low: int
    high: int
    metrics: Mapping[str, int]
    behavior: Mapping[str, Mapping[str, int]] = field(default_factory=lambda: BEHAVIOR)


@dataclass(frozen=True)
class Size:
    """Either a fixed number of replicas, or a scale."""

    replicas: int | None
    scale: Scale | None = None

    @property
    def least(self) -> int:
        return self.scale.low if self.scale else self.replicas or 0


def read_size(reader: Reader, default: int) -> Size:
    """``replicas`` or ``scale``; both is an error, because each deployment would undo what the autoscaler decided."""
    given = reader.take("scale")
    if given is None:
        return Size(reader.integer("replicas", default, 0, MOST))
    replicas = reader.take("replicas")
    if replicas is not None:
        reader.problems.add(
            reader.at("replicas"),
            replicas,
            f"{reader.at('scale')} lets an autoscaler choose the number; remove replicas, and set scale.min and scale.max instead",
        )
    return Size(None, read_scale(reader.section("scale")))


def read_scale(reader: Reader) -> Scale:
    low = reader.integer("min", 2, 1, MOST)
    high = reader.integer("max", max(low, 10), 1, MOST)
    if reader.given.get("max") is None:
        reader.problems.missing(reader.at("max"), "say how many pods there may be at most, from 1 to 1000")
    elif high < low:
        reader.problems.add(reader.at("max"), high, f"it must be at least min, which is {low}")
    metrics = {name: value for name in ("cpu", "memory") if (value := _target(reader, name)) is not None}
    section = reader.section("behavior")
    behavior = {way: _pace(section.section(way), BEHAVIOR[way]) for way in BEHAVIOR}
    section.finish()
    reader.finish()
    return Scale(low, high, metrics or {"cpu": TARGET_CPU}, behavior)


def _target(reader: Reader, name: str) -> int | None:
    value = reader.take(name)
    if value is None:
        return None
    number = as_integer(value)
    if number is not None and 1 <= number <= 1000:
        return number
    reader.problems.add(reader.at(name), value, "it must be a percentage of the request as a whole number, such as 70")
    return None


def _pace(reader: Reader, default: Mapping[str, int]) -> dict[str, int]:
    found = {
        "window": reader.integer("window", default["window"], 0, 3600),
        "percent": reader.integer("percent", default["percent"], 0, 10000),
        "pods": reader.integer("pods", default["pods"], 0, MOST),
        "period": reader.integer("period", default["period"], 1, 1800),
    }
    if not found["percent"] and not found["pods"]:
        reader.problems.messages.append(
            f"{reader.path} has neither percent nor pods above 0, so nothing would ever change; set one of them"
        )
    reader.finish()
    return found


def behavior_of(scale: Scale) -> dict[str, Any]:
    """The behavior as Kubernetes writes it."""
    return {name: _rules(scale.behavior[way]) for way, name in (("up", "scaleUp"), ("down", "scaleDown"))}


def _rules(pace: Mapping[str, int]) -> dict[str, Any]:
    kinds = {"Percent": pace["percent"], "Pods": pace["pods"]}
    policies = [{"type": kind, "value": value, "periodSeconds": pace["period"]} for kind, value in kinds.items() if value]
    return {"stabilizationWindowSeconds": pace["window"], "policies": policies, "selectPolicy": "Max"}

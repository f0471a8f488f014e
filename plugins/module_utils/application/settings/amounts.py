# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What a container may use: requests and limits, with defaults. Pure functions."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from ...cluster_objects.equal import quantity
from ...inputs.reader import Reader

CPU, MEMORY, STORAGE = "cpu", "memory", "ephemeral-storage"
AMOUNTS = {"cpu": CPU, "memory": MEMORY, "ephemeral_storage": STORAGE}
DEFAULT_REQUESTS = {CPU: "100m", MEMORY: "256Mi"}
"""Small enough for a t3.medium to hold several, and not zero: an autoscaler computes utilization from requests."""

EXTENDED = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?/[A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?")
"""Other resources, such as nvidia.com/gpu."""

FARGATE_LARGEST = {CPU: quantity("16"), MEMORY: quantity("120Gi")}
"""Of one pod (EKS User Guide, "Understand Fargate Pod configuration details")."""

SMALLEST_MEMORY = 4 * 1024 * 1024
"""Bytes. Below it, a container does not start; the value is then almost always a number whose unit was forgotten."""


@dataclass(frozen=True)
class Amounts:
    """Quantities as Kubernetes writes them, by resource."""

    requests: Mapping[str, str] = field(default_factory=dict)
    limits: Mapping[str, str] = field(default_factory=dict)

    def manifest(self) -> dict[str, dict[str, str]]:
        return {"requests": dict(self.requests), "limits": dict(self.limits)}


def read_amounts(reader: Reader, fargate: bool) -> Amounts:
    """``requests`` and ``limits`` of one container.

    The memory limit is the request unless it is given: memory that is promised twice gets pods killed on a full node. CPU has no limit
    unless it is given: a limit slows a container down even on an idle node.
    """
    given, limits = _read(reader.section("requests")), _read(reader.section("limits"))
    requests = {**DEFAULT_REQUESTS, **_at_most(limits), **given}
    limits = {MEMORY: requests[MEMORY], **limits}
    for name, amount in limits.items():
        low, high = quantity(requests.get(name, amount)), quantity(amount)
        if low is not None and high is not None and low > high:
            remedy = f"it must be at least the request, which is {requests[name]}{'' if name in given else ' by default'}"
            reader.problems.add(reader.at(f"limits.{_written(name)}"), amount, remedy)
    requests |= {name: amount for name, amount in limits.items() if "/" in name and name not in requests}
    if fargate:
        _check_fargate(reader, requests, limits)
    return Amounts(requests, limits)


def _at_most(limits: Mapping[str, str]) -> dict[str, str]:
    """Default requests that a smaller limit lowers."""
    lower = {}
    for name, default in DEFAULT_REQUESTS.items():
        limit, usual = quantity(limits.get(name)), quantity(default)
        if limit is not None and usual is not None and limit < usual:
            lower[name] = limits[name]
    return lower


def _written(name: str) -> str:
    return next((ours for ours, theirs in AMOUNTS.items() if theirs == name), name)


def _read(reader: Reader) -> dict[str, str]:
    found: dict[str, str] = {}
    for key, value in reader.given.items():
        name = AMOUNTS.get(str(key), str(key))
        path = reader.at(str(key))
        if name not in AMOUNTS.values() and not EXTENDED.fullmatch(name):
            reader.problems.messages.append(
                f"{path} is not a setting; valid names are {', '.join(AMOUNTS)}, and resources such as nvidia.com/gpu"
            )
        elif remedy := _problem(name, value):
            reader.problems.add(path, value, remedy)
        else:
            found[name] = str(value)
    return found


def _problem(name: str, value: object) -> str:
    amount = quantity(value)
    if amount is None or amount <= 0:
        example = {CPU: "250m or 2", MEMORY: "256Mi or 2Gi", STORAGE: "1Gi"}.get(name, "1")
        return f"it must be a quantity such as {example}"
    if name == CPU and amount < quantity("1m"):  # type: ignore[operator]
        return "it must be at least 1m, a thousandth of a core"
    if name == MEMORY and str(value).endswith("m"):
        return "m is a thousandth of a byte; write Mi for mebibytes"
    if name == MEMORY and amount < SMALLEST_MEMORY:
        return "it must be at least 4Mi; write the unit, such as 256Mi"
    return ""


def _check_fargate(reader: Reader, requests: Mapping[str, str], limits: Mapping[str, str]) -> None:
    for name, largest in FARGATE_LARGEST.items():
        amount = quantity(requests.get(name))
        if amount is not None and largest is not None and amount > largest:
            most = "16" if name == CPU else "120Gi"
            reader.problems.add(reader.at(f"requests.{name}"), requests[name], f"a pod on Fargate has at most {most}")
    for name in {**requests, **limits}:
        if "/" in name:
            part = "limits" if name in limits else "requests"
            reader.problems.add(reader.at(f"{part}.{name}"), limits.get(name), "Fargate has no such devices; run it on a node group")

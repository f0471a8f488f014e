# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Services and workers: pods that run all the time, and how they are replaced without losing a request. Pure functions."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ...inputs.reader import Reader
from ...inputs.values import as_integer
from .containers import Container, Context, named_workloads, read_container
from .ingress import Ingress
from .probes import Probes, read_probes
from .scaling import Size, read_size

DRAIN = 30
"""Seconds in which a program finishes what it has begun, after it was asked to end."""

MARGIN = 10
"""Seconds between the end of a target's deregistration and the end of its pod: the load balancer learns of it with a delay."""

ENDPOINTS = 5
"""Seconds until the other pods of the cluster no longer send requests to a pod that leaves."""

SPARE = 5
"""Seconds until a program that has not ended is killed, on top of all that it may use."""

KEEP_ALIVE_MARGIN = 15
LONGEST_GRACE = 7200
PERCENT = re.compile(r"(\d{1,3})%")
SPREADS = ("preferred", "required", "none")
PROTOCOLS = ("http1", "http2", "grpc")


@dataclass(frozen=True)
class Workload:
    """A Deployment.

    ``pre_stop``, ``grace``: seconds between the decision that a pod leaves and the signal to its program, and until it is killed.
    ``disruption``: pods that may be missing while nodes are drained, as a number or a percentage; None for no budget.
    """

    name: str
    container: Container
    size: Size
    probes: Probes = field(default_factory=Probes)
    port: int | None = None
    ports: Mapping[str, int] = field(default_factory=dict)
    protocol: str = PROTOCOLS[0]
    keep_alive: int = 0
    behind_ingress: bool = False
    pre_stop: int = 0
    grace: int = DRAIN
    max_surge: int | str = "25%"
    recreate: bool = False
    spread: str = SPREADS[0]
    disruption: int | str | None = None
    progress_deadline: int = 600

    @property
    def part(self) -> str:
        return "worker" if self.port is None else "service"


def read_services(reader: Reader, context: Context, ingress: Ingress | None, taken: dict[str, str]) -> tuple[Workload, ...]:
    return tuple(_service(name, section, context, ingress) for name, section in named_workloads(reader, taken, "services"))


def read_workers(reader: Reader, context: Context, taken: dict[str, str]) -> tuple[Workload, ...]:
    return tuple(_worker(name, section, context) for name, section in named_workloads(reader, taken, "workers"))


def _service(name: str, reader: Reader, context: Context, ingress: Ingress | None) -> Workload:
    port = reader.integer("port", 0, 1, 65535)
    if reader.given.get("port") is None:
        reader.problems.missing(reader.at("port"), "give the port that its container listens on, such as 8080; without one, it is a worker")
    behind = ingress if ingress and name in ingress.services else None
    pre_stop, grace = _ending(reader, behind.deregistration_delay + MARGIN if behind else ENDPOINTS, behind)
    size, probes = read_size(reader, 2), read_probes(reader, port or 1)
    found = Workload(
        name=name,
        container=read_container(reader, context),
        size=size,
        probes=probes,
        port=port or 1,
        ports=_ports(reader, port),
        protocol=reader.choice("protocol", PROTOCOLS, PROTOCOLS[0]),
        keep_alive=_keep_alive(name, reader, behind, context.notes),
        behind_ingress=behind is not None,
        pre_stop=pre_stop,
        grace=grace,
        **_replacing(reader, size, may_recreate=False),
    )
    if behind:
        _check_health(reader, found, behind)
    reader.finish()
    return found


def _worker(name: str, reader: Reader, context: Context) -> Workload:
    pre_stop, grace = _ending(reader, 0, None)
    size, probes = read_size(reader, 1), read_probes(reader, None)
    found = Workload(
        name=name,
        container=read_container(reader, context),
        size=size,
        probes=probes,
        ports=_ports(reader, 0),
        pre_stop=pre_stop,
        grace=grace,
        **_replacing(reader, size, may_recreate=True),
    )
    for key in ("port", "keep_alive", "protocol"):
        if reader.take(key) is not None:
            reader.problems.add(reader.at(key), reader.given[key], "a worker receives no requests; put it under services, or remove it")
    reader.finish()
    return found


def _ending(reader: Reader, pre_stop: int, behind: Ingress | None) -> tuple[int, int]:
    """How long a pod waits before its program is asked to end, and how long until it is killed."""
    least = behind.deregistration_delay + MARGIN if behind else 0
    waits = reader.integer("pre_stop", pre_stop, 0, LONGEST_GRACE)
    if waits < least and reader.given.get("pre_stop") is not None and behind:
        reader.problems.add(
            reader.at("pre_stop"),
            waits,
            f"it must be at least {least}: ingress.deregistration_delay, {behind.deregistration_delay} s, and {MARGIN} s until the load "
            "balancer knows; otherwise it still sends requests to pods that have ended, and users see 502",
        )
    drain = reader.integer("drain", DRAIN, 0, LONGEST_GRACE)
    grace = reader.integer("grace", waits + drain + SPARE, 1, 2 * LONGEST_GRACE)
    if grace <= waits + drain and reader.given.get("grace") is not None:
        reader.problems.add(
            reader.at("grace"), grace, f"it must be more than pre_stop and drain together, {waits} and {drain} s, or programs are killed"
        )
    return waits, grace


def _keep_alive(name: str, reader: Reader, behind: Ingress | None, notes: list[str]) -> int:
    """Seconds for which the server keeps idle connections. Only the program can keep to it, so a default adds a note for the user."""
    if behind is None:
        return reader.integer("keep_alive", 0, 0, 86400)
    least = behind.idle_timeout + KEEP_ALIVE_MARGIN
    found = reader.integer("keep_alive", least, 0, 86400)
    if reader.given.get("keep_alive") is None:
        notes.append(
            f"The server of {name} must keep idle connections longer than the load balancer, which keeps them for {behind.idle_timeout} s; "
            f"it gets KEEP_ALIVE_SECONDS={least}. If it closes them first, users see 502 now and then. Confirm it with "
            f"{reader.at('keep_alive')}."
        )
    elif found <= behind.idle_timeout:
        reader.problems.add(
            reader.at("keep_alive"),
            found,
            f"it must be more than ingress.idle_timeout, {behind.idle_timeout} s: a server that closes idle connections before the load "
            f"balancer does is the cause of occasional 502; let the server keep them for {least} s",
        )
    return found


def _check_health(reader: Reader, found: Workload, ingress: Ingress) -> None:
    """A target group needs a path to check: that of the readiness probe, or that of ingress.health."""
    if found.probes.path or ingress.health.path or found.protocol == "grpc":
        return
    if found.probes.manifests.get("readiness"):
        remedy = "the readiness probe requests no path, so give the path for the load balancer's health check in ingress.health.path"
        reader.problems.messages.append(f"{reader.path} is behind the ingress, but {remedy}")
    else:
        reader.problems.missing(
            reader.at("probe"),
            "it is behind the ingress, and without a path such as /healthz pods would get requests before they can answer them",
        )


def _ports(reader: Reader, own: int) -> dict[str, int]:
    section = reader.section("ports")
    found: dict[str, int] = {}
    for name in section.given:
        if not isinstance(name, str) or not re.fullmatch(r"(?=.{1,15}$)(?=.*[a-z])[a-z0-9]+(-[a-z0-9]+)*", name):
            section.problems.add(section.path, name, "the name of a port must be at most 15 lower-case letters, digits and single '-'")
        elif name == "http":
            section.problems.add(section.path, name, "http is the name of the service's own port; choose another name")
        else:
            number = section.integer(name, 1, 1, 65535)
            if number == own or number in found.values():
                section.problems.add(section.at(name), number, "another port of the workload has that number; each needs its own")
            found[name] = number
    return found


def _replacing(reader: Reader, size: Size, may_recreate: bool) -> dict[str, Any]:
    strategy = reader.choice("update", ("rolling", "recreate"), "rolling")
    if strategy == "recreate" and not may_recreate:
        reader.problems.add(
            reader.at("update"), strategy, "a service would answer nothing between its old pods and its new ones; use rolling"
        )
    return {
        "recreate": strategy == "recreate" and may_recreate,
        "max_surge": _pods(reader, "max_surge", "25%", "it must be a number of pods from 1, or a percentage from 1% to 100%"),
        "spread": reader.choice("spread", SPREADS, SPREADS[0]),
        "disruption": _disruption(reader, size),
        "progress_deadline": reader.integer("progress_deadline", 600, 30, 86400),
    }


def _disruption(reader: Reader, size: Size) -> int | str | None:
    """What a budget allows. One pod alone gets none: no budget can keep it running, it can only keep its node from being drained."""
    remedy = "it must be a number of pods from 1, or a percentage from 1% to 100%: a budget that allows none blocks every node drain"
    allowed = _pods(reader, "max_disrupted", "25%", remedy)
    return allowed if size.least >= 2 else None


def _pods(reader: Reader, key: str, default: int | str, remedy: str) -> int | str:
    value = reader.take(key)
    if value is None:
        return default
    percent = PERCENT.fullmatch(value) if isinstance(value, str) else None
    number = int(percent[1]) if percent else as_integer(value)
    if number is None or number < 1 or (percent and number > 100):
        reader.problems.add(reader.at(key), value, remedy)
        return default
    return str(value) if percent else number

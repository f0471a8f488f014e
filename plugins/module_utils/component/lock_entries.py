# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What a run lock is made of, and whether an entry is in a run's way. Pure but for the questions about this machine's processes.

An entry is a parameter ``/mainstay/locks/<environment>/<component>/<number>``. Whoever creates the next number of a component has its
lock: creating without overwriting is the one thing that the service does atomically. The number only grows while somebody holds the lock,
so it fences: a holder whose number is not the highest has lost.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

ROOT = "/mainstay/locks/"
RUN_VARIABLE = "MAINSTAY_RUN"
"""Set by the plan_summary callback, so that all modules of one ansible-playbook know that they belong together."""
Mode = Literal["shared", "exclusive"]


@dataclass(frozen=True)
class Holder:
    """A process that changes a component.

    ``run`` is equal for all modules of one ansible-playbook; ``place`` names machine and process namespace, so that only there ``pid`` and
    ``started`` tell whether the process still lives.
    """

    run: str
    who: str
    place: str
    pid: int
    started: str

    def is_dead(self, place: str) -> bool:
        """Known to have ended. Of another machine nobody can say."""
        return self.place == place != "" and process_start(self.pid) != self.started


@dataclass(frozen=True)
class Entry:
    """One parameter. ``held`` is for how long, in seconds, its holder had the lock when it wrote this; ``silent`` how long ago that was."""

    component: str
    number: int
    holder: Holder
    mode: Mode = "shared"
    held: float = 0.0
    silent: float = 0.0
    name: str = field(default="", compare=False)

    @property
    def value(self) -> str:
        return json.dumps({**asdict(self.holder), "mode": self.mode, "held": round(self.held, 1)}, sort_keys=True)

    def is_over(self, place: str, time_to_live: float) -> bool:
        """Whether its holder is gone: silent for too long, or known to be dead."""
        return self.silent > time_to_live or self.holder.is_dead(place)


def folder(environment: str) -> str:
    return f"{ROOT}{environment}/"


def parameter_name(environment: str, component: str, number: int) -> str:
    return f"{folder(environment)}{component}/{number}"


def read_entry(parameter: Mapping[str, Any], now: float) -> Entry | None:
    """A parameter of the service's reply, ``now`` by the service's own clock. None for what is no entry of ours."""
    component, _slash, number = parameter["Name"].removeprefix(ROOT).partition("/")[2].rpartition("/")
    try:
        said = json.loads(parameter["Value"])
        holder = Holder(said["run"], said["who"], said["place"], int(said["pid"]), said["started"])
        mode: Mode = "exclusive" if said["mode"] == "exclusive" else "shared"
        silent = max(0.0, now - parameter["LastModifiedDate"].timestamp())
        return Entry(component, int(number), holder, mode, float(said["held"]), silent, parameter["Name"])
    except (KeyError, TypeError, ValueError):
        return None


def in_the_way(entries: Sequence[Entry], component: str, mode: Mode, holder: Holder, time_to_live: float) -> Entry | None:
    """The living entry that a run must not go on beside: the component's own, or, across the environment, if either of two is exclusive."""
    living = [entry for entry in entries if not entry.is_over(holder.place, time_to_live) and entry.holder != holder]
    for entry in sorted(living, key=lambda entry: -entry.number):
        if entry.component == component:
            return entry
        if "exclusive" in (entry.mode, mode) and entry.holder.run != holder.run:
            return entry
    return None


def highest(entries: Sequence[Entry], component: str) -> int:
    return max((entry.number for entry in entries if entry.component == component), default=0)


def this_place() -> str:
    """The machine since its last start, and the namespace that process numbers are of; empty where the system does not tell."""
    try:
        return f"{Path('/proc/sys/kernel/random/boot_id').read_text().strip()} {Path('/proc/self/ns/pid').readlink()}"
    except OSError:
        return ""


def process_start(pid: int) -> str:
    """When a process began, in the system's own count; empty if there is none. Guards against a number that was given out again."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return ""
    fields = stat.rpartition(")")[2].split()
    return "" if fields[0] == "Z" else fields[19]


def this_process(run: str, who: str) -> Holder:
    return Holder(run, who, this_place(), os.getpid(), process_start(os.getpid()))

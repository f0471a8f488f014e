# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The entries of a run lock, and whether one blocks a run. Pure, except for queries about this machine's processes.

An entry is a parameter ``/mainstay/locks/<environment>/<component>/<number>``. The run that creates the next number of a component holds
its lock: creating without overwriting is the one operation that the service performs atomically. The number only grows while the lock is
held, so it serves as a fencing token: a holder whose number is not the highest has lost the lock.
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
"""Set by the plan_summary callback, so that all modules of one ansible-playbook run know that they belong together."""
Mode = Literal["shared", "exclusive"]


@dataclass(frozen=True)
class Holder:
    """A process that changes a component.

    ``run`` is equal for all modules of one ansible-playbook run. ``place`` names the machine and the process namespace: only there can
    ``pid`` and ``started`` show whether the process is still alive.
    """

    run: str
    who: str
    place: str
    pid: int
    started: str

    def is_dead(self, place: str) -> bool:
        """Whether the process is known to have ended. This cannot be known for a process on another machine."""
        return self.place == place != "" and process_start(self.pid) != self.started


@dataclass(frozen=True)
class Entry:
    """One parameter. ``held``: seconds that its holder had held the lock when writing this. ``silent``: seconds since then.

    ``ended``: its holder has released the lock and left this entry because lists may not yet show what it created.
    """

    component: str
    number: int
    holder: Holder
    mode: Mode = "shared"
    held: float = 0.0
    silent: float = 0.0
    ended: bool = False
    name: str = field(default="", compare=False)

    @property
    def value(self) -> str:
        ended = {"ended": True} if self.ended else {}
        return json.dumps({**asdict(self.holder), "mode": self.mode, "held": round(self.held, 1), **ended}, sort_keys=True)

    def is_over(self, place: str, time_to_live: float) -> bool:
        """Whether its holder is gone: finished, silent for too long, or known to be dead."""
        return self.ended or self.silent > time_to_live or self.holder.is_dead(place)


def folder(environment: str) -> str:
    return f"{ROOT}{environment}/"


def parameter_name(environment: str, component: str, number: int) -> str:
    return f"{folder(environment)}{component}/{number}"


def read_entry(parameter: Mapping[str, Any], now: float) -> Entry | None:
    """Parse a parameter of the service's reply; ``now`` is by the service's own clock. None if it is not an entry of ours."""
    component, _slash, number = parameter["Name"].removeprefix(ROOT).partition("/")[2].rpartition("/")
    try:
        said = json.loads(parameter["Value"])
        holder = Holder(said["run"], said["who"], said["place"], int(said["pid"]), said["started"])
        mode: Mode = "exclusive" if said["mode"] == "exclusive" else "shared"
        silent = max(0.0, now - parameter["LastModifiedDate"].timestamp())
        return Entry(component, int(number), holder, mode, float(said["held"]), silent, bool(said.get("ended")), parameter["Name"])
    except (KeyError, TypeError, ValueError):
        return None


def in_the_way(entries: Sequence[Entry], component: str, mode: Mode, holder: Holder, time_to_live: float) -> Entry | None:
    """The live entry that blocks a run: one of the same component, or one anywhere in the environment if either of the two is exclusive."""
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
    """The machine, identified by its last boot, and the PID namespace; empty if the system does not provide them."""
    try:
        return f"{Path('/proc/sys/kernel/random/boot_id').read_text().strip()} {Path('/proc/self/ns/pid').readlink()}"
    except OSError:
        return ""


def process_start(pid: int) -> str:
    """When a process started, in the system's own units; empty if there is no such process. Guards against a reused PID."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return ""
    fields = stat.rpartition(")")[2].split()
    return "" if fields[0] == "Z" else fields[19]


def this_process(run: str, who: str) -> Holder:
    return Holder(run, who, this_place(), os.getpid(), process_start(os.getpid()))

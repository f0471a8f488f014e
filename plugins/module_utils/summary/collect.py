# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From task results to a Report. Takes plain dictionaries, so that tests need no running Ansible.

A module call covers its whole component. So a later call of the same module for the same component (a retry, a second play) replaces what
the earlier one left undone; what the earlier one did is kept. An action that the earlier call deferred is merged with what the later one
did about it: see continued.py.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .continued import merge_calls
from .model import FAIL_ON, Call, Component, Report, TaskNote, UnclaimedResources, is_plan, read_plan, read_unclaimed
from .order import ordered
from .started import Started

UNKNOWN_START = Started()
MOST_LINES = 20
"""Lines of a failed task's message that the summary repeats."""
OWN_MODULES = "mainstay.aws."
HIDDEN = "_ansible_mainstay_"
"""Prefix of the keys in the result of a failed task that stdout callbacks do not print; see plugins/action/in_worker.py."""
_NO_CHECK_MODE = re.compile(r"check[ _-]mode", re.IGNORECASE)


@dataclass(frozen=True)
class TaskInfo:
    """What the collector needs to know of a result's task. ``scope`` is the unit of timing: a role, or a task."""

    host: str
    name: str
    module: str = ""
    check_mode: bool = False
    scope: str = ""


@dataclass(frozen=True)
class Outcome:
    """One result of a task or loop item. The three flags are Ansible's own; ``data`` need not contain them."""

    data: Mapping[str, Any]
    failed: bool = False
    changed: bool = False
    skipped: bool = False


@dataclass
class Collector:
    """Gathers the results of one run. ``kinds``: the reading order of kinds, see order.py."""

    kinds: Sequence[str] = ()
    calls: list[tuple[Call, str]] = field(default_factory=list)
    changed: dict[TaskInfo, int] = field(default_factory=dict)
    skipped: dict[TaskInfo, int] = field(default_factory=dict)
    hidden: dict[TaskInfo, int] = field(default_factory=dict)
    failed: list[tuple[TaskInfo, str]] = field(default_factory=list)
    scopes: dict[tuple[str, str], float] = field(default_factory=dict)
    unclaimed: list[UnclaimedResources] = field(default_factory=list)
    has_own: bool = False
    """Whether a task of this collection failed before it had a plan, or hid its result, so that the summary must mention it."""

    def spend(self, info: TaskInfo, seconds: float) -> None:
        """Add the wall time of one task to its scope."""
        self.scopes[info.host, info.scope] = self.scopes.get((info.host, info.scope), 0.0) + seconds

    def add(self, info: TaskInfo, outcome: Outcome, items: Sequence[Outcome] = ()) -> None:
        """Take the result of a task. For a loop, take the results of its items, which then count instead.

        Pass a failure that the play ignores as not failed; the same applies to its items.
        """
        for one in items or [outcome]:
            self._add_one(info, one, one.failed and outcome.failed)

    def _add_one(self, info: TaskInfo, outcome: Outcome, failed: bool) -> None:
        """Record one result or loop item. A failure that reports its errors in a plan needs no separate entry."""
        plan, unclaimed = (outcome.data.get(name, outcome.data.get(f"{HIDDEN}{name}")) for name in ("plan", "unclaimed"))
        text = message(outcome.data)
        if is_plan(unclaimed):
            self.unclaimed.append(read_unclaimed(unclaimed))
        if is_plan(plan):
            call = read_plan(plan, info.host, info.module, _item(outcome.data))
            self.calls.append((call, info.scope))
            failed = failed and not call.errors and not call.failed_on
        if failed and not text.startswith(FAIL_ON):
            self.failed.append((info, text))
            self.has_own = self.has_own or _is_own(info)
        elif failed or is_plan(plan):
            return
        elif "censored" in outcome.data:
            self.has_own = self.has_own or info.module.startswith(OWN_MODULES)
            if outcome.changed or info.module.startswith(OWN_MODULES):
                self.hidden[info] = self.hidden.get(info, 0) + 1
        elif outcome.skipped:
            if info.check_mode and lacks_check_mode(outcome.data):
                self.skipped[info] = self.skipped.get(info, 0) + 1
        elif outcome.changed:
            self.changed[info] = self.changed.get(info, 0) + 1

    def report(self, seconds: float = 0.0, healthy_hosts: frozenset[str] = frozenset(), started: Started = UNKNOWN_START) -> Report:
        """The run so far. Failures of ``healthy_hosts`` were rescued by the play and are marked as such."""
        return Report(
            components=tuple(self._components()),
            changed=_notes(self.changed),
            skipped=_notes(self.skipped),
            hidden=_notes(self.hidden),
            failed=tuple(
                TaskNote(info.host, info.name, 1, info.check_mode, message, info.host in healthy_hosts) for info, message in self.failed
            ),
            seconds=seconds,
            unclaimed=tuple(self.unclaimed),
            started=started,
        )

    def _components(self) -> list[Component]:
        grouped: dict[tuple[str, str, bool], list[tuple[Call, str]]] = {}
        for call, scope in self.calls:
            grouped.setdefault((call.host, call.component, call.check_mode), []).append((call, scope))
        return [self._component(calls) for calls in grouped.values()]

    def _component(self, calls: list[tuple[Call, str]]) -> Component:
        merged = merge_calls([call for call, _scope in calls])
        first = merged[-1]
        return Component(
            host=first.host,
            name=first.component,
            target=first.target,
            check_mode=first.check_mode,
            actions=tuple(ordered((action for call in merged for action in call.actions), self.kinds)),
            errors=tuple(error for call in merged for error in call.errors),
            problems=tuple(problem for call in merged for problem in call.problems),
            notices=tuple(dict.fromkeys(notice for call in merged for notice in call.notices)),
            unchanged=sum(call.unchanged for call in merged),
            seconds=sum(call.seconds for call, _scope in calls),
            task_seconds=sum(self.scopes.get((first.host, scope), 0.0) for scope in {scope for _call, scope in calls}),
            reads=sum(call.reads for call, _scope in calls),
            writes=sum(call.writes for call, _scope in calls),
            note="; ".join(dict.fromkeys(call.note for call in merged if call.note)),
            state_after=" ".join(dict.fromkeys(call.state_after for call in merged if call.state_after)),
            refused=any(call.blocked for call in merged),
            failed_on=next((call.failed_on for call in merged if call.failed_on), ""),
        )


def _is_own(info: TaskInfo) -> bool:
    """Whether a task is a module of this collection, or part of one of its roles or playbooks, such as a check of the input."""
    return info.module.startswith(OWN_MODULES) or info.scope.startswith(f"role {OWN_MODULES}")


def _notes(counted: Mapping[TaskInfo, int]) -> tuple[TaskNote, ...]:
    return tuple(TaskNote(info.host, info.name, count, info.check_mode) for info, count in counted.items())


def _item(result: Mapping[str, Any]) -> str:
    label = result.get("_ansible_item_label", result.get(str(result.get("ansible_loop_var", "item"))))
    return "" if label is None else str(label)


def lacks_check_mode(data: Mapping[str, Any]) -> bool:
    """Whether a result was skipped because the module does not support check mode. ``raw`` skips without a message."""
    if any(name in data for name in ("false_condition", "skip_reason", "skipped_reason")):
        return False
    message = str(data.get("msg") or "")
    return not message or bool(_NO_CHECK_MODE.search(message))


def message(result: Mapping[str, Any]) -> str:
    """The message of a result: all of its lines, such as one for each mistake in the input, up to MOST_LINES.

    Omits the last line if the result hides its plan, because that line refers to the plan in the summary.
    """
    lines = [one for one in str(result.get("msg") or "").strip().splitlines() if one.strip()]
    lines = lines[:-1] if f"{HIDDEN}plan" in result else lines
    more = len(lines) - MOST_LINES
    return "\n".join([*lines[:MOST_LINES], f"... and {more} more lines"] if more > 0 else lines)

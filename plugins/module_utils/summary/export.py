# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The summary as data, for scripts and pipelines.

Shape, version 1. Within a version, fields are only ever added; changing the meaning of a field requires a new version::

    schema_version: 1
    check_mode: true | false | null          null: the run had both
    result: no_changes | changes | held_back | blocked | failed
    exit_code: 0 | 1 | 2 | 3                 what a program that makes a plan ends with, see exit_code()
    seconds: 12.3                            whole run, wall time
    totals: {plan: COUNTS, run: COUNTS, blocked: COUNTS}
                                             plan: what an apply would do; run: what was done; blocked: what an apply would not do,
                                             because the component is blocked
    components:
      - host, component, check_mode, environment, endpoint (null for AWS), account_id, region, caller
        seconds                              the module's own time
        task_seconds                         wall time of the component's tasks on this host
        api_calls: {read, write}
        note                                 null, or a note on the saved plan that was applied
        state_after                          null, or how a failed run left the component, if another run does not simply continue
        blocked                              whether an apply of this plan would change nothing in the component
        failed_on                            null, or the value of platform_fail_on that makes the component fail the run
        counts: COUNTS
        actions: [{address, kind, action, reason, consent, asks_for, hint, outcome, held_back, blocks, deleted, seconds, id,
                   region (null for the component's own),
                   changes: [{property, before, after, forces_replacement, sensitive}]}]
        errors: [{address, operation, code, message, hint}]
        problems: the same shape              what blocks an apply
        notices: the same shape               what needs attention, but blocks nothing
    consent: null, or what allows what is held back: {platform_allow_replace: [...], platform_purge: [...], command}
    other_changed_tasks, skipped_without_check_mode, hidden_tasks, failed_tasks:
      - {host, task, count, check_mode, detail, rescued}

    COUNTS: {create, update, replace, delete, unchanged, failed, not_started, unfinished, held_back, deferred, blocked}

``result`` is the most severe that applies: failed before blocked before held_back before changes. ``held_back`` counts everything that
was not allowed, ``blocked`` the replacements among it. Sensitive values appear as ``(sensitive)``.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from .consent import VARIABLES, offer
from .model import Action, Component, Report, TaskNote
from .totals import total, totals

SCHEMA_VERSION = 1


def as_data(report: Report) -> dict[str, Any]:
    """The report in the shape that this module's docstring specifies."""
    modes = {component.check_mode for component in report.components}
    return {
        "schema_version": SCHEMA_VERSION,
        "check_mode": modes.pop() if len(modes) == 1 else None,
        "result": result(report),
        "exit_code": exit_code(report),
        "seconds": round(report.seconds, 3),
        "totals": _totals(report),
        "components": [_component(component) for component in report.components],
        "consent": _consent(report),
        "other_changed_tasks": _notes(report.changed),
        "skipped_without_check_mode": _notes(report.skipped),
        "hidden_tasks": _notes(report.hidden),
        "failed_tasks": _notes(report.failed),
        "unclaimed": [asdict(unclaimed) for unclaimed in report.unclaimed],
    }


def result(report: Report) -> str:
    """The result of the whole run in one word."""
    count = total(report.components)
    if (
        count.failed
        or count.not_started
        or count.unfinished
        or any(not note.rescued for note in report.failed)
        or any(component.errors for component in report.components)
    ):
        return "failed"
    if any(component.blocked for component in report.components):
        return "blocked"
    if count.held_back:
        return "held_back"
    return "changes" if count.changing or count.deferred or report.changed else "no_changes"


def exit_code(report: Report) -> int:
    """0: an apply would do nothing. 1: the plan is incomplete. 2: an apply would change something. 3: an apply would refuse.

    Held-back actions do not count, because an apply skips them. A single component that refuses is enough for 3.
    """
    found = result(report)
    if found in ("failed", "blocked"):
        return 1 if found == "failed" else 3
    count = total(report.components)
    return 2 if count.changing or count.deferred or report.changed else 0


def _totals(report: Report) -> dict[str, Any]:
    planned = report.in_mode(True)
    return {
        "plan": asdict(total(one for one in planned if not one.blocked)),
        "run": asdict(total(report.in_mode(False))),
        "blocked": asdict(total(one for one in planned if one.blocked)),
    }


def as_json(report: Report) -> str:
    """The data as JSON text, indented, with a newline at the end."""
    return json.dumps(as_data(report), indent=2, ensure_ascii=False, default=str) + "\n"


def _component(component: Component) -> dict[str, Any]:
    target = component.target
    return {
        "host": component.host,
        "component": component.name,
        "check_mode": component.check_mode,
        "environment": target.environment or None,
        "endpoint": target.endpoint or None,
        "account_id": target.account_id or None,
        "region": target.region or None,
        "caller": target.caller or None,
        "seconds": round(component.seconds, 3),
        "task_seconds": round(component.task_seconds, 3),
        "api_calls": {"read": component.reads, "write": component.writes},
        "note": component.note or None,
        "state_after": component.state_after or None,
        "blocked": component.blocked,
        "failed_on": component.failed_on or None,
        "counts": asdict(totals(component)),
        "actions": [_action(action) for action in component.actions],
        "errors": [asdict(error) for error in component.errors],
        "problems": [asdict(problem) for problem in component.problems],
        "notices": [asdict(notice) for notice in component.notices],
    }


def _consent(report: Report) -> dict[str, Any] | None:
    found = offer(report)
    if found is None:
        return None
    return {**{name: found.consent.get(name, []) for name in VARIABLES.values()}, "command": found.text or None}


def _action(action: Action) -> dict[str, Any]:
    data = asdict(action)
    empty = {name: data[name] or None for name in ("reason", "asks_for", "hint", "id", "region")}
    return {**data, **empty, "held_back": action.held_back, "blocks": action.blocks, "changes": list(data["changes"])}


def _notes(notes: Sequence[TaskNote]) -> list[dict[str, Any]]:
    return [asdict(note) for note in notes]

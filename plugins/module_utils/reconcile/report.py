# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Results for people and programs: the ``plan`` and ``diff`` that a module returns. Pure functions of a Result."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .engine import Result
from .model import SENSITIVE
from .planner import Action, Change

FORMAT = 1
"""Version of the format of ``plan``."""

CONSENT = {"replace": "allow_replace", "delete": "purge"}
"""The option that gives consent, for each verb that needs it."""


def plan_dict(result: Result, check_mode: bool) -> dict[str, Any]:
    """Actions, counts and errors. Unchanged resources are counted but not listed, unless they are not ready yet (``waits``)."""
    counts = dict.fromkeys(("create", "update", "replace", "delete", "unchanged", "held_back"), 0)
    for action in result.plan.actions:
        counts["unchanged" if action.verb == "none" else action.verb if action.consent else "held_back"] += 1
    return {
        "format": FORMAT,
        "check_mode": check_mode,
        "counts": counts,
        "actions": [_action(result, action) for action in result.plan.changes],
        "waits": [_wait(result, action) for action in result.plan.actions if _only_waits(action)],
        "errors": [failed.as_dict() for failed in result.failures],
        "interrupted": result.interrupted,
    }


def diff_list(result: Result) -> list[dict[str, Any]]:
    """Ansible's ``diff``: one entry per changed resource, with sensitive values masked."""
    return [
        {
            "before_header": f"{_named(action)} ({action.verb})",
            "after_header": f"{_named(action)} ({action.verb})",
            "before": _side(action, "before"),
            "after": _side(action, "after"),
        }
        for action in result.plan.permitted
    ]


def changed(result: Result, check_mode: bool) -> bool:
    """Whether anything was changed, or would be. A creation that was started is a change, whichever call waits for it."""
    if check_mode or result.report is None:
        return check_mode and bool(result.plan.permitted)
    touched = result.report.done | result.report.deferred
    return any(
        step in touched and (action.makes or step.verb != "make") for action in result.plan.permitted for step in result.steps(action)
    )


PLACE = "region"
"""The property that says where a resource lives that is not in the usual place."""


def _place(action: Action) -> str:
    sources = (action.desired, action.observed, action.remove)
    return next((str(one.properties[PLACE]) for one in sources if one is not None and one.properties.get(PLACE)), "")


def _named(action: Action) -> str:
    place = _place(action)
    return f"{action.address} in {place}" if place else action.address


def _action(result: Result, action: Action) -> dict[str, Any]:
    seen = action.observed or action.remove
    because = _because(result, action)
    made = next((s for s in result.final if s.address == action.address), seen) if action.desired else seen
    return {
        "address": action.address,
        "kind": action.kind,
        "action": action.verb,
        "reason": action.reason or _held_up(result, action, because),
        "consent": action.consent,
        "asks_for": CONSENT.get(action.asks),
        "hint": _hint(action),
        "changes": [_change(change) for change in action.changes],
        "outcome": result.outcome(action),
        "because": because,
        "seconds": _seconds(result, action),
        "id": made.id if made else None,
        "deleted": _deleted(result, action),
        **({PLACE: place} if (place := _place(action)) else {}),
    }


def _deleted(result: Result, action: Action) -> bool:
    """Whether the run has deleted the existing resource, even if the rest of the action failed or was not reached."""
    if result.report is None or action.verb not in CONSENT:
        return False
    return any(step.verb == "delete" and step in result.report.done for step in result.steps(action))


def _hint(action: Action) -> str | None:
    """Why a matching pattern does not allow the action; None if there is no such pattern."""
    if action.consent or not action.too_wide:
        return None
    patterns = ", ".join(repr(pattern) for pattern in action.too_wide)
    seen = action.remove or action.observed
    if seen is not None and seen.guard:
        return f"{patterns} does not cover it: {seen.guard}. Only a pattern that names it exactly does: {action.address}"
    return f"{patterns} does not cover it: a {action.kind} holds data, so only a pattern with its full kind does, such as {action.kind}.*"


def _only_waits(action: Action) -> bool:
    return action.verb == "none" and action.observed is not None and action.observed.state == "pending"


def _wait(result: Result, action: Action) -> dict[str, Any]:
    return {"address": action.address, "outcome": result.outcome(action), "seconds": _seconds(result, action)}


def _held_up(result: Result, action: Action, because: str | None) -> str | None:
    if because is None:
        return None
    return f"waits for {because}" if result.outcome(action) == "deferred" else f"needs {because}, which failed"


def _because(result: Result, action: Action) -> str | None:
    """The resource that kept this one from starting or finishing: one that failed, or one that was not waited for."""
    causes = [result.report.because[s].address for s in result.steps(action) if s in result.report.because] if result.report else []
    return next((cause for cause in causes if cause != action.address), None)


def _seconds(result: Result, action: Action) -> float | None:
    spent = [result.report.seconds[step] for step in result.steps(action) if step in result.report.seconds] if result.report else []
    return round(sum(spent), 2) if spent else None


def _change(change: Change) -> dict[str, Any]:
    return {
        "property": change.property,
        "before": _shown(change, change.before),
        "after": _shown(change, change.after),
        "forces_replacement": change.forces_replacement,
        "sensitive": change.sensitive,
        **({} if change.shown is None or change.sensitive else {"shown": change.shown}),
    }


def _shown(change: Change, value: Any) -> Any:
    return SENSITIVE if change.sensitive and value is not None else value


def _side(action: Action, side: str) -> Mapping[str, Any]:
    values = {change.property: _shown(change, _value(change, side)) for change in action.changes}
    return {name: value for name, value in values.items() if value is not None}


def _value(change: Change, side: str) -> Any:
    if side == "after" and change.shown is not None:
        return change.shown
    return getattr(change, side)

# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Several calls of one module for one component, merged into one: each resource once, with its final outcome."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from .model import INTERRUPTED, Action, Call


def merge_calls(calls: Sequence[Call]) -> list[Call]:
    """One call per module and loop item: the last one, with what the earlier ones completed placed before its own actions.

    The report of an interrupted module does not name the module: it continues the most recent call.
    """
    last: dict[tuple[str, str], Call] = {}
    for call in calls:
        key = (call.module, call.item)
        if call.module == INTERRUPTED and last:
            key = next(reversed(last))
        earlier = last.get(key)
        last[key] = call if earlier is None else _continued(earlier, call)
    return list(last.values())


def _continued(earlier: Call, later: Call) -> Call:
    kept = tuple(_finished(action, later) for action in earlier.actions if action.outcome == "done" or action.deferred)
    gone = [action for action in earlier.actions if action.deleted and action.outcome != "done" and not action.deferred]
    kept += tuple(replace(action, action="delete", changes=(), reason="to be replaced", outcome="done") for action in gone)
    taken_over = {action.address for action in earlier.actions if action.deferred}
    actions = kept + tuple(action for action in later.actions if action.address not in taken_over)
    listed = {action.address for action in later.actions}
    again = {action.address for action in kept if action.action != "delete"} - listed
    note = earlier.note if taken_over else later.note
    return replace(later, module=earlier.module, actions=actions, unchanged=max(0, later.unchanged - len(again)), note=note)


def _finished(action: Action, later: Call) -> Action:
    """An action of the earlier call. If that call deferred it, add what the later call did about it.

    If the later call neither lists the resource as a change nor found it pending, the resource existed as described: the action is done.
    """
    if not action.deferred:
        return action
    again = next((one for one in later.actions if one.address == action.address), None)
    wait = later.waits.get(action.address)
    if again is None and wait is not None and wait.outcome == "planned":
        return action  # the later call did not reach it either
    outcome = again.outcome if again else wait.outcome if wait else "done"
    spent = [one.seconds for one in (action, again, wait) if one is not None and one.seconds is not None]
    reason = again.reason if again else action.reason if action.outcome == "begun" else ""
    return replace(action, outcome=outcome, reason=reason, seconds=sum(spent) if spent else None, id=(again and again.id) or action.id)

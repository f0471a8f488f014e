# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What is printed in addition to a stdout callback, and which parts of a result stdout callbacks print. Pure functions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..summary.collect import HIDDEN
from ..summary.model import FAIL_ON, Action, read_plan

LARGE = ("plan", "outputs", "errors", "unclaimed")
"""Long parts of a result that are not printed: the summary shows them, and ``msg`` has every error."""

FULL = "-v prints the whole result"


def prints_json(stdout_callback: str) -> bool:
    """Whether a stdout callback prints JSON, so that nothing else may go to stdout."""
    return "json" in stdout_callback.rpartition(".")[2].lower()


def shortened(result: Mapping[str, Any], summarized: bool, verbosity: int, stdout_callback: str) -> dict[str, Any]:
    """The result of a failed task in a readable form: long parts are kept under names that stdout callbacks leave out.

    ``summarized``: whether the plan_summary callback is active. With -v, and for JSON, the result is unchanged.
    """
    if not result.get("failed") or "plan" not in result or verbosity or prints_json(stdout_callback):
        return dict(result)
    large = [name for name in LARGE if name in result and not (name == "outputs" and "failed_on" in result)]
    where = f"The summary at the end of the run shows the plan and what of it is done; {FULL}." if summarized else f"{FULL}.".capitalize()
    kept = {name: value for name, value in result.items() if name not in large}
    return {**kept, "msg": f"{result.get('msg', '')}\n{where}", **{f"{HIDDEN}{name}": result[name] for name in large}}


def warnings(result: Mapping[str, Any], host: str) -> list[str]:
    """What a plan leaves out or would refuse, for runs without the plan_summary callback, which would show it."""
    plan = result.get("plan")
    if not isinstance(plan, Mapping) or str(result.get("msg", "")).startswith(FAIL_ON):
        return []
    call = read_plan(plan, host)
    blocking = [action for action in call.actions if action.blocks]
    kept = [action for action in call.actions if action.held_back and not action.blocks]
    found = []
    if blocking:
        lack = _lack(call.component, blocking, "platform_allow_replace")
        found.append(f"{call.component} is blocked: an apply changes nothing in it. {lack}")
    if kept:
        found.append(f"{call.component}: held back, and left out of an apply. {_lack(call.component, kept, 'platform_purge')}")
    return found + [f"{call.component}: {one.code or 'problem'}: {one.message}" for one in call.problems]


def _lack(component: str, actions: list[Action], variable: str) -> str:
    names = ", ".join(f"{component}:{action.address}" for action in actions)
    return f"This needs consent in {variable}, or to be no longer needed: {names}"

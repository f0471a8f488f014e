# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The ``fail_on`` option: fail the run because of the plan's result, although the plan is complete. A pure function."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..reconcile.engine import Result
from ..summary.model import FAIL_ON


def reason(params: Mapping[str, Any], check_mode: bool, result: Result, blocked: bool) -> str:
    """Why a call that made a plan must fail, in one sentence; empty if it must not. ``blocked``: an apply would change nothing.

    A run that is not in check mode reports its own failures.
    """
    wanted = params.get("fail_on")
    if not wanted or not check_mode:
        return ""
    component = params["component"]
    if blocked:
        return f"{FAIL_ON}{wanted}, and {component} is blocked: an apply would change nothing in it. The plan is complete."
    if wanted == "changes" and result.plan.permitted:
        number = len(result.plan.permitted)
        changes = "1 change" if number == 1 else f"{number} changes"
        return f"{FAIL_ON}{wanted}, and an apply would make {changes} in {component}. The plan is complete."
    return ""

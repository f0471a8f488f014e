# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Conflicts with planned creations, and apparent conflicts: our own resources that lists do not show yet."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..aws.connection import Aws
from ..reconcile.claims import UNLISTED, find_conflicts
from ..reconcile.engine import Result
from ..reconcile.errors import CallFailed, Failure, failure
from ..reconcile.waiting import Patience, SystemClock, until
from .domain import Domain
from .lock import Locked, live_holder
from .lock_entries import Mode
from .progress import progress


def conflicts(
    module: Any, domain: Domain, aws: Aws, caller: str, planned: Result, plan_again: Callable[[], Result], patience: Patience
) -> tuple[Result, list[Failure]]:
    """(the plan, what prevents an apply). ``plan_again`` observes and plans again.

    If one of our resources is in no list, another run has just created it. If that run is still active, the plan reports the run. An apply
    waits for that run's lock and checks after that. Otherwise, the plan is repeated until lists show the resource, for up to the settle
    window.
    """
    found = find_conflicts(planned.plan, domain.kinds, aws)
    if not _unlisted(found):
        return planned, found
    if not module.check_mode:
        return planned, [one for one in found if one.code != UNLISTED]
    mode: Mode = "exclusive" if module.params["state"] == "absent" else "shared"
    if other := _other_run(aws, mode, caller):
        return planned, [failure("", other)]
    for waited in until(SystemClock(), patience.settle, patience.poll):
        progress("lists", f"waiting until they show {', '.join(one.address for one in found)}", waited)
        planned = plan_again()
        found = find_conflicts(planned.plan, domain.kinds, aws)
        if not _unlisted(found):
            break
    return planned, found


def _unlisted(found: list[Failure]) -> bool:
    return any(one.code == UNLISTED for one in found)


def _other_run(aws: Aws, mode: Mode, caller: str) -> Locked | None:
    """The other active run; None if there is none, or if these credentials may not read locks."""
    try:
        return live_holder(aws, mode, caller)
    except CallFailed:
        return None

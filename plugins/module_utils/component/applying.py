# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Applying a plan: under the run lock, against the state read once the lock is held."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from ..aws.connection import Aws
from ..aws.place import Place
from ..reconcile.claims import take
from ..reconcile.engine import ObservationFailed, Result, Settings, observe, reconcile
from ..reconcile.errors import CallFailed, Failure, failure
from ..reconcile.model import Observed, Resource
from ..reconcile.planner import Consent
from ..reconcile.waiting import Patience, Stopped
from .domain import Domain
from .interruption import interruptible
from .lock import held
from .lock_entries import Mode
from .progress import announce, progress

Check = Callable[[Sequence[Observed]], list[Failure]]
"""Returns objections to applying, given the observed resources."""


def no_objection(_observed: Sequence[Observed]) -> list[Failure]:
    """Return no objections."""
    return []


def patience(module: Any) -> Patience:
    given = {"poll": module.params["poll_interval"], "settle": module.params["settle_seconds"], "timeout": module.params["timeout"]}
    return Patience(**{name: value for name, value in given.items() if value is not None})


def claimed(
    module: Any, domain: Domain, aws: Aws, desired: Sequence[Resource], observed: Sequence[Observed], consent: Consent
) -> list[Observed]:
    """The observed resources, including those that the options ``adopt`` and ``moved`` claim for addresses that do not own them yet."""
    if module.params.get("state") == "absent":
        return list(observed)
    adopt, moved = module.params.get("adopt") or {}, module.params.get("moved") or {}
    found = take(adopt, moved, desired, observed, domain.kinds, aws, partial(consent.allows, "replace"))
    return still_awaited(found, module.params.get("deferred") or ())


def still_awaited(observed: Sequence[Observed], deferred: Collection[str]) -> list[Observed]:
    """Treat what an earlier call of this run started as pending until this call has checked it.

    If such a resource has failed in the meantime, the run fails, as it would have if that call had waited. It is not silently replaced.
    """
    return [replace(seen, state="pending") if seen.state == "failed" and seen.address in deferred else seen for seen in observed]


def apply(
    module: Any, domain: Domain, aws: Aws, place: Place, desired: Sequence[Resource], planned: Result, consent: Consent, check: Check
) -> Result:
    """Apply the plan. Called only when there are changes to make, so an unchanged run incurs none of this cost.

    ``check`` returns objections to applying, given the observed resources.
    """
    settings = Settings(consent, patience(module), progress=progress, defer=frozenset(module.params.get("defer") or ()))
    aws.outages.announce = announce
    if planned.plan.refused:
        return reconcile(desired, planned.final, domain.kinds, aws, settings)
    mode: Mode = "exclusive" if module.params["state"] == "absent" else "shared"
    with interruptible(settings.clock.stop):
        try:
            settle = settings.patience.settle
            with held(aws, mode, place.caller, settings.clock, module.params["lock_wait"], progress, settle) as lock:
                aws.pause = settings.clock.pause
                # another run may have changed something between our first read and now
                now = claimed(module, domain, aws, desired, observe(domain.kinds, aws), consent)
                if objections := check(now):
                    return refused(planned, objections)
                lock.unlisted = True  # unless this ends normally
                result = reconcile(desired, now, domain.kinds, aws, settings)
                lock.unlisted = result.unlisted
        except (CallFailed, ObservationFailed, Stopped) as error:
            return replace(planned, failures=_not_begun(error))
    return result if lock.lost is None else _cut_off(result, lock.lost)


def refused(planned: Result, objections: list[Failure]) -> Result:
    """Nothing in the saved plan was started; the changes of a new plan were not requested."""
    unchanged = tuple(action for action in planned.plan.actions if action.verb == "none")
    return replace(planned, plan=replace(planned.plan, actions=unchanged), failures=objections)


def _not_begun(error: CallFailed | ObservationFailed | Stopped) -> list[Failure]:
    if isinstance(error, ObservationFailed):
        return error.failures
    if isinstance(error, Stopped):
        return [Failure("", "", "Interrupted", "the run was asked to stop while it waited for the run lock")]
    return [failure("", error)]


def _cut_off(result: Result, lost: CallFailed) -> Result:
    """Report the loss of the lock once, not for every change that it prevented."""
    others = [one for one in result.failures if one.code not in (lost.code, "Interrupted")]
    return replace(result, failures=[failure("", lost), *others])

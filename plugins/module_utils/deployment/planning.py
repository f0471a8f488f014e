# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The plan of a release: what happens to each object, decided from the looks at all of them. Pure functions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import Any

from ..cluster_objects.hiding import Hiding
from ..reconcile.errors import Failure
from ..reconcile.planner import Action, Change, Consent
from . import differences, refusals
from .look import KIND, Look, address_of

MIGRATION = "the migration, once for this release"
REMOVED = "the application is removed"
PRUNED = "no longer in the release; deleted once the release is verified"


@dataclass(frozen=True)
class ReleasePlan:
    """``looks``: every wanted object. ``actions``: by address, unchanged objects included. ``failures``: what refuses the release."""

    looks: tuple[Look, ...]
    actions: Mapping[str, Action]
    failures: tuple[Failure, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def changing(self) -> tuple[Look, ...]:
        """The objects that have to be applied."""
        return tuple(look for look in self.looks if self.actions[look.address].verb != "none")


def plan(looks: Sequence[Look], consent: Consent, hiding: Hiding, missing: Iterable[Look] = (), *, applying: bool = False) -> ReleasePlan:
    """Decide what happens to each object.

    ``missing``: looks at objects of unknown kinds, which can be planned but not applied.
    """
    actions = {look.address: decide(look, consent, hiding) for look in looks}
    failures = [Failure(look.address, "apply", "Refused", f"{look.problem}.".replace("..", ".")) for look in looks if look.problem]
    if applying:
        failures += [_unknown_kind(look) for look in missing]
    failures += [_not_allowed(look, consent) for look in looks if look.immutable and not actions[look.address].consent]
    notes = tuple(
        f"{look.address}: {note}" for look in looks for note in (*look.notes, *((look.takeover.reason,) if look.takeover else ()))
    )
    return ReleasePlan(tuple(looks), actions, tuple(failures), notes)


def _unknown_kind(look: Look) -> Failure:
    one = look.one
    message = (
        f"the cluster does not serve {one.kind} of {one.api_version}, and no CustomResourceDefinition of this release brings it. Install "
        "what defines it first, or correct apiVersion and kind."
    )
    return Failure(look.address, "apply", "UnknownKind", message)


def _not_allowed(look: Look, consent: Consent) -> Failure:
    pattern = f"{consent.component}:{look.address}"
    message = refusals.immutable(look.one.kind, look.immutable, pattern)
    return Failure(look.address, "apply", "Immutable", f"{message}.", "")


def decide(look: Look, consent: Consent, hiding: Hiding) -> Action:
    """The action for one object."""
    one, address = look.one, look.address
    if look.live is None:
        reason = look.untried if look.type is not None else f"{look.untried}; it is applied once it does"
        return Action("create", address, KIND, changes=differences.created(address, one, hiding), reason=reason)
    if look.leaving:
        return Action("create", address, KIND, changes=differences.created(address, one, hiding), reason=look.untried)
    if look.immutable:
        changes = differences.replaced(address, one, look.live, hiding)
        allowed = one.kind not in refusals.KEEPS_DATA and any(fnmatchcase(address, pattern) for pattern in consent.replace)
        asks: Any = "" if one.kind in refusals.KEEPS_DATA else "replace"
        return Action("replace", address, KIND, changes=changes, reason=look.immutable, consent=allowed, asks=asks)
    if look.result is None:
        changes = differences.replaced(address, one, look.live, hiding)
        return Action("update" if changes and not look.problem else "none", address, KIND, changes=changes, reason=look.untried)
    return _update(look, hiding)


def _update(look: Look, hiding: Hiding) -> Action:
    one, address = look.one, look.address
    live, result = look.live or {}, look.result or {}
    changes = differences.updated(address, one.kind, live, result, hiding)
    if look.takeover is not None:
        changes = differences.merged(changes, differences.no_longer(address, one, live, look.takeover.fields, hiding))
        return Action("update", address, KIND, changes=changes or _managers(look), reason=look.takeover.reason)
    changes = differences.merged(changes, differences.generated(one, live))
    if changes:
        return Action("update", address, KIND, changes=changes, reason="; ".join(look.notes))
    if differences.ownership(live, result, one.api_version):
        return Action("update", address, KIND, changes=_managers(look), reason="its fields become ours; no value changes")
    return Action("none", address, KIND)


def _managers(look: Look) -> tuple[Change, ...]:
    before = ", ".join(look.takeover.managers) if look.takeover else "others"
    return (Change("(field manager)", before, "mainstay"),)


def with_migration(found: ReleasePlan, job: Mapping[str, Any]) -> ReleasePlan:
    """The plan with the Job of the migration, which is to run."""
    metadata = job["metadata"]
    address = f"{KIND}.Job/{metadata['namespace']}/{metadata['name']}"
    containers: Sequence[Mapping[str, Any]] = job["spec"]["template"]["spec"].get("containers") or ({},)
    changes = (
        Change("image", None, containers[0].get("image")),
        Change("activeDeadlineSeconds", None, job["spec"]["activeDeadlineSeconds"]),
    )
    return replace(found, actions={**found.actions, address: Action("create", address, KIND, changes=changes, reason=MIGRATION)})


def with_actions(found: ReleasePlan, actions: Iterable[Action]) -> ReleasePlan:
    """The plan with further actions, which are not about single objects."""
    return replace(found, actions={**found.actions, **{one.address: one for one in actions}})


def with_pruned(found: ReleasePlan, addresses: Iterable[str]) -> ReleasePlan:
    """The plan with the objects that are deleted at the end."""
    gone = {address: Action("delete", address, KIND, reason=PRUNED) for address in addresses}
    return replace(found, actions={**found.actions, **gone})


def removal(addresses: Iterable[str]) -> ReleasePlan:
    """The plan that deletes objects, in this order."""
    return ReleasePlan((), {one: Action("delete", one, one.partition(".")[0], reason=REMOVED) for one in addresses})


__all__ = ["ReleasePlan", "address_of", "decide", "plan", "removal", "with_actions", "with_migration", "with_pruned"]

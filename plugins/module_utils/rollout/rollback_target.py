# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Decide which template a failed rollout returns to, or why it does not. Pure: makes no API calls."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from ..kubernetes.objects import (
    REVISION,
    REVISION_HASH,
    condition,
    generation,
    label,
    metadata,
    owned_by,
    release_of,
    spec,
    template_of,
    terminating,
    uid,
    without_hash,
)
from ..kubernetes.values import Obj, Start
from .field_owners import LAST_APPLIED, synced_by, with_template
from .records import Record
from .target import GROUPS

First = Literal["keep", "scale_to_zero", "delete"]


@dataclass(frozen=True)
class RollbackPolicy:
    """``to``: "verified", or "previous" to fall back to an unverified release. ``first``: what to do with a failed first release."""

    to: Literal["verified", "previous"] = "verified"
    first: First = "keep"


@dataclass(frozen=True)
class RollbackTarget:
    """The ``template`` to restore, or ``remove`` for a first release, or the reason ``why`` neither applies.

    ``last_applied``: the template that a client-side apply should find as its last one, where known.
    """

    why: str = ""
    template: Mapping[str, Any] | None = None
    last_applied: Mapping[str, Any] | None = None
    revision: str = ""
    remove: First = "keep"


def choose_target(start: Start, live: Obj | None, record: Record | None, history: Sequence[Obj], wish: RollbackPolicy) -> RollbackTarget:
    """``live``: the workload as just read. ``history``: its ReplicaSets or ControllerRevisions."""
    if live is None or uid(live) != start.uid:
        return RollbackTarget("it was deleted or recreated in the meantime")
    if why := _forbidden(start, live):
        return RollbackTarget(why)
    here = release_of(template_of(live))
    found = RollbackTarget()
    if record is not None:
        found = RollbackTarget(template=record.template, last_applied=record.last_applied, revision=record.revision)
    if found.template is None and wish.to == "previous":
        found = _previous(live, history, here)
    if found.template is None:
        return _first_release(start, live, history, wish)
    if release_of(found.template) == here:
        return RollbackTarget("its template already is the last verified one, so the cause lies elsewhere")
    return found


def _forbidden(start: Start, live: Obj) -> str:
    if release_of(template_of(live)) != start.template:
        return "another deployment has changed its template in the meantime, and is not undone"
    if start.changed is False:
        return "nothing was changed, so this state was there before"
    if spec(live).get("paused"):
        return "it is paused"
    if owner := synced_by(live):
        return f"{owner} syncs it from Git and would undo a patch: revert the change in Git"
    if start.kind == "Job":
        return "a Job's template cannot be changed"
    return "" if start.kind in GROUPS else f"a {start.kind} is not rolled back by this module"


def _previous(live: Obj, history: Sequence[Obj], here: str) -> RollbackTarget:
    """The newest older revision with a different template. It may never have worked, so it is used only if the caller requests it."""
    older = []
    for found in owned_by(history, uid(live)):
        template = template_of(found) or ((found.get("data") or {}).get("spec") or {}).get("template")
        if template and release_of(template) != here:
            number = (metadata(found).get("annotations") or {}).get(REVISION) or found.get("revision") or 0
            older.append((int(number), str(metadata(found).get("name")), template))
    if not older:
        return RollbackTarget()
    _number, name, template = max(older, key=lambda entry: entry[0])
    cleaned = {key: value for key, value in without_hash(template).items() if key != "$patch"}
    return RollbackTarget(template=cleaned, revision=name)


def _first_release(start: Start, live: Obj, history: Sequence[Obj], wish: RollbackPolicy) -> RollbackTarget:
    if generation(live) == 1 and start.generation == 1:
        if wish.first == "keep" or (wish.first == "scale_to_zero" and start.kind == "DaemonSet"):
            return RollbackTarget("it is the first release, so there is nothing to roll back to")
        return RollbackTarget(remove=wish.first)
    if wish.to == "previous":
        limit = spec(live).get("revisionHistoryLimit")
        return RollbackTarget("no older revision is kept" + (f" (revisionHistoryLimit {limit})" if limit is not None else ""))
    return RollbackTarget("no earlier release was verified. Set rollback.to to previous to roll back to an unverified one")


def patch_of(live: Obj, template: Mapping[str, Any], applied: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
    """Patch the whole template and its client-side apply record, but only if the object has not changed since it was read.

    Never touches the replica count. ``applied``: the template to record as last applied, if it is not the whole one.
    """
    record = with_template(live, applied or without_hash(template))
    path = f"/metadata/annotations/{LAST_APPLIED.replace('/', '~1')}"
    return [
        {"op": "test", "path": "/metadata/uid", "value": uid(live)},
        {"op": "replace", "path": "/metadata/resourceVersion", "value": metadata(live)["resourceVersion"]},
        {"op": "replace", "path": "/spec/template", "value": without_hash(template)},
        *([{"op": "replace", "path": path, "value": record}] if record else []),
    ]


def stuck_pods(pods: Sequence[Obj], owner: str, bad_revision: str) -> list[Obj]:
    """Pods of the bad revision that are not Ready. A StatefulSet waits for them indefinitely after its template is restored."""
    return [
        pod
        for pod in owned_by(pods, owner)
        if label(pod, REVISION_HASH) == bad_revision and condition(pod, "Ready").get("status") != "True" and not terminating(pod)
    ]

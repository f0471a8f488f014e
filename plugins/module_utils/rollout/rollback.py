# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Roll back to the last verified release, and watch the rollback too."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from ..kubernetes.client import Api
from ..kubernetes.objects import fingerprint, generation, metadata, name, release_of, status, template_of, uid, without_hash
from ..kubernetes.problems import ApiProblem, Conflict, NotFound, Refused
from ..kubernetes.values import Obj, Start, Verdict
from .field_owners import applied_again, applier, helm_release
from .records import Record
from .rollback_target import RollbackPolicy, RollbackTarget, choose_target, patch_of, stuck_pods
from .target import Target

ATTEMPTS = 10
"""A failing workload's status changes constantly, and each change invalidates the resource version that the patch requires."""

NOT_UNDONE = "ConfigMaps, Secrets, custom resource definitions and databases are as they were left"

Result = Literal["rolled_back", "rollback_failed", "not_attempted", "removed"]
Watch = Callable[[Target], tuple[Verdict, str]]
"""Watches a workload until its verdict. Returns the verdict and its sentence."""


@dataclass(frozen=True)
class RollbackResult:
    result: Result
    sentence: str
    revision: str = ""

    def as_dict(self, target: Target) -> dict[str, Any]:
        place = {"kind": target.kind, "name": target.name, "namespace": target.namespace}
        return {**place, "result": self.result, "reason": self.sentence, "revision": self.revision}


def undo(api: Api, target: Target, start: Start, record: Record | None, wish: RollbackPolicy, watch: Watch) -> RollbackResult:
    """Restore the template and watch the result. Never raises on API errors: the original failure matters more."""
    try:
        live, way = _decide(api, target, start, record, wish)
        if way.why or live is None:
            return RollbackResult("not_attempted", f"{target}: not rolled back: {way.why}")
        if way.template is None:
            return _remove(api, target, live, way)
        bad = str(status(live).get("updateRevision") or "")
        changed = _put_back(api, target, start, record, wish)
        if isinstance(changed, RollbackResult):
            return changed
        if target.kind == "StatefulSet":
            _free(api, target, changed, bad)
        again = replace(target, generation=generation(changed), uid=uid(changed), template=template_of(changed), changed=True)
        verdict, sentence = watch(again)
    except ApiProblem as problem:
        return RollbackResult("rollback_failed", f"{target}: the rollback failed: {problem}")
    if verdict.state == "success":
        said = f"{target}: rolled back to {way.revision or 'the last verified release'} and verified; {NOT_UNDONE}{_helm(live)}"
        return RollbackResult("rolled_back", said, way.revision)
    said = f"{target}: rolled back to {way.revision}, which does not work either: {sentence}"
    return RollbackResult("rollback_failed", said, way.revision)


def _helm(live: Obj) -> str:
    """What is left to do if the last applied state is stored by Helm and not in the cluster."""
    release = helm_release(live)
    return f". Helm still records the failed revision: run helm rollback {release} before its next upgrade" if release else ""


def _decide(api: Api, target: Target, start: Start, record: Record | None, wish: RollbackPolicy) -> tuple[Obj | None, RollbackTarget]:
    try:
        live = api.get(target.path)
    except NotFound:
        return None, RollbackTarget("it was deleted in the meantime")
    history = api.list(target.parts).items if target.parts and record is None else []
    return live, choose_target(start, live, record, history, wish)


def _put_back(api: Api, target: Target, start: Start, record: Record | None, wish: RollbackPolicy) -> dict[str, Any] | RollbackResult:
    """Patch the exact version that was read. On conflict, decide again: a status update allows a retry, another deployment does not."""
    sent: Any = None
    for _attempt in range(ATTEMPTS):
        live, way = _decide(api, target, start, record, wish)
        if live is not None and sent is not None and fingerprint(template_of(live)) == fingerprint(sent):
            return dict(live)  # the previous patch succeeded, but its response was lost
        if way.why or live is None or way.template is None:
            return RollbackResult("not_attempted", f"{target}: not rolled back: {way.why}")
        sent = way.template
        try:
            applied = _apply_as_its_applier(api, target, live, way.template)
            if applied is not None:
                if release_of(template_of(applied)) == release_of(way.template):
                    return applied
                live, start = applied, replace(start, template=release_of(template_of(applied)))
            return api.patch(target.path, patch_of(live, way.template, way.last_applied), kind="json")
        except Conflict:
            continue
    return RollbackResult("rollback_failed", f"{target}: not rolled back: it changed between every read and write, {ATTEMPTS} times")


def _apply_as_its_applier(api: Api, target: Target, live: Obj, template: Mapping[str, Any]) -> dict[str, Any] | None:
    """Restore the template in the name of the workload's server-side applier, if it has one, so that it keeps ownership of the fields."""
    entry = applier(live)
    if entry is None:
        return None
    body = applied_again(live, entry, without_hash(template))
    try:
        return api.patch(target.path, body, kind="apply", fieldManager=str(entry.get("manager")), force="true")
    except Refused:
        return None  # a plain patch also restores the service, which has priority


def _remove(api: Api, target: Target, live: Obj, way: RollbackTarget) -> RollbackResult:
    """Scale down or delete a failed first release, as the caller chose."""
    if way.remove == "scale_to_zero":
        api.patch(target.path, {"metadata": {"resourceVersion": metadata(live)["resourceVersion"]}, "spec": {"replicas": 0}})
        return RollbackResult("removed", f"{target}: it was the first release, so it was scaled to 0")
    body = {"kind": "DeleteOptions", "apiVersion": "v1", "propagationPolicy": "Background", "preconditions": {"uid": uid(live)}}
    api.delete(target.path, body)
    return RollbackResult("removed", f"{target}: it was the first release, so it was deleted")


def _free(api: Api, target: Target, changed: Obj, bad: str) -> None:
    """Delete the pods that would block a StatefulSet, once its controller has observed the restored template."""
    while True:
        live = api.get(target.path)
        seen = int(status(live).get("observedGeneration") or 0)
        if uid(live) != uid(changed) or generation(live) != generation(changed):
            return
        if seen >= generation(changed):
            break
        api.clock.pause(0.2)
    if str(status(live).get("updateRevision") or "") == bad:
        return
    for pod in stuck_pods(api.list(target.pods).items, uid(changed), bad):
        body = {"kind": "DeleteOptions", "apiVersion": "v1", "preconditions": {"uid": uid(pod)}}
        try:
            api.delete(f"{target.pods}/{name(pod)}", body)
        except (NotFound, Conflict):
            continue

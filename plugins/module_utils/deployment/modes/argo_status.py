# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What the status of an Argo CD Application says about one revision. Pure functions.

The fields are those of argoproj.io/v1alpha1 Application (argo-cd.readthedocs.io/en/stable/operator-manual/application.yaml). Its parts are
written at different moments: an operation may have succeeded while ``sync`` and ``health`` are still those of the revision before. So a
status counts only if all parts are about the wanted revision and were compared after the operation ended.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from ...kubernetes.objects import metadata, moment, spec, status
from ...kubernetes.values import Obj

RUNNING, FAILING = ("Running", "Terminating"), ("Failed", "Error")
COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
ERRORS = ("ComparisonError", "InvalidSpecError", "SyncError", "UnknownError", "OperationError")
"""Types of conditions that say why an Application cannot be compared or synced."""

APPLICATION_SETS = "ApplicationSet"
MANY = 5
IN_CLUSTER = "https://kubernetes.default.svc"

State = Literal["success", "failure", "waiting", "bad"]


@dataclass(frozen=True)
class Asked:
    """``revision``: a commit, tag, branch, or chart version. ``since``: when the operation was asked for, by the API server's clock.

    ``source``: the index among several sources; None for a single one.
    """

    revision: str
    since: datetime | None = None
    source: int | None = None


@dataclass(frozen=True)
class Judged:
    """``bad``: a failure if it lasts. ``sentence``: why, without a full stop; empty for a success."""

    state: State
    sentence: str = ""


def operation_of(application: Obj) -> Mapping[str, Any]:
    return status(application).get("operationState") or {}


def is_busy(application: Obj) -> bool:
    """Whether an operation runs or is about to: a second one would be refused or would replace it (argo-cd#17314)."""
    return bool(application.get("operation")) or operation_of(application).get("phase") in RUNNING


def sources_of(application: Obj) -> list[Mapping[str, Any]]:
    found = spec(application)
    return list(found.get("sources") or ([found["source"]] if found.get("source") else []))


def _revision_in(part: Mapping[str, Any], source: int | None) -> str:
    revisions = part.get("revisions") or ()
    if source is not None and len(revisions) > source:
        return str(revisions[source])
    return str(part.get("revision") or "")


def _target_in(compared: Mapping[str, Any], source: int | None) -> str:
    """The revision that the last comparison was asked to look at."""
    sources = compared.get("sources") or ([compared["source"]] if compared.get("source") else [])
    index = source or 0
    return str(sources[index].get("targetRevision") or "") if index < len(sources) else ""


def is_about(application: Obj, asked: Asked) -> bool:
    """Whether the last operation is the one that was asked for, or a later one of the same revision, such as an automatic sync."""
    state = operation_of(application)
    wanted = ((state.get("operation") or {}).get("sync")) or {}
    named = {_revision_in(wanted, asked.source), _revision_in(state.get("syncResult") or {}, asked.source)} - {""}
    started = moment(state.get("startedAt"))
    if asked.since is not None and started is not None and started < asked.since:
        return False
    # an automatic sync names the commit that a tag or branch leads to
    return asked.revision in named or (bool(named) and not COMMIT.fullmatch(asked.revision))


def judge(application: Obj, asked: Asked) -> Judged:
    """What the status says now about the revision that was asked for."""
    if metadata(application).get("deletionTimestamp"):
        return Judged("failure", "the Application is being deleted")
    if conditions := error_conditions(application):
        return Judged("bad", "; ".join(conditions))
    if application.get("operation") or not is_about(application, asked):
        return Judged("waiting", "Argo CD has not begun to sync the revision")
    state = operation_of(application)
    phase = state.get("phase")
    if phase in RUNNING:
        return Judged("waiting", _said("syncing", state.get("message")))
    if phase in FAILING:
        return Judged("failure", _said(f"the sync ended as {phase}", _failed_resources(state) or state.get("message")))
    return _after_sync(application, asked, state)


def _after_sync(application: Obj, asked: Asked, state: Mapping[str, Any]) -> Judged:
    found, ended = status(application), moment(state.get("finishedAt"))
    compared = moment(found.get("reconciledAt"))
    synced = found.get("sync") or {}
    result = _revision_in(state.get("syncResult") or {}, asked.source)
    if (target := _target_in(synced.get("comparedTo") or {}, asked.source)) not in ("", asked.revision):
        return Judged("waiting", f"Argo CD compares with {target} still, and not with {asked.revision}")
    if ended and compared and compared < ended:
        return Judged("waiting", "Argo CD has not compared the cluster since the sync")
    if COMMIT.fullmatch(result) and _revision_in(synced, asked.source) not in ("", result):
        return Judged("waiting", f"Argo CD compares with {_revision_in(synced, asked.source)[:10]} still, and not with {result[:10]}")
    health = found.get("health") or {}
    if synced.get("status") == "OutOfSync":
        return Judged("bad", f"it is OutOfSync after the sync: {_list(out_of_sync(application)) or 'Argo CD names no resource'}")
    if synced.get("status") != "Synced":
        return Judged("waiting", f"its sync status is {synced.get('status') or 'not known'}")
    return _health(application, str(health.get("status") or "Unknown"), health.get("message"))


def _health(application: Obj, health: str, message: Any) -> Judged:
    """Degraded is borne for a grace: a Deployment that an autoscaler has just scaled passes through it (argo-cd#6287)."""
    if health == "Healthy":
        return Judged("success")
    if health in ("Degraded", "Missing", "Suspended"):
        return Judged("bad", _said(f"its health is {health}", _list(unhealthy(application, health)) or message))
    return Judged("waiting", _said(f"its health is {health}", _list(unhealthy(application, health)) or message))


def error_conditions(application: Obj) -> list[str]:
    return [
        f"{one['type']}: {one.get('message', '')}".strip()
        for one in status(application).get("conditions") or ()
        if one.get("type") in ERRORS
    ]


def _resources(application: Obj) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for one in status(application).get("resources") or ():
        place = "/".join(str(one[part]) for part in ("kind", "namespace", "name") if one.get(part))
        yield place, one


def out_of_sync(application: Obj) -> list[str]:
    return [place for place, one in _resources(application) if one.get("status") == "OutOfSync"]


def unhealthy(application: Obj, health: str) -> list[str]:
    found = [(place, one.get("health") or {}) for place, one in _resources(application)]
    return [_said(place, one.get("message")) for place, one in found if one.get("status") == health]


def workloads(application: Obj) -> list[dict[str, str]]:
    """What the Application runs, for the rollout verifier; empty if it runs in a cluster other than Argo CD's own."""
    destination = spec(application).get("destination") or {}
    if destination.get("server") not in (None, "", IN_CLUSTER) or destination.get("name") not in (None, "", "in-cluster"):
        return []
    kinds = ("Deployment", "StatefulSet", "DaemonSet")
    found = [one for _place, one in _resources(application) if one.get("group") == "apps" and one.get("kind") in kinds]
    return [{name: str(one.get(name) or "") for name in ("kind", "namespace", "name")} for one in found]


def _failed_resources(state: Mapping[str, Any]) -> str:
    """Resources and hooks that a sync could not apply."""
    found = (state.get("syncResult") or {}).get("resources") or ()
    failed = [one for one in found if one.get("status") == "SyncFailed" or one.get("hookPhase") in FAILING]
    return _list(
        [_said("/".join(str(one[part]) for part in ("kind", "namespace", "name") if one.get(part)), one.get("message")) for one in failed]
    )


def _said(what: str, why: Any) -> str:
    return f"{what}: {why}" if why else what


def _list(names: Sequence[str]) -> str:
    more = f" and {len(names) - MANY} more" if len(names) > MANY else ""
    return ", ".join(names[:MANY]) + more


@dataclass
class Watch:
    """Judges a sequence of statuses. ``grace``: seconds that a bad status may last. ``seconds``: the limit of the whole wait."""

    asked: Asked
    grace: float
    seconds: float
    began: float
    _bad: tuple[str, float] = field(default=("", 0.0))

    def step(self, application: Obj, now: float) -> Judged:
        """A final verdict (success or failure), or waiting. Bad statuses of different kinds share one grace: they are one trouble."""
        found = judge(application, self.asked)
        if found.state in ("success", "failure"):
            return found
        if found.state == "bad":
            since = self._bad[1] if self._bad[0] else now
            self._bad = (found.sentence, since)
            if now - since >= self.grace:
                return Judged("failure", f"{found.sentence}; it has been bad for {now - since:.0f} s")
        else:
            self._bad = ("", 0.0)
        if now - self.began >= self.seconds:
            return Judged("failure", f"{found.sentence}, after {now - self.began:.0f} s")
        return Judged("waiting", found.sentence)


# --- before a change -----------------------------------------------------------------------------------------------------


def refusals(application: Obj, asked: Asked) -> list[str]:
    """What keeps a revision from being set here, one sentence each."""
    name = f"Application {metadata(application).get('namespace')}/{metadata(application).get('name')}"
    found = []
    owners = [one for one in metadata(application).get("ownerReferences") or () if one.get("kind") == APPLICATION_SETS]
    if owners:
        found.append(f"{name} is made by ApplicationSet {owners[0].get('name')}, which would set its revision back: change it there")
    labels, annotations = metadata(application).get("labels") or {}, metadata(application).get("annotations") or {}
    parent = labels.get("argocd.argoproj.io/instance") or str(annotations.get("argocd.argoproj.io/tracking-id") or "").partition(":")[0]
    if parent and parent != metadata(application).get("name"):
        found.append(f"{name} is synced by Application {parent}, which would set its revision back: change it in Git")
    sources = sources_of(application)
    if len(sources) > 1 and asked.source is None:
        found.append(f"{name} has {len(sources)} sources: name the one whose revision is to change, by its number from 0")
    elif asked.source is not None and not 0 <= asked.source < len(sources):
        found.append(f"source {asked.source} of {name} does not exist; it has {len(sources)}")
    if not asked.revision:
        found.append(f"{name}: give the revision to sync, such as a commit or a tag")
    return found


def syncs_itself(application: Obj) -> bool:
    automated = (spec(application).get("syncPolicy") or {}).get("automated")
    return automated is not None and automated.get("enabled", True) is not False


def last_good(application: Obj, source: int | None, but: str = "") -> str:
    """The newest revision in the Application's own history, except one; empty if there is none. Argo CD keeps only successful syncs."""
    for one in reversed(status(application).get("history") or ()):
        revision = _revision_in(one, source)
        if revision and revision != but:
            return revision
    return ""


def target(application: Obj, source: int | None) -> str:
    """The revision that is set; empty for the default one."""
    return _target_in(spec(application), source)


def is_deployed(application: Obj, asked: Asked) -> bool:
    """Whether the revision is set, synced, and healthy already, so that nothing is to be done."""
    found = status(application)
    targets = {_target_in(part, asked.source) for part in (spec(application), (found.get("sync") or {}).get("comparedTo") or {})}
    if is_busy(application) or targets != {asked.revision} or error_conditions(application):
        return False
    return (found.get("sync") or {}).get("status") == "Synced" and (found.get("health") or {}).get("status") == "Healthy"


# --- changes -------------------------------------------------------------------------------------------------------------


def sync_patch(application: Obj, asked: Asked, by: str, *, prune: bool) -> dict[str, Any]:
    """The merge patch that sets the revision and asks for its sync, in one change; refused if the Application has changed meanwhile."""
    sources = sources_of(application)
    index = asked.source or 0
    changed = [{**one, "targetRevision": asked.revision} if number == index else dict(one) for number, one in enumerate(sources)]
    multiple = bool(spec(application).get("sources"))
    sync: dict[str, Any] = {"prune": prune, "syncStrategy": {"hook": {}}}
    if multiple:
        sync["revisions"] = [str(one.get("targetRevision") or "") for one in changed]
    else:
        sync["revision"] = asked.revision
    if options := (spec(application).get("syncPolicy") or {}).get("syncOptions"):
        sync["syncOptions"] = list(options)
    return {
        "metadata": {"resourceVersion": metadata(application)["resourceVersion"]},
        "spec": {"sources": changed} if multiple else {"source": {"targetRevision": asked.revision}},
        "operation": {
            "initiatedBy": {"username": by},
            "info": [{"name": "Reason", "value": f"mainstay.aws: {asked.revision}"}],
            "sync": sync,
        },
    }


def manual_patch(application: Obj) -> dict[str, Any]:
    """The merge patch that switches automatic sync off: with self-healing on, it would undo a rollback (argo-cd#15588)."""
    return {"metadata": {"resourceVersion": metadata(application)["resourceVersion"]}, "spec": {"syncPolicy": {"automated": None}}}

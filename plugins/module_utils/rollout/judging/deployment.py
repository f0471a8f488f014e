# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Decide when the rollout of a Deployment is complete, and when it cannot succeed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...kubernetes.objects import (
    MAX_INT32,
    REVISION,
    TEMPLATE_HASH,
    condition,
    count,
    fingerprint,
    generation,
    label,
    metadata,
    moment,
    name,
    owned_by,
    spec,
    template_of,
    uid,
    wanted_replicas,
)
from ...kubernetes.values import FULL, Counts, Obj
from .context import Context
from .creation import refused_by_replica_set
from .events import SLACK
from .look import Look, pods_needed


def look(live: Obj, context: Context) -> Look:
    wanted, updated = wanted_replicas(live), count(live, "updatedReplicas")
    total, available = count(live, "replicas"), count(live, "availableReplicas")
    sets = owned_by(context.seen.replica_sets, uid(live))
    newest = new_replica_set(live, sets)
    counts = Counts(wanted, updated, max(0, available + updated - total), max(0, total - updated))
    needed = pods_needed(context.settings.required, wanted, _max_unavailable(live))
    partial = context.settings.required != FULL and not full(wanted, updated, total, available)
    return Look(
        observed=count(live, "observedGeneration") >= max(generation(live), context.start.generation),
        counts=counts,
        waiting_for=_partly(counts, needed) if partial else _whole(wanted, updated, total, available),
        pods=pods_of(newest, context.seen.pods),
        leaving=_others(newest, sets, context.seen.pods),
        stop=_stopped(live, newest, context),
        refused=refused_by_replica_set(newest, context),
        partial=partial,
        needed=needed,
        facts={"revision": name(newest) if newest else "", "needed": needed},
    )


def full(wanted: int, updated: int, total: int, available: int) -> bool:
    return not _whole(wanted, updated, total, available)


def _whole(wanted: int, updated: int, total: int, available: int) -> str:
    """What a full rollout still lacks: all pods new, no old pod left, and all new pods available, which is stricter than ready."""
    if updated < wanted:
        return "updating"
    if total > updated:
        return "old_pods"
    return "unavailable" if available < updated else ""


def _partly(counts: Counts, needed: int) -> str:
    """The status does not count available pods by revision: in the worst case, every old pod is one of them."""
    return "updating" if counts.new < needed else "unavailable" if counts.available < needed else ""


def _max_unavailable(live: Obj) -> Any:
    found = ((spec(live).get("strategy") or {}).get("rollingUpdate") or {}).get("maxUnavailable")
    return "25%" if found is None else found


def new_replica_set(live: Obj, sets: Sequence[Obj]) -> Obj | None:
    """The ReplicaSet with the Deployment's template; of several, the oldest, as the controller picks. Otherwise the same revision's."""
    wanted = fingerprint(template_of(live))
    same = [found for found in sets if fingerprint(template_of(found)) == wanted]
    if not same:
        revision = (metadata(live).get("annotations") or {}).get(REVISION)
        same = [found for found in sets if revision and (metadata(found).get("annotations") or {}).get(REVISION) == revision]
    return min(same, key=lambda found: (str(metadata(found).get("creationTimestamp")), name(found)), default=None)


def pods_of(replica_set: Obj | None, pods: Sequence[Obj]) -> list[Obj]:
    """Select pods by owner and hash. Crashing pods of old ReplicaSets do not matter."""
    if replica_set is None:
        return []
    wanted = label(replica_set, TEMPLATE_HASH)
    return [pod for pod in owned_by(pods, uid(replica_set)) if label(pod, TEMPLATE_HASH) == wanted]


def _others(newest: Obj | None, sets: Sequence[Obj], pods: Sequence[Obj]) -> list[Obj]:
    old = [found for found in sets if newest is None or uid(found) != uid(newest)]
    return [pod for found in old for pod in owned_by(pods, uid(found))]


def _stopped(live: Obj, newest: Obj | None, context: Context) -> tuple[str, Mapping[str, Any]] | None:
    if spec(live).get("paused"):
        return "paused", {}
    progressing = condition(live, "Progressing")
    if progressing.get("status") != "False":
        return None
    text, reason = str(progressing.get("message") or ""), str(progressing.get("reason") or "")
    if reason == "ProgressDeadlineExceeded":
        return ("progress_deadline", {"seconds": deadline(live)}) if _about_this_rollout(progressing, newest, live, context) else None
    if reason == "DeploymentPaused":
        return None
    return "progress_stopped", {"reason": reason, "message": text}


def deadline(live: Obj) -> int | None:
    """``progressDeadlineSeconds``; None if unset, in which case no condition ever reports that it passed."""
    found = spec(live).get("progressDeadlineSeconds")
    return None if found is None or int(found) >= MAX_INT32 else int(found)


def _about_this_rollout(progressing: Mapping[str, Any], newest: Obj | None, live: Obj, context: Context) -> bool:
    """The condition persists after its rollout and after the problem it reports. It counts if it is about the new ReplicaSet and not older
    than this call, or else once the deadline has passed since the start."""
    text = str(progressing.get("message") or "")
    about_a_set = '"' in text and "ReplicaSet" in text
    if about_a_set and (newest is None or f'"{name(newest)}"' not in text):
        return False
    when = moment(progressing.get("lastUpdateTime") or progressing.get("lastTransitionTime"))
    older = when is not None and when < context.start.server_time - SLACK
    return (about_a_set and not older) or context.seen.elapsed >= (deadline(live) or 0)

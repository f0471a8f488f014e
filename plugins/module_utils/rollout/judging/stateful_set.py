# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Decide when the rollout of a StatefulSet is complete. It has no progress deadline and no conditions, so pods and events show failures."""

from __future__ import annotations

from ...kubernetes.objects import REVISION_HASH, count, generation, label, name, owned_by, spec, status, terminating, uid, wanted_replicas
from ...kubernetes.values import FULL, Counts, Obj
from .context import Context
from .creation import refused_by_events
from .look import Look, pods_needed


def look(live: Obj, context: Context) -> Look:
    wanted, updated = wanted_replicas(live), count(live, "updatedReplicas")
    revision = str(status(live).get("updateRevision") or "")
    pods = owned_by(context.seen.pods, uid(live))
    new = [pod for pod in pods if label(pod, REVISION_HASH) == revision]
    old = [pod for pod in pods if label(pod, REVISION_HASH) != revision]
    target = max(0, wanted - partition(live))
    counts = Counts(wanted, len([pod for pod in new if not terminating(pod)]), count(live, "availableReplicas"), len(old))
    observed = count(live, "observedGeneration")
    by_hand = update_strategy(live) == "OnDelete"
    return Look(
        observed=bool(observed) and observed >= max(generation(live), context.start.generation),
        counts=counts,
        waiting_for=_waiting_for(live, counts, 0 if by_hand else target, updated, context),
        pods=new,
        leaving=old,
        stop=("on_delete", {"pods": sorted(name(pod) for pod in old)}) if by_hand and old else None,
        refused=refused_by_events(live, wanted - count(live, "replicas"), context),
        needed=min(target, pods_needed(context.settings.required, wanted, _max_unavailable(live))),
        partial=not by_hand and (target < wanted or counts.available < wanted),
        facts={"revision": revision, "target": target, "partition": partition(live)},
    )


def update_strategy(live: Obj) -> str:
    return str((spec(live).get("updateStrategy") or {}).get("type") or "RollingUpdate")


def partition(live: Obj) -> int:
    """Pods below this index keep the old revision. Counts positions, not names: ``ordinals.start`` does not shift it."""
    found = ((spec(live).get("updateStrategy") or {}).get("rollingUpdate") or {}).get("partition")
    return int(found or 0)


def _waiting_for(live: Obj, counts: Counts, target: int, updated: int, context: Context) -> str:
    rolling = update_strategy(live) != "OnDelete"
    if updated < target or count(live, "replicas") != counts.wanted:
        return "updating"
    if counts.new < target:
        return "old_pods"
    whole = rolling and target == counts.wanted and context.settings.required == FULL
    if counts.available < pods_needed(context.settings.required, counts.wanted, _max_unavailable(live)):
        return "unavailable"
    if whole and status(live).get("currentRevision") != status(live).get("updateRevision"):
        return "settling"
    return ""


def _max_unavailable(live: Obj) -> object:
    found = ((spec(live).get("updateStrategy") or {}).get("rollingUpdate") or {}).get("maxUnavailable")
    return 1 if found is None else found

# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Decide when the rollout of a DaemonSet is complete: one pod on every desired node that can respond."""

from __future__ import annotations

from collections.abc import Sequence

from ...kubernetes.objects import REVISION_HASH, condition, count, generation, label, name, owned_by, spec, terminating, uid
from ...kubernetes.values import FULL, Counts, Obj
from .context import Context
from .creation import refused_by_events
from .look import Look, pods_needed
from .pods import available


def look(live: Obj, context: Context) -> Look:
    desired, updated = count(live, "desiredNumberScheduled"), count(live, "updatedNumberScheduled")
    revision = newest_revision(live, context.seen.revisions)
    pods = owned_by(context.seen.pods, uid(live))
    new = [pod for pod in pods if revision and label(pod, REVISION_HASH) == revision]
    old = [pod for pod in pods if revision and label(pod, REVISION_HASH) != revision]
    excused = excused_nodes(live, new, pods, context)
    stale = sorted(name(pod) for pod in old if not terminating(pod) and _node(pod) not in excused)
    observed = count(live, "observedGeneration")
    by_hand = (spec(live).get("updateStrategy") or {}).get("type") == "OnDelete"
    still_desired = _still_desired(live, excused, context)
    needed = max(0, pods_needed(context.settings.required, desired, _max_unavailable(live)) - still_desired)
    on_nodes = len({_node(pod) for pod in new if not terminating(pod)})
    # Revisions and pods are watched separately: a status that counts more new pods than are known here is ahead of these watches.
    left = by_hand and bool(stale) and updated <= len({_node(pod) for pod in new})
    counts = Counts(desired, on_nodes, count(live, "numberAvailable"), len(old))
    return Look(
        observed=bool(observed) and observed >= max(generation(live), context.start.generation),
        counts=counts,
        waiting_for=_waiting_for(counts, 0 if left else updated - needed, bool(stale) and not left, needed),
        pods=[pod for pod in new if _node(pod) not in excused],
        leaving=old,
        stop=("on_delete", {"pods": stale}) if left else None,
        refused=refused_by_events(live, desired - count(live, "currentNumberScheduled"), context),
        needed=needed,
        excused=still_desired,
        partial=context.settings.required != FULL and counts.available < desired,
        facts={"revision": revision, "excused": sorted(excused)},
    )


def newest_revision(live: Obj, revisions: Sequence[Obj]) -> str:
    """The hash of the newest ControllerRevision. A DaemonSet's status does not name it."""
    owned = owned_by(revisions, uid(live))
    newest = max(owned, key=lambda found: int(found.get("revision") or 0), default=None)
    return label(newest, REVISION_HASH) if newest else ""


def _waiting_for(counts: Counts, ahead: int, stale: bool, needed: int) -> str:
    """``ahead``: updated nodes beyond those needed. During a surge a node may run both pods: the old one has to terminate first."""
    if ahead < 0:
        return "updating"
    if stale:
        return "old_pods"
    return "unavailable" if counts.available < needed else ""


def excused_nodes(live: Obj, new: Sequence[Obj], pods: Sequence[Obj], context: Context) -> set[str]:
    """Nodes not worth waiting for: they have a pod of the set but no new, available one, and are gone, not Ready, or joined after the
    start. Without permission to read nodes, no node is excused."""
    if context.start.nodes is None:
        return set()
    fine = {name(node) for node in context.seen.nodes if condition(node, "Ready").get("status") == "True"} & context.start.nodes
    min_ready = int(spec(live).get("minReadySeconds") or 0)
    done = {_node(pod) for pod in new if available(pod, min_ready, context)}
    return {_node(pod) for pod in pods if _node(pod)} - fine - done


def _still_desired(live: Obj, excused: set[str], context: Context) -> int:
    """How many of the excused nodes the controller still counts as desired. It does not count deleted nodes, and may not count nodes with a
    pod that should not be there. Subtracting such a node again would accept one pod too few as a success."""
    existing = excused & {name(node) for node in context.seen.nodes}
    return max(0, len(existing) - count(live, "numberMisscheduled"))


def _node(pod: Obj) -> str:
    """The pod's node or, before scheduling, the node it was created for."""
    bound = str(spec(pod).get("nodeName") or "")
    if bound:
        return bound
    affinity = ((spec(pod).get("affinity") or {}).get("nodeAffinity") or {}).get("requiredDuringSchedulingIgnoredDuringExecution") or {}
    fields = [field for term in affinity.get("nodeSelectorTerms") or () for field in term.get("matchFields") or ()]
    return next((str(field["values"][0]) for field in fields if field.get("key") == "metadata.name" and field.get("values")), "")


def _max_unavailable(live: Obj) -> object:
    found = ((spec(live).get("updateStrategy") or {}).get("rollingUpdate") or {}).get("maxUnavailable")
    return 1 if found is None else found

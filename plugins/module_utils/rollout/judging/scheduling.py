# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Diagnose why a pod still lacks a node or a volume."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ...kubernetes.objects import condition, controller_uid, name, spec, status, uid
from ...kubernetes.values import Obj, Severity, Trouble
from . import events
from .context import Context
from .signs import CREATING, PENDING, is_creating

MAKING_ROOM = ("TriggeredScaleUp", "Nominated")
"""Event reasons of the cluster autoscaler and Karpenter when they add a node for a pod."""

CONSTRAINTS = (
    ("volume zone", re.compile(r"volume node affinity conflict|no available volume zone", re.IGNORECASE)),
    ("persistent volume claim", re.compile(r"persistentvolumeclaim|unbound immediate", re.IGNORECASE)),
    ("taint", re.compile(r"taint", re.IGNORECASE)),
    ("node affinity or selector", re.compile(r"(?<!volume )node affinity|node selector|match Pod's node", re.IGNORECASE)),
    ("pod affinity or anti-affinity", re.compile(r"anti-affinity|pod affinity", re.IGNORECASE)),
    ("topology spread", re.compile(r"topology spread", re.IGNORECASE)),
    ("cpu", re.compile(r"insufficient cpu", re.IGNORECASE)),
    ("memory", re.compile(r"insufficient memory", re.IGNORECASE)),
    ("number of pods", re.compile(r"too many pods", re.IGNORECASE)),
    ("host port", re.compile(r"free ports", re.IGNORECASE)),
    ("extended resource", re.compile(r"insufficient \S+", re.IGNORECASE)),
)
MULTI_ATTACH = re.compile(r"multi-attach|already (exclusively )?attached|already used by pod|volume is in use", re.IGNORECASE)
MISSING_OBJECT = re.compile(r"\b(secrets?|configmaps?)\b.*not found|references non-existent", re.IGNORECASE)


def constraints(text: str) -> str:
    """The constraints that the scheduler's message names, in words."""
    found = [words for words, pattern in CONSTRAINTS if pattern.search(text)]
    if "cpu" in found or "memory" in found:
        found = [words for words in found if words != "extended resource"]
    return ", ".join(found)


def scheduling_trouble(pod: Obj, context: Context) -> Trouble | None:
    """Diagnose an unschedulable pod. Fatal only after a grace, a longer one while a node autoscaler is adding a node."""
    scheduled = condition(pod, "PodScheduled")
    if scheduled.get("status") != "False":
        return None
    text = str(scheduled.get("message") or "")
    if scheduled.get("reason") == "SchedulingGated":
        gates = ", ".join(str(gate.get("name")) for gate in spec(pod).get("schedulingGates") or ())
        return Trouble("waiting", "scheduling_gated", f"pod {name(pod)}", text, constraint=gates)
    room = room_for(pod, context)
    longer = room is not None or not context.seen.events_readable
    grace = context.settings.scale_up_grace if longer else context.settings.grace
    waited = context.waited((uid(pod), "", PENDING), scheduled.get("lastTransitionTime"))
    severity: Severity = "fatal" if waited > grace else "waiting"
    if claim := unbound_claim(pod, context):
        return Trouble(severity, "claim_pending", f"pod {name(pod)}", claim, constraint="persistent volume claim")
    hint = f"{room.get('reason')}: {events.message(room)}" if room else ""
    return Trouble(severity, "unschedulable", f"pod {name(pod)}", text, constraint=constraints(text), event=hint)


def room_for(pod: Obj, context: Context) -> Obj | None:
    """The event that a node is being added for this pod or another pod of its owner.

    Pods that fit on a node that is already being added get no event of their own, because the autoscaler does not report them as unplaced.
    """
    if own := events.latest(context.events, uid(pod), *MAKING_ROOM):
        return own
    owner = controller_uid(pod)
    family = {uid(other) for other in context.seen.pods if owner and controller_uid(other) == owner}
    return next((event for event in context.events if event.get("reason") in MAKING_ROOM and events.about(event) in family), None)


def unbound_claim(pod: Obj, context: Context) -> str:
    """What the pod's first unbound claim waits for; empty if all claims are bound."""
    claims = {name(claim): claim for claim in context.seen.claims}
    for volume in spec(pod).get("volumes") or ():
        wanted = str((volume.get("persistentVolumeClaim") or {}).get("claimName") or "")
        if not wanted and volume.get("ephemeral") is not None:
            wanted = f"{name(pod)}-{volume.get('name')}"
        claim = claims.get(wanted)
        if claim is not None and status(claim).get("phase") == "Pending":
            said = events.latest(context.events, uid(claim), "ProvisioningFailed", "FailedBinding", "WaitForFirstConsumer")
            return f"{wanted} is pending{_storage_class(claim)}{': ' + events.message(said) if said else ''}"
    return ""


def _storage_class(claim: Mapping[str, object]) -> str:
    wanted = spec(claim).get("storageClassName")
    return f" (storage class {wanted})" if wanted else " (it names no storage class and there is no default one)"


def volume_trouble(pod: Obj, context: Context) -> Trouble | None:
    """Diagnose a scheduled pod whose containers cannot be created because a volume is not available."""
    if not is_creating(pod):
        return None
    event = events.latest(context.events, uid(pod), "FailedMount", "FailedAttachVolume", "FailedMapVolume")
    if event is None:
        return None
    text = events.message(event)
    waited = context.waited((uid(pod), "", CREATING), condition(pod, "PodScheduled").get("lastTransitionTime"))
    severity: Severity = "fatal" if MISSING_OBJECT.search(text) and waited > context.settings.grace else "waiting"
    return Trouble(severity, "volume", f"pod {name(pod)}", text, constraint=_held_volume(text, context), event=str(event.get("reason")))


def _held_volume(text: str, context: Context) -> str:
    """Why a volume cannot be attached to a second node while a rolling update keeps the pod that uses it on the first."""
    strategy = (spec(context.seen.workload or {}).get("strategy") or {}).get("type", "RollingUpdate")
    if not MULTI_ATTACH.search(text):
        return ""
    if context.start.kind == "Deployment" and strategy == "RollingUpdate":
        return "a ReadWriteOnce volume that the old pod keeps during a RollingUpdate: use the Recreate strategy or a ReadWriteMany volume"
    return "a ReadWriteOnce volume that is still attached to another node"

# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Diagnose one pod: healthy, transient trouble, or fatal trouble."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...kubernetes.objects import condition, metadata, name, seconds_since, spec, status, terminating, uid
from ...kubernetes.values import Obj, Trouble
from . import events
from .containers import container_trouble, ended_badly, restarts_since_start
from .context import Context
from .probes_of import allowance, describe, is_sidecar
from .scheduling import scheduling_trouble, volume_trouble
from .signs import container_statuses, up

STUCK_SECONDS = 30.0
"""A pod that still exists this long after its deletion time is stuck."""


def available(pod: Obj, min_ready_seconds: int, context: Context) -> bool:
    """Whether the Ready condition, which includes readiness gates, has held for the required time and the pod is not terminating."""
    ready = condition(pod, "Ready")
    if ready.get("status") != "True" or terminating(pod):
        return False
    return seconds_since(ready.get("lastTransitionTime"), context.seen.server_time) >= min_ready_seconds


def has_settled(pod: Obj, context: Context) -> bool:
    """Whether a Ready pod without a probe has stayed up long enough to count as working."""
    ready = condition(pod, "Ready")
    if ready.get("status") != "True" or terminating(pod):
        return False
    now = context.seen.server_time
    began = [((one.get("state") or {}).get("running") or {}).get("startedAt") for one in container_statuses(pod)]
    ages = [seconds_since(when, now) for when in (ready.get("lastTransitionTime"), *began) if when]
    watched = context.seen.elapsed - context.seen.first_seen.get((uid(pod), "", up(pod)), context.seen.elapsed)
    return max(min(ages, default=0.0), watched) >= context.settings.settle


def pod_trouble(pod: Obj, context: Context) -> Trouble | None:
    if terminating(pod):
        return _going(pod, context)
    phase = status(pod).get("phase")
    if phase == "Failed":
        return _failed(pod, context)
    if phase == "Succeeded":
        return None
    found = scheduling_trouble(pod, context)
    if found is not None:
        return found
    troubles = [trouble for one in container_statuses(pod) if (trouble := container_trouble(pod, one, context)) is not None]
    for severity in ("fatal", "transient"):
        for trouble in troubles:
            if trouble.severity == severity:
                return trouble
    return volume_trouble(pod, context) or _not_ready(pod, context)


def _going(pod: Obj, context: Context) -> Trouble | None:
    """Diagnose a terminating pod. The deletion timestamp is when it should be gone."""
    over = seconds_since(metadata(pod).get("deletionTimestamp"), context.seen.server_time)
    if over <= STUCK_SECONDS:
        return Trouble("waiting", "terminating", f"pod {name(pod)}")
    finalizers = ", ".join(metadata(pod).get("finalizers") or ())
    why = f"finalizers {finalizers}" if finalizers else f"node {spec(pod).get('nodeName') or '(none)'} has not confirmed its end"
    return Trouble("waiting", "stuck_terminating", f"pod {name(pod)}", why)


def _failed(pod: Obj, context: Context) -> Trouble:
    """Diagnose a failed pod. Its controller replaces it: eviction, preemption and node shutdown also end healthy pods."""
    reason = str(status(pod).get("reason") or "")
    if not reason:
        for one in container_statuses(pod):
            if bad := ended_badly(pod, one, context):
                return bad
    return Trouble("transient", "pod_failed", f"pod {name(pod)}", f"{reason or 'Failed'}: {status(pod).get('message') or ''}".rstrip(": "))


def _not_ready(pod: Obj, context: Context) -> Trouble | None:
    ready = condition(pod, "Ready")
    if ready.get("status") == "True":
        return None
    if ready.get("reason") == "ReadinessGatesNotReady":
        return Trouble("waiting", "readiness_gate", f"pod {name(pod)}", str(ready.get("message") or ""), constraint=_closed_gates(pod))
    for one in container_statuses(pod):
        if "running" in (one.get("state") or {}) and not one.get("ready"):
            return _unready_container(pod, one, context)
    if pulling := _pulling(pod, context):
        return Trouble("waiting", "pulling", f"pod {name(pod)}", pulling)
    blocking = next((one for one in container_statuses(pod) if (one.get("state") or {}).get("waiting")), None)
    reason = str(((blocking or {}).get("state") or {}).get("waiting", {}).get("reason") or status(pod).get("phase") or "Pending")
    return Trouble("waiting", "starting", f"pod {name(pod)}", reason, str((blocking or {}).get("name") or ""))


def _pulling(pod: Obj, context: Context) -> str:
    """The event of a pull that has started but not finished. A large image may take many minutes, during which nothing else changes."""
    latest = events.latest(context.events, uid(pod), "Pulling", "Pulled", "Failed", "BackOff")
    return events.message(latest) if latest is not None and latest.get("reason") == "Pulling" else ""


def _unready_container(pod: Obj, one: Mapping[str, Any], context: Context) -> Trouble:
    inits = spec(pod).get("initContainers") or ()
    containers = [*(spec(pod).get("containers") or ()), *inits]
    declared: Mapping[str, Any] = next((container for container in containers if container.get("name") == one.get("name")), {})
    if declared in inits and not is_sidecar(declared):
        return Trouble("waiting", "initializing", f"pod {name(pod)}", "", str(one.get("name")))
    startup = declared.get("startupProbe")
    if startup and not one.get("started"):
        text = f"startup probe {describe(startup)} has not passed; it may take {allowance(declared):.0f} s"
        return Trouble("waiting", "starting", f"pod {name(pod)}", text, str(one.get("name")))
    probe = declared.get("readinessProbe")
    text = f"readiness probe {describe(probe)} has not passed" if probe else "it is not ready"
    log = context.seen.logs.get((name(pod), str(one.get("name"))), ())
    restarts = restarts_since_start(pod, one, context.start)
    text += f"; restarted {restarts} times" if restarts > 1 else ""
    return Trouble("waiting", "not_ready", f"pod {name(pod)}", text, str(one.get("name")), log=log)


def _closed_gates(pod: Obj) -> str:
    """Names of the readiness gates that keep the pod from being ready."""
    gates = [str(gate.get("conditionType")) for gate in spec(pod).get("readinessGates") or ()]
    return ", ".join(gate for gate in gates if condition(pod, gate).get("status") != "True")

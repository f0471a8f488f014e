# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The judgement: turns the initial state, the observation and the settings into a verdict. Uses no server, clock or stored state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ...kubernetes.objects import fingerprint, generation, metadata, moment, name, spec, template_of, terminating, uid
from ...kubernetes.values import Obj, Observed, Settings, Start, State, Trouble, Verdict
from . import daemon_set, deployment, job, stateful_set
from .configs import unrolled
from .containers import Context
from .events import relevant
from .look import Look, Looker
from .pods import pod_trouble
from .probes_of import slowest_start

KINDS: Mapping[str, Looker] = {
    "Deployment": deployment.look,
    "StatefulSet": stateful_set.look,
    "DaemonSet": daemon_set.look,
    "Job": job.look,
}
MOST_EVIDENCE = 3


def judge(start: Start, seen: Observed, settings: Settings) -> Verdict:
    """Success, failure or error once certain; until then in_progress, with what blocks it."""
    live = seen.workload
    if live is None:
        return Verdict("failure", "deleted")
    if uid(live) != start.uid:
        return Verdict("failure", "recreated")
    if (other := superseded(start, live)) is not None:
        return Verdict("failure", "superseded", {"manager": other})
    context = Context(start, seen, settings, relevant(seen.events, _uids(live, seen), start.server_time))
    look = KINDS[start.kind](live, context)
    ended = _stopped(look, context) or (_decided(look, live, context) if look.observed else None)
    return ended or _unfinished(look, live, context)


def _uids(live: Obj, seen: Observed) -> set[str]:
    return {uid(live), *(uid(thing) for things in (seen.replica_sets, seen.pods, seen.claims) for thing in things)}


def superseded(start: Start, live: Obj) -> str | None:
    """Who changed the pod template after the start. A new replica count comes from an autoscaler and is not a new rollout."""
    if generation(live) <= start.generation or fingerprint(template_of(live)) == start.template:
        return None
    writers = [entry for entry in metadata(live).get("managedFields") or () if _wrote_template(entry)]
    latest: Mapping[str, Any] = max(writers, key=lambda entry: (moment(entry.get("time")) is not None, str(entry.get("time"))), default={})
    return str(latest.get("manager") or "somebody")


def _wrote_template(entry: Mapping[str, Any]) -> bool:
    return not entry.get("subresource") and "f:template" in ((entry.get("fieldsV1") or {}).get("f:spec") or {})


def _stopped(look: Look, context: Context) -> Verdict | None:
    """The verdict if the workload's own status ends the watch."""
    if look.stop is None:
        return None
    code, facts = look.stop
    if code == "on_delete" and context.settings.on_delete == "warn":
        return None
    if code not in ("paused", "suspended") and not look.observed:
        return None
    troubles = _troubles(look, context)
    return Verdict("failure", code, facts, _worst(troubles), look.counts)


def _decided(look: Look, live: Obj, context: Context) -> Verdict | None:
    """Failure because of pod troubles, or success. None while neither is certain."""
    troubles = _troubles(look, context)
    fatal = [trouble for trouble in troubles if trouble.severity == "fatal"]
    if look.refused is not None and look.refused.severity == "fatal":
        return Verdict("failure", look.refused.code, {"of": look.counts.wanted}, (look.refused, *_worst(troubles)), look.counts)
    if len(fatal) > context.settings.tolerated_pods:
        facts = {"bad": len(fatal), "of": look.counts.wanted}
        return Verdict("failure", fatal[0].code, facts, _worst(fatal), look.counts)
    if look.waiting_for:
        return None
    return _success(look, live, context)


def _success(look: Look, live: Obj, context: Context) -> Verdict:
    notes = (*look.notes, *_notes(look, context))
    if look.counts.wanted == 0:
        state: State = "success" if context.settings.allow_zero else "failure"
        return Verdict(state, "nothing_running", {}, (), look.counts, notes)
    if look.stop is not None:
        return Verdict("success", "on_delete", look.stop[1], (), look.counts, notes)
    if context.start.changed is False:
        if configs := unrolled(context.start, live):
            return Verdict("success", "no_rollout", {"configs": configs}, (), look.counts, notes)
        return Verdict("success", "unchanged", {}, (), look.counts, notes)
    return Verdict("success", "partial" if look.partial else "complete", look.facts, (), look.counts, notes)


def _notes(look: Look, context: Context) -> list[str]:
    leaving = [name(pod) for pod in look.leaving if terminating(pod)]
    notes = [f"{len(leaving)} old pods are still terminating and may still answer requests"] if leaving else []
    if excused := look.facts.get("excused"):
        notes.append(f"not waited for, since not Ready, gone or new: nodes {', '.join(excused)}")
    return notes


def _troubles(look: Look, context: Context) -> list[Trouble]:
    """Troubles of the new pods. A trouble that the kind retries itself is never fatal."""
    found = [trouble for pod in look.pods if (trouble := pod_trouble(pod, context)) is not None]
    return [replace(one, severity="transient") if one.code in look.retried and one.severity == "fatal" else one for one in found]


def _worst(troubles: list[Trouble]) -> tuple[Trouble, ...]:
    order = ("fatal", "transient", "waiting")
    return tuple(sorted(troubles, key=lambda one: order.index(one.severity))[:MOST_EVIDENCE])


def _unfinished(look: Look, live: Obj, context: Context) -> Verdict:
    """Still in progress, unless the time is up or nothing changes any more."""
    troubles = _troubles(look, context) if look.observed else []
    if look.refused is not None:
        troubles.insert(0, look.refused)
    stuck = [one for pod in look.leaving if (one := pod_trouble(pod, context)) is not None and one.code == "stuck_terminating"]
    evidence = _worst(troubles + stuck)
    code = look.waiting_for or "updating" if look.observed else "not_observed"
    facts = {"waiting_for": code, "seconds": round(context.seen.elapsed), **look.facts}
    if context.seen.elapsed >= context.settings.wait:
        return Verdict("failure", "timeout", {**facts, "startup": slowest_start(spec(template_of(live)))}, evidence, look.counts)
    if not look.may_be_quiet and context.seen.quiet > _patience(live, evidence, context.settings):
        return Verdict("error", "no_activity", {**facts, "quiet": round(context.seen.quiet)}, evidence, look.counts)
    return Verdict("in_progress", code, facts, evidence, look.counts)


def _patience(live: Obj, evidence: tuple[Trouble, ...], settings: Settings) -> float:
    """How long nothing may change: longer while containers may still be starting or a new node is being added."""
    slow = slowest_start(spec(template_of(live))) + float(spec(live).get("minReadySeconds") or 0)
    room = settings.scale_up_grace if any(one.event and one.code == "unschedulable" for one in evidence) else 0.0
    return max(settings.quiet + slow, room)

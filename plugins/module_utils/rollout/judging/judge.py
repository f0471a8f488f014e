# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The judgment: turns the initial state, the observation and the settings into a verdict. Uses no server, clock or stored state."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from ...kubernetes.objects import fingerprint, generation, metadata, moment, name, release_of, spec, template_of, terminating, uid
from ...kubernetes.values import Counts, Obj, Observed, Settings, Start, Trouble, Verdict
from . import daemon_set, deployment, general, job, stateful_set
from .bake import judge_bake
from .configs import unrolled
from .containers import restarts_since_start
from .context import Context
from .creation import spared_by_leaving
from .events import relevant
from .look import Look, Looker
from .pods import has_settled, pod_trouble
from .probes_of import is_vouched_for, slowest_start
from .scalers import runs_elsewhere, zero_is_meant
from .signs import container_statuses

KINDS: Mapping[str, Looker] = {
    "Deployment": deployment.look,
    "StatefulSet": stateful_set.look,
    "DaemonSet": daemon_set.look,
    "Job": job.look,
}
MOST_EVIDENCE = 3
SETTLING_SHARE = 4
"""At most a quarter of the time limit is spent waiting for pods without probes to stay up."""


def judge(start: Start, seen: Observed, settings: Settings) -> Verdict:
    """Success, failure or error once certain; until then in_progress, with what blocks it."""
    live = seen.workload
    if live is None or uid(live) != start.uid:
        return _gone(start, seen)
    if (other := superseded(start, live)) is not None:
        return Verdict("failure", "superseded", {"manager": other})
    context = Context(start, seen, settings, relevant(seen.events, _uids(live, seen), start.server_time))
    look = looker(start.kind)(live, context)
    look = replace(look, refused=spared_by_leaving(look.refused, (*look.leaving, *look.pods), context))
    ended = _stopped(look, context) or (_decided(look, live, context) if look.observed else None)
    verdict = ended or _unfinished(look, live, context)
    return replace(verdict, notes=(*verdict.notes, *_restarted(start, live)))


def looker(kind: str) -> Looker:
    """How to observe a kind: by its specific rule, or by the general rule."""
    return KINDS.get(kind, general.look)


def _gone(start: Start, seen: Observed) -> Verdict:
    """A workload that no longer exists. A Job may just have been cleaned up, which is not conclusive for what was applied with it."""
    if start.kind == "Job":
        done = seen.completed
        return Verdict("success", "complete", {}, (), Counts(done, done, done)) if done else Verdict("error", "job_gone")
    return Verdict("failure", "deleted" if seen.workload is None else "recreated")


def _uids(live: Obj, seen: Observed) -> set[str]:
    return {uid(live), *(uid(thing) for things in (seen.replica_sets, seen.pods, seen.claims) for thing in things)}


def superseded(start: Start, live: Obj) -> str | None:
    """Who changed the pod template after the start. A new replica count comes from an autoscaler; an annotation that only restarts the pods
    comes from a person or a controller such as Reloader. Neither is a new release."""
    if generation(live) <= start.generation or release_of(template_of(live)) == start.template:
        return None
    writers = [entry for entry in metadata(live).get("managedFields") or () if _wrote_template(entry)]
    latest: Mapping[str, Any] = max(writers, key=lambda entry: (moment(entry.get("time")) is not None, str(entry.get("time"))), default={})
    return str(latest.get("manager") or "another client")


def _wrote_template(entry: Mapping[str, Any]) -> bool:
    return not entry.get("subresource") and "f:template" in ((entry.get("fieldsV1") or {}).get("f:spec") or {})


def _restarted(start: Start, live: Obj) -> tuple[str, ...]:
    if not start.exact or generation(live) <= start.generation or fingerprint(template_of(live)) == start.exact:
        return ()
    return (f"{start.workload} was restarted without another change while it was watched; generation {generation(live)} was followed",)


def _stopped(look: Look, context: Context) -> Verdict | None:
    """The verdict if the workload's own status ends the watch."""
    if look.stop is None:
        return None
    code, facts = look.stop
    if code == "on_delete" and context.settings.on_delete == "warn":
        return None
    if code not in ("paused", "suspended") and not look.observed:
        return None
    return Verdict("failure", code, facts, _worst(_troubles(look, context)), look.counts)


def _decided(look: Look, live: Obj, context: Context) -> Verdict | None:
    """Failure because of pod troubles, or success. None while neither is certain."""
    troubles = _troubles(look, context)
    if (baseline := context.start.baseline) is not None and look.counts.wanted and look.stop is None:
        found = judge_bake(look, baseline, troubles, context)
        return replace(found, evidence=_worst(found.evidence), notes=(*found.notes, *_notes(look)))
    fatal = [trouble for trouble in troubles if trouble.severity == "fatal"]
    if look.refused is not None and look.refused.severity == "fatal":
        return Verdict("failure", look.refused.code, {"of": look.counts.wanted}, (look.refused, *_worst(troubles)), look.counts)
    if len(fatal) > context.settings.tolerated_pods:
        facts = {"bad": len(fatal), "of": look.counts.wanted}
        return Verdict("failure", fatal[0].code, facts, _worst(fatal), look.counts)
    if look.waiting_for or not _settled(look, live, context):
        return None
    return _success(look, live, context)


def _settled(look: Look, live: Obj, context: Context) -> bool:
    """Whether the pods have stayed up long enough, if they have no probe or have crashed before.

    Without a probe, a container counts as ready, and its Deployment as complete, a moment before it crashes.
    """
    if context.start.kind not in ("Deployment", "StatefulSet", "DaemonSet") or not context.settings.settle:
        return True
    short = replace(context.settings, settle=min(context.settings.settle, context.settings.wait / SETTLING_SHARE))
    patient = replace(context, settings=short)
    unsettled = [pod for pod in look.pods if not terminating(pod) and not has_settled(pod, patient)]
    if any(_crashed(pod, context) for pod in unsettled):
        return False
    up = sum(not terminating(pod) for pod in look.pods) - len(unsettled)
    return is_vouched_for(spec(live)) or up >= look.needed


def _crashed(pod: Obj, context: Context) -> bool:
    allowed = context.settings.max_restarts
    return any(restarts_since_start(pod, one, context.start) > allowed for one in container_statuses(pod))


def _success(look: Look, live: Obj, context: Context) -> Verdict:
    notes = (*look.notes, *_notes(look))
    if look.counts.wanted == 0:
        if by := zero_is_meant(live, context):
            return Verdict("success", "scaled_to_zero", {"by": by}, (), look.counts, (*notes, *runs_elsewhere(by)))
        if context.settings.allow_zero:
            return Verdict("success", "nothing_running", {}, (), look.counts, notes)
        return Verdict("failure", "nothing_running", {}, (), look.counts, notes)
    if look.stop is not None:
        return Verdict("success", "on_delete", look.stop[1], (), look.counts, notes)
    if context.start.changed is False:
        if configs := unrolled(context.start, live):
            return Verdict("success", "no_rollout", {"configs": configs}, (), look.counts, notes)
        return Verdict("success", "unchanged", {}, (), look.counts, notes)
    return Verdict("success", "partial" if look.partial else "complete", look.facts, (), look.counts, notes)


def _notes(look: Look) -> list[str]:
    leaving = [name(pod) for pod in look.leaving if terminating(pod)]
    notes = [f"{len(leaving)} old pods are still terminating and may still answer requests"] if leaving else []
    if excused := look.facts.get("excused"):
        notes.append(f"not waited for, because not Ready, gone or new: nodes {', '.join(excused)}")
    return notes


def _troubles(look: Look, context: Context) -> list[Trouble]:
    """Troubles of the new pods. A trouble that the kind retries itself is never fatal."""
    found = [trouble for pod in look.pods if (trouble := pod_trouble(pod, context)) is not None]
    return [replace(one, severity="transient") if one.code in look.retried and one.severity == "fatal" else one for one in found]


def _worst(troubles: Iterable[Trouble]) -> tuple[Trouble, ...]:
    order = ("fatal", "transient", "waiting")
    return tuple(sorted(troubles, key=lambda one: order.index(one.severity))[:MOST_EVIDENCE])


def _unfinished(look: Look, live: Obj, context: Context) -> Verdict:
    """Still in progress, unless time is up or neither the controller nor any pod has shown activity for too long."""
    troubles = _troubles(look, context) if look.observed else []
    if look.refused is not None:
        troubles.insert(0, look.refused)
    leaving = [one for pod in look.leaving if terminating(pod) and (one := pod_trouble(pod, context)) is not None]
    evidence = _worst(troubles + [one for one in leaving if one.code == "stuck_terminating"])
    code = (look.waiting_for or "staying_up") if look.observed else "not_observed"
    facts = {"waiting_for": code, "seconds": round(context.seen.elapsed), **look.facts}
    if context.seen.elapsed >= context.settings.wait:
        if code == job.QUEUED:
            return Verdict("error", code, facts, evidence, look.counts)
        return Verdict("failure", "timeout", {**facts, "startup": slowest_start(spec(template_of(live)))}, evidence, look.counts)
    silent = not (evidence or leaving or look.may_be_quiet)
    if silent and context.seen.quiet > _patience(live, context.settings):
        return Verdict("error", "no_activity", {**facts, "quiet": round(context.seen.quiet)}, evidence, look.counts)
    return Verdict("in_progress", code, facts, evidence or tuple(leaving[:1]), look.counts)


def _patience(live: Obj, settings: Settings) -> float:
    """How long nothing may change. A Ready pod becomes available without further signs."""
    return settings.quiet + float(spec(live).get("minReadySeconds") or 0)

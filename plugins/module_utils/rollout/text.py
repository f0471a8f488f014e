# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Verdicts in plain language: one sentence each, with the next step where it is known."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from ..kubernetes.values import Counts, Start, Trouble, Verdict

TROUBLES: Mapping[str, str] = {
    "image_not_found": "cannot pull its image",
    "image_pull": "cannot pull its image at the moment",
    "image_invalid": "has an image name that cannot be used",
    "config_missing": "refers to configuration that does not exist",
    "cannot_run": "cannot be started",
    "crash_loop": "crashes repeatedly",
    "oom_killed": "ran out of memory (OOMKilled)",
    "exited": "ended with an error",
    "pod_failed": "failed and is being replaced",
    "unschedulable": "cannot be scheduled",
    "claim_pending": "waits for a volume",
    "scheduling_gated": "is held back by scheduling gates",
    "volume": "cannot get a volume",
    "readiness_gate": "waits for a readiness gate",
    "not_ready": "is not ready",
    "starting": "is starting",
    "pulling": "is pulling an image",
    "initializing": "is running an init container",
    "condition": "is not ready",
    "terminating": "is terminating",
    "stuck_terminating": "has not terminated in time",
    "quota": "cannot create pods: a quota is exhausted",
    "service_account": "cannot create pods: the service account does not exist",
    "pod_security": "cannot create pods: the namespace's pod security standard forbids them",
    "limit_range": "cannot create pods: a limit range forbids them",
    "webhook_denied": "cannot create pods: an admission webhook denies them",
    "webhook_unreachable": "cannot create pods: an admission webhook does not answer",
    "priority_class": "cannot create pods: the priority class does not exist",
    "create_refused": "cannot create pods",
}

WAITING: Mapping[str, str] = {
    "not_observed": "its controller has not observed this generation yet",
    "updating": "{new} of {wanted} pods are new",
    "old_pods": "{old} old pods are left",
    "unavailable": "{available} of {wanted} pods are available",
    "settling": "the controller has not recorded the new revision yet",
    "staying_up": "all pods are available, and have to stay up for a moment because no probe vouches for them",
    "replacing": "{available} of {wanted} pods are available; the others were created after the rollout and are starting",
    "queued": "a queueing controller has suspended it until there is room",
    "condition": "its controller has not reported that it is ready",
    "running": "{available} of {wanted} completions",
}

SENTENCES: Mapping[str, str] = {
    "complete": "rolled out: {available} of {wanted} pods are new and available",
    "completed": "completed {available} of {wanted} times",
    "partial": "PARTLY rolled out, as requested: {new} of {wanted} pods run the new revision, the rest keep the old one",
    "unchanged": "nothing was changed, so there was no rollout; {available} of {wanted} pods are available",
    "no_rollout": "no rollout happened: {configs} changed, but the pod template did not, so running pods keep what they read at their "
    "start. Put a checksum of it into the template's annotations, or give it a new name",
    "nothing_running": "no pod is wanted (replicas 0, or no node matches). If that is intended, name the workload in allow_zero",
    "scaled_to_zero": "no pod is running, because {by} has scaled it to 0",
    "on_delete": "its update strategy is OnDelete, so these pods keep the old revision until they are deleted: {pods}",
    "deleted": "it was deleted during the rollout",
    "recreated": "it was deleted and recreated during the rollout; the object that exists now is a different one",
    "job_gone": "the Job no longer exists and was never seen to complete, so its outcome is unknown. If ttlSecondsAfterFinished "
    "removed it, raise that to a few minutes",
    "queued": "it was still suspended by a queueing controller after {seconds} s, so it has not run",
    "superseded": "{manager} changed the pod template during the rollout: another deployment took over",
    "paused": "it is paused, so it will not roll out. Resume it (kubectl rollout resume) and run again",
    "suspended": "it is suspended, so it will not run. Set spec.suspend to false and run again",
    "progress_deadline": "made no progress within its own deadline of {seconds} s (progressDeadlineSeconds)",
    "progress_stopped": "the controller cannot proceed: {reason}: {message}",
    "resource_failed": "failed: {reason}: {message}",
    "job_failed": "failed: {reason}: {message}",
    "timeout": "not finished after {seconds} s: {doing}",
    "no_activity": "neither its controller nor any pod has shown a sign of activity for {quiet} s: {doing}",
}


def describe(trouble: Trouble) -> str:
    """Describe a trouble, such as "pod web-1, container app crashes repeatedly (exit code 1)"."""
    who = f"{trouble.about}, container {trouble.container}" if trouble.container else trouble.about
    details = []
    if trouble.exit_code is not None:
        details.append(f"exit code {trouble.exit_code}" + (f", signal {trouble.signal}" if trouble.signal else ""))
    if trouble.constraint:
        details.append(trouble.constraint)
    text = f"{who} {TROUBLES.get(trouble.code, trouble.code)}"
    text += f" ({'; '.join(details)})" if details else ""
    message = trouble.message.strip().rstrip(".")
    return f"{text}: {message[:400]}" if message else text


def doing(code: str, counts: Counts) -> str:
    """Describe what is still missing before the rollout is complete."""
    return WAITING.get(code, code).format(**_numbers(counts))


def sentence(start: Start, verdict: Verdict) -> str:
    """The verdict in one sentence: which workload, what happened, and why."""
    facts: dict[str, Any] = defaultdict(str, {**_numbers(verdict.counts), **verdict.facts})
    if verdict.facts.get("seconds", 0) is None:
        facts["seconds"] = "(default)"
    facts["doing"] = doing(str(verdict.facts.get("waiting_for", "")), verdict.counts)
    for key in ("configs", "pods"):
        if isinstance(facts.get(key), list):
            facts[key] = ", ".join(facts[key])
    if start.kind == "Job" and verdict.state == "success" and verdict.counts.wanted:
        text = SENTENCES["completed"].format_map(facts)
    elif verdict.state == "success" and verdict.facts.get("condition"):
        text = f"its condition {verdict.facts['condition']} is True"
    elif verdict.state == "in_progress":
        text = doing(verdict.code, verdict.counts)
    elif verdict.code in SENTENCES:
        text = SENTENCES[verdict.code].format_map(facts)
    else:
        text = _failing(verdict)
    if verdict.evidence and (verdict.code in SENTENCES or verdict.state == "in_progress"):
        text += f"; {describe(verdict.evidence[0])}"
    if verdict.code == "timeout" and (startup := verdict.facts.get("startup", 0)) > verdict.facts.get("seconds", 0):
        text += f". Its own probes allow {startup:.0f} s to start: wait longer"
    return f"{start.workload}: {text}."


def _failing(verdict: Verdict) -> str:
    """Describe one or more pods that cannot recover."""
    first = describe(verdict.evidence[0]) if verdict.evidence else verdict.code
    bad = int(verdict.facts.get("bad", 1))
    return first + (f" (and {bad - 1} more of {verdict.counts.wanted} pods cannot recover)" if bad > 1 else "")


def _numbers(counts: Counts) -> dict[str, int]:
    return {"wanted": counts.wanted, "new": counts.new, "available": counts.available, "old": counts.old}

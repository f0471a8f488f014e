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
    "config_missing": "refers to configuration that is not there",
    "cannot_run": "cannot be run",
    "crash_loop": "crashes again and again",
    "oom_killed": "was ended for want of memory (OOMKilled)",
    "exited": "ended with an error",
    "pod_failed": "failed and is replaced",
    "unschedulable": "finds no node",
    "claim_pending": "waits for a volume",
    "scheduling_gated": "is held back by scheduling gates",
    "volume": "cannot get a volume",
    "readiness_gate": "waits for a readiness gate",
    "not_ready": "is not ready",
    "starting": "is starting",
    "terminating": "is terminating",
    "stuck_terminating": "should be gone and is not",
    "quota": "may not make pods: a quota is used up",
    "service_account": "may not make pods: the service account is missing",
    "pod_security": "may not make pods: the namespace's pod security forbids them",
    "limit_range": "may not make pods: a limit range forbids them",
    "webhook_denied": "may not make pods: an admission webhook denies them",
    "webhook_unreachable": "cannot make pods: an admission webhook does not answer",
    "priority_class": "may not make pods: the priority class is missing",
    "create_refused": "cannot make pods",
}

WAITING: Mapping[str, str] = {
    "not_observed": "its controller has not seen this generation yet",
    "updating": "{new} of {wanted} pods are new",
    "old_pods": "{old} old pods are still there",
    "unavailable": "{available} of {wanted} pods are available",
    "settling": "the controller has not recorded the new revision yet",
    "running": "{available} of {wanted} completions",
}

SENTENCES: Mapping[str, str] = {
    "complete": "rolled out: {available} of {wanted} pods are new and available",
    "completed": "completed {available} of {wanted} times",
    "partial": "PARTLY rolled out, as asked for: {new} of {wanted} pods run the new revision, the rest keep the old one",
    "unchanged": "nothing was changed, so there was no rollout; {available} of {wanted} pods are available",
    "no_rollout": "no rollout happened: {configs} changed, but the pod template did not, so running pods keep what they read at their "
    "start. Put a checksum of it into the template's annotations, or give it a new name",
    "nothing_running": "nothing is running: no pod is wanted (replicas 0, or no node fits). Set allow_zero if that is meant",
    "on_delete": "its update strategy is OnDelete, so these pods keep the old revision until somebody deletes them: {pods}",
    "deleted": "it was deleted while it was watched",
    "recreated": "it was deleted and made again while it was watched; what is there now is another one",
    "superseded": "{manager} changed the pod template while it was watched: another deployment took over",
    "paused": "it is paused, so it will not roll out. Resume it (kubectl rollout resume) and run again",
    "suspended": "it is suspended, so it will not run. Set spec.suspend to false and run again",
    "progress_deadline": "made no progress for its own deadline of {seconds} s (progressDeadlineSeconds)",
    "progress_stopped": "cannot go on: {reason}: {message}",
    "job_failed": "failed: {reason}: {message}",
    "timeout": "not finished after {seconds} s: {doing}",
    "no_activity": "nothing has changed for {quiet} s: {doing}",
}


def describe(trouble: Trouble) -> str:
    """Describe a trouble, such as "pod web-1, container app: crashes again and again (exit code 1)"."""
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
    elif verdict.code in SENTENCES:
        text = SENTENCES[verdict.code].format_map(facts)
    elif verdict.state == "in_progress":
        text = doing(verdict.code, verdict.counts)
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
    return first + (f" (and {bad - 1} more of {verdict.counts.wanted} pods are beyond hope)" if bad > 1 else "")


def _numbers(counts: Counts) -> dict[str, int]:
    return {"wanted": counts.wanted, "new": counts.new, "available": counts.available, "old": counts.old}

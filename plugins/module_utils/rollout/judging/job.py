# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Decide when a Job is complete. A Job retries failed pods itself, so only its own conditions end it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...kubernetes.objects import condition, count, metadata, owned_by, spec, uid
from ...kubernetes.values import Counts, Obj
from .context import Context
from .creation import refused_by_events
from .look import Look

QUEUED = "queued"
OWN_CONTROLLER = "kubernetes.io/job-controller"
RETRIED = frozenset({"crash_loop", "oom_killed", "exited", "pod_failed"})


def look(live: Obj, context: Context) -> Look:
    parallelism = spec(live).get("parallelism")
    wanted = int(spec(live).get("completions") or 1)
    done = is_complete(live)
    counts = Counts(wanted, count(live, "active") + count(live, "succeeded"), count(live, "succeeded"))
    running = 1 if parallelism is None else int(parallelism)
    missing = min(running, wanted) - count(live, "active") - count(live, "succeeded") - count(live, "failed")
    return Look(
        observed=True,
        counts=Counts() if running == 0 and not done else counts,
        waiting_for="" if done or running == 0 else QUEUED if is_queued(live) else "running",
        pods=owned_by(context.seen.pods, uid(live)),
        stop=_stopped(live),
        refused=refused_by_events(live, missing, context),
        retried=RETRIED,
        may_be_quiet=True,
    )


def _stopped(live: Obj) -> tuple[str, Mapping[str, Any]] | None:
    failed = condition(live, "Failed")
    if failed.get("status") == "True":
        return "job_failed", {"reason": str(failed.get("reason") or ""), "message": str(failed.get("message") or "")}
    return ("suspended", {}) if spec(live).get("suspend") and not is_queued(live) else None


def is_complete(live: Obj) -> bool:
    return condition(live, "Complete").get("status") == "True"


def is_queued(live: Obj) -> bool:
    """Whether a queueing controller holds the Job back. It resumes the Job when capacity is available, so suspension is not a failure."""
    marks = {**(metadata(live).get("labels") or {}), **(metadata(live).get("annotations") or {})}
    managed = any(key.startswith("kueue.x-k8s.io/") or key.endswith("/queue-name") for key in marks)
    return bool(spec(live).get("suspend")) and (managed or str(spec(live).get("managedBy") or OWN_CONTROLLER) != OWN_CONTROLLER)

# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Diagnose pods that the API refuses to create. No pod exists whose status could show the reason."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from ...kubernetes.objects import condition, metadata, moment, name, seconds_since, terminating, uid
from ...kubernetes.values import Obj, Severity, Trouble
from . import events
from .context import Context
from .events import SLACK, happened
from .signs import REFUSED

UNANSWERED = re.compile(
    r"failed calling webhook|failed to call webhook|time(d )?\s?out|deadline exceeded|connection re(fused|set)|no endpoints available"
    r"|\bEOF\b|i/o timeout|no route to host|service unavailable|too many requests|error trying to reach service",
    re.IGNORECASE,
)
REFUSALS = (
    ("quota", re.compile(r"exceeded quota|failed quota", re.IGNORECASE), False),
    ("service_account", re.compile(r"service ?account.*not found", re.IGNORECASE), False),
    ("pod_security", re.compile(r"violates PodSecurity", re.IGNORECASE), True),
    ("limit_range", re.compile(r"(maximum|minimum) (cpu|memory|storage|\S+) usage per|limit to request ratio", re.IGNORECASE), True),
    ("webhook_unreachable", re.compile(r"failed calling webhook|failed to call webhook", re.IGNORECASE), False),
    ("webhook_denied", re.compile(r"admission webhook .* denied", re.IGNORECASE), True),
    ("priority_class", re.compile(r"no PriorityClass with name", re.IGNORECASE), True),
)
"""Code, pattern of the API's message, and whether the refusal is final."""


def refusal(text: str) -> tuple[str, bool]:
    code, final = next(((code, final) for code, pattern, final in REFUSALS if pattern.search(text)), ("create_refused", False))
    if code == "webhook_denied" and UNANSWERED.search(text):
        return "webhook_unreachable", False  # policy engines use this form to report a timeout of their own lookup
    return code, final


def refused_by_replica_set(replica_set: Obj | None, context: Context) -> Trouble | None:
    """Read the new ReplicaSet's own condition: the Deployment's may describe an old ReplicaSet."""
    failing = condition(replica_set, "ReplicaFailure") if replica_set is not None else {}
    if replica_set is None or failing.get("status") != "True":
        return None
    since = failing.get("lastTransitionTime")
    waited = context.waited((uid(replica_set), "", REFUSED), since)
    fresh = _in_this_call(since, context) or events.latest(context.events, uid(replica_set), "FailedCreate") is not None
    return _trouble(f"ReplicaSet {name(replica_set)}", str(failing.get("message") or ""), waited, fresh, context, "")


def _in_this_call(when: Any, context: Context) -> bool:
    """Whether a condition is not older than the call. An older one may be stale, because the controller retries less and less often."""
    then = moment(when)
    return then is None or then >= context.start.server_time - SLACK


def refused_by_events(owner: Obj, missing: int, context: Context) -> Trouble | None:
    """For kinds without such a condition: pods are missing and an event explains why. An event alone is not enough."""
    event = events.latest(context.events, uid(owner), "FailedCreate")
    if missing <= 0 or event is None:
        return None
    when = happened(event)
    first = event.get("firstTimestamp") or event.get("eventTime") or (when.isoformat() if when else None)
    waited = context.waited((uid(owner), "", REFUSED), first)
    return _trouble(f"{context.start.kind} {name(owner)}", events.message(event), waited, True, context, "FailedCreate")


def _trouble(about: str, text: str, waited: float, fresh: bool, context: Context, event: str) -> Trouble:
    code, final = refusal(text)
    severity: Severity = "fatal" if (final and fresh) or waited > context.settings.grace else "transient"
    return Trouble(severity, code, about, text, event=event)


def spared_by_leaving(refused: Trouble | None, pods: Sequence[Obj], context: Context) -> Trouble | None:
    """A quota still used by our own terminating pods is not final until those should be gone and the controller has tried again."""
    if refused is None or refused.code != "quota" or refused.severity != "fatal":
        return refused
    grace, left = context.settings.grace, context.seen.last_leaving
    due = [metadata(pod).get("deletionTimestamp") for pod in pods if terminating(pod)]
    on_time = any(seconds_since(when, context.seen.server_time) <= grace for when in due)
    just_gone = not due and left is not None and context.seen.elapsed - left <= grace
    return replace(refused, severity="transient") if on_time or just_gone else refused

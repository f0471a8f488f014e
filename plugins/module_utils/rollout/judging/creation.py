# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Diagnose pods that the API refuses to create. No pod exists whose status could show the reason."""

from __future__ import annotations

import re

from ...kubernetes.objects import condition, name, seconds_since, uid
from ...kubernetes.values import Obj, Severity, Trouble
from . import events
from .containers import Context
from .events import happened

REFUSALS = (
    ("quota", re.compile(r"exceeded quota|failed quota", re.IGNORECASE), False),
    ("service_account", re.compile(r"service ?account.*not found", re.IGNORECASE), False),
    ("pod_security", re.compile(r"violates PodSecurity", re.IGNORECASE), True),
    ("limit_range", re.compile(r"(maximum|minimum) (cpu|memory|storage|\S+) usage per|limit to request ratio", re.IGNORECASE), True),
    ("webhook_denied", re.compile(r"admission webhook .* denied", re.IGNORECASE), True),
    ("webhook_unreachable", re.compile(r"failed calling webhook", re.IGNORECASE), False),
    ("priority_class", re.compile(r"no PriorityClass with name", re.IGNORECASE), True),
)
"""Code, pattern of the API's message, and whether the refusal is final."""


def refusal(text: str) -> tuple[str, bool]:
    return next(((code, final) for code, pattern, final in REFUSALS if pattern.search(text)), ("create_refused", False))


def refused_by_replica_set(replica_set: Obj | None, context: Context) -> Trouble | None:
    """Read the new ReplicaSet's own condition: the Deployment's may describe an old ReplicaSet."""
    failing = condition(replica_set, "ReplicaFailure") if replica_set is not None else {}
    if replica_set is None or failing.get("status") != "True":
        return None
    age = seconds_since(failing.get("lastTransitionTime"), context.seen.server_time)
    return _trouble(f"ReplicaSet {name(replica_set)}", str(failing.get("message") or ""), age, context, "")


def refused_by_events(owner: Obj, missing: int, context: Context) -> Trouble | None:
    """For kinds without such a condition: pods are missing and an event explains why. An event alone is not enough."""
    event = events.latest(context.events, uid(owner), "FailedCreate")
    if missing <= 0 or event is None:
        return None
    when = happened(event)
    first = event.get("firstTimestamp") or event.get("eventTime") or (when.isoformat() if when else None)
    age = seconds_since(first, context.seen.server_time)
    return _trouble(f"{context.start.kind} {name(owner)}", events.message(event), age, context, "FailedCreate")


def _trouble(about: str, text: str, age: float, context: Context, event: str) -> Trouble:
    code, final = refusal(text)
    severity: Severity = "fatal" if final or age > context.settings.grace else "transient"
    return Trouble(severity, code, about, text, event=event)

# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Judge any kind that reports its state by a Ready-like condition and an observed generation, the convention for custom resources."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...kubernetes.objects import condition, generation, name, status
from ...kubernetes.values import Counts, Obj, Trouble
from .context import Context
from .look import Look

READY = ("Ready", "Available", "Healthy", "Succeeded", "Complete")
FAILED = ("Stalled", "Failed")


def look(live: Obj, context: Context) -> Look:
    found = next((condition(live, kind) for kind in READY if condition(live, kind)), {})
    failed = next((condition(live, kind) for kind in FAILED if condition(live, kind).get("status") == "True"), None)
    ready = found.get("status") == "True"
    observed = observed_generation(live, found)
    blocking = Trouble("waiting", "condition", f"{context.start.kind} {name(live)}", _said(found), constraint=_in_words(found))
    return Look(
        observed=bool(found or failed) and observed >= max(generation(live), context.start.generation),
        counts=Counts(1, 1, int(ready)),
        waiting_for="" if ready else "condition",
        stop=("resource_failed", {"reason": str(failed.get("reason") or ""), "message": _said(failed)}) if failed else None,
        refused=None if ready else blocking,
        facts={"condition": str(found.get("type") or "")},
    )


def observed_generation(live: Obj, ready: Mapping[str, Any]) -> int:
    """The generation that the status is about; 0 if not stated, in which case the status may be about an older generation."""
    found = str(ready.get("observedGeneration") or status(live).get("observedGeneration") or 0)
    return int(found) if found.isdigit() else 0


def _said(found: Mapping[str, Any]) -> str:
    return str(found.get("message") or found.get("reason") or "")


def _in_words(found: Mapping[str, Any]) -> str:
    return f"{found['type']} is {found.get('status')}" if found else "it reports no Ready condition"

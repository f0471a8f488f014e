# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Judge a workload after its rollout. Autoscalers add pods and drains move them. That does not count against the release as long as the
number of available pods does not drop, and new pods get as much time as in a rollout."""

from __future__ import annotations

from collections.abc import Sequence

from ...kubernetes.objects import condition, metadata, moment, terminating
from ...kubernetes.values import Baseline, Obj, Trouble, Verdict
from .context import Context
from .look import Look

REPLACING = "replacing"
"""Reason code while the missing pods were created during the bake and may still become available."""

PLACEMENT = frozenset({"unschedulable", "claim_pending", "volume"})
"""Problems of the cluster, which has no room for more pods, and not of the release."""


def judge_bake(look: Look, baseline: Baseline, troubles: Sequence[Trouble], context: Context) -> Verdict:
    """Failure if a pod cannot recover; success while enough pods are available; in progress while some are missing."""
    expected = min(baseline.available, max(0, look.counts.wanted - look.excused))
    enough = look.counts.available >= expected
    fatal = [trouble for trouble in troubles if trouble.severity == "fatal" and not (enough and trouble.code in PLACEMENT)]
    evidence = tuple(troubles)
    if len(fatal) > context.settings.tolerated_pods:
        facts = {"bad": len(fatal), "of": look.counts.wanted}
        return Verdict("failure", fatal[0].code, facts, tuple(fatal), look.counts)
    if look.refused is not None and look.refused.severity == "fatal" and not enough:
        return Verdict("failure", look.refused.code, {"of": look.counts.wanted}, (look.refused, *evidence), look.counts)
    if enough:
        more = look.counts.wanted - look.counts.available
        notes = (f"{more} more pods are wanted since the rollout and not available yet",) if more > 0 else ()
        return Verdict("success", baseline.code, look.facts, evidence, look.counts, notes)
    created = [pod for pod in look.pods if is_young(pod, baseline, context)]
    code = REPLACING if expected - look.counts.available <= len(created) else "unavailable"
    return Verdict("in_progress", code, {"waiting_for": "unavailable", **look.facts}, evidence, look.counts)


def is_young(pod: Obj, baseline: Baseline, context: Context) -> bool:
    """Whether a pod was created during the bake, and may still be starting."""
    created = moment(metadata(pod).get("creationTimestamp"))
    if created is None or created < baseline.server_time or terminating(pod) or condition(pod, "Ready").get("status") == "True":
        return False
    return (context.seen.server_time - created).total_seconds() < context.settings.replace_wait

# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Check with a real request, before and after, that the caller of a run can still log in to a cluster once the plan is applied.

The check runs only if the plan changes who may log in, or from where. An unreachable endpoint proves nothing: a private one can be reached
only from inside its network.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from ...aws.connection import Aws
from ...kubernetes.access import Access
from ...kubernetes.client import Api
from ...kubernetes.clock import Clock, EventClock
from ...kubernetes.eks_access import eks_token
from ...kubernetes.problems import ApiProblem, BadAccess, Unauthorized
from ...reconcile.engine import Result
from ...reconcile.errors import Failure
from ...reconcile.model import Observed
from ...reconcile.planner import Plan

Verdict = Literal["admitted", "refused", "unreachable"]

WAYS_IN = ("endpoint_public_access", "endpoint_private_access", "public_access_cidrs", "security_group_ids", "authentication_mode")
"""Properties of a cluster that decide who can reach it."""

PROPAGATION_SECONDS = 30.0
"""How long a change of access may take to become effective."""

AGAIN_SECONDS = 2.0
CODE = "LoginLost"

Look = Callable[[Observed], Verdict]


@dataclass(frozen=True)
class AffectedLogin:
    """A cluster whose login a plan may affect; ``fresh`` if the plan creates it."""

    address: str
    fresh: bool = False


def concerns(plan: Plan) -> list[AffectedLogin]:
    """The clusters of a plan whose login must be checked, by address."""
    found: dict[str, AffectedLogin] = {}
    for action in plan.permitted:
        name = action.address.partition(".")[2].partition("/")[0]
        address = f"eks_cluster.{name}"
        cluster = plan.of(address)
        if cluster is None:
            continue  # the cluster is deleted, and its entries with it
        changed = {change.property for change in action.changes}
        if action.kind == "eks_access_entry" or (action.kind == "eks_cluster" and (action.makes or changed & set(WAYS_IN))):
            found[address] = AffectedLogin(address, cluster.makes)
    return list(found.values())


def guard(plan: Plan, observed: Mapping[str, Observed], look: Look, clock: Clock) -> Callable[[Result], Sequence[Failure]]:
    """Check the logins that a plan may affect; return a function that reports afterwards which of them were lost.

    ``look`` checks one cluster. A login that did not work before is not reported as lost.
    """
    concerned = concerns(plan)
    before = {one.address: look(observed[one.address]) for one in concerned if not one.fresh and one.address in observed}
    expected = [one for one in concerned if one.fresh or before.get(one.address) == "admitted"]

    def lost(result: Result) -> list[Failure]:
        there = {seen.address: seen for seen in result.final if seen.state in ("ready", "pending")}
        return [
            _lost(one.address)
            for one in expected
            if one.address in there and _settled(lambda seen=there[one.address]: look(seen), clock) == "refused"  # type: ignore[misc]
        ]

    return lost


def _settled(look: Callable[[], Verdict], clock: Clock) -> Verdict:
    """The result of a check once changes have had time to become effective; a refusal counts only after that time."""
    deadline = clock.now() + PROPAGATION_SECONDS
    verdict = look()
    while verdict == "refused" and clock.now() < deadline:
        clock.pause(AGAIN_SECONDS)
        verdict = look()
    return verdict


def _lost(address: str) -> Failure:
    name = address.partition(".")[2]
    hint = (
        "To restore access, run as the principal that created the cluster, or as one that may call eks:CreateAccessEntry, and give the "
        "principal of this run an entry in access with AmazonEKSClusterAdminPolicy: cluster."
    )
    return Failure(address, "kubernetes:GET /api", CODE, f"the cluster {name} no longer accepts the credentials of this run", hint)


def looks_of(aws: Aws, region: str, clock: Clock | None = None) -> Look:
    """A function that checks whether a cluster admits the caller, with one request that every admitted user may make."""
    clock = clock or EventClock()

    def look(seen: Observed) -> Verdict:
        endpoint, authority = seen.attributes.get("endpoint"), seen.attributes.get("certificate_authority")
        if not endpoint or not authority:
            return "unreachable"
        access = Access(str(endpoint), base64.b64decode(authority).decode(), token=eks_token(aws.client, seen.id, region))
        try:
            return ask(Api(access, clock, clock.now()))
        except BadAccess:
            return "unreachable"  # no usable certificate authority: a cluster that only exists in the description

    return look


def ask(api: Any) -> Verdict:
    try:
        api.get("/api")
    except Unauthorized:
        return "refused"
    except ApiProblem:
        return "unreachable"
    return "admitted"

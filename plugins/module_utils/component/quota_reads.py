# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Reading quotas from AWS: the account's limits and current usage, in parallel, only for what a plan needs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..aws.connection import Aws
from ..aws.quotas import Count, Quota, filtered
from ..reconcile.errors import CallFailed, Failure
from ..reconcile.planner import Plan
from .quotas import UNCHECKED, Demand, Limit, demands, regions, shortfalls

Identity = tuple[str, str]

WEIGHTS = {
    ".cloudfront.origin-facing": 55,
    ".ec2-instance-connect": 2,
    ".groundstation": 5,
    ".route53-healthchecks": 25,
    ".vpc-lattice": 10,
}
"""End of the name of a prefix list of AWS -> its weight; 1 for all others (Amazon VPC User Guide, AWS-managed prefix lists)."""


def check(plan: Plan, kinds: Mapping[str, Any], aws: Aws, region: str) -> tuple[list[Failure], list[Failure]]:
    """(what will certainly block an apply of this plan, what may block it). A plan that uses no quota makes no call.

    A limit that could not be read never stops a run: AWS's default is assumed, but the account may have a higher limit.
    """
    certain, doubtful = _check(plan, kinds, aws, region, "")
    for further in regions(plan):
        more = _check(plan, kinds, aws.in_region(further), further, further)
        certain, doubtful = certain + more[0], doubtful + more[1]
    return certain, doubtful


def _check(plan: Plan, kinds: Mapping[str, Any], aws: Aws, region: str, named: str) -> tuple[list[Failure], list[Failure]]:
    """The same for one region. ``named``: the property ``region`` of the resources there, empty in the component's own."""
    wanted = demands(plan, kinds, named)
    if not wanted:
        return [], []
    wanted, lacking = _weighed(wanted, aws)
    limits, in_use, doubts = _ask(wanted, aws)
    found = shortfalls([demand for demand in wanted if demand.quota.identity() not in doubts], limits, in_use)
    certain = lacking + [short.failure(region) for short in found if not short.limit.doubt]
    return certain, [short.failure(region) for short in found if short.limit.doubt] + list(doubts.values())


def _weighed(wanted: list[Demand], aws: Aws) -> tuple[list[Demand], list[Failure]]:
    """The demands with each prefix list at its size, and the prefix lists that do not exist. No call if no list is named."""
    named = sorted({one for demand in wanted for one in demand.lists})
    if not named:
        return wanted, []
    try:
        found = aws.list_all("ec2", "describe_managed_prefix_lists", "PrefixLists", Filters=filtered("prefix-list-id", named))
    except CallFailed as error:
        message = f"the sizes of prefix lists could not be read: {error.message}"
        return wanted, [Failure("", error.operation, UNCHECKED, message, error.hint or "Allow the call, then run again.")]
    sizes = {str(raw["PrefixListId"]): size_of_list(raw) for raw in found}
    lacking = [
        Failure(
            demand.label, "", "NoPrefixList", f"{one} is not a prefix list of this account and region", "Correct the id, then run again."
        )
        for demand in wanted
        for one in dict.fromkeys(demand.lists)
        if one not in sizes
    ]
    return [demand.weighed(sizes) for demand in wanted], lacking


def size_of_list(raw: Mapping[str, Any]) -> int:
    """How many rules a prefix list counts for: the entries that it may have or, for those of AWS, its published weight."""
    name = str(raw.get("PrefixListName") or "")
    weight = next((number for end, number in WEIGHTS.items() if name.endswith(end)), 1)
    return int(raw.get("MaxEntries") or weight)


def _ask(wanted: Sequence[Demand], aws: Aws) -> tuple[dict[Identity, Limit], dict[Identity, Mapping[str, int]], dict[Identity, Failure]]:
    """Return the limits, the current usage, and what could not be counted."""
    quotas = {demand.quota.identity(): demand.quota for demand in wanted}
    scopes: dict[Identity, set[str]] = {}
    for demand in wanted:
        if isinstance(demand.quota, Count) and not demand.new:
            scopes.setdefault(demand.quota.identity(), set()).add(demand.scope)
    services = sorted({service for service, _code in quotas})
    questions: list[Callable[[], Any]] = [
        *(lambda service=service: _limits(aws, [q for q in quotas.values() if q.service == service]) for service in services),
        *(lambda identity=identity: _used(aws, quotas[identity], sorted(scopes[identity])) for identity in scopes),
    ]
    answers = aws.map(lambda question: question(), questions)
    limits = {identity: limit for some in answers[: len(services)] for identity, limit in some.items()}
    in_use, doubts = {}, {}
    for identity, answer in zip(scopes, answers[len(services) :], strict=True):
        if isinstance(answer, CallFailed):
            message = f"{quotas[identity].name}: what is in use could not be counted: {answer.message}"
            doubts[identity] = Failure("", answer.operation, UNCHECKED, message, answer.hint)
        else:
            in_use[identity] = answer
    return limits, in_use, doubts


def _used(aws: Aws, quota: Quota, scopes: Sequence[str]) -> Mapping[str, int] | CallFailed:
    try:
        return quota.used(aws, scopes) if isinstance(quota, Count) else {}
    except CallFailed as error:
        return error


def _limits(aws: Aws, quotas: Sequence[Quota]) -> dict[Identity, Limit]:
    """The account's limits for one service: a direct read for a single quota, otherwise one list call. A quota without its own value has
    AWS's default.
    """
    try:
        own = _applied(aws, quotas)
        return {quota.identity(): Limit(own[quota.code] if quota.code in own else _default(aws, quota)) for quota in quotas}
    except CallFailed as error:
        return {quota.identity(): Limit(quota.default, f"could not be read: {error.code or error.message}") for quota in quotas}


def _applied(aws: Aws, quotas: Sequence[Quota]) -> dict[str, int]:
    service = quotas[0].service
    if len(quotas) == 1:
        reply = aws.find("service-quotas", "get_service_quota", ServiceCode=service, QuotaCode=quotas[0].code)
        return {quotas[0].code: int(reply["Quota"]["Value"])} if reply else {}
    listed = aws.list_all("service-quotas", "list_service_quotas", "Quotas", ServiceCode=service)
    return {entry["QuotaCode"]: int(entry["Value"]) for entry in listed if "Value" in entry}


def _default(aws: Aws, quota: Quota) -> int:
    """AWS's current default. If Service Quotas does not know the quota in this region, the default recorded when this was written."""
    reply = aws.find("service-quotas", "get_aws_default_service_quota", ServiceCode=quota.service, QuotaCode=quota.code)
    return int(reply["Quota"]["Value"]) if reply else quota.default

# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Which AWS quotas a plan would exceed: the quotas that kinds declare, and the pure functions that decide. quota_reads.py reads AWS.

A kind lists in ``quotas`` what one resource of it uses. A ``Count`` limits the number of resources in a region, a VPC or a zone; a ``Size``
limits the length of one property of one resource.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ..aws.elsewhere import REGION as REGION_OF
from ..aws.quotas import REGION, Count, Quota, Size
from ..reconcile.errors import Failure
from ..reconcile.model import Observed, Ref, Resource, is_unknown
from ..reconcile.planner import Action, Plan

EXCEEDED = "QuotaExceeded"
UNCHECKED = "QuotaNotChecked"


@dataclass(frozen=True)
class Limit:
    """What a quota allows. ``doubt`` says why the number is only AWS's published default and not the account's own."""

    value: int
    doubt: str = ""


@dataclass(frozen=True)
class Demand:
    """A plan's peak demand on one quota in one scope. ``new`` marks a scope that this run creates.

    ``lists``: the prefix lists in the amount, each of which counts once until its size is known.
    """

    quota: Quota
    scope: str
    label: str
    amount: int
    new: bool = False
    lists: tuple[str, ...] = ()

    def weighed(self, sizes: Mapping[str, int]) -> Demand:
        """The demand in which each prefix list counts with its size."""
        return replace(self, amount=self.amount + sum(sizes.get(one, 1) - 1 for one in self.lists), lists=())


@dataclass(frozen=True)
class Shortfall:
    """A quota that would be exceeded."""

    demand: Demand
    limit: Limit
    in_use: int = 0

    @property
    def wanted(self) -> int:
        return self.in_use + self.demand.amount

    def failure(self, region: str) -> Failure:
        quota, demand = self.demand.quota, self.demand
        where = demand.label or region
        assumed = f" (AWS's default is assumed, since the account's own {self.limit.doubt})" if self.limit.doubt else ""
        if isinstance(quota, Size):
            message = (
                f"would exceed: {quota.name}: {where} would have {demand.amount} ({quota.property}) of at most {self.limit.value}{assumed}"
            )
        else:
            use = f"{self.in_use} of {self.limit.value} in use in {where}"
            message = f"would exceed: {quota.name}: {use}{assumed}, this run needs {demand.amount} more"
        command = "aws service-quotas request-service-quota-increase"
        ask = f"{command} --service-code {quota.service} --quota-code {quota.code} --desired-value {self.wanted} --region {region}"
        return Failure(demand.label if isinstance(quota, Size) else "", "", EXCEEDED, message, f"Request {self.wanted} with `{ask}`.")


def regions(plan: Plan) -> list[str]:
    """The further regions in which a plan makes something."""
    return sorted({region for action in plan.permitted if (region := _region(action.desired))})


def _region(resource: Resource | Observed | None) -> str:
    return str(resource.properties.get(REGION_OF) or "") if resource else ""


def demands(plan: Plan, kinds: Mapping[str, Any], region: str = "") -> list[Demand]:
    """The quota demands of a plan's permitted actions in one region, the component's own by default. Empty if the plan creates or lengthens
    nothing there, so that no quota has to be read.

    The peak counts. A deletion frees capacity only where the engine performs it first: for ``exclusive`` kinds, and for the successor in a
    replacement. A replacement that creates first needs capacity for both.
    """
    amounts: Counter[tuple[str, str, str]] = Counter()
    quotas: dict[tuple[str, str], Quota] = {}
    labels: dict[str, tuple[str, bool]] = {}
    found: list[Demand] = []
    for action in (here for one in plan.permitted if (here := _in_region(one, region))):
        for quota in getattr(kinds[action.kind], "quotas", ()):
            if isinstance(quota, Size):
                found += _size(quota, action)
                continue
            quotas[quota.identity()] = quota
            for change, scope, label, new in _steps(quota, action, plan, kinds[action.kind].exclusive):
                amounts[(*quota.identity(), scope)] += change
                labels[scope] = (label, new)
    for (service, code, scope), amount in amounts.items():
        if amount > 0:
            found.append(Demand(quotas[service, code], scope, labels[scope][0], amount, labels[scope][1]))
    return found


def _in_region(action: Action, region: str) -> Action | None:
    """The part of an action that concerns this region: a resource that moves is made in one and removed in another."""
    desired = action.desired if _region(action.desired) == region else None
    remove = action.remove if _region(action.remove) == region else None
    if desired is None and remove is None:
        return None
    return action if (desired, remove) == (action.desired, action.remove) else replace(action, desired=desired, remove=remove)


def shortfalls(
    wanted: Iterable[Demand], limits: Mapping[tuple[str, str], Limit], in_use: Mapping[tuple[str, str], Mapping[str, int]]
) -> list[Shortfall]:
    """The demands that exceed their limit, given the current usage by quota and scope. A new scope has no usage yet."""
    found = []
    for demand in wanted:
        quota = demand.quota
        used = in_use.get(quota.identity(), {}).get(demand.scope, 0) if isinstance(quota, Count) and not demand.new else 0
        short = Shortfall(demand, limits[quota.identity()], used)
        if short.wanted > short.limit.value:
            found.append(short)
    return found


def _size(quota: Size, action: Action) -> Iterator[Demand]:
    for change in action.changes:
        if change.property == quota.property and action.desired and isinstance(change.after, list | tuple | Mapping):
            lists = tuple(one for one in quota.lists(change.before, change.after) if not is_unknown(one))
            yield Demand(quota, action.address, action.address, quota.size(change.before, change.after), lists=lists)


def _steps(quota: Count, action: Action, plan: Plan, exclusive: bool) -> Iterator[tuple[int, str, str, bool]]:
    """What one action adds and frees: (change, scope, label, whether the scope is new)."""
    made = _scope(quota.per, action.desired.properties, plan) if action.makes and action.desired else None
    if made and action.desired:
        yield (quota.takes(action.desired.properties), *made)
    if action.remove is None:
        return
    left = _scope(quota.per, action.remove.properties, plan)
    first = exclusive or (made is not None and left[0] == made[0])
    if first and not action.create_first:
        yield (-quota.takes(action.remove.properties), *left)


def _scope(per: Sequence[str], properties: Mapping[str, Any], plan: Plan) -> tuple[str, str, bool]:
    """(key, display name, whether this run creates it) of the scope in which a resource with these properties counts."""
    if not per:
        return REGION, "", False
    value = properties.get(per[0])
    if len(per) > 1:
        return _scope(per[1:], _referred(value, plan), plan)
    if isinstance(value, Ref):
        action = plan.of(value.address)
        seen = action.observed if action and not action.makes else None
        return (seen.id, value.address, False) if seen else (value.address, value.address, True)
    return str(value), _called(str(value), plan), False


def _referred(value: Any, plan: Plan) -> Mapping[str, Any]:
    """The properties of the resource that a reference or an id points to."""
    if isinstance(value, Ref):
        action = plan.of(value.address)
        return action.desired.properties if action and action.desired else {}
    return next((seen.properties for seen in plan.observed if seen.id == value), {})


def _called(identifier: str, plan: Plan) -> str:
    seen: Observed | None = next((seen for seen in plan.observed if seen.id == identifier), None)
    return seen.address if seen else identifier

# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Remove from clusters what leads to load balancers and to Karpenter's instances, until AWS shows none of it. It works in passes, so it can
start at any point.

The controllers delete what they have created once their Ingresses and Services are gone. Only if they cannot (no controller, no access to
the API, no cluster left), or do not finish in time, is it deleted directly through AWS: whatever carries the cluster's tag in our VPCs.

Load balancers go first, since their controller may run on Karpenter's instances. An instance is terminated through AWS only once no node
pool is left that would replace it: while the cluster exists but its API cannot be used, instances are left until the cluster is gone.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from .....aws.connection import Aws
from .....kubernetes.client import Api
from .....kubernetes.problems import ApiProblem
from .....reconcile.waiting import Clock, Progress, until
from . import in_aws as drain_aws
from . import inside as drain_inside
from .inside import Entry
from .leftovers import INSTANCE, INTERFACE, LOAD_BALANCER, SECURITY_GROUP, AwsResource, Cluster, leftovers, summed_up

LEAK_SECONDS = 20.0
"""How long a resource may remain after the last Ingress and Service are gone before the controllers count as having forgotten it."""


@dataclass
class Draining:
    """The drain of one cluster. ``reason``: why resources are deleted directly through AWS, once that is the case."""

    cluster: Cluster
    entries: list[Entry] = field(default_factory=list)
    pools: list[Entry] = field(default_factory=list)
    things: list[AwsResource] = field(default_factory=list)
    volumes: list[dict[str, str]] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    seen: dict[str, Entry | AwsResource] = field(default_factory=dict)
    reason: str = ""
    empty_since: float | None = None
    reachable: bool = False
    """Whether the cluster's API can be used."""
    pools_since: float | None = None
    """When the deletion of the node pools began."""
    stranded: bool = False
    """Whether Karpenter does not run, or did not finish in time."""

    @property
    def is_empty(self) -> bool:
        """Whether nothing is left in AWS; entries whose finalizers no controller removes are deleted with the cluster."""
        return not self.due and (not (self.entries or self.pools) or bool(self.reason))

    @property
    def due(self) -> list[AwsResource]:
        """What must go now: instances of a cluster whose API cannot be used wait until the cluster is gone."""
        waits = self.cluster.exists and not self.reachable
        return [thing for thing in self.things if thing.kind != INSTANCE or not waits]

    @property
    def balanced(self) -> bool:
        """Whether load balancers may be left, or what leads to them."""
        return bool(self.entries) or any(thing.kind != INSTANCE for thing in self.things)

    @property
    def karpenters(self) -> bool:
        """Whether instances are left to Karpenter, which drains and terminates them, and would replace one of a pool that stays."""
        return any(one.kind == "NodePool" and not one.going for one in self.pools) or (bool(self.pools) and not self.stranded)

    def left(self) -> list[str]:
        return [*map(str, self.entries), *map(str, self.pools), *map(str, self.things)]

    def as_dict(self) -> dict[str, Any]:
        return {
            "name": self.cluster.name,
            "exists": self.cluster.exists,
            "reason": self.reason,
            "objects": [str(one) for one in (*self.entries, *self.pools)],
            "resources": [one.as_dict(self.cluster.name) for one in self.things],
            "removed": self.removed,
            "volumes": list(self.volumes),
        }


@dataclass(frozen=True)
class Limits:
    """Seconds: how long the controllers may take, how long everything may take, and the longest pause between two checks."""

    controller: float
    total: float
    poll: float


class Drainer:
    """Drains several clusters at a time. ``open_api`` connects to a cluster's API; it may raise ApiProblem."""

    def __init__(self, aws: Aws, clusters: Sequence[Cluster], occupied: Collection[str], open_api: Callable[[str], Api]) -> None:
        self.aws = aws
        self.drains = [Draining(cluster) for cluster in clusters]
        self._occupied = occupied
        self._open_api = open_api
        self._apis: dict[str, Api] = {}

    def look(self) -> list[AwsResource]:
        """Observe each cluster, inside and in AWS. Returns everything in their VPCs, for callers that need more."""
        for drain in self.drains:
            if drain.cluster.exists:
                self._look_inside(drain)
            else:
                drain.reason = "the cluster no longer exists"
        return self._look_at_aws()

    def _look_inside(self, drain: Draining) -> None:
        try:
            api = self._apis.setdefault(drain.cluster.name, self._open_api(drain.cluster.name))
            self._read_inside(drain, api)
            drain.volumes = drain_inside.volumes(api)
        except ApiProblem as problem:
            drain.reason = f"its API cannot be used: {problem}"

    @staticmethod
    def _read_inside(drain: Draining, api: Api) -> None:
        drain.entries, drain.pools = drain_inside.entries(api), drain_inside.pools(api)
        drain.seen |= {str(one): one for one in (*drain.entries, *drain.pools)}
        drain.reachable = True

    def _look_at_aws(self) -> list[AwsResource]:
        there = drain_aws.resources_in(self.aws, frozenset().union(*(drain.cluster.vpcs for drain in self.drains)))
        for drain in self.drains:
            drain.things = leftovers(drain.cluster, there, self._occupied)
            drain.seen |= {thing.id: thing for thing in drain.things}
        return there

    def protected(self) -> list[str]:
        """Every resource that refuses deletion, each with what must be done first."""
        found = []
        for drain in self.drains:
            if drain.cluster.protected:
                found.append(protected_cluster(drain.cluster))
            balancers = [thing for thing in drain.things if thing.kind == LOAD_BALANCER]
            protections = self.aws.map(lambda thing: drain_aws.is_protected(self.aws, thing), balancers)
            found += [protected_balancer(drain.cluster, one) for one, refuses in zip(balancers, protections, strict=True) if refuses]
        return found

    def drain(self, limits: Limits, clock: Clock, progress: Progress) -> bool:
        """Delete and wait until nothing is left; False if time ran out. Raises Stopped and CallFailed."""
        for waited in until(clock, limits.total, limits.poll):
            for drain in self.drains:
                self._pass_inside(drain, limits, waited)
            there = self._look_at_aws()
            groups = {thing.id for thing in there if thing.kind == SECURITY_GROUP}
            for drain in self.drains:
                self._pass_in_aws(drain, groups, waited)
            if all(drain.is_empty for drain in self.drains):
                return True
            for drain in self.drains:
                progress(f"eks_cluster {drain.cluster.name}", doing(drain), waited)
        return False

    def _pass_inside(self, drain: Draining, limits: Limits, waited: float) -> None:
        api = self._apis.get(drain.cluster.name)
        if api is None:
            return
        try:
            self._read_inside(drain, api)
            drain_inside.delete_entries(api, drain.entries)
            self._pass_pools(drain, api, limits, waited)
            if any(one.held for one in drain.entries) and not drain.reason and not drain_inside.controller_runs(api):
                drain.reason = "no load balancer controller runs in it, so nothing removes the finalizers"
        except ApiProblem as problem:
            drain.reason = drain.reason or f"its API cannot be used: {problem}"
            drain.entries, drain.pools, drain.reachable = [], [], False
            del self._apis[drain.cluster.name]
        if waited >= limits.controller and not drain.reason and drain.balanced:
            drain.reason = f"its controllers did not finish within {limits.controller:g} s"

    @staticmethod
    def _pass_pools(drain: Draining, api: Api, limits: Limits, waited: float) -> None:
        """Once no load balancer is left, or a reason is known, Karpenter drains and terminates the instances of pools that are deleted."""
        if drain.balanced and not drain.reason:
            return
        drain_inside.delete_entries(api, drain.pools)
        if not drain.pools:
            return
        drain.pools_since = waited if drain.pools_since is None else drain.pools_since
        late = waited - drain.pools_since >= limits.controller
        if late or not drain_inside.controller_runs(api, drain_inside.KARPENTER):
            drain.stranded = True
            why = f"Karpenter did not finish within {limits.controller:g} s" if late else "Karpenter does not run in it"
            drain.reason = drain.reason or why

    def _pass_in_aws(self, drain: Draining, groups: set[str], waited: float) -> None:
        """Delete directly what the controllers do not; resources in use wait for a later pass."""
        if drain.entries or (drain.pools and not drain.balanced) or not any(thing.kind != INTERFACE or thing.free for thing in drain.due):
            drain.empty_since = None  # interfaces in use are released by AWS
        elif drain.empty_since is None:
            drain.empty_since = waited
        elif waited - drain.empty_since >= LEAK_SECONDS and not drain.reason:
            drain.reason = "its controllers left it behind"
        if not drain.reason:
            return
        ours = groups - {thing.id for thing in drain.things}
        for thing in drain.due:
            if thing.kind == INSTANCE and drain.karpenters:
                continue
            if drain_aws.delete(self.aws, thing, ours) and str(thing) not in drain.removed:
                drain.removed.append(str(thing))

    def name_volumes(self) -> None:
        """Add the volumes that only AWS knows about to those that the clusters reported."""
        for drain in self.drains:
            known = {volume["id"] for volume in drain.volumes}
            drain.volumes += [volume for volume in drain_aws.volumes_of(self.aws, drain.cluster.name) if volume["id"] not in known]


def protected_cluster(cluster: Cluster) -> str:
    return (
        f"EKS cluster {cluster.name} is protected against deletion. Set deletion_protection to false for cluster "
        f"{cluster.key or cluster.name} in eks_clusters and run site.yml, then destroy."
    )


def protected_balancer(cluster: Cluster, balancer: AwsResource) -> str:
    return (
        f"Load balancer {balancer.name} of cluster {cluster.name} is protected against deletion. Remove deletion_protection.enabled=true "
        "from the annotation load-balancer-attributes of its Ingress or Service, then destroy."
    )


def doing(drain: Draining) -> str:
    """What one cluster is waiting for, for the progress display."""
    kinds = ("Ingress", "Service", "NodePool", "NodeClaim")
    counts = [(kind, sum(one.kind == kind for one in (*drain.entries, *drain.pools))) for kind in kinds]
    entries = [f"{count} {kind}{'' if count == 1 else 'es' if kind == 'Ingress' else 's'}" for kind, count in counts if count]
    left = ", ".join(part for part in (*entries, summed_up(drain.things)) if part)
    return f"{left} left" + (f"; deleting through the AWS API, because {drain.reason}" if drain.reason else "") if left else "empty"

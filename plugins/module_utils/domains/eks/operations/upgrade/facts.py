# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What is known of a cluster before its upgrade. Plain values: the functions that judge them make no calls."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from ...settings.addons import Offer


def minor_of(version: str) -> int | None:
    """35 for ``1.35``, ``v1.35.2-eks-1a2b3c4`` and ``1.35.2-20260101``; None if there is no such number."""
    found = re.match(r"v?1\.(\d+)", version)
    return int(found[1]) if found else None


@dataclass(frozen=True)
class Group:
    """A managed node group."""

    name: str
    version: str
    release: str = ""
    status: str = "ACTIVE"
    issues: tuple[str, ...] = ()
    launch_template_version: str = ""


@dataclass(frozen=True)
class Node:
    """A node registered in the cluster. ``group`` is empty if no managed node group created it; ``trouble`` is why it is not Ready."""

    name: str
    kubelet: str
    group: str = ""
    ready: bool = True
    trouble: str = ""


@dataclass(frozen=True)
class Addon:
    """An installed add-on. ``pinned`` is the version that the inventory requires; if it is empty, the collection chooses."""

    name: str
    version: str
    status: str = "ACTIVE"
    issues: tuple[str, ...] = ()
    pinned: str = ""


@dataclass(frozen=True)
class Client:
    """A client that used a deprecated API in the last 30 days, as EKS recorded it."""

    agent: str
    requests: int = 0
    last: datetime | None = None


@dataclass(frozen=True)
class Deprecation:
    """A deprecated API: its name, its replacement, and the first version that no longer serves it."""

    usage: str
    replacement: str = ""
    stops: str = ""
    clients: tuple[Client, ...] = ()


@dataclass(frozen=True)
class Insight:
    """One of EKS's own checks, of category UPGRADE_READINESS. ``version`` is the version that it applies to."""

    name: str
    status: str
    version: str = ""
    reason: str = ""
    recommendation: str = ""
    deprecations: tuple[Deprecation, ...] = ()


@dataclass(frozen=True)
class Budget:
    """A PodDisruptionBudget. The numbers come from its status; the limits are as written, a number or a percentage."""

    namespace: str
    name: str
    selector: Mapping[str, object] = field(default_factory=dict)
    min_available: str = ""
    max_unavailable: str = ""
    allowed: int = 0
    healthy: int = 0
    desired_healthy: int = 0
    expected: int = 0

    @property
    def full_name(self) -> str:
        return f"{self.namespace}/{self.name}"


@dataclass(frozen=True)
class Pod:
    """A pod that has not ended. ``controller``: the kind that recreates it; empty if none does. ``mirror``: whether it is a static pod."""

    namespace: str
    name: str
    node: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    controller: str = ""
    mirror: bool = False

    @property
    def full_name(self) -> str:
        return f"{self.namespace}/{self.name}"


@dataclass(frozen=True)
class Subnet:
    """A subnet in which the control plane has interfaces."""

    id: str
    zone: str
    free: int


@dataclass(frozen=True)
class Support:
    """How long AWS supports a version of Kubernetes."""

    standard_until: datetime | None = None
    extended_until: datetime | None = None


@dataclass(frozen=True)
class ClusterState:
    """What only the cluster's own API shows."""

    nodes: tuple[Node, ...] = ()
    budgets: tuple[Budget, ...] = ()
    pods: tuple[Pod, ...] = ()


@dataclass(frozen=True)
class Facts:
    """All that is known of one cluster. ``inside`` is None if its API could not be queried; ``unreachable`` then says why."""

    name: str
    version: str
    target: str
    now: datetime
    status: str = "ACTIVE"
    upgrade_policy: str = "STANDARD"
    groups: tuple[Group, ...] = ()
    addons: tuple[Addon, ...] = ()
    offers: Mapping[str, Offer] = field(default_factory=dict)
    insights: tuple[Insight, ...] = ()
    subnets: tuple[Subnet, ...] = ()
    support: Mapping[str, Support] = field(default_factory=dict)
    inside: ClusterState | None = None
    unreachable: str = ""

# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What is known of a cluster before it is upgraded. Plain values: who judges them calls nothing."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from ...settings.addons import Offer


def minor_of(version: str) -> int | None:
    """35 of ``1.35``, ``v1.35.2-eks-1a2b3c4`` and ``1.35.2-20260101``; None where there is no such number."""
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
    """A node that the cluster knows. ``group`` is empty for one that no managed node group made; ``trouble`` is why it is not Ready."""

    name: str
    kubelet: str
    group: str = ""
    ready: bool = True
    trouble: str = ""


@dataclass(frozen=True)
class Addon:
    """An add-on as it is installed. ``pinned`` is the version that the inventory demands; empty leaves the choice to us."""

    name: str
    version: str
    status: str = "ACTIVE"
    issues: tuple[str, ...] = ()
    pinned: str = ""


@dataclass(frozen=True)
class Client:
    """Who used an API that goes away, as EKS has seen it in the last 30 days."""

    agent: str
    requests: int = 0
    last: datetime | None = None


@dataclass(frozen=True)
class Deprecation:
    """An API that goes away: what it is, what replaces it, and the first version that does not serve it any more."""

    usage: str
    replacement: str = ""
    stops: str = ""
    clients: tuple[Client, ...] = ()


@dataclass(frozen=True)
class Insight:
    """A check of EKS's own, of category UPGRADE_READINESS. ``version`` is the one that it is about."""

    name: str
    status: str
    version: str = ""
    reason: str = ""
    recommendation: str = ""
    deprecations: tuple[Deprecation, ...] = ()


@dataclass(frozen=True)
class Budget:
    """A PodDisruptionBudget. The numbers are those of its status; the limits are as written, a number or a percentage."""

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
    """A pod that has not ended. ``controller``: the kind of what makes it anew; empty where nothing does. ``mirror``: a static pod."""

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
    """A subnet that the control plane has interfaces in."""

    id: str
    zone: str
    free: int


@dataclass(frozen=True)
class Support:
    """How long AWS supports a version of Kubernetes."""

    standard_until: datetime | None = None
    extended_until: datetime | None = None


@dataclass(frozen=True)
class Inside:
    """What only the cluster's own API tells."""

    nodes: tuple[Node, ...] = ()
    budgets: tuple[Budget, ...] = ()
    pods: tuple[Pod, ...] = ()


@dataclass(frozen=True)
class Facts:
    """All that is known of one cluster. ``inside`` is None where its API could not be asked, and ``unreachable`` says why."""

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
    inside: Inside | None = None
    unreachable: str = ""

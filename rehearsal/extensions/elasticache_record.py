"""What the cloud keeps of ElastiCache. moto has replication groups without cluster mode, changes, and states, so nothing of it is used.

All of it belongs to an account and a region: `store_of(call.backend)`.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from rehearsal.life import Life, LifeState, Phase, life_of
from rehearsal.registry import Call, settles
from rehearsal.transitions import KINDS, delays

GROUP, SNAPSHOT, USER, USER_GROUP = "elasticache_replication_group", "elasticache_snapshot", "elasticache_user", "elasticache_user_group"
DEFAULT_USER = "default"
OPEN_ACCESS = "on ~* +@all"

type Tags = dict[str, str]


@dataclass(eq=False)
class SubnetGroup:
    id: str
    arn: str
    description: str
    vpc_id: str
    subnets: list[Any]
    tags: Tags = field(default_factory=dict)

    @property
    def zones(self) -> list[str]:
        return sorted({subnet.availability_zone for subnet in self.subnets})


@dataclass(eq=False)
class ParameterGroup:
    """`values`: the parameters that differ from the family's defaults. AWS's own groups are called default.*."""

    id: str
    arn: str
    family: str
    description: str
    values: dict[str, str] = field(default_factory=dict)
    tags: Tags = field(default_factory=dict)


@dataclass(eq=False)
class User:
    """`authentication`: password, no-password, or iam."""

    id: str
    arn: str
    name: str
    engine: str
    access: str
    authentication: str
    passwords: list[str] = field(default_factory=list, repr=False)
    tags: Tags = field(default_factory=dict)

    status = LifeState(KINDS[USER])


@dataclass(eq=False)
class UserGroup:
    """`joining`, `leaving`: the users of a change that is being made."""

    id: str
    arn: str
    engine: str
    users: list[str]
    joining: list[str] = field(default_factory=list)
    leaving: list[str] = field(default_factory=list)
    tags: Tags = field(default_factory=dict)

    status = LifeState(KINDS[USER_GROUP])


@dataclass(eq=False)
class Node:
    """One member cluster of a replication group."""

    id: str
    zone: str
    created: datetime


@dataclass(eq=False)
class Shard:
    """A node group; its first node is the primary. `slots`: the first and the last; None without cluster mode."""

    id: str
    nodes: list[Node]
    slots: tuple[int, int] | None = None


@dataclass(eq=False)
class Tokens:
    """The AUTH tokens that are valid, the latest last, and whether clients are admitted without one.

    rotated: whether the latest change was a rotation, which a SET must complete.
    """

    valid: tuple[str, ...] = field(default=(), repr=False)
    optional: bool = True
    rotated: bool = False
    changed: datetime | None = None


@dataclass(eq=False)
class ReplicationGroup:
    """`values`: members of ReplicationGroup that nothing else here depends on. `member_values`: likewise of its CacheClusters.

    mode: the cluster mode, enabled, disabled, or compatible. encryption: the mode of encryption in transit; None if there is none.
    pending: PendingModifiedValues; pending_members: what waits for the maintenance window, by the names of PendingModifiedValues of
    CacheCluster. logs: log delivery configurations by log type, as described. server: whether its endpoints lead to real servers.
    source: the ARN of the snapshot that it was restored from. iam_password: with which its servers know users who log in with IAM tokens.
    waiting: the changes behind `pending_members`.
    """

    id: str
    arn: str
    region: str
    account_id: str
    description: str
    engine: str
    version: str
    parameter_group: str
    subnet_group: str
    security_groups: list[str]
    node_type: str
    port: int
    mode: str
    shards: list[Shard]
    created: datetime
    failover: bool = False
    multi_az: bool = False
    encryption: str | None = None
    key: str | None = None
    encrypted_at_rest: bool = False
    tokens: Tokens = field(default_factory=Tokens)
    user_group: str | None = None
    snapshot_window: str = ""
    maintenance_window: str = ""
    retention: int = 0
    values: dict[str, Any] = field(default_factory=dict)
    member_values: dict[str, Any] = field(default_factory=dict)
    pending: dict[str, Any] = field(default_factory=dict)
    pending_members: dict[str, Any] = field(default_factory=dict)
    logs: dict[str, dict[str, Any]] = field(default_factory=dict)
    apply_status: str = "in-sync"
    server: bool = False
    source: str = ""
    tags: Tags = field(default_factory=dict)
    iam_password: str = field(default_factory=lambda: secrets.token_hex(16), repr=False)
    waiting: dict[str, Any] = field(default_factory=dict)

    status = LifeState(KINDS[GROUP])

    @property
    def clustered(self) -> bool:
        return self.mode != "disabled"

    @property
    def nodes(self) -> Iterator[Node]:
        for shard in self.shards:
            yield from shard.nodes

    @property
    def replicas(self) -> list[int]:
        """The number of replicas of each shard."""
        return [len(shard.nodes) - 1 for shard in self.shards]


@dataclass(eq=False)
class Snapshot:
    """`content`: what DescribeSnapshots says of the group that it was taken of. `key`: of its data, if they are encrypted with one."""

    id: str
    arn: str
    content: dict[str, Any]
    nodes: list[dict[str, Any]]
    source: str = "manual"
    key: str | None = None
    tags: Tags = field(default_factory=dict)

    status = LifeState(KINDS[SNAPSHOT])


@dataclass
class Store:
    groups: dict[str, ReplicationGroup] = field(default_factory=dict)
    snapshots: dict[str, Snapshot] = field(default_factory=dict)
    users: dict[str, User] = field(default_factory=dict)
    user_groups: dict[str, UserGroup] = field(default_factory=dict)
    parameter_groups: dict[str, ParameterGroup] = field(default_factory=dict)
    subnet_groups: dict[str, SubnetGroup] = field(default_factory=dict)

    def resources(self) -> Iterator[Any]:
        for kind in (self.groups, self.snapshots, self.users, self.user_groups, self.parameter_groups, self.subnet_groups):
            yield from kind.values()

    def advance(self) -> None:
        """Applies what has been completed."""
        for kind in (self.groups, self.snapshots, self.users, self.user_groups):
            for one in list(kind.values()):
                life_of(one).advance()


def store_of(backend: Any) -> Store:
    """The store in one of moto's backends; like moto's own content, it is gone after a reset."""
    found: Store | None = backend.__dict__.get("rehearsal_store")
    if found is None:
        found = backend.__dict__["rehearsal_store"] = Store()
        arn = f"arn:aws:elasticache:{backend.region_name}:{backend.account_id}:user:{DEFAULT_USER}"
        found.users[DEFAULT_USER] = begun(
            User(DEFAULT_USER, arn, DEFAULT_USER, "redis", OPEN_ACCESS, "no-password"), (), "active"
        )  # every account has it
    return found


def begun[T](resource: T, phases: Iterable[Phase], then: str) -> T:
    """A new resource at the beginning of its life."""
    resource.__dict__["rehearsal_life"] = life = Life(then)
    life.play(phases, then)
    return resource


def phase(kind: str, status: str, share: float = 1.0, **options: Any) -> Phase:
    """A phase that takes this share of the time that the settings give to transitions of the kind."""
    return Phase(status, delays.seconds_for(kind) * share, **options)


@settles("elasticache")
def advance(call: Call) -> None:
    store_of(call.backend).advance()

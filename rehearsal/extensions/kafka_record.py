"""What the cloud keeps of Amazon MSK. moto has clusters without changes and states, so nothing of it is used.

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

CLUSTER = "msk_cluster"
CREATING, ACTIVE, UPDATING, DELETING = "CREATING", "ACTIVE", "UPDATING", "DELETING"

type Tags = dict[str, str]


def new_version() -> str:
    """A version of a cluster: each change gives it another one."""
    return f"K{secrets.token_hex(7).upper()}"


@dataclass(eq=False)
class Configuration:
    """`revisions`: the texts; the first one is number 1. `descriptions`: theirs. That of the configuration itself never changes."""

    id: str
    arn: str
    name: str
    description: str
    created: datetime
    versions: list[str]
    revisions: list[bytes] = field(default_factory=list)
    descriptions: list[str] = field(default_factory=list)


@dataclass(eq=False)
class Topic:
    """`shown`: what is read of it until `shows_at`, in seconds of the monotonic clock; None before it is shown at all."""

    name: str
    arn: str
    partitions: int
    replication: int
    configs: dict[str, str]
    shown: dict[str, Any] | None = None
    shows_at: float = 0.0


@dataclass(eq=False)
class Cluster:
    """`members`: Provisioned or Serverless, as DescribeClusterV2 shows it. `scram`: the ARNs of associated secrets."""

    id: str
    arn: str
    name: str
    created: datetime
    serverless: bool
    members: dict[str, Any]
    version: str = field(default_factory=new_version)
    scram: list[str] = field(default_factory=list)
    topics: dict[str, Topic] = field(default_factory=dict)
    tags: Tags = field(default_factory=dict)

    status = LifeState(KINDS[CLUSTER])


@dataclass
class Store:
    clusters: dict[str, Cluster] = field(default_factory=dict)
    configurations: dict[str, Configuration] = field(default_factory=dict)

    def resources(self) -> Iterator[Cluster]:
        yield from self.clusters.values()

    def advance(self) -> None:
        """Applies what has been completed."""
        for one in list(self.clusters.values()):
            life_of(one).advance()


def store_of(backend: Any) -> Store:
    """The store in one of moto's backends; like moto's own content, it is gone after a reset."""
    found: Store = backend.__dict__.setdefault("rehearsal_store", Store())
    return found


def begun(cluster: Cluster, phases: Iterable[Phase]) -> Cluster:
    """A new cluster at the beginning of its life."""
    cluster.__dict__["rehearsal_life"] = life = Life(ACTIVE)
    life.play(phases, ACTIVE)
    return cluster


def phase(status: str, **options: Any) -> Phase:
    """A phase that takes the time that the settings give to transitions of clusters."""
    return Phase(status, delays.seconds_for(CLUSTER), **options)


@settles("kafka")
def advance(call: Call) -> None:
    store_of(call.backend).advance()

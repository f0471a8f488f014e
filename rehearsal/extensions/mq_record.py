"""What the cloud keeps of Amazon MQ. moto applies every change at once and knows no states, so nothing of it is used.

All of it belongs to an account and a region: `store_of(call.backend)`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from rehearsal.life import Life, LifeState, Phase, life_of
from rehearsal.registry import Call, settles
from rehearsal.transitions import KINDS, delays

BROKER = "mq_broker"
CREATING, RUNNING, REBOOTING = "CREATION_IN_PROGRESS", "RUNNING", "REBOOT_IN_PROGRESS"
DELETING, CRITICAL = "DELETION_IN_PROGRESS", "CRITICAL_ACTION_REQUIRED"
NOT_UPGRADEABLE = "RABBITMQ_BROKER_NOT_UPGRADEABLE_TO_V4"

type Tags = dict[str, str]


@dataclass(eq=False)
class Configuration:
    """`revisions`: base64 texts; the first revision is number 1."""

    id: str
    arn: str
    name: str
    engine_version: str
    created: datetime
    revisions: list[str] = field(default_factory=list)
    descriptions: list[str] = field(default_factory=list)
    tags: Tags = field(default_factory=dict)


@dataclass(eq=False)
class Broker:
    """`fixed`: members of DescribeBroker that nothing changes. `values`: those that changes set, by UpdateBroker's names.

    pending: values that wait for a reboot or the maintenance window. users: name -> password. mirrored: whether it has mirrored queues,
    with which RabbitMQ 4 does not start. management: its management API, see `rehearsal/rabbitmq/`; None without one.
    """

    id: str
    arn: str
    name: str
    region: str
    account_id: str
    created: datetime
    fixed: dict[str, Any]
    values: dict[str, Any]
    window: dict[str, str]
    pending: dict[str, Any] = field(default_factory=dict)
    users: dict[str, str] = field(default_factory=dict, repr=False)
    mirrored: bool = False
    management: Any = field(default=None, repr=False)
    tags: Tags = field(default_factory=dict)

    status = LifeState(KINDS[BROKER])

    @property
    def key(self) -> str:
        """The customer's key that encrypts it; empty if AWS's own does."""
        return str(self.fixed["EncryptionOptions"].get("KmsKeyId") or "")

    def apply(self) -> None:
        """Makes the pending changes, as a reboot does. An upgrade to RabbitMQ 4 is not made while there are mirrored queues."""
        blocked = self.mirrored and str(self.pending.get("EngineVersion", "")).startswith("4")
        for name in [name for name in self.pending if not (blocked and name == "EngineVersion")]:
            self.values[name] = self.pending.pop(name)
        life_of(self).settled = CRITICAL if blocked else RUNNING


@dataclass
class Store:
    brokers: dict[str, Broker] = field(default_factory=dict)
    configurations: dict[str, Configuration] = field(default_factory=dict)

    def resources(self) -> Iterator[Broker | Configuration]:
        yield from self.brokers.values()
        yield from self.configurations.values()

    def advance(self) -> None:
        """Applies what has been completed."""
        for one in list(self.brokers.values()):
            life_of(one).advance()


def store_of(backend: Any) -> Store:
    """The store in one of moto's backends; like moto's own content, it is gone after a reset."""
    found: Store = backend.__dict__.setdefault("rehearsal_store", Store())
    return found


def begun(broker: Broker, phases: Iterable[Phase]) -> Broker:
    """A new broker at the beginning of its life."""
    broker.__dict__["rehearsal_life"] = life = Life(RUNNING)
    life.play(phases, RUNNING)
    return broker


def phase(status: str, **options: Any) -> Phase:
    """A phase that takes the time that the settings give to transitions of brokers."""
    return Phase(status, delays.seconds_for(BROKER), **options)


@settles("mq")
def advance(call: Call) -> None:
    store_of(call.backend).advance()

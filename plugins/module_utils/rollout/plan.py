# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What the verifier is asked to do, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from ..kubernetes.values import Settings, State
from .metrics import Metric
from .probes import Probe
from .rollback_target import RollbackPolicy
from .target import Target


@dataclass(frozen=True)
class ServiceCheck:
    name: str
    namespace: str
    wait: float = 120.0


@dataclass(frozen=True)
class Bake:
    duration: float = 0.0
    initial_delay: float = 0.0
    extension: float = 0.0

    @property
    def longest(self) -> float:
        return self.initial_delay + self.duration + self.extension


@dataclass(frozen=True)
class Plan:
    """``rollback`` is None if disabled; ``also_on`` names endings other than failure that trigger a rollback.

    ``not_verified``: what was applied together with the targets but is not judged, as text.
    """

    targets: tuple[Target, ...]
    settings: Settings = field(default_factory=Settings)
    services: tuple[ServiceCheck, ...] = ()
    probes: tuple[Probe, ...] = ()
    metrics: tuple[Metric, ...] = ()
    bake: Bake = field(default_factory=Bake)
    rollback: RollbackPolicy | None = field(default_factory=RollbackPolicy)
    rollback_seconds: float = 300.0
    also_on: frozenset[str] = frozenset()
    not_verified: tuple[str, ...] = ()
    record: bool = True
    lock: bool = True
    poll: float = 5.0

    @property
    def longest(self) -> float:
        """The longest that the whole run may take, in seconds."""
        probing = sum(probe.wait for probe in self.probes) + sum(check.wait for check in self.services)
        return self.settings.wait + probing + self.bake.longest + (self.rollback_seconds if self.rollback else 0.0)


Stage = Literal["rollout", "probes", "bake", "done", "interrupted"]


@dataclass(frozen=True)
class Ending:
    """How a run ended: the basis of the module's result."""

    state: State
    code: str
    sentence: str
    stage: Stage
    details: Mapping[str, Any] = field(default_factory=dict)

# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What one call of the module is to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from .judging.policy import TAKE, Policy
from .judging.pruning import Retention
from .judging.restore import Proof


@dataclass(frozen=True)
class Limits:
    """Seconds. database: until it can be snapshotted. snapshot: until it is complete. stall: without progress. poll: between two reads."""

    database: float = 1800.0
    snapshot: float = 7200.0
    stall: float = 1800.0
    poll: float = 10.0
    copies: float = 14400.0
    """Until a copy is complete: between regions, it takes hours, and waits for others of the same database."""
    settle: float = 30.0
    """How long a new snapshot may be missing from RDS's answers."""


@dataclass(frozen=True)
class Plan:
    """changes: what the deployment says that it changes; None if it does not say. drill: minutes of the last drill, by way back."""

    databases: tuple[str, ...]
    deployment: str
    policy: Policy = field(default_factory=Policy)
    changes: tuple[str, ...] | None = None
    action: str = TAKE
    tokens: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    prune: bool = True
    retention: Retention = field(default_factory=Retention)
    limits: Limits = field(default_factory=Limits)
    drill: Mapping[str, float | None] = field(default_factory=dict)
    proof: Proof | None = None
    check_mode: bool = False

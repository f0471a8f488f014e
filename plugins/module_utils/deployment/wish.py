# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What a deployment is asked to do, and what came of it, as values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..cluster_objects.manifest import Wanted
from ..reconcile.errors import Failure
from ..reconcile.planner import Consent
from .planning import ReleasePlan
from .record import Release

WARN, REFUSE = "warn", "refuse"


@dataclass(frozen=True)
class Wish:
    """``id``: of the release. ``job``: the Job of its migration, as it is created; None without one. ``keep``: how many records stay.

    ``hold``: why nothing may be changed now; a release that needs no change passes. ``notes``: what the plan says besides.

    ``way_back``: what to do if the last verified release could not be restored: warn or refuse. ``secrets_seconds``: how long secrets of a
    controller may take. ``lock_wait``: how long to wait for another deployment of the application.
    """

    id: str
    objects: Sequence[Wanted]
    job: Mapping[str, Any] | None = None
    version: str = ""
    commit: str = ""
    images: Mapping[str, str] = field(default_factory=dict)
    verification: Mapping[str, Any] = field(default_factory=dict)
    gate: Mapping[str, Any] | None = None
    gate_required: bool = False
    keep: int = 10
    recorded: Mapping[str, Any] = field(default_factory=dict)
    hold: str = ""
    notes: Sequence[str] = ()
    consent: Consent = field(default_factory=Consent)
    way_back: str = WARN
    secrets_seconds: float = 120.0
    lock_wait: float = 0.0
    strategy: str = "rolling"
    by: str = ""


@dataclass
class Outcome:
    """What a deployment did, for the module's result.

    ``outcomes``: by address: done, failed, or not_started. ``reason``: why it failed, one sentence or more; empty after a success.

    ``state_after``: how a failed release left the application: what it went back to, and what that does not undo.
    """

    plan: ReleasePlan | None = None
    release: Release | None = None
    previous: Release | None = None
    changed: bool = False
    unchanged: bool = False
    outcomes: dict[str, str] = field(default_factory=dict)
    failures: list[Failure] = field(default_factory=list)
    reason: str = ""
    went_back: bool = False
    state_after: str = ""
    not_undone: list[str] = field(default_factory=list)
    verdicts: list[Mapping[str, Any]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    pruned: list[str] = field(default_factory=list)
    interrupted: bool = False

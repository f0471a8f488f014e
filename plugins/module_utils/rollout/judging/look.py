# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What each kind of workload reports to the judgment: counted in its own way, expressed in terms common to all kinds."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ...kubernetes.objects import share
from ...kubernetes.values import FULL, MAX_UNAVAILABLE, Counts, Obj, Trouble
from .context import Context


@dataclass(frozen=True)
class Look:
    """One observation of a workload.

    ``observed``: whether its controller has observed the required generation. ``pods``: relevant pods of the new revision.
    ``stop``: code and facts of a condition that ends the watch at once. ``refused``: pods cannot be created. ``waiting_for``: code of
    what is still missing; empty when complete. ``partial``: complete as requested, but not all pods run the new revision.
    ``leaving``: pods of older revisions. ``retried``: codes of troubles that this kind retries itself. ``needed``: how many pods of the new
    revision must be up. ``excused``: how many desired pods are not waited for.
    """

    observed: bool
    counts: Counts
    waiting_for: str
    pods: Sequence[Obj] = ()
    leaving: Sequence[Obj] = ()
    stop: tuple[str, Mapping[str, Any]] | None = None
    refused: Trouble | None = None
    partial: bool = False
    needed: int = 0
    excused: int = 0
    retried: frozenset[str] = frozenset()
    may_be_quiet: bool = False
    facts: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


Looker = Callable[[Obj, Context], Look]


def pods_needed(required: str, wanted: int, max_unavailable: Any) -> int:
    """How many pods must be available. All of them unless the caller says otherwise: maxUnavailable of the update strategy describes how a
    rollout proceeds, not when it is complete."""
    if required == FULL:
        return wanted
    if required == MAX_UNAVAILABLE:
        return max(1, wanted - share(max_unavailable, wanted, up=False)) if wanted else 0
    return min(wanted, share(required, wanted, up=True))

# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What each kind of workload tells the judgement: its own way to count, in terms that are the same for all kinds."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ...kubernetes.objects import share
from ...kubernetes.values import FULL, MAX_UNAVAILABLE, Counts, Obj, Trouble
from .containers import Context


@dataclass(frozen=True)
class Look:
    """One look at a workload.

    ``observed``: whether its controller has seen the generation that counts. ``pods``: those of the new revision that matter.
    ``stop``: code and facts of what ends the watch at once. ``refused``: pods cannot be made. ``waiting_for``: what completion lacks, as
    a code; empty when it is complete. ``partial``: complete as asked for, but not all pods run the new revision.
    ``leaving``: pods of older revisions. ``forgiven``: codes of troubles that this kind tries again by itself.
    """

    observed: bool
    counts: Counts
    waiting_for: str
    pods: Sequence[Obj] = ()
    leaving: Sequence[Obj] = ()
    stop: tuple[str, Mapping[str, Any]] | None = None
    refused: Trouble | None = None
    partial: bool = False
    forgiven: frozenset[str] = frozenset()
    may_be_quiet: bool = False
    facts: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


Looker = Callable[[Obj, Context], Look]


def pods_needed(required: str, wanted: int, max_unavailable: Any) -> int:
    """How many pods have to be available. All of them unless the caller says otherwise: what the update strategy may take away says how a
    rollout proceeds, not that it is over."""
    if required == FULL:
        return wanted
    if required == MAX_UNAVAILABLE:
        return max(1, wanted - share(max_unavailable, wanted, up=False)) if wanted else 0
    return min(wanted, share(required, wanted, up=True))

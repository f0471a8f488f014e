# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Verifies a restored instance: what it holds is compared with its source, or with a fingerprint that was taken before."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..recovery.access import Door
from ..recovery.fingerprint.moving import Judged, judge
from ..recovery.printing import Printed, print_all
from .plan import SOURCE, Verification

MOST = 50


@dataclass(frozen=True)
class Verified:
    """found: of the restored instance. judged: by database."""

    found: Printed
    judged: Mapping[str, Judged] = field(default_factory=dict)
    missing: tuple[str, ...] = ()

    @property
    def sentences(self) -> list[str]:
        gone = [f"Database {name} is missing." for name in self.missing]
        return gone + [f"{name}: {one.sentence}" for name, judged in self.judged.items() for one in judged.differences]

    def as_dict(self) -> dict[str, Any]:
        return {
            "equal": not self.sentences,
            "differences": self.sentences[:MOST],
            "more_differences": max(0, len(self.sentences) - MOST),
            "changed_meanwhile": [f"{name}: {what}" for name, one in self.judged.items() for what in one.moved],
            "not_compared": [f"{name}: {note}" for name, one in self.judged.items() for note in one.notes],
            "databases": {name: one.summary() for name, one in self.found.items()},
            "fingerprints": {name: one.as_dict() for name, one in self.found.items()},
        }


def verify(door: Door, verification: Verification, before: Printed, after: Callable[[], Printed]) -> Verified:
    """Compare a restored instance with what is expected. ``before``, ``after``: the source before the restore began and after it."""
    found = print_all(door, verification.databases, verification.reading)
    later = after() if verification.against == SOURCE else before
    judged = {
        name: judge(before[name], later.get(name, before[name]), found[name], verification.ignore) for name in before if name in found
    }
    return Verified(found, judged, tuple(sorted(set(before) & set(later) - set(found))))

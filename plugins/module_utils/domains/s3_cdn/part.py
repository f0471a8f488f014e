# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What buckets, distributions, web ACLs, and origin secrets have in common."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ...aws.place import Place
from ...component.parts import Described, Part
from ...reconcile.model import Resource

Statement = Mapping[str, Any]
"""A statement of a policy, which may hold references to resources."""


class S3CdnPart(Part):
    """One part of the domain."""

    def resources(self, _described: Described, _place: Place, _granted: Granted) -> Sequence[Resource]:
        """The desired resources. ``_granted``: what other parts let into buckets and keys."""
        return ()

    def grants(self, _described: Described, _place: Place) -> Granted:
        """What this part needs from buckets and their keys."""
        return Granted()


@dataclass(frozen=True)
class Granted:
    """Statements that a part adds to the policies of buckets, and of the keys that encrypt them: bucket's name in the settings ->
    statements.
    """

    buckets: Mapping[str, Sequence[Statement]] = field(default_factory=dict)
    keys: Mapping[str, Sequence[Statement]] = field(default_factory=dict)

    def __add__(self, other: Granted) -> Granted:
        return Granted(_joined(self.buckets, other.buckets), _joined(self.keys, other.keys))


def _joined(one: Mapping[str, Sequence[Statement]], other: Mapping[str, Sequence[Statement]]) -> dict[str, Sequence[Statement]]:
    return {name: (*one.get(name, ()), *other.get(name, ())) for name in (*one, *(name for name in other if name not in one))}

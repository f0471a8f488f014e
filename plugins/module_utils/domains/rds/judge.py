# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Checks that need answers from AWS (questions.py): problems with instances, and notes for the plan. Pure functions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ...reconcile.model import Observed
from .settings.versions import Support


@dataclass(frozen=True)
class AwsFacts:
    """Answers from AWS, and the component's existing resources."""

    versions: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """version -> its entry in DescribeDBEngineVersions."""
    support: Mapping[str, Support] = field(default_factory=dict)
    observed: tuple[Observed, ...] = ()

    def of(self, address: str) -> Observed | None:
        return next((seen for seen in self.observed if seen.address == address and seen.state in ("ready", "pending")), None)

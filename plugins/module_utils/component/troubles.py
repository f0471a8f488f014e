# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Problems that AWS reports with resources that a run leaves unchanged: one line each in plan and summary. Pure functions."""

from __future__ import annotations

from collections.abc import Sequence

from ..reconcile.errors import Failure
from ..reconcile.model import Observed

CODE = "Unhealthy"


def troubles(observed: Sequence[Observed]) -> list[Failure]:
    return [Failure(seen.address, "", CODE, seen.trouble) for seen in sorted(observed, key=lambda seen: seen.address) if seen.trouble]

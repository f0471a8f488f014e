# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What the filter input_errors says of clusters."""

from __future__ import annotations

from typing import Any

from ...reconcile.model import UNKNOWN
from .settings.cluster import Network
from .validate import validate

FOUND_LATER = Network((UNKNOWN, UNKNOWN), (UNKNOWN,), (UNKNOWN,))
"""A network that is looked up, or made, before the clusters are."""


def input_errors(clusters: Any, name: str, environment: str = "", component: str = "cluster", network: bool = True) -> list[str]:
    """Every problem with the clusters. ``network``: whether there will be one for those that name no subnets."""
    return validate(clusters, name, environment, component, FOUND_LATER if network else Network())[1]

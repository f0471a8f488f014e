# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The errors that the filter input_errors reports for clusters."""

from __future__ import annotations

from typing import Any

from ...reconcile.model import UNKNOWN
from .settings.cluster import Network
from .validate import validate

FOUND_LATER = Network((UNKNOWN, UNKNOWN), (UNKNOWN,), (UNKNOWN,))
"""Stands for a network that is looked up, or created, before the clusters are."""


def input_errors(clusters: Any, name: str, environment: str = "", component: str = "cluster", network: bool = True) -> list[str]:
    """Every problem with the clusters. ``network``: whether clusters that name no subnets will have a network."""
    return validate(clusters, name, environment, component, FOUND_LATER if network else Network())[1]

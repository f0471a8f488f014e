# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The checks on the clusters that the role eks describes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...reconcile.model import UNKNOWN
from .settings.cluster import Network
from .validate import validate

FOUND_LATER = Network((UNKNOWN, UNKNOWN), (UNKNOWN,), (UNKNOWN,))
"""Stands for a network that is looked up, or created, before the clusters are."""


def input_errors(clusters: Any, name: str, environment: str = "", component: str = "cluster", network: bool = True) -> list[str]:
    """Every problem with the clusters. ``network``: whether clusters that name no subnets will have a network."""
    return validate(clusters, name, environment, component, FOUND_LATER if network else Network())[1]


def role_errors(variables: Mapping[str, Any]) -> list[str]:
    """Every problem with the clusters of the role that its argument specification cannot express."""
    component = variables.get("platform_component") or variables["inventory_hostname"]
    environment = variables.get("platform_environment") or ""
    return input_errors(variables["eks_clusters"], "eks_clusters", environment, component, bool(variables.get("eks_network")))

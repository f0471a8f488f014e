# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The checks on the clusters that the role eks describes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...component.role_references import References
from ...reconcile.model import UNKNOWN
from .settings.cluster import Network, with_public_cidrs
from .validate import validate

REFERENCES = References(
    prefix="eks",
    described="eks_clusters",
    entry="cluster",
    host="eks_api_host",
    tier="private",
    not_public="its subnets are public, and clusters belong in private ones",
)

FOUND_LATER = Network((UNKNOWN, UNKNOWN), (UNKNOWN,), (UNKNOWN,))
"""Placeholder for a network that is looked up, or created, before the clusters are."""


def input_errors(clusters: Any, name: str, environment: str = "", component: str = "cluster", network: bool = True) -> list[str]:
    """Every problem with the clusters. ``network``: whether clusters that name no subnets will have a network."""
    return validate(clusters, name, environment, component, FOUND_LATER if network else Network())[1]


def role_errors(variables: Mapping[str, Any]) -> list[str]:
    """Every problem with the clusters of the role that its argument specification cannot express."""
    component = variables.get("platform_component") or variables["inventory_hostname"]
    environment = variables.get("platform_environment") or ""
    clusters = with_public_cidrs(variables["eks_clusters"], variables.get("eks_public_cidrs") or [])
    found = input_errors(clusters, "eks_clusters", environment, component, bool(variables.get("eks_network")))
    return [*found, *REFERENCES.errors(variables)]

# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The options of the modules that deploy an application, from the variables of its role. Pure functions, except for the time of day."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from . import window
from .surroundings import Surroundings, cluster_facts, databases_of, needs_outputs, resolved

PREFIX = "app_deploy_"
"""Of the variables, in messages."""
NEEDS = ("cluster", "namespace", "objects", "migration", "databases", "node_architectures")
"""The options of app_release_needs_info among them."""

Options = dict[str, Any]


def surroundings(given: Mapping[str, Any], around: Mapping[str, Any]) -> Surroundings:
    return Surroundings(
        environment=str(given.get("environment") or ""),
        region=str(given.get("region") or ""),
        account_id=str(given.get("account_id") or ""),
        **{name: around.get(name) or {} for name in ("clusters", "zones", "databases", "cluster_outputs", "zone_outputs")},
    )


def lookups(given: Mapping[str, Any], around: Mapping[str, Any]) -> list[str]:
    """The roles whose outputs the settings need and nothing has published yet."""
    described = "" if given.get("eks_cluster") else str(given.get("cluster") or "")
    wanted = needs_outputs(given["application"], described)
    return [role for role, outputs in (("eks", "cluster_outputs"), ("dns", "zone_outputs")) if wanted[role] and not around.get(outputs)]

# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Rules for changing a cluster's version: one minor version at a time, never back, and nodes that are not too old."""

from __future__ import annotations

from collections.abc import Mapping

from .settings.versions import number

OLDEST_NODES = 3
"""How many minor versions a kubelet may be behind the API server (kubernetes.io/releases/version-skew-policy, since 1.28)."""


def refused(path: str, present: str, wanted: str, groups: Mapping[str, str]) -> list[str]:
    """Reasons against moving a cluster from one minor version to another; ``groups`` are the versions of its node groups by name."""
    if not wanted or not present or present == wanted:
        return []
    value = f"{path}.version is '{wanted}', but the cluster has {present}"
    if number(wanted) < number(present):
        return [f'{value}, and EKS does not go back to an earlier version; set it to "{present}" or later']
    following = f"1.{number(present) + 1}"
    if wanted != following:
        return [f'{value}, and EKS upgrades one minor version at a time; set it to "{following}" first']
    oldest = number(wanted) - OLDEST_NODES
    remedy = f"nodes may be {OLDEST_NODES} minor versions behind; update the group to 1.{oldest} first"
    return [
        f"{value}, and node group {group} has {version}: {remedy}"
        for group, version in sorted(groups.items())
        if version and number(version) < oldest
    ]

# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The order in which a person reads a plan: group by group (a network, a cluster), in each what others stand on first."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from .model import Action

# What stands on nothing comes first. A kind that is not listed comes after these, by name.
KINDS = (
    "kms_key",
    "iam_role",
    "log_group",
    "vpc",
    "internet_gateway",
    "subnet",
    "elastic_ip",
    "nat_gateway",
    "route_table",
    "network_acl",
    "default_security_group",
    "security_group",
    "vpc_endpoint",
    "flow_log",
    "cluster_log_group",
    "eks_cluster",
    "eks_access_entry",
    "iam_oidc_provider",
    "launch_template",
    "eks_nodegroup",
    "eks_fargate_profile",
    "eks_addon",
    "eks_pod_identity_association",
)
_RANK = {kind: number for number, kind in enumerate(KINDS)}
_DIGITS = re.compile(r"(\d+)")

NaturalKey = tuple[tuple[int, int, str], ...]


def natural(text: str) -> NaturalKey:
    """Sort key by which ``a-2`` comes before ``a-10``."""
    return tuple((0, int(part), "") if part.isdigit() else (1, 0, part) for part in _DIGITS.split(text) if part)


def sort_key(action: Action) -> tuple[NaturalKey, int, str, NaturalKey]:
    """Group, then kind, then name."""
    return natural(action.group), _RANK.get(action.kind, len(KINDS)), action.kind, natural(action.address)


def ordered(actions: Iterable[Action]) -> list[Action]:
    """The actions as they are to be read."""
    return sorted(actions, key=sort_key)


def groups(actions: Iterable[Action]) -> list[tuple[str, list[Action]]]:
    """Ordered actions under the name of their group.

    One group with an empty name if headings would not help: a single group, or groups of one or two resources on average.
    """
    sorted_actions = ordered(actions)
    found: dict[str, list[Action]] = {}
    for action in sorted_actions:
        found.setdefault(action.group, []).append(action)
    if len(found) < 2 or len(sorted_actions) < 3 * len(found):
        return [("", sorted_actions)] if sorted_actions else []
    return list(found.items())


def by_kind(actions: Sequence[Action]) -> list[list[Action]]:
    """Neighbours of the same kind and action, which may be shown as a table."""
    runs: list[list[Action]] = []
    for action in actions:
        if runs and (runs[-1][0].kind, runs[-1][0].action) == (action.kind, action.action):
            runs[-1].append(action)
        else:
            runs.append([action])
    return runs

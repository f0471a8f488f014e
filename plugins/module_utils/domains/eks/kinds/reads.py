# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The list of existing clusters, read once per observation, and lists of the resources inside a cluster."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ....aws.connection import Aws
from ....reconcile.errors import CallFailed


def in_cluster(ask: Callable[[], list[Any]]) -> list[Any]:
    """A list of resources in a cluster: empty if the cluster does not exist or does not support them, such as access entries."""
    try:
        return ask()
    except CallFailed as error:
        if error.code in ("ResourceNotFoundException", "InvalidRequestException"):
            return []
        raise


def others(aws: Aws, hints: Sequence[str]) -> list[str]:
    """Our clusters that are not among the hints."""
    found = clusters(aws, hints)
    return [name for name, raw in found.items() if name not in hints and aws.owner.address(raw.get("tags") or {}) is not None]


def clusters(aws: Aws, hints: Sequence[str]) -> dict[str, dict[str, Any]]:
    """All clusters of the region by name. Those of the hints are read in parallel with the list, not after it."""
    return aws.once("eks clusters", lambda: _clusters(aws, hints))


def _clusters(aws: Aws, hints: Sequence[str]) -> dict[str, dict[str, Any]]:
    looks: list[Callable[[], Any]] = [lambda: _names(aws), *(lambda name=name: _described(aws, name) for name in hints)]
    names, *described = aws.map(lambda look: look(), looks)
    left = [name for name in names if name not in hints]
    raws = [*described, *aws.map(lambda name: _described(aws, name), left)]
    return {raw["name"]: raw for raw in raws if raw is not None}


def _names(aws: Aws) -> list[str]:
    return aws.list_all("eks", "list_clusters", "clusters")


def _described(aws: Aws, name: str) -> dict[str, Any] | None:
    reply = aws.find("eks", "describe_cluster", name=name)
    return dict(reply["cluster"]) if reply else None

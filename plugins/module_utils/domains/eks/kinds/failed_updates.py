# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Configuration updates of node groups that failed in an earlier run.

EKS describes a node group with the requested values even after the update that should have applied them has failed. Only the list of
updates shows the failure. Such values count as not set, so that the next run sets them again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ....aws.connection import Aws
from .errors import failed_update

LISTED = "list_updates"
UPDATE_TYPE = "ConfigUpdate"
"""A failed version update needs no special handling, because the group still reports its old version."""
FAILED = ("Failed", "Cancelled")
PROPERTIES: Mapping[str, str] = {
    "MinSize": "min_size",
    "MaxSize": "max_size",
    "LabelsToAdd": "labels",
    "LabelsToRemove": "labels",
    "TaintsToAdd": "taints",
    "TaintsToRemove": "taints",
    "MaxUnavailable": "update_config",
    "MaxUnavailablePercentage": "update_config",
}
"""The parameters of an update, and the properties that they set."""
SIZES = ("min_size", "max_size")


def updates_of(aws: Aws, raws: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The raw descriptions, each with ``failed``: its last configuration update, if that failed. One call per update that EKS lists."""
    wanted = [(index, update) for index, raw in enumerate(raws) for update in raw.get("updateIds") or ()]
    answers = aws.map(lambda one: _describe(aws, raws[one[0]], one[1]), wanted)
    last: dict[int, Mapping[str, Any]] = {}
    for (index, _id), update in zip(wanted, answers, strict=True):
        if update and update.get("type") == UPDATE_TYPE and (index not in last or update["createdAt"] >= last[index]["createdAt"]):
            last[index] = update
    return [{**raw, "failed": last[i] if i in last and last[i]["status"] in FAILED else None} for i, raw in enumerate(raws)]


def _describe(aws: Aws, raw: Mapping[str, Any], update: str) -> Mapping[str, Any] | None:
    where = {"name": raw["clusterName"], "nodegroupName": raw["nodegroupName"]}
    reply = aws.find("eks", "describe_update", updateId=update, **where)
    return reply["update"] if reply else None


def not_in_force(raw: Mapping[str, Any]) -> set[str]:
    """The properties that the failed update should have set. The two sizes are always set together."""
    params = (raw.get("failed") or {}).get("params") or []
    found = {PROPERTIES[one["type"]] for one in params if one.get("type") in PROPERTIES}
    return found | set(SIZES if found & set(SIZES) else ())


def said_of(raw: Mapping[str, Any]) -> str:
    """What happened, as a message for the user; empty if nothing did."""
    return f"its last configuration update failed, and is made again: {failed_update(raw['failed']).message}" if raw.get("failed") else ""

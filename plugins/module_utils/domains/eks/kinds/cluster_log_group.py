# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The log groups of EKS clusters."""

from __future__ import annotations

import time

from ....aws.connection import Aws
from ....kinds.log_group import LogGroup
from ....reconcile.errors import NotYet
from ....reconcile.model import Observed

QUIET = 15.0
"""Seconds that a deleted group must stay absent: until then EKS may flush its remaining logs and create the group again."""


class ClusterLogGroup(LogGroup):
    """EKS dictates the name, so it is found by the prefix common to all clusters. It is created before its cluster and deleted after it.

    A group that EKS left behind, without tags and without retention, is adopted.
    """

    name = "cluster_log_group"
    deleted_after = ("eks_cluster",)
    adopts_unmarked = True

    def prefix(self, aws: Aws) -> str:
        return "/aws/eks/"

    def delete(self, aws: Aws, seen: Observed) -> None:
        """Delete the group for good: one that EKS creates under this name afterwards, without tags or retention, is deleted as well."""
        named = aws.list_all("logs", "describe_log_groups", "logGroups", logGroupNamePrefix=seen.id)
        if any(raw["logGroupName"] == seen.id for raw in named):
            super().delete(aws, seen)
            aws.begun[seen.id] = str(time.monotonic())
        elif time.monotonic() - float(aws.begun.get(seen.id, 0)) >= QUIET:
            aws.begun.pop(seen.id, None)
            return
        raise NotYet("EKS may still recreate it", "", "WaitingForQuiet", dependency=True)

# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The log groups that MSK delivers the logs of brokers to."""

from __future__ import annotations

from typing import Any

from ....aws.connection import Aws
from ....aws.marked import marked_arns
from ....kinds.log_group import LogGroup

PREFIX = "/aws/vendedlogs/msk/"
"""AWS adds such groups to its policy for deliveries by itself; the length of that policy limits how many others there can be
(CloudWatch Logs User Guide, "Logging that requires additional permissions")."""


def log_group_name(cluster: str) -> str:
    return f"{PREFIX}{cluster}"


class StreamLogGroup(LogGroup):
    """Created before its cluster, which refuses a delivery to a group that does not exist. ``looks``: see MskConfiguration."""

    name = "stream_log_group"
    operations: tuple[str, ...] = ("resourcegroupstaggingapi.get_resources",)
    deleted_after = ("msk_cluster",)

    def __init__(self, looks: bool = True) -> None:
        super().__init__()
        self.looks = looks

    def prefix(self, _aws: Aws) -> str:
        return PREFIX

    def listed(self, aws: Aws) -> list[dict[str, Any]]:
        return super().listed(aws) if self.looks or marked_arns(aws, "logs") else []

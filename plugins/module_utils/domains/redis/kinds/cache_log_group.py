# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The log groups that ElastiCache delivers a cache's logs to."""

from __future__ import annotations

from ....aws.connection import Aws
from ....kinds.log_group import LogGroup

PREFIX = "/aws/vendedlogs/elasticache/"
"""AWS adds such groups to its policy for deliveries by itself; the length of that policy limits how many others there can be
(CloudWatch Logs User Guide, "Logging that requires additional permissions")."""


def log_group_name(identifier: str, log: str) -> str:
    return f"{PREFIX}{identifier}/{log}"


class CacheLogGroup(LogGroup):
    """Created before its replication group, which refuses a delivery to a group that does not exist."""

    name = "cache_log_group"
    deleted_after = ("replication_group",)

    def prefix(self, aws: Aws) -> str:
        return PREFIX

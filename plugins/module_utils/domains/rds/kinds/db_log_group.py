# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The log groups that RDS exports an instance's logs to."""

from __future__ import annotations

from ....aws.connection import Aws
from ....kinds.log_group import LogGroup

PREFIX = "/aws/rds/instance/"


def log_group_name(identifier: str, log: str) -> str:
    """RDS dictates the name."""
    return f"{PREFIX}{identifier}/{log}"


class DbLogGroup(LogGroup):
    """Created before its instance, or RDS creates one that keeps its logs forever and without a key. Such a group, without tags, is
    adopted."""

    name = "db_log_group"
    deleted_after = ("db_instance", "db_replica")
    adopts_unmarked = True
    elsewhere = True

    def prefix(self, aws: Aws) -> str:
        return PREFIX

# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Log groups that exist, with a period and a key, before anything writes to them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ....aws.connection import Aws
from ....aws.marked import marked_arns
from ....kinds.log_group import LogGroup


class WatchedLogGroup(LogGroup):
    """``described``: the names of the described groups, which are looked up directly. Others are found by their tags.

    A group that a writer has already created, without tags, is taken over: it gets the period and the key, and keeps its events.
    """

    name = "watched_log_group"
    operations: tuple[str, ...] = ("resourcegroupstaggingapi.get_resources",)
    adopts_unmarked = True
    holds_data = True

    def __init__(self, described: Iterable[str] = ()) -> None:
        super().__init__()
        self.hints = frozenset(described)

    def listed(self, aws: Aws) -> list[dict[str, Any]]:
        """One call for each name: the service filters by prefix alone, and names have none in common."""
        found = {arn.split(":", 6)[6].removesuffix(":*") for arn in marked_arns(aws, "logs")}
        wanted = sorted(self.hints | found)
        lists = aws.map(lambda name: self.entries_at(aws, {"logGroupName": name}), wanted)
        return [entry for entries in lists for entry in entries]

    def known(self, _aws: Aws, identifier: str) -> str:
        """Groups of any name can be taken over."""
        return identifier.removesuffix(":*").rpartition(":log-group:")[2]

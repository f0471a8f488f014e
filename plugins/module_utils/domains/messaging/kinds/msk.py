# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What the kinds of Amazon MSK share."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from ....aws.connection import Aws
from ....aws.marked import marked_arns
from ....aws.named_kind import NamedKind
from ....reconcile.errors import AlreadyThere, CallFailed

T = TypeVar("T")

BAD, CONFLICT = "BadRequestException", "ConflictException"


def creating(call: Callable[[], T]) -> T:
    """Make a create call. The only conflict that MSK knows there is a name that is taken."""
    try:
        return call()
    except CallFailed as error:
        if error.code == CONFLICT:
            raise AlreadyThere(error.message, error.operation, error.code, error.hint) from error
        raise


def something_marked(aws: Aws) -> bool:
    """Whether the tagging API knows a cluster of the component. Asked where no stream is described."""
    return bool(marked_arns(aws, "kafka"))


class MskKind(NamedKind):
    """What a list shows is all but complete, and names are unique in an account and region.

    ``looks``: whether MSK is asked even if the tagging API knows no cluster of the component's.
    """

    operations: tuple[str, ...] = ("resourcegroupstaggingapi.get_resources",)
    named = False
    exclusive = True
    listed_only = ""
    """A member of list entries by which they are told from a mere ARN."""
    name_member = ""

    def __init__(self, looks: bool = True) -> None:
        super().__init__()
        self.looks = looks

    def complete(self, aws: Aws, raw: Mapping[str, Any]) -> dict[str, Any]:
        """A description with what further calls say."""
        raise NotImplementedError

    def listed(self, aws: Aws) -> list[dict[str, Any]]:
        """Ours."""
        if not self.looks and not something_marked(aws):
            return []
        return [one for one in super().listed(aws) if aws.owner.address(self.tags_of(one)) is not None]

    def described(self, aws: Aws, entries: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        there = [one for one in entries if self.listed_only in one]
        rest = [one for one in aws.map(lambda entry: self.describe(aws, entry), [one for one in entries if one not in there]) if one]
        return list(aws.map(lambda entry: self.complete(aws, entry), [*there, *rest]))

    def _asked(self, aws: Aws, entries: Sequence[Mapping[str, Any]], reads: Sequence[Any]) -> list[dict[str, Any]]:
        return self.described(aws, entries)

    def known(self, aws: Aws, identifier: str) -> str:
        """By ARN or name."""
        if identifier.startswith("arn:"):
            return identifier
        return next((str(one[self.calls.id]) for one in super().listed(aws) if one[self.name_member] == identifier), "")

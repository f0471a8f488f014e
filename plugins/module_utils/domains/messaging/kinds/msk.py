# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What the kinds of Amazon MSK share."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from ....aws.connection import Aws
from ....aws.marked import marked_arns
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

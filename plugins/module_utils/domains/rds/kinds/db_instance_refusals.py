# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What RDS means by refusing a call on an instance. Pure functions, except the one that reads when storage was last changed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from ....aws.connection import Aws
from ....reconcile.errors import CallFailed, NotYet

BETWEEN_STORAGE_CHANGES = timedelta(hours=6)
"""RDS makes the next storage change six hours after the last one, or when its optimization ends, whichever is later."""

EVENT_MINUTES = 1440

STORAGE_REFUSED = re.compile(r"storage.*(optimi[sz]|6 hours|six hours|previous storage)|(6|six) hours.*storage", re.IGNORECASE | re.DOTALL)
SPREADING = re.compile(
    r"IAM role ARN value is invalid|does not include the required permissions|KMS key .*(not exist|not enabled|isn't accessible)|"
    r"not currently permitted|security group.*does not exist",
    re.IGNORECASE,
)
"""How RDS says that it cannot see a role, a key or a group yet. The same words may be final, hence the settle window."""

BUSY = re.compile(r"available state|in progress|currently|is being|must be available", re.IGNORECASE)
"""How RDS says that the instance does something else. It gives the same code for reasons that no waiting removes."""

PROTECTED = re.compile(r"delete protected|deletion protection", re.IGNORECASE)
ALREADY_DELETING = re.compile(r"already being deleted|is being deleted", re.IGNORECASE)

UNPROTECT = "Set deletion.protection to false for it, apply that, then delete it."
REPLICAS_FIRST = "Upgrade its read replicas first: RDS takes a minor version on the primary only after all of them have it."


def refused(error: CallFailed) -> CallFailed:
    """What RDS means by refusing a change, where its error code alone is ambiguous."""
    if isinstance(error, NotYet):
        return error
    if error.code == "InvalidDBInstanceState":
        return NotYet(error.message, error.operation, error.code, dependency=bool(BUSY.search(error.message)))
    if error.code == "DBUpgradeDependencyFailure":
        return CallFailed(error.message, error.operation, error.code, REPLICAS_FIRST)
    if error.code == "KMSKeyNotAccessibleFault" or (error.code.startswith("InvalidParameter") and SPREADING.search(error.message)):
        return NotYet(error.message, error.operation, error.code)
    return error


def is_storage_refusal(error: CallFailed) -> bool:
    """Whether RDS refuses a storage change because of an earlier one."""
    return error.code in ("InvalidParameterCombination", "InvalidParameterValue", "InvalidDBInstanceState") and bool(
        STORAGE_REFUSED.search(error.message)
    )


def storage_changes_again(events: Iterable[Mapping[str, Any]], now: datetime) -> datetime:
    """The earliest time of the next storage change. ``events``: of DescribeEvents; without one about storage, the latest possible time."""
    times = [event["Date"] for event in events if re.search(r"storage", str(event.get("Message")), re.IGNORECASE) and event.get("Date")]
    last = max(times, default=now)
    return (last if last.tzinfo else last.replace(tzinfo=UTC)) + BETWEEN_STORAGE_CHANGES


def storage_refused(aws: Aws, identifier: str, error: CallFailed, now: datetime) -> CallFailed:
    """The refusal with the time at which the change becomes possible."""
    try:
        events = aws.list_all(
            "rds", "describe_events", "Events", SourceIdentifier=identifier, SourceType="db-instance", Duration=EVENT_MINUTES
        )
    except CallFailed:
        events = []
    when = storage_changes_again(events, now)
    hint = (
        f"RDS changes the storage of an instance once in six hours, and not before the last change is optimized: run again after "
        f"{when.astimezone(UTC):%Y-%m-%d %H:%M} UTC."
    )
    return CallFailed(error.message, error.operation, error.code, hint)

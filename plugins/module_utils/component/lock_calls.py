# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The calls that read, create and delete the entries of run locks."""

from __future__ import annotations

from email.utils import parsedate_to_datetime
from typing import Any

from ..aws.connection import Aws
from ..reconcile.errors import AlreadyThere, Ambiguous, CallFailed
from .lock_entries import Entry, folder, parameter_name, read_entry

ATTEMPTS = 3


def with_unlisted(aws: Aws, entries: list[Entry], wanted: Entry, error: AlreadyThere) -> list[Entry]:
    """The entries, including the one with the given number if the list does not show it yet. Raises the error if it is unreadable."""
    if any(entry.component == wanted.component and entry.number >= wanted.number for entry in entries):
        return entries
    there = aws.find("ssm", "get_parameter", Name=parameter_name(aws.owner.environment, wanted.component, wanted.number))
    if there is None:
        return entries  # released in the meantime
    entry = read_entry(there["Parameter"], moment_of(there))
    if entry is None:
        raise error
    return [*entries, entry]


def moment_of(reply: dict[str, Any]) -> float:
    """When the service sent a reply, by its own clock."""
    return parsedate_to_datetime(reply["ResponseMetadata"]["HTTPHeaders"]["date"]).timestamp()


def read_entries(aws: Aws) -> list[Entry]:
    """All entries of the environment."""
    found: list[Entry] = []
    page: dict[str, Any] = {}
    while True:
        reply = aws.read("ssm", "get_parameters_by_path", Path=folder(aws.owner.environment), Recursive=True, **page)
        now = moment_of(reply)
        found += [entry for parameter in reply["Parameters"] if (entry := read_entry(parameter, now))]
        if not reply.get("NextToken"):
            return found
        page = {"NextToken": reply["NextToken"]}


def entry_exists(aws: Aws, entry: Entry) -> bool:
    """Whether an entry has not been deleted. Looked up by name, because lists may lag."""
    return aws.find("ssm", "get_parameter", Name=parameter_name(aws.owner.environment, entry.component, entry.number)) is not None


def create_entry(aws: Aws, entry: Entry) -> None:
    """Raises AlreadyThere if another run holds this number. After a lost reply, checks whether the entry is ours."""
    name = parameter_name(aws.owner.environment, entry.component, entry.number)
    for attempt in range(1, ATTEMPTS + 1):
        try:
            aws.change("ssm", "put_parameter", Name=name, Value=entry.value, Type="String", Overwrite=False)
        except (AlreadyThere, Ambiguous) as error:
            there = aws.find("ssm", "get_parameter", Name=name)
            if there is None and attempt < ATTEMPTS:
                continue
            if there is None:
                raise
            if there["Parameter"]["Value"] != entry.value:
                raise AlreadyThere(f"{name} belongs to another run", error.operation, error.code) from error
        return


def delete_entry(aws: Aws, entry: Entry) -> None:
    """An entry that cannot be deleted now expires soon and does not block other runs for long."""
    for _attempt in range(ATTEMPTS):
        try:
            aws.remove("ssm", "delete_parameter", Name=parameter_name(aws.owner.environment, entry.component, entry.number))
        except Ambiguous:
            continue
        except CallFailed:
            pass
        return

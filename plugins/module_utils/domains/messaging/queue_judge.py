# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What a run would do to messages that are there: what is refused without consent, and what a plan says. Pure functions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from ...reconcile.model import Observed
from .resources_queues import KEY, KIND, address_of, dead_letter_address
from .settings.queue import NONE, Queue, Queues

NAMES: Mapping[int, str] = {86_400: "day", 3_600: "hour", 60: "minute", 1: "second"}


def duration(seconds: int) -> str:
    """Seconds in the largest unit that divides them: ``4 days``."""
    unit = next(one for one in NAMES if seconds % one == 0)
    count = seconds // unit
    return f"{count} {NAMES[unit]}{'' if count == 1 else 's'}"


def messages(seen: Observed) -> str:
    """How many messages a queue holds: ``about 12 messages``. SQS counts them approximately."""
    count = int(seen.attributes.get("messages") or 0)
    return "no message that SQS counts" if not count else f"about {count} message{'' if count == 1 else 's'}"


def shortened(queues: Queues, observed: Sequence[Observed], may_lose: Callable[[str], bool]) -> Iterator[str]:
    """Shorter retention deletes every older message, within 15 minutes (SQS API Reference, SetQueueAttributes)."""
    there = {seen.address: seen for seen in observed if seen.kind == KIND and seen.state != "deleting"}
    for one in queues.values():
        for path, address, wanted in retentions(one):
            seen = there.get(address)
            present = int(str((seen.properties if seen else {}).get("message_retention_period") or 0))
            if seen and wanted is not None and wanted < present and not may_lose(one.name):
                yield (
                    f"{path} is {wanted}, but the queue keeps messages for {duration(present)} now, and SQS would delete every message "
                    f"older than {duration(wanted)}; {seen.properties.get('queue_name')} holds {messages(seen)}. Name {one.name} in "
                    "messaging_allow_message_loss (allow_message_loss of the module) for this run, or keep the longer period"
                )


def retentions(one: Queue) -> Iterator[tuple[str, str, int | None]]:
    """(setting, address, seconds; None if AWS's value is left alone)."""
    yield f"{one.path}.retention_seconds", address_of(one.name), one.values.get("message_retention_period")
    if one.dead_letter and one.own_dead_letter:
        yield f"{one.path}.dead_letter.retention_seconds", dead_letter_address(one.name), one.dead_letter.retention_seconds


def outlived(queues: Queues, observed: Sequence[Observed]) -> Iterator[str]:
    """A queue whose retention is left alone may keep messages for longer than its dead-letter queue does."""
    there = {seen.address: seen for seen in observed if seen.kind == KIND and seen.state != "deleting"}
    for one in queues.values():
        seen = there.get(address_of(one.name))
        if not seen or "message_retention_period" in one.values or not one.dead_letter:
            continue
        present = int(str(seen.properties.get("message_retention_period") or 0))
        target = queues[one.dead_letter.queue].retention if one.dead_letter.queue else one.dead_letter.retention_seconds
        if present > target:
            yield (
                f"{one.path} keeps messages for {present} seconds in AWS, and its dead-letter queue for {target}; a message keeps its age "
                f"when it moves. Set {one.path}.retention_seconds to {target} or less, or raise the retention of the dead-letter queue"
            )


def notes(queues: Queues) -> Iterator[str]:
    for name, one in sorted(queues.items()):
        if one.encryption.form == NONE:
            yield f"{name}: its messages are not encrypted at rest; encryption: sqs costs nothing and needs no key"


def lost(leaving: Sequence[Observed]) -> Iterator[str]:
    """What a plan's deletions and replacements destroy."""
    for seen in leaving:
        if seen.attributes.get("messages"):
            yield f"{seen.address}: {seen.properties.get('queue_name')} holds {messages(seen)}, deleted with it"


def unreadable(leaving: Sequence[Observed], staying: Sequence[Observed]) -> Iterator[str]:
    """What the deletion of the component's key costs if queues stay: their older messages are encrypted with it."""
    if staying and any(seen.address == KEY for seen in leaving):
        yield (
            f"{KEY}: messages that were sent while queues used the key cannot be read without it; delete it once they have been processed, "
            "at the latest after the retention of the queues"
        )

# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What is wrong between queues, and with their encryption, before the first call. Pure functions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ...inputs.problems import Problems, suggestion
from .settings.queue import AWS, KMS, LONGEST_NAME, Queue, Queues, dead_letter_name

MOST_SOURCES = 10
"""Queues that the allow policy of a dead-letter queue can name (SQS API Reference, CreateQueue)."""


def check_queues(queues: Queues, problems: Problems) -> None:
    check_names(queues, problems)
    for one in queues.values():
        check_key(one, problems)
        if one.dead_letter and one.dead_letter.queue:
            check_target(one, queues, problems)
        elif one.dead_letter and one.dead_letter.retention_seconds < one.retention:
            remedy = f"a message keeps its age when it moves, so it must not be less than the queue's own {one.retention} seconds; raise it"
            problems.add(f"{one.path}.dead_letter.retention_seconds", one.dead_letter.retention_seconds, remedy)


def check_names(queues: Queues, problems: Problems) -> None:
    """Names in AWS, with those of the dead-letter queues that the role makes. Of each queue, the first problem."""
    taken: dict[str, str] = {}
    for one in queues.values():
        for name, path in names_of(one):
            if why := wrong_name(name, taken):
                problems.add(path, name, why)
                break
        for name, _path in names_of(one):
            taken.setdefault(name, one.path)


def wrong_name(name: str, taken: Mapping[str, str]) -> str:
    if len(name) > LONGEST_NAME:
        return f"the name of its dead-letter queue has more than {LONGEST_NAME} characters; set a shorter name"
    return f"{taken[name]} has the same name in AWS; give each queue its own" if name in taken else ""


def names_of(one: Queue) -> Iterator[tuple[str, str]]:
    """(name in AWS, setting) of a queue, and of the dead-letter queue that is made for it."""
    yield one.aws_name, f"{one.path}.name"
    if one.own_dead_letter:
        yield dead_letter_name(one.aws_name), one.path


def check_key(one: Queue, problems: Problems) -> None:
    if one.encryption.form == KMS and one.encryption.key == AWS and one.senders:
        remedy = (
            f"AWS's own key lets in neither services nor other accounts, so what {one.senders.shown()} would send is lost without an "
            "error; use encryption: sqs, or the component's key"
        )
        problems.add(f"{one.path}.kms_key", AWS, remedy)


def check_target(one: Queue, queues: Queues, problems: Problems) -> None:
    """A described queue that takes this one's undeliverable messages."""
    path, name = f"{one.path}.dead_letter.queue", one.dead_letter.queue if one.dead_letter else ""
    target = queues.get(name)
    if target is None:
        problems.add(path, name, f"there is no such queue; {suggestion(name, [other for other in queues if other != one.name])}")
        return
    if target is one:
        problems.add(path, name, "a queue cannot be its own dead-letter queue; name another one, or leave it out to have one made")
        return
    if target.dead_letter is not None:
        problems.add(path, name, f"{name} has a dead-letter queue itself; set dead_letter: false there, or name another queue")
    if target.fifo != one.fifo:
        kinds = {True: "a FIFO queue", False: "a standard queue"}
        remedy = f"{name} is {kinds[target.fifo]} and {one.name} is {kinds[one.fifo]}; both must be of one type"
        problems.add(path, name, remedy)
    if target.retention < one.retention:
        remedy = (
            f"{name} keeps messages for {target.retention} seconds and {one.name} for {one.retention}; a message keeps its age when it "
            f"moves, so raise retention_seconds of {name}"
        )
        problems.add(path, name, remedy)
    check_key_of_target(one, target, problems)


def check_key_of_target(one: Queue, target: Queue, problems: Problems) -> None:
    """The key of the dead-letter queue is needed by those who send to its sources, too."""
    if one.senders and target.encryption.form == KMS and target.encryption.key == AWS:
        remedy = (
            f"{target.name} is encrypted with AWS's own key, which does not let in what {one.senders.shown()} sends to {one.name}; use "
            f"encryption: sqs, or the component's key, for {target.name}"
        )
        problems.add(f"{one.path}.dead_letter.queue", target.name, remedy)


def sources(queues: Queues) -> Mapping[str, list[str]]:
    """Described dead-letter queue -> the names of the queues that use it."""
    found: dict[str, list[str]] = {}
    for name in sorted(queues):
        one = queues[name].dead_letter
        if one and one.queue:
            found.setdefault(one.queue, []).append(name)
    return found

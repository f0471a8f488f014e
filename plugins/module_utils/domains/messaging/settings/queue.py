# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The settings of SQS queues."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ....component.parts import Context
from ....inputs.problems import Problems
from ....inputs.reader import Reader
from ....inputs.values import KMS_KEY_ARN
from ....reconcile.model import is_unknown
from .senders import FIFO, Senders, read_senders

LONGEST_NAME = 80
"""Characters of a queue's name, with ``.fifo`` (SQS Developer Guide, "Quotas related to queues")."""
NAME = re.compile(rf"[A-Za-z0-9_-]+({re.escape(FIFO)})?")
DEAD_LETTER = "dead-letter"
"""Ends the names and addresses of the dead-letter queues that queues have to themselves."""
DEFAULT_RETENTION = 345_600
LONGEST_RETENTION = 1_209_600
"""Seconds for which SQS keeps a message: its default of 4 days, and at most 14."""
DEFAULT_RECEIVES = 5
MOST_RECEIVES = 1000
SQS, KMS, NONE = "sqs", "kms", "none"
COMPONENT, AWS = "component", "aws"
"""Whose key: the component's own, or AWS's ``alias/aws/sqs``."""

LIMITS: Mapping[str, tuple[str, int, int]] = {
    "delay_seconds": ("delay_seconds", 0, 900),
    "max_message_bytes": ("maximum_message_size", 1024, 1_048_576),
    "retention_seconds": ("message_retention_period", 60, LONGEST_RETENTION),
    "receive_wait_seconds": ("receive_message_wait_time_seconds", 0, 20),
    "visibility_timeout_seconds": ("visibility_timeout", 0, 43_200),
}
"""setting -> (property, least, most), from the API reference of CreateQueue. A setting that is not given is left as it is in AWS."""


@dataclass(frozen=True)
class Encryption:
    """``key``: "component", "aws", or the ARN of a key; empty without KMS. ``reuse_seconds``: None leaves it as it is in AWS."""

    form: str = SQS
    key: str = ""
    reuse_seconds: int | None = None


@dataclass(frozen=True)
class DeadLetter:
    """Where messages go that were received too often. ``queue``: another described queue; empty for one that is made for this queue."""

    queue: str = ""
    max_receive_count: int = DEFAULT_RECEIVES
    retention_seconds: int = LONGEST_RETENTION


@dataclass(frozen=True)
class Queue:
    """One queue. ``named``: whether its name in AWS was given. ``values``: property -> value, for settings that were given.
    ``dead_letter``: None for none.
    """

    name: str
    path: str
    aws_name: str
    named: bool = False
    fifo: bool = False
    values: Mapping[str, Any] = field(default_factory=dict)
    encryption: Encryption = field(default_factory=Encryption)
    senders: Senders = field(default_factory=Senders)
    dead_letter: DeadLetter | None = None
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def own_dead_letter(self) -> bool:
        return self.dead_letter is not None and not self.dead_letter.queue

    @property
    def retention(self) -> int:
        """Seconds, as far as it is described: AWS's default otherwise."""
        return int(self.values.get(LIMITS["retention_seconds"][0], DEFAULT_RETENTION))


Queues = Mapping[str, Queue]


def dead_letter_name(aws_name: str) -> str:
    """The name in AWS of the dead-letter queue that is made for the queue of this name."""
    return f"{aws_name.removesuffix(FIFO)}-{DEAD_LETTER}{FIFO if aws_name.endswith(FIFO) else ''}"


def read_queues(given: Any, path: str, context: Context, problems: Problems) -> dict[str, Queue]:
    """The queues in a user's mapping (name -> settings), each by itself; see validate_queues.py for what is wrong between them."""
    found = {
        name: _queue(name, reader, context.environment) for name, reader in Reader(given, path, problems).named("the name of a queue", 50)
    }
    targets = {one.dead_letter.queue for one in found.values() if one.dead_letter}
    return {name: replace(one, dead_letter=None) if name in targets and _by_default(given, name) else one for name, one in found.items()}


def _by_default(given: Mapping[str, Any], name: str) -> bool:
    """Whether a queue says nothing about a dead-letter queue: one that is another's has none of its own."""
    settings = given.get(name)
    return not isinstance(settings, Mapping) or settings.get("dead_letter") is None


def _queue(name: str, reader: Reader, environment: str) -> Queue:
    called = reader.take("name")
    fifo = reader.boolean("fifo", isinstance(called, str) and called.endswith(FIFO))
    found = Queue(
        name=name,
        path=reader.path,
        aws_name=_name(reader, called, f"{environment}-{name}{FIFO if fifo else ''}", fifo),
        named=called is not None,
        fifo=fifo,
        values={**_numbers(reader), **_order(reader, fifo)},
        encryption=_encryption(reader),
        senders=read_senders(reader.section("senders"), fifo),
        dead_letter=_dead_letter(reader),
        tags=reader.tags("tags"),
    )
    reader.finish()
    return found


def _name(reader: Reader, called: Any, default: str, fifo: bool) -> str:
    name = called if called is not None else default
    if not isinstance(name, str) or len(name) > LONGEST_NAME or not NAME.fullmatch(name):
        remedy = f"SQS accepts at most {LONGEST_NAME} letters, digits, hyphens, and underscores, and {FIFO} at the end of FIFO queues"
        reader.problems.add(reader.at("name"), name, remedy)
        return default
    if fifo != name.endswith(FIFO):
        remedy = f"the names of FIFO queues, and only theirs, end in {FIFO}; set {name.removesuffix(FIFO)}{FIFO if fifo else ''}"
        reader.problems.add(reader.at("name"), name, remedy)
    return str(name)


def _numbers(reader: Reader) -> dict[str, int]:
    found = {}
    for setting, (name, least, most) in LIMITS.items():
        if reader.given.get(setting) is not None:
            found[name] = reader.integer(setting, least, least, most)
        else:
            reader.take(setting)
    return found


def _order(reader: Reader, fifo: bool) -> dict[str, Any]:
    """What only FIFO queues have."""
    found: dict[str, Any] = {}
    for setting in ("content_based_deduplication", "high_throughput"):
        if reader.given.get(setting) is None:
            reader.take(setting)
            continue
        wanted = reader.boolean(setting, False)
        if not fifo:
            reader.problems.add(reader.at(setting), wanted, "only FIFO queues have it; set fifo: true, or remove it")
        elif setting == "content_based_deduplication":
            found[setting] = wanted
        else:
            found["deduplication_scope"] = "messageGroup" if wanted else "queue"
            found["fifo_throughput_limit"] = "perMessageGroupId" if wanted else "perQueue"
    return found


def _encryption(reader: Reader) -> Encryption:
    form = reader.choice("encryption", (SQS, KMS, NONE), SQS)
    key, reuse = reader.take("kms_key"), reader.given.get("key_reuse_seconds")
    seconds = reader.integer("key_reuse_seconds", 300, 60, 86_400)
    for setting, value in (("kms_key", key), ("key_reuse_seconds", reuse)):
        if value is not None and form != KMS:
            reader.problems.add(reader.at(setting), value, f"encryption is {form}; set encryption: kms, or remove it")
    if form != KMS:
        return Encryption(form)
    key = COMPONENT if key is None else key
    if key not in (COMPONENT, AWS) and not (isinstance(key, str) and (KMS_KEY_ARN.fullmatch(key) or is_unknown(key))):
        remedy = f"it must be {COMPONENT} (the component's own key), {AWS} (AWS's alias/aws/sqs), or the ARN of a KMS key"
        reader.problems.add(reader.at("kms_key"), key, remedy)
        key = COMPONENT
    return Encryption(form, key, None if reuse is None else seconds)


def _dead_letter(reader: Reader) -> DeadLetter | None:
    """``true`` (the default), ``false``, or a mapping."""
    given = reader.take("dead_letter")
    if given is None or given is True:
        return DeadLetter()
    if given is False:
        return None
    own = Reader(given, reader.at("dead_letter"), reader.problems)
    queue = own.text("queue", "")
    found = DeadLetter(
        queue,
        own.integer("max_receive_count", DEFAULT_RECEIVES, 1, MOST_RECEIVES),
        own.integer("retention_seconds", LONGEST_RETENTION, 60, LONGEST_RETENTION),
    )
    if queue and own.given.get("retention_seconds") is not None:
        remedy = f"{queue} is described by itself; set its retention_seconds there"
        reader.problems.add(own.at("retention_seconds"), found.retention_seconds, remedy)
    own.finish()
    return found

# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Who may send to a queue besides the account's own identities, which IAM lets in."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from ....inputs.reader import Reader
from ....inputs.values import ACCOUNT_ID, matching
from ....reconcile.model import is_unknown

FIFO = ".fifo"
TOPIC = re.compile(r"arn:[a-z-]+:sns:[a-z0-9-]+:\d{12}:[A-Za-z0-9_-]{1,256}(\.fifo)?")
RULE = re.compile(r"arn:[a-z-]+:events:[a-z0-9-]+:\d{12}:rule/[A-Za-z0-9._/-]+")
BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")


@dataclass(frozen=True)
class Senders:
    """``topics``: ARNs of SNS topics. ``buckets``: names of S3 buckets. ``rules``: ARNs of EventBridge rules. ``accounts``: IDs."""

    topics: tuple[str, ...] = ()
    buckets: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.topics or self.buckets or self.rules or self.accounts)

    def __add__(self, other: Senders) -> Senders:
        return Senders(*(tuple(sorted({*mine, *theirs})) for mine, theirs in zip(self.each(), other.each(), strict=True)))

    def each(self) -> tuple[tuple[str, ...], ...]:
        return self.topics, self.buckets, self.rules, self.accounts

    def shown(self) -> str:
        """The senders in a sentence: ``SNS and S3``."""
        names = ("SNS", "S3", "EventBridge", "other accounts")
        return " and ".join(name for name, some in zip(names, self.each(), strict=True) if some)


def read_senders(reader: Reader, fifo: bool) -> Senders:
    """``fifo``: whether the queue is one, which limits who can send to it."""
    found = Senders(
        reader.items("topics", (), _known_or(TOPIC), "it must be the ARN of an SNS topic"),
        reader.items("buckets", (), _known_or(BUCKET), "it must be the name of an S3 bucket"),
        reader.items("rules", (), _known_or(RULE), "it must be the ARN of an EventBridge rule"),
        reader.items("accounts", (), matching(ACCOUNT_ID), "it must be the ID of an account: 12 digits, in quotes"),
    )
    if fifo and found.buckets:
        reader.problems.add(reader.at("buckets"), list(found.buckets), "S3 sends notifications to standard queues only; use EventBridge")
    for topic in found.topics:
        if fifo and not topic.endswith(FIFO) and not is_unknown(topic):
            reader.problems.add(reader.at("topics"), topic, "a standard topic cannot send to a FIFO queue; name a FIFO topic")
    reader.finish()
    return found


def _known_or(pattern: re.Pattern[str]) -> Any:
    """Accepts what ``pattern`` matches, and values that are known only after an apply."""
    accepted = matching(pattern)

    def convert(value: Any) -> str | None:
        return value if isinstance(value, str) and is_unknown(value) else accepted(value)

    return convert

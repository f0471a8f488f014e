# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""After an apply: receivers that have to confirm their subscriptions, within a bound."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

from ...aws.connection import Aws
from ...aws.elsewhere import region_of
from ...reconcile.engine import Result
from ...reconcile.errors import Failure
from ...reconcile.model import Observed
from .kinds.alarm_topic import HIDDEN, is_pending, shown

KIND = "alarm_topic"
CODE = "NotConfirmed"
POLL = 2.0
"""Seconds between two looks."""


def guard(aws: Aws, seconds: float, clock: Callable[[], float] = time.monotonic) -> Callable[[Result], Sequence[Failure]]:
    """A function that waits until every receiver of the topics has confirmed, and reports those that have not. E-mail is not waited for."""

    def confirmed(result: Result) -> list[Failure]:
        topics = [seen for seen in result.final if seen.kind == KIND and seen.state == "ready" and pending(seen)]
        end = clock() + seconds
        while topics and clock() < end:
            topics = [seen for seen in topics if _still(aws, seen)]
            if topics:
                aws.pause(POLL)
        return [failure for seen in topics for failure in _failures(aws, seen, seconds)]

    return confirmed


def pending(seen: Observed) -> list[Any]:
    """The subscriptions of a topic that a machine has to confirm, as last observed."""
    return [one for one in seen.properties.get("subscriptions") or () if one.get("pending") and one["protocol"] in HIDDEN]


def _still(aws: Aws, seen: Observed) -> list[str]:
    there = aws.in_region(region_of(seen) or aws.region)
    listed = there.list_all("sns", "list_subscriptions_by_topic", "Subscriptions", TopicArn=seen.id)
    return [shown(one["Protocol"], one["Endpoint"]) for one in listed if one["Protocol"] in HIDDEN and is_pending(one)]


def _failures(aws: Aws, seen: Observed, seconds: float) -> list[Failure]:
    text = "{} has not confirmed its subscription within {:.0f} s, so it receives no alarm"
    hint = (
        "Check the URL in the secret, and that the receiver accepts Amazon CloudWatch (in PagerDuty: an integration of that name). SNS "
        "removes the subscription after two days; the next run subscribes again."
    )
    return [Failure(seen.address, "Subscribe", CODE, text.format(one, seconds), hint) for one in _still(aws, seen)]

"""Metrics of SQS queues, once a minute: how many messages they hold, and how old the oldest is.

As on AWS, a queue that never held a message has no metrics.
"""

from __future__ import annotations

from typing import Any

from rehearsal.accounts import Place, backends
from rehearsal.extensions.cloudwatch_store import Store
from rehearsal.monitoring.series import Metric, observed
from rehearsal.transitions import moment


def measure(kept: Store) -> None:
    """Writes the present figures of the queues of the store's account and region."""
    here = Place(kept.account_id, kept.region)
    for queue in [queue for place, sqs in backends("sqs", kept.account_id) if place == here for queue in list(sqs.queues.values())]:
        messages = list(queue._messages)
        if messages:
            queue.rehearsal_active = True
        if getattr(queue, "rehearsal_active", False):
            _write(kept, queue, messages)


def _write(kept: Store, queue: Any, messages: list[Any]) -> None:
    now = moment().timestamp()
    delayed = [one for one in messages if one.delayed]
    taken = [one for one in messages if not one.visible and not one.delayed]
    oldest = min((one.sent_timestamp / 1000 for one in messages), default=now)
    figures = {
        "ApproximateNumberOfMessagesVisible": ("Count", len(messages) - len(delayed) - len(taken)),
        "ApproximateNumberOfMessagesNotVisible": ("Count", len(taken)),
        "ApproximateNumberOfMessagesDelayed": ("Count", len(delayed)),
        "ApproximateAgeOfOldestMessage": ("Seconds", max(0.0, now - oldest)),
    }
    for name, (unit, value) in figures.items():
        metric = Metric("AWS/SQS", name, (("QueueName", queue.name),))
        kept.metrics.add(metric, now, unit, observed({float(value): 1.0}))
        kept.arrived(metric)

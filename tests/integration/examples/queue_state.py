# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What boto3 says of an inventory's queues, and what must be true of them."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any


@dataclass(frozen=True)
class QueueState:
    client: Callable[..., Any]

    @cached_property
    def queues(self) -> dict[str, dict[str, Any]]:
        """Name -> attributes."""
        sqs = self.client("sqs")
        urls = sqs.list_queues().get("QueueUrls", [])
        return {url.rpartition("/")[2]: sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"] for url in urls}


Check = Callable[[QueueState], None]


def queues(*names: str) -> Check:
    """Encrypted queues, each with a dead-letter queue of its own that keeps messages for as long as SQS can."""

    def check(state: QueueState) -> None:
        for name in names:
            one, failed = state.queues[name], state.queues[f"{name}-dead-letter"]
            assert one["SqsManagedSseEnabled"] == failed["SqsManagedSseEnabled"] == "true"
            assert json.loads(one["RedrivePolicy"])["deadLetterTargetArn"] == failed["QueueArn"]
            assert json.loads(failed["RedriveAllowPolicy"])["sourceQueueArns"] == [one["QueueArn"]]
            assert failed["MessageRetentionPeriod"] == "1209600"

    return check

"""Authorization checks for SQS calls: queues by name, which is the last part of their URLs."""

from __future__ import annotations

from collections.abc import Iterator

from rehearsal.asking import arn, ask
from rehearsal.policies_in_force import Ask
from rehearsal.registry import Call, authorizes


@authorizes("sqs")
def asked(call: Call) -> Iterator[Ask]:
    name = call.get("QueueName") or (call.get("QueueUrl") or "").rpartition("/")[2]
    queue, request = call.backend.queues.get(name), call.get("tags") or call.get("Tags") or {}
    resource = arn(call, "sqs", name) if name else "*"
    yield ask(call, resource, request=request, there=dict(queue.tags or {}) if queue else {})
    if call.operation == "CreateQueue" and request:
        yield ask(call, resource, "sqs:TagQueue", request=request)

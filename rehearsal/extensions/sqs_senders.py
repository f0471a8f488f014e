"""Messages that services of AWS send to queues: the queue's policy must admit the service, and so must the key that encrypts the queue.

After "Configure KMS permissions for AWS services" in the SQS Developer Guide.
"""

from __future__ import annotations

import json

from rehearsal.accounts import backend_at, place_of
from rehearsal.extensions.kms_access import refusal_of_service
from rehearsal.registry import prepare
from rehearsal.resource_policies import Caller, admits

KEY_OPERATIONS = ("GenerateDataKey", "Decrypt")


class Unsent(LookupError):
    """A message that a queue does not take from a service."""


def check_sender(queue_arn: str, service: str, source_arn: str) -> None:
    """Raises Unsent if the queue does not take what this service sends on behalf of this resource."""
    prepare("sqs")
    name = queue_arn.rpartition(":")[2]
    queue = backend_at("sqs", queue_arn).queues.get(name)
    if queue is None:
        raise Unsent(f"the queue {name} does not exist")
    caller = Caller(place_of(source_arn).account_id, source_arn, service=service)
    if not admits(json.loads(queue.policy or "{}"), caller, "sqs:SendMessage", {"aws:securetransport": "true"}):
        raise Unsent(f"{source_arn} is not authorized to perform: sqs:SendMessage on resource: {queue_arn}")
    context = {"kms:viaservice": f"sqs.{place_of(queue_arn).region}.amazonaws.com"}
    if queue.kms_master_key_id and (code := refusal_of_service(str(queue.kms_master_key_id), queue_arn, caller, KEY_OPERATIONS, context)):
        raise Unsent(f"the key of {name} cannot be used: {code}")

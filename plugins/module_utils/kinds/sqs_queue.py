# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""SQS queues."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from ..aws.canonical import policy
from ..aws.connection import Aws
from ..aws.marked import marked_arns
from ..aws.named_kind import NamedCalls, NamedKind, Tagging
from ..reconcile.errors import AlreadyThere, CallFailed, NotYet
from ..reconcile.model import Observed, fixed, given

DELETED_RECENTLY = "QueueDeletedRecently"
DELETED_FOR = 60
"""For so many seconds after its deletion, SQS creates no queue of the same name (SQS API Reference, CreateQueue)."""

FIFO = ".fifo"
"""Ends the names of FIFO queues."""
NOT_ATTRIBUTES = ("queue_name", "tags")


def as_text(value: Any) -> str:
    """A number or a truth value as SQS returns it."""
    return str(value).lower()


class QueueKind(NamedKind):
    """``described``: the names of the described queues, which are looked up directly. Others of the component are found by their tags.

    Every property is an attribute of the same name, except the queue's name and tags. The API takes and returns all attributes as text.
    """

    calls = NamedCalls(
        service="sqs",
        describe="get_queue_attributes",
        asking={"AttributeNames": ["All"]},
        item="Attributes",
        create="create_queue",
        delete="delete_queue",
        name="QueueUrl",
        id="QueueUrl",
        arn="QueueArn",
    )
    tagging = Tagging(tag="tag_queue", untag="untag_queue", key="QueueUrl", create="tags", members=None, read="list_queue_tags")
    operations = ("get_queue_url", "resourcegroupstaggingapi.get_resources", "set_queue_attributes")
    named = False
    settles = ("delete",)
    """For up to 60 seconds after its deletion, a queue may still answer (SQS API Reference, DeleteQueue)."""
    exclusive = True
    called = "queue_name"

    queue_name = fixed()
    message_retention_period = given(canonical=as_text)
    policy = given(canonical=policy, document=True)

    def __init__(self, described: Iterable[str] = ()) -> None:
        super().__init__()
        self.hints = frozenset(described)

    def listed(self, aws: Aws) -> list[dict[str, Any]]:
        names = sorted({*self.hints, *(arn.rpartition(":")[2] for arn in marked_arns(aws, "sqs"))})
        urls = aws.map(lambda name: self.known(aws, name), names)
        return [{"QueueUrl": url} for url in urls if url]

    def known(self, aws: Aws, identifier: str) -> str:
        """The URL of a queue, from its URL, ARN, or name; empty if it does not exist."""
        if identifier.startswith("http"):
            return identifier
        reply = aws.find("sqs", "get_queue_url", QueueName=identifier.rpartition(":")[2])
        return str(reply["QueueUrl"]) if reply else ""

    def attributes(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        arn = raw.get("QueueArn")
        return {"arn": arn, "name": arn.rpartition(":")[2] if arn else None}

    def get_queue_name(self, raw: Mapping[str, Any]) -> str | None:
        return raw.get("QueueName") or self.attributes(raw)["name"]

    def request(self, properties: Mapping[str, Any]) -> dict[str, Any]:
        name = str(properties["queue_name"])
        described = {key: value for key, value in properties.items() if value is not None}
        fifo = {"FifoQueue": "true"} if name.endswith(FIFO) else {}
        return {"QueueName": name, "Attributes": {**fifo, **self.as_attributes(described, {})}}

    def as_attributes(self, properties: Mapping[str, Any], _before: Mapping[str, Any]) -> dict[str, str]:
        """The attributes that these properties set; an empty text removes one. ``_before``: the properties that the queue has now."""
        return {self.api_name(name): _sent(value) for name, value in properties.items() if name not in NOT_ATTRIBUTES}

    def create(self, aws: Aws, address: str, properties: Mapping[str, Any], token: str) -> Observed:
        """CreateQueue returns a queue of another owner without an error if its attributes happen to be the same."""
        name = str(properties["queue_name"])
        if self.known(aws, name):
            raise AlreadyThere(f"a queue with the name {name} already exists", "CreateQueue")
        try:
            return super().create(aws, address, properties, token)
        except CallFailed as error:
            if error.code.rpartition(".")[2] == DELETED_RECENTLY:
                text = f"SQS creates no queue named {name} until {DELETED_FOR} seconds after the deletion of the one before"
                raise NotYet(text, error.operation, dependency=True) from error
            raise

    def update(self, aws: Aws, seen: Observed, properties: Mapping[str, Any]) -> None:
        """All attributes go in one call."""
        attributes = self.as_attributes(properties, seen.properties)
        if attributes:
            aws.change("sqs", "set_queue_attributes", QueueUrl=seen.id, Attributes=attributes)
        if "tags" in properties:
            self.set_tags(aws, seen, properties["tags"])


class SqsQueue(QueueKind):
    """A queue that serves another resource, such as a cluster: its messages are of no use without that."""

    name = "sqs_queue"

    sqs_managed_sse_enabled = given(canonical=as_text)


def _sent(value: Any) -> str:
    if isinstance(value, Mapping):
        return json.dumps(value)
    return "" if value is None else value if isinstance(value, str) else as_text(value)

# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""SQS queues whose messages matter: work, events, and what could not be processed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ....aws.connection import Aws
from ....kinds.sqs_queue import QueueKind, as_text
from ....reconcile.errors import CallFailed, NotYet
from ....reconcile.model import Observed, given

COUNTS = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible", "ApproximateNumberOfMessagesDelayed")
"""Together, the messages that are lost with a queue: waiting, being processed, and delayed."""
ALLOW_ALL = "allowAll"
AWS_KEY = "alias/aws/sqs"


def redrive(value: Any) -> Any:
    """A redrive policy in the form in which it is compared: SQS returns text, and the count as a number or as text."""
    found = json.loads(value) if isinstance(value, str) else value
    return {**found, "maxReceiveCount": int(found["maxReceiveCount"])} if found else None


def allow(value: Any) -> Any:
    """An allow policy: a queue without one admits all queues."""
    found = json.loads(value) if isinstance(value, str) else value
    named = {"sourceQueueArns": sorted(found["sourceQueueArns"])} if found.get("sourceQueueArns") else {}
    return {"redrivePermission": found["redrivePermission"], **named}


def encryption_attributes(value: Mapping[str, Any], before: Mapping[str, Any]) -> dict[str, str]:
    """The attributes that set one form of encryption.

    SQS switches its own encryption off when a KMS key is set, and on when the key is removed, so each form sets only what it needs.
    """
    if value["type"] == "kms":
        return {"KmsMasterKeyId": str(value["key"])}
    without_key = {"KmsMasterKeyId": ""} if before.get("type") == "kms" else {}
    return {**without_key, "SqsManagedSseEnabled": as_text(value["type"] == "sqs")}


class MessageQueue(QueueKind):
    """``encryption``: {"type": "sqs"}, {"type": "kms", "key": ARN}, or {"type": "none"}."""

    name = "message_queue"
    holds_data = True

    visibility_timeout = given(canonical=as_text)
    delay_seconds = given(canonical=as_text)
    receive_message_wait_time_seconds = given(canonical=as_text)
    maximum_message_size = given(canonical=as_text)
    content_based_deduplication = given(canonical=as_text)
    deduplication_scope = given()
    fifo_throughput_limit = given()
    encryption = given()
    kms_data_key_reuse_period_seconds = given(canonical=as_text)
    redrive_policy = given(canonical=redrive)
    redrive_allow_policy = given(canonical=allow, document=True)

    def attributes(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        """``messages``: how many there are, approximately. ``dead_letter_name``: of the queue that the redrive policy names."""
        counted = [int(raw[name]) for name in COUNTS if name in raw]
        target = (redrive(raw.get("RedrivePolicy")) or {}).get("deadLetterTargetArn")
        name = {"dead_letter_name": target.rpartition(":")[2]} if target else {}
        return {**super().attributes(raw), **name, **({"messages": sum(counted)} if counted else {})}

    def get_encryption(self, raw: Mapping[str, Any]) -> dict[str, str]:
        if raw.get("KmsMasterKeyId"):
            return {"type": "kms", "key": raw["KmsMasterKeyId"]}
        return {"type": "sqs" if as_text(raw.get("SqsManagedSseEnabled")) == "true" else "none"}

    def get_redrive_allow_policy(self, raw: Mapping[str, Any]) -> Any:
        return raw.get("RedriveAllowPolicy") or {"redrivePermission": ALLOW_ALL}

    def as_attributes(self, properties: Mapping[str, Any], before: Mapping[str, Any]) -> dict[str, str]:
        rest = {name: value for name, value in properties.items() if name != "encryption"}
        if "redrive_policy" in rest and not (rest["redrive_policy"] or {}).get("deadLetterTargetArn"):
            rest["redrive_policy"] = None  # also when the engine has taken a deleted queue out of it
        encryption = properties.get("encryption")
        chosen = encryption_attributes(encryption, before.get("encryption") or {}) if encryption else {}
        return {**super().as_attributes(rest, before), **chosen}

    def create(self, aws: Aws, address: str, properties: Mapping[str, Any], token: str) -> Observed:
        try:
            return super().create(aws, address, properties, token)
        except CallFailed as error:
            raise awaiting_target(error) from error

    def update(self, aws: Aws, seen: Observed, properties: Mapping[str, Any]) -> None:
        try:
            super().update(aws, seen, properties)
        except CallFailed as error:
            raise awaiting_target(error) from error


def awaiting_target(error: CallFailed) -> CallFailed:
    """A refusal of a redrive policy may pass: a new dead-letter queue is known after a second, a new allow policy within 60."""
    refused = error.code.rpartition(".")[2] in ("InvalidParameterValue", "InvalidAttributeValue") and "RedrivePolicy" in error.message
    return NotYet(error.message, error.operation, error.code, error.hint) if refused else error

# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Queues for the tests of this folder."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.mainstay.aws.plugins.module_utils.aws.place import Place
from ansible_collections.mainstay.aws.plugins.module_utils.component.parts import Context
from ansible_collections.mainstay.aws.plugins.module_utils.domains.messaging.parts import validate
from ansible_collections.mainstay.aws.plugins.module_utils.domains.messaging.resources_queues import build
from ansible_collections.mainstay.aws.plugins.module_utils.domains.messaging.settings.queue import Queues
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.model import Observed

PLACE = Place("prod", "queues", "eu-west-1", "123456789012")
CONTEXT = Context("prod", "queues", "eu-west-1", "123456789012")
TOPIC = "arn:aws:sns:eu-west-1:123456789012:news"
KEY = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"


def complaints(described: Mapping[str, Any]) -> list[str]:
    return validate({"queues": described}, CONTEXT)[1]


def queues(described: Mapping[str, Any]) -> Queues:
    found, problems = validate({"queues": described}, CONTEXT)
    assert not problems, problems
    return found["queues"]


def properties(described: Mapping[str, Any], *observed: Observed) -> dict[str, Mapping[str, Any]]:
    """Address -> properties of every resource."""
    return {one.address: one.properties for one in build(queues(described), PLACE, observed)}


def arn(name: str) -> str:
    return f"arn:aws:sqs:eu-west-1:123456789012:{name}"


def seen(name: str, messages: int = 0, **more: Any) -> Observed:
    """A queue as AWS has it."""
    usual = {"queue_name": f"prod-{name}", "message_retention_period": "345600", "encryption": {"type": "sqs"}}
    return Observed("message_queue", f"message_queue.{name}", f"https://sqs/{name}", {**usual, **more}, {"messages": messages})

# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The policies of queues and of the key that encrypts them. Pure functions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ...aws.place import Place
from ...aws.policies import key_policy, policy
from .settings.queue import COMPONENT, KMS, Queue, Queues
from .settings.senders import Senders
from .validate_queues import MOST_SOURCES, sources

SEND = "sqs:SendMessage"
USE_OF_KEY = ("kms:Decrypt", "kms:GenerateDataKey*")
"""What whoever sends to an encrypted queue needs (SQS Developer Guide, "Key management")."""


def queue_policy(arn: str, senders: Senders, place: Place) -> dict[str, Any]:
    """Requests without TLS are refused; declared senders may send. The account's own identities need only IAM."""
    tls = {
        "Sid": "OnlyTls",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "sqs:*",
        "Resource": arn,
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    return policy(tls, *({**one, "Action": SEND, "Resource": arn} for one in statements(senders, place)))


def statements(senders: Senders, place: Place) -> Iterator[dict[str, Any]]:
    """One statement for each type of sender, without action and resource."""
    if senders.topics:
        yield _service("Topics", "sns", {"ArnEquals": {"aws:SourceArn": list(senders.topics)}})
    if senders.buckets:
        arns = [f"arn:{place.partition}:s3:::{name}" for name in senders.buckets]
        # A bucket's name alone may come to belong to another account.
        own = {"StringEquals": {"aws:SourceAccount": place.account_id}}
        yield _service("Buckets", "s3", {"ArnEquals": {"aws:SourceArn": arns}, **own})
    if senders.rules:
        yield _service("Rules", "events", {"ArnEquals": {"aws:SourceArn": list(senders.rules)}})
    if senders.accounts:
        roots = [f"arn:{place.partition}:iam::{account}:root" for account in senders.accounts]
        yield {"Sid": "Accounts", "Effect": "Allow", "Principal": {"AWS": roots}}


def _service(sid: str, service: str, condition: dict[str, Any]) -> dict[str, Any]:
    return {"Sid": sid, "Effect": "Allow", "Principal": {"Service": f"{service}.amazonaws.com"}, "Condition": condition}


def senders_by_key(queues: Queues) -> dict[str, Senders]:
    """Key ("component" or its ARN) -> whoever sends to a queue that it encrypts, directly or through the queue's sources."""
    found: dict[str, Senders] = {}
    feeding = sources(queues)
    for name, one in queues.items():
        if one.encryption.form == KMS:
            through = (queues[source].senders for source in feeding.get(name, ()))
            found[one.encryption.key] = sum(through, found.get(one.encryption.key, Senders()) + one.senders)
    return found


def queues_key_policy(queues: Queues, place: Place) -> dict[str, Any]:
    """The component's key: declared senders may use it, for nothing but these queues."""
    senders = senders_by_key(queues).get(COMPONENT, Senders())
    uses = [{**one, "Action": list(USE_OF_KEY), "Resource": "*"} for one in statements(senders, place)]
    return key_policy(place, *(_through_sqs(one, place) if "AWS" in one["Principal"] else one for one in uses))


def _through_sqs(statement: dict[str, Any], place: Place) -> dict[str, Any]:
    """Other accounts may use the key only by sending."""
    suffix = "amazonaws.com.cn" if place.partition == "aws-cn" else "amazonaws.com"
    return {**statement, "Condition": {"StringEquals": {"kms:ViaService": f"sqs.{place.region}.{suffix}"}}}


def allow_policy(one: Queue, queues: Queues, arns: dict[str, str]) -> dict[str, Any] | None:
    """Which queues may use this one as their dead-letter queue; None for a queue that no other uses. ``arns``: name -> ARN."""
    names = sources(queues).get(one.name, [])
    if not names:
        return None
    if len(names) > MOST_SOURCES:
        return {"redrivePermission": "allowAll"}
    return by_queue([arns[name] for name in names])


def by_queue(arns: list[str]) -> dict[str, Any]:
    return {"redrivePermission": "byQueue", "sourceQueueArns": sorted(arns)}

# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The resources that a component's queues consist of. Pure functions.

Addresses are ``message_queue.<name>``, and ``message_queue.<name>/dead-letter`` for the dead-letter queue that is made for a queue.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ...aws.place import Place
from ...reconcile.model import Observed, Ref, Resource, ref
from .part import tags_of
from .queue_documents import allow_policy, by_queue, queue_policy, queues_key_policy
from .settings.queue import AWS, COMPONENT, DEAD_LETTER, KMS, Encryption, Queue, Queues, dead_letter_name
from .settings.senders import FIFO, Senders

KEY = "kms_key.queues"
"""The component's key, for the messages of all its queues with ``encryption: kms`` that name no other."""
KIND = "message_queue"
AWS_KEY = "alias/aws/sqs"


def address_of(name: str) -> str:
    return f"{KIND}.{name}"


def dead_letter_address(name: str) -> str:
    return f"{KIND}.{name}/{DEAD_LETTER}"


def names_in_aws(queues: Queues, observed: Iterable[Observed] = ()) -> dict[str, str]:
    """Address -> name in AWS, dead-letter queues included. A name that was not given stays what it is: after adoption or a rename."""
    there = {seen.address: str(seen.properties.get("queue_name")) for seen in observed if seen.kind == KIND and seen.state != "deleting"}
    found: dict[str, str] = {}
    for one in queues.values():
        present = there.get(address_of(one.name))
        found[address_of(one.name)] = name = one.aws_name if one.named else _kept(present, one.aws_name)
        if one.own_dead_letter:
            address = dead_letter_address(one.name)
            found[address] = _kept(there.get(address), dead_letter_name(name))
    return found


def _kept(present: str | None, wanted: str) -> str:
    """The present name, if it is of the same type."""
    return present if present and present.endswith(FIFO) == wanted.endswith(FIFO) else wanted


def build(queues: Queues, place: Place, observed: Iterable[Observed] = ()) -> list[Resource]:
    """Every resource of these queues, which must have passed validate.py."""
    there = list(observed)
    parts = Parts(queues, place, names_in_aws(queues, there))
    return [*parts.key(there), *(one for name in sorted(queues) for one in parts.of(queues[name]))]


@dataclass(frozen=True)
class Parts:
    """``names``: address -> name in AWS."""

    queues: Queues
    place: Place
    names: Mapping[str, str]

    def key(self, observed: Iterable[Observed]) -> Iterator[Resource]:
        """The component's key. It stays while a queue still has it: the plan that takes it away from the last one must not delete it."""
        used = {str((seen.properties.get("encryption") or {}).get("key")) for seen in observed if seen.kind == KIND}
        in_use = any(seen.address == KEY and {seen.id, str(seen.attributes.get("arn"))} & used for seen in observed)
        if in_use or any(one.encryption.form == KMS and one.encryption.key == COMPONENT for one in self.queues.values()):
            properties = {
                "description": f"Messages of {self.place.environment}/{self.place.component}",
                "policy": queues_key_policy(self.queues, self.place),
                "enable_key_rotation": True,
                "alias": f"alias{self.place.path}queues",
                "tags": tags_of(self.place, f"{self.place.environment}-{self.place.component}-queues", {}),
            }
            yield Resource("kms_key", KEY.partition(".")[2], properties)

    def of(self, one: Queue) -> Iterator[Resource]:
        if one.own_dead_letter:
            yield self.dead_letter(one)
        allowed = allow_policy(one, self.queues, {name: self.arn(address_of(name)) for name in self.queues})
        properties = {
            **self.common(address_of(one.name), one, one.senders),
            **one.values,
            "redrive_policy": self.redrive(one),
            **({"redrive_allow_policy": allowed} if allowed else {}),
        }
        yield Resource(KIND, one.name, properties)

    def dead_letter(self, one: Queue) -> Resource:
        """Of the same type and encryption as its queue; nobody sends to it but SQS itself."""
        properties = {
            **self.common(dead_letter_address(one.name), one, Senders()),
            "message_retention_period": one.dead_letter.retention_seconds if one.dead_letter else None,
            "redrive_allow_policy": by_queue([self.arn(address_of(one.name))]),
        }
        return Resource(KIND, f"{one.name}/{DEAD_LETTER}", properties)

    def common(self, address: str, one: Queue, senders: Senders) -> dict[str, Any]:
        name, reuse = self.names[address], one.encryption.reuse_seconds
        return {
            "queue_name": name,
            "encryption": self.encryption(one.encryption),
            **({"kms_data_key_reuse_period_seconds": reuse} if reuse is not None else {}),
            "policy": queue_policy(self.arn(address), senders, self.place),
            "tags": tags_of(self.place, name, one.tags),
        }

    def arn(self, address: str) -> str:
        """Known before the queue exists, so that queues and their dead-letter queues can name each other."""
        return self.place.arn("sqs", self.names[address])

    def encryption(self, wanted: Encryption) -> dict[str, Any]:
        if wanted.form != KMS:
            return {"type": wanted.form}
        keys: Mapping[str, str | Ref] = {COMPONENT: ref(KEY, "arn"), AWS: AWS_KEY}
        return {"type": KMS, "key": keys.get(wanted.key, wanted.key)}

    def redrive(self, one: Queue) -> dict[str, Any] | None:
        if one.dead_letter is None:
            return None
        target = address_of(one.dead_letter.queue) if one.dead_letter.queue else dead_letter_address(one.name)
        return {"deadLetterTargetArn": ref(target, "arn"), "maxReceiveCount": one.dead_letter.max_receive_count}

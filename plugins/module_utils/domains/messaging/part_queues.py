# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The part of the domain that makes SQS queues."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ...aws.connection import Aws
from ...component.domain import Checked, Observation
from ...component.outputs import Attributes, split, value
from ...component.parts import Described
from ...inputs.problems import Problems
from ...kinds.kms_key import KmsKey
from ...reconcile.model import UNKNOWN, Kind, Resource
from ...reconcile.planner import Plan
from .key_access import closed_keys, keys_of_others, read_policies, unread_keys
from .kinds.message_queue import MessageQueue
from .part import MessagingPart
from .queue_judge import lost, notes, outlived, shortened, unreadable
from .resources_queues import KIND, build, dead_letter_address, names_in_aws
from .settings.queue import DEAD_LETTER, Queues, read_queues
from .settings.senders import FIFO
from .validate_queues import check_queues

KEY_POLICIES = "policies of keys that others keep"
QUEUE = {"name": "name", "url": "id", "arn": "arn"}
"""output -> attribute of message_queue."""


class QueuesPart(MessagingPart):
    """Queues, the dead-letter queues that are made for them, and the key that encrypts them."""

    option = "queues"

    def read(self, given: Any, problems: Problems) -> Mapping[str, Any]:
        return read_queues(given, self.option, self.context, problems)

    def check(self, described: Described, problems: Problems) -> None:
        check_queues(self._own(described), problems)

    def kinds(self, described: Described) -> Sequence[Kind]:
        return (KmsKey(), MessageQueue(names_in_aws(self._own(described)).values()))

    def questions(self, described: Described) -> Mapping[str, Callable[[Aws], Any]]:
        keys = sorted(keys_of_others(self._own(described)))
        return {KEY_POLICIES: lambda aws: read_policies(aws, keys)} if keys else {}

    def problems(self, described: Described, observation: Observation) -> Sequence[str]:
        queues, policies = self._own(described), observation.answers.get(KEY_POLICIES) or {}
        return [
            *closed_keys(queues, policies, observation.place),
            *shortened(queues, observation.observed, self.may_lose),
            *outlived(queues, observation.observed),
        ]

    def may_lose(self, name: str) -> bool:
        return self.may("allow_message_loss", name)

    def resources(self, described: Described, observation: Observation) -> Sequence[Resource]:
        return build(self._own(described), observation.place, observation.observed)

    def notes(self, described: Described, observation: Observation) -> Sequence[str]:
        queues = self._own(described)
        return [*notes(queues), *unread_keys(queues, observation.answers.get(KEY_POLICIES) or {})]

    def checks(self, described: Described, plan: Plan, aws: Aws) -> Checked:
        """Say what the plan's deletions destroy, with or without consent so far."""
        leaving = [action.remove for action in plan.actions if action.remove]
        gone = {seen.id for seen in leaving}
        staying = [seen for seen in plan.observed if seen.kind == KIND and seen.id not in gone]
        return Checked(warnings=[*lost([seen for seen in leaving if seen.kind == KIND]), *unreadable(leaving, staying)])

    def outputs(self, described: Described, attributes: Attributes) -> dict[str, Any]:
        """{"queues": {name: {name, url, arn, dead_letter_name, fifo}}}. Names are known before the queues exist."""
        known = names_in_aws(self._own(described))
        names = sorted(name for kind, name in map(split, attributes) if kind == KIND and not name.endswith(f"/{DEAD_LETTER}"))
        return {self.option: {name: queue_outputs(name, attributes, known) for name in names}}

    def _own(self, described: Described) -> Queues:
        return described.get(self.option) or {}


def queue_outputs(name: str, attributes: Attributes, known: Mapping[str, str]) -> dict[str, Any]:
    """The outputs of one queue. ``known``: address -> the name in AWS of a described queue."""
    address, target = f"{KIND}.{name}", dead_letter_address(name)
    found = {key: value(attributes, address, attribute) for key, attribute in QUEUE.items()}
    own = value(attributes, target, "name") or value(attributes, address, "dead_letter_name")
    found |= {"name": present_or(found["name"], known.get(address)), "dead_letter_name": present_or(own, known.get(target))}
    return {**found, "fifo": UNKNOWN if found["name"] == UNKNOWN else str(found["name"]).endswith(FIFO)}


def present_or(name: Any, described: str | None) -> Any:
    """The name in AWS; until it is known, the described one."""
    return described if name == UNKNOWN and described else name

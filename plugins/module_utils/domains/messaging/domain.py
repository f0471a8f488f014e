# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The domain messaging: what the modules messaging and messaging_info run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from ...component.domain import Observation
from ...component.lookup import read_outputs
from ...component.parts import PartsDomain, every_kind
from ...component.run import run as run_component
from ...reconcile.model import Kind, Resource
from .part import MessagingPart
from .parts import PARTS

SERVICES = ("sts", "sqs", "kms", "resourcegroupstaggingapi", "mq", "secretsmanager", "kafka", "logs")
"""The services that every call contacts, even when it changes nothing."""
KINDS: dict[str, Kind] = every_kind(PARTS)


class MessagingDomain(PartsDomain[MessagingPart]):
    """The queues, brokers, and streams of a component."""

    def __init__(self, params: Mapping[str, Any]) -> None:
        super().__init__(params, PARTS)

    def resources(self, observation: Observation) -> Sequence[Resource]:
        return [one for part in self.parts for one in part.resources(self.given, observation)]


def run(module: Any) -> NoReturn:
    """Bring the component's queues, brokers, and streams to the described state, or plan the changes."""
    run_component(module, MessagingDomain)


def read_found(module: Any) -> NoReturn:
    """Return the outputs of what exists."""
    read_outputs(module, MessagingDomain, described=any(module.params[part.option] is not None for part in PARTS))

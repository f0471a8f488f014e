# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The domain messaging: what the modules messaging and messaging_info run. It puts together what its parts say; see part.py."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NoReturn

from ...aws.connection import Aws
from ...component.domain import Checked, Domain, InvalidInput, Observation
from ...component.lookup import read_outputs
from ...component.outputs import Attributes
from ...component.run import run as run_component
from ...inputs.problems import Problems
from ...reconcile.model import Kind, Resource
from ...reconcile.planner import Plan
from .part import Described, Part
from .parts import PARTS
from .settings.context import Context
from .validate import described, made

SERVICES = ("sts", "sqs", "kms", "resourcegroupstaggingapi", "mq", "secretsmanager")
"""The services that every call contacts, even when it changes nothing."""


def kinds_of(parts: Sequence[Part], settings: Described) -> dict[str, Kind]:
    return {kind.name: kind for part in parts for kind in part.kinds(settings)}


KINDS: dict[str, Kind] = kinds_of([part(Context("", "")) for part in PARTS], {})


class MessagingDomain(Domain):
    """The queues and brokers of a component. Without any option (a look-up or a removal), nothing is desired."""

    def __init__(self, params: Mapping[str, Any]) -> None:
        self.parts = made(
            Context(
                environment=str(params["environment"]),
                component=str(params["component"]),
                region=str(params.get("region") or ""),
                account_id=str(params.get("expected_account_id") or ""),
                params=params,
            )
        )
        absent = params.get("state") == "absent"
        problems = Problems()
        given = {part.option: None if absent else params.get(part.option) for part in self.parts}
        self.given = described(self.parts, given, problems)
        if problems.messages:
            raise InvalidInput(problems.messages)
        self.kinds = kinds_of(self.parts, self.given)

    def questions(self) -> Mapping[str, Callable[[Aws], Any]]:
        return {name: question for part in self.parts for name, question in part.questions(self.given).items()}

    def problems(self, observation: Observation) -> Sequence[str]:
        return [text for part in self.parts for text in part.problems(self.given, observation)]

    def resources(self, observation: Observation) -> Sequence[Resource]:
        return [one for part in self.parts for one in part.resources(self.given, observation)]

    def notes(self, observation: Observation) -> Sequence[str]:
        return [text for part in self.parts for text in part.notes(self.given, observation)]

    def checks(self, plan: Plan, aws: Aws, _region: str) -> Checked:
        found = [part.checks(self.given, plan, aws) for part in self.parts]
        return Checked(
            problems=[one for checked in found for one in checked.problems],
            warnings=[one for checked in found for one in checked.warnings],
            refusals=[one for checked in found for one in checked.refusals],
            late=[one for checked in found for one in checked.late],
            notes=[one for checked in found for one in checked.notes],
        )

    def outputs(self, attributes: Attributes) -> dict[str, Any]:
        return {name: value for part in self.parts for name, value in part.outputs(self.given, attributes).items()}


def run(module: Any) -> NoReturn:
    """Bring the component's queues and brokers to the described state, or plan the changes."""
    run_component(module, MessagingDomain)


def read_found(module: Any) -> NoReturn:
    """Return the outputs of what exists."""
    read_outputs(module, MessagingDomain, described=any(module.params[part.option] is not None for part in PARTS))

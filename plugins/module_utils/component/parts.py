# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A domain made of parts, such as queues and brokers, or buckets and distributions.

A part owns one option of the module, a mapping of names to settings. It reads the settings of the others through ``Described`` and refers
to their resources by address. What the resources of a part need of the other parts differs between domains, so each domain adds
``resources`` to its own parts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from ..aws.connection import Aws
from ..inputs.problems import Problems
from ..reconcile.model import Kind
from ..reconcile.planner import Plan
from .domain import Checked, Domain, InvalidInput, Observation
from .outputs import Attributes

Described = Mapping[str, Mapping[str, Any]]
"""The settings of all parts: option -> name -> settings."""


@dataclass(frozen=True)
class Context:
    """What the settings are read with: what is known before the first call.

    ``account_id``: the expected one; empty if the inventory names none. ``params``: the module's options, or the role's variables under
    their names.
    """

    environment: str
    component: str
    region: str = ""
    account_id: str = ""
    params: Mapping[str, Any] = field(default_factory=dict)


class Part:
    """One part of a domain. Everything but ``option`` and ``read`` has a default."""

    option = ""
    """The option of the module that describes it."""

    def __init__(self, context: Context) -> None:
        self.context = context

    def read(self, given: Any, problems: Problems) -> Mapping[str, Any]:
        """The settings in a user's mapping; every mistake is recorded."""
        raise NotImplementedError

    def check(self, described: Described, problems: Problems) -> None:
        """Record what is wrong between the entries of this part, and with other parts, before the first call."""

    def kinds(self, _described: Described) -> Sequence[Kind]:
        return ()

    def regions(self, _described: Described) -> Sequence[str]:
        """The regions besides the component's own that its settings name."""
        return ()

    def questions(self, _described: Described) -> Mapping[str, Callable[[Aws], Any]]:
        return {}

    def problems(self, _described: Described, _observation: Observation) -> Sequence[str]:
        return ()

    def notes(self, _described: Described, _observation: Observation) -> Sequence[str]:
        return ()

    def checks(self, _described: Described, _plan: Plan, _aws: Aws) -> Checked:
        return Checked()

    def outputs(self, _described: Described, _attributes: Attributes) -> dict[str, Any]:
        """The outputs of this part, usually one member named after its option."""
        return {}


AnyPart = TypeVar("AnyPart", bound=Part)


def read_parts(parts: Sequence[Part], given: Mapping[str, Any], problems: Problems) -> Described:
    """The settings of all parts. ``given``: by option; ``problems`` gets every mistake."""
    found = {part.option: part.read(given.get(part.option), problems) for part in parts}
    for part in parts:
        part.check(found, problems)
    return found


def validate(parts: Sequence[type[Part]], given: Mapping[str, Any], context: Context) -> tuple[Described, list[str]]:
    """(the settings, every problem with them)."""
    problems = Problems()
    return read_parts([part(context) for part in parts], given, problems), problems.messages


def kinds_of(parts: Sequence[Part], settings: Described) -> dict[str, Kind]:
    return {kind.name: kind for part in parts for kind in part.kinds(settings)}


def every_kind(parts: Sequence[type[Part]]) -> dict[str, Kind]:
    """The kinds of a domain, whatever is described."""
    return kinds_of([part(Context("", "")) for part in parts], {})


class PartsDomain(Domain, Generic[AnyPart]):
    """A domain that puts together what its parts say. Without any option (a lookup or a removal), nothing is desired."""

    reads_for_removal = False
    """Whether a removal needs the description too, such as for the regions that it names. Mistakes in it then do not matter."""

    def __init__(self, params: Mapping[str, Any], parts: Sequence[type[AnyPart]]) -> None:
        context = Context(
            environment=str(params["environment"]),
            component=str(params["component"]),
            region=str(params.get("region") or ""),
            account_id=str(params.get("expected_account_id") or ""),
            params=params,
        )
        self.parts = [part(context) for part in parts]
        absent, problems = params.get("state") == "absent", Problems()
        read = self.reads_for_removal or not absent
        self.given = read_parts(self.parts, {part.option: params.get(part.option) if read else None for part in parts}, problems)
        if problems.messages and not absent:
            raise InvalidInput(problems.messages)
        self.kinds = kinds_of(self.parts, self.given)

    def regions(self) -> Sequence[str]:
        """Also for a removal: what is in other regions is found there."""
        own = {"", self.parts[0].context.region}
        return tuple(sorted({region for part in self.parts for region in part.regions(self.given)} - own))

    def questions(self) -> Mapping[str, Callable[[Aws], Any]]:
        return {name: question for part in self.parts for name, question in part.questions(self.given).items()}

    def problems(self, observation: Observation) -> Sequence[str]:
        return [text for part in self.parts for text in part.problems(self.given, observation)]

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

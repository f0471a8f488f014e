# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The interface between the domain and its parts: buckets, distributions, web ACLs.

A part owns one option of the module, a mapping of names to settings. It reads the settings of the others through ``Described``, and refers
to their resources by address.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ...aws.connection import Aws
from ...aws.place import Place
from ...component.domain import Checked, Observation
from ...component.outputs import Attributes
from ...inputs.problems import Problems
from ...reconcile.model import Kind, Resource
from ...reconcile.planner import Plan
from .settings.context import Context

Statement = Mapping[str, Any]
"""A statement of a policy, which may hold references to resources."""


Described = Mapping[str, Mapping[str, Any]]
"""The settings of all parts that were read so far: option -> name -> settings."""


class Part:
    """One part of the domain. Everything but ``option`` and ``read`` has a default."""

    option = ""
    """The option of the module that describes it."""

    def __init__(self, context: Context) -> None:
        self.context = context

    def read(self, given: Any, problems: Problems) -> Mapping[str, Any]:
        """The settings in a user's mapping; every mistake is recorded."""
        raise NotImplementedError

    def check(self, described: Described, problems: Problems) -> None:
        """What is wrong between this part and others, before the first call."""

    def kinds(self, described: Described) -> Sequence[Kind]:
        """The kinds that only this part has, or shares with others."""
        return ()

    def regions(self, described: Described) -> Sequence[str]:
        """The regions besides the component's own that its settings name."""
        return ()

    def questions(self, described: Described) -> Mapping[str, Callable[[Aws], Any]]:
        return {}

    def problems(self, described: Described, observation: Observation) -> Sequence[str]:
        return ()

    def resources(self, described: Described, place: Place, granted: Granted) -> Sequence[Resource]:
        """The desired resources. ``granted``: what other parts let into buckets and keys."""
        return ()

    def grants(self, described: Described, place: Place) -> Granted:
        """What this part needs from buckets and their keys."""
        return Granted()

    def notes(self, described: Described, observation: Observation) -> Sequence[str]:
        return ()

    def checks(self, plan: Plan, aws: Aws) -> Checked:
        return Checked()

    def outputs(self, attributes: Attributes, region: str) -> dict[str, Any]:
        """The outputs of this part, usually one member named after its option."""
        return {}


@dataclass(frozen=True)
class Granted:
    """Statements that a part adds to the policies of buckets, and of the keys that encrypt them: bucket's name in the settings ->
    statements.
    """

    buckets: Mapping[str, Sequence[Statement]] = field(default_factory=dict)
    keys: Mapping[str, Sequence[Statement]] = field(default_factory=dict)

    def __add__(self, other: Granted) -> Granted:
        return Granted(_joined(self.buckets, other.buckets), _joined(self.keys, other.keys))


def _joined(one: Mapping[str, Sequence[Statement]], other: Mapping[str, Sequence[Statement]]) -> dict[str, Sequence[Statement]]:
    return {name: (*one.get(name, ()), *other.get(name, ())) for name in (*one, *(name for name in other if name not in one))}

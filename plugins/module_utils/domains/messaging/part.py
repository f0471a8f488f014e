# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The interface between the domain and its parts: queues, and each further back end.

A part owns one option of the module, a mapping of names to settings. Without an entry it desires nothing, and its kinds look only for what
carries the component's tags.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ...aws.connection import Aws
from ...aws.place import Place
from ...component.domain import Checked, Observation
from ...component.outputs import Attributes
from ...inputs.problems import Problems
from ...reconcile.model import Kind, Resource
from ...reconcile.planner import Plan
from .settings.context import Context

Described = Mapping[str, Mapping[str, Any]]
"""The settings of all parts: option -> name -> settings."""


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
        """What is wrong between the entries of this part, and with other parts, before the first call."""

    def kinds(self, described: Described) -> Sequence[Kind]:
        return ()

    def questions(self, described: Described) -> Mapping[str, Callable[[Aws], Any]]:
        return {}

    def problems(self, described: Described, observation: Observation) -> Sequence[str]:
        return ()

    def resources(self, described: Described, observation: Observation) -> Sequence[Resource]:
        return ()

    def notes(self, described: Described, observation: Observation) -> Sequence[str]:
        return ()

    def checks(self, described: Described, plan: Plan, aws: Aws) -> Checked:
        return Checked()

    def outputs(self, described: Described, attributes: Attributes) -> dict[str, Any]:
        """The outputs of this part: one member named after its option."""
        return {}


def looks_for(option: str, described: Described, context: Context) -> bool:
    """Whether a back end is asked in any case; otherwise only if the tagging API knows something of it.

    It is where its option has an entry, where everything is to go, and where nothing was read at all: for policies and for the unclaimed.
    """
    return bool(described.get(option)) or option not in described or context.params.get("state") == "absent"


def tags_of(place: Place, name: str, tags: Mapping[str, str]) -> dict[str, str]:
    """The user's tags and a name."""
    return {**place.tags, **tags, "Name": name}

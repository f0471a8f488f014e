# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The interface between a domain (networks, clusters, databases, ...) and a module call. component/run.py calls it.

A domain subclasses ``Domain``, names its kinds, and overrides ``resources`` and ``outputs``; everything else has a default. Its methods are
pure, except for the questions and the checks, which read AWS, and the guard, which monitors an apply.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..aws.connection import Aws
from ..aws.place import Place
from ..reconcile.engine import Result
from ..reconcile.errors import EngineError, Failure
from ..reconcile.model import Kind, Observed, Resource
from ..reconcile.planner import Plan
from .outputs import Attributes


class InvalidInput(EngineError):
    """The module's parameters are invalid. One message per mistake; raised before the first API call."""

    def __init__(self, messages: Sequence[str]) -> None:
        super().__init__("\n".join(messages))


@dataclass(frozen=True)
class Observation:
    """What a call knows before it plans.

    ``observed``: the component's existing resources. ``answers``: the replies to the domain's questions, by name. ``unclaimed``: the
    resources that no component of the inventory claims, if requested.
    """

    place: Place
    observed: Sequence[Observed] = field(default=(), repr=False)
    answers: Mapping[str, Any] = field(default_factory=dict)
    unclaimed: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Checked:
    """What the checks of a plan found.

    ``problems``: what an apply may run into. ``warnings``: printed with the plan. ``refusals``: why an apply must change nothing.
    ``late``: the same, but not reported by a plan, because what causes it is removed before the apply, as playbooks/destroy.yml does.
    ``notes``: what to print with the plan, besides the domain's notes.
    """

    problems: Sequence[Failure] = ()
    warnings: Sequence[str] = ()
    refusals: Sequence[Failure] = ()
    late: Sequence[Failure] = ()
    notes: Sequence[str] = ()


Verdict = Callable[[Result], Sequence[Failure]]
"""Called with the result of an apply; returns what should not have happened during it."""


class Domain:
    """What one module manages. ``params``: the module's parameters. Raises InvalidInput for what can be rejected without a call."""

    kinds: Mapping[str, Kind] = {}
    """Every kind of the domain, by name. Every call lists all of them, whether or not any are desired."""

    def regions(self) -> Sequence[str]:
        """The regions besides the component's own that its settings name. Resources of kinds that can live elsewhere are found there."""
        return ()

    def questions(self) -> Mapping[str, Callable[[Aws], Any]]:
        """Reads whose answers the other methods need, by name. They run in parallel with the observation."""
        return {}

    def problems(self, _observation: Observation) -> Sequence[str]:
        """What is wrong with the input, given what exists and what AWS answered. Any problem stops the call before it plans."""
        return ()

    def resources(self, _observation: Observation) -> Sequence[Resource]:
        """The desired resources."""
        return ()

    def notes(self, _observation: Observation) -> Sequence[str]:
        """What to print with the plan, such as how long AWS supports a version."""
        return ()

    def checks(self, _plan: Plan, _aws: Aws, _region: str) -> Checked:
        """Find problems with a plan that only a read of AWS can reveal, such as what an upgrade would break."""
        return Checked()

    def guard(self, _aws: Aws, _observation: Observation, _plan: Plan) -> Verdict:
        """Called before an apply; the verdict it returns is called after the apply."""
        return lambda _result: ()

    def belonging(self, observed: Sequence[Observed]) -> Sequence[Observed]:
        """The resources with the component's mark that can belong to it, judging by their properties.

        Used only by lookups without a description; otherwise, the description decides.
        """
        return observed

    def findings(self, _observed: Sequence[Observed]) -> dict[str, Any]:
        """What a lookup returns about the existing resources in addition to the outputs, such as what refuses to be deleted."""
        return {}

    def outputs(self, _attributes: Attributes) -> dict[str, Any]:
        """The values published to other components, computed from resource attributes by address."""
        return {}

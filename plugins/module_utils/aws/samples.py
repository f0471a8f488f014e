# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The shape of samples: the smallest resource of a kind, with which tests show what holds for every kind that is registered."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ..reconcile.model import Observed, Resource
from .operations import Operation


@dataclass(frozen=True)
class Drift:
    """What somebody does to a resource by hand: one call of the API. ``property`` differs afterwards.

    ``params``: the parameters of the call, given the resource as it is observed.
    """

    operation: Operation
    params: Callable[[Observed], Mapping[str, Any]]
    property: str


@dataclass(frozen=True)
class Sample:
    """The smallest resource of a kind, so that tests can create, change and delete one of each kind that is registered.

    ``resource`` has only the properties that it cannot be without and those that are changed. It may refer to ``needs``: resources of any
    registered kind that must exist first, in any order. ``change``: properties that are then set differently, in place. ``drift``: a change
    by hand, which the next run undoes.
    """

    resource: Resource
    drift: Drift
    change: Mapping[str, Any]
    needs: tuple[Resource, ...] = ()

    @property
    def changed(self) -> Resource:
        """The resource with its change."""
        return replace(self.resource, properties={**self.resource.properties, **self.change})

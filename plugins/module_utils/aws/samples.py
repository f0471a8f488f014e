# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The form of samples: a minimal resource of a kind, with which tests check what holds for every registered kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ..reconcile.model import Observed, Resource
from .operations import Operation


@dataclass(frozen=True)
class Drift:
    """A manual change to a resource: one API call, after which ``property`` differs.

    ``params``: the parameters of the call, given the resource as observed.
    """

    operation: Operation
    params: Callable[[Observed], Mapping[str, Any]]
    property: str


@dataclass(frozen=True)
class Sample:
    """A minimal resource of a kind, so that tests can create, change and delete one of each registered kind.

    ``resource`` has only its required properties and those that are changed. It may refer to ``needs``: resources of any registered kind
    that must exist first, in any order. ``change``: properties that are then set to other values, in place. ``drift``: a manual change,
    which the next run reverts.
    """

    resource: Resource
    drift: Drift
    change: Mapping[str, Any]
    needs: tuple[Resource, ...] = ()

    @property
    def changed(self) -> Resource:
        """The resource with ``change`` applied."""
        return replace(self.resource, properties={**self.resource.properties, **self.change})

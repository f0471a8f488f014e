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
class Edit:
    """A change of a document that names the document's version: ``reading`` returns it with its ``ETag``, for the parameter ``key``.

    ``member`` holds the document, in the reply and in the call that changes it.
    """

    reading: str
    member: str
    key: str = "Id"


@dataclass(frozen=True)
class Drift:
    """A manual change to a resource: one API call, after which ``property`` differs.

    ``params``: the parameters of the call, given the resource as observed; with ``edits``, the members of the document that change.
    ``region``: where the call is made, if not where the resource says.
    """

    operation: Operation
    params: Callable[[Observed], Mapping[str, Any]]
    property: str
    edits: Edit | None = None
    region: str = ""

    def carried_out(self, client: Any, seen: Observed) -> dict[str, Any]:
        """The parameters of the call; ``client`` reads the document that it changes."""
        changed = dict(self.params(seen))
        if self.edits is None:
            return changed
        there = getattr(client, self.edits.reading)(**{self.edits.key: seen.id})
        document = {**there[self.edits.member], **changed}
        return {self.edits.key: seen.id, "IfMatch": there["ETag"], self.edits.member: document}


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

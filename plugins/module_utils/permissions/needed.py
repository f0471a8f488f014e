# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Which actions planning and applying need, derived from what domains declare."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ..aws.action_names import action_of
from ..aws.grants import Permissions, merged
from ..aws.kind import AwsKind
from ..aws.operations import Operation
from ..component.permissions import COMMON, EVERYWHERE, FURTHER_REGIONS, LOCKING, READS
from ..component.registration import Details
from .api_names import api_name


class UnknownAction(Exception):
    """A domain makes calls whose restrictions its permissions do not declare."""


@dataclass(frozen=True)
class Needed:
    """The actions that one or several domains need, and how each is restricted.

    ``elsewhere``: those that are needed in further regions too, where there are any.
    """

    plan: frozenset[str]
    apply: frozenset[str]
    permissions: Permissions
    elsewhere: frozenset[str] = frozenset()


def declared(details: Details, *, applying: bool, further_regions: bool = False) -> Iterator[tuple[str, str]]:
    """(purpose, action) of everything that a domain may call; its kinds may both read and change."""
    given: list[tuple[str, Iterable[Operation]]] = [*details.reads.items(), ("every component", READS)]
    given += [("further regions", FURTHER_REGIONS)] if further_regions else []
    given += [(name, kind.declared()) for name, kind in details.kinds.items() if isinstance(kind, AwsKind)]
    if applying:
        given += [*details.applying.items(), ("run lock", LOCKING)]
    for name, operations in given:
        for operation in operations:
            yield name, action_of(operation.service, api_name(operation))


def needed(domains: Iterable[Details], *, further_regions: bool = False) -> Needed:
    """What these domains need together. Raises UnknownAction with the actions that no table lists."""
    given = list(domains)
    table = merged((COMMON, *(details.permissions for details in given)))
    plan = {one for details in given for one in _actions(details, False, further_regions) if one in table.reads}
    apply = {one for details in given for one in _actions(details, True, further_regions)}
    return Needed(frozenset(plan), frozenset(apply), table, _elsewhere(given, table) if further_regions else frozenset())


def _elsewhere(domains: Iterable[Details], table: Permissions) -> frozenset[str]:
    """The actions of kinds that can live in another region, and of what domains and every component read there."""
    given = list(domains)
    kinds = [kind for details in given for kind in details.kinds.values() if isinstance(kind, AwsKind) and kind.elsewhere]
    called = {*EVERYWHERE, *(operation for kind in kinds for operation in kind.declared())}
    called |= {operation for details in given for operation in details.reads_elsewhere}
    actions = [action_of(operation.service, api_name(operation)) for operation in called]
    return frozenset(one for action in actions for one in table.needed_for(action))


def _actions(details: Details, applying: bool, further_regions: bool) -> set[str]:
    table = merged((COMMON, details.permissions))
    found: dict[str, set[str]] = {}
    for name, action in declared(details, applying=applying, further_regions=further_regions):
        for one in table.needed_for(action) if action not in details.unused else ():
            found.setdefault(one, set()).add(name)
    if unknown := {action: names for action, names in found.items() if not table.grants(action)}:
        listed = "; ".join(f"{action} (of {', '.join(sorted(names))})" for action, names in sorted(unknown.items()))
        raise UnknownAction(f"missing from the permission tables, which say how to scope an action: {listed}")
    return set(found)

# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Fewer and longer policy statements that allow the same requests. Pure functions.

A set for a whole environment has more documents than a role takes if each restriction has a statement of its own. Statements under the same
conditions are merged where that allows nothing new: IAM checks an action against the ARNs of its own service, and of the few others that
the permission tables pair with it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import partial
from typing import Any

Statement = dict[str, Any]
Pairs = frozenset[tuple[str, str]]
"""(service of an action, service of an ARN) that a permission table names together."""

ANYTHING = "*"


@dataclass(frozen=True)
class Part:
    """A statement: all of these actions on all of these resources, if the condition holds."""

    actions: tuple[str, ...]
    resources: tuple[str, ...]
    condition: str

    @property
    def services(self) -> set[str]:
        return {service_of(action) for action in self.actions}

    @property
    def owners(self) -> set[str]:
        """The services of the resources."""
        return {owner_of(resource) for resource in self.resources}


def compact(statements: Iterable[Statement]) -> list[Statement]:
    """The statements merged, in a fixed order."""
    parts = [_read(one) for one in statements]
    pairs = frozenset((service, owner) for one in parts for service in one.services for owner in one.owners)
    merged = [replace(one, resources=without_covered(one.resources)) for one in parts]
    for fit in (_are_alike, partial(_are_apart, pairs=pairs)):
        merged = _merged(merged, fit)
    return [_written(one) for one in merged]


def merged_alike(statements: Iterable[Statement]) -> list[Statement]:
    """The statements with the same resources or the same actions merged: for sets that come from several tables."""
    return [_written(one) for one in _merged([_read(one) for one in statements], _are_alike)]


def service_of(action: str) -> str:
    """``ec2:CreateVpc`` -> ec2."""
    return action.partition(":")[0]


def owner_of(resource: str) -> str:
    """The service in an ARN; ``*`` for any resource."""
    return resource if resource == ANYTHING else resource.split(":")[2]


def without_covered(resources: Sequence[str]) -> tuple[str, ...]:
    """Without those that a pattern among the others includes."""
    unique = list(dict.fromkeys(resources))
    return tuple(one for one in unique if not any(other != one and fnmatchcase(one, other) for other in unique))


def _merged(parts: Sequence[Part], fit: Callable[[Part, Part], bool]) -> list[Part]:
    """Each part joins the first one before it with the same condition that it fits, until none fits another."""
    found: list[Part] = []
    for part in parts:
        alike = (number for number, other in enumerate(found) if other.condition == part.condition and fit(other, part))
        position = next(alike, None)
        if position is None:
            found.append(part)
        else:
            found[position] = _joined(found[position], part)
    return found if len(found) == len(parts) else _merged(found, fit)


def _are_alike(one: Part, other: Part) -> bool:
    return set(one.actions) == set(other.actions) or set(one.resources) == set(other.resources)


def _are_apart(one: Part, other: Part, pairs: Pairs) -> bool:
    """Whether IAM checks no action of the one against a resource of the other."""
    if ANYTHING in (*one.resources, *other.resources):
        return False
    new = {(service, owner) for first, second in ((one, other), (other, one)) for service in first.services for owner in second.owners}
    return not new & pairs


def _joined(one: Part, other: Part) -> Part:
    actions = tuple(sorted({*one.actions, *other.actions}))
    return Part(actions, without_covered([*one.resources, *other.resources]), one.condition)


def _listed(value: str | list[str]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


def _read(statement: Statement) -> Part:
    return Part(_listed(statement["Action"]), _listed(statement["Resource"]), json.dumps(statement.get("Condition"), sort_keys=True))


def _written(part: Part) -> Statement:
    resources: str | list[str] = part.resources[0] if len(part.resources) == 1 else list(part.resources)
    statement: Statement = {"Effect": "Allow", "Action": list(part.actions), "Resource": resources}
    condition = json.loads(part.condition)
    return {**statement, "Condition": condition} if condition else statement

# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""From actions to policy statements, for one component or environment."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from typing import Any

from ..aws.grants import Conditions, Grant, Permissions, Scope

Statement = dict[str, Any]


def conditions(grant: Grant, scope: Scope) -> Conditions | None:
    """All conditions of a grant, merged; None if it grants nothing in this scope."""
    found: Conditions = {}
    for confine in grant.conditions:
        part = confine(scope)
        if part is None:
            return None
        for operator, keys in part.items():
            found[operator] = {**found.get(operator, {}), **keys}
    return found


def statements(scope: Scope, table: Permissions, actions: Iterable[str], elsewhere: Collection[str] = ()) -> list[Statement]:
    """The statements that grant these actions and nothing else: one per kind of restriction, in a fixed order.

    ``elsewhere``: the actions that are needed in the further regions too.
    """
    wanted = sorted(set(actions))
    tagging = [action for action in wanted if "ec2:CreateTags" in table.together.get(action, ())]
    creators = tuple(action.removeprefix("ec2:") for action in tagging if action.startswith("ec2:"))
    groups: dict[tuple[Grant, bool], list[str]] = {}
    for action in wanted:
        for grant in table.grants(action):
            groups.setdefault((grant, bool(scope.names.regions) and action in elsewhere), []).append(action)
    own = replace(scope, creators=creators)
    scopes = {True: own, False: own.at_home()}
    return [made for (grant, away), members in groups.items() if (made := _statement(scopes[away], grant, members)) is not None]


def _statement(scope: Scope, grant: Grant, actions: list[str]) -> Statement | None:
    under = conditions(grant, scope)
    if under is None:
        return None
    resources = scope.arns(grant.resources)
    if not resources:
        return None
    statement: Statement = {"Effect": "Allow", "Action": actions, "Resource": resources[0] if len(resources) == 1 else resources}
    return {**statement, "Condition": under} if under else statement

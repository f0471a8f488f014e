# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The reading order of a plan: group by group (a network, a cluster), and in each group dependencies first."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from .model import Action

_DIGITS = re.compile(r"(\d+)")

NaturalKey = tuple[tuple[int, int, str], ...]


def natural(text: str) -> NaturalKey:
    """Sort key that puts ``a-2`` before ``a-10``."""
    return tuple((0, int(part), "") if part.isdigit() else (1, 0, part) for part in _DIGITS.split(text) if part)


def ordered(actions: Iterable[Action], kinds: Sequence[str]) -> list[Action]:
    """The actions in reading order: by group, then kind, then name.

    ``kinds``: the order of kinds, dependencies first. Kinds that are not listed come last, by name.
    """
    rank = {kind: number for number, kind in enumerate(kinds)}

    def key(action: Action) -> tuple[NaturalKey, int, str, NaturalKey]:
        return natural(action.group), rank.get(action.kind, len(kinds)), action.kind, natural(action.address)

    return sorted(actions, key=key)


def groups(actions: Sequence[Action]) -> list[tuple[str, list[Action]]]:
    """Ordered actions under the name of their group.

    One group with an empty name if headings would not help: a single group, or groups of one or two resources on average.
    """
    found: dict[str, list[Action]] = {}
    for action in actions:
        found.setdefault(action.group, []).append(action)
    if len(found) < 2 or len(actions) < 3 * len(found):
        return [("", list(actions))] if actions else []
    return list(found.items())


def by_kind(actions: Sequence[Action]) -> list[list[Action]]:
    """Adjacent actions of the same kind and type, which may be shown as a table."""
    runs: list[list[Action]] = []
    for action in actions:
        if runs and (runs[-1][0].kind, runs[-1][0].action) == (action.kind, action.action):
            runs[-1].append(action)
        else:
            runs.append([action])
    return runs

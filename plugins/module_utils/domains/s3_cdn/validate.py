# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Everything that can be rejected before the first call. Pure functions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...inputs.problems import Problems
from . import edge_mode
from .part import Described, Part
from .parts import PARTS
from .settings.context import Context


def made(context: Context) -> list[Part]:
    return [part(context) for part in PARTS]


def described(parts: Sequence[Part], given: Mapping[str, Any], problems: Problems) -> Described:
    """The settings of all parts. ``given``: by option; ``problems`` gets every mistake."""
    found = {part.option: part.read(given.get(part.option), problems) for part in parts}
    for part in parts:
        part.check(found, problems)
    edge_mode.check(parts[0].context.params.get(edge_mode.OPTION), found, problems)
    return found


def validate(given: Mapping[str, Any], context: Context) -> tuple[Described, list[str]]:
    """(the settings, every problem with them)."""
    problems = Problems()
    return described(made(context), given, problems), problems.messages

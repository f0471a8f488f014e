# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Collects all errors in a user's input, in sentences that say where the error is, what it is and what would be right."""

from __future__ import annotations

import difflib
from collections.abc import Collection
from typing import Any


class Problems:
    """A list of errors, each starting with the path of the variable concerned."""

    def __init__(self) -> None:
        self.messages: list[str] = []

    def add(self, path: str, value: Any, remedy: str) -> None:
        """Record that ``value`` at ``path`` is invalid; ``remedy`` completes "<path> is <value>, but ..."."""
        self.messages.append(f"{path} is {shown(value)}, but {remedy}")

    def missing(self, path: str, remedy: str) -> None:
        """Record that a required value at ``path`` is missing."""
        self.messages.append(f"{path} is missing: {remedy}")


def shown(value: Any) -> str:
    """A value as a user would write it, short enough for a sentence."""
    text = repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= 80 else f"{text[:77]}..."


def suggestion(name: str, known: Collection[str], prefix: str = "") -> str:
    """What to say of a name that does not exist: the known name that was probably meant, or all of them.

    ``prefix``: the beginning that all these names share, which says nothing about how alike two of them are.
    """
    near = difflib.get_close_matches(name.removeprefix(prefix), [one.removeprefix(prefix) for one in known], 1)
    return f"did you mean {prefix}{near[0]}?" if near else f"valid names are {', '.join(sorted(known))}"

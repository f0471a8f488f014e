# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Collecting what is wrong with a user's input, all of it, in sentences that say where, what and what would be right."""

from __future__ import annotations

from typing import Any


class Problems:
    """A list of complaints, each beginning with the path of the variable it is about."""

    def __init__(self) -> None:
        self.messages: list[str] = []

    def add(self, path: str, value: Any, remedy: str) -> None:
        """Record that ``value`` at ``path`` is not right; ``remedy`` completes "<path> is <value>, but ..."."""
        self.messages.append(f"{path} is {shown(value)}, but {remedy}")

    def missing(self, path: str, remedy: str) -> None:
        """Record that something required at ``path`` is not there."""
        self.messages.append(f"{path} is missing: {remedy}")


def shown(value: Any) -> str:
    """A value the way a user would write it, short enough for a sentence."""
    text = repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= 80 else f"{text[:77]}..."

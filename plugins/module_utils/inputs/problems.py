# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Collects all errors in a user's input, in sentences that say where the error is, what it is and what would be right."""

from __future__ import annotations

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

# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Reading one mapping of the user's input: each value with its type, its limits and its default."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from .problems import Problems


class Reader:
    """Takes values out of one mapping of the user's input: each with its type, its limits and its default.

    What cannot be used is recorded and replaced by the default, so that one pass finds every mistake.
    """

    def __init__(self, given: Any, path: str, problems: Problems) -> None:
        self.path = path
        self.problems = problems
        self.known: list[str] = []
        if given is None:
            given = {}
        if not isinstance(given, Mapping):
            problems.add(path, given, "it must be a mapping")
            given = {}
        self.given: Mapping[str, Any] = given

    def at(self, key: str) -> str:
        return f"{self.path}.{key}"

    def take(self, key: str) -> Any:
        """The raw value; None where it is absent. Marks the key as one that exists."""
        self.known.append(key)
        return self.given.get(key)

    def section(self, key: str) -> Reader:
        """A nested mapping; an absent one is empty."""
        return Reader(self.take(key), self.at(key), self.problems)

    def mapping(self, key: str) -> dict[str, Any]:
        """A nested mapping whose keys are the user's names."""
        return {str(name): value for name, value in Reader(self.take(key), self.at(key), self.problems).given.items()}

    def text(self, key: str, default: str) -> str:
        value = self.take(key)
        if value is None:
            return default
        if isinstance(value, str) and value:
            return str(value)
        self.problems.add(self.at(key), value, "it must be a non-empty string")
        return default

    def boolean(self, key: str, default: bool) -> bool:
        value = self.take(key)
        if value is None:
            return default
        if isinstance(value, bool):
            return value
        if isinstance(value, str) and value.lower() in ("true", "false"):
            return value.lower() == "true"
        self.problems.add(self.at(key), value, "it must be true or false")
        return default

    def choice(self, key: str, choices: Iterable[str], default: str) -> str:
        value = self.take(key)
        if value is None:
            return default
        allowed = list(choices)
        if value in allowed:
            return str(value)
        self.problems.add(self.at(key), value, f"it must be one of {', '.join(allowed)}")
        return default

    def integer(self, key: str, default: int, low: int, high: int) -> int:
        value = self.take(key)
        if value is None:
            return default
        number = as_integer(value)
        if number is not None and low <= number <= high:
            return number
        self.problems.add(self.at(key), value, f"it must be a whole number from {low} to {high}")
        return default

    def items(self, key: str, default: Iterable[Any], convert: Callable[[Any], Any], remedy: str) -> tuple[Any, ...]:
        """A list without duplicates; ``convert`` returns None for an item that is not right, which ``remedy`` explains."""
        value = self.take(key)
        if value is None:
            return tuple(default)
        if not isinstance(value, list | tuple):
            self.problems.add(self.at(key), value, "it must be a list")
            return tuple(default)
        found: list[Any] = []
        for position, item in enumerate(value):
            converted = convert(item)
            path = f"{self.at(key)}[{position}]"
            if converted is None:
                self.problems.add(path, item, remedy)
            elif converted in found:
                self.problems.add(path, item, "the list has it already; name each once")
            else:
                found.append(converted)
        return tuple(found)

    def tags(self, key: str) -> dict[str, str]:
        """Tags: names and values are strings; numbers and booleans are taken as YAML wrote them."""
        found: dict[str, str] = {}
        for name, value in self.mapping(key).items():
            if isinstance(value, Mapping | list | tuple) or value is None:
                self.problems.add(f"{self.at(key)}.{name}", value, "the value of a tag must be a string")
            elif name.startswith(("aws:", "mainstay:")):
                self.problems.add(self.at(key), name, "tags that begin with aws: or mainstay: are not yours to set; choose another name")
            else:
                found[name] = str(value)
        return found

    def finish(self) -> None:
        """Complain about keys that nobody took."""
        for key in self.given:
            if key not in self.known:
                near = difflib.get_close_matches(str(key), self.known, 1)
                hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(sorted(self.known))}"
                self.problems.messages.append(f"{self.at(str(key))} is not a setting; {hint}")


def as_integer(value: Any) -> int | None:
    """A whole number, also when a template made a string of it; None otherwise."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return int(value)
    if isinstance(value, str) and value.strip().isdigit():
        return int(value)
    return None

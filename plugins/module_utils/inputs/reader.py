# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Reads one mapping of the user's input: each value with its type, limits and default."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from ..reconcile.model import is_unknown
from .problems import Problems, suggestion
from .tags import as_tag_text, doubles, doubles_remedy, tag_problem, text_remedy
from .values import RETENTION_DAYS, as_integer

SEPARATORS = {"hyphens": "-", "underscores": "_"}


class Reader:
    """Takes values from one mapping of the user's input, each with its type, limits and default.

    Invalid values are recorded and replaced by the default, so that one pass finds every error.
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
        """The raw value; None if it is absent. Marks the key as known."""
        self.known.append(key)
        return self.given.get(key)

    def section(self, key: str) -> Reader:
        """A nested mapping; empty if it is absent."""
        return Reader(self.take(key), self.at(key), self.problems)

    def mapping(self, key: str) -> dict[str, Any]:
        """A nested mapping whose keys are the user's names."""
        return {str(name): value for name, value in Reader(self.take(key), self.at(key), self.problems).given.items()}

    def named(self, what: str, longest: int, separator: str = "hyphens") -> Iterator[tuple[str, Reader]]:
        """The entries of this mapping whose names are valid in addresses, tags and AWS names; other names are recorded as errors.

        ``what`` begins the sentence about an invalid name ("the name of a cluster"); ``longest`` is in characters.
        """
        pattern = re.compile(rf"[a-z][a-z0-9{SEPARATORS[separator]}]{{0,{longest - 1}}}")
        for name, given in self.given.items():
            if isinstance(name, str) and pattern.fullmatch(name):
                yield str(name), Reader(given, self.at(name), self.problems)
            else:
                remedy = f"{what} must be at most {longest} lower-case letters, digits and {separator}, starting with a letter"
                self.problems.add(self.path, name, remedy)

    def text(self, key: str, default: str) -> str:
        value = self.take(key)
        if value is None:
            return default
        if isinstance(value, str) and value:
            return str(value)
        self.problems.add(self.at(key), value, "it must be a non-empty string")
        return default

    def required_text(self, key: str, remedy: str, pattern: re.Pattern[str] | None = None) -> str:
        """A required string; if it is absent or invalid, records the error and returns an empty string."""
        value = self.take(key)
        if value is None:
            self.problems.missing(self.at(key), remedy)
        elif not isinstance(value, str) or not value or (pattern and not pattern.fullmatch(value) and not is_unknown(value)):
            self.problems.add(self.at(key), value, remedy)
        else:
            return str(value)
        return ""

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

    def retention_days(self, key: str, default: int) -> int:
        """How long CloudWatch Logs keeps what it receives; a period that it does not offer is recorded as an error."""
        days = self.integer(key, default, RETENTION_DAYS[0], RETENTION_DAYS[-1])
        if days not in RETENTION_DAYS:
            allowed = ", ".join(str(one) for one in RETENTION_DAYS)
            self.problems.add(self.at(key), days, f"CloudWatch Logs supports only these periods: {allowed}")
        return days

    def items(self, key: str, default: Iterable[Any], convert: Callable[[Any], Any], remedy: str) -> tuple[Any, ...]:
        """A list without duplicates; ``convert`` returns None for an invalid item, and ``remedy`` explains what is valid."""
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
                self.problems.add(path, item, "the list already contains it; list each once")
            else:
                found.append(converted)
        return tuple(found)

    def ids(self, key: str, default: Iterable[str], prefix: str) -> tuple[str, ...]:
        """A list of EC2 ids. Those known only after an apply (see reconcile/model.py) are accepted unchanged, even more than one."""
        value = self.take(key)
        if value is None:
            return tuple(default)
        if not isinstance(value, list | tuple):
            self.problems.add(self.at(key), value, f"it must be a list of ids that begin with {prefix}")
            return tuple(default)
        found: list[str] = []
        for position, item in enumerate(value):
            path = f"{self.at(key)}[{position}]"
            if isinstance(item, str) and is_unknown(item):
                found.append(str(item))
            elif not isinstance(item, str) or not re.fullmatch(rf"{prefix}[0-9a-f]{{8,32}}", item):
                self.problems.add(path, item, f"it must be an id such as {prefix}0123456789abcdef0")
            elif item in found:
                self.problems.add(path, item, "the list already contains it; list each once")
            else:
                found.append(str(item))
        return tuple(found)

    def one_id(self, key: str, default: str, prefix: str) -> str:
        """One EC2 ID; an ID that is known only after an apply is accepted unchanged."""
        value = self.take(key)
        if value is None:
            return default
        if isinstance(value, str) and (is_unknown(value) or re.fullmatch(rf"{prefix}[0-9a-f]{{8,32}}", value)):
            return value
        self.problems.add(self.at(key), value, f"it must be an id such as {prefix}0123456789abcdef0")
        return default

    def string_map(self, key: str) -> dict[str, str]:
        """A mapping of strings, such as labels. Whole numbers are converted; values that YAML reads as another type must be quoted."""
        found = {}
        given: Mapping[Any, Any] = self.section(key).given
        for name, value in given.items():
            text = as_tag_text(value)
            if not isinstance(name, str):
                self.problems.add(self.at(key), name, f"the name {text_remedy(name).removeprefix('it ')}")
            elif text is None:
                self.problems.add(f"{self.at(key)}.{name}", value, text_remedy(value))
            else:
                found[str(name)] = text
        return found

    def policy_document(self, key: str) -> dict[str, Any] | None:
        """An inline policy: a complete document, or only the content of its Statement."""
        value = self.take(key)
        if value is None:
            return None
        statements = value.get("Statement") if isinstance(value, Mapping) else value
        if isinstance(statements, Mapping):
            statements = [statements]
        if not isinstance(statements, list | tuple) or not statements or not all(isinstance(one, Mapping) for one in statements):
            self.problems.add(self.at(key), value, "it must be an IAM policy, or a list of its statements")
            return None
        for position, one in enumerate(statements):
            if lacking := [name for name in ("Effect", "Action", "Resource") if name not in one and f"Not{name}" not in one]:
                remedy = f"the statement has no {' and no '.join(lacking)}"
                self.problems.add(f"{self.at(key)}[{position}]", dict(one), remedy)
        return {"Version": "2012-10-17", "Statement": [dict(one) for one in statements]}

    def tags(self, key: str) -> dict[str, str]:
        """Tags that every service accepts: see tags.py."""
        given = self.string_map(key)
        wrong = {name: remedy for name, value in given.items() if (remedy := tag_problem(name, value))}
        for name, remedy in wrong.items():
            self.problems.add(f"{self.at(key)}.{name}", given[name], remedy)
        for same in doubles(given):
            self.problems.messages.append(f"{self.at(key)}: {doubles_remedy(same)}")
        return {name: value for name, value in given.items() if name not in wrong}

    def finish(self) -> None:
        """Report every key that was never taken."""
        for key in self.given:
            if key not in self.known:
                self.problems.messages.append(f"{self.at(str(key))} is not a setting; {suggestion(str(key), self.known)}")

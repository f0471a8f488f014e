# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Parts of a user's input that clusters have in several places: named entries, ids that may not be known yet, policies."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ..reconcile.model import is_unknown
from .problems import Problems
from .reader import Reader


def named(value: Any, path: str, pattern: re.Pattern[str], remedy: str, problems: Problems) -> Iterator[tuple[str, Any]]:
    """The entries of a mapping whose names fit a pattern; the others are recorded."""
    for name, given in Reader(value, path, problems).given.items():
        if isinstance(name, str) and pattern.fullmatch(name):
            yield str(name), given
        else:
            problems.add(path, name, remedy)


def ids(reader: Reader, key: str, default: Iterable[str], prefix: str) -> tuple[str, ...]:
    """A list of ids of EC2. Those that only an apply will know (see reconcile/model.py) are taken as they are, more than one included."""
    value = reader.take(key)
    if value is None:
        return tuple(default)
    if not isinstance(value, list | tuple):
        reader.problems.add(reader.at(key), value, f"it must be a list of ids that begin with {prefix}")
        return tuple(default)
    found: list[str] = []
    for position, item in enumerate(value):
        path = f"{reader.at(key)}[{position}]"
        if isinstance(item, str) and is_unknown(item):
            found.append(str(item))
        elif not isinstance(item, str) or not re.fullmatch(rf"{prefix}[0-9a-f]{{8,32}}", item):
            reader.problems.add(path, item, f"it must be an id such as {prefix}0123456789abcdef0")
        elif item in found:
            reader.problems.add(path, item, "the list has it already; name each once")
        else:
            found.append(str(item))
    return tuple(found)


def required_text(reader: Reader, key: str, remedy: str, pattern: re.Pattern[str] | None = None) -> str:
    """A string that has to be there; empty, and recorded, where it is not or does not fit."""
    value = reader.take(key)
    if value is None:
        reader.problems.missing(reader.at(key), remedy)
    elif not isinstance(value, str) or not value or (pattern and not pattern.fullmatch(value) and not is_unknown(value)):
        reader.problems.add(reader.at(key), value, remedy)
    else:
        return str(value)
    return ""


def string_map(reader: Reader, key: str) -> dict[str, str]:
    """A mapping of strings, such as labels; numbers and booleans are taken as YAML wrote them."""
    found = {}
    for name, value in reader.mapping(key).items():
        if isinstance(value, Mapping | list | tuple) or value is None:
            reader.problems.add(f"{reader.at(key)}.{name}", value, "it must be a string")
        else:
            found[name] = str(value).lower() if isinstance(value, bool) else str(value)
    return found


def policy_document(reader: Reader, key: str) -> dict[str, Any] | None:
    """An inline policy: a whole document, or what may stand below Statement alone."""
    value = reader.take(key)
    if value is None:
        return None
    statements = value.get("Statement") if isinstance(value, Mapping) else value
    if isinstance(statements, Mapping):
        statements = [statements]
    if not isinstance(statements, list | tuple) or not statements or not all(isinstance(one, Mapping) for one in statements):
        reader.problems.add(reader.at(key), value, "it must be an IAM policy, or a list of its statements")
        return None
    for position, one in enumerate(statements):
        if lacking := [name for name in ("Effect", "Action", "Resource") if name not in one and f"Not{name}" not in one]:
            remedy = f"the statement has no {' and no '.join(lacking)}"
            reader.problems.add(f"{reader.at(key)}[{position}]", dict(one), remedy)
    return {"Version": "2012-10-17", "Statement": [dict(one) for one in statements]}

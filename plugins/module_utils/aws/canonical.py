# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Documents and lists in the one form in which desired and observed values are compared. Pure functions."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any


def policy(document: Any) -> Any:
    """A policy document in canonical form: parsed, one-element lists replaced by their element, insignificant order removed.

    IAM treats an action, resource or principal given as a string like a list of one, and ignores order. The same holds for statements, but
    this form is also what is sent, and tools that read policies expect a list of statements.
    """
    if isinstance(document, str):
        document = json.loads(document)
    found = _canonical(document)
    if isinstance(found, Mapping) and "Statement" in found and not isinstance(found["Statement"], list):
        return {**found, "Statement": [found["Statement"]]}
    return found


def _canonical(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _canonical(item) for name, item in sorted(value.items())}
    if isinstance(value, list | tuple):
        items = [_canonical(item) for item in value]
        if all(isinstance(item, str) for item in items):
            items = sorted(set(items))
        return items[0] if len(items) == 1 else items
    return {True: "true", False: "false"}.get(value, value) if isinstance(value, bool) else value


def sorted_strings(values: Iterable[str]) -> list[str]:
    """Sort ids, names or zones: lists whose order is insignificant."""
    return sorted(str(value) for value in values)

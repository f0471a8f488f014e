# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Short descriptions of differences between values, for use within one sentence of an error."""

from __future__ import annotations

from typing import Any

from ..summary.differ import diff
from ..summary.facts import scalar
from ..summary.model import Change
from ..summary.text import elide

LONGEST = 400


def differs(name: str, before: Any, after: Any) -> str:
    """The difference between two values of a property, as a plan would show it, on one line."""
    lines = diff(Change(name, _without_references(before), _without_references(after)), LONGEST)
    return elide("; ".join(one.text.strip() for one in lines), LONGEST)


def is_now(name: str, there: Any, planned: Any) -> str:
    return f"is not as planned: {differs(name, planned, there)}"


def _without_references(value: Any) -> Any:
    """A value with each reference in its readable form: ``(id of vpc.main)``."""
    if isinstance(value, dict):
        if "$ref" in value:
            middle = f"({value.get('attribute', 'id')} of {value['$ref']})"
            return f"{value.get('prefix', '')}{middle}{value.get('suffix', '')}"
        return {key: _without_references(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_without_references(item) for item in value]
    return scalar(value) if isinstance(value, str) and "\n" in value else value

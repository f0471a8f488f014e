# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Check that a file's content has the shape of a saved plan, so that other code need not handle anything else. Pure functions.

A shape is a type; a tuple of types, one of which fits; a mapping of the required members to their shapes; or a list with the shape of its
items. ``dict`` is a mapping with any members.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .values import decode

TEXTS = [str]
NO_TEXT = (str, type(None))

PART: Mapping[str, Any] = {
    **dict.fromkeys(("host", "module", "environment", "component"), str),
    "target": {**dict.fromkeys(("account_id", "region", "partition"), str), "endpoint": NO_TEXT},
    "consent": {"allow_replace": TEXTS, "purge": TEXTS},
    "desired": [{"kind": str, "name": str, "properties": dict, "after": TEXTS}],
    "observed": [{"kind": str, "address": str, "id": str, "state": str, "properties": dict, "attributes": dict}],
    "actions": [
        {
            **dict.fromkeys(("address", "kind", "action"), str),
            **dict.fromkeys(("reason", "asks_for", "hint", "id"), NO_TEXT),
            "consent": bool,
            "changes": [{"property": str, "before": object, "after": object}],
        }
    ],
    "unchanged": int,
    "fingerprints": {"desired": str, "observed": str, "actions": str},
}
PLAN_FILE: Mapping[str, Any] = {"mainstay_plan": int, "made_at": str, "fingerprint": str, "components": [PART]}


def misshapen(found: Any) -> str:
    """Where the content differs from the shape of a saved plan, as text; empty if it does not."""
    if problem := _differs(found, PLAN_FILE, "the file"):
        return problem
    for part in found["components"]:
        for section in ("desired", "observed"):
            try:
                decode(part[section])
            except (ValueError, TypeError, RecursionError):
                return f"{section} of {part['host']} has a reference that is none"
    return ""


def _differs(value: Any, shape: Any, where: str) -> str:
    if isinstance(shape, Mapping):
        if not isinstance(value, Mapping):
            return f"{where} is no mapping"
        if lacking := [name for name in shape if name not in value]:
            return f"{where} has no {lacking[0]}"
        return next((found for name, inner in shape.items() if (found := _differs(value[name], inner, f"{name} of {where}"))), "")
    if isinstance(shape, list):
        if not isinstance(value, list):
            return f"{where} is no list"
        numbered = ((one, f"entry {number} of {where}") for number, one in enumerate(value, 1))
        return next((found for one, place in numbered if (found := _differs(one, shape[0], place))), "")
    fits = isinstance(value, shape) and not (isinstance(value, bool) and shape is int)
    return "" if fits else f"{where} is no {_name(shape)}"


def _name(shape: Any) -> str:
    kinds = shape if isinstance(shape, tuple) else (shape,)
    return " or ".join({str: "text", int: "number", bool: "truth value", dict: "mapping", type(None): "null"}[kind] for kind in kinds)

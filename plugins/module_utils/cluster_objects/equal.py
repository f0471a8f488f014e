# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""When two values mean the same to Kubernetes: quantities, numbers that may be written as text, and base64."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

QUANTITIES = frozenset(
    {"limits", "requests", "capacity", "hard", "default", "defaultRequest", "max", "min", "maxLimitRequestRatio", "overhead", "podFixed"}
)
"""Mappings whose values are quantities."""

QUANTITY = frozenset({"sizeLimit", "averageValue", "divisor"})
"""Single values that are quantities."""

NUMBER_OR_TEXT = frozenset({"port", "targetPort", "maxUnavailable", "maxSurge", "minAvailable", "endPort"})

SUFFIXES: Mapping[str, Decimal] = {
    "": Decimal(1),
    "n": Decimal("1e-9"),
    "u": Decimal("1e-6"),
    "m": Decimal("1e-3"),
    **{letter: Decimal(1000) ** power for power, letter in enumerate("kMGTPE", 1)},
    **{f"{letter}i": Decimal(1024) ** power for power, letter in enumerate("KMGTPE", 1)},
}
WRITTEN = re.compile(r"([+-]?[0-9.]+)(?:([eE][+-]?[0-9]+)|([numkKMGTPE]i?))?")


def quantity(value: Any) -> Decimal | None:
    """A quantity as a number; None if the value is not a quantity. The grammar is that of k8s.io/apimachinery/pkg/api/resource."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    match = WRITTEN.fullmatch(str(value))
    if match is None or (match[3] or "") not in SUFFIXES:
        return None
    try:
        return Decimal(match[1] + (match[2] or "")) * SUFFIXES[match[3] or ""]
    except InvalidOperation:
        return None


def equal(wanted: Any, live: Any, path: tuple[str, ...]) -> bool:
    """Whether two scalars at a path mean the same."""
    if wanted is None:
        return live is None
    if isinstance(wanted, bool) or isinstance(live, bool):
        return wanted is live
    if wanted == live:
        return True
    if _is_quantity(path):
        one, other = quantity(wanted), quantity(live)
        return one is not None and one == other
    if path and path[-1] in NUMBER_OR_TEXT:
        return str(wanted) == str(live)
    return False


def _is_quantity(path: tuple[str, ...]) -> bool:
    """Decided by path, because elsewhere the same text is not a quantity: an environment variable set to 1 differs from one set to 1.0."""
    if len(path) < 2 or path[0] not in ("spec", "overhead"):
        return False
    return path[-2] in QUANTITIES or path[-1] in QUANTITY or path[-2:] == ("target", "value")


def same_bytes(wanted: Any, live: Any) -> bool:
    """Whether two base64 texts encode the same bytes; line breaks in them are ignored."""
    try:
        return base64.b64decode(str(wanted)) == base64.b64decode(str(live))
    except (ValueError, binascii.Error):
        return bool(wanted == live)

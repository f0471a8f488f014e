# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The rules for tags. Pure functions.

The same tags are sent to many services, so each tag must satisfy the strictest of them: IAM compares names without regard to case, IAM, KMS
and CloudWatch Logs accept few characters, EC2 has the shortest lengths, and RDS reserves its own prefix. A tag that only some services
accept would stop a run midway.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any

from .problems import shown

RESERVED = ("aws:", "mainstay:", "rds:")
"""Prefixes of names, in any case, that users may not set: those reserved by AWS services, and our owner tags."""

RESERVED_VALUES = ("aws:", "rds:")
"""Prefixes that EKS and RDS also reserve in values."""

LONGEST_NAME, LONGEST_VALUE = 127, 255
"""EC2's limits, in characters."""

MOST = 50
"""Tags per resource, of every service."""

SIGNS = "_.:/=+-@"
OURS = "Name"
"""The tag that every resource gets; no other capitalization of this name is allowed."""


def as_tag_text(value: Any) -> str | None:
    """A string as the user wrote it in YAML; None for values that YAML has already converted to another type.

    A whole number is unambiguous. ``yes`` has become True and ``1.10`` the number 1.1, so these must be quoted.
    """
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else None


def text_remedy(value: Any) -> str:
    """The remedy for a value that ``as_tag_text`` rejects."""
    if value is None:
        return 'it must be a string; write "" for an empty one'
    if isinstance(value, Mapping | list | tuple):
        return "it must be a string"
    return "it must be a string, and YAML has read it as something else; put it in quotes"


def tag_problem(name: Any, value: Any) -> str:
    """The problem with one tag, phrased as the remedy in a sentence about its name or value; empty if every service accepts it."""
    if not isinstance(name, str):
        return f"the name {text_remedy(name).removeprefix('it ')}"
    text = as_tag_text(value)
    if text is None:
        return text_remedy(value)
    if name.lower().startswith(RESERVED):
        return f"names that begin with {', '.join(RESERVED)} are reserved; choose another name"
    if name.lower() == OURS.lower() and name != OURS:
        return f"IAM does not tell it from {OURS}, which every resource has; choose another name"
    if text.lower().startswith(RESERVED_VALUES):
        return f"values that begin with {' or '.join(RESERVED_VALUES)} are reserved for AWS; choose another value"
    return _form_problem("name", name, 1, LONGEST_NAME) or _form_problem("value", text, 0, LONGEST_VALUE)


def _form_problem(what: str, text: str, least: int, most: int) -> str:
    if not least <= len(text) <= most:
        return f"the {what} has {len(text)} characters, and EC2 accepts {least} to {most}"
    if text != text.strip():
        return f"the {what} begins or ends with a space, which some services remove"
    if wrong := sorted({sign for sign in text if not _is_accepted(sign)}):
        return f"the {what} contains {shown(''.join(wrong))}, and IAM accepts letters, digits, spaces and {SIGNS} only"
    return ""


def _is_accepted(sign: str) -> bool:
    r"""IAM's pattern: ``[\p{L}\p{Z}\p{N}_.:/=+\-@]``."""
    return sign in SIGNS or unicodedata.category(sign)[0] in "LZN"


def doubles(names: Iterable[str]) -> list[tuple[str, ...]]:
    """Names that differ only in case, which IAM treats as the same."""
    found: dict[str, list[str]] = {}
    for name in names:
        found.setdefault(name.lower(), []).append(name)
    return [tuple(sorted(same)) for same in found.values() if len(same) > 1]


def doubles_remedy(same: Iterable[str]) -> str:
    return f"{' and '.join(same)} differ only in case, and IAM takes them for the same; keep one"

"""What RDS and ElastiCache share, which speak the same protocol: errors, pages, filters, tags, and identifiers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from rehearsal.registry import Call
from rehearsal.replies import Refusal

PAGE, SMALLEST_PAGE = 100, 20
IDENTIFIER = re.compile(r"[a-zA-Z](?:-?[a-zA-Z0-9])*")
"""Letters, digits, and hyphens; begins with a letter, has no two hyphens in a row and none at the end."""


def invalid(text: str) -> Refusal:
    return Refusal("InvalidParameterValue", text)


def contradictory(text: str) -> Refusal:
    return Refusal("InvalidParameterCombination", text)


def now(call: Call) -> datetime:
    """The cloud's clock, which the setting `clock_ahead_seconds` can advance."""
    return datetime.now(UTC) + timedelta(seconds=call.settings.clock_ahead_seconds)


def page(call: Call, member: str, items: Sequence[Any]) -> dict[str, Any]:
    """One page of a list. MaxRecords is between 20 and 100; the marker is opaque to the caller."""
    size = call.get("MaxRecords")
    if size is not None and not SMALLEST_PAGE <= size <= PAGE:
        raise invalid(f"Invalid value {size} for MaxRecords. Must be between {SMALLEST_PAGE} and {PAGE}")
    marker = str(call.get("Marker") or "")
    if marker and not marker.isdecimal():
        raise invalid("Invalid or expired pagination marker.")
    begin = int(marker or 0)
    end = begin + int(size or PAGE)
    return {member: list(items[begin:end])} | ({"Marker": str(end)} if end < len(items) else {})


def filtered[T](call: Call, items: Iterable[T], known: Mapping[str, Callable[[T], Iterable[Any]]]) -> list[T]:
    """The items that match all of a call's filters; `known` gives an item's values for each filter. Case is ignored."""
    kept = list(items)
    for one in call.get("Filters") or []:
        name, values = str(one.get("Name")), {str(value).lower() for value in one.get("Values") or []}
        if name not in known:
            raise invalid(f"Unrecognized filter name: {name}")
        kept = [item for item in kept if values & {str(value).lower() for value in known[name](item)}]
    return kept


def pairs(tags: Iterable[Mapping[str, Any]] | None) -> dict[str, str]:
    return {str(tag["Key"]): str(tag.get("Value") or "") for tag in tags or []}


def listed(tags: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def check_tags(tags: Iterable[Mapping[str, Any]] | None, most: int = 50) -> None:
    """AWS's rules for tags; their keys are unique within a call."""
    given = [str(tag.get("Key")) for tag in tags or []]
    if reserved := sorted(key for key in given if key.lower().startswith("aws:")):
        raise invalid(f"The tag key {reserved[0]} uses the reserved prefix aws:")
    if len(given) > most:
        raise invalid(f"The number of tags exceeds the limit of {most}")
    if any(not 1 <= len(key) <= 128 for key in given) or any(len(str(tag.get("Value") or "")) > 256 for tag in tags or []):
        raise invalid("A tag key has 1 to 128 characters, and a value at most 256")
    if len(set(given)) < len(given):
        raise invalid("Duplicate tag keys found. Please note that Tag keys are case insensitive.")


def check_identifier(value: Any, parameter: str, longest: int = 63) -> str:
    """The identifier in lowercase, as RDS stores it."""
    text = str(value or "")
    if not IDENTIFIER.fullmatch(text) or len(text) > longest:
        raise invalid(
            f"The parameter {parameter} is not a valid identifier. Identifiers must begin with a letter; must contain only ASCII letters,"
            " digits, and hyphens; and must not end with a hyphen or contain two consecutive hyphens."
        )
    return text.lower()

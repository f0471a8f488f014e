# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Settings of roles and databases, in the form in which they are set and compared. Pure functions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ....postgresql.quoting import identifier, literal

LISTS = ("local_preload_libraries", "search_path", "session_preload_libraries", "shared_preload_libraries", "temp_tablespaces")
"""Settings whose value is a list of names: as one string, it would be one name."""


def settings_value(name: str, value: str) -> str:
    """A value in ALTER ROLE ... SET."""
    return ", ".join(identifier(one) for one in _names(value)) if name in LISTS else literal(value)


def settings_values(settings: Any) -> dict[str, str]:
    """Settings as they compare equal to what the catalog has."""
    found: Mapping[str, Any] = settings or {}
    return {name: ", ".join(_names(str(value))) if name in LISTS else str(value) for name, value in sorted(found.items())}


def _names(value: str) -> list[str]:
    return [one.strip().strip('"') for one in value.split(",") if one.strip()]

# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Helpers for computing outputs from attributes by address."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Attributes = Mapping[str, Mapping[str, Any]]
"""address -> attribute -> value."""


def split(address: str) -> tuple[str, str]:
    """Split an address into kind and name."""
    return halves(address, ".")


def halves(text: str, separator: str) -> tuple[str, str]:
    """The text before and after the first separator."""
    parts = text.partition(separator)
    return parts[0], parts[2]


def value(attributes: Attributes, address: str, attribute: str) -> Any:
    return attributes.get(address, {}).get(attribute)

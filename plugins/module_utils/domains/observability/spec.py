# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The options of the observability modules. Their documentation is in plugins/modules; a test keeps the two in step."""

from __future__ import annotations

from typing import Any

from ...component.options import CHANGE, NAMES, OWNER, PATIENCE, RESOURCES, shared
from .described import CONFIRMATION_SECONDS, OPTIONS


def argument_spec() -> dict[str, Any]:
    """The options of observability. Their content is read and checked by settings/ and described.py."""
    return {
        **shared(*OWNER, *CHANGE, *PATIENCE, *RESOURCES),
        **_described(),
        "confirmation_seconds": {"type": "int", "default": CONFIRMATION_SECONDS},
    }


def info_argument_spec() -> dict[str, Any]:
    """The options of observability_info."""
    return {**shared(*OWNER, *NAMES), **_described()}


def _described() -> dict[str, Any]:
    found: dict[str, dict[str, Any]] = {name: {"type": "raw" if name == "heartbeat" else "dict"} for name in OPTIONS}
    found["key_arns"]["no_log"] = False  # ARNs of keys are no secrets
    return found

# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The options of the modules for a whole environment. plugins/modules documents them; a test keeps the two in agreement."""

from __future__ import annotations

from typing import Any

from ..component.options import OWNER, PATIENCE, shared

COMPONENT = {"component": {"type": "str", "required": True}}
"""Never taken from the host's own variables: to remove what a component left behind, the caller must name it."""
CLAIMED = {"claimed": {"type": "list", "elements": "str", "required": True}}

DAYS = {"days": {"type": "int", "default": 30}}


def info_argument_spec() -> dict[str, Any]:
    """The options of platform_unclaimed_info."""
    return {**shared("environment", "expected_account_id", "further_regions"), **CLAIMED}


def unused_argument_spec() -> dict[str, Any]:
    """The options of platform_unused_info."""
    return {**shared("environment", "expected_account_id", "further_regions"), **DAYS}


def removal_argument_spec() -> dict[str, Any]:
    """The options of platform_unclaimed."""
    return {**shared(*OWNER, *PATIENCE), **COMPONENT, **CLAIMED}

# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The options of the modules about a whole environment. Their documentation is in plugins/modules; a test holds the two together."""

from __future__ import annotations

from typing import Any

from ..component.options import OWNER, PATIENCE, shared

COMPONENT = {"component": {"type": "str", "required": True}}
"""Never the host's own: whoever removes what a component left behind names it."""
CLAIMED = {"claimed": {"type": "list", "elements": "str", "required": True}}


def info_argument_spec() -> dict[str, Any]:
    """The options of platform_unclaimed_info."""
    return {**shared("environment", "expected_account_id"), **CLAIMED}


def removal_argument_spec() -> dict[str, Any]:
    """The options of platform_unclaimed."""
    return {**shared(*OWNER, *PATIENCE), **COMPONENT, **CLAIMED}

# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The options of the modules about a whole environment. Their documentation is in plugins/modules; a test holds the two together."""

from __future__ import annotations

from typing import Any

from ..component.options import apply_options, owner_options

CLAIMED = {"claimed": {"type": "list", "elements": "str", "required": True}}
PATIENCE = ("poll_interval", "settle_seconds", "timeout", "lock_wait")


def info_argument_spec() -> dict[str, Any]:
    """The options of platform_unclaimed_info."""
    owner = {name: option for name, option in owner_options().items() if name != "component"}
    return {**owner, **CLAIMED}


def removal_argument_spec() -> dict[str, Any]:
    """The options of platform_unclaimed."""
    return {**owner_options(), **CLAIMED, **{name: apply_options()[name] for name in PATIENCE}}

# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The options of the modules for operations on whole clusters. Their documentation is in plugins/modules; a test keeps the two in step."""

from __future__ import annotations

from typing import Any

from ....component.options import OWNER, shared


def upgrade_check_spec() -> dict[str, Any]:
    """The options of eks_upgrade_check."""
    return {
        **shared(*OWNER),
        "clusters": {"type": "dict", "required": True},
        "ignore": {"type": "list", "elements": "str", "default": []},
    }


def drain_spec() -> dict[str, Any]:
    """The options of eks_drain."""
    return {
        **shared(*OWNER, "poll_interval", "lock_wait"),
        "clusters": {"type": "dict", "default": {}},
        "vpc_ids": {"type": "list", "elements": "str", "default": []},
        "api_timeout": {"type": "float", "default": 20.0},
        "controller_timeout": {"type": "float", "default": 300.0},
        "timeout": {"type": "float", "default": 1200.0},
        "summarize": {"type": "bool", "default": True},
    }


def occupants_spec() -> dict[str, Any]:
    """The options of vpc_occupants_info."""
    return {**shared(*OWNER), "leaving": {"type": "list", "elements": "str", "default": []}}

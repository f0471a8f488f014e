# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The options of the network modules. Their documentation is in plugins/modules; a sanity test holds the two together."""

from __future__ import annotations

from typing import Any


def owner_options() -> dict[str, Any]:
    """The options that say whose resources a call is about: every module of a component has them."""
    return {
        "environment": {"type": "str", "required": True},
        "component": {"type": "str", "default": "network"},
        "expected_account_id": {"type": "str"},
    }


def argument_spec() -> dict[str, Any]:
    """The options of vpc_network. What ``networks`` may hold is read and checked by settings.py and validate.py."""
    return {
        **owner_options(),
        "networks": {"type": "dict"},
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        "allow_replace": {"type": "list", "elements": "str", "default": []},
        "purge": {"type": "list", "elements": "str", "default": []},
        "tags": {"type": "dict", "default": {}},
        "permissions_boundary": {"type": "str"},
        "poll_interval": {"type": "float", "default": 5.0},
        "settle_seconds": {"type": "float", "default": 30.0},
        "timeout": {"type": "float"},
    }


REQUIRED_IF: list[Any] = [("state", "present", ["networks"])]


def info_argument_spec() -> dict[str, Any]:
    """The options of vpc_network_info."""
    return owner_options()

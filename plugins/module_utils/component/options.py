# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Options that all modules of components share. plugins/doc_fragments/component.py documents them; a test holds the two together."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

OWNER_NAME = re.compile(r"[a-z][a-z0-9_-]{0,23}")
"""Environments and components are part of names: of IAM roles (64 characters, unique in an account), paths, parameters, aliases."""


def owner_options() -> dict[str, Any]:
    """The options that say whose resources a call is about."""
    return {
        "environment": {"type": "str", "required": True},
        "component": {"type": "str", "required": True},
        "expected_account_id": {"type": "str"},
    }


def apply_options() -> dict[str, Any]:
    """The options that say how the described state is brought about."""
    return {
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        "allow_replace": {"type": "list", "elements": "str", "default": []},
        "purge": {"type": "list", "elements": "str", "default": []},
        "adopt": {"type": "dict", "default": {}},
        "moved": {"type": "dict", "default": {}},
        "tags": {"type": "dict", "default": {}},
        "permissions_boundary": {"type": "str"},
        "check_quotas": {"type": "bool", "default": True},
        "poll_interval": {"type": "float", "default": 2.5},
        "settle_seconds": {"type": "float", "default": 30.0},
        "timeout": {"type": "float"},
        "lock_wait": {"type": "float", "default": 0.0},
        "defer": {"type": "list", "elements": "str", "default": []},
        "deferred": {"type": "list", "elements": "str", "default": []},
        "claimed": {"type": "list", "elements": "str", "default": []},
        "save_plan": {"type": "path"},
        "apply_plan": {"type": "path"},
        "inventory_host": {"type": "str"},
        "inventory_hosts": {"type": "list", "elements": "str", "default": []},
    }


def owner_problems(params: Mapping[str, Any]) -> list[str]:
    """What is wrong with the names of environment and component."""
    return [
        f"{option} is {params[option]!r}. It must be 1 to 24 characters: a lower-case letter, then lower-case letters, digits, - and _. "
        f"In the inventories it is {origin}."
        for option, origin in (("environment", "platform_environment"), ("component", "the name of the host"))
        if not OWNER_NAME.fullmatch(params[option])
    ]

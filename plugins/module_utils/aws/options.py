# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Options that all modules of components share. plugins/doc_fragments/component.py documents them; a test holds the two together."""

from __future__ import annotations

from typing import Any


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
        "tags": {"type": "dict", "default": {}},
        "permissions_boundary": {"type": "str"},
        "poll_interval": {"type": "float", "default": 2.5},
        "settle_seconds": {"type": "float", "default": 30.0},
        "timeout": {"type": "float"},
        "lock_wait": {"type": "float", "default": 0.0},
    }

# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The options of rabbitmq_objects."""

from __future__ import annotations

from typing import Any

from ...component.options import CHANGE, NAMES, OWNER, PATIENCE, shared


def argument_spec() -> dict[str, Any]:
    """``secrets`` holds passwords, so it is no_log."""
    return {
        **shared(*dict.fromkeys((*OWNER, *CHANGE, *NAMES, *PATIENCE))),
        "name": {"type": "str", "required": True},
        "endpoint": {"type": "dict", "required": True, "options": {"url": {"type": "str"}, "ca": {"type": "str", "default": ""}}},
        "administrator": {
            "type": "dict",
            "required": True,
            "options": {"username": {"type": "str", "required": True}, "secret_arn": {"type": "str", "no_log": False}},
        },
        "version": {"type": "str", "default": ""},
        "vhosts": {"type": "dict", "default": {}},
        "users": {"type": "dict", "default": {}},
        "user_secrets": {"type": "dict", "default": {}, "no_log": False},
        "secrets": {"type": "dict", "default": {}, "no_log": True},
    }

# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The options of the ElastiCache modules. Their documentation is in plugins/modules; a test keeps the two in step."""

from __future__ import annotations

from typing import Any

from ...component.options import CHANGE, NAMES, OWNER, PATIENCE, RESOURCES, shared


def argument_spec() -> dict[str, Any]:
    """The options of elasticache_redis. The content of ``caches`` is read and checked by settings/ and validate.py."""
    return {
        **shared(*OWNER, *CHANGE, *PATIENCE, *RESOURCES),
        **_described(),
        "allow_upgrade": {"type": "list", "elements": "str", "default": []},
    }


REQUIRED_IF: list[Any] = [("state", "present", ["caches"])]


def info_argument_spec() -> dict[str, Any]:
    """The options of elasticache_redis_info."""
    return {**shared(*OWNER, *NAMES), **_described()}


def _described() -> dict[str, Any]:
    return {
        "caches": {"type": "dict"},
        "network": {"type": "dict", "default": {}},
    }

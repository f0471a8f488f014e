# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The options of the DNS modules. Their documentation is in plugins/modules; a test keeps the two in step."""

from __future__ import annotations

from typing import Any

from ...component.options import CHANGE, NAMES, OWNER, PATIENCE, RESOURCES, shared
from .kinds.certificate import PATIENCE as VALIDATION


def argument_spec() -> dict[str, Any]:
    """The options of route53_zones. The content of ``zones`` is read and checked by settings/ and validate.py."""
    return {
        **shared(*OWNER, *CHANGE, *PATIENCE, *RESOURCES),
        **_described(),
        "validation_timeout": {"type": "int", "default": int(VALIDATION)},
    }


REQUIRED_IF: list[Any] = [("state", "present", ["zones"])]


def info_argument_spec() -> dict[str, Any]:
    """The options of route53_zones_info."""
    return {**shared(*OWNER, *NAMES), **_described()}


def _described() -> dict[str, Any]:
    return {
        "zones": {"type": "dict"},
        "networks": {"type": "dict", "default": {}},
        "leaving": {"type": "list", "elements": "str", "default": []},
    }

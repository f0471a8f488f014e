# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The options of the modules s3_cdn and s3_cdn_info. Their documentation is in plugins/modules; a test keeps the two in step."""

from __future__ import annotations

from typing import Any

from ...component.options import CHANGE, NAMES, OWNER, PATIENCE, RESOURCES, shared
from .edge_mode import MODES, OPTION
from .parts import PARTS
from .settings.distributions import HEADERS, PLANNED_ZONES


def argument_spec() -> dict[str, Any]:
    """The options of s3_cdn. The content of each part's option is read and checked by settings/ and validate.py."""
    return {**shared(*OWNER, *CHANGE, *PATIENCE, *RESOURCES), **_described()}


REQUIRED_IF: list[Any] = [("state", "present", [part.option for part in PARTS], True)]
"""At least one of them."""


def info_argument_spec() -> dict[str, Any]:
    """The options of s3_cdn_info."""
    return {**shared(*OWNER, *NAMES), **_described()}


def _described() -> dict[str, Any]:
    """Only the headers have secret values. Secret headers are described by names and markers, whatever their option is called."""
    parts = {part.option: {"type": "dict", "no_log": False} for part in PARTS}
    others = {OPTION: {"type": "str", "choices": list(MODES)}, PLANNED_ZONES: {"type": "list", "elements": "str", "default": []}}
    return {**parts, **others, HEADERS: {"type": "dict", "no_log": True}}

# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The options of the modules messaging and messaging_info. Their documentation is in plugins/modules; a test keeps the two in step."""

from __future__ import annotations

from typing import Any

from ...component.options import CHANGE, NAMES, OWNER, PATIENCE, RESOURCES, shared
from .parts import PARTS

CONSENTS = ("allow_message_loss", "allow_reboot", "allow_upgrade")
"""Options that name entries to which something may happen that interrupts clients or cannot be undone; the role's variables have the same
names."""


def argument_spec() -> dict[str, Any]:
    """The options of messaging. The content of each part's option is read and checked by settings/ and validate.py."""
    consents = {name: {"type": "list", "elements": "str", "default": []} for name in CONSENTS}
    return {**shared(*OWNER, *CHANGE, *PATIENCE, *RESOURCES), **_described(), **consents}


REQUIRED_IF: list[Any] = [("state", "present", [part.option for part in PARTS], True)]
"""At least one of them."""


def info_argument_spec() -> dict[str, Any]:
    """The options of messaging_info."""
    return {**shared(*OWNER, *NAMES), **_described()}


def _described() -> dict[str, Any]:
    return {**{part.option: {"type": "dict"} for part in PARTS}, "network": {"type": "dict", "default": {}}}

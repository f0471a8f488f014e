# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The options of the network modules. Their documentation is in plugins/modules; a test holds the two together."""

from __future__ import annotations

from typing import Any

from ...component.options import apply_options, owner_options

COMPONENT = {"component": {"type": "str", "default": "network"}}


def argument_spec() -> dict[str, Any]:
    """The options of vpc_network. What ``networks`` may hold is read and checked by settings.py and validate.py."""
    return {**owner_options(), **COMPONENT, **apply_options(), "networks": {"type": "dict"}}


REQUIRED_IF: list[Any] = [("state", "present", ["networks"])]


def info_argument_spec() -> dict[str, Any]:
    """The options of vpc_network_info."""
    return {**owner_options(), **COMPONENT, "networks": {"type": "dict"}, "propose_for": {"type": "dict"}}


INFO_REQUIRED_BY: dict[str, Any] = {"propose_for": ["networks"]}

# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The options of the network modules. plugins/modules documents them; a test checks that both match."""

from __future__ import annotations

from typing import Any

from ...component.options import CHANGE, NAMES, OWNER, PATIENCE, RESOURCES, shared


def argument_spec() -> dict[str, Any]:
    """The options of vpc_network. settings.py and validate.py read and check the contents of ``networks``."""
    return {**shared(*OWNER, *CHANGE, *PATIENCE, *RESOURCES), "networks": {"type": "dict"}}


REQUIRED_IF: list[Any] = [("state", "present", ["networks"])]


def info_argument_spec() -> dict[str, Any]:
    """The options of vpc_network_info."""
    return {**shared(*OWNER, *NAMES), "networks": {"type": "dict"}, "propose_for": {"type": "dict"}}


INFO_REQUIRED_BY: dict[str, Any] = {"propose_for": ["networks"]}

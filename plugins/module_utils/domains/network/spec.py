# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The options of the network modules. Their documentation is in plugins/modules; a test holds the two together."""

from __future__ import annotations

from typing import Any

from ...component.options import CHANGE, OWNER, PATIENCE, RESOURCES, shared


def argument_spec() -> dict[str, Any]:
    """The options of vpc_network. What ``networks`` may hold is read and checked by settings.py and validate.py."""
    return {**shared(*OWNER, *CHANGE, *PATIENCE, *RESOURCES), "networks": {"type": "dict"}}


REQUIRED_IF: list[Any] = [("state", "present", ["networks"])]


def info_argument_spec() -> dict[str, Any]:
    """The options of vpc_network_info."""
    return {**shared(*OWNER), "networks": {"type": "dict"}, "propose_for": {"type": "dict"}}


INFO_REQUIRED_BY: dict[str, Any] = {"propose_for": ["networks"]}

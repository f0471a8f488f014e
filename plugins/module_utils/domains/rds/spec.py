# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The options of the RDS modules. Their documentation is in plugins/modules; a test keeps the two in step."""

from __future__ import annotations

from typing import Any

from ...component.options import CHANGE, NAMES, OWNER, PATIENCE, RESOURCES, shared


def argument_spec() -> dict[str, Any]:
    """The options of rds_postgres. The content of ``databases`` is read and checked by settings/ and validate.py."""
    return {
        **shared(*OWNER, *CHANGE, *PATIENCE, *RESOURCES),
        "databases": {"type": "dict"},
        "network": {"type": "dict", "default": {}},
        "allow_reboot": {"type": "list", "elements": "str", "default": []},
        "allow_major_upgrade": {"type": "list", "elements": "str", "default": []},
    }


REQUIRED_IF: list[Any] = [("state", "present", ["databases"])]


def info_argument_spec() -> dict[str, Any]:
    """The options of rds_postgres_info."""
    return {
        **shared(*OWNER, *NAMES),
        "databases": {"type": "dict"},
        "network": {"type": "dict", "default": {}},
        "everything": {"type": "bool", "default": False},
    }

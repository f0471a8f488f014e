# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The argument specifications of the collection's roles. Once read in Ansible's own process, its workers inherit them."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

from ansible.module_utils.common.yaml import yaml_load

ROLES = Path(__file__).resolve().parents[3] / "roles"


@functools.cache
def specs_of(role: str) -> dict[str, Any]:
    """The entry points of a role by name, as in its meta/argument_specs.yml."""
    text = (ROLES / role / "meta" / "argument_specs.yml").read_text(encoding="utf-8")
    found: dict[str, Any] = yaml_load(text)["argument_specs"]
    return found

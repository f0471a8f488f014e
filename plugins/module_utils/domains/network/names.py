# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The names of an inventory's networks, for the policies that are limited to them."""

from __future__ import annotations

from typing import Any

from ...aws.grants import Names
from ...inputs.problems import Problems
from .settings import read


def names(networks: Any, _environment: str, _component: str) -> Names:
    return Names(networks=tuple(sorted(read(networks, "networks", Problems()))))

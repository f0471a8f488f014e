# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What an inventory's networks are called, for the policies that are confined to them."""

from __future__ import annotations

from typing import Any

from ...aws.grants import Names
from ...inputs.problems import Problems
from .settings import read


def names(networks: Any, _environment: str, _component: str) -> Names:
    return Names(networks=tuple(sorted(read(networks, "networks", Problems()))))

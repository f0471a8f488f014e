# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What the settings are read with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Context:
    """What is known before the first call. ``account_id``: the expected one; empty if the inventory names none. ``params``: the module's
    options, or the role's variables under their names.
    """

    environment: str
    component: str
    region: str = ""
    account_id: str = ""
    params: Mapping[str, Any] = field(default_factory=dict)

# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Names of final snapshots. Pure functions."""

from __future__ import annotations

import re
from datetime import datetime

LONGEST = 255
"""Characters in the name of a snapshot."""


def final_name(identifier: str, now: datetime) -> str:
    """A name that no other snapshot has: something of this name may be deleted, made again, and deleted again. ``now``: in UTC."""
    suffix = f"-final-{now:%Y%m%d%H%M%S}"
    return f"{identifier[: LONGEST - len(suffix)].rstrip('-')}{suffix}"


def is_final_of(name: str, identifier: str) -> bool:
    """Whether a snapshot's name says that it is the final one of what had this identifier."""
    return re.fullmatch(rf"{re.escape(identifier)}-final-\d{{14}}", name) is not None

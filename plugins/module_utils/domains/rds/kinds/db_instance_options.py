# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""How an instance is changed and deleted: choices that are no properties of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Options:
    """``apply``: changes that RDS can defer are made at once, or in the instance's maintenance window. ``allow_major_upgrade``:
    consent to a major upgrade. ``final_snapshot``: deleting takes one. ``delete_automated_backups``: deleting also deletes the automated
    backups, and with them the ability to restore to a point in time.

    An instance that is no longer described is deleted with the defaults, which keep everything.
    """

    apply: Literal["now", "window"] = "now"
    allow_major_upgrade: bool = False
    final_snapshot: bool = True
    delete_automated_backups: bool = False


ByIdentifier = Mapping[str, Options]
"""Options by DBInstanceIdentifier."""

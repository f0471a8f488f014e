# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What the states of databases and snapshots mean for the gate.

From "Viewing Amazon RDS DB instance status" and the texts of CreateDBSnapshot and DescribeDBSnapshots in RDS's API model.
"""

from __future__ import annotations

import re

from .databases import Database

READY = frozenset({"available", "storage-optimization"})
"""The states in which RDS accepts CreateDBSnapshot."""

HOPELESS = re.compile(
    r"failed|incompatible-.*|inaccessible-encryption-credentials.*|insufficient-capacity|restore-error|"
    r"delet(e|ing)(-.*)?|stopp(ed|ing)|creating-failed|migration-failed"
)
"""States that a database does not leave by itself."""

WAITING = frozenset({"creating", "pending", "copying"})
"""The states of a snapshot that is being made. Copies begin as pending."""

REMEDIES = {
    "stopped": "Start it: a stopped database cannot be backed up.",
    "stopping": "Start it once it has stopped: a stopped database cannot be backed up.",
    "storage-full": "Raise its allocated storage: RDS accepts a change of AllocatedStorage alone until then.",
    "inaccessible-encryption-credentials": "Make its KMS key usable again.",
    "inaccessible-encryption-credentials-recoverable": "Make its KMS key usable again, then start the database.",
    "deleting": "It is being deleted.",
}

READY_NOW, WAIT, NEVER = "ready", "wait", "never"


def readiness(database: Database) -> str:
    """Whether a snapshot can be taken now, perhaps soon, or not without someone's help.

    A full database recovers by itself only if RDS may still grow its storage.
    """
    if database.status in READY:
        return READY_NOW
    if HOPELESS.fullmatch(database.status):
        return NEVER
    if database.status == "storage-full" and database.max_allocated <= database.allocated:
        return NEVER
    return WAIT


def remedy(status: str) -> str:
    return REMEDIES.get(status, "See the RDS console for its events.")

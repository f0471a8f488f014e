# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Final snapshots: their names, their mark, and how a deletion survives an interruption. Pure functions.

DeleteDBInstance takes no tags for its snapshot; it copies the instance's if CopyTagsToSnapshot is on, the owner's among them. A snapshot
that carries owner tags would be a resource of the component, which a later run, or the removal of unclaimed resources, would delete. So:

1. The instance gets the mark (name, reason, time of the snapshot) as tags. A run that is killed here finds the name and uses it again.
2. CopyTagsToSnapshot is switched on if it is off, so that the mark reaches the snapshot in the deletion's own call.
3. DeleteDBInstance.
4. The owner tags are removed from the snapshot. If a run is killed before, the snapshot still carries both: the next run finds it by
   them, as an instance that is being deleted, and finishes the removal. Without copied tags, there would be nothing to find it by.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from ....aws.owner import TAG_PREFIX

NAME = f"{TAG_PREFIX}final-snapshot"
SOURCE = f"{TAG_PREFIX}snapshot-of"
WHEN = f"{TAG_PREFIX}snapshot-time"
WHY = f"{TAG_PREFIX}snapshot-reason"
OWN = (NAME, SOURCE, WHEN, WHY)


def marks(identifier: str, resource_id: str, name: str, now: datetime) -> dict[str, str]:
    """What the snapshot says about itself: which instance, when, and why. None of it is an owner tag."""
    return {
        NAME: name,
        SOURCE: f"{identifier} {resource_id}".strip(),
        WHEN: f"{now:%Y-%m-%dT%H:%M:%SZ}",
        WHY: "final snapshot before deletion",
    }


def named_in(tags: Mapping[str, str]) -> str:
    """The name of the final snapshot that these tags of an instance announce; empty if there is none."""
    return tags.get(NAME, "")


def surplus(tags: Iterable[str]) -> list[str]:
    """The names of tags that a final snapshot must not keep: the owner's, and what describes the deleted instance only."""
    return sorted(name for name in tags if name.startswith(TAG_PREFIX) and name not in OWN)


def described(snapshot: Mapping[str, Any]) -> str:
    """A snapshot for a person: its name, size and key."""
    key = f", encrypted with {snapshot['KmsKeyId']}" if snapshot.get("KmsKeyId") else ""
    return f"{snapshot['DBSnapshotIdentifier']} ({snapshot.get('AllocatedStorage', '?')} GiB{key})"

# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What a gate demands. Times are seconds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ...aws.roles import Role

CHANGES = ("migration", "engine_version", "parameters", "data")
"""What a deployment can say that it changes."""

TAKE, REQUIRE, VERIFY = "take", "require", "verify"
REQUIRED, OPTIONAL = "required", "optional"


@dataclass(frozen=True)
class CopyTo:
    """Where a snapshot is copied to. kms_key: ID, ARN or alias of a key there. role: in another account; None for the database's own."""

    region: str
    kms_key: str = ""
    role: Role | None = None

    @property
    def account(self) -> str:
        """The account of the role; empty for the database's own."""
        return self.role.account if self.role else ""

    def as_dict(self) -> dict[str, str]:
        return {"region": self.region, "kms_key": self.kms_key, "role": self.role.arn if self.role else ""}


@dataclass(frozen=True)
class Policy:
    """The part of the options that decides whether a database passes. The token covers all of it.

    needed_for: the changes that need a snapshot. max_age: how long ago a snapshot may have started. rpo: how much data may be lost, and so
    how far point-in-time recovery may be behind. kms_key: the ARN of the key that snapshots must have; empty for the database's own.
    shared_with: the accounts that a snapshot may be shared with. require_quiesced: no client may have been connected since the snapshot.
    copies: where the snapshot must also be.
    """

    needed_for: tuple[str, ...] = CHANGES
    max_age: float = 3600.0
    rpo: float = 900.0
    pitr: str = REQUIRED
    require_encryption: bool = True
    kms_key: str = ""
    shared_with: tuple[str, ...] = ()
    count_aws_backup: bool = False
    require_quiesced: bool = False
    copies: tuple[CopyTo, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        plain = {name: list(value) if isinstance(value, tuple) else value for name, value in self.__dict__.items()}
        return {**plain, "copies": [one.as_dict() for one in self.copies]}


def is_needed(policy: Policy, changes: tuple[str, ...] | None) -> tuple[bool, str]:
    """Whether a deployment with these changes needs a snapshot, and why. None: the deployment does not say what it changes."""
    if changes is None:
        return True, "the deployment does not say what it changes"
    if found := [one for one in CHANGES if one in changes and one in policy.needed_for]:
        return True, f"the deployment changes {', '.join(found)}"
    if changes:
        return False, f"it changes only {', '.join(changes)}, for which no snapshot is needed"
    return False, "it changes nothing that a snapshot protects"

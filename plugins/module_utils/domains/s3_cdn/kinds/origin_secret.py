# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The secret headers by which an origin recognizes the distribution: generated values in Secrets Manager, which nobody sees."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping
from typing import Any

from ....aws.connection import Aws
from ....aws.tags import tag_list
from ....kinds.secret import CURRENT, PENDING, ROTATION, Secret, generated
from ....reconcile.errors import AlreadyThere
from ....reconcile.model import Observed, later


class OriginSecret(Secret):
    """A rotation makes a pending value, which the origin then admits beside the current one. ``promoted``: the pending value is the
    current one, so that the distribution sends it, and the origin no longer has to admit the former.
    """

    name = "origin_secret"
    operations: tuple[str, ...] = ("get_secret_value", "update_secret_version_stage")

    promoted = later()

    def __init__(self, wanted: Collection[str] = ()) -> None:
        super().__init__(wanted, pending=wanted)

    def get_promoted(self, raw: Mapping[str, Any]) -> bool:
        versions = _labels(raw)
        return versions.get(PENDING) in (None, versions.get(CURRENT))

    def update(self, aws: Aws, seen: Observed, properties: Mapping[str, Any]) -> None:
        super().update(aws, seen, properties)
        if properties.get("promoted"):
            self.promote(aws, seen)

    def rotate(self, aws: Aws, seen: Observed, rotation: str) -> None:
        """If an earlier rotation had the same marker and its value was never used, that version still has the ID that follows from it."""
        try:
            super().rotate(aws, seen, rotation)
        except AlreadyThere:
            where = self.where(seen)
            value = {"ClientRequestToken": str(uuid.uuid4()), "SecretString": generated({}), "VersionStages": [PENDING]}
            aws.change("secretsmanager", "put_secret_value", **where, **value)
            aws.change("secretsmanager", self.tagging.tag, **where, Tags=tag_list({ROTATION: rotation}))

    def promote(self, aws: Aws, seen: Observed) -> None:
        """Make the pending value the current one. May be repeated."""
        where = self.where(seen)
        versions = _labels(aws.read("secretsmanager", "describe_secret", **where))
        pending, current = versions.get(PENDING), versions.get(CURRENT)
        if pending and pending != current:
            moved = {"VersionStage": CURRENT, "MoveToVersionId": pending, "RemoveFromVersionId": current}
            aws.change("secretsmanager", "update_secret_version_stage", **where, **moved)


def _labels(raw: Mapping[str, Any]) -> dict[str, str]:
    """staging label -> version."""
    return {label: version for version, labels in (raw.get("VersionIdsToStages") or {}).items() for label in labels}

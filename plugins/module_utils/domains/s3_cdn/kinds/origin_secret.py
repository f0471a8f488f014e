# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The secret headers by which an origin recognizes the distribution: generated values in Secrets Manager, which nobody sees."""

from __future__ import annotations

import json
import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from ....aws.connection import Aws
from ....aws.tags import tag_list
from ....kinds.secret import CURRENT, NAME, PENDING, ROTATION, Secret, generated
from ....reconcile.errors import AlreadyThere, CallFailed
from ....reconcile.model import Observed, later
from .distribution_document import header_digest


class OriginSecret(Secret):
    """A rotation makes a pending value, which the origin then admits beside the current one. ``promoted``: the pending value is the
    current one, so that the distribution sends it, and the origin no longer has to admit the former.

    ``digested``: the names of those whose value a distribution sends. Their attribute ``digest`` shows when it has to send another one.
    """

    name = "origin_secret"
    operations: tuple[str, ...] = ("get_secret_value", "update_secret_version_stage")

    changing = {**Secret.changing, "digest": ("promoted", "deletion_date")}

    promoted = later()

    def __init__(self, wanted: Collection[str] = (), digested: Collection[str] = ()) -> None:
        super().__init__(wanted, pending=wanted)
        self.digested = frozenset(digested)

    def described(self, aws: Aws, entries: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        read = [one[NAME] for one in entries if one[NAME] in self.digested and not one.get("DeletedDate")]
        digests = dict(zip(read, aws.map(lambda name: _digest(aws, name), read), strict=True))
        return [{**one, "Digest": digests.get(one[NAME])} for one in entries]

    def attributes(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        return {**super().attributes(raw), "digest": raw.get("Digest")}

    def create(self, aws: Aws, address: str, properties: Mapping[str, Any], token: str) -> Observed:
        made = super().create(aws, address, properties, token)
        digest = _digest(aws, made.id) if made.id in self.digested else None
        return replace(made, attributes={**made.attributes, "digest": digest})

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


def header_value(aws: Aws, secret: str) -> str:
    """The current value of a secret header. Raises CallFailed, without the value."""
    text = aws.read("secretsmanager", "get_secret_value", SecretId=secret).get("SecretString") or ""
    try:
        return str(json.loads(text)["password"])
    except (ValueError, KeyError, TypeError):
        hint = "Set another rotation, so that a new value is generated."
    raise CallFailed(f"the value of {secret} is not a JSON object with a password", hint=hint)


def _digest(aws: Aws, secret: str) -> str:
    return header_digest(header_value(aws, secret))


def _labels(raw: Mapping[str, Any]) -> dict[str, str]:
    """staging label -> version."""
    return {label: version for version, labels in (raw.get("VersionIdsToStages") or {}).items() for label in labels}

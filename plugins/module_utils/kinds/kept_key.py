# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Keys that outlive what they encrypt: a snapshot is lost with the key that encrypted it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..aws.connection import Aws
from ..aws.owner import TAG_PREFIX
from ..reconcile.model import Observed
from .kms_key import KmsKey

KEPT = f"{TAG_PREFIX}kept-for"
"""The tag of a key that is no longer the component's, and stays for what it encrypted."""

SHOWN = 3


class KeptKey(KmsKey):
    """A key that something still needs is released and not deleted: it loses its aliases and owner tags, and says what it is kept for.

    It would be lost with its pending window, and with it every final snapshot.
    """

    keeps = "snapshots"
    """What the tag says that it is kept for."""

    def needed(self, aws: Aws) -> Mapping[str, list[str]]:
        """The keys that something in this region needs: ARN of the key -> the names of what does."""
        raise NotImplementedError

    def delete(self, aws: Aws, seen: Observed) -> None:
        if not still_needs(str(seen.attributes.get("arn") or seen.id), self.needed(aws)):
            super().delete(aws, seen)
            return
        where: Mapping[str, Any] = {"KeyId": seen.id}
        names = [name for name in str(seen.properties.get("alias") or "").split(", ") if name]
        for name in names:
            aws.remove("kms", "delete_alias", AliasName=name)
        owner = aws.owner.tags(seen.address)
        text = f"{self.keeps} of {aws.owner.environment}/{aws.owner.component}"
        aws.change("kms", "tag_resource", **where, Tags=[{"TagKey": KEPT, "TagValue": text}])
        aws.change("kms", "untag_resource", **where, TagKeys=sorted(owner))


def still_needs(key: str, needed: Mapping[str, list[str]]) -> str:
    """Why this key stays, in one sentence; empty if nothing needs it. ``key``: its ARN or its id."""
    users = [name for arn, names in needed.items() if arn == key or arn.rpartition("/")[2] == key.rpartition("/")[2] for name in names]
    if not users:
        return ""
    more = f" and {len(users) - SHOWN} more" if len(users) > SHOWN else ""
    return f"the key {key} stays: {', '.join(users[:SHOWN])}{more} cannot be read without it. Delete them first to have it deleted too."

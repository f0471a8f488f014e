# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The content of a bucket: is there any, and deleting all of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ....aws.connection import Aws
from ....reconcile.errors import CallFailed, NotYet

AT_ONCE = 1000
"""The most that one call lists, and deletes (ListObjectVersions, DeleteObjects)."""
ROUNDS = 20
"""The calls after which progress is reported."""


def is_empty(aws: Aws, where: Mapping[str, str]) -> bool:
    found = aws.find("s3", "list_object_versions", **where, MaxKeys=1)
    return not found or not _listed(found)


def empty(aws: Aws, where: Mapping[str, str]) -> None:
    """Delete all versions and delete markers. Raises NotYet while more are left, so that the run shows progress, and can be interrupted."""
    count, rounds = 0, 0
    while rounds < ROUNDS:
        page = aws.find("s3", "list_object_versions", **where, MaxKeys=AT_ONCE)
        found = _listed(page or {})
        if not found:
            return
        reply = aws.change("s3", "delete_objects", **where, Delete={"Objects": found, "Quiet": True})
        if errors := reply.get("Errors"):
            raise _refused(where["Bucket"], errors)
        count, rounds = count + len(found), rounds + 1
    raise NotYet(f"{count} more objects and versions were deleted from {where['Bucket']}, and others are left", dependency=True)


def _listed(page: Mapping[str, Any]) -> list[dict[str, str]]:
    entries = [*(page.get("Versions") or ()), *(page.get("DeleteMarkers") or ())]
    return [{"Key": one["Key"], "VersionId": one["VersionId"]} for one in entries]


def _refused(bucket: str, errors: list[dict[str, Any]]) -> CallFailed:
    first = errors[0]
    text = (
        f"{len(errors)} objects in {bucket} could not be deleted, such as {first.get('Key')!r}: {first.get('Message') or first.get('Code')}"
    )
    hint = "Objects under a lock or a legal hold stay until it ends. Wait for that, or keep the bucket."
    return CallFailed(text, "s3:DeleteObjects", str(first.get("Code") or ""), hint)

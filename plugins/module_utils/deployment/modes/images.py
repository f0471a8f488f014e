# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The images that Helm or Argo CD runs. They are as the chart or the revision names them; what ECR has of them is checked and protected."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ...cluster_objects.pods import images_of
from ..transaction import Failed, Transaction


def lacking(tx: Transaction, manifests: Iterable[Mapping[str, Any]]) -> str:
    """The sentence about images of the manifests that ECR lacks, so that their pods could not start; empty if it has all."""
    missing = tx.registry.pin(images_of(manifests)).missing
    return f"the chart names images that ECR does not have: {', '.join(missing)}. Push them, or correct the values" if missing else ""


def require(tx: Transaction, manifests: Iterable[Mapping[str, Any]], address: str) -> None:
    """The same right before Helm runs: an image may have been deleted since the plan. Raises Failed."""
    if sentence := lacking(tx, manifests):
        raise Failed(f"{sentence}. Helm was not run", address)


def running(tx: Transaction, live: Iterable[Mapping[str, Any]], where: str) -> list[str]:
    """The images of live workloads, by digest where ECR has them, for the record. Warns of those that are named by tag.

    ``where``: what has to be changed to name them by digest.
    """
    images = images_of(live)
    pinned = tx.registry.pin(images).images
    if warning := by_tag(images, pinned, where):
        tx.outcome.warnings.append(warning)
    return sorted({pinned.get(one, one) for one in images})


def by_tag(images: Sequence[str], pinned: Mapping[str, str], where: str) -> str:
    """One sentence about images that are named by tag; empty if there are none. ``pinned``: by digest, as far as it is known."""
    tags = [one for one in images if "@sha256:" not in one]
    if not tags:
        return ""
    example = next((pinned[one] for one in tags if one in pinned), f"{tags[0].partition('@')[0]}@sha256:<digest>")
    return (
        f"images are named by tag: {', '.join(tags)}. If a tag is moved, new pods and a rollback run another image than the one that was "
        f"verified; name them by digest in {where}, such as {example}"
    )

# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What a plan says about buckets besides its changes. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ...reconcile.model import Observed
from .settings.buckets import Buckets

BLOCKS = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")


def account_note(answer: Mapping[str, Any] | None, asked: bool) -> Iterator[str]:
    """The account's own block of public access, which this component reads and never changes."""
    if asked and answer is not None and (missing := [name for name in BLOCKS if not answer.get(name)]):
        yield (
            f"the account does not block public access to all of its buckets ({', '.join(missing)}); the buckets of this component do so "
            "themselves"
        )


def replication_notes(buckets: Buckets, observed: Sequence[Observed]) -> Iterator[str]:
    """What a new rule leaves out, and what does not end at the copy."""
    there = {seen.address: seen for seen in observed}
    for one in buckets.values():
        seen = there.get(f"s3_bucket.{one.name}")
        if one.replication and seen is not None and not seen.properties.get("replication"):
            yield f"objects that are already in {seen.id} are not replicated: only what is written from now on is"
        target = buckets.get(one.replication.to) if one.replication else None
        if (
            target
            and any(rule.expire_days for rule in one.lifecycle.rules)
            and not any(rule.expire_days for rule in target.lifecycle.rules)
        ):
            yield f"objects that expire in {one.name} stay in {target.name}: such deletions are not replicated, and it has no expiry"


def staying_notes(observed: Sequence[Observed]) -> Iterator[str]:
    for seen in observed:
        if staying := seen.attributes.get("kept_statements"):
            yield f"the policy of {seen.id} keeps statements of others: {', '.join(staying)}"

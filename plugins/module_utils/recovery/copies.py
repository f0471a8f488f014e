# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Copies of snapshots: what is asked for, and whether what exists at the destination is that. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..aws.tags import tag_list
from .calls import Calls
from .databases import Key, Snapshot
from .tags import COPY_OF, MANAGED_BY


@dataclass(frozen=True)
class Wanted:
    """A copy. key: ARN of its key, which is one of the destination; empty if the source is not encrypted. tags: its own, and MANAGED_BY."""

    source: Snapshot
    name: str
    key: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def all_tags(self) -> dict[str, str]:
        return {**self.tags, COPY_OF: self.source.arn}


MOST_IN_SERIES = 50


def next_name(base: str, taken: Iterable[str]) -> str:
    """The first identifier of a series that is free: an old or failed snapshot keeps its name."""
    used = set(taken)
    names = (base, *(f"{base}-{number}" for number in range(2, MOST_IN_SERIES)))
    return next((name for name in names if name not in used), f"{base}-{MOST_IN_SERIES}")


def sentences(texts: Iterable[str]) -> str:
    return " ".join(f"{text[:1].upper()}{text[1:]}" if text.endswith(".") else f"{text[:1].upper()}{text[1:]}." for text in texts)


def parameters(calls: Calls, wanted: Wanted, name: str, source_region: str, region: str) -> dict[str, Any]:
    """The parameters of CopyDBSnapshot or CopyDBClusterSnapshot.

    The source is named by its ARN: anything else is looked for in the caller's own account and region. ``SourceRegion`` makes botocore add
    the signed request by which RDS reads the source; without it, a copy of an encrypted snapshot from another region is refused.
    """
    found: dict[str, Any] = {
        calls.copy_source: wanted.source.arn,
        calls.copy_target: name,
        "Tags": tag_list(wanted.all_tags),
        "CopyTags": False,
    }
    if wanted.key:
        found["KmsKeyId"] = wanted.key
    if source_region != region:
        found["SourceRegion"] = source_region
    return found


def is_ours(one: Snapshot, wanted: Wanted) -> bool:
    """Whether an existing snapshot is the wanted copy, begun by an earlier attempt. RDS names the source once the copy has begun."""
    same = one.tags.get(COPY_OF) == wanted.source.arn and one.tags.get(MANAGED_BY) == wanted.tags.get(MANAGED_BY)
    return same and one.copied_from in ("", wanted.source.arn)


def problems(one: Snapshot | None, wanted: Wanted, where: str) -> list[str]:
    """What is wrong with a copy, as its destination describes it; one sentence each. Empty: it can be relied on."""
    if one is None:
        return [f"there is no copy {wanted.name} in {where}"]
    source, name = wanted.source, f"the copy {one.identifier} in {where}"
    found = []
    if one.status != "available" or one.percent != 100:
        found.append(f"{name} is {one.status} at {one.percent} %")
    if one.copied_from not in ("", source.arn):
        found.append(f"{name} is of {one.copied_from}, not of {source.arn}")
    if (one.engine, one.engine_version) != (source.engine, source.engine_version):
        found.append(f"{name} has {one.engine} {one.engine_version}, not {source.engine} {source.engine_version}")
    if one.allocated != source.allocated:
        found.append(f"{name} has {one.allocated} GiB, not {source.allocated} GiB")
    if source.encrypted and not one.encrypted:
        found.append(f"{name} is not encrypted")
    if wanted.key and one.kms_key != wanted.key:
        found.append(f"{name} has the key {one.kms_key or 'of nobody'}, not {wanted.key}")
    if one.original is not None and source.started is not None and one.original != source.started:
        found.append(f"{name} has another time than its source")
    if missing := sorted(key for key, value in wanted.all_tags.items() if one.tags.get(key) != value):
        found.append(f"{name} lacks the tags {', '.join(missing)}")
    return found


def unshareable(source: Snapshot, key: Key | None, account: str) -> str:
    """Why a snapshot cannot be shared with another account, with what to do; empty if it can."""
    if source.kind != "manual":
        return f"{source.identifier} is {source.kind}; only manual snapshots can be shared with {account}. Copy it in its account first."
    return unshareable_key(source.identifier, key, account) if source.encrypted else ""


def unshareable_key(name: str, key: Key | None, account: str) -> str:
    """AWS's own key cannot be used by another account, so neither can a snapshot under it."""
    if key is None or key.manager != "AWS":
        return ""
    return (
        f"{name} is encrypted with the default key aws/rds, and snapshots under it cannot be shared with {account}. Copy the database to a "
        "key of your own, or copy the snapshot under one first."
    )

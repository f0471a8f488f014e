# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Rules for the storage of an instance: what may be sent together, and what RDS's own storage autoscaling owns. Pure functions.

Sources: "Amazon RDS DB instance storage" (gp3: baseline and threshold), "Working with storage for Amazon RDS DB instances" (one storage
change at a time, six hours apart; storage-full), "Managing capacity automatically with Amazon RDS storage autoscaling" (limits), all in the
RDS User Guide. Sizes are in GiB, throughput is in MiB/s.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from ..settings.storage import ADVISED_GROWTH, GP3_THRESHOLD, PROVISIONED

PROPERTIES = ("allocated_storage", "storage_type", "iops", "storage_throughput")
"""The properties that RDS changes together, in one storage change."""

GP3_IOPS = 12000
GP3_THROUGHPUT = 500
"""What gp3 storage has at least from the threshold on."""


def takes_performance(storage_type: str, size: int) -> bool:
    """Whether IOPS may be sent for storage of this type and size, and throughput if it is gp3.

    DescribeDBInstances returns them for smaller gp3 storage too (3000 and 125); a call that repeats them is refused.
    """
    return storage_type in PROVISIONED or (storage_type == "gp3" and size >= GP3_THRESHOLD)


def kept_size(desired: int | None, observed: int | None) -> int | None:
    """The size that an instance should have: never less than it has, since autoscaling grows storage and RDS cannot shrink it."""
    return max((int(size) for size in (desired, observed) if size is not None), default=None)


def storage_in_create(sent: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters of a create call (AWS's names) without the IOPS and throughput that its storage does not take."""
    size, storage_type = sent.get("AllocatedStorage"), sent.get("StorageType")
    if size is None or storage_type is None or takes_performance(str(storage_type), int(size)):
        return dict(sent)
    return {name: value for name, value in sent.items() if name not in ("Iops", "StorageThroughput")}


def storage_change(raw: Mapping[str, Any], left: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters of the one call that makes these storage changes. ``raw``: the instance as described; ``left``: property -> value.

    Where storage takes IOPS, size and IOPS always go together, even if one of them does not change.
    """
    if not any(name in left for name in PROPERTIES):
        return {}
    present_size, present_type = int(raw.get("AllocatedStorage") or 0), str(raw.get("StorageType") or "gp2")
    size = kept_size(left.get("allocated_storage"), present_size) or present_size
    storage_type = str(left.get("storage_type") or present_type)
    params: dict[str, Any] = {"StorageType": storage_type} if storage_type != present_type else {}
    if size > present_size:
        params["AllocatedStorage"] = size
    if not takes_performance(storage_type, size):
        return params
    had = takes_performance(present_type, present_size)
    params["AllocatedStorage"] = size
    params["Iops"] = int(left.get("iops") or _at_least(raw.get("Iops") if had else None, GP3_IOPS if storage_type == "gp3" else 1000))
    if storage_type == "gp3":
        throughput = raw.get("StorageThroughput") if had and present_type == "gp3" else None
        params["StorageThroughput"] = int(left.get("storage_throughput") or _at_least(throughput, GP3_THROUGHPUT))
    return params


def _at_least(present: Any, least: int) -> int:
    return max(int(present or 0), least)


def grown_note(path: str, desired: int | None, observed: int | None) -> str:
    """What to say about storage that is larger than its setting; empty if it is not."""
    if desired is None or observed is None or int(observed) <= int(desired):
        return ""
    return (
        f"{path} is {desired}, and the instance has {observed} GiB, which autoscaling may have given it: it stays, since RDS cannot shrink "
        f"storage. Set it to {observed} if it was lowered on purpose"
    )


def limit_note(path: str, size: int | None, limit: int | None) -> str:
    """What to say about an autoscaling limit that storage of this size has nearly reached, on a replica too; empty if it has not.

    ``size``: the present one, which autoscaling may have grown beyond its setting.
    """
    if not size or not limit or limit >= ADVISED_GROWTH * size:
        return ""
    return (
        f"{path} is {limit}, and the storage already has {size} GiB: below {ADVISED_GROWTH:.0%} ({math.ceil(ADVISED_GROWTH * size)} GiB), "
        "RDS has no room for another step of autoscaling"
    )

"""Storage of DB instances: types, sizes, and the rules for IOPS and throughput. All functions here are pure.

After "Amazon RDS DB instance storage" in the Amazon RDS User Guide, for PostgreSQL. Sizes are in GiB, throughput is in MiB/s.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

GP3_THRESHOLD = 400
"""From this size on, RDS stripes gp3 across four volumes; below it neither IOPS nor throughput can be chosen."""
SMALL_GP3, LARGE_GP3 = (3000, 125), (12000, 500)
"""The baseline (IOPS, throughput) below and from the threshold on."""
PROVISIONED = ("io1", "io2")


def ten_percent_more(size: int) -> int:
    """The least limit of storage autoscaling, and the least growth: RDS rounds a smaller one up."""
    return -(-size * 11 // 10)


@dataclass(frozen=True)
class Kind:
    """A storage type: sizes, IOPS, IOPS per GiB, throughput, and throughput per IOPS, each from and to."""

    name: str
    sizes: tuple[int, int]
    iops: tuple[int, int] | None = None
    iops_per_gib: tuple[float, float] | None = None
    throughput: tuple[int, int] | None = None
    throughput_per_iops: tuple[float, float] | None = None


KINDS: Mapping[str, Kind] = {
    "gp2": Kind("gp2", (20, 65536)),
    "gp3": Kind("gp3", (20, 65536), (12000, 64000), (0.5, 500.0), (500, 4000), (0.0, 0.25)),
    "io1": Kind("io1", (100, 65536), (1000, 256000), (0.5, 50.0)),
    "io2": Kind("io2", (100, 65536), (1000, 256000), (0.5, 1000.0)),
    "standard": Kind("standard", (10, 3072)),
}


@dataclass(frozen=True)
class Storage:
    """What an instance has. `iops` and `throughput` are None where the type has none or they are its baseline."""

    kind: str
    size: int
    iops: int | None = None
    throughput: int | None = None

    @property
    def shown(self) -> tuple[int | None, int | None]:
        """The (IOPS, throughput) that DescribeDBInstances shows, which for gp3 include the baseline."""
        if self.kind == "gp3":
            baseline = SMALL_GP3 if self.size < GP3_THRESHOLD else LARGE_GP3
            return self.iops or baseline[0], self.throughput or baseline[1]
        return (self.iops, None) if self.kind in PROVISIONED else (None, None)


def problem(storage: Storage) -> str | None:
    """Why AWS refuses this storage, or None."""
    kind = KINDS.get(storage.kind)
    if kind is None:
        return f"Invalid storage type: {storage.kind}"
    least, most = kind.sizes
    if not least <= storage.size <= most:
        text = f"Invalid storage size for engine name postgres and storage type {kind.name}: {storage.size}."
        return f"{text} It must be from {least} to {most} GiB."
    return _problem_of_iops(storage, kind) or _problem_of_throughput(storage, kind)


def _problem_of_iops(storage: Storage, kind: Kind) -> str | None:
    if storage.kind == "gp3" and storage.size < GP3_THRESHOLD and (storage.iops or storage.throughput):
        return f"You can't specify IOPS or storage throughput for engine postgres and a storage size less than {GP3_THRESHOLD}."
    if kind.iops is None or kind.iops_per_gib is None:
        return f"You can't specify IOPS for the storage type {kind.name}." if storage.iops else None
    if storage.iops is None:
        return f"You must specify IOPS for the storage type {kind.name}." if kind.name in PROVISIONED else None
    least, most = kind.iops
    if not least <= storage.iops <= most:
        return f"Invalid IOPS value {storage.iops} for the storage type {kind.name}: it must be from {least} to {most}."
    low, high = kind.iops_per_gib
    if not low <= storage.iops / storage.size <= high:
        return f"The IOPS to GiB ratio must be between {low:g} and {high:g}, and {storage.iops} / {storage.size} is not."
    return None


def _problem_of_throughput(storage: Storage, kind: Kind) -> str | None:
    if storage.throughput is None:
        return None
    if kind.throughput is None or kind.throughput_per_iops is None:
        return f"You can't specify storage throughput for the storage type {kind.name}."
    least, most = kind.throughput
    if not least <= storage.throughput <= most:
        return f"Invalid storage throughput {storage.throughput} for the storage type {kind.name}: it must be from {least} to {most}."
    high = kind.throughput_per_iops[1]
    iops = storage.iops or LARGE_GP3[0]
    if storage.throughput / iops > high:
        return f"The storage throughput to IOPS ratio must be at most {high:g}, and {storage.throughput} / {iops} is not."
    return None


def problem_of_limit(size: int, limit: int | None) -> str | None:
    """Why AWS refuses this limit of storage autoscaling; a limit equal to the size turns autoscaling off."""
    if limit is None or limit == size:
        return None
    if limit < ten_percent_more(size):
        return f"Max storage size must be at least 10% greater than the allocated storage: {limit} GiB is not, for {size} GiB."
    return None


def grown(storage: Storage, asked: int) -> int:
    """The size that RDS gives for a requested growth."""
    return asked if asked == storage.size else max(asked, ten_percent_more(storage.size))


def ranges(kind: Kind, size: int | None = None) -> dict[str, Any]:
    """A storage type in DescribeValidDBInstanceModifications; an instance of this `size` can only grow."""
    found: dict[str, Any] = {
        "StorageType": kind.name,
        "StorageSize": [{"From": max(kind.sizes[0], size or 0), "To": kind.sizes[1], "Step": 1}],
        "SupportsStorageAutoscaling": kind.name != "standard",
    }
    if kind.iops and kind.iops_per_gib:
        found["ProvisionedIops"] = [{"From": kind.iops[0], "To": kind.iops[1], "Step": 1000 if kind.name in PROVISIONED else 1}]
        found["IopsToStorageRatio"] = [{"From": kind.iops_per_gib[0], "To": kind.iops_per_gib[1]}]
    if kind.throughput and kind.throughput_per_iops:
        found["ProvisionedStorageThroughput"] = [{"From": kind.throughput[0], "To": kind.throughput[1], "Step": 1}]
        found["StorageThroughputToIopsRatio"] = [{"From": kind.throughput_per_iops[0], "To": kind.throughput_per_iops[1]}]
    return found

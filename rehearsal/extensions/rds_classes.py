"""Instance classes of RDS for PostgreSQL, and what is orderable: classes by engine version, storage type, and zone.

An extract of "Supported DB engines for DB instance classes" in the Amazon RDS User Guide.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from rehearsal.extensions.rds_common import ENGINE, instance_of
from rehearsal.extensions.rds_storage import KINDS, Kind, ranges
from rehearsal.extensions.rds_versions import Version, offered, versions
from rehearsal.query_api import filtered, page
from rehearsal.registry import Call, answers, backend

BURSTABLE = ("micro", "small", "medium", "large", "xlarge", "2xlarge")
USUAL = ("large", "xlarge", "2xlarge", "4xlarge", "8xlarge", "12xlarge", "16xlarge")
OLD = ("large", "xlarge", "2xlarge", "4xlarge")
FEW_REGIONS = frozenset({"us-east-1", "us-east-2", "us-west-2", "eu-central-1", "eu-west-1", "eu-north-1", "ap-southeast-2"})
SMALL_STORAGE = {"micro": 6144, "small": 16384}
"""The most storage, in GiB, of classes that cannot use as much as their storage type offers."""
LICENSE = "postgresql-license"


@dataclass(frozen=True)
class ClassFamily:
    """A family of classes: its sizes, the oldest minor version of each major that offers it, the newest major, and its regions."""

    name: str
    sizes: tuple[str, ...]
    oldest: tuple[tuple[int, int], ...] = ()
    last_major: int = 99
    regions: frozenset[str] | None = None
    insights: bool = True

    def fits(self, version: Version) -> bool:
        return version.major.number <= self.last_major and version.minor >= dict(self.oldest).get(version.major.number, 0)


NEWEST = ((13, 18), (14, 15), (15, 10), (16, 6), (17, 2), (18, 1))
FAMILIES = (
    ClassFamily("t2", BURSTABLE, last_major=13, insights=False),
    ClassFamily("m4", OLD, last_major=13),
    ClassFamily("r4", OLD, last_major=13),
    ClassFamily("t3", BURSTABLE),
    ClassFamily("t4g", BURSTABLE),
    ClassFamily("m5", USUAL),
    ClassFamily("m6g", USUAL),
    ClassFamily("m6i", USUAL),
    ClassFamily("m7g", USUAL),
    ClassFamily("m8g", USUAL, oldest=NEWEST, regions=FEW_REGIONS),
    ClassFamily("r5", USUAL),
    ClassFamily("r6g", USUAL),
    ClassFamily("r6i", USUAL),
    ClassFamily("r7g", USUAL),
    ClassFamily("r8g", USUAL, oldest=NEWEST, regions=FEW_REGIONS),
)


@cache
def classes() -> dict[str, tuple[ClassFamily, str]]:
    """(family, size) by class."""
    return {f"db.{family.name}.{size}": (family, size) for family in FAMILIES for size in family.sizes}


def is_offered(name: str, version: Version, region: str) -> bool:
    found = classes().get(name)
    return bool(found and found[0].fits(version) and (found[0].regions is None or region in found[0].regions))


def zones_of(call: Call) -> list[str]:
    return sorted(zone.name for zone in backend("ec2", call.account_id, call.region).describe_availability_zones())


def storage_of(name: str, kind: Kind) -> Kind:
    """A storage type as a class offers it."""
    most = min(SMALL_STORAGE.get(classes()[name][1], kind.sizes[1]), kind.sizes[1])
    return replace(kind, sizes=(kind.sizes[0], most))


def _options(call: Call, version: Version) -> Iterator[dict[str, Any]]:
    zones = [{"Name": zone} for zone in zones_of(call)]
    for name, (family, _size) in classes().items():
        if call.get("DBInstanceClass") not in (None, name) or not is_offered(name, version, call.region):
            continue
        for kind in KINDS.values():
            if kind.name == "standard" and family.name not in ("t2", "m4", "r4"):
                continue
            yield _described(name, family, version, storage_of(name, kind), zones)


def _described(name: str, family: ClassFamily, version: Version, kind: Kind, zones: list[dict[str, str]]) -> dict[str, Any]:
    found: dict[str, Any] = {
        "Engine": ENGINE,
        "EngineVersion": version.text,
        "DBInstanceClass": name,
        "LicenseModel": LICENSE,
        "AvailabilityZones": zones,
        "MultiAZCapable": True,
        "ReadReplicaCapable": True,
        "Vpc": True,
        "SupportsStorageEncryption": True,
        "StorageType": kind.name,
        "SupportsIops": kind.iops is not None,
        "SupportsStorageThroughput": kind.throughput is not None,
        "SupportsEnhancedMonitoring": True,
        "SupportsIAMDatabaseAuthentication": True,
        "SupportsPerformanceInsights": family.insights,
        "MinStorageSize": kind.sizes[0],
        "MaxStorageSize": kind.sizes[1],
        "AvailableProcessorFeatures": [],
        "SupportedEngineModes": ["provisioned"],
        "SupportsStorageAutoscaling": kind.name != "standard",
        "SupportsKerberosAuthentication": True,
        "OutpostCapable": False,
        "SupportedActivityStreamModes": [],
        "SupportsGlobalDatabases": False,
        "SupportedNetworkTypes": ["IPV4", "DUAL"],
        "SupportsClusters": False,
        "SupportsDedicatedLogVolume": kind.name in ("io1", "io2"),
        "SupportsAdditionalStorageVolumes": False,
        "SupportsHttpEndpoint": False,
    }
    if kind.iops and kind.iops_per_gib:
        found |= {"MinIopsPerDbInstance": kind.iops[0], "MaxIopsPerDbInstance": kind.iops[1]}
        found |= {"MinIopsPerGib": kind.iops_per_gib[0], "MaxIopsPerGib": kind.iops_per_gib[1]}
    if kind.throughput and kind.throughput_per_iops:
        found |= {"MinStorageThroughputPerDbInstance": kind.throughput[0], "MaxStorageThroughputPerDbInstance": kind.throughput[1]}
        found |= {"MinStorageThroughputPerIops": kind.throughput_per_iops[0], "MaxStorageThroughputPerIops": kind.throughput_per_iops[1]}
    return found


@answers("rds", "DescribeOrderableDBInstanceOptions")
def describe(call: Call) -> Any:
    if call.get("Engine") != ENGINE or call.get("LicenseModel") not in (None, LICENSE) or call.get("Vpc") is False:
        return {"OrderableDBInstanceOptions": []}
    asked = call.get("EngineVersion")
    one = offered(asked) if asked is not None else None
    found = [one] if one else [] if asked is not None else [each for each in versions().values() if not each.deprecated]
    options = [option for version in found for option in _options(call, version)]
    return page(call, "OrderableDBInstanceOptions", filtered(call, options, {}))


@answers("rds", "DescribeValidDBInstanceModifications")
def describe_modifications(call: Call) -> Any:
    """The storage that an instance can have: it never shrinks."""
    instance = instance_of(call)
    kinds = [storage_of(instance.db_instance_class, kind) for kind in KINDS.values() if kind.name != "standard"]
    found = {
        "Storage": [ranges(kind, instance.allocated_storage) for kind in kinds if kind.sizes[1] >= instance.allocated_storage],
        "ValidProcessorFeatures": [],
        "SupportsDedicatedLogVolume": instance.storage_type in ("io1", "io2"),
    }
    return {"ValidDBInstanceModificationsMessage": found}

# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What DB instance classes offer, judged by DescribeOrderableDBInstanceOptions. Pure functions.

An offer is one entry: a class with one storage type, for one engine version. Nothing about classes and storage is kept in tables here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .facts import AwsFacts
from .settings.instance import Instance
from .settings.replicas import Replica
from .settings.storage import Storage

Offer = Mapping[str, Any]


def of_class(one: Instance, known: AwsFacts) -> Iterator[str]:
    """Check that the class exists for the version, in the zones, with the storage, and with everything else that the instance has."""
    version = known.newest(one.version)
    offers = known.options.get((one.version, one.instance_class))
    if offers is None:  # not asked: the instance has all of that already
        return
    path, what = f"{one.path}.class", f"'{one.instance_class}'"
    if not offers:
        yield f"{path} is {what}, but RDS does not offer it here for PostgreSQL {version}; choose another class, or another version"
        return
    yield from of_storage(one, offers, version)
    offer = best(offers, one.storage.type)
    yield from of_zone(path, one.instance_class, one.zone, offer)
    needs = {
        "MultiAZCapable": (one.multi_az, "multi_az"),
        "SupportsEnhancedMonitoring": (one.monitoring.interval > 0, "monitoring.interval"),
        "SupportsPerformanceInsights": (one.monitoring.insights != "none", "monitoring.insights"),
        "SupportsIAMDatabaseAuthentication": (one.iam_authentication, "iam_authentication"),
        "SupportsStorageEncryption": (True, "encryption"),
        "ReadReplicaCapable": (bool(one.replicas), "replicas"),
    }
    for member, (wanted, setting) in needs.items():
        if wanted and offer.get(member) is False:
            yield f"{path} is {what}, but RDS offers no {setting} with it; choose another class, or turn that off"
    yield from of_replicas(one, known, version)


def of_replicas(one: Instance, known: AwsFacts, version: str) -> Iterator[str]:
    """Those in the region of their source. Others are judged by what that region offers (further_regions.py)."""
    for replica in one.replicas.values():
        if not replica.region and replica.instance_class != one.instance_class:
            yield from of_replica(one, replica, known, version)


def of_replica(one: Instance, replica: Replica, known: AwsFacts, version: str) -> Iterator[str]:
    """``known``: about the region of the replica."""
    offers = known.options.get((one.version, replica.instance_class), ())
    path, where = f"{replica.path}.class", f"in {replica.region}" if replica.region else "here"
    if not offers:
        yield f"{path} is '{replica.instance_class}', but RDS does not offer it {where} for PostgreSQL {version}; choose another class"
    else:
        yield from of_zone(path, replica.instance_class, replica.zone, best(offers, one.storage.type))


def best(offers: Sequence[Offer], storage_type: str) -> Offer:
    """The offer with this storage type, or any."""
    return next((one for one in offers if one.get("StorageType") == storage_type), offers[0])


def of_zone(path: str, instance_class: str, zone: str | None, offer: Offer) -> Iterator[str]:
    zones = [one["Name"] for one in offer.get("AvailabilityZones") or []]
    if zone and zones and zone not in zones:
        yield f"{path} is '{instance_class}', but RDS offers it in {', '.join(sorted(zones))} and zone is '{zone}'; change one of them"


def of_storage(one: Instance, offers: Sequence[Offer], version: str) -> Iterator[str]:
    path, wanted = f"{one.path}.storage", one.storage
    types = sorted({str(offer["StorageType"]) for offer in offers if offer.get("StorageType")})
    if types and wanted.type not in types:
        yield f"{path}.type is '{wanted.type}', but RDS offers {', '.join(types)} for {one.instance_class} with PostgreSQL {version}"
        return
    offer = best(offers, wanted.type)
    yield from within(f"{path}.size", wanted.size, "GiB", offer.get("MinStorageSize"), offer.get("MaxStorageSize"), wanted.type)
    if wanted.autoscale_to and offer.get("SupportsStorageAutoscaling") is False:
        yield (
            f"{path}.autoscale_to is {wanted.autoscale_to}, but RDS does not grow storage by itself with {one.instance_class}; set it to "
            "none"
        )
    if wanted.tunable:
        yield from of_performance(path, wanted, offer)


def of_performance(path: str, wanted: Storage, offer: Offer) -> Iterator[str]:
    """Ranges of the class, and ratios: IOPS for each GiB, throughput for each IOPS."""
    if wanted.iops:
        low, high = offer.get("MinIopsPerDbInstance"), offer.get("MaxIopsPerDbInstance")
        yield from within(f"{path}.iops", wanted.iops, "IOPS", low, high, wanted.type)
        per_gib = wanted.iops / wanted.size
        if not between(per_gib, offer.get("MinIopsPerGib"), offer.get("MaxIopsPerGib")):
            least, most = offer.get("MinIopsPerGib") or 0, offer.get("MaxIopsPerGib")
            yield (
                f"{path}.iops is {wanted.iops}, but {wanted.type} takes {least:g} to {most:g} IOPS for each GiB, and the size is "
                f"{wanted.size}; "
                "change one of them"
            )
    if wanted.throughput:
        low, high = offer.get("MinStorageThroughputPerDbInstance"), offer.get("MaxStorageThroughputPerDbInstance")
        yield from within(f"{path}.throughput", wanted.throughput, "MiB/s", low, high, wanted.type)
        most = offer.get("MaxStorageThroughputPerIops")
        if wanted.iops and most and wanted.throughput / wanted.iops > float(most):
            yield (
                f"{path}.throughput is {wanted.throughput}, but {wanted.type} takes at most {float(most):g} MiB/s for each IOPS, and iops "
                "is "
                f"{wanted.iops}; change one of them"
            )


def within(path: str, value: int, unit: str, low: Any, high: Any, storage_type: str) -> Iterator[str]:
    if not between(value, low, high):
        yield f"{path} is {value}, but RDS offers {low or 0} to {high or 'any number of'} {unit} of {storage_type} with this class"


def between(value: float, low: Any, high: Any) -> bool:
    return (low is None or value >= float(low)) and (high is None or value <= float(high))

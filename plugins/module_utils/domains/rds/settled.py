# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Which instances already have everything that RDS's offers decide. What RDS offers is not read for them. Pure functions.

The replies about versions and classes are the largest that this domain reads, and the second follows from the first.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .kinds.db_instance_states import DELETING
from .settings.instance import Instance
from .settings.replicas import Replica
from .settings.versions import matching

Described = Mapping[str, Mapping[str, Any]]
"""identifier -> the instance's entry in DescribeDBInstances."""


def is_settled(one: Instance, there: Described) -> bool:
    """Whether an instance and its replicas in its region exist with the described version, class, storage, and features."""
    raw = there.get(one.identifier)
    if raw is None or raw.get("PendingModifiedValues") or raw.get("DBInstanceStatus") in DELETING:
        return False
    if not matching(one.version, [str(raw.get("EngineVersion") or "")]) or int(raw.get("AllocatedStorage") or 0) < one.storage.size:
        return False
    return all(raw.get(member) == value for member, value in wanted(one).items()) and has_features(one, raw) and has_replicas(one, there)


def wanted(one: Instance) -> dict[str, Any]:
    """The members that must have the described values. Performance below the threshold of gp3 is RDS's own."""
    storage = one.storage
    tuned = {"Iops": storage.iops, "StorageThroughput": storage.throughput} if storage.tunable else {}
    return {
        "DBInstanceClass": one.instance_class,
        "StorageType": storage.type,
        "MaxAllocatedStorage": storage.autoscale_to,
        **{member: value for member, value in tuned.items() if value},
        **({"CACertificateIdentifier": one.ca} if one.ca else {}),
    }


def has_features(one: Instance, raw: Mapping[str, Any]) -> bool:
    """Whether the features that not every class has are on and off as described."""
    features = {
        "MultiAZ": one.multi_az,
        "IAMDatabaseAuthenticationEnabled": one.iam_authentication,
        "MonitoringInterval": one.monitoring.interval > 0,
        "PerformanceInsightsEnabled": one.monitoring.insights != "none",
    }
    return all(bool(raw.get(member)) == on for member, on in features.items())


def has_replicas(one: Instance, there: Described) -> bool:
    return all(has_class(replica, there) for replica in one.replicas.values() if not replica.region)


def has_class(replica: Replica, there: Described) -> bool:
    """Whether a replica exists with its class. ``there``: the instances in its region."""
    return bool(there.get(replica.identifier, {}).get("DBInstanceClass") == replica.instance_class)

"""What the cloud keeps about a DB instance beyond moto's own attributes."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass
class LogFile:
    name: str
    text: str
    written: datetime


@dataclass
class Record:
    """`values`: members of DBInstance that moto does not have, by AWS's names.

    server: whether the instance has a PostgreSQL server; `server_key` is its name in the fleet if it was another instance's.
    pending: the content of PendingModifiedValues. A pending password is kept in `password`, so that no reply can show it.
    pending_group: the parameter group that comes with a pending major upgrade.
    apply_status: the ParameterApplyStatus once nothing is `applying` any more, which is until `applying_until` on the monotonic clock.
    effective: the parameters that its server runs with, by name.
    storage_changed: when its storage was last changed, on the cloud's clock.
    iops, throughput: as chosen; None for the baseline of gp3.
    limit: MaxAllocatedStorage, in GiB; None: no storage autoscaling.
    secondary_zone: the zone of the standby, or where it would be.
    authentication: how the master logs in, `password` or `iam-db-auth`.
    maintenance: pending maintenance actions, by name.
    """

    server: bool = False
    server_key: str = ""
    values: dict[str, Any] = field(default_factory=dict)
    pending: dict[str, Any] = field(default_factory=dict)
    password: str | None = None
    pending_group: str | None = None
    apply_status: str = "in-sync"
    applying_until: float = 0.0
    effective: dict[str, str] = field(default_factory=dict)
    storage_changed: datetime | None = None
    iops: int | None = None
    throughput: int | None = None
    limit: int | None = None
    secondary_zone: str = ""
    authentication: str = "password"
    logs: list[LogFile] = field(default_factory=list)
    maintenance: dict[str, dict[str, Any]] = field(default_factory=dict)


def record_of(instance: Any) -> Record:
    found: Record = instance.__dict__.setdefault("rehearsal", Record())
    return found

# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What a drill restores from, and what it refuses before it changes anything. Pure functions over what AWS says."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from .plan import AUTO, POINT_IN_TIME, SNAPSHOT, Target

USABLE = ("active", "replicating")
"""The states of an automated backup of an instance that exists."""


@dataclass(frozen=True)
class Origin:
    """method: point_in_time or snapshot. backups: the ARN of replicated automated backups; empty for the instance's own. kms_key: that of
    the restored instance. copies: a snapshot has to be copied first, to another region or under another key.
    """

    method: str
    backups: str = ""
    kms_key: str = ""
    copies: bool = False
    latest: float | None = None
    """The time up to which it can be restored, in seconds since 1970; None for a snapshot."""

    def sentence(self, database: str, region: str) -> str:
        """For people: what the drill restores from."""
        if self.method == SNAPSHOT:
            return f"a snapshot of {database}{f', copied to {region}' if self.copies else ''}"
        return f"the automated backups of {database}, replicated to {region}" if self.backups else f"the automated backups of {database}"


def seconds_of(moment: datetime | None) -> float | None:
    return None if moment is None else moment.timestamp()


def latest_of(backup: Mapping[str, Any]) -> float | None:
    """The time up to which an automated backup can be restored."""
    return seconds_of((backup.get("RestoreWindow") or {}).get("LatestTime"))


def choose(
    source: Mapping[str, Any], backups: Sequence[Mapping[str, Any]], target: Target, away: bool, method: str, key: str
) -> tuple[Origin | None, str]:
    """(what to restore from, why there is nothing).

    source: the DBInstance. backups: the automated backups of it in the target's region, if that is another one (``away``). key: the ARN of
    the key that the restored instance has to be under. RDS takes no key when it restores to a point in time: the instance gets that of its
    source, or that of the replicated backups.
    """
    name = str(source["DBInstanceIdentifier"])
    own = str(source.get("KmsKeyId") or "")
    if method == SNAPSHOT:
        return Origin(SNAPSHOT, kms_key=key, copies=away or key != own), ""
    if not away:
        if not int(source.get("BackupRetentionPeriod") or 0):
            return _without(method, Origin(SNAPSHOT, kms_key=key, copies=key != own), f"{name} has no automated backups (retention 0)")
        found = Origin(POINT_IN_TIME, kms_key=own, latest=seconds_of(source.get("LatestRestorableTime")))
        return _under(found, key, name)
    usable = next((one for one in backups if str(one.get("Status")) in USABLE), None)
    if usable is None:
        states = ", ".join(str(one.get("Status")) for one in backups)
        why = f"the automated backups of {name} are not replicated to {target.region}" + (f" (they are {states})" if states else "")
        return _without(method, Origin(SNAPSHOT, kms_key=key, copies=True), why)
    arn, under = str(usable["DBInstanceAutomatedBackupsArn"]), str(usable.get("KmsKeyId") or "")
    return _under(Origin(POINT_IN_TIME, arn, under, latest=latest_of(usable)), key, name)


def _without(method: str, instead: Origin, why: str) -> tuple[Origin | None, str]:
    if method == AUTO:
        return instead, ""
    return None, f"method is point_in_time, but {why}. Turn them on, or set method to snapshot."


def _under(found: Origin, key: str, name: str) -> tuple[Origin | None, str]:
    if found.kms_key == key:
        return found, ""
    return None, (
        f"target.kms_key is {key}, but a restore to a point in time is always under the key of the backups of {name}, "
        f"{found.kms_key or 'and those are not encrypted'}. Set target.kms_key to that key, or method to snapshot, which is copied under "
        "yours."
    )


def refusals(source: Mapping[str, Any], target: Target, away: bool) -> list[str]:
    """Why there can be no drill of this instance into this target, one sentence each."""
    name = str(source["DBInstanceIdentifier"])
    problems = []
    if source.get("DBClusterIdentifier"):
        problems.append(f"{name} is a member of the cluster {source['DBClusterIdentifier']}; drills are for DB instances.")
    replica_of = source.get("ReadReplicaSourceDBInstanceIdentifier") or source.get("ReadReplicaSourceDBClusterIdentifier")
    if replica_of:
        problems.append(f"{name} is a read replica, which takes no marker; name its source, {replica_of}, as the database.")
    if not str(source.get("Engine") or "").startswith("postgres"):
        problems.append(f"{name} runs {source.get('Engine')}; drills are for PostgreSQL.")
    if target.identifier == name:
        problems.append(f"target.identifier is {name}, the database itself. A drill restores into a new instance; leave it out.")
    if not away:
        problems += _not_isolated(source, target)
    return problems


def _not_isolated(source: Mapping[str, Any], target: Target) -> list[str]:
    """A restored copy that applications can reach may be taken for the database."""
    name = str(source["DBInstanceIdentifier"])
    problems = []
    if (source.get("DBSubnetGroup") or {}).get("DBSubnetGroupName") == target.subnet_group:
        problems.append(f"target.subnet_group is {target.subnet_group}, that of {name}; give one that its applications cannot reach.")
    shared = {str(one.get("VpcSecurityGroupId")) for one in source.get("VpcSecurityGroups") or ()} & set(target.security_groups)
    if shared:
        problems.append(
            f"target.security_groups has {', '.join(sorted(shared))}, of {name}; give groups that admit this controller and no application."
        )
    return problems


def name_for(source: Mapping[str, Any], drill: str) -> str:
    """The identifier of the restored instance, and of the drill's snapshot: at most 63 characters, of its own for every drill."""
    digest = hashlib.sha256(f"{source['DbiResourceId']} {drill}".encode()).hexdigest()[:8]
    return f"drill-{str(source['DBInstanceIdentifier'])[:40].rstrip('-')}-{digest}"

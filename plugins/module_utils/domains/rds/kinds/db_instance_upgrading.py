# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What has to happen before and after a new engine version ("Upgrading the RDS for PostgreSQL DB engine", RDS User Guide).

A minor version comes to the replicas first, a major one to the primary, and RDS takes its replicas along. Before a major upgrade, a
snapshot is taken that no retention period deletes. Afterwards the version is compared. A major upgrade loses planner statistics before
version 18; what is inside an instance is planned afterwards and finds the tables without any (domains/database_content).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NoReturn

from ....aws.connection import Aws
from ....aws.tags import tag_dict, tag_list, visible
from ....reconcile.errors import CallFailed, NotYet
from .db_instance_changes import is_upgrade
from .db_instance_final import SOURCE, WHEN, WHY
from .db_instance_options import Options
from .db_instance_refusals import REPLICAS_FIRST, refused
from .db_instance_upgrade_log import last_written, logs, why_not_upgraded
from .db_instance_versions import is_major_only, major, newest, parts, reached

FRESH = timedelta(hours=1)
"""How old a snapshot may be to serve a repeated attempt at the same upgrade."""

NOT_ABROAD = (
    "RDS does not take replicas in other regions along to a major version: remove them from replicas, upgrade the primary, then describe "
    "them again."
)


def prepare(aws: Aws, raw: Mapping[str, Any], left: Mapping[str, Any], options: Options, tags: Mapping[str, str]) -> str:
    """The exact version to send. Raises NotYet while replicas or the snapshot are to be waited for, CallFailed without consent."""
    identifier, present, wanted = str(raw["DBInstanceIdentifier"]), str(raw["EngineVersion"]), str(left["engine_version"])
    if not is_upgrade(raw, left):
        wait_for_replicas(aws, raw, wanted, options.apply == "window")
        return exact(aws, raw, wanted) if is_major_only(wanted) else wanted
    if not options.allow_major_upgrade:
        raise CallFailed(
            f"{identifier} has {present}, and {wanted} is a major upgrade, which cannot be undone",
            hint="Name it in rds_allow_major_upgrade to consent to that.",
        )
    check_other_regions(raw)
    target = exact(aws, raw, wanted)
    take_snapshot(aws, raw, target, tags)
    return target


def exact(aws: Aws, raw: Mapping[str, Any], wanted: str) -> str:
    """The newest version that the setting allows and that RDS offers as an upgrade of the present one. Raises CallFailed if none is."""
    versions = aws.list_all(
        "rds", "describe_db_engine_versions", "DBEngineVersions", Engine=raw["Engine"], EngineVersion=raw["EngineVersion"]
    )
    offered = [str(target["EngineVersion"]) for one in versions for target in one.get("ValidUpgradeTarget") or ()]
    target = newest(wanted, offered)
    if offered and target not in offered:
        of_major = sorted({major(one) for one in offered}, key=parts)
        raise CallFailed(
            f"RDS does not offer {wanted} as an upgrade of {raw['EngineVersion']}",
            hint=f"From here it offers {', '.join(of_major)}; exact versions: {', '.join(sorted(offered, key=parts)[-5:])}.",
        )
    return target


def replicas_of(aws: Aws, raw: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The read replicas that exist, as described; RDS names one in another region by its ARN."""
    names = [str(name) for name in raw.get("ReadReplicaDBInstanceIdentifiers") or ()]
    found: list[dict[str, Any]] = []
    for name in names:
        there = aws.in_region(name.split(":")[3]) if name.startswith("arn:") else aws
        reply = there.find("rds", "describe_db_instances", DBInstanceIdentifier=name.rpartition(":")[2])
        found += (reply or {}).get("DBInstances") or []
    return found


def wait_for_replicas(aws: Aws, raw: Mapping[str, Any], wanted: str, deferred: bool) -> None:
    """Raises NotYet while a replica of ours has an older version: its own step of this run upgrades it. Others are an error, and so are
    those that wait for their window (``deferred``).
    """
    for replica in replicas_of(aws, raw):
        name, version = replica["DBInstanceIdentifier"], replica.get("EngineVersion")
        if reached(wanted, version):
            continue
        if deferred and reached(wanted, (replica.get("PendingModifiedValues") or {}).get("EngineVersion")):
            window = replica.get("PreferredMaintenanceWindow") or "next"
            raise CallFailed(
                f"its read replica {name} gets {wanted} in its maintenance window ({window} UTC)",
                hint=f"{REPLICAS_FIRST} Run again after that, or set maintenance.apply to now.",
            )
        if aws.owner.address(tag_dict(replica.get("TagList"))) is None:
            raise CallFailed(f"its read replica {name} has {version} and is not managed by this component", hint=REPLICAS_FIRST)
        raise NotYet(f"its read replica {name} is upgraded first", "", "ReplicaFirst", dependency=True)


def check_other_regions(raw: Mapping[str, Any]) -> None:
    """Raises CallFailed if there are replicas that RDS does not take along."""
    away = [str(name) for name in raw.get("ReadReplicaDBInstanceIdentifiers") or () if str(name).startswith("arn:")]
    if away:
        raise CallFailed(f"{raw['DBInstanceIdentifier']} has read replicas in other regions ({', '.join(away)})", hint=NOT_ABROAD)


def wait_for_primary(raw: Mapping[str, Any], left: Mapping[str, Any]) -> NoReturn:
    """A replica gets a major version when RDS upgrades its primary, unless it is in another region."""
    primary = str(raw["ReadReplicaSourceDBInstanceIdentifier"])
    if primary.startswith("arn:"):
        raise CallFailed(f"{raw['DBInstanceIdentifier']} is a read replica of {primary} in another region", hint=NOT_ABROAD)
    message = f"{left['engine_version']} is a major upgrade, which RDS makes together with that of its primary {primary}"
    raise NotYet(message, "", "PrimaryFirst", dependency=True)


def offers(aws: Aws, raw: Mapping[str, Any], db_instance_class: str) -> bool:
    """Whether the present engine version offers a class, so that the class can be changed before the version."""
    return bool(
        aws.list_all(
            "rds",
            "describe_orderable_db_instance_options",
            "OrderableDBInstanceOptions",
            Engine=raw["Engine"],
            EngineVersion=raw["EngineVersion"],
            DBInstanceClass=db_instance_class,
        )
    )


def take_snapshot(aws: Aws, raw: Mapping[str, Any], target: str, tags: Mapping[str, str]) -> None:
    """Take a snapshot for the way back, and raise NotYet until it is available. A repeated attempt uses a fresh one again."""
    identifier, now = str(raw["DBInstanceIdentifier"]), datetime.now(UTC)
    why = f"before the upgrade from {raw['EngineVersion']} to {target}"
    listed = aws.list_all("rds", "describe_db_snapshots", "DBSnapshots", DBInstanceIdentifier=identifier, SnapshotType="manual")
    taken = [one for one in listed if one.get("DbiResourceId") == raw.get("DbiResourceId") and tag_dict(one.get("TagList")).get(WHY) == why]
    for one in taken:
        if one.get("Status") == "available" and now - one["SnapshotCreateTime"].replace(tzinfo=UTC) <= FRESH:
            return
        if one.get("Status") == "creating":
            raise NotYet(
                f"snapshot {one['DBSnapshotIdentifier']} is {one.get('PercentProgress', 0)} % complete", "", "Snapshot", dependency=True
            )
    moment = f"{now:%Y%m%d-%H%M%S}-{now.microsecond:06d}"  # an instance restored under this name in the same second takes its own
    name = f"{identifier}-before-{target.replace('.', '-')}-{moment}"
    marks = {SOURCE: f"{identifier} {raw.get('DbiResourceId', '')}".strip(), WHEN: f"{now:%Y-%m-%dT%H:%M:%SZ}", WHY: why}
    own = {key: value for key, value in visible(tags).items() if not key.startswith("aws:")}
    try:
        aws.change("rds", "create_db_snapshot", DBInstanceIdentifier=identifier, DBSnapshotIdentifier=name, Tags=tag_list({**own, **marks}))
    except CallFailed as error:
        raise refused(error) from error  # an instance that is backing up serves connections, and takes no snapshot
    raise NotYet(f"snapshot {name} is being taken", "", "Snapshot", dependency=True)


def newest_log(aws: Aws, identifier: str) -> int:
    """When the newest upgrade log was written before this upgrade."""
    return last_written(logs(aws, identifier))


def check_outcome(aws: Aws, raw: Mapping[str, Any], record: Mapping[str, Any]) -> None:
    """Raises CallFailed if RDS has given up a major upgrade: it is at rest again with its old version, which is no error of any call."""
    identifier = str(raw["DBInstanceIdentifier"])
    if not record["moved"] and newest_log(aws, identifier) <= int(record["logs"]):
        return
    aws.begun.pop(identifier, None)
    wanted = record["sets"]["engine_version"]
    why = why_not_upgraded(aws, identifier)
    raise CallFailed(
        f"RDS gave up the upgrade to {wanted}: the instance is available with {raw['EngineVersion']} again. "
        + (f"Its log says: {why}" if why else "There is no log of it."),
        "rds:ModifyDBInstance",
        "UpgradeFailed",
        "Remove the cause in the database, then run again.",
    )

# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What a database is restored from: a snapshot, or automated backups and a moment. Pure functions over what AWS says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ..inputs.problems import suggestion
from ..recovery.databases import Database, Key, Snapshot
from ..recovery.moments import iso
from ..recovery.progress import minutes
from ..snapshot_gate.judging.facts import Facts
from ..snapshot_gate.judging.findings import AFTER, judge
from ..snapshot_gate.judging.naming import newest_first
from ..snapshot_gate.judging.policy import Policy
from ..snapshot_gate.judging.snapshot_rules import RULES

GOOD = ("complete", "source", "times", "encrypted", "key", "version", "storage")
"""The gate's rules that a snapshot has to pass to be chosen. Its age is no reason: it is what there is to go back to."""

BEHIND = 600.0
"""Seconds. RDS uploads transaction logs every five minutes, so a moment that recent will soon be within the window."""


@dataclass(frozen=True)
class Backups:
    """Automated backups: of an instance that exists, or retained from one that was deleted. earliest, latest: the window."""

    resource_id: str
    identifier: str
    earliest: float | None = None
    latest: float | None = None
    arn: str = ""
    retained: bool = False
    allocated: int = 0
    engine: str = "postgres"
    engine_version: str = ""
    kms_key: str = ""
    encrypted: bool = True


@dataclass(frozen=True)
class Origin:
    """snapshot: to restore from; otherwise backups, to ``moment``, or to their latest if that is None. copy: of the snapshot, under another
    key, which is restored in its place.
    """

    snapshot: Snapshot | None = None
    backups: Backups | None = None
    moment: float | None = None
    copy: Snapshot | None = None

    @property
    def resource_id(self) -> str:
        return self.snapshot.resource_id if self.snapshot else self.backups.resource_id if self.backups else ""

    @property
    def allocated(self) -> int:
        return self.snapshot.allocated if self.snapshot else self.backups.allocated if self.backups else 0

    @property
    def engine_version(self) -> str:
        return self.snapshot.engine_version if self.snapshot else self.backups.engine_version if self.backups else ""

    @property
    def mark(self) -> str:
        """The value of a tag of the new instance, by which another run recognizes what it was restored from."""
        if self.snapshot:
            return self.snapshot.arn
        return f"{self.resource_id} at {iso(self.moment) if self.moment is not None else 'latest'}"

    @property
    def sentence(self) -> str:
        if self.snapshot:
            return f"snapshot {self.snapshot.identifier} of {self.snapshot.source}, {iso(self.snapshot.data_time)}"
        name = self.backups.identifier if self.backups else ""
        return f"{name} at {iso(self.moment)}" if self.moment is not None else f"{name} at its latest restorable time"

    def as_dict(self) -> dict[str, Any]:
        return {
            "method": "snapshot" if self.snapshot else "point_in_time",
            "snapshot": self.snapshot.identifier if self.snapshot else "",
            "snapshot_arn": self.snapshot.arn if self.snapshot else "",
            "point_in_time": "" if self.snapshot else (iso(self.moment) if self.moment is not None else "latest"),
            "resource_id": self.resource_id,
            "engine_version": self.engine_version,
        }


def backups_of(reply: Mapping[str, Any]) -> Backups:
    """A DBInstanceAutomatedBackup of DescribeDBInstanceAutomatedBackups."""
    window = reply.get("RestoreWindow") or {}
    return Backups(
        resource_id=str(reply["DbiResourceId"]),
        identifier=str(reply["DBInstanceIdentifier"]),
        earliest=_seconds(window.get("EarliestTime")),
        latest=_seconds(window.get("LatestTime")),
        arn=str(reply.get("DBInstanceAutomatedBackupsArn") or ""),
        retained=str(reply.get("Status")) == "retained",
        allocated=int(reply.get("AllocatedStorage") or 0),
        engine=str(reply.get("Engine") or ""),
        engine_version=str(reply.get("EngineVersion") or ""),
        kms_key=str(reply.get("KmsKeyId") or ""),
        encrypted=bool(reply.get("Encrypted")),
    )


def _seconds(value: datetime | None) -> float | None:
    return None if value is None else value.timestamp()


def moment_of(text: str) -> tuple[float | None, str]:
    """(seconds since 1970, why the text is no time). RDS restores to whole seconds."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None, f"point_in_time is {text!r}; expected latest, or a time with its zone, such as 2026-11-30T08:15:00+01:00"
    if found.tzinfo is None:
        return None, f"point_in_time is {text!r}, which has no zone; write {text}Z if it is UTC, or {text}+01:00"
    return float(int(found.astimezone(UTC).timestamp())), ""


def moment_problem(backups: Backups, moment: float | None, now: float) -> str:
    """Why automated backups cannot be restored to a moment; empty if they can."""
    name = backups.identifier
    if backups.latest is None:
        return (
            f"{name} has no restorable time: its backup retention period is 0, or its first backup is not complete. Restore a snapshot "
            "instead."
        )
    if moment is None:
        return ""
    window = f"{iso(backups.earliest) or 'its first backup'} to {iso(backups.latest)}"
    if moment > now:
        return f"point_in_time is {iso(moment)}, which is in the future. {name} can be restored to any time from {window}."
    if moment > backups.latest:
        wait = f" It will cover that moment in about {minutes(BEHIND / 2)}; run again then." if now - moment < BEHIND else ""
        return f"point_in_time is {iso(moment)}, after the latest restorable time. {name} can be restored to any time from {window}.{wait}"
    if backups.earliest is not None and moment < backups.earliest:
        return f"point_in_time is {iso(moment)}, before the first backup. {name} can be restored to any time from {window}."
    return ""


def newest_good(database: Database, snapshots: Iterable[Snapshot], now: float) -> tuple[Snapshot | None, list[str]]:
    """(the newest snapshot that the gate would call good whatever its age, why each newer one is not)."""
    why: list[str] = []
    policy = Policy(require_encryption=database.encrypted)
    for one in newest_first(snapshots):
        if one.resource_id != database.resource_id:
            continue
        checks = judge(RULES, AFTER, Facts(database, now, snapshot=one), policy)
        failed = [check for check in checks if check.failed and check.name in GOOD]
        if not failed:
            return one, why
        why.append("; ".join(check.finding.sentence for check in failed))
    return None, why


def snapshot_problem(one: Snapshot, key: Key | None, account: str) -> str:
    """Why a snapshot cannot be restored; empty if it can."""
    if one.status != "available":
        return f"{one.identifier} is {one.status} at {one.percent} %. Wait until it is available, or name another snapshot."
    if key is not None and (key.problem or key.state != "Enabled"):
        return f"{one.identifier} needs the key {one.kms_key}, which is {key.problem or key.state}. Make it usable again."
    owner = one.arn.split(":")[4] if one.arn.count(":") > 4 else account
    if one.encrypted and account and owner != account:
        return f"{one.identifier} is an encrypted snapshot of account {owner}: copy it under a key of {account} first (kms_key)."
    return ""


def unknown(what: str, name: str, known: Iterable[str], region: str) -> str:
    """What to say of an identifier that does not exist."""
    names = sorted(set(known))
    hint = suggestion(name, names) if names else "there are none"
    return f"There is no {what} {name} in {region or 'this region'}: {hint[:400]}."

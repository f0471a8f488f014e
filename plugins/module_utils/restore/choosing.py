# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Finds what is to be restored, and refuses what cannot be, before anything is changed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from ..aws.calls import is_gone
from ..aws.connection import Aws
from ..reconcile.errors import CallFailed
from ..recovery.databases import Database, Snapshot, instance_of, snapshot_of
from ..recovery.giving_up import GaveUp
from ..recovery.reading import Reading, instances
from ..recovery.server_time import ServerTime
from ..snapshot_gate.judging.token import expiry_of, fits
from .origin import Backups, Origin, backups_of, moment_problem, newest_good, snapshot_problem, unknown
from .plan import NEWEST, Overrides, Plan

INSIGHTS_KEY = "PerformanceInsightsKMSKeyId"

EXPLICIT = ("instance_class", "subnet_group", "security_groups", "parameter_group")
"""What has to be given if there is no instance to take settings from: RDS would take the defaults of the VPC and the engine."""


@dataclass(frozen=True)
class Chosen:
    """source: the DBInstance, if it still exists. like: the one whose settings the new one gets; mostly empty if there is none."""

    origin: Origin
    source: dict[str, Any] | None
    like: dict[str, Any]
    notes: tuple[str, ...] = ()


class Choosing:
    def __init__(self, aws: Aws, plan: Plan, time: ServerTime) -> None:
        self.aws, self.plan, self.reading = aws, plan, Reading(aws, time)

    def choose(self) -> Chosen:
        """Raises GaveUp with one sentence if the plan is wrong; CallFailed if AWS cannot be read."""
        plan = self.plan
        everything = self._instances()
        source = self._source(everything)
        backups = None if source else self._retained(everything)
        database = instance_of(source) if source else self._former(backups)
        if source is not None:
            _refuse_wrong_source(source)
        notes: tuple[str, ...] = ()
        if plan.snapshot or plan.gate:
            snapshot, notes = self._snapshot(database)
            origin = Origin(snapshot)
        else:
            found = backups or self._own(database)
            self._check_moment(found)
            origin = Origin(backups=found, moment=plan.moment)
        return Chosen(origin, source, self._with_own_keys(self._like(everything, source)), notes)

    def _instances(self) -> dict[str, dict[str, Any]]:
        """By identifier. Also tells AWS's time."""
        return {str(one["DBInstanceIdentifier"]): one for one in instances(self.aws, self.reading.time)}

    def _source(self, everything: dict[str, dict[str, Any]]) -> dict[str, Any] | None:
        name = self.plan.source
        by_id = (one for one in everything.values() if one.get("DbiResourceId") == name)
        return everything.get(name.lower()) or next(by_id, None)

    def _retained(self, everything: dict[str, dict[str, Any]]) -> Backups | None:
        """The backups of an instance that was deleted. Raises GaveUp if nothing has this name, unless a snapshot is named."""
        plan = self.plan
        known = self._backups()
        found = [one for one in known if one.retained and plan.source in (one.identifier, one.resource_id, one.arn)]
        if len(found) > 1:
            ids = ", ".join(f"{one.resource_id} (until {one.latest})" for one in found)
            raise GaveUp("refused", "source", f"Several deleted instances were called {plan.source}: {ids}. Name one by its resource ID.")
        if found or (plan.snapshot not in ("", NEWEST)):
            return found[0] if found else None
        names = [*everything, *(one.identifier for one in known if one.retained)]
        raise GaveUp("refused", "source", unknown("DB instance", plan.source, names, self.aws.region))

    def _former(self, backups: Backups | None) -> Database:
        """A database that was deleted, as its backups describe it."""
        if backups is None:
            return Database(self.plan.source, "")
        return Database(
            backups.identifier,
            backups.resource_id,
            engine=backups.engine,
            engine_version=backups.engine_version,
            allocated=backups.allocated,
            encrypted=backups.encrypted,
            kms_key=backups.kms_key,
        )

    def _own(self, database: Database) -> Backups:
        """The automated backups of an instance that exists."""
        known = [one for one in self._backups(DbiResourceId=database.resource_id) if not one.retained]
        base = known[0] if known else Backups(database.resource_id, database.identifier)
        return replace(
            base,
            identifier=database.identifier,
            latest=database.latest_restorable if database.retention_days else None,
            allocated=max(base.allocated, database.allocated),
            engine_version=database.engine_version,
            kms_key=database.kms_key,
            retained=False,
        )

    def _backups(self, **query: str) -> list[Backups]:
        try:
            found = self.aws.list_all("rds", "describe_db_instance_automated_backups", "DBInstanceAutomatedBackups", **query)
        except CallFailed as error:
            if is_gone(error):
                return []
            raise
        return [backups_of(one) for one in found]

    def _check_moment(self, backups: Backups) -> None:
        if problem := moment_problem(backups, self.plan.moment, self.reading.time.now()):
            raise GaveUp("refused", "point_in_time", problem)

    def _snapshot(self, database: Database) -> tuple[Snapshot, tuple[str, ...]]:
        plan = self.plan
        notes: tuple[str, ...] = ()
        if plan.gate is not None:
            found = self._of_gate(database)
        elif plan.snapshot == NEWEST:
            one, why = newest_good(database, self.reading.snapshots(database), self.reading.time.now())
            if one is None:
                said = " ".join(f"{reason}." for reason in why[:5]) or "There are none."
                raise GaveUp("refused", "snapshot", f"No snapshot of {database} is good. {said}")
            found, notes = one, tuple(f"Passed over a newer snapshot: {reason}." for reason in why)
        else:
            found = self._named(database)
        key = self.reading.key(found.kms_key) if found.encrypted and found.kms_key else None
        account = found.arn.split(":")[4] if not plan.kms_key and found.arn.count(":") > 4 else ""
        if problem := snapshot_problem(found, key, _account(database.arn) or account):
            raise GaveUp("refused", "snapshot", problem)
        return found, notes

    def _of_gate(self, database: Database) -> Snapshot:
        """The snapshot that a verdict of the gate is bound to, whether or not the verdict has expired."""
        gate = self.plan.gate
        if gate is None or expiry_of(gate.token) is None:
            raise GaveUp("refused", "token", "gate.token is not a token of rds_snapshot_gate; give the one from its result tokens.")
        for one in self.reading.snapshots(database):
            if fits(gate.token, gate.deployment, database.resource_id, one.arn, gate.policy):
                return one
        raise GaveUp(
            "refused",
            "token",
            f"gate.token is not of {gate.deployment}, {database} ({database.resource_id}) and this policy, or its snapshot has been "
            "deleted. Name a snapshot instead.",
        )

    def _named(self, database: Database) -> Snapshot:
        name = self.plan.snapshot
        given = {"IncludeShared": True} if name.startswith("arn:") else {}
        found = self.aws.find("rds", "describe_db_snapshots", DBSnapshotIdentifier=name, **given)
        if not found or not found["DBSnapshots"]:
            known = [one.identifier for one in self.reading.snapshots(database)]
            raise GaveUp("refused", "snapshot", unknown(f"snapshot of {database.identifier}", name, known, self.aws.region))
        one = snapshot_of(found["DBSnapshots"][0])
        if database.resource_id and one.resource_id != database.resource_id and _account(one.arn) == _account(database.arn):
            raise GaveUp(
                "refused",
                "snapshot",
                f"{one.identifier} is of {one.source} with the resource ID {one.resource_id}, not of {database} ({database.resource_id}). "
                f"If that is what you want, set source to {one.resource_id}.",
            )
        return one

    def _with_own_keys(self, like: dict[str, Any]) -> dict[str, Any]:
        """Without the keys of secret and insights that are AWS's own: whoever names a key needs permissions for it."""
        secret, insights = dict(like.get("MasterUserSecret") or {}), like.get(INSIGHTS_KEY)
        if self._is_of_aws(secret.get("KmsKeyId")):
            del secret["KmsKeyId"]
        found = {**like, "MasterUserSecret": secret}
        if self._is_of_aws(insights):
            del found[INSIGHTS_KEY]
        return found

    def _is_of_aws(self, key: Any) -> bool:
        return bool(key) and self.reading.key(str(key)).manager == "AWS"

    def _like(self, everything: dict[str, dict[str, Any]], source: dict[str, Any] | None) -> dict[str, Any]:
        """The DBInstance to take settings from."""
        name, plan = self.plan.settings_from, self.plan
        if name:
            if name.lower() not in everything:
                raise GaveUp("refused", "settings_from", unknown("DB instance", name, everything, self.aws.region))
            return everything[name.lower()]
        if source is not None:
            return source
        missing = [one for one in EXPLICIT if not getattr(plan.overrides, one)]
        if missing:
            text = f"{plan.source} no longer exists, so its settings are not known. Set settings_from to an instance that has them, or: "
            raise GaveUp("refused", "settings", f"{text}{', '.join(f'settings.{one}' for one in missing)}.")
        return _bare(plan.overrides)


def _account(arn: str) -> str:
    return arn.split(":")[4] if arn.count(":") > 4 else ""


def _bare(overrides: Overrides) -> dict[str, Any]:
    """Settings of an instance that no longer exists: what a database in use needs at least, and what the plan says."""
    managed = True if overrides.managed_password is None else overrides.managed_password
    return {
        "BackupRetentionPeriod": 7,
        "DeletionProtection": True,
        "CopyTagsToSnapshot": True,
        "PubliclyAccessible": False,
        **({"MasterUserSecret": {}} if not managed else {"MasterUserSecret": {"SecretStatus": "wanted"}}),
    }


def _refuse_wrong_source(source: dict[str, Any]) -> None:
    name = source["DBInstanceIdentifier"]
    if source.get("DBClusterIdentifier"):
        raise GaveUp("refused", "source", f"{name} is a member of the cluster {source['DBClusterIdentifier']}; this restores DB instances.")
    if not str(source.get("Engine") or "").startswith("postgres"):
        raise GaveUp("refused", "source", f"{name} runs {source.get('Engine')}; this restores PostgreSQL.")


def as_refusal(error: CallFailed) -> str:
    text = " ".join(part for part in (f"{error.operation} ({error.code}): {error.message}", error.hint) if part)
    return f"{text.rstrip('.')}."

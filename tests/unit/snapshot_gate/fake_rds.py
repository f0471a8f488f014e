# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""RDS in memory, with a clock of its own: what the gate's sequence needs, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from email.utils import format_datetime
from types import SimpleNamespace
from typing import Any

from botocore.exceptions import ClientError, ConnectionClosedError

from ansible_collections.mainstay.aws.plugins.module_utils.aws.connection import Aws
from ansible_collections.mainstay.aws.plugins.module_utils.aws.owner import Owner
from ansible_collections.mainstay.aws.plugins.module_utils.snapshot_gate.gate import Gate
from ansible_collections.mainstay.aws.plugins.module_utils.snapshot_gate.judging.verdict import Verdict
from ansible_collections.mainstay.aws.plugins.module_utils.snapshot_gate.plan import Limits, Plan

from .samples import KEY, NOW

PAGE = 100
LIMITS = Limits(database=60.0, snapshot=600.0, stall=120.0, poll=5.0)


class FakeClock:
    def __init__(self) -> None:
        self.seconds = 0.0

    def now(self) -> float:
        return self.seconds

    def pause(self, seconds: float) -> None:
        self.seconds += seconds

    def stop(self) -> None:
        pass

    def on_stop(self, tell: Callable[[], None]) -> None:
        pass


def refused(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": code}, "ResponseMetadata": {"HTTPStatusCode": 400}}, "x")


class FakeRds:
    """``states``: of each snapshot by identifier, as (state, percent) that it passes through, one at each reading; the last one stays.
    ``faults``: what happens to the next calls by method: an error code, or "lost" for a reply that does not arrive.
    """

    def __init__(self, clock: FakeClock, account: str = "111111111111", region: str = "eu-west-1") -> None:
        self.clock, self.account, self.region = clock, account, region
        self.prefix = "" if account == "111111111111" else f"{account}:"
        self.key_manager = "CUSTOMER"
        self.others: list[FakeRds] = []
        self.shared: dict[str, list[str]] = {}
        self.meta = SimpleNamespace(method_to_api_mapping={})
        self.database: dict[str, Any] = {
            "DBInstanceIdentifier": "main",
            "DbiResourceId": "db-MAIN",
            "DBInstanceStatus": "available",
            "Engine": "postgres",
            "EngineVersion": "17.4",
            "AllocatedStorage": 100,
            "MultiAZ": True,
            "StorageEncrypted": True,
            "KmsKeyId": KEY,
            "BackupRetentionPeriod": 7,
            "TagList": [],
        }
        self.clusters: list[dict[str, Any]] = []
        self.snapshots: dict[str, dict[str, Any]] = {}
        self.states: dict[str, list[tuple[str, int]]] = {}
        self.faults: dict[str, list[str]] = {}
        self.quota = (0, 100)
        self.restored: dict[str, dict[str, Any]] = {}
        self.restored_as: dict[str, Any] = {"DBInstanceStatus": "backing-up", "EngineVersion": "17.4"}
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.secrets = {"AWSCURRENT": "old", "AWSPENDING": "new"}
        self.called: list[str] = []

    def now(self) -> datetime:
        return datetime.fromtimestamp(NOW + self.clock.now(), UTC)

    def __getattr__(self, method: str) -> Callable[..., Any]:
        def call(**params: Any) -> dict[str, Any]:
            self.called.append(method)
            self.asked.append((method, params))
            fault = self.faults.get(method, []).pop(0) if self.faults.get(method) else ""
            if fault and fault != "lost":
                raise refused(fault)
            answer = getattr(self, f"_{method}")(**params)
            if fault == "lost":
                raise ConnectionClosedError(endpoint_url="https://rds")
            return {**answer, "ResponseMetadata": {"HTTPHeaders": {"date": format_datetime(self.now(), usegmt=True)}}}

        return call

    def can_paginate(self, method: str) -> bool:
        return True

    def get_paginator(self, method: str) -> Any:
        def pages(**params: Any) -> Iterator[dict[str, Any]]:
            marker: int | None = 0
            while marker is not None:
                answer = getattr(self, method)(Marker=marker, **params)
                marker = answer.get("Marker")
                yield answer

        return SimpleNamespace(paginate=pages)

    def _describe_db_instances(self, DBInstanceIdentifier: str = "", Marker: int = 0) -> dict[str, Any]:  # noqa: N803 - AWS's names
        if not DBInstanceIdentifier:
            return {"DBInstances": [self.database, *self.restored.values()]}
        if DBInstanceIdentifier in self.restored:
            return {"DBInstances": [self.restored[DBInstanceIdentifier]]}
        if DBInstanceIdentifier != self.database["DBInstanceIdentifier"]:
            raise refused("DBInstanceNotFound")
        return {"DBInstances": [{**self.database, "LatestRestorableTime": self.now()}]}

    def _delete_db_cluster(self, DBClusterIdentifier: str, **given: Any) -> dict[str, Any]:  # noqa: N803
        self.clusters = [one for one in self.clusters if one["DBClusterIdentifier"] != DBClusterIdentifier]
        return {}

    def _describe_db_clusters(self, DBClusterIdentifier: str = "", Marker: int = 0) -> dict[str, Any]:  # noqa: N803
        if not DBClusterIdentifier:
            return {"DBClusters": self.clusters}
        found = [one for one in self.clusters if one["DBClusterIdentifier"] == DBClusterIdentifier]
        if not found:
            raise refused("DBClusterNotFoundFault")
        return {"DBClusters": [{**found[0], "LatestRestorableTime": self.now()}]}

    def _describe_db_snapshots(self, Marker: int = 0, DBSnapshotIdentifier: str = "", **filters: str) -> dict[str, Any]:  # noqa: N803
        if DBSnapshotIdentifier:
            if DBSnapshotIdentifier not in self.snapshots:
                raise refused("DBSnapshotNotFound")
            self._advance(DBSnapshotIdentifier)
        wanted = [one for name, one in self.snapshots.items() if DBSnapshotIdentifier in ("", name)]
        wanted = [one for one in wanted if all(one.get(name) == value for name, value in filters.items())]
        after = Marker + PAGE
        return {"DBSnapshots": wanted[Marker:after], **({"Marker": after} if after < len(wanted) else {})}

    def _advance(self, name: str) -> None:
        states = self.states.get(name) or [("available", 100)]
        state, percent = states.pop(0) if len(states) > 1 else states[0]
        if state == "gone":
            del self.snapshots[name]
            raise refused("DBSnapshotNotFound")
        self.snapshots[name].update(Status=state, PercentProgress=percent)

    def _create_db_snapshot(self, DBSnapshotIdentifier: str, DBInstanceIdentifier: str, Tags: Any) -> dict[str, Any]:  # noqa: N803
        if DBSnapshotIdentifier in self.snapshots:
            raise refused("DBSnapshotAlreadyExists")
        return {"DBSnapshot": self.add(DBSnapshotIdentifier, TagList=Tags, Status="creating", PercentProgress=0)}

    def add(self, name: str, **members: Any) -> dict[str, Any]:
        same = {member: self.database[member] for member in ("DBInstanceIdentifier", "DbiResourceId", "Engine", "EngineVersion")}
        self.snapshots[name] = {
            **same,
            "DBSnapshotIdentifier": name,
            "DBSnapshotArn": f"arn:{self.prefix}{name}",
            "Status": "available",
            "PercentProgress": 100,
            "SnapshotType": "manual",
            "AllocatedStorage": 100,
            "Encrypted": True,
            "KmsKeyId": KEY,
            "SnapshotCreateTime": self.now(),
            "TagList": [],
            **members,
        }
        return self.snapshots[name]

    def _delete_db_snapshot(self, DBSnapshotIdentifier: str) -> dict[str, Any]:  # noqa: N803
        return {"DBSnapshot": self.snapshots.pop(DBSnapshotIdentifier)}

    def _describe_db_snapshot_attributes(self, DBSnapshotIdentifier: str) -> dict[str, Any]:  # noqa: N803
        accounts = self.shared.get(DBSnapshotIdentifier, [])
        attributes = [{"AttributeName": "restore", "AttributeValues": list(accounts)}] if accounts else []
        return {"DBSnapshotAttributesResult": {"DBSnapshotAttributes": attributes}}

    def _modify_db_snapshot_attribute(self, DBSnapshotIdentifier: str, AttributeName: str, **change: list[str]) -> dict[str, Any]:  # noqa: N803
        kept = [one for one in self.shared.get(DBSnapshotIdentifier, []) if one not in change.get("ValuesToRemove", [])]
        self.shared[DBSnapshotIdentifier] = kept + change.get("ValuesToAdd", [])
        return {}

    def _copy_db_snapshot(
        self,
        SourceDBSnapshotIdentifier: str,  # noqa: N803
        TargetDBSnapshotIdentifier: str,  # noqa: N803
        Tags: Any,  # noqa: N803
        KmsKeyId: str = "",  # noqa: N803
        **given: Any,
    ) -> dict[str, Any]:
        """A copy of a snapshot of this account, or of another one that shares it."""
        everything = [(owner, one) for owner in (self, *self.others) for one in owner.snapshots.values()]
        found = [(owner, one) for owner, one in everything if one["DBSnapshotArn"] == SourceDBSnapshotIdentifier]
        if not found:
            raise refused("DBSnapshotNotFound")
        owner, source = found[0]
        if owner.account != self.account and self.account not in owner.shared.get(source["DBSnapshotIdentifier"], []):
            raise refused("DBSnapshotNotFound")
        if TargetDBSnapshotIdentifier in self.snapshots:
            raise refused("DBSnapshotAlreadyExists")
        other = ("DBSnapshotArn", "SnapshotCreateTime", "DBSnapshotIdentifier")
        same = {member: value for member, value in source.items() if member not in other}
        made = self.add(
            TargetDBSnapshotIdentifier,
            **{**same, "KmsKeyId": KmsKeyId or source["KmsKeyId"], "TagList": Tags, "Status": "pending", "PercentProgress": 0},
            OriginalSnapshotCreateTime=source.get("OriginalSnapshotCreateTime", source["SnapshotCreateTime"]),
            SourceDBSnapshotIdentifier=source["DBSnapshotArn"],
        )
        return {"DBSnapshot": made}

    def _describe_account_attributes(self) -> dict[str, Any]:
        return {"AccountQuotas": [{"AccountQuotaName": "ManualSnapshots", "Used": self.quota[0], "Max": self.quota[1]}]}

    def _restore_db_instance_from_db_snapshot(self, DBInstanceIdentifier: str, Tags: Any, **given: Any) -> dict[str, Any]:  # noqa: N803
        self.restored[DBInstanceIdentifier] = {
            "DBInstanceIdentifier": DBInstanceIdentifier,
            "Endpoint": {"Address": "host", "Port": 5432},
            "TagList": Tags,
            **self.restored_as,
        }
        return {"DBInstance": self.restored[DBInstanceIdentifier]}

    def _modify_db_instance(self, DBInstanceIdentifier: str, **given: Any) -> dict[str, Any]:  # noqa: N803
        self.restored[DBInstanceIdentifier]["MasterUserSecret"] = {"SecretArn": "arn:secret", "SecretStatus": "active"}
        return {"DBInstance": self.restored[DBInstanceIdentifier]}

    def _reboot_db_instance(self, DBInstanceIdentifier: str) -> dict[str, Any]:  # noqa: N803
        return {"DBInstance": self.restored[DBInstanceIdentifier]}

    def _delete_db_instance(self, DBInstanceIdentifier: str, **given: Any) -> dict[str, Any]:  # noqa: N803
        if DBInstanceIdentifier not in self.restored:
            raise refused("DBInstanceNotFound")
        return {"DBInstance": self.restored.pop(DBInstanceIdentifier)}

    def _get_secret_value(self, SecretId: str, VersionStage: str) -> dict[str, Any]:  # noqa: N803
        if VersionStage not in self.secrets:
            raise refused("ResourceNotFoundException")
        return {"SecretString": json.dumps({"username": "postgres", "password": self.secrets[VersionStage]})}

    def _describe_key(self, KeyId: str) -> dict[str, Any]:  # noqa: N803
        return {"KeyMetadata": {"Arn": KeyId, "KeyState": "Enabled", "KeyManager": self.key_manager}}


class Account:
    """RDS and KMS in memory, and gates over them."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.rds = FakeRds(self.clock)
        self.said: list[str] = []

    def gate(self, database: str = "main", **plan: Any) -> Verdict:
        wanted = Plan((database,), **{"limits": LIMITS, "deployment": "r1", **plan})
        aws = Aws(lambda service: self.rds, Owner("", ""), pause=self.clock.pause, region="eu-west-1")
        try:
            return Gate(aws, self.clock, wanted, lambda who, doing, seconds: self.said.append(doing)).run(database)
        finally:
            aws.close()


def decision(verdict: Verdict) -> tuple[str, str]:
    return verdict.state, verdict.reason

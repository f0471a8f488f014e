"""Databases for tests: instances of PostgreSQL, their snapshots, and keys, in one region of an account."""

from __future__ import annotations

from typing import Any

from rehearsal.testing import Cloud


class Databases:
    def __init__(self, cloud: Cloud, region: str | None = None, account_id: str = "") -> None:
        self.cloud = cloud
        self.region, self.account_id = region or cloud.region, account_id
        self.rds = self.client("rds")
        cloud.admin.settings(databases=False)

    def client(self, service: str) -> Any:
        return self.cloud.client(service, region=self.region, account_id=self.account_id)

    def key(self) -> str:
        """The ARN of a new key."""
        return str(self.client("kms").create_key()["KeyMetadata"]["Arn"])

    def takes(self, **seconds: float) -> None:
        """Sets how long transitions take, by the kind of resource without its prefix; everything else takes no time."""
        self.cloud.admin.settings(transition_seconds={"default": 0.0, **{f"rds_{kind}": value for kind, value in seconds.items()}})

    def create(self, name: str, **options: Any) -> dict[str, Any]:
        """An encrypted instance of 100 GiB without automated backups; an option of None is left out."""
        given = {
            "Engine": "postgres",
            "DBInstanceClass": "db.t4g.medium",
            "AllocatedStorage": 100,
            "StorageType": "gp3",
            "MasterUsername": "root_user",
            "MasterUserPassword": "not-secret-at-all",
            "BackupRetentionPeriod": 0,
            "StorageEncrypted": True,
            **options,
        }
        if "ManageMasterUserPassword" in options:
            given["MasterUserPassword"] = None
        if "KmsKeyId" not in options:
            given["KmsKeyId"] = self.key()
        given = {key: value for key, value in given.items() if value is not None}
        return dict(self.rds.create_db_instance(DBInstanceIdentifier=name, **given)["DBInstance"])

    def instance(self, name: str) -> dict[str, Any]:
        return dict(self.rds.describe_db_instances(DBInstanceIdentifier=name)["DBInstances"][0])

    def none_is_left(self) -> bool:
        return not self.rds.describe_db_instances()["DBInstances"]

    def snapshot(self, name: str, of: str = "main", **options: Any) -> dict[str, Any]:
        return dict(self.rds.create_db_snapshot(DBSnapshotIdentifier=name, DBInstanceIdentifier=of, **options)["DBSnapshot"])

    def copy(self, source: str, name: str, **options: Any) -> dict[str, Any]:
        given = {"SourceDBSnapshotIdentifier": source, "TargetDBSnapshotIdentifier": name, **options}
        return dict(self.rds.copy_db_snapshot(**given)["DBSnapshot"])

    def seen(self, name: str) -> dict[str, Any]:
        return dict(self.rds.describe_db_snapshots(DBSnapshotIdentifier=name)["DBSnapshots"][0])

    def names(self, **filters: Any) -> list[str]:
        return [one["DBSnapshotIdentifier"] for one in self.rds.describe_db_snapshots(**filters)["DBSnapshots"]]

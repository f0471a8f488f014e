# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The kinds of instances alone, in a rehearsal cloud without database servers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, ClassVar

from ansible_collections.mainstay.aws.plugins.module_utils.domains.rds.kinds.db_instance import DbInstance, DbReplica
from ansible_collections.mainstay.aws.plugins.module_utils.domains.rds.kinds.db_instance_options import Options
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.model import Kind, Resource, ref
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.waiting import Patience
from tests.integration.site import ACCOUNT, Component

REGION = "eu-west-1"
MAIN = "prod-main"
READER = "prod-main-reader"
PURGE = ("db_instance.*", "db_replica.*")
EVERY_DAY = {"mainstay:environment", "mainstay:component", "mainstay:address"}


@dataclass
class Site(Component):
    """Instances of one owner in an existing subnet group."""

    component: str = "db"
    options: dict[str, Options] = field(default_factory=dict)
    patience: ClassVar[Patience] = Patience(poll=0.02, settle=0.5, timeout=30)

    def __post_init__(self) -> None:
        self.rds, ec2 = self.cloud.client("rds"), self.cloud.client("ec2")
        vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        subnets = [
            ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{n}.0/24", AvailabilityZone=f"{REGION}{zone}")["Subnet"]["SubnetId"]
            for n, zone in enumerate("ab")
        ]
        self.rds.create_db_subnet_group(DBSubnetGroupName="db", DBSubnetGroupDescription="x", SubnetIds=subnets)
        self.key = str(self.cloud.client("kms").create_key()["KeyMetadata"]["Arn"])

    def kinds(self, desired: Sequence[Resource] = ()) -> Mapping[str, Kind]:
        return {kind.name: kind for kind in (DbInstance(self.options), DbReplica(self.options))}

    def main(self, **more: Any) -> Resource:
        """A small primary; None removes a property."""
        given = {
            "db_instance_identifier": MAIN,
            "engine": "postgres",
            "engine_version": "17",
            "db_instance_class": "db.t4g.medium",
            "allocated_storage": 100,
            "max_allocated_storage": 200,
            "storage_type": "gp3",
            "multi_az": False,
            "master_username": "dbadmin",
            "master_credentials": {"managed": {"kms_key_id": self.key}},
            "db_subnet_group_name": "db",
            "kms_key_id": self.key,
            "publicly_accessible": False,
            "copy_tags_to_snapshot": True,
            "backup_retention_period": 7,
            "tags": dict(self.tags),
            **more,
        }
        return Resource("db_instance", "main", {name: value for name, value in given.items() if value is not None})

    def reader(self, **more: Any) -> Resource:
        given = {
            "db_instance_identifier": READER,
            "source_db_instance_identifier": ref("db_instance.main"),
            "engine_version": "17",
            "db_instance_class": "db.t4g.medium",
            "promoted": False,
            "tags": dict(self.tags),
            **more,
        }
        return Resource("db_replica", "main/reader", {name: value for name, value in given.items() if value is not None})

    def secret(self, password: str, name: str = "prod-main-master") -> dict[str, str]:
        """A secret of ours with this password; a second call makes another version."""
        client = self.cloud.client("secretsmanager")
        text = f'{{"username": "dbadmin", "password": "{password}"}}'
        there = name in [one["Name"] for one in client.list_secrets()["SecretList"]]
        made = client.put_secret_value(SecretId=name, SecretString=text) if there else client.create_secret(Name=name, SecretString=text)
        return {"secret_arn": str(made["ARN"]), "version": str(made["VersionId"])}

    def describe(self, name: str = MAIN) -> dict[str, Any]:
        return dict(self.rds.describe_db_instances(DBInstanceIdentifier=name)["DBInstances"][0])

    def names(self) -> list[str]:
        return sorted(one["DBInstanceIdentifier"] for one in self.rds.describe_db_instances()["DBInstances"])

    def snapshots(self) -> list[dict[str, Any]]:
        return list(self.rds.describe_db_snapshots(SnapshotType="manual")["DBSnapshots"])

    def happen(self, name: str, **params: Any) -> Any:
        return self.cloud.admin.happen("rds", name, DBInstanceIdentifier=params.pop("of", MAIN), **params)


def tags_of(one: Mapping[str, Any]) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in one["TagList"]}


def today() -> str:
    return f"{datetime.now(UTC):%Y%m%d}"


__all__ = ["ACCOUNT", "EVERY_DAY", "MAIN", "PURGE", "READER", "REGION", "Options", "Site", "tags_of", "today"]

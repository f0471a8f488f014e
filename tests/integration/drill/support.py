# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A database with data in one region, networks for drills in two, and drills run as the module runs them."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import psycopg
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.mainstay.aws.plugins.module_utils.aws.connection import Aws, watch
from ansible_collections.mainstay.aws.plugins.module_utils.aws.owner import Owner
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.waiting import SystemClock
from ansible_collections.mainstay.aws.plugins.module_utils.recovery.drill.answer import result_of
from ansible_collections.mainstay.aws.plugins.module_utils.recovery.drill.drill import Drill
from ansible_collections.mainstay.aws.plugins.module_utils.recovery.drill.options import argument_spec, plan_of
from rehearsal.testing import Cloud

HOME, AWAY = "eu-west-1", "eu-central-1"
QUICK = {"poll_interval": 0.2, "backups_timeout": 30, "timeout": 60}
SCHEMA = """
CREATE SCHEMA app;
CREATE TABLE app.orders (id int PRIMARY KEY, note text);
INSERT INTO app.orders SELECT number, 'note ' || number FROM generate_series(1, 500) number;
"""


class Place:
    """What a drill is restored into, in one region."""

    def __init__(self, cloud: Cloud, region: str) -> None:
        self.rds = cloud.client("rds", region=region)
        ec2 = cloud.client("ec2", region=region)
        self.vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
        subnets = [
            ec2.create_subnet(VpcId=self.vpc, CidrBlock=f"10.9.{number}.0/24", AvailabilityZone=f"{region}{zone}")["Subnet"]["SubnetId"]
            for number, zone in enumerate("ab")
        ]
        self.group = partial(self._group, ec2)
        self.security_group = self.group("drills")
        self.key = str(cloud.client("kms", region=region).create_key()["KeyMetadata"]["Arn"])
        for name in ("drills", "private"):
            self.rds.create_db_subnet_group(DBSubnetGroupName=name, DBSubnetGroupDescription=name, SubnetIds=subnets)
        self.rds.create_db_parameter_group(DBParameterGroupName="orders", DBParameterGroupFamily="postgres17", Description="orders")

    def _group(self, ec2: Any, name: str) -> str:
        return str(ec2.create_security_group(GroupName=name, Description=name, VpcId=self.vpc)["GroupId"])

    def target(self, **changes: Any) -> dict[str, Any]:
        return {
            "subnet_group": "drills",
            "security_groups": [self.security_group],
            "parameter_group": "orders",
            "kms_key": self.key,
            **changes,
        }


class Site:
    """An account with the instance ``orders`` in one region. Its backups are replicated to the other one."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud, self.here, self.there = cloud, Place(cloud, HOME), Place(cloud, AWAY)
        self.ca = str(cloud.admin.databases()["ca_bundle"])
        self.here.rds.create_db_instance(
            DBInstanceIdentifier="orders",
            Engine="postgres",
            EngineVersion="17.4",
            DBInstanceClass="db.t4g.medium",
            AllocatedStorage=100,
            StorageType="gp3",
            MasterUsername="root_user",
            ManageMasterUserPassword=True,
            BackupRetentionPeriod=7,
            StorageEncrypted=True,
            KmsKeyId=self.here.key,
            DBName="shop",
            DBSubnetGroupName="private",
            VpcSecurityGroupIds=[self.here.group("applications")],
            DBParameterGroupName="orders",
            EnableIAMDatabaseAuthentication=True,
            CopyTagsToSnapshot=True,
            Tags=[{"Key": f"mainstay:{name}", "Value": "prod"} for name in ("environment", "component", "address")],
        )
        until(lambda: (self.instance("orders").get("MasterUserSecret") or {}).get("SecretStatus") == "active")
        until(lambda: self.instance("orders")["DBInstanceStatus"] == "available")
        with self.connect("orders") as connection:
            connection.execute(SCHEMA)
        static = {"ParameterName": "max_connections", "ParameterValue": "60", "ApplyMethod": "pending-reboot"}
        self.there.rds.modify_db_parameter_group(DBParameterGroupName="orders", Parameters=[static])
        arn = self.instance("orders")["DBInstanceArn"]
        self.there.rds.start_db_instance_automated_backups_replication(SourceDBInstanceArn=arn, KmsKeyId=self.there.key, SourceRegion=HOME)

    def instance(self, name: str, region: str = HOME) -> dict[str, Any]:
        return dict(self.cloud.client("rds", region=region).describe_db_instances(DBInstanceIdentifier=name)["DBInstances"][0])

    def connect(self, name: str, region: str = HOME, **login: str) -> psycopg.Connection[Any]:
        """A connection of its own, as the master user if no other is given."""
        found = self.instance(name, region)
        if not login:
            secrets = self.cloud.client("secretsmanager", region=region)
            values = json.loads(secrets.get_secret_value(SecretId=found["MasterUserSecret"]["SecretArn"])["SecretString"])
            login = {"user": values["username"], "password": values["password"]}
        where = {"host": found["Endpoint"]["Address"], "port": found["Endpoint"]["Port"], "sslrootcert": self.ca, "sslmode": "verify-full"}
        return psycopg.connect(**where, dbname="shop", **login, autocommit=True)

    def drill(self, role: str = "apply", check_mode: bool = False, **options: Any) -> dict[str, Any]:
        """The result of the module. Options have the module's defaults, and short time limits."""
        given = {
            "database": "orders",
            "target": self.here.target(),
            "ca_cert": self.ca,
            "marker": {"database": "shop", "interval": 0.3},
            **QUICK,
            **options,
        }
        checked = ArgumentSpecValidator(argument_spec()).validate(given)
        assert not checked.error_messages, checked.error_messages
        plan, problems = plan_of(checked.validated_parameters, HOME, check_mode=check_mode)
        assert plan is not None, problems
        clock = SystemClock()
        make = lambda service, region=HOME: watch(self.cloud.client(service, role, region))  # noqa: E731 - the maker of clients
        aws = Aws(make, Owner("", ""), pause=clock.pause, region=HOME)
        began = time.monotonic()
        try:
            found = Drill(aws, clock, plan, lambda doing, seconds: None).run()
        finally:
            aws.close()
        return result_of(plan, found, aws.counts, time.monotonic() - began)

    def takes(self, **seconds: float) -> None:
        """Sets how long states take, by the kind of resource without its prefix."""
        self.cloud.admin.settings(transition_seconds={"default": 0.0, **{f"rds_{kind}": value for kind, value in seconds.items()}})

    def changes(self) -> set[str]:
        """The operations of AWS that have changed anything since the test began."""
        return {one["operation"] for one in self.cloud.admin.requests() if one["mutating"]}

    def tags(self, name: str = "orders", region: str = HOME) -> dict[str, str]:
        return {one["Key"]: one["Value"] for one in self.instance(name, region)["TagList"]}

    def away(self, **changes: Any) -> dict[str, Any]:
        return self.there.target(region=AWAY, **changes)

    def names(self, region: str = HOME) -> set[str]:
        """The instances of a region that are not being deleted."""
        found = self.cloud.client("rds", region=region).describe_db_instances()["DBInstances"]
        return {str(one["DBInstanceIdentifier"]) for one in found if one["DBInstanceStatus"] != "deleting"}

    def snapshots(self, region: str = HOME) -> set[str]:
        """The manual snapshots of a region."""
        found = self.cloud.client("rds", region=region).describe_db_snapshots(SnapshotType="manual")["DBSnapshots"]
        return {str(one["DBSnapshotIdentifier"]) for one in found}

    def schemas(self) -> set[str]:
        """The schemas of the source, other than PostgreSQL's."""
        with self.connect("orders") as connection:
            rows = connection.execute("SELECT nspname FROM pg_namespace WHERE nspname !~ '^(pg_|information_schema)'").fetchall()
        return {row[0] for row in rows}

    def leaves_nothing(self) -> bool:
        return (
            self.names() == {"orders"} and not self.names(AWAY) and not self.snapshots() and not self.snapshots(AWAY)
        ) and self.schemas() == {"public", "app"}


def outcome(found: dict[str, Any]) -> tuple[str, str, int]:
    return found["verdict"], found["reason"], found["exit_code"]


def until(holds: Callable[[], bool], seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)

# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""An account with production and one with staging, and refreshes as the module makes them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.mainstay.aws.plugins.module_utils.aws.connection import Aws, watch
from ansible_collections.mainstay.aws.plugins.module_utils.aws.owner import Owner
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.waiting import SystemClock
from ansible_collections.mainstay.aws.plugins.module_utils.recovery.reading import Reading
from ansible_collections.mainstay.aws.plugins.module_utils.recovery.server_time import ServerTime
from ansible_collections.mainstay.aws.plugins.module_utils.refresh.options import argument_spec, plan_of
from ansible_collections.mainstay.aws.plugins.module_utils.refresh.plan import Report
from ansible_collections.mainstay.aws.plugins.module_utils.refresh.refresher import Refresher
from rehearsal.testing import Cloud
from tests.integration.module_runs import ModuleRuns
from tests.integration.snapshot_gate.support import until

PRODUCTION, STAGING = "123456789012", "444455556666"
AWAY, HOME = "af-south-1", "eu-west-1"
MASTER, MASTER_PASSWORD = "dbadmin", "canary-of-production-0123456789"
SHOP_PASSWORD = "canary-of-the-shop-0123456789"
PERSON = "canary.of.a.person@mail.org"
SOURCE, TARGET = "prod-main", "staging-main"
OF_THE_ROLE = "test-main"
"""The instance that the role rds builds, in an environment of its own."""
TARGETS = (TARGET, OF_THE_ROLE)
ANONYMIZED = "UPDATE users SET email = 'user' || id || '@example.com';"
CHECK = {"addresses lead nowhere": "SELECT FROM users WHERE email NOT LIKE '%@example.com'"}

DATA = f"""
CREATE ROLE shop LOGIN PASSWORD '{SHOP_PASSWORD}';
COMMENT ON ROLE shop IS '[mainstay environment=prod component=database address=postgres_role.main/shop password=v1]';
CREATE ROLE auditor LOGIN PASSWORD '{SHOP_PASSWORD}';
GRANT shop TO {MASTER};
ALTER DATABASE shop OWNER TO shop;
COMMENT ON DATABASE shop IS '[mainstay environment=prod component=database address=postgres_database.main/shop]';
SET ROLE shop;
CREATE TABLE users (id int PRIMARY KEY, email text NOT NULL);
INSERT INTO users SELECT n, n || '{PERSON}' FROM generate_series(1, 500) n;
RESET ROLE;
REVOKE shop FROM {MASTER};
"""


SECONDS = 60.0
EVERYTHING = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}


class Killed(BaseException):
    """The end of the process."""


class Accounts:
    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self.there = cloud.client("rds", region=AWAY, account_id=PRODUCTION)
        self.here = cloud.client("rds")
        self.folder = Path()
        self.sql = self.shown = ""

    def prepare(self) -> None:
        self.cloud.admin.settings(transition_seconds={"default": 0.0})
        kms = self.cloud.client("kms", region=AWAY, account_id=PRODUCTION)
        statement = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{STAGING}:root"}, "Action": "kms:*", "Resource": "*"}
        own = {**statement, "Principal": {"AWS": f"arn:aws:iam::{PRODUCTION}:root"}}
        policy = {"Version": "2012-10-17", "Statement": [own, statement]}
        key = kms.create_key(Policy=json.dumps(policy))["KeyMetadata"]["Arn"]
        self.key = self.cloud.client("kms").create_key()["KeyMetadata"]["Arn"]
        self.create(self.there, SOURCE, "prod", key, MasterUserPassword=MASTER_PASSWORD, DBName="shop")
        self.create(self.here, TARGET, "staging", self.key, ManageMasterUserPassword=True)
        with self.login(self.instance(self.there, SOURCE), MASTER, MASTER_PASSWORD) as connection:
            connection.execute(DATA.encode())
        self.snapshot("snap-1")

    @staticmethod
    def create(rds: Any, name: str, environment: str, key: str, **options: Any) -> None:
        tags = {"mainstay:environment": environment, "mainstay:component": "database", "mainstay:address": "db_instance.main"}
        rds.create_db_instance(
            DBInstanceIdentifier=name,
            Engine="postgres",
            EngineVersion="17.4",
            DBInstanceClass="db.t4g.medium",
            AllocatedStorage=20,
            StorageType="gp3",
            MasterUsername=MASTER,
            BackupRetentionPeriod=1,
            StorageEncrypted=True,
            KmsKeyId=key,
            Tags=[{"Key": one, "Value": value} for one, value in tags.items()],
            **options,
        )
        until(lambda: rds.describe_db_instances(DBInstanceIdentifier=name)["DBInstances"][0]["DBInstanceStatus"] == "available", SECONDS)

    def snapshot(self, name: str) -> None:
        self.there.create_db_snapshot(DBSnapshotIdentifier=name, DBInstanceIdentifier=SOURCE)
        until(lambda: self.there.describe_db_snapshots(DBSnapshotIdentifier=name)["DBSnapshots"][0]["Status"] == "available", SECONDS)

    def begin(self, folder: Path) -> None:
        self.folder = folder
        self.sql = self.file(ANONYMIZED)
        self.shown = ""

    def file(self, content: str) -> str:
        path = self.folder / "shop.sql"
        path.write_text(content)
        return str(path)

    @staticmethod
    def instance(rds: Any, name: str) -> dict[str, Any]:
        return dict(rds.describe_db_instances(DBInstanceIdentifier=name)["DBInstances"][0])

    def login(self, instance: dict[str, Any], user: str, password: str, database: str = "shop") -> psycopg.Connection[Any]:
        ca = str(self.cloud.admin.databases()["ca_bundle"])
        where = {"host": instance["Endpoint"]["Address"], "port": instance["Endpoint"]["Port"], "sslrootcert": ca, "sslmode": "verify-full"}
        return psycopg.connect(**where, dbname=database, user=user, password=password, autocommit=True)

    def master(self, instance: dict[str, Any]) -> str:
        arn = instance["MasterUserSecret"]["SecretArn"]
        return str(json.loads(self.cloud.client("secretsmanager").get_secret_value(SecretId=arn)["SecretString"])["password"])

    def in_staging(self, query: str, database: str = "shop") -> list[tuple[Any, ...]]:
        found = self.instance(self.here, TARGET)
        with self.login(found, MASTER, self.master(found), database) as connection:
            connection.execute(f"GRANT shop TO {MASTER}".encode())
            rows = list(connection.execute(query.encode()).fetchall())
            connection.execute(f"REVOKE shop FROM {MASTER}".encode())
            return rows

    def options(self, **options: Any) -> dict[str, Any]:
        given = {
            "environment": "staging",
            "component": "database",
            "identifier": TARGET,
            "source": {"identifier": SOURCE, "account_id": PRODUCTION, "region": AWAY},
            "ca": str(self.cloud.admin.databases()["ca_bundle"]),
            "master": MASTER,
            "databases": {"shop": {"owner": "shop"}},
            "users": {"shop": {"login": "iam"}},
            "anonymize": {"shop": {"files": [self.sql], "checks": CHECK}},
            "poll_interval": 0.1,
            "timeout": 60,
        }
        return {**given, **options}

    def refresh(self, fence: Callable[[], None] | None = None, *, check_mode: bool = False, **options: Any) -> Report:
        """One refresh in this process. Raises what it raises."""
        checked = ArgumentSpecValidator(argument_spec()).validate(self.options(**options))
        assert not checked.error_messages, checked.error_messages
        plan, problems = plan_of(checked.validated_parameters, check_mode=check_mode)
        assert plan is not None, problems
        plan = type(plan)(**{**plan.__dict__, "key": self.key})
        clock = SystemClock()
        there = Aws(
            lambda service: watch(self.cloud.client(service, "apply", AWAY, PRODUCTION)), Owner("", ""), pause=clock.pause, region=AWAY
        )
        here = Aws(lambda service: watch(self.cloud.client(service)), Owner("", ""), pause=clock.pause, region=HOME)
        there.fence = here.fence = fence
        readings = (Reading(there, ServerTime(clock.now)), Reading(here, ServerTime(clock.now)))
        refresher = Refresher(plan, readings, (PRODUCTION, STAGING), clock, lambda _doing, _seconds: None, Report())
        try:
            refresher.run()
        finally:
            there.close()
            here.close()
            self.shown += json.dumps(refresher.report.as_dict())
        return refresher.report

    def run(self, **options: Any) -> dict[str, Any]:
        """The module, as users run it, with a role of production."""
        runs = ModuleRuns(self.cloud, self.folder)
        source = {"identifier": SOURCE, "account_id": PRODUCTION, "region": AWAY, **options.pop("source", {})}
        found = runs.run_module("rds_refresh", {**self.options(source=source, **options), "region": HOME}, "apply")
        self.shown += runs.printed
        return found

    def role(self, name: str, policy: dict[str, Any] | None = None) -> str:
        """The ARN of a new role of production, which staging may assume, with this policy or every right."""
        iam = self.cloud.client("iam", account_id=PRODUCTION)
        trust = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{STAGING}:root"}, "Action": "sts:AssumeRole"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
        arn = str(iam.create_role(RoleName=name, AssumeRolePolicyDocument=document)["Role"]["Arn"])
        iam.put_role_policy(RoleName=name, PolicyName="refresh", PolicyDocument=json.dumps(policy or EVERYTHING))
        return arn

    def left(self) -> list[str]:
        """What a refresh must not leave, in both accounts."""
        found = []
        for rds in (self.there, self.here):
            snapshots = rds.describe_db_snapshots(SnapshotType="manual")["DBSnapshots"]
            found += [one["DBSnapshotIdentifier"] for one in snapshots if not one["DBSnapshotIdentifier"].startswith("snap-")]
            for one in snapshots:
                attributes = rds.describe_db_snapshot_attributes(DBSnapshotIdentifier=one["DBSnapshotIdentifier"])
                shares = attributes["DBSnapshotAttributesResult"]["DBSnapshotAttributes"]
                found += [f"a share of {one['DBSnapshotIdentifier']}" for share in shares if share["AttributeValues"]]
            instances = rds.describe_db_instances()["DBInstances"]
            found += [
                one["DBInstanceIdentifier"]
                for one in instances
                if one["DBInstanceIdentifier"] not in (SOURCE, *TARGETS) and one["DBInstanceStatus"] != "deleting"
            ]
        return found

    def tags(self) -> dict[str, str]:
        return {one["Key"]: one["Value"] for one in self.instance(self.here, TARGET)["TagList"]}

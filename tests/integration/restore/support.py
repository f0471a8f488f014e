# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Restores in a rehearsal cloud, run as the module runs them, with PostgreSQL servers that hold real data."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from typing import Any

import psycopg
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.mainstay.aws.plugins.module_utils.aws.connection import Aws, watch
from ansible_collections.mainstay.aws.plugins.module_utils.aws.owner import Owner
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.waiting import SystemClock
from ansible_collections.mainstay.aws.plugins.module_utils.restore.answer import result_of
from ansible_collections.mainstay.aws.plugins.module_utils.restore.options import argument_spec, plan_of
from ansible_collections.mainstay.aws.plugins.module_utils.restore.run import Restore
from rehearsal.testing import Cloud
from tests.integration.snapshot_gate.support import Site, until

QUICK = {"timeout": 60, "finish_timeout": 60, "poll_interval": 0.2}
CANARY = "canary-of-a-row-4711"
OWNER = {"mainstay:environment": "prod", "mainstay:component": "orders", "mainstay:address": "db_instance.main"}
MARKS = ("mainstay:managed-by", "mainstay:restored-from", "mainstay:database")


class Restores(Site):
    """An instance, main, with a managed password, groups and settings of its own, and a database with rows."""

    def __init__(self, cloud: Cloud) -> None:
        super().__init__(cloud)
        self.secrets = cloud.client("secretsmanager")
        self.ca = str(cloud.admin.databases()["ca_bundle"])

    def prepare(self) -> None:
        role = self.cloud.client("iam").create_role(RoleName="monitoring", AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
        self.rds.create_db_parameter_group(DBParameterGroupName="own", DBParameterGroupFamily="postgres17", Description="own")
        self.rds.modify_db_parameter_group(
            DBParameterGroupName="own",
            Parameters=[{"ParameterName": "max_locks_per_transaction", "ParameterValue": "80", "ApplyMethod": "pending-reboot"}],
        )
        self.create(
            "main",
            DBName="shop",
            MasterUserPassword=None,
            ManageMasterUserPassword=True,
            DBParameterGroupName="own",
            MaxAllocatedStorage=200,
            MonitoringInterval=60,
            MonitoringRoleArn=role,
            EnablePerformanceInsights=True,
            EnableIAMDatabaseAuthentication=True,
            EnableCloudwatchLogsExports=["postgresql"],
            PreferredMaintenanceWindow="sun:03:00-sun:04:00",
            PreferredBackupWindow="01:00-02:00",
            Tags=[{"Key": key, "Value": value} for key, value in {"team": "shop", **OWNER}.items()],
        )
        self.sql(
            "main",
            "CREATE TABLE orders (id int PRIMARY KEY, what text)",
            f"INSERT INTO orders SELECT n, '{CANARY} ' || n FROM generate_series(1, 300) n",
        )
        self.snapshot("first")
        until(lambda: self.snapshot_of("first")["Status"] == "available", 30.0)

    def create(self, name: str, **options: Any) -> dict[str, Any]:
        given = {**options}
        if given.get("MasterUserPassword", "") is None:
            del given["MasterUserPassword"]
            base = {
                "Engine": "postgres",
                "EngineVersion": "17.4",
                "DBInstanceClass": "db.t4g.medium",
                "AllocatedStorage": 100,
                "StorageType": "gp3",
                "MasterUsername": "root_user",
                "BackupRetentionPeriod": 7,
                "StorageEncrypted": True,
                "KmsKeyId": self.key(),
            }
            made = self.rds.create_db_instance(DBInstanceIdentifier=name, **{**base, **given})["DBInstance"]
            until(lambda: self.instance(name)["DBInstanceStatus"] == "available", 60.0)
            return dict(made)
        return super().create(name, **given)

    def snapshot_of(self, name: str) -> dict[str, Any]:
        return dict(self.rds.describe_db_snapshots(DBSnapshotIdentifier=name)["DBSnapshots"][0])

    def sql(self, name: str, *statements: str) -> list[Any]:
        """By the managed password."""
        found = self.instance(name)
        login = json.loads(self.secrets.get_secret_value(SecretId=found["MasterUserSecret"]["SecretArn"])["SecretString"])
        rows: list[Any] = []
        with psycopg.connect(
            host=found["Endpoint"]["Address"],
            port=found["Endpoint"]["Port"],
            sslmode="verify-full",
            sslrootcert=self.ca,
            dbname="shop",
            user=login["username"],
            password=login["password"],
            autocommit=True,
        ) as connection:
            for one in statements:
                cursor = connection.execute(one.encode())
                rows = cursor.fetchall() if cursor.description else []
        return rows

    def passwords(self) -> list[str]:
        """Of all secrets of the account."""
        found = []
        for one in self.secrets.list_secrets()["SecretList"]:
            value = self.secrets.get_secret_value(SecretId=one["ARN"])["SecretString"]
            found.append(str(json.loads(value)["password"]))
        return found

    def restore(self, target: str = "copy", check_mode: bool = False, role: str = "apply", **options: Any) -> dict[str, Any]:
        """The result of the module. Options have the module's defaults, and short time limits."""
        given = {"source": "main", "target": target, **QUICK, "verify": {"ca_cert": self.ca}, **options}
        checked = ArgumentSpecValidator(argument_spec()).validate(given)
        assert not checked.error_messages, checked.error_messages
        plan, problems = plan_of(checked.validated_parameters, check_mode=check_mode)
        if plan is None:
            return {"state": "refused", "msg": "\n".join(problems)}
        plan = replace(plan, limits=replace(plan.limits, login=1.0))
        clock = SystemClock()
        aws = Aws(lambda service: watch(self.cloud.client(service, role)), Owner("", ""), pause=clock.pause, region=self.cloud.region)
        try:
            return result_of(plan, Restore(aws, clock, plan, lambda _doing, _seconds: None).run(), aws.counts)
        finally:
            aws.close()

    def drop(self, *names: str) -> None:
        for name in names:
            self.rds.delete_db_instance(DBInstanceIdentifier=name, SkipFinalSnapshot=True)
        until(lambda: not set(names) & set(self.names()), 30.0)

    def names(self) -> list[str]:
        return [str(one["DBInstanceIdentifier"]) for one in self.rds.describe_db_instances()["DBInstances"]]

    def mutating(self, since: int) -> list[str]:
        found = self.cloud.admin.requests()[since:]
        return [str(one["operation"]) for one in found if one["mutating"]]


TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "monitoring.rds.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}


def restorable(site: Restores, after: float) -> str:
    """A moment after the given one that the automated backups cover, as text."""
    until(lambda: site.instance()["LatestRestorableTime"].timestamp() > after, 30.0)
    return str(site.instance()["LatestRestorableTime"].replace(microsecond=0).isoformat())


def pause(seconds: float = 1.1) -> None:
    """RDS restores to whole seconds."""
    time.sleep(seconds)

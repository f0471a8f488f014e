"""Snapshots, restores, rotations, and proxies on real servers: the data and the passwords are what they should be."""

from __future__ import annotations

import contextlib
import json
import time
from typing import Any

import psycopg
import pytest

from rehearsal.testing import Cloud

from ..conftest import trust, until
from .databases import Databases

pytestmark = pytest.mark.slow

LATE = 120


class Served(Databases):
    """An instance, main, with a server, a managed master password, and a table with one row."""

    def __init__(self, cloud: Cloud) -> None:
        super().__init__(cloud)
        cloud.admin.settings(databases=True)
        self.secrets = self.client("secretsmanager")
        self.create("main", BackupRetentionPeriod=1, ManageMasterUserPassword=True, DBName="app")
        self.wait("main")
        found = self.instance("main")
        self.resource, self.secret = str(found["DbiResourceId"]), str(found["MasterUserSecret"]["SecretArn"])
        self.run("CREATE TABLE t (n int)")
        self.run("INSERT INTO t VALUES (1)")

    def wait(self, *names: str) -> None:
        until(lambda: all(self.instance(name)["DBInstanceStatus"] == "available" for name in names), LATE)

    def login(self, stage: str = "AWSCURRENT") -> dict[str, str]:
        return dict(json.loads(self.secrets.get_secret_value(SecretId=self.secret, VersionStage=stage)["SecretString"]))

    def run(self, sql: str, name: str = "main", login: dict[str, str] | None = None, at: tuple[str, int] | None = None) -> list[Any]:
        login = login or self.login()
        endpoint = None if at else self.instance(name)["Endpoint"]
        host, port = at or (endpoint["Address"], endpoint["Port"])
        with psycopg.connect(
            host=host, port=port, user=login["username"], password=login["password"], dbname="app", sslmode="require", connect_timeout=10
        ) as connection:
            cursor = connection.execute(sql)
            return [row[0] for row in cursor.fetchall()] if cursor.description else []

    def is_refused(self, login: dict[str, str]) -> bool:
        with contextlib.suppress(psycopg.OperationalError):
            self.run("SELECT 1", login=login)
            return False
        return True


@pytest.fixture
def main(cloud: Cloud) -> Served:
    return Served(cloud)


def test_copies_restores_and_deleted_instances_hold_their_data(main: Served) -> None:
    main.snapshot("one")
    until(lambda: main.seen("one")["Status"] == "available", LATE)
    main.copy("one", "two")
    main.run("INSERT INTO t VALUES (2)")
    time.sleep(0.3)
    when = main.instance("main")["LatestRestorableTime"]
    time.sleep(0.3)
    main.run("INSERT INTO t VALUES (3)")
    until(lambda: main.seen("two")["Status"] == "available", LATE)
    main.rds.restore_db_instance_from_db_snapshot(DBInstanceIdentifier="from-copy", DBSnapshotIdentifier="two", BackupRetentionPeriod=0)
    main.rds.restore_db_instance_to_point_in_time(
        TargetDBInstanceIdentifier="at-time", SourceDBInstanceIdentifier="main", RestoreTime=when, BackupRetentionPeriod=0
    )
    main.wait("from-copy", "at-time")
    login, select = main.login(), "SELECT n FROM t ORDER BY n"
    assert (main.run(select, "from-copy", login), main.run(select, "at-time", login)) == ([1], [1, 2])
    main.rds.delete_db_instance(DBInstanceIdentifier="main", SkipFinalSnapshot=True, DeleteAutomatedBackups=False)
    until(lambda: "main" not in [one["DBInstanceIdentifier"] for one in main.rds.describe_db_instances()["DBInstances"]], LATE)
    main.rds.restore_db_instance_to_point_in_time(
        TargetDBInstanceIdentifier="retained", SourceDbiResourceId=main.resource, UseLatestRestorableTime=True, BackupRetentionPeriod=0
    )
    main.wait("retained")
    assert main.run(select, "retained", login) == [1, 2, 3]


def test_during_a_rotation_the_pending_password_logs_in(main: Served) -> None:
    main.cloud.admin.settings(secret_rotation_seconds=3)
    before = main.login()
    main.secrets.rotate_secret(SecretId=main.secret)
    until(lambda: main.is_refused(before), LATE)
    assert main.login() == before
    pending = main.login("AWSPENDING")
    assert main.run("SELECT n FROM t", login=pending) == [1]
    until(lambda: main.login() == pending, LATE)


def test_a_proxy_leads_to_its_instance(main: Served) -> None:
    iam = main.client("iam")
    role = iam.create_role(RoleName="proxy", AssumeRolePolicyDocument=trust("rds.amazonaws.com"))["Role"]["Arn"]
    statement = {"Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": main.secret}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.put_role_policy(RoleName="proxy", PolicyName="secrets", PolicyDocument=document)
    subnets = [one["SubnetId"] for one in main.client("ec2").describe_subnets()["Subnets"]]
    auth = [{"AuthScheme": "SECRETS", "SecretArn": main.secret}]
    main.rds.create_db_proxy(DBProxyName="main", EngineFamily="POSTGRESQL", Auth=auth, RoleArn=role, VpcSubnetIds=subnets)
    main.rds.register_db_proxy_targets(DBProxyName="main", DBInstanceIdentifiers=["main"])
    host, _colon, port = main.rds.describe_db_proxies()["DBProxies"][0]["Endpoint"].partition(":")
    assert main.run("SELECT n FROM t", at=(host, int(port))) == [1]

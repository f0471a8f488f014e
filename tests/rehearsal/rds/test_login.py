"""An RDS instance leads to a real PostgreSQL server: seen with boto3 and psycopg alone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from ..conftest import REGION, CheckedCloud
from ..postgresql.conftest import until
from .rds_account import PASSWORD, RdsAccount

SECONDS = 40.0


class Platform:
    """An account whose instances have servers. `login` connects as applications are advised to."""

    def __init__(self, cloud: CheckedCloud) -> None:
        self.cloud = cloud
        self.account = RdsAccount(cloud)
        cloud.admin.settings(databases=True)
        self.rds = self.account.rds

    def instance(self, name: str) -> dict[str, Any]:
        return dict(self.rds.describe_db_instances(DBInstanceIdentifier=name)["DBInstances"][0])

    def wait(self, name: str, status: str = "available") -> dict[str, Any]:
        until(lambda: self.instance(name)["DBInstanceStatus"] == status, SECONDS)
        return self.instance(name)

    def login(self, name: str, password: str = PASSWORD, user: str = "postgres", **options: Any) -> psycopg.Connection[Any]:
        endpoint = self.instance(name)["Endpoint"]
        authority = self.cloud.environment()["MAINSTAY_REHEARSAL_RDS_CA"]
        wanted = {"dbname": "postgres", "sslmode": "verify-full", "sslrootcert": authority, "autocommit": True, **options}
        return psycopg.connect(host=endpoint["Address"], port=endpoint["Port"], user=user, password=password, **wanted)

    def rows(self, name: str, query: str, **options: Any) -> list[Any]:
        with self.login(name, **options) as connection:
            return connection.execute(query.encode()).fetchall()


@pytest.fixture
def platform(cloud: CheckedCloud) -> Iterator[Platform]:
    yield Platform(cloud)
    cloud.admin.reset()


def test_instances_replicas_and_snapshots_lead_to_servers(platform: Platform) -> None:
    platform.account.create(BackupRetentionPeriod=7)
    described = platform.wait("main")
    server = platform.cloud.admin.databases()["instances"][described["DbiResourceId"]]
    assert (described["Endpoint"]["Address"], described["Endpoint"]["Port"]) == (server["host"], server["port"])
    with platform.login("main") as connection:
        assert connection.pgconn.ssl_in_use
        assert connection.execute("SELECT current_user, current_setting('is_superuser')").fetchone() == ("postgres", "off")
        connection.execute("CREATE TABLE t (n int)")
        connection.execute("INSERT INTO t VALUES (1)")

    platform.rds.create_db_snapshot(DBInstanceIdentifier="main", DBSnapshotIdentifier="before")
    platform.account.replica()
    platform.wait("reader")
    platform.rds.get_waiter("db_snapshot_available").wait(DBSnapshotIdentifier="before", WaiterConfig={"Delay": 1})
    platform.rows("main", "INSERT INTO t VALUES (2) RETURNING n")
    until(lambda: platform.rows("reader", "SELECT n FROM t ORDER BY n") == [(1,), (2,)])
    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        platform.rows("reader", "INSERT INTO t VALUES (3) RETURNING n")

    platform.rds.restore_db_instance_from_db_snapshot(
        DBInstanceIdentifier="restored", DBSnapshotIdentifier="before", DBSubnetGroupName="main", BackupRetentionPeriod=0
    )
    platform.wait("restored")
    assert platform.rows("restored", "SELECT n FROM t") == [(1,)]

    platform.rds.promote_read_replica(DBInstanceIdentifier="reader")
    until(lambda: "ReadReplicaSourceDBInstanceIdentifier" not in platform.wait("reader"), SECONDS)
    assert platform.rows("reader", "INSERT INTO t VALUES (3) RETURNING n") == [(3,)]
    assert platform.rows("main", "SELECT n FROM t ORDER BY n") == [(1,), (2,)]


def test_stopping_refuses_and_starting_keeps_the_endpoint(platform: Platform) -> None:
    platform.account.create()
    before = platform.wait("main")["Endpoint"]
    platform.rds.stop_db_instance(DBInstanceIdentifier="main")
    platform.wait("main", "stopped")
    with pytest.raises(psycopg.OperationalError, match="Connection refused"):
        platform.login("main")
    platform.rds.start_db_instance(DBInstanceIdentifier="main")
    assert platform.wait("main")["Endpoint"] == before
    platform.login("main").close()
    platform.rds.modify_db_instance(DBInstanceIdentifier="main", MasterUserPassword="another-password", ApplyImmediately=True)
    until(lambda: _logs_in(platform, "another-password"), SECONDS)
    platform.rds.delete_db_instance(DBInstanceIdentifier="main", SkipFinalSnapshot=True)
    until(lambda: not platform.rds.describe_db_instances()["DBInstances"], SECONDS)
    until(lambda: platform.cloud.admin.databases()["instances"] == {}, SECONDS)


def test_the_managed_secret_logs_in(platform: Platform) -> None:
    platform.account.create(MasterUserPassword=None, ManageMasterUserPassword=True, MasterUsername="app_admin", DBName="shop")
    secret = platform.wait("main")["MasterUserSecret"]["SecretArn"]
    value = json.loads(platform.cloud.client("secretsmanager").get_secret_value(SecretId=secret)["SecretString"])
    assert platform.rows("main", "SELECT current_user", user=value["username"], password=value["password"], dbname="shop") == [
        ("app_admin",)
    ]


def test_a_master_with_iam_logs_in_with_a_token_of_the_accounts_keys(platform: Platform) -> None:
    platform.account.create(MasterUserPassword=None, MasterUserAuthenticationType="iam-db-auth", EnableIAMDatabaseAuthentication=True)
    endpoint = platform.wait("main")["Endpoint"]
    asked = {"DBHostname": endpoint["Address"], "Port": endpoint["Port"], "DBUsername": "postgres", "Region": REGION}
    token = platform.rds.generate_db_auth_token(**asked)
    assert platform.rows("main", "SELECT session_user", password=token) == [("postgres",)]
    with pytest.raises(psycopg.OperationalError, match="PAM authentication failed"):
        platform.login("main", password="a password")

    statements = [{"Effect": "Allow", "Action": "*"}, {"Effect": "Deny", "Action": "rds-db:connect"}]
    document = {"Version": "2012-10-17", "Statement": [{**statement, "Resource": "*"} for statement in statements]}
    platform.cloud.admin.policies(apply=[document])
    with pytest.raises(psycopg.OperationalError, match="PAM authentication failed"):
        platform.login("main", password=token)
    platform.cloud.admin.policies(apply=None)
    platform.login("main", password=token).close()

    platform.rds.modify_db_instance(DBInstanceIdentifier="main", EnableIAMDatabaseAuthentication=False, ApplyImmediately=True)
    until(lambda: not _logs_in(platform, token), SECONDS)


def test_reset_ends_the_servers(platform: Platform) -> None:
    platform.account.create()
    endpoint = platform.wait("main")["Endpoint"]
    assert Path(platform.cloud.admin.databases()["ca_bundle"]).is_file()
    platform.cloud.admin.reset()
    assert platform.cloud.admin.databases()["instances"] == {}
    with pytest.raises(psycopg.OperationalError, match="Connection refused"):
        psycopg.connect(host=endpoint["Address"], port=endpoint["Port"], user="postgres", password=PASSWORD)


def _logs_in(platform: Platform, password: str) -> bool:
    try:
        platform.login("main", password=password).close()
    except psycopg.OperationalError:
        return False
    return True

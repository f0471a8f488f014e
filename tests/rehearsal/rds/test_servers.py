"""DB instances lead to PostgreSQL servers: logins, parameters, replicas, and what calls do to them."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from ..conftest import until
from .rds_account import PASSWORD, RdsAccount

SECONDS = 30


@pytest.fixture
def servers(account: RdsAccount) -> RdsAccount:
    account.cloud.admin.settings(databases=True)
    return account


def ready(account: RdsAccount, name: str = "main") -> dict[str, Any]:
    until(lambda: account.status(name) == "available", SECONDS)
    return account.describe(name)


def login(account: RdsAccount, name: str = "main", password: str = PASSWORD, **options: Any) -> psycopg.Connection[Any]:
    """A connection over verified TLS, as an application makes one."""
    endpoint, bundle = account.describe(name)["Endpoint"], account.cloud.admin.databases()["ca_bundle"]
    given = {"host": endpoint["Address"], "port": endpoint["Port"], "user": "postgres", "password": password, "dbname": "postgres"}
    return psycopg.connect(**given | {"sslmode": "verify-full", "sslrootcert": bundle, "connect_timeout": 20, "autocommit": True} | options)


def value(account: RdsAccount, query: str, name: str = "main", **options: Any) -> Any:
    with login(account, name, **options) as connection:
        row = connection.execute(query).fetchone()
        return row[0] if row else None


def refuses(account: RdsAccount, **options: Any) -> bool:
    try:
        login(account, **options).close()
    except psycopg.OperationalError:
        return True
    return False


def test_life_of_an_instance_with_a_server(servers: RdsAccount) -> None:
    servers.parameter_group(log_statement="ddl")
    made = servers.create(DBName="shop", DBParameterGroupName="own")
    assert made["DBInstanceStatus"] == "creating"
    assert "Endpoint" not in made
    endpoint = ready(servers)["Endpoint"]
    assert endpoint["Address"] == "127.0.0.1"
    assert value(servers, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user", dbname="shop") is False
    assert value(servers, "SHOW log_statement") == "ddl"
    assert refuses(servers, password="another-password")
    servers.set_parameters("own", "immediate", log_statement="mod")
    until(lambda: value(servers, "SHOW log_statement") == "mod", SECONDS)
    file = servers.rds.describe_db_log_files(DBInstanceIdentifier="main")["DescribeDBLogFiles"][0]["LogFileName"]
    text = servers.rds.download_db_log_file_portion(DBInstanceIdentifier="main", LogFileName=file)["LogFileData"]
    assert "ready to accept connections" in text
    servers.set_parameters("own", "pending-reboot", max_connections="77")
    assert value(servers, "SHOW max_connections") != "77"
    servers.rds.reboot_db_instance(DBInstanceIdentifier="main")
    assert ready(servers)["Endpoint"] == endpoint
    assert value(servers, "SHOW max_connections") == "77"
    servers.modify(MasterUserPassword=PASSWORD + "2")
    until(lambda: not refuses(servers, password=PASSWORD + "2"), SECONDS)
    servers.rds.stop_db_instance(DBInstanceIdentifier="main")
    until(lambda: servers.status() == "stopped", SECONDS)
    assert refuses(servers, password=PASSWORD + "2")
    servers.rds.start_db_instance(DBInstanceIdentifier="main")
    assert ready(servers)["Endpoint"] == endpoint
    assert not refuses(servers, password=PASSWORD + "2")
    servers.modify(NewDBInstanceIdentifier="renamed")
    ready(servers, "renamed")
    until(lambda: not refuses(servers, name="renamed", password=PASSWORD + "2"), SECONDS)
    servers.delete("renamed")
    until(lambda: not servers.cloud.admin.databases()["instances"], SECONDS)


def test_replica_follows_and_is_promoted(servers: RdsAccount) -> None:
    servers.create()
    ready(servers)
    with login(servers) as connection:
        connection.execute("CREATE TABLE orders (id int)")
        connection.execute("INSERT INTO orders VALUES (1)")
    servers.replica()
    ready(servers, "reader")
    until(lambda: value(servers, "SELECT count(*) FROM orders", "reader") == 1, SECONDS)
    with login(servers, "reader") as connection, pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        connection.execute("INSERT INTO orders VALUES (2)")
    servers.rds.promote_read_replica(DBInstanceIdentifier="reader")
    ready(servers, "reader")
    assert value(servers, "INSERT INTO orders VALUES (2) RETURNING id", "reader") == 2
    assert value(servers, "SELECT count(*) FROM orders") == 1


def test_managed_secret_logs_in_and_so_does_a_token(servers: RdsAccount) -> None:
    servers.create(MasterUserPassword=None, ManageMasterUserPassword=True)
    secret = ready(servers)["MasterUserSecret"]["SecretArn"]
    text = servers.cloud.client("secretsmanager").get_secret_value(SecretId=secret)["SecretString"]
    password = text.split('"password": "')[1].split('"')[0]
    assert value(servers, "SELECT current_user", password=password) == "postgres"
    servers.modify(MasterUserAuthenticationType="iam-db-auth", ManageMasterUserPassword=False, EnableIAMDatabaseAuthentication=True)
    endpoint = ready(servers)["Endpoint"]
    token = servers.rds.generate_db_auth_token(DBHostname=endpoint["Address"], Port=endpoint["Port"], DBUsername="postgres")
    until(lambda: not refuses(servers, password=token), SECONDS)
    assert "MasterUserSecret" not in servers.describe()
    servers.modify(EnableIAMDatabaseAuthentication=False, MasterUserAuthenticationType="password", MasterUserPassword=PASSWORD)
    until(lambda: not refuses(servers), SECONDS)
    assert refuses(servers, password=token)


def test_upgrade_and_switchover_keep_the_data(servers: RdsAccount) -> None:
    servers.create()
    ready(servers)
    with login(servers) as connection:
        connection.execute("CREATE TABLE orders (id int)")
    servers.modify(EngineVersion="18.2", AllowMajorVersionUpgrade=True)
    assert ready(servers)["EngineVersion"] == "18.2"
    assert value(servers, "SELECT count(*) FROM orders") == 0
    endpoint = servers.describe()["Endpoint"]
    servers.cloud.admin.happen("rds", "blue_green_switchover", DBInstanceIdentifier="main")
    assert servers.describe()["Endpoint"] == endpoint
    servers.delete("main-old1")
    assert value(servers, "SELECT count(*) FROM orders") == 0

"""Looks at the scenario's instance as an application does, with boto3 and psycopg alone."""

from __future__ import annotations

import contextlib
import json
import os
import time
from typing import Any

import boto3
import psycopg
from expectations import Wrong, expect

PREFIX = "/mainstay/molecule/database/main"
INSTANCE, READER = "molecule-main", "molecule-main-reports"
OWNER = {"mainstay:environment", "mainstay:component", "mainstay:address"}
WHO = "SELECT rolname::text, rolsuper FROM pg_roles WHERE rolname = current_user"
SECONDS = 20.0
FAILURES = (psycopg.Error,)

Connection = psycopg.Connection[tuple[Any, ...]]


def logged_in(session: boto3.Session, instance: str, secret: str, database: str) -> Connection:
    """A connection with a secret's user and password over TLS that is verified."""
    endpoint = session.client("rds").describe_db_instances(DBInstanceIdentifier=instance)["DBInstances"][0]["Endpoint"]
    login = json.loads(session.client("secretsmanager").get_secret_value(SecretId=f"{PREFIX}/{secret}")["SecretString"])
    return psycopg.connect(
        host=endpoint["Address"],
        port=endpoint["Port"],
        user=login["username"],
        password=login["password"],
        dbname=database,
        sslmode="verify-full",
        sslrootcert=os.environ["PGSSLROOTCERT"],
        connect_timeout=int(SECONDS),
        autocommit=True,
    )


def row(connection: Connection, query: str) -> tuple[Any, ...] | None:
    return connection.execute(query).fetchone()


def replicated(reader: Connection) -> None:
    """Returns when the reader has the row, which replication may bring a moment later."""
    deadline = time.monotonic() + SECONDS
    while True:
        with contextlib.suppress(psycopg.errors.UndefinedTable):
            if row(reader, "SELECT count(*) FROM points") == (1,):
                return
        if time.monotonic() > deadline:
            raise Wrong(f"the reader does not have the row after {SECONDS:g} s")
        time.sleep(0.2)


def running(session: boto3.Session) -> None:
    """The master and the application log in, neither as a superuser; the database, its extension, and the reader's rows are there."""
    with logged_in(session, INSTANCE, "master", "postgres") as master:
        expect("the master", row(master, WHO), ("dbadmin", False))
        owner = "SELECT pg_get_userbyid(datdba)::text FROM pg_database WHERE datname = 'app'"
        expect("the owner of the database app", row(master, owner), ("app",))
    with logged_in(session, INSTANCE, "user-app", "app") as app:
        expect("the application's user", row(app, WHO), ("app", False))
        expect("the extension vector", row(app, "SELECT count(*) FROM pg_extension WHERE extname = 'vector'"), (1,))
        app.execute("CREATE TABLE IF NOT EXISTS points (place vector(2))")
        app.execute("TRUNCATE points")
        app.execute("INSERT INTO points VALUES ('[1,2]')")
    with logged_in(session, READER, "user-app", "app") as reader:
        replicated(reader)
        expect("the reader's session", row(reader, "SHOW transaction_read_only"), ("on",))


def removed(session: boto3.Session) -> None:
    """Only a final snapshot and its key are left: the key is enabled, and neither has an owner tag."""
    rds, kms = session.client("rds"), session.client("kms")
    expect("the instances", rds.describe_db_instances()["DBInstances"], [])
    snapshots = rds.describe_db_snapshots(SnapshotType="manual")["DBSnapshots"]
    expect("the snapshots", [(one["DBInstanceIdentifier"], one["Status"]) for one in snapshots], [(INSTANCE, "available")])
    snapshot = snapshots[0]
    expect("the snapshot's owner tags", OWNER & {tag["Key"] for tag in snapshot["TagList"]}, set())
    expect("the key's state", kms.describe_key(KeyId=snapshot["KmsKeyId"])["KeyMetadata"]["KeyState"], "Enabled")
    tags = kms.list_resource_tags(KeyId=snapshot["KmsKeyId"])["Tags"]
    expect("the key's owner tags", OWNER & {tag["TagKey"] for tag in tags}, set())

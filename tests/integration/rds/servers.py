# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The PostgreSQL servers behind instances, through boto3 and psycopg alone: logins over verified TLS, and what they have logged."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable
from typing import Any

import psycopg

from rehearsal.testing import Cloud


def connect(cloud: Cloud, name: str, user: str, password: str, database: str = "postgres") -> psycopg.Connection[Any]:
    """A login to an instance or a replica, over TLS that is verified against the rehearsal's bundle."""
    endpoint = cloud.client("rds").describe_db_instances(DBInstanceIdentifier=name)["DBInstances"][0]["Endpoint"]
    return connect_to(cloud, (endpoint["Address"], endpoint["Port"]), user, password, database)


def connect_to(cloud: Cloud, endpoint: tuple[str, int], user: str, password: str, database: str) -> psycopg.Connection[Any]:
    return psycopg.connect(
        host=endpoint[0],
        port=endpoint[1],
        user=user,
        password=password,
        dbname=database,
        sslmode="verify-full",
        sslrootcert=cloud.admin.databases()["ca_bundle"],
        autocommit=True,
        connect_timeout=10,
    )


def login_in(cloud: Cloud, secret: str) -> tuple[str, str]:
    """User and password in a secret."""
    found = json.loads(cloud.client("secretsmanager").get_secret_value(SecretId=secret)["SecretString"])
    return found["username"], found["password"]


def with_secret(cloud: Cloud, name: str, secret: str, database: str = "postgres") -> psycopg.Connection[Any]:
    """A login to an instance or a replica with a secret."""
    return connect(cloud, name, *login_in(cloud, secret), database)


def through_proxy(cloud: Cloud, secret: str, database: str) -> psycopg.Connection[Any]:
    """A login to the endpoint of the only proxy with a secret. In the rehearsal, the endpoint ends in its port."""
    (proxy,) = cloud.client("rds").describe_db_proxies()["DBProxies"]
    host, port = proxy["Endpoint"].split(":")
    return connect_to(cloud, (host, int(port)), *login_in(cloud, secret), database)


def until(holds: Callable[[], bool]) -> None:
    """Replication may take a moment, also for the table."""
    deadline = time.monotonic() + 20
    while True:
        with contextlib.suppress(psycopg.errors.UndefinedTable):
            if holds():
                return
        assert time.monotonic() < deadline, "the rows did not reach the replica"
        time.sleep(0.1)


def changing_statements(rds: Any, name: str = "prod-main") -> list[str]:
    """What the server has logged of what it ran, which is what ``log_statement = ddl`` covers: creating, altering, granting, dropping."""
    found = []
    for file in rds.describe_db_log_files(DBInstanceIdentifier=name)["DescribeDBLogFiles"]:
        log, marker = file["LogFileName"], "0"
        while True:
            page = rds.download_db_log_file_portion(DBInstanceIdentifier=name, LogFileName=log, Marker=marker)
            found += [line for line in (page.get("LogFileData") or "").splitlines() if "statement: " in line]
            marker = page["Marker"]
            if not page["AdditionalDataPending"]:
                break
    return found

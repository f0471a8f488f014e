"""Logs in to the databases that a rehearsal has built, and says how to. Uses boto3 and psycopg alone, as an application would."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import boto3
import psycopg

from rehearsal import launcher
from scripts.terminal import Problem

SECONDS = 20


@dataclass(frozen=True)
class Database:
    """An instance that can be reached. `secret`: the ARN with its password, if one was found. `iam`: its master may log in with tokens."""

    identifier: str
    host: str
    port: int
    user: str
    name: str
    region: str
    secret: str | None
    iam: bool = False


def logins(cloud: Mapping[str, Any]) -> list[str]:
    """Logs in to every available instance once; returns what a person needs to do the same. Raises Problem if a login fails."""
    credentials = cloud["credentials"]["apply"]
    session = boto3.Session(credentials["access_key_id"], credentials["secret_access_key"], region_name=cloud["region"])
    authority = launcher.environment(dict(cloud))["MAINSTAY_REHEARSAL_RDS_CA"]
    rds, vault = (session.client(service, endpoint_url=cloud["endpoint"]) for service in ("rds", "secretsmanager"))
    instances = [one for page in rds.get_paginator("describe_db_instances").paginate() for one in page["DBInstances"]]
    secrets = dict(_secrets(vault)) if instances else {}
    lines = []
    for database in _databases(instances, secrets, str(cloud["region"])):
        said = _log_in(database, secrets, rds, authority)
        lines += ["", f"Database {database.identifier}: {said}", *instructions(database, authority)]
    return lines


def _databases(instances: list[dict[str, Any]], secrets: Mapping[str, Mapping[str, Any]], region: str) -> Iterator[Database]:
    for one in instances:
        if one["DBInstanceStatus"] != "available" or not one.get("Endpoint"):
            continue
        source = str(one.get("ReadReplicaSourceDBInstanceIdentifier") or one["DBInstanceIdentifier"])
        secret = one.get("MasterUserSecret", {}).get("SecretArn") or secret_of(source, one["MasterUsername"], secrets)
        yield Database(
            identifier=one["DBInstanceIdentifier"],
            host=one["Endpoint"]["Address"],
            port=one["Endpoint"]["Port"],
            user=one["MasterUsername"],
            name=one.get("DBName") or "postgres",
            region=region,
            secret=secret,
            # RDS does not describe how a master logs in; one without a secret may do so with tokens.
            iam=secret is None and bool(one.get("IAMDatabaseAuthenticationEnabled")),
        )


def secret_of(identifier: str, user: str, secrets: Mapping[str, Mapping[str, Any]]) -> str | None:
    """The secret that holds an instance's master password, in the shape that RDS's own rotation expects."""
    for arn, content in secrets.items():
        named = content.get("dbInstanceIdentifier") == identifier or str(content.get("host", "")).startswith(f"{identifier}.")
        if named and content.get("username") == user and "password" in content:
            return arn
    return None


def _secrets(vault: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """The secrets that hold objects, by ARN."""
    for page in vault.get_paginator("list_secrets").paginate():
        for entry in page["SecretList"]:
            try:
                content = json.loads(vault.get_secret_value(SecretId=entry["ARN"])["SecretString"])
            except (KeyError, ValueError, vault.exceptions.ClientError):
                continue
            if isinstance(content, dict):
                yield entry["ARN"], content


def _log_in(database: Database, secrets: Mapping[str, Mapping[str, Any]], rds: Any, authority: str) -> str:
    """Logs in and returns what the server says of itself."""
    if database.iam:
        asked = {"DBHostname": database.host, "Port": database.port, "DBUsername": database.user}
        password = rds.generate_db_auth_token(**asked)
    elif database.secret and database.secret in secrets:
        password = secrets[database.secret]["password"]
    else:
        return "no secret holds its master password, so no login was tried."
    where: dict[str, Any] = {"host": database.host, "port": database.port, "user": database.user, "dbname": database.name}
    try:
        with psycopg.connect(
            **where, password=password, sslmode="verify-full", sslrootcert=authority, connect_timeout=SECONDS
        ) as connection:
            row = connection.execute("SELECT current_setting('server_version'), current_setting('is_superuser') = 'on'").fetchone()
    except psycopg.Error as error:
        if database.iam:
            return "no secret holds its master password, and its master does not log in with IAM, so no login succeeded."
        raise Problem(f"the login to the database {database.identifier} as {database.user} failed: {str(error).strip()}") from None
    version, superuser = row or ("", True)
    if superuser:
        raise Problem(f"the user {database.user} of the database {database.identifier} is a superuser, which no user of RDS is.")
    return f"logged in as {database.user} over verified TLS (PostgreSQL {version} plays the engine)."


def instructions(database: Database, authority: str) -> list[str]:
    """Two commands: the one that gets the password, and the one that connects."""
    where = f"host={database.host} port={database.port} user={database.user} dbname={database.name} sslmode=verify-full"
    if database.iam:
        asked = f"--hostname {database.host} --port {database.port} --username {database.user} --region {database.region}"
        password = f'export PGPASSWORD="$(aws rds generate-db-auth-token {asked})"'
    else:
        password = f"aws secretsmanager get-secret-value --secret-id {database.secret}   # its password" if database.secret else ""
    connect = f"psql {shlex.quote(f'{where} sslrootcert={authority}')}"
    return [f"    {line}" for line in (password, connect) if line]

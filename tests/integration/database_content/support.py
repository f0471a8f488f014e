# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A real PostgreSQL server with a master that is no superuser, and the module as users run it."""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psycopg

from rehearsal.postgresql.fleet import Fleet
from rehearsal.testing import Cloud
from tests.integration.module_runs import ModuleRuns

ACCOUNT = "210987654321"
REGION = "af-south-1"
MODULE = "postgres_objects"
MASTER = "dbadmin"
MASTER_PASSWORD = "canary-of-the-master-0123456789"
NUMBERS = itertools.count(1)


class Server:
    """A server. Tests look into it as the superuser of its host, or log in as users do, over verified TLS."""

    def __init__(self, fleet: Fleet, key: str) -> None:
        self.fleet = fleet
        self.key = key
        self.endpoint = fleet.endpoint(key)

    def login(self, user: str, password: str, database: str) -> psycopg.Connection[Any]:
        return psycopg.connect(
            host=self.endpoint.host,
            port=self.endpoint.port,
            user=user,
            password=password,
            dbname=database,
            sslmode="verify-full",
            sslrootcert=str(self.fleet.ca_bundle),
            autocommit=True,
        )

    def rows(self, query: str, database: str = "postgres") -> list[tuple[Any, ...]]:
        with self.login(MASTER, MASTER_PASSWORD, database) as connection:
            return list(connection.execute(query.encode()).fetchall())

    def run(self, statements: str, database: str = "postgres") -> None:
        """As the master, with what it needs to act as an owner, as a person would."""
        with self.login(MASTER, MASTER_PASSWORD, database) as connection:
            connection.execute(statements.encode())

    def log(self) -> str:
        return self.fleet.log(self.key).read_text(errors="replace")


class Inside(ModuleRuns):
    """One component inside the server. Names of roles and databases end in ``number``, since all tests share the server."""

    def __init__(self, cloud: Cloud, server: Server, folder: Path) -> None:
        super().__init__(cloud, folder)
        self.server = server
        self.number = next(NUMBERS)
        self.component = f"content-{self.number}"
        self.secrets = cloud.client("secretsmanager")
        self.arns: dict[str, str] = {}
        self.master_arn = self.secret("master", MASTER, MASTER_PASSWORD)

    def named(self, name: str) -> str:
        return f"{name}_{self.number}"

    def secret(self, name: str, user: str, password: str) -> str:
        value = {"username": user, "password": password, "host": self.server.endpoint.host, "engine": "postgres"}
        reply = self.secrets.create_secret(Name=f"{self.component}/{name}", SecretString=json.dumps(value))
        self.arns[user] = str(reply["ARN"])
        return self.arns[user]

    def password(self, user: str, stage: str = "AWSCURRENT") -> str:
        text = self.secrets.get_secret_value(SecretId=self.arns[user], VersionStage=stage)["SecretString"]
        return str(json.loads(text)["password"])

    def options(self, **options: Any) -> dict[str, Any]:
        endpoint = {"host": self.server.endpoint.host, "port": self.server.endpoint.port, "ca": str(self.server.fleet.ca_bundle)}
        given = {
            "environment": "prod",
            "component": self.component,
            "region": REGION,
            "name": "main",
            "endpoint": endpoint,
            "login": {"user": MASTER, "secret_arn": self.master_arn},
            "user_secrets": {user: arn for user, arn in self.arns.items() if user != MASTER},
            "poll_interval": 0.05,
            "settle_seconds": 1,
            "timeout": 20,
        }
        return {**given, **options}

    def plan(self, **options: Any) -> dict[str, Any]:
        """Plans with read-only credentials; changes nothing."""
        result = self.run_module(MODULE, self.options(**options), "plan")
        assert "plan" not in result or result["plan"]["api_calls"]["write"] == 0
        return result

    def apply(self, **options: Any) -> dict[str, Any]:
        return self.run_module(MODULE, self.options(**options), "apply")

    def play(self, tasks: list[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Tasks in a playbook, at -vvv --diff; returns their results."""
        return self.run_tasks(tasks, "apply")


def counts(result: Mapping[str, Any]) -> dict[str, int]:
    """The number of affected resources by action."""
    assert "plan" in result, result.get("msg")
    assert not result["plan"]["errors"], result["plan"]["errors"]
    return {name: number for name, number in result["plan"]["counts"].items() if number}


def changes(result: Mapping[str, Any]) -> dict[str, Any]:
    """``{address: {property: (before, after)}}`` of what changes."""
    assert "plan" in result, result.get("msg")
    found = {}
    for action in result["plan"]["actions"]:
        if action["action"] != "none":
            found[action["address"]] = {one["property"]: (one["before"], one["after"]) for one in action["changes"]}
    return found

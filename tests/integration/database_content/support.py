# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A real PostgreSQL server with a master that is no superuser, and the module as users run it."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psycopg

from rehearsal.postgresql.fleet import Fleet
from rehearsal.testing import Cloud
from tests.integration.network.play import ROOT

ACCOUNT = "210987654321"
REGION = "af-south-1"
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


class Inside:
    """One component inside the server. Names of roles and databases end in ``number``, since all tests share the server."""

    def __init__(self, cloud: Cloud, server: Server, folder: Path) -> None:
        self.cloud = cloud
        self.server = server
        self.folder = folder
        self.number = next(NUMBERS)
        self.component = f"content-{self.number}"
        self.printed = ""
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
        result = self._run("plan", self.options(**options))
        assert "plan" not in result or result["plan"]["api_calls"]["write"] == 0
        return result

    def apply(self, **options: Any) -> dict[str, Any]:
        return self._run("apply", self.options(**options))

    def play(self, tasks: list[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Tasks in a playbook, at -vvv --diff; returns their results."""
        named = [{"name": f"Task {n}", **task, "register": f"result_{n}", "ignore_errors": True} for n, task in enumerate(tasks)]
        results = "{{ [" + ", ".join(f"result_{n}" for n in range(len(tasks))) + "] | to_json }}"
        keep = {"name": "Keep", "ansible.builtin.copy": {"content": results, "dest": str(self.folder / "results.json"), "mode": "0600"}}
        playbook = self.folder / "playbook.json"
        playbook.write_text(json.dumps([{"hosts": "localhost", "gather_facts": False, "tasks": [*named, {**keep, "check_mode": False}]}]))
        (self.folder / "ansible.cfg").touch()
        command = [
            str(Path(sys.executable).parent / "ansible-playbook"),
            "-i",
            "localhost,",
            "-c",
            "local",
            str(playbook),
            "-vvv",
            "--diff",
        ]
        command += ["-e", f"ansible_python_interpreter={sys.executable}"]
        done = subprocess.run(
            command, env=self._variables("apply"), cwd=self.folder, capture_output=True, text=True, check=False, timeout=300
        )
        self.printed += done.stdout + done.stderr
        assert (self.folder / "results.json").exists(), done.stdout + done.stderr
        found: list[dict[str, Any]] = json.loads((self.folder / "results.json").read_text())
        return found

    def _run(self, role: str, options: Mapping[str, Any]) -> dict[str, Any]:
        arguments = self.folder / "arguments.json"
        given = {"_ansible_check_mode": role == "plan", "_ansible_diff": True, "_ansible_remote_tmp": str(self.folder)}
        arguments.write_text(json.dumps({"ANSIBLE_MODULE_ARGS": {**options, **given}}))
        variables = {**self._variables(role), "PYTHONPATH": str(ROOT / "collections")}
        command = [sys.executable, "-m", "ansible_collections.mainstay.aws.plugins.modules.postgres_objects", str(arguments)]
        done = subprocess.run(command, env=variables, cwd=self.folder, capture_output=True, text=True, check=False, timeout=300)
        arguments.unlink()
        self.printed += done.stdout + done.stderr
        assert done.stdout, done.stderr
        found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        return found

    def _variables(self, role: str) -> dict[str, str]:
        return {
            "HOME": str(self.folder),
            "LANG": "C.UTF-8",
            "ANSIBLE_CONFIG": str(self.folder / "ansible.cfg"),
            "ANSIBLE_COLLECTIONS_PATH": str(ROOT / "collections"),
            "ANSIBLE_HOME": str(self.folder / "ansible"),
            "ANSIBLE_CALLBACKS_ENABLED": "mainstay.aws.plan_summary",
            "ANSIBLE_NOCOLOR": "1",
            "MAINSTAY_PLAN_SUMMARY_JSON_PATH": str(self.folder / "summary.json"),
            **{name: value for name, value in self.cloud.environment(role).items() if name != "KUBECONFIG"},
        }


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

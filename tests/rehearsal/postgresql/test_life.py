"""Servers start, stop, and end with their cloud."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rehearsal import guardian
from rehearsal.postgresql import PostgresError, accounts, installation
from rehearsal.postgresql.fleet import Fleet
from rehearsal.relays import Port

from .conftest import MASTER, PASSWORD, Instance, connect, refusal, until

REPOSITORY = Path(__file__).resolve().parents[3]
SCENARIO = """
import json, sys, time
import psycopg
from rehearsal.postgresql.fleet import Fleet
fleet = Fleet()
endpoint = fleet.create("db-A", user="app_admin", password="secret", database="shop")
where = dict(host=endpoint.host, port=endpoint.port, user="app_admin", password="secret", dbname="shop", sslmode="verify-full")
with psycopg.connect(**where, sslrootcert=str(fleet.ca_bundle)) as connection:
    connection.execute("CREATE EXTENSION vector")
fleet.copy("db-A", "copy")
fleet.restore("copy", "db-B")
server = fleet._members["db-A"].server
print(json.dumps({"folder": str(fleet._site.folder), "pid": server._process.pid, "owner": server.data.stat().st_uid}), flush=True)
if sys.argv[1] == "close":
    fleet.close()
else:
    time.sleep(600)
"""


def test_a_stopped_instance_refuses_connections_and_keeps_its_port(new: Callable[..., Instance]) -> None:
    instance = new()
    held = instance.connect()
    instance.fleet.stop(instance.key)
    assert refusal(lambda: held.execute("SELECT 1"))
    assert "Connection refused" in refusal(instance.connect)
    with pytest.raises(OSError, match="in use"), socket.socket() as other:
        other.bind(("127.0.0.1", instance.endpoint.port))
    instance.fleet.set_master_password(instance.key, "changed meanwhile")
    instance.fleet.start(instance.key)
    assert instance.fleet.endpoint(instance.key) == instance.endpoint
    instance.connect(password="changed meanwhile").close()
    instance.fleet.reboot(instance.key)
    instance.connect(password="changed meanwhile").close()
    instance.fleet.delete(instance.key)
    assert "Connection refused" in refusal(instance.connect)
    assert not instance.fleet.exists(instance.key)


def test_a_port_can_be_chosen(new: Callable[..., Instance]) -> None:
    free = Port()
    free.release()
    assert new(port=free.number).endpoint.port == free.number


def test_static_parameters_wait_for_a_restart(new: Callable[..., Instance]) -> None:
    instance = new(parameters={"max_connections": "50"})
    instance.fleet.set_parameters(instance.key, {"max_connections": "60", "work_mem": "8192", "rds.custom": "a"})
    query = "SELECT current_setting('max_connections'), current_setting('work_mem')"
    until(lambda: instance.rows(query) == [("50", "8MB")])
    assert instance.fleet.pending_restart(instance.key) == ["max_connections"]
    instance.fleet.reboot(instance.key)
    assert instance.rows(query) == [("60", "8MB")]
    assert instance.fleet.pending_restart(instance.key) == []


def test_a_server_that_cannot_start_says_why(new: Callable[..., Instance]) -> None:
    instance = new()
    with pytest.raises(PostgresError, match="work_mem"):
        instance.fleet.set_parameters(instance.key, {"work_mem": "no number"}, restart=True)
    assert "Connection refused" in refusal(instance.connect)
    instance.fleet.set_parameters(instance.key, {}, restart=True)
    instance.connect().close()


def test_a_new_name_is_in_the_certificate(new: Callable[..., Instance]) -> None:
    instance = new(name="old.example.com")
    instance.fleet.rename(instance.key, "new.example.com")
    instance.connect(host="new.example.com", hostaddr="127.0.0.1").close()
    assert "does not match" in refusal(lambda: instance.connect(host="old.example.com", hostaddr="127.0.0.1"))


def test_reset_removes_everything_and_new_instances_follow(tmp_path: Path) -> None:
    fleet = Fleet(tmp_path)
    fleet.create("db-A", user=MASTER, password=PASSWORD)
    fleet.copy("db-A", "copy")
    fleet.relay("proxy", ["db-A"], users={})
    folder = fleet._site.folder
    process = fleet._members["db-A"].server._process
    fleet.reset()
    assert process is not None
    assert process.poll() is not None
    assert not [*folder.glob("[ibh]/*")]
    assert (fleet.described(), fleet.has_copy("copy")) == ({}, False)
    endpoint = fleet.create("db-A", user=MASTER, password=PASSWORD)
    connect(fleet, endpoint, database="postgres").close()
    assert fleet.ca_bundle == tmp_path / "rds-ca.pem"
    fleet.close()
    assert not folder.exists()


def run(mode: str, *before: str, **options: Any) -> subprocess.Popen[str]:
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(REPOSITORY), "PYTHONDONTWRITEBYTECODE": "1", "HOME": "/"}
    command = [*before, sys.executable, "-c", SCENARIO, mode]
    return subprocess.Popen(command, cwd=REPOSITORY, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)


def ordinary() -> list[str]:
    """What comes before a command to run it as an ordinary user; root lends the permission to read a Python that others cannot reach."""
    if os.geteuid() != 0:
        return []
    program = shutil.which("setpriv")
    assert program, "setpriv (package util-linux) is needed to test as an ordinary user"
    user = accounts.account()
    return [
        program,
        f"--reuid={user.uid}",
        f"--regid={user.gid}",
        "--clear-groups",
        "--inh-caps=+dac_override",
        "--ambient-caps=+dac_override",
    ]


@pytest.mark.parametrize("before", [[], ordinary()], ids=["current user", "ordinary user"])
def test_servers_run_unprivileged_and_close_removes_all(before: list[str]) -> None:
    with run("close", *before) as process:
        output, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors
    found = json.loads(output)
    assert found["owner"] == accounts.account().uid != 0
    assert not Path(found["folder"]).exists()


def test_servers_end_with_a_killed_cloud() -> None:
    with run("wait") as process:
        assert process.stdout is not None
        found = json.loads(process.stdout.readline())
        folder = Path(found["folder"])
        assert folder.exists()
        process.send_signal(signal.SIGKILL)
        process.wait(10)
        until(lambda: not folder.exists())
    assert not guardian.serves(found["pid"], folder)


def test_the_guardian_touches_no_other_folder(tmp_path: Path) -> None:
    other = tmp_path / "precious"
    other.mkdir()
    guardian.clean(other)
    link = tmp_path / f"{guardian.PREFIX}link"
    link.symlink_to(other)
    guardian.clean(link)
    assert other.is_dir()
    (tmp_path / f"{guardian.PREFIX}ours").mkdir()
    guardian.clean(tmp_path / f"{guardian.PREFIX}ours")
    assert not (tmp_path / f"{guardian.PREFIX}ours").exists()


def test_a_missing_package_is_an_error_that_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(PostgresError, match="make setup"):
        installation.source()

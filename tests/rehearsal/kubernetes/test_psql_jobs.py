"""Jobs that run psql change a real database; their logs, exit codes, and conditions are psql's."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from rehearsal.kubernetes.plane import ControlPlane
from rehearsal.postgresql.fleet import Fleet

from ..conftest import until
from .conftest import wait

USER, PASSWORD = "app_admin", "a password of 'forty' characters & more"
SCRIPTS = {
    "good.sql": "\\set who ada\ncreate table people (name text);\ninsert into people values (:'who');\nselect name from people;\n",
    "bad.sql": "create table half ();\ninsert into nowhere values (1);\ncreate table never ();\n",
    "slow.sql": "create table before ();\nselect pg_sleep(60);\n",
}


@pytest.fixture(scope="module")
def connection() -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
    fleet = Fleet()
    endpoint = fleet.create("db-JOBS", user=USER, password=PASSWORD, database="shop")
    with psycopg.connect(
        host=endpoint.host, port=endpoint.port, user=USER, password=PASSWORD, dbname="shop", autocommit=True
    ) as connection:
        yield connection
    fleet.close()


def job(command: list[str], **spec: Any) -> dict[str, Any]:
    container = {
        "name": "migrate",
        "image": "registry.example/migrations:1",
        "command": command,
        "envFrom": [{"secretRef": {"name": "database"}}],
        "volumeMounts": [{"name": "sql", "mountPath": "/migrations"}],
    }
    pod = {
        "restartPolicy": spec.pop("restartPolicy", "Never"),
        "containers": [container],
        "volumes": [{"name": "sql", "configMap": {"name": "sql"}}],
    }
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": "migrate"},
        "spec": {"backoffLimit": 0, **spec, "template": {"spec": pod}},
    }


@pytest.fixture
def ready(plane: ControlPlane, namespace: str, connection: psycopg.Connection[tuple[Any, ...]]) -> str:
    """A namespace whose Secret leads to the database; returns its Jobs' path."""
    info = connection.info
    data = {"PGHOST": info.host, "PGPORT": str(info.port), "PGUSER": USER, "PGPASSWORD": PASSWORD, "PGDATABASE": "shop"}
    plane.api.create(f"/api/v1/namespaces/{namespace}/secrets", {"metadata": {"name": "database"}, "stringData": data})
    plane.api.create(f"/api/v1/namespaces/{namespace}/configmaps", {"metadata": {"name": "sql"}, "data": SCRIPTS})
    for row in connection.execute("select tablename from pg_tables where schemaname = 'public'").fetchall():
        connection.execute(f"drop table {row[0]}".encode())
    return f"/apis/batch/v1/namespaces/{namespace}/jobs"


def ended(plane: ControlPlane, jobs: str) -> tuple[str, int, str]:
    """The Job's condition, its pod's exit code, and its log."""
    found = wait(plane.api, jobs, "migrate", lambda each: bool(each.get("status", {}).get("conditions")))
    kinds = [each["type"] for each in found["status"]["conditions"] if each["type"] in ("Complete", "Failed")] or [
        {"SuccessCriteriaMet": "Complete", "FailureTarget": "Failed"}[found["status"]["conditions"][0]["type"]]
    ]
    pods = jobs.replace("/apis/batch/v1", "/api/v1").replace("/jobs", "/pods")
    (pod,) = plane.api.get(pods)["items"]
    code = pod["status"]["containerStatuses"][0]["state"]["terminated"]["exitCode"]
    return kinds[0], code, plane.api.text(f"{pods}/{pod['metadata']['name']}/log")


def tables(connection: psycopg.Connection[tuple[Any, ...]]) -> set[str]:
    return {row[0] for row in connection.execute("select tablename from pg_tables where schemaname = 'public'").fetchall()}


def test_a_migration_is_carried_out(plane: ControlPlane, ready: str, connection: psycopg.Connection[tuple[Any, ...]]) -> None:
    plane.api.create(ready, job(["psql", "-v", "ON_ERROR_STOP=1", "-f", "/migrations/good.sql"]))
    condition, code, log = ended(plane, ready)
    assert (condition, code) == ("Complete", 0)
    assert log == "CREATE TABLE\nINSERT 0 1\n name\n------\n ada\n(1 row)\n\n"
    assert connection.execute("select name from people").fetchall() == [("ada",)]


@pytest.mark.parametrize(
    ("options", "code", "condition", "left"),
    [
        (["-v", "ON_ERROR_STOP=1"], 3, "Failed", {"half"}),
        (["-1", "-v", "ON_ERROR_STOP=1"], 3, "Failed", set()),
        ([], 0, "Complete", {"half", "never"}),
    ],
)
def test_a_script_with_an_error(
    plane: ControlPlane,
    ready: str,
    connection: psycopg.Connection[tuple[Any, ...]],
    options: list[str],
    code: int,
    condition: str,
    left: set[str],
) -> None:
    plane.api.create(ready, job(["psql", "-q", *options, "-f", "/migrations/bad.sql"]))
    found = ended(plane, ready)
    assert found[:2] == (condition, code)
    assert found[2] == 'psql:/migrations/bad.sql:2: ERROR:  relation "nowhere" does not exist\n'
    assert tables(connection) == left


def test_what_psql_itself_refuses(plane: ControlPlane, ready: str, connection: psycopg.Connection[tuple[Any, ...]]) -> None:
    plane.api.create(ready, job(["sh", "-c", "PGPASSWORD=wrong psql -f /migrations/good.sql"]))
    condition, code, log = ended(plane, ready)
    assert (condition, code) == ("Failed", 2)
    assert "psql: error: connection" in log
    assert "wrong" not in log


def test_the_deadline_cancels_what_runs(plane: ControlPlane, ready: str, connection: psycopg.Connection[tuple[Any, ...]]) -> None:
    """Meanwhile the log can be followed."""
    plane.api.create(ready, job(["psql", "-f", "/migrations/slow.sql"], activeDeadlineSeconds=3))
    pods = ready.replace("/apis/batch/v1", "/api/v1").replace("/jobs", "/pods")
    until(lambda: "before" in tables(connection))
    (pod,) = plane.api.get(pods)["items"]
    followed: list[str] = []
    path = f"{pods}/{pod['metadata']['name']}/log"
    thread = threading.Thread(target=lambda: followed.append(plane.api.text(path, follow="true")), daemon=True)
    thread.start()
    found = wait(
        plane.api, ready, "migrate", lambda each: any(one["type"] == "Failed" for one in each.get("status", {}).get("conditions", []))
    )
    assert next(each["reason"] for each in found["status"]["conditions"] if each["type"] == "Failed") == "DeadlineExceeded"
    active = "select count(*) from pg_stat_activity where query like '%pg_sleep%' and state = 'active' and pid <> pg_backend_pid()"
    until(lambda: connection.execute(active).fetchone() == (0,))
    thread.join(10)
    assert followed == ["CREATE TABLE\n"]


def test_a_container_waits_for_its_secret(plane: ControlPlane, namespace: str, connection: psycopg.Connection[tuple[Any, ...]]) -> None:
    jobs = f"/apis/batch/v1/namespaces/{namespace}/jobs"
    plane.api.create(f"/api/v1/namespaces/{namespace}/configmaps", {"metadata": {"name": "sql"}, "data": SCRIPTS})
    plane.api.create(jobs, job(["psql", "-f", "/migrations/good.sql"]))
    pods = f"/api/v1/namespaces/{namespace}/pods"

    def reason() -> str:
        states = [each["status"].get("containerStatuses", [{"state": {}}])[0]["state"] for each in plane.api.get(pods)["items"]]
        return str(states[0].get("waiting", {}).get("message", "")) if states else ""

    until(lambda: reason() == 'secret "database" not found')

"""What the master may do: what fails on RDS fails here."""

from __future__ import annotations

import hashlib
import hmac
import uuid
from collections.abc import Callable

import pytest

from .conftest import MASTER, Instance, refusal

ALLOWED = [
    (
        "CREATE ROLE worker LOGIN",
        "GRANT rds_iam TO worker",
        "GRANT rds_replication TO worker",
        "GRANT pg_read_all_data TO worker",
        "DROP ROLE worker",
    ),
    ("CREATE ROLE deputy LOGIN CREATEDB CREATEROLE", "GRANT rds_superuser TO deputy", "DROP ROLE deputy"),
    ("CREATE DATABASE others", "DROP DATABASE others"),
    ("CREATE SCHEMA of_master", "CREATE TABLE of_master.t (n int)", "DROP SCHEMA of_master CASCADE"),
    ("CREATE TABLE public.t (n int)", "DROP TABLE public.t"),
    ("SELECT * FROM pg_stat_activity", "CHECKPOINT", "SELECT pg_ls_waldir()"),
    (
        "CREATE ROLE owner_role",
        f"GRANT owner_role TO {MASTER}",
        "CREATE DATABASE owned OWNER owner_role",
        "DROP DATABASE owned",
        "DROP ROLE owner_role",
    ),
    (
        "CREATE EXTENSION vector",
        "CREATE TABLE e (v vector(3))",
        "INSERT INTO e VALUES ('[1,2,3]')",
        "SELECT v <-> '[1,2,4]' FROM e",
        "DROP TABLE e",
    ),
    *(
        (f'CREATE EXTENSION "{name}"', f'DROP EXTENSION "{name}"')
        for name in ("citext", "hstore", "pgcrypto", "uuid-ossp", "pg_stat_statements")
    ),
]
REFUSED = [
    ("CREATE ROLE s SUPERUSER", "Only roles with the SUPERUSER attribute"),
    ("ALTER ROLE rdsadmin NOSUPERUSER", "permission denied to alter role"),
    ("ALTER ROLE app_admin NOSUPERUSER", "permission denied to alter role"),
    ("CREATE ROLE r REPLICATION", "permission denied to create role"),
    ("CREATE ROLE plain; SET ROLE plain", 'permission denied to set role "plain"'),
    ("CREATE ROLE plain; CREATE DATABASE of_plain OWNER plain", "cannot run inside a transaction block"),
    ("CREATE ROLE plain; CREATE SCHEMA s AUTHORIZATION plain", 'must be able to SET ROLE "plain"'),
    (
        "CREATE ROLE plain; ALTER DEFAULT PRIVILEGES FOR ROLE plain GRANT SELECT ON TABLES TO PUBLIC",
        "permission denied to change default privileges",
    ),
    ("GRANT rdsadmin TO app_admin", "permission denied to grant role"),
    ("ALTER SYSTEM SET work_mem = '1GB'", "permission denied to set parameter"),
    ("SET log_statement = 'none'", "permission denied to set parameter"),
    ("CREATE EXTENSION vectorscale", "is not available"),
    ("CREATE EXTENSION plpython3u", "is not available"),
    ("COPY (SELECT 1) TO PROGRAM 'id'", "permission denied to COPY to or from an external program"),
    ("SELECT * FROM pg_authid", "permission denied for table pg_authid"),
    ("SELECT pg_read_file('/etc/passwd')", "permission denied for function pg_read_file"),
    ("SELECT * FROM pg_stat_statements_absent", "does not exist"),
]


@pytest.mark.parametrize("statements", ALLOWED, ids=lambda statements: statements[0])
def test_allowed(shared: Instance, statements: tuple[str, ...]) -> None:
    shared.run(*statements)


@pytest.mark.parametrize(("statement", "message"), REFUSED, ids=[statement for statement, _message in REFUSED])
def test_refused(shared: Instance, statement: str, message: str) -> None:
    assert message in refusal(lambda: shared.run(statement))


def test_the_rdsadmin_database_is_closed(shared: Instance) -> None:
    assert 'permission denied for database "rdsadmin"' in refusal(lambda: shared.connect(database="rdsadmin"))


def test_owners_of_databases_and_schemas(shared: Instance) -> None:
    query = "SELECT datname, pg_get_userbyid(datdba) FROM pg_database"
    owners = dict(shared.rows(query))
    assert {name: owners[name] for name in ("postgres", "template1", "shop", "rdsadmin", "template0")} == {
        "postgres": MASTER,
        "template1": MASTER,
        "shop": MASTER,
        "rdsadmin": "rdsadmin",
        "template0": "rdsadmin",
    }
    assert shared.rows("SELECT nspowner::regrole::text FROM pg_namespace WHERE nspname = 'public'") == [("pg_database_owner",)]


def test_others_cannot_create_in_public(shared: Instance, role: Callable[..., str]) -> None:
    user = role()
    assert "permission denied for schema public" in refusal(
        lambda: shared.run("CREATE TABLE t ()", user=user, password="secret of the role")
    )


def test_offered_extensions_follow_the_engine_version(new: Callable[..., Instance]) -> None:
    instance = new(version="15.1")
    query = "SELECT name FROM pg_available_extensions ORDER BY name"
    basic = ["citext", "hstore", "pg_stat_statements", "pgcrypto", "plpgsql", "uuid-ossp"]
    assert [row[0] for row in instance.rows(query)] == basic
    assert 'extension "vector" is not available' in refusal(lambda: instance.run("CREATE EXTENSION vector"))
    instance.fleet.set_version(instance.key, "17.4")
    assert [row[0] for row in instance.rows(query)] == [*basic, "vector"]


@pytest.mark.parametrize(("before", "after", "lost"), [("16.8", "17.4", True), ("17.4", "18.1", False), ("17.4", "17.6", False)])
def test_a_major_upgrade_loses_planner_statistics_before_version_18(
    new: Callable[..., Instance], before: str, after: str, lost: bool
) -> None:
    instance = new(version=before)
    instance.run("CREATE TABLE numbers WITH (autovacuum_enabled = false) AS SELECT generate_series(1, 1000) AS n", "ANALYZE numbers")
    instance.fleet.set_version(instance.key, after)
    kept = "SELECT reltuples::int, (SELECT count(*)::int FROM pg_stats WHERE tablename = 'numbers') FROM pg_class WHERE relname = 'numbers'"
    assert instance.rows(kept) == [(-1, 0) if lost else (1000, 1)]
    instance.run("ANALYZE numbers")
    assert instance.rows(kept) == [(1000, 1)]


def test_what_stubs_compute(shared: Instance) -> None:
    shared.run("CREATE SCHEMA stubs", 'CREATE EXTENSION "uuid-ossp" SCHEMA stubs', "CREATE EXTENSION pgcrypto SCHEMA stubs")
    one, two, digest, code = shared.rows(
        "SELECT stubs.uuid_generate_v3(stubs.uuid_ns_dns(), 'example.com'), stubs.uuid_generate_v4(), stubs.digest('abc', 'sha256'), "
        "stubs.hmac('text', repeat('key', 50), 'sha512')"
    )[0]
    assert one == uuid.uuid3(uuid.NAMESPACE_DNS, "example.com")
    assert two.version == 4
    assert digest == hashlib.sha256(b"abc").digest()
    assert code == hmac.digest(b"key" * 50, b"text", "sha512")
    shared.run("DROP SCHEMA stubs CASCADE")


def test_statistics_need_their_library(new: Callable[..., Instance]) -> None:
    instance = new(parameters={"shared_preload_libraries": "pg_stat_statements"})
    instance.run("CREATE EXTENSION pg_stat_statements")
    assert instance.rows("SELECT count(*), current_setting('shared_preload_libraries') FROM pg_stat_statements") == [
        (0, "pg_stat_statements")
    ]
    instance.fleet.set_parameters(instance.key, {}, restart=True)
    assert "must be loaded via" in refusal(lambda: instance.rows("SELECT count(*) FROM pg_stat_statements"))

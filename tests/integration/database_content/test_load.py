# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Seeds, and dumps that PostgreSQL's own pg_dump wrote of a database with another owner, loaded by a master that is no superuser."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import psycopg
import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.loading.loader import Loader
from ansible_collections.mainstay.aws.plugins.module_utils.loading.options import argument_spec, plan_of
from ansible_collections.mainstay.aws.plugins.module_utils.postgresql.session import Address, Login, Watch, connect
from tests.integration.examples.running import INVENTORIES, variables
from tests.integration.network.play import ROOT

from .dumps import COUNTS, PERSONAL, PROGRAMS
from .support import MASTER, MASTER_PASSWORD, Inside, Server

MODULE = "postgres_load"


class Target(Inside):
    """A database that a group owns."""

    def prepared(self) -> Target:
        team, name = self.named("team"), self.named("db")
        for statement in (
            f"CREATE ROLE {team}; GRANT {team} TO {MASTER}",
            f"CREATE DATABASE {name} OWNER {team}",
            f"REVOKE {team} FROM {MASTER}",
        ):
            self.server.run(statement)
        return self

    def file(self, content: str | bytes, name: str = "seed.sql") -> str:
        path = self.folder / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return str(path)

    def given(self, *files: str, **options: Any) -> dict[str, Any]:
        whole = self.options(environment="dev", database=self.named("db"), files=list(files))
        return {name: value for name, value in {**whole, **options}.items() if name in {*argument_spec(), "region"}} | options

    def load(self, *files: str, role: str = "apply", **options: Any) -> dict[str, Any]:
        given = self.given(*files, **options)
        found = self.run_module(MODULE, {key: value for key, value in given.items() if key != "user_secrets"}, role)
        assert MASTER_PASSWORD not in json.dumps(found)
        assert PERSONAL not in json.dumps(found)
        return found

    def in_db(self, query: str) -> list[tuple[Any, ...]]:
        """As the superuser of the host."""
        with self.server.fleet._member(self.server.key).server.connect(self.named("db")) as connection:
            return list(connection.execute(query.encode()).fetchall())

    def tables(self) -> list[str]:
        query = "SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace WHERE relkind = 'r'"
        return [row[0] for row in self.in_db(f"{query} AND nspname IN ('public', 'app', 'mainstay')")]


@pytest.fixture
def target(shared_cloud: Any, server: Server, tmp_path: Path) -> Target:
    return Target(shared_cloud, server, tmp_path).prepared()


@pytest.fixture
def path_with_pg_restore(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", f"{PROGRAMS}:{os.environ['PATH']}")


def test_a_dump_of_another_host_is_loaded_once_and_belongs_to_the_owner(target: Target, dumps: dict[str, bytes]) -> None:
    path = target.file(dumps["plain"], "railway.sql")
    assert b"OWNER TO railway" in dumps["plain"]
    planned = target.load(path, role="plan")
    assert (planned["changed"], planned["loaded"], target.tables()) == (True, ["railway.sql"], [])
    found = target.load(path, expect=COUNTS)
    assert found.get("loaded") == ["railway.sql"], found
    assert (found["counts"]["before"], found["counts"]["after"]) == ({}, COUNTS)
    assert any("owners" in note for note in found["notes"])
    owners = "SELECT DISTINCT pg_get_userbyid(relowner) FROM pg_class WHERE relname IN ('users', 'orders', 'users_id_seq', 'loads')"
    assert target.in_db(owners) == [(target.named("team"),)]
    values = "SELECT app.total()::int, (SELECT note FROM users LIMIT 1), nextval('users_id_seq')"
    assert target.in_db(values) == [(17893, "a\tb\nc;\\", 301)]
    again = target.load(path, expect=COUNTS)
    assert (again["changed"], again["skipped"], again["counts"]["after"]) == (False, ["railway.sql"], COUNTS)


def test_an_archive_is_loaded_with_pg_restore(target: Target, dumps: dict[str, bytes], path_with_pg_restore: None) -> None:
    found = target.load(target.file(dumps["custom"], "railway.dump"), expect=COUNTS)
    assert found.get("counts", {}).get("after") == COUNTS, found


def test_what_differs_from_what_is_expected_is_not_kept(target: Target) -> None:
    seed = target.file("CREATE TABLE users (id int, email text); INSERT INTO users VALUES (1, 'a@example.org'), (2, NULL);")
    checks = {"addresses are invented": "SELECT email FROM users WHERE email NOT LIKE '%@example.com'"}
    found = target.load(seed, expect={"users": 3, "orders": 1}, checks=checks)
    assert "there is no table public.orders; 1 rows are expected; public.users has 2 rows, not 3" in found["msg"]
    assert "; addresses are invented found 1 row. Nothing of the load was kept" in found["msg"]
    assert target.tables() == []
    found = target.load(seed, checks={"wrong": "SELECT nothing FROM users"})
    assert 'check wrong: column "nothing" does not exist' in found["msg"]
    assert target.tables() == []


def test_rows_that_are_there_are_not_added_to_unless_told(target: Target) -> None:
    target.load(target.file("CREATE TABLE users (id int); INSERT INTO users VALUES (1);"))
    more = target.file("INSERT INTO users VALUES (2);", "more.sql")
    found = target.load(more)
    assert "has rows already, in public.users (1)" in found["msg"]
    found = target.load(more, into_existing=True)
    assert found["counts"] == {"before": {"public.users": 1}, "after": {"public.users": 2}}


@pytest.mark.parametrize(
    ("script", "said"),
    [
        (
            f"CREATE TABLE users (id int);\nSELECT '{PERSONAL}'::text::int;",
            "seed.sql, line 2: invalid text representation",
        ),
        ("CREATE TABLE users (id int);\nCOPY users FROM stdin;\n1\nx@y\n\\.\n", "seed.sql, line 2: invalid text representation"),
        ("CREATE TABLE users (id int);\nINSERT INTO nothing VALUES (1);", 'seed.sql, line 2: relation "nothing" does not exist'),
        ("CREATE TABLE users (id int);\nREINDEX DATABASE;", "cannot run inside a transaction block"),
        ("CREATE TABLE users (id int);\nSELECT pg_sleep(9);", "canceling statement due to statement timeout"),
        ("CREATE TABLE users (id int);\nROLLBACK;", "line 2 has ROLLBACK"),
        ("CREATE TABLE users (id int PRIMARY KEY);\nINSERT INTO users VALUES (1), (1);", "unique violation, schema public, table users"),
    ],
)
def test_a_wrong_script_leaves_nothing_and_says_where(target: Target, script: str, said: str) -> None:
    found = target.load(target.file(script), statement_timeout=0.5)
    assert said in found["msg"]
    assert "x@y" not in found["msg"]
    assert target.tables() == []


def test_other_environments_are_refused(target: Target) -> None:
    seed = target.file("SELECT 1;")
    found = target.load(seed, environment="prod")
    assert "data is loaded into production only on request" in found["msg"]
    name = target.named("db")
    with target.server.fleet._member(target.server.key).server.connect() as connection:
        connection.execute(f"COMMENT ON DATABASE {name} IS '[mainstay environment=prod component=database address=x]'".encode())
    found = target.load(seed)
    assert f"database {name}" in found["msg"]
    assert "belongs to prod/database, not to environment dev. It is production" in found["msg"]


class Killed(BaseException):
    """The end of the process."""


def test_a_load_that_is_killed_at_any_statement_is_repeated(target: Target, dumps: dict[str, bytes]) -> None:
    given = target.given(target.file(dumps["plain"], "railway.sql"))
    whole = {name: spec.get("default") for name, spec in argument_spec().items()} | given
    whole["login"] = {"user": MASTER, "password": MASTER_PASSWORD, "secret_arn": None, "iam": False, "database": "postgres"}
    plan, problems = plan_of(whole)
    assert plan is not None, problems
    address = Address(plan.target.host, plan.target.port, plan.target.ca)

    def attempt(last: int) -> int:
        left = [last]

        def fence() -> None:
            left[0] -= 1
            if left[0] < 0:
                raise Killed

        session = connect(address, Login(MASTER, MASTER_PASSWORD), plan.database, changing=True, watch=Watch(fence=fence))
        try:
            Loader(plan, lambda _doing, _seconds: None, lambda: None).load(session)
        finally:
            session.close()
        return last - left[0]

    for number in (1, 3, 9, 20, 30, 36, 40, 44):
        with pytest.raises(Killed):
            attempt(number)
        assert target.tables() == []
    statements = attempt(1000)
    assert statements > 44
    assert target.in_db("SELECT count(*) FROM users") == [(300,)]
    assert target.in_db("SELECT count(*) FROM mainstay.loads") == [(1,)]
    assert target.in_db(f"SELECT count(*) FROM pg_auth_members WHERE roleid = '{target.named('team')}'::regrole AND set_option") == [(0,)]


def test_two_loads_at_once(target: Target) -> None:
    name = target.named("db")
    seed = target.file("CREATE TABLE users (id int);")
    with target.server.login(MASTER, MASTER_PASSWORD, name) as other:
        other.execute("SELECT pg_advisory_lock(6131867302170641)")
        assert "another load into" in target.load(seed)["msg"]
    assert target.load(seed)["changed"] is True


def test_a_database_that_is_not_there(target: Target) -> None:
    with pytest.raises(psycopg.Error):
        target.server.login(MASTER, MASTER_PASSWORD, "nothing")
    assert 'database "nothing" does not exist' in target.load(target.file("SELECT 1;"), database="nothing")["msg"]


@pytest.mark.parametrize("inventory", sorted(one for one in INVENTORIES if "rds_load" in variables(one, "rds")))
def test_seeds_of_the_inventories(target: Target, inventory: str) -> None:
    """What an inventory loads is what it expects, in a database as it describes it."""
    described = variables(inventory, "rds")
    for one in described["rds_load"]:
        within = described["rds_databases"][one["instance"]]["databases"][one["database"]]
        for extension in within.get("extensions", []):
            with target.server.fleet._member(target.server.key).server.connect(target.named("db")) as connection:
                connection.execute(f"CREATE EXTENSION {extension}".encode())
        files = [path.replace("{{ inventory_dir }}", str(ROOT / inventory)) for path in one["files"]]
        found = target.load(*files, expect=one["expect"], checks=one["checks"])
        assert found.get("changed") is True, found
        assert all(number for number in found["counts"]["after"].values())

# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Databases, users, and privileges on a real server: planned, made, kept, changed by hand, corrected, and removed."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.postgresql.catalog import DATABASE_QUERIES, SERVER_QUERIES
from ansible_collections.mainstay.aws.plugins.module_utils.postgresql.quoting import identifier, literal
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.model import UNKNOWN

from .support import MASTER, MASTER_PASSWORD, Inside, Server, changes, counts

AWS_CALLS = 2
"""Of a call without users: who is calling, and the secret of the login."""


def described(inside: Inside) -> dict[str, Any]:
    """A database that a group owns, with a user for each level of access."""
    shop, reports, migrator, team = (inside.named(one) for one in ("shop", "reports", "migrator", "team"))
    if shop not in inside.arns:
        inside.secret("shop", shop, "canary-of-the-shop-0123456789")
    return {
        "databases": {
            inside.named("db"): {
                "owner": team,
                "access": {shop: "write", reports: "read", migrator: "owner"},
                "schemas": {"app": {}},
                "extensions": ["vector"],
                "settings": {"statement_timeout": "30s"},
            }
        },
        "users": {
            team: {"login": "none"},
            shop: {"settings": {"search_path": "app, public"}},
            reports: {"login": "iam", "connection_limit": 5},
            migrator: {"login": "iam", "settings": {"role": team}},
        },
    }


def login(inside: Inside) -> psycopg.Connection[Any]:
    shop = inside.named("shop")
    return inside.server.login(shop, inside.password(shop), inside.named("db"))


def as_team(inside: Inside, statements: str) -> None:
    """As the owner, which the master becomes for it."""
    team = inside.named("team")
    head, tail = f"GRANT {team} TO {MASTER}; SET ROLE {team};", f"RESET ROLE; REVOKE {team} FROM {MASTER}"
    inside.server.run(f"{head} {statements}; {tail}", inside.named("db"))


def test_everything_is_planned_without_a_server_and_made_with_one(inside: Inside) -> None:
    wanted = described(inside)
    unknown = {"endpoint": {"host": UNKNOWN}, "user_secrets": {inside.named("shop"): UNKNOWN}}
    blind = inside.plan(**wanted, **unknown)
    assert counts(blind) == {"create": 8}
    assert changes(blind)[f"postgres_role.main/{inside.named('shop')}"]["password"] == (None, UNKNOWN)
    assert set(changes(inside.plan(**wanted))) == set(changes(blind))
    assert counts(inside.apply(**wanted)) == {"create": 8}
    assert counts(inside.apply(**wanted)) == {"unchanged": 8}
    with login(inside) as shop:
        assert shop.execute("SHOW search_path").fetchone() == ("app, public",)
        assert shop.execute("SHOW statement_timeout").fetchone() == ("30s",)
        assert shop.execute("SELECT '[1,2]'::vector <-> '[1,3]'").fetchone() == (1.0,)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            shop.execute("CREATE TABLE app.t (id int)")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            shop.execute("CREATE TABLE public.t (id int)")


def test_an_apply_needs_an_endpoint(inside: Inside) -> None:
    result = inside.apply(**described(inside), endpoint={"host": UNKNOWN})
    assert "the endpoint of the server is not known" in result["msg"]


def test_future_tables_of_the_owner_have_the_privileges_at_once(inside: Inside) -> None:
    wanted = described(inside)
    inside.apply(**wanted)
    as_team(inside, "CREATE TABLE app.orders (id serial, note text)")
    with login(inside) as shop:
        assert shop.execute("INSERT INTO orders (note) VALUES ('x') RETURNING id").fetchone() == (1,)
    assert counts(inside.plan(**wanted)) == {"unchanged": 8}


def test_what_is_changed_by_hand_is_shown_and_corrected(inside: Inside) -> None:
    wanted, database = described(inside), inside.named("db")
    shop, reports, team = (inside.named(one) for one in ("shop", "reports", "team"))
    inside.apply(**wanted)
    as_team(inside, f"CREATE TABLE app.a (); CREATE TABLE app.b (); GRANT DELETE ON app.a TO {reports}; REVOKE INSERT ON app.b FROM {shop}")
    as_team(inside, f"GRANT CONNECT ON DATABASE {database} TO PUBLIC; GRANT CREATE ON SCHEMA app TO {reports}")
    as_team(inside, f"ALTER DEFAULT PRIVILEGES IN SCHEMA app GRANT DELETE ON TABLES TO {reports}")
    inside.server.run(f"GRANT {team} TO {reports}; ALTER ROLE {reports} CREATEDB; ALTER ROLE {shop} SET work_mem = '64MB'")
    inside.server.run(f"ALTER ROLE {reports} CONNECTION LIMIT 50; GRANT {reports} TO {shop}")
    plan = changes(inside.plan(**wanted))
    assert plan[f"postgres_role.main/{reports}"] == {
        "member_of": ([team], []),
        "attributes": (["createdb"], []),
        "connection_limit": (50, 5),
    }
    assert set(plan[f"postgres_role.main/{shop}"]) == {"settings", "member_of"}
    before, after = plan[f"postgres_database.main/{database}"]["privileges"]
    assert (before["public"], "public" in after) == (["CONNECT"], False)
    schema = plan[f"postgres_schema.main/{database}/app"]
    assert set(schema) == {"privileges", "tables", "default_privileges"}
    assert schema["tables"][0][reports] == ["DELETE only on a", "SELECT"] or schema["tables"][0][reports] == [
        "DELETE except on b",
        "SELECT",
    ]
    assert schema["tables"][0][shop] == ["DELETE", "INSERT except on b", "SELECT", "UPDATE"]
    assert set(plan) == {f"postgres_role.main/{one}" for one in (shop, reports)} | {
        f"postgres_database.main/{database}",
        f"postgres_schema.main/{database}/app",
    }
    inside.apply(**wanted)
    assert counts(inside.plan(**wanted)) == {"unchanged": 8}


def test_what_the_login_cannot_or_may_not_take_away_is_under_attention(inside: Inside) -> None:
    wanted, team, stranger = described(inside), inside.named("team"), inside.named("stranger")
    inside.apply(**wanted)
    inside.server.run(f"CREATE ROLE {stranger}; GRANT {team} TO {stranger}")
    plan = inside.plan(**wanted)
    assert counts(plan) == {"unchanged": 8}
    (notice,) = plan["plan"]["notices"]
    assert (notice["address"], notice["message"]) == (f"postgres_role.main/{team}", f"its members that are not described here: {stranger}")
    inside.server.run(f"DROP ROLE {stranger}")


def test_the_master_is_left_without_the_roles_that_it_acted_as(inside: Inside) -> None:
    wanted = described(inside)
    inside.apply(**wanted)
    query = f"""SELECT pg_get_userbyid(roleid), inherit_option OR set_option FROM pg_auth_members
        WHERE pg_get_userbyid(member) = '{MASTER}' AND pg_get_userbyid(roleid) LIKE '%\\_{inside.number}'"""
    assert [usable for _role, usable in inside.server.rows(query)] == [False] * 4
    assert "NOSUPERUSER" not in inside.server.log()  # only a superuser may even say so


def test_an_observation_takes_a_fixed_number_of_queries(inside: Inside) -> None:
    databases = {inside.named(f"db{n}"): {} for n in range(3)}
    inside.apply(databases=databases)
    inside.server.run(";".join(f"CREATE TABLE t{n} ()" for n in range(50)), inside.named("db0"))
    reads = inside.plan(databases=databases)["plan"]["api_calls"]["read"]
    assert reads == AWS_CALLS + SERVER_QUERIES + 3 * DATABASE_QUERIES


def test_a_plan_uses_read_only_sessions(inside: Inside) -> None:
    before = len(inside.server.log())
    inside.plan(**described(inside))
    added = inside.server.log()[before:]
    assert "default_transaction_read_only" not in added  # it is part of the connection, not a statement that could be undone
    assert not any(word in added for word in ("CREATE ROLE", "GRANT ", "ALTER ", "COMMENT "))


def test_roles_and_databases_of_others_are_left_alone_until_they_are_adopted(inside: Inside, server: Server) -> None:
    name = inside.named("legacy")
    server.run(f"CREATE ROLE {name} LOGIN PASSWORD 'x'")
    server.run(f"CREATE DATABASE {name}")
    server.run(f"COMMENT ON DATABASE {name} IS 'of before'")
    wanted: dict[str, Any] = {"databases": {name: {"owner": name}}, "users": {name: {"login": "iam"}}}
    refused = inside.apply(**wanted)
    assert f"adopt: {{postgres_role.main/{name}: role/{name}}}" in refused["msg"]
    assert f"adopt: {{postgres_database.main/{name}: database/{name}}}" in refused["msg"]
    assert not refused["changed"]
    adopt = {f"postgres_role.main/{name}": f"role/{name}", f"postgres_database.main/{name}": f"database/{name}"}
    assert counts(inside.apply(**wanted, adopt=adopt)) == {"update": 2, "unchanged": 1}
    assert counts(inside.plan(**wanted, adopt=adopt)) == {"unchanged": 3}
    (comment,) = server.rows(f"SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = '{name}'")[0]
    assert comment == f"of before [mainstay environment=prod component={inside.component} address=postgres_database.main/{name}]"


def test_two_components_cannot_own_one_database(inside: Inside) -> None:
    name = inside.named("db")
    inside.apply(databases={name: {}})
    result = inside.apply(databases={name: {}}, component=f"{inside.component}-b")
    assert f"belongs to prod/{inside.component} (postgres_database.main/{name})" in result["msg"]


def test_removing_takes_consent_and_never_more_than_what_is_owned(inside: Inside) -> None:
    wanted, database = described(inside), inside.named("db")
    inside.apply(**wanted)
    as_team(inside, "CREATE TABLE app.orders (v vector(2))")
    fewer = {"databases": {}, "users": {}}
    held = inside.apply(**fewer)
    assert sorted(one["action"] for one in held["plan"]["actions"]) == ["delete"] * 5
    assert not held["changed"]
    assert inside.server.rows(f"SELECT count(*) FROM pg_database WHERE datname = '{database}'") == [(1,)]
    assert counts(inside.plan(**wanted)) == {"unchanged": 8}
    assert inside.plan(**fewer, purge=["*"])["plan"]["counts"]["delete"] == 4  # the database holds data: its kind has to be named
    assert inside.server.rows(f"SELECT count(*) FROM pg_database WHERE datname = '{database}'") == [(1,)]
    gone = inside.apply(**fewer, state="absent")
    assert not gone.get("failed"), gone["msg"]
    pattern = f"%\\_{inside.number}"
    assert inside.server.rows(f"SELECT datname FROM pg_database WHERE datname LIKE '{pattern}'") == []
    assert inside.server.rows(f"SELECT rolname FROM pg_roles WHERE rolname LIKE '{pattern}'") == []


def test_a_removed_user_leaves_what_it_owned_to_the_owner_of_the_database(inside: Inside) -> None:
    wanted, database, shop = described(inside), inside.named("db"), inside.named("shop")
    inside.apply(**wanted)
    as_team(inside, f"CREATE TABLE app.mine (); GRANT CREATE ON SCHEMA app TO {shop}")
    with login(inside) as connection:
        connection.execute("CREATE TABLE app.yours ()")
    del wanted["users"][shop]
    del wanted["databases"][database]["access"][shop]
    result = inside.apply(**wanted, purge=["postgres_role.*"])
    assert not result.get("failed"), result["msg"]
    assert inside.server.rows("SELECT tableowner FROM pg_tables WHERE tablename = 'yours'", database) == [(inside.named("team"),)]
    assert counts(inside.plan(**wanted)) == {"unchanged": 7}


def test_nothing_is_dropped_along_with_a_schema_or_an_extension(inside: Inside) -> None:
    wanted, database = described(inside), inside.named("db")
    inside.apply(**wanted)
    as_team(inside, "CREATE TABLE app.orders (v vector(2))")
    settings = wanted["databases"][database]
    del settings["schemas"], settings["extensions"]
    result = inside.apply(**wanted, purge=["postgres_schema.*", "postgres_extension.*"])
    assert result["failed"]
    assert "table app.orders depends on schema app" in result["msg"]
    assert "column v of table app.orders depends on type public.vector" in result["msg"]
    as_team(inside, "DROP TABLE app.orders")
    assert not inside.apply(**wanted, purge=["postgres_schema.*", "postgres_extension.*"]).get("failed")
    assert counts(inside.plan(**wanted)) == {"unchanged": 6}


def test_a_database_in_use_is_not_dropped(inside: Inside) -> None:
    wanted = described(inside)
    inside.apply(**wanted)
    with login(inside):
        result = inside.apply(state="absent")
    assert f"database {inside.named('db')} has open connections: {inside.named('shop')} (1)" in result["msg"]
    assert not inside.apply(state="absent").get("failed")


def test_an_interrupted_creation_continues(inside: Inside) -> None:
    """CREATE DATABASE takes no mark: what an interrupted run leaves says whose it is by its name."""
    name = inside.named("db")
    inside.apply(databases={name: {}})
    (comment,) = inside.server.rows(f"SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = '{name}'")[0]
    from ansible_collections.mainstay.aws.plugins.module_utils.domains.database_content.server.marks import (
        unfinished_name,
        unfinished_prefix,
    )

    temporary = unfinished_name(unfinished_prefix("prod", inside.component, "main"), name)
    inside.server.run(f'COMMENT ON DATABASE "{name}" IS NULL')
    inside.server.run(f'ALTER DATABASE "{name}" RENAME TO "{temporary}"')
    assert counts(inside.apply(databases={name: {}})) == {"create": 2}
    assert inside.server.rows(f"SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = '{name}'") == [(comment,)]
    assert inside.server.rows(f"SELECT count(*) FROM pg_database WHERE datname = '{temporary}'") == [(0,)]


def test_the_initial_database_of_the_instance_is_taken_over(inside: Inside) -> None:
    team = inside.named("team")
    wanted = {"databases": {"shop": {"owner": team}}, "users": {team: {"login": "none"}}, "initial_database": "shop"}
    assert changes(inside.plan(**wanted))["postgres_database.main/shop"]["owner"] == (MASTER, team)
    assert not inside.apply(**wanted).get("failed")
    assert counts(inside.plan(**wanted)) == {"unchanged": 3}
    with inside.server.login(MASTER, MASTER_PASSWORD, "shop") as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_a_major_upgrade_is_followed_by_analyze(inside: Inside) -> None:
    wanted, database, server = described(inside), inside.named("db"), inside.server
    inside.apply(**wanted)
    as_team(inside, "CREATE TABLE app.big WITH (autovacuum_enabled = false) AS SELECT generate_series(1, 20000) AS n; ANALYZE app.big")
    server.fleet.set_version(server.key, "16.8")
    assert counts(inside.plan(**wanted)) == {"unchanged": 8}
    server.fleet.set_version(server.key, "17.4")
    plan = changes(inside.plan(**wanted))
    assert plan == {f"postgres_database.main/{database}": {"statistics": ("missing for 1 tables: app.big", "present")}}
    inside.apply(**wanted)
    assert server.rows("SELECT reltuples FROM pg_class WHERE relname = 'big'", database) == [(20000.0,)]
    assert counts(inside.plan(**wanted)) == {"unchanged": 8}


def test_an_extension_that_is_not_offered_is_one_sentence_before_the_first_change(inside: Inside) -> None:
    result = inside.apply(databases={inside.named("db"): {"extensions": ["vectr"]}})
    assert "which this server (PostgreSQL 17." in result["msg"]
    assert "does not offer; did you mean vector?" in result["msg"]
    assert inside.server.rows(f"SELECT 1 FROM pg_database WHERE datname = '{inside.named('db')}'") == []


def test_an_unreachable_server_is_one_error_that_says_what_to_set(inside: Inside) -> None:
    result = inside.plan(**described(inside), endpoint={"host": "127.0.0.1", "port": 9, "ca": str(inside.server.fleet.ca_bundle)})
    assert result["failed"]
    assert "127.0.0.1:9 cannot be reached from here" in result["msg"]
    assert "set rds_sql_host to an inventory host there" in result["msg"]


def test_an_untrusted_server_is_refused(inside: Inside, tmp_path: Any) -> None:
    other = tmp_path / "none.pem"
    other.write_text("")
    endpoint = {"host": inside.server.endpoint.host, "port": inside.server.endpoint.port, "ca": str(other)}
    result = inside.plan(**described(inside), endpoint=endpoint)
    assert "no verified TLS connection" in result["msg"]


@pytest.mark.parametrize("text", ["plain", "it's", 'a"b', "back\\slash", "\\'; DROP ROLE x; --", "zwei\nlines", "päß"])
def test_quoted_text_is_what_the_server_reads(server: Server, text: str) -> None:
    assert server.rows(f"SELECT {literal(text)} AS {identifier(text)}") == [(text,)]
    with server.login(MASTER, MASTER_PASSWORD, "postgres") as connection:
        connection.execute("SET standard_conforming_strings = off")
        assert connection.execute(f"SELECT {literal(text)}".encode()).fetchone() == (text,)

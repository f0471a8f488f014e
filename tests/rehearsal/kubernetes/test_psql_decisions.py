"""What psql would make of command lines, environments, and scripts, as tables."""

from __future__ import annotations

from typing import Any

import pytest

from rehearsal.kubernetes.psql.command import Misused, calls, runs_psql
from rehearsal.kubernetes.psql.container import NotReady, inside
from rehearsal.kubernetes.psql.running import parameters, table
from rehearsal.kubernetes.psql.script import Command, Statement, pieces

URL = "postgresql://app:secret@db.example:5433/shop?sslmode=require"
OF_URL = {"user": "app", "password": "secret", "host": "db.example", "port": "5433", "dbname": "shop", "sslmode": "require"}


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["psql", "-f", "/m/1.sql"], True),
        (["/usr/bin/psql"], True),
        (["sh", "-c", "set -e; psql -f /m/1.sql"], True),
        (["sh", "-c", "echo\npsql -f x"], True),
        (["alembic", "upgrade", "head"], False),
        (["run-psqlite", "x"], False),
    ],
)
def test_which_commands_are_run(words: list[str], expected: bool) -> None:
    assert runs_psql(words) is expected


@pytest.mark.parametrize(
    ("words", "environment", "actions", "connection"),
    [
        (["psql", "-f", "/m/1.sql"], {"DATABASE_URL": URL}, [("file", "/m/1.sql")], OF_URL),
        (["psql", URL, "-c", "select 1", "-f", "a"], {}, [("command", "select 1"), ("file", "a")], OF_URL),
        (["psql", "--dbname", URL, "--file=a"], {"PGUSER": "other"}, [("file", "a")], OF_URL),
        (["psql", "-hdb", "-p", "1", "-U", "u", "shop"], {"PGPASSWORD": "p"}, [],
         {"host": "db", "port": "1", "user": "u", "dbname": "shop", "password": "p"}),
        (["psql", "-f", "a"], {"PGHOST": "db", "PGDATABASE": "shop", "DATABASE_URL": URL}, [("file", "a")],
         {"host": "db", "dbname": "shop"}),
        (["sh", "-c", 'set -e\npsql "$DATABASE_URL" -f a && echo done'], {"DATABASE_URL": URL}, [("file", "a")], OF_URL),
        (["/bin/bash", "-ec", "PGUSER=x exec psql -h ${HOST:-db} -f 'a b'"], {}, [("file", "a b")], {"user": "x", "host": "db"}),
    ],
)  # fmt: skip
def test_command_lines(words: list[str], environment: dict[str, str], actions: list[Any], connection: dict[str, str]) -> None:
    (call,) = calls(words, environment)
    assert call.actions == actions
    assert parameters(call, environment) == connection


def test_options_that_matter() -> None:
    first, second = calls(["sh", "-c", "psql -X -q1v ON_ERROR_STOP=1 -f a; psql --set=x=y --single-transaction -f b"], {})
    assert (first.quiet, first.single_transaction, first.variables) == (True, True, {"ON_ERROR_STOP": "1"})
    assert (second.single_transaction, second.variables) == (True, {"x": "y"})


@pytest.mark.parametrize(
    ("words", "sentence"), [(["psql", "-f"], "requires an argument -- 'f'"), (["psql", "-Y"], "invalid option -- 'Y'")]
)
def test_wrong_options(words: list[str], sentence: str) -> None:
    with pytest.raises(Misused, match=sentence):
        calls(words, {})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("select 1;\nselect 2", [Statement("select 1;", 1), Statement("select 2", 2)]),
        ("select ';' , \"a;b\", E'\\';';", [Statement("select ';' , \"a;b\", E'\\';';", 1)]),
        ("-- a; b\nselect 1 /* ; /* nested; */ */;", [Statement("select 1;", 2)]),
        ("do $$ begin; end $$;", [Statement("do $$ begin; end $$;", 1)]),
        ("do $a$ x; $$ y; $a$;", [Statement("do $a$ x; $$ y; $a$;", 1)]),
        ("create rule r as on x do (a; b);", [Statement("create rule r as on x do (a; b);", 1)]),
        ("create function f() begin atomic select case when a then 1 end; end; select 2;",
         [Statement("create function f() begin atomic select case when a then 1 end; end;", 1), Statement("select 2;", 1)]),
        ("begin; commit;", [Statement("begin;", 1), Statement("commit;", 1)]),
        ("select :a, :'a', :\"a\", 'x:a', b::a, :none;", [Statement("select v, 'v', \"v\", 'x:a', b::a, :none;", 1)]),
        ("\\set x 'a b'\n\\i more.sql\nselect 1 \\g",
         [Command("set", ("x", "a b"), 1), Command("i", ("more.sql",), 2), Statement("select 1", 3)]),
        ("copy t from stdin;\n1\t2\n\\.\nselect 1;", [Statement("copy t from stdin;", 1, "1\t2\n"), Statement("select 1;", 4)]),
        ("", []),
    ],
)  # fmt: skip
def test_scripts(text: str, expected: list[Any]) -> None:
    assert list(pieces(text, {"a": "v"})) == expected


OBJECTS = {
    ("configmaps", "web", "sql"): {"1.sql": "select 1", "2.sql": "select 2"},
    ("secrets", "web", "db"): {"url": URL, "PGUSER": "app"},
}


def container(**spec: Any) -> dict[str, Any]:
    volumes = spec.pop("volumes", [])
    return {
        "metadata": {"namespace": "web", "name": "p", "uid": "u"},
        "spec": {"containers": [{"command": ["psql"], **spec}], "volumes": volumes},
    }


def read(kind: str, namespace: str, name: str) -> dict[str, str] | None:
    return OBJECTS.get((kind, namespace, name))


def test_environment_and_files() -> None:
    pod = container(
        args=["-f", "$(FOLDER)/1.sql", "$$(NO)", "$(UNKNOWN)"],
        envFrom=[{"secretRef": {"name": "db"}}, {"configMapRef": {"name": "gone", "optional": True}}],
        env=[
            {"name": "FOLDER", "value": "/m"},
            {"name": "URL", "valueFrom": {"secretKeyRef": {"name": "db", "key": "url"}}},
            {"name": "WHO", "valueFrom": {"fieldRef": {"fieldPath": "metadata.namespace"}}},
            {"name": "MADE", "value": "$(WHO)-$(FOLDER)"},
        ],
        volumeMounts=[
            {"name": "sql", "mountPath": "/m"},
            {"name": "one", "mountPath": "/x/own.sql", "subPath": "renamed"},
            {"name": "both", "mountPath": "/b/"},
        ],
        volumes=[
            {"name": "sql", "configMap": {"name": "sql"}},
            {"name": "one", "configMap": {"name": "sql", "items": [{"key": "2.sql", "path": "renamed"}]}},
            {"name": "both", "projected": {"sources": [{"secret": {"name": "db"}}, {"configMap": {"name": "sql"}}]}},
        ],
    )
    found = inside(pod, read)
    assert found.command == ("psql", "-f", "/m/1.sql", "$(NO)", "$(UNKNOWN)")
    assert (found.environment["URL"], found.environment["PGUSER"], found.environment["MADE"]) == (URL, "app", "web-/m")
    assert {path: found.files[path] for path in ("/m/1.sql", "/x/own.sql", "/b/url")} == {
        "/m/1.sql": "select 1",
        "/x/own.sql": "select 2",
        "/b/url": URL,
    }


@pytest.mark.parametrize(
    ("spec", "sentence"),
    [
        ({"envFrom": [{"secretRef": {"name": "gone"}}]}, 'secret "gone" not found'),
        (
            {"env": [{"name": "X", "valueFrom": {"configMapKeyRef": {"name": "sql", "key": "x"}}}]},
            "couldn't find key x in ConfigMap web/sql",
        ),
        (
            {"volumeMounts": [{"name": "v", "mountPath": "/v"}], "volumes": [{"name": "v", "configMap": {"name": "no"}}]},
            'configmap "no" not found',
        ),
    ],
)
def test_what_a_container_waits_for(spec: dict[str, Any], sentence: str) -> None:
    with pytest.raises(NotReady, match=sentence):
        inside(container(**spec), read)


def test_results_as_psql_shows_them() -> None:
    assert table(["id", "name"], [(1, "a"), (22, None)]) == [" id | name", "----+------", "  1 | a", " 22 |", "(2 rows)", ""]

# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What is carried out of a script: everything that a master of RDS may do and the inventory does not decide."""

from __future__ import annotations

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.postgresql.script.portable import AS_LOGIN, DROP, RUN, as_written, portable
from ansible_collections.mainstay.aws.plugins.module_utils.postgresql.script.splitting import ScriptProblem, Statement, statements


def only(text: str) -> Statement:
    (found,) = statements(text.encode().splitlines(keepends=True))
    return found


@pytest.mark.parametrize(
    ("text", "expected", "note"),
    [
        ("SELECT pg_catalog.set_config('search_path', '', false);", RUN, ""),
        ("SET client_encoding = 'UTF8';", RUN, ""),
        ("SET statement_timeout = 0;", DROP, ""),
        ("SET transaction_timeout = 0;", DROP, ""),
        ("SET LOCAL lock_timeout TO 0;", DROP, ""),
        ("BEGIN;", DROP, ""),
        ("START TRANSACTION READ WRITE;", DROP, ""),
        ("COMMIT;", DROP, ""),
        ("SAVEPOINT a;", RUN, ""),
        ("ROLLBACK TO SAVEPOINT a;", RUN, ""),
        ("CREATE USER MAPPING FOR x SERVER y;", RUN, ""),
        ("CREATE EXTENSION IF NOT EXISTS plpgsql WITH SCHEMA pg_catalog;", DROP, "plpgsql"),
        ('CREATE EXTENSION IF NOT EXISTS "uuid-ossp" WITH SCHEMA public;', AS_LOGIN, ""),
        ("COMMENT ON EXTENSION vector IS 'x';", DROP, "comments on extensions"),
        ("COMMENT ON TABLE t IS 'x';", RUN, ""),
        ("ALTER TABLE public.users OWNER TO railway;", DROP, "owners"),
        ('ALTER FUNCTION public.f(a integer, b text) OWNER TO "my-role";', DROP, "owners"),
        ("ALTER TABLE t RENAME COLUMN owner TO holder;", RUN, ""),
        ("ALTER TABLE ONLY t ADD CONSTRAINT k FOREIGN KEY (owner) REFERENCES u(id);", RUN, ""),
        ("SET SESSION AUTHORIZATION 'railway';", DROP, "owners"),
        ("GRANT ALL ON TABLE t TO PUBLIC;", DROP, "privileges"),
        ("ALTER DEFAULT PRIVILEGES FOR ROLE a GRANT SELECT ON TABLES TO b;", DROP, "privileges"),
        ("CREATE SCHEMA public;", DROP, "schema public"),
        ("CREATE SCHEMA public2;", RUN, ""),
        ("COMMENT ON SCHEMA public IS 'standard public schema';", DROP, "schema public"),
        ("CREATE SUBSCRIPTION s CONNECTION 'host=old' PUBLICATION p;", DROP, "subscriptions"),
        ("ALTER DATABASE railway SET timezone = 'UTC';", DROP, "settings of the database"),
    ],
)
def test_dump(text: str, expected: str, note: str) -> None:
    found = portable(only(text))
    assert found.what == expected
    assert note in found.note
    assert bool(note) == bool(found.note)


@pytest.mark.parametrize("text", ["GRANT SELECT ON t TO x;", "ALTER TABLE t OWNER TO x;", "CREATE EXTENSION vector;"])
def test_a_script_of_the_inventory_is_carried_out_as_written(text: str) -> None:
    assert as_written(only(text)).what == RUN


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("SELECT 1 FROM a;\nROLLBACK;", "line 2 has ROLLBACK: everything in a script is one transaction"),
        ("PREPARE TRANSACTION 'x';", "has PREPARE TRANSACTION"),
        ("CREATE DATABASE shop;", "without --create"),
        ("CREATE ROLE shop;", "the inventory describes the users"),
        ("CREATE USER shop;", "the inventory describes the users"),
        ("VACUUM FULL;", "it cannot run in a transaction"),
        ("COPY t TO '/tmp/x';", "not FROM stdin"),
        ("COPY t FROM PROGRAM 'x';", "not FROM stdin"),
        ("SET standard_conforming_strings = off;", "turns off standard_conforming_strings"),
    ],
)
def test_what_ends_a_script(text: str, said: str) -> None:
    with pytest.raises(ScriptProblem) as found:
        list(map(portable, statements(text.encode().splitlines(keepends=True))))
    assert said in str(found.value)

# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Fingerprints of a real PostgreSQL server, by a login that is no superuser."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.postgresql.session import Address, Login, Watch, connect
from ansible_collections.mainstay.aws.plugins.module_utils.recovery.fingerprint.comparing import compare, not_compared
from ansible_collections.mainstay.aws.plugins.module_utils.recovery.fingerprint.model import Fingerprint, Options
from ansible_collections.mainstay.aws.plugins.module_utils.recovery.fingerprint.taking import take
from rehearsal.postgresql.fleet import Fleet

MASTER, PASSWORD = "dbadmin", "canary-of-the-master-0123456789"
SAMPLED = Options(exact_bytes=0, sample_rows=50)

CONTENT = """
CREATE ROLE app_ro NOLOGIN;
CREATE SCHEMA app;
CREATE TYPE app.state AS ENUM ('new', 'paid');
CREATE DOMAIN app.amount AS numeric(10, 2) CHECK (VALUE >= 0);
CREATE TABLE app.orders (id bigserial PRIMARY KEY, state app.state NOT NULL DEFAULT 'new', price app.amount, at timestamptz, note text);
CREATE INDEX orders_at ON app.orders (at);
CREATE TABLE app.lines (order_id bigint REFERENCES app.orders, number int, what text, PRIMARY KEY (order_id, number));
CREATE TABLE app.events (at date, what text) PARTITION BY RANGE (at);
CREATE TABLE app.events_2026 PARTITION OF app.events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
CREATE TABLE app.keyless (one float, "ODD column" bytea);
CREATE UNLOGGED TABLE app.cache (id int);
CREATE VIEW app.paid AS SELECT id FROM app.orders WHERE state = 'paid';
CREATE MATERIALIZED VIEW app.totals AS SELECT count(*) AS orders FROM app.orders;
CREATE FUNCTION app.twice(n int) RETURNS int LANGUAGE sql AS 'SELECT 2 * n';
CREATE AGGREGATE app.total(int) (SFUNC = int4pl, STYPE = int);
CREATE FUNCTION app.mark() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER marks BEFORE INSERT ON app.orders FOR EACH ROW EXECUTE FUNCTION app.mark();
CREATE POLICY mine ON app.lines USING (true);
CREATE PUBLICATION changes FOR TABLE app.orders;
CREATE STATISTICS app.related ON state, price FROM app.orders;
CREATE COLLATION app.german FROM "C";
GRANT USAGE ON SCHEMA app TO app_ro;
GRANT SELECT ON app.orders TO app_ro;
INSERT INTO app.orders (state, price, at, note) SELECT 'new', n, '2026-11-30 08:00:00+00'::timestamptz + n * interval '1 min', 'note ' || n
    FROM generate_series(1, 400) n;
INSERT INTO app.lines SELECT n, 1, 'thing ' || n FROM generate_series(1, 400) n;
INSERT INTO app.events SELECT '2026-11-30', 'event ' || n FROM generate_series(1, 30) n;
INSERT INTO app.keyless VALUES (0.1, '\\x00ff'), (NULL, NULL);
REFRESH MATERIALIZED VIEW app.totals;
ANALYZE;
"""


class Databases:
    """A server with a database that holds all kinds of things, and as many copies of it as tests need."""

    def __init__(self, fleet: Fleet) -> None:
        self.fleet, self.endpoint, self.copies = fleet, fleet.endpoint("db-PRINTS"), 0

    def run(self, statements: str, database: str) -> None:
        where = {"host": self.endpoint.host, "port": self.endpoint.port, "sslrootcert": str(self.fleet.ca_bundle), "sslmode": "verify-full"}
        with psycopg.connect(**where, dbname=database, user=MASTER, password=PASSWORD, autocommit=True) as connection:
            connection.execute(statements.encode())

    def copy(self, *changes: str) -> str:
        self.copies += 1
        name = f"copy{self.copies}"
        self.run(f"CREATE DATABASE {name} TEMPLATE shop", "postgres")
        for one in changes:
            self.run(one, name)
        return name

    def take(self, database: str, options: Options | None = None) -> Fingerprint:
        address = Address(self.endpoint.host, self.endpoint.port, str(self.fleet.ca_bundle))
        session = connect(address, Login(MASTER, PASSWORD), database, changing=False, watch=Watch())
        try:
            return take(session, options)
        finally:
            session.close()


@pytest.fixture(scope="module")
def databases(fleet: Fleet) -> Iterator[Databases]:
    fleet.create("db-PRINTS", user=MASTER, password=PASSWORD, database="shop")
    found = Databases(fleet)
    found.run(CONTENT, "shop")
    yield found
    fleet.delete("db-PRINTS")


@pytest.fixture(scope="module")
def expected(databases: Databases) -> Fingerprint:
    return databases.take("shop")


def test_a_copy_is_equal_however_its_sessions_are_set(databases: Databases, expected: Fingerprint) -> None:
    copy = databases.copy(
        "UPDATE app.orders SET note = note WHERE id < 200", "VACUUM FULL app.orders", "REFRESH MATERIALIZED VIEW app.totals"
    )
    databases.run(
        f"ALTER DATABASE {copy} SET TimeZone = 'Asia/Tokyo'; ALTER DATABASE {copy} SET DateStyle = 'German'; "
        f"ALTER DATABASE {copy} SET extra_float_digits = -5; ALTER DATABASE {copy} SET bytea_output = 'escape'",
        "postgres",
    )
    found = databases.take(copy)
    assert [one.what for one in compare(expected, found)] == ["database property settings"]
    assert not_compared(expected, found) == [
        "The rows of table app.cache were not compared: it is UNLOGGED, and a restore empties such tables."
    ]
    assert expected.tables["app.orders"].count == 400
    assert expected.tables["app.events_2026"].count == 30
    assert expected.sequences["app.orders_id_seq"].last == 400
    assert "note 7" not in repr(expected)


CHANGES: dict[str, tuple[str, list[str]]] = {
    "a value": ("UPDATE app.orders SET note = 'note 8' WHERE id = 7", ["The contents of table app.orders differ"]),
    "a null and an empty text": ("UPDATE app.orders SET note = '' WHERE id = 7", ["The contents of table app.orders differ"]),
    "a row gone": ("DELETE FROM app.lines WHERE order_id = 7", ["Table app.lines has 399 rows; expected 400."]),
    "a row of a partition": ("DELETE FROM app.events WHERE what = 'event 1'", ["Table app.events_2026 has 29 rows; expected 30."]),
    "bytes": ("UPDATE app.keyless SET \"ODD column\" = '\\x00fe' WHERE one = 0.1", ["The contents of table app.keyless differ"]),
    "a sequence": ("SELECT setval('app.orders_id_seq', 9)", ["Sequence app.orders_id_seq is at 9; expected 400."]),
    "an index": ("DROP INDEX app.orders_at", ["Index app.orders_at is missing."]),
    "a default": ("ALTER TABLE app.orders ALTER note SET DEFAULT 'x'", ["The definition of table app.orders differs."]),
    "a constraint": (
        "ALTER TABLE app.orders ADD CONSTRAINT cheap CHECK (price < 1000)",
        ["Constraint cheap on app.orders was not expected."],
    ),
    "a view": ("CREATE OR REPLACE VIEW app.paid AS SELECT id FROM app.orders", ["The definition of view app.paid differs."]),
    "a function": (
        "CREATE OR REPLACE FUNCTION app.twice(n int) RETURNS int LANGUAGE sql AS 'SELECT 3 * n'",
        ["The definition of function app.twice(n integer) differs."],
    ),
    "an aggregate": ("DROP AGGREGATE app.total(int)", ["Function app.total(integer) is missing."]),
    "a trigger that is off": ("ALTER TABLE app.orders DISABLE TRIGGER marks", ["The definition of trigger marks on app.orders differs."]),
    "a policy": ("ALTER POLICY mine ON app.lines USING (false)", ["The definition of policy mine on app.lines differs."]),
    "a label of an enum": ("ALTER TYPE app.state ADD VALUE 'sent'", ["The definition of type app.state differs."]),
    "a check of a domain": ("ALTER DOMAIN app.amount DROP CONSTRAINT amount_check", ["The definition of type app.amount differs."]),
    "a publication": ("DROP PUBLICATION changes", ["Publication changes is missing."]),
    "statistics": ("DROP STATISTICS app.related", ["Statistics object app.related is missing."]),
    "a collation": ("DROP COLLATION app.german", ["Collation app.german is missing."]),
    "a grant": ("REVOKE SELECT ON app.orders FROM app_ro", ["The privileges on table app.orders are none; expected app_ro=SELECT."]),
    "an extension": ("CREATE EXTENSION citext", ["Extension citext was not expected"]),
    "row security": ("ALTER TABLE app.lines ENABLE ROW LEVEL SECURITY", ["The definition of table app.lines differs."]),
}


def test_every_change_is_found_alone(databases: Databases, expected: Fingerprint) -> None:
    copy, before, wrong = databases.copy(), expected, {}
    for name, (statement, sentences) in CHANGES.items():
        databases.run(statement, copy)
        after = databases.take(copy)
        found = [str(one) for one in compare(before, after)]
        if len(found) != len(sentences) or not all(one.startswith(start) for one, start in zip(found, sentences, strict=True)):
            wrong[name] = found
        before = after
    assert wrong == {}


def test_large_tables_are_estimated_and_sampled(databases: Databases) -> None:
    expected = databases.take("shop", SAMPLED)
    orders, lines = expected.tables["app.orders"], expected.tables["app.lines"]
    assert (orders.count, orders.exact, orders.method) == (400, False, "about 50 rows at equal distances of the key")
    assert lines.method == "the first and the last 25 rows by key"
    assert expected.tables["app.keyless"].checksum == ""
    assert compare(expected, databases.take(databases.copy("VACUUM FULL"), SAMPLED)) == []
    edges = databases.take(
        databases.copy("UPDATE app.orders SET note = '' WHERE id = 1; DELETE FROM app.lines WHERE order_id = 400"), SAMPLED
    )
    assert [one.what for one in compare(expected, edges)] == ["table app.lines", "table app.orders"]


def test_what_cannot_be_read_is_said_and_the_rest_is_read(databases: Databases) -> None:
    databases.run("CREATE ROLE other NOLOGIN; GRANT other TO dbadmin", "postgres")
    copy = databases.copy(
        "GRANT CREATE ON SCHEMA app TO other; ALTER TABLE app.keyless OWNER TO other; REVOKE other FROM dbadmin",
        "CREATE FUNCTION app.slow(int) RETURNS int LANGUAGE sql AS 'SELECT 1 FROM pg_sleep(5)'",
    )
    found = databases.take(copy, Options(seconds=5))
    assert set(found.unread) == {"app.cache", "app.keyless"}
    assert "pg_read_all_data" in found.unread["app.keyless"]
    assert found.tables["app.orders"].count == 400


def test_no_query_outlasts_its_limit(databases: Databases) -> None:
    copy = databases.copy("INSERT INTO app.keyless SELECT n, NULL FROM generate_series(1, 200000) n")
    found = databases.take(copy, Options(seconds=0.02, exclude=("app.[!k]*",)))
    assert found.unread["app.keyless"].startswith("57014")

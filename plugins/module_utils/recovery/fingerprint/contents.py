# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The rows of tables: how many, and a checksum that does not depend on their order or on where they are stored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from ...postgresql.quoting import identifier
from ...postgresql.session import Session
from ...reconcile.errors import CallFailed, NotYet
from .model import Options, Rows
from .schema import OWN

TABLES = f"""SELECT n.nspname, c.relname, pg_relation_size(c.oid), c.reltuples::bigint, c.relpersistence, c.relispopulated,
    has_table_privilege(c.oid, 'SELECT') AND has_schema_privilege(n.oid, 'USAGE'), row_security_active(c.oid),
    (SELECT coalesce(json_agg(json_build_array(a.attname, format_type(a.atttypid, a.atttypmod)) ORDER BY k.number), '[]')
        FROM pg_index i, unnest(i.indkey::int2[]) WITH ORDINALITY k(attnum, number), pg_attribute a
        WHERE i.indrelid = c.oid AND i.indisprimary AND a.attrelid = c.oid AND a.attnum = k.attnum)
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'm') AND {OWN.format(catalog="pg_class", oid="c.oid")}"""  # noqa: S608 - constants of this folder

LINE = "ROW(one.*)::text"
HASH = "('x' || encode(substring(sha256(convert_to({text}, current_setting('server_encoding'))) FROM 1 FOR 8), 'hex'))::bit(64)::bigint"
"""A number for a row. Sums of it are equal for equal sets of rows, and sha256, unlike md5, is available under FIPS."""

INTEGERS = ("smallint", "integer", "bigint")


@dataclass(frozen=True)
class Table:
    """bytes: without indexes and large values. estimate: rows by its statistics; negative if it has none. key: (column, type)."""

    schema: str
    name: str
    bytes: int
    estimate: int
    persistence: str
    populated: bool
    readable: bool
    row_security: bool
    key: tuple[tuple[str, str], ...]

    @property
    def label(self) -> str:
        return f"{self.schema}.{self.name}"

    @property
    def quoted(self) -> str:
        return identifier(self.schema, self.name)


def read_tables(session: Session) -> list[Table]:
    return [
        Table(schema, name, int(size), int(estimate), persistence, populated, readable, security, tuple((one, kind) for one, kind in key))
        for schema, name, size, estimate, persistence, populated, readable, security, key in session.rows(TABLES)
    ]


def read_rows(session: Session, table: Table, options: Options) -> Rows:
    """The rows of a table. What prevents reading them is in the value. Raises NotYet if the connection was lost."""
    reason = unreadable(table, session.user)
    if reason:
        return Rows(exact=False, unread=reason)
    try:
        with session.savepoint():
            return _complete(session, table) if is_small(table, options) else _sampled(session, table, options)
    except NotYet:
        raise
    except CallFailed as error:
        return Rows(exact=False, unread=f"{error.code}: {error.message}")


def unreadable(table: Table, user: str) -> str:
    """Why the rows of a table cannot be compared; empty if they can."""
    if table.persistence == "u":
        return "it is UNLOGGED, and a restore empties such tables"
    if not table.populated:
        return "it is a materialized view that was not populated"
    if not table.readable:
        return f"{user} lacks the privilege SELECT on it; GRANT pg_read_all_data TO {user} gives it"
    return f"row level security hides rows of it from {user}" if table.row_security else ""


def is_small(table: Table, options: Options) -> bool:
    """Whether all rows are read. That of a large table without statistics is unknown otherwise, but reading it may take hours."""
    return table.bytes <= options.exact_bytes


def is_excluded(table: Table, options: Options) -> bool:
    return any(fnmatchcase(table.label, pattern) for pattern in options.exclude)


def _complete(session: Session, table: Table) -> Rows:
    # Names come from the catalog and are quoted.
    query = f"SELECT count(*), coalesce(sum({HASH.format(text=LINE)}), 0)::text FROM ONLY {table.quoted} one"  # noqa: S608
    count, checksum = session.rows(query)[0]
    return Rows(int(count), True, str(checksum), "all rows")


def _sampled(session: Session, table: Table, options: Options) -> Rows:
    count = table.estimate if table.estimate >= 0 else None
    if not table.key:
        return Rows(count, False)
    integer = len(table.key) == 1 and table.key[0][1] in INTEGERS
    sample, method = (evenly if integer else ends)(table.quoted, [name for name, _type in table.key], options.sample_rows)
    query = f"SELECT coalesce(sum({HASH.format(text='line')}), 0)::text FROM ({sample}) sample"  # noqa: S608 - as above
    return Rows(count, False, str(session.rows(query)[0][0]), method)


def evenly(quoted: str, key: Sequence[str], rows: int) -> tuple[str, str]:
    """Rows at equal distances between the lowest and the highest key: each is one lookup in the index."""
    column = identifier(key[0])
    query = f"""SELECT DISTINCT found.id, found.line
        FROM (SELECT min({column})::numeric AS low, max({column})::numeric AS high FROM ONLY {quoted}) border,
            generate_series(border.low, border.high, greatest(1, floor((border.high - border.low) / {rows}))) point,
            LATERAL (SELECT one.{column} AS id, {LINE} AS line FROM ONLY {quoted} one
                WHERE one.{column} >= point::bigint ORDER BY one.{column} LIMIT 1) found"""  # noqa: S608 - as above
    return query, f"about {rows} rows at equal distances of the key"


def ends(quoted: str, key: Sequence[str], rows: int) -> tuple[str, str]:
    """The rows with the lowest and those with the highest keys."""
    half = max(1, rows // 2)
    first = ", ".join(f"one.{identifier(name)}" for name in key)
    last = ", ".join(f"one.{identifier(name)} DESC" for name in key)
    query = f"""(SELECT {LINE} AS line FROM ONLY {quoted} one ORDER BY {first} LIMIT {half}) UNION ALL
        (SELECT {LINE} AS line FROM ONLY {quoted} one ORDER BY {last} LIMIT {half})"""  # noqa: S608 - as above
    return query, f"the first and the last {half} rows by key"

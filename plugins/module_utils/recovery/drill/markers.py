# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Marker rows: what they contain, how they are checked, and the SQL that writes and removes them. Pure functions.

A marker is a row with a number, the database's own time, and a checksum over both and a random payload. The newest one that a restored
database has says up to which moment data came back; the checksum, that it came back intact.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ...postgresql.quoting import identifier, literal

COMMENT = "Markers of disaster recovery drills (mainstay.aws). A drill that created this removes it."
"""Recognizes a schema and a table that a drill created. What an administrator prepared has no such comment, and stays."""

COLUMNS = ("drill", "number", "written_at", "payload", "checksum")


@dataclass(frozen=True)
class Place:
    """Where the markers are: in a schema and a table of their own."""

    database: str
    schema: str
    table: str

    @property
    def name(self) -> str:
        """The table as SQL."""
        return identifier(self.schema, self.table)

    def __str__(self) -> str:
        return f"{self.schema}.{self.table} in database {self.database}"


@dataclass(frozen=True)
class Marker:
    """One row. drill: the ID of the run. written_at: the source database's clock, with its time zone."""

    drill: str
    number: int
    written_at: datetime
    payload: str
    checksum: str = ""

    @property
    def seconds(self) -> float:
        """When it was written, in seconds since 1970."""
        return self.written_at.timestamp()


def checksum(marker: Marker) -> str:
    """SHA-256 over everything else in the row. The time counts as microseconds since 1970, whatever zone it is written in."""
    moment = round(marker.written_at.timestamp() * 1_000_000)
    return hashlib.sha256(f"{marker.drill}|{marker.number}|{moment}|{marker.payload}".encode()).hexdigest()


def is_intact(marker: Marker) -> bool:
    return marker.checksum == checksum(marker)


def marker_of(row: Sequence[Any]) -> Marker:
    """A row in the order of COLUMNS."""
    drill, number, written_at, payload, found = row
    return Marker(str(drill), int(number), written_at, str(payload), str(found))


def newest(markers: Iterable[Marker]) -> Marker | None:
    return max(markers, key=lambda one: one.number, default=None)


def lock_key(resource_id: str) -> int:
    """The key of the advisory lock that a drill holds in its source: a signed number of 64 bits."""
    digest = hashlib.sha256(f"mainstay.aws drill {resource_id}".encode()).digest()
    return int.from_bytes(digest[:8], "big", signed=True)


# --- statements ----------------------------------------------------------------------------------------------------------


def create_schema(place: Place) -> tuple[str, ...]:
    name = identifier(place.schema)
    return (f"CREATE SCHEMA {name}", f"COMMENT ON SCHEMA {name} IS {literal(COMMENT)}")


def create_table(place: Place) -> tuple[str, ...]:
    return (
        f"CREATE TABLE {place.name} (drill text NOT NULL, number integer NOT NULL, written_at timestamptz NOT NULL, "
        "payload text NOT NULL, checksum text NOT NULL, PRIMARY KEY (drill, number))",
        f"COMMENT ON TABLE {place.name} IS {literal(COMMENT)}",
    )


def insert(place: Place, marker: Marker) -> str:
    values = (marker.drill, str(marker.number), marker.written_at.isoformat(), marker.payload, marker.checksum)
    return f"INSERT INTO {place.name} ({', '.join(COLUMNS)}) VALUES ({', '.join(literal(value) for value in values)})"  # noqa: S608 - quoted


def select(place: Place) -> str:
    """Takes the ID of a drill as its parameter."""
    return f"SELECT {', '.join(COLUMNS)} FROM {place.name} WHERE drill = %s"  # noqa: S608 - quoted


def delete(place: Place) -> str:
    """Removes all rows: those of the drill that holds the lock, and those that killed ones left."""
    return f"DELETE FROM {place.name}"  # noqa: S608 - quoted


def any_left(place: Place) -> str:
    return f"SELECT 1 FROM {place.name} LIMIT 1"  # noqa: S608 - quoted


def drop_table(place: Place) -> str:
    return f"DROP TABLE {place.name}"


def drop_schema(place: Place) -> str:
    """Without CASCADE: a schema that contains anything else stays."""
    return f"DROP SCHEMA {identifier(place.schema)}"


STATE = """
SELECT pg_is_in_recovery(),
       n.oid IS NOT NULL,
       coalesce(obj_description(n.oid, 'pg_namespace') = %s, false),
       c.oid IS NOT NULL,
       coalesce(obj_description(c.oid, 'pg_class') = %s, false),
       CASE WHEN n.oid IS NULL THEN has_database_privilege(current_database(), 'CREATE')
            WHEN c.oid IS NULL THEN has_schema_privilege(n.oid, 'CREATE')
            ELSE has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'INSERT')
                 AND has_table_privilege(c.oid, 'SELECT') AND has_table_privilege(c.oid, 'DELETE') END,
       coalesce((SELECT array_agg(attname::text ORDER BY attnum) FROM pg_attribute
                 WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped), '{}'),
       current_user::text
  FROM (SELECT 1) one
  LEFT JOIN pg_namespace n ON n.nspname = %s
  LEFT JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = %s
"""
"""Takes the comment twice, the schema, and the table as its parameters."""


@dataclass(frozen=True)
class State:
    """What there is before a marker is written. ours: a drill created it. allowed: the login may do what is still to be done."""

    recovering: bool
    has_schema: bool
    schema_ours: bool
    has_table: bool
    table_ours: bool
    allowed: bool
    columns: tuple[str, ...]
    user: str


def state_of(row: Sequence[Any]) -> State:
    """The row of STATE."""
    recovering, has_schema, schema_ours, has_table, table_ours, allowed, columns, user = row
    return State(
        recovering=bool(recovering),
        has_schema=bool(has_schema),
        schema_ours=bool(schema_ours),
        has_table=bool(has_table),
        table_ours=bool(table_ours),
        allowed=bool(allowed),
        columns=tuple(columns),
        user=str(user),
    )


def problem(place: Place, state: State) -> str:
    """Why no marker can be written; empty if one can."""
    if state.recovering:
        return "it is in recovery: a read replica takes no marker. Name its primary instance as the database."
    if state.has_table and set(state.columns) != set(COLUMNS):
        found = ", ".join(state.columns)
        return f"the table {place} has the columns {found}; one of markers has {', '.join(COLUMNS)}. Set marker.schema or marker.table."
    if not state.allowed:
        needed = (
            f"INSERT, SELECT and DELETE on {place.schema}.{place.table}"
            if state.has_table
            else f"CREATE on {'schema ' + place.schema if state.has_schema else 'database ' + place.database}"
        )
        return f"{state.user} cannot write a marker there: it lacks {needed}. Grant it, or create the table as docs/recovery.md says."
    return ""

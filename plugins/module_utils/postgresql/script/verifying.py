# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What a database contains after a script: exact row counts, and queries that must find nothing. Rows are counted and never returned."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..problems import Rejected
from ..session import Session

SCHEMA = "mainstay"
"""Our own schema, which does not count."""

TABLES = f"""SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND n.nspname !~ '^pg_'
    AND has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT')
    AND n.nspname NOT IN ('information_schema', '{SCHEMA}')
    AND NOT EXISTS (SELECT FROM pg_depend x WHERE x.classid = 'pg_class'::regclass AND x.objid = c.oid AND x.deptype = 'e')
    ORDER BY 1"""  # noqa: S608 - only constants of this file

AT_ONCE = 50
"""Tables that one query counts."""


@dataclass(frozen=True)
class Finding:
    """A check that failed. ``found``: how many rows its query returned."""

    name: str
    found: int

    def __str__(self) -> str:
        return f"{self.name} found {self.found} row{'' if self.found == 1 else 's'}"


def row_counts(session: Session) -> dict[str, int]:
    """Table with its schema -> number of rows, of the tables that the session may read, but those of extensions. Raises CallFailed."""
    tables = [str(row[0]) for row in session.rows(TABLES)]
    found: dict[str, int] = {}
    for start in range(0, len(tables), AT_ONCE):
        part = tables[start : start + AT_ONCE]
        columns = ", ".join(f"(SELECT count(*) FROM {table})" for table in part)  # noqa: S608 - quoted by the server
        found |= zip(part, map(int, session.rows(f"SELECT {columns}")[0]), strict=True)
    return found


def wrong_counts(expected: Mapping[str, int], found: Mapping[str, int]) -> list[str]:
    """One sentence for each table that does not have the expected number of rows. A table without a schema is in public."""
    wrong = []
    for table, number in sorted(expected.items()):
        name = table if "." in table else f"public.{table}"
        if name not in found:
            wrong.append(f"there is no table {name}; {number} rows are expected")
        elif found[name] != number:
            wrong.append(f"{name} has {found[name]} rows, not {number}")
    return wrong


def failed_checks(session: Session, checks: Mapping[str, str]) -> list[Finding]:
    """The checks whose query returns a row. Within a transaction. Raises Rejected for one that is no query."""
    found = []
    session.send(b'SET LOCAL search_path = "$user", public')
    for name, query in checks.items():
        text = query.strip().rstrip(";")
        try:
            number = session.count(f"SELECT count(*) FROM ({text}\n) AS found")  # noqa: S608 - a query of the inventory
        except Rejected as error:
            raise Rejected(f"check {name}: {error.message}", error.code) from None
        if number:
            found.append(Finding(name, number))
    session.send(b"SET LOCAL search_path = pg_catalog")
    return found

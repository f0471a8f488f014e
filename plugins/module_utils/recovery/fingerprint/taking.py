# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Takes the fingerprint of a database."""

from __future__ import annotations

from ...postgresql.session import Session
from .contents import is_excluded, read_rows, read_tables
from .model import Fingerprint, Options
from .schema import read_facts, read_positions

FORMATS = {
    "DateStyle": "ISO, YMD",
    "IntervalStyle": "postgres",
    "TimeZone": "UTC",
    "extra_float_digits": "3",
    "bytea_output": "hex",
    "xmlbinary": "base64",
    "lc_monetary": "C",
}
"""The settings that decide how a row reads as text. Servers, databases, and roles may set them, so they are fixed here."""


def take(session: Session, options: Options | None = None) -> Fingerprint:
    """What the database of the session holds, all of it at one moment. Raises CallFailed; NotYet if the connection was lost.

    Rows that cannot be read are no error: the fingerprint says why.
    """
    options = options or Options()
    with session.snapshot():
        for name, value in {**FORMATS, "statement_timeout": str(int(options.seconds * 1000))}.items():
            session.rows("SELECT set_config(%s, %s, true)", [name, value])
        database = str(session.rows("SELECT current_database()")[0][0])
        return Fingerprint(
            database=database,
            version=session.version,
            tables={table.label: read_rows(session, table, options) for table in read_tables(session) if not is_excluded(table, options)},
            sequences=read_positions(session),
            facts=read_facts(session, database),
        )

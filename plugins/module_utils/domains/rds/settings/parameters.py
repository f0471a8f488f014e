# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Parameters of the engine: the defaults of this role, and the user's."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ....inputs.reader import Reader

NAME = re.compile(r"[a-z_][a-z0-9_]*(?:\.[a-z_][a-z0-9_]*)?")

PRELOAD = "shared_preload_libraries"
EXTENSIONS = "rds.extensions"
"""The parameter whose allowed values are the extensions that a family offers. It cannot be changed."""

DEFAULTS: Mapping[str, str] = {
    "rds.force_ssl": "1",
    PRELOAD: "pg_stat_statements",
    "log_connections": "1",
    "log_disconnections": "1",
    "log_lock_waits": "1",
    "log_min_duration_statement": "1000",
    "log_statement": "ddl",
    "log_temp_files": "10240",
}
"""TLS only, statistics about statements, and a log that shows who connected, what changed the schema, and what was slow: statements of a
second or more, temporary files of 10 MiB or more."""


def read_parameters(reader: Reader, defaults: Mapping[str, str] | None = None) -> dict[str, str]:
    """The parameters by name, as text. The user's values come over ``defaults`` (this role's, if None), and null removes one."""
    found = dict(DEFAULTS if defaults is None else defaults)
    for name, value in reader.mapping("parameters").items():
        path = f"{reader.at('parameters')}.{name}"
        if not NAME.fullmatch(name):
            reader.problems.add(reader.at("parameters"), name, "it must be the name of a PostgreSQL parameter such as work_mem")
        elif value is None:
            found.pop(name, None)
        elif (text := as_parameter(value)) is None:
            reader.problems.add(path, value, "it must be a string, a number, or true or false")
        else:
            found[name] = text
    return found


def as_parameter(value: object) -> str | None:
    """A value as RDS keeps it: text, with 1 and 0 for booleans."""
    if isinstance(value, bool):
        return "1" if value else "0"
    return str(value) if isinstance(value, str | int | float) else None

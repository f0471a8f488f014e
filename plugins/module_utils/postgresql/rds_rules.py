# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What RDS for PostgreSQL reserves and requires beyond PostgreSQL: names of roles, names of extensions, and libraries. Pure values."""

from __future__ import annotations

from collections.abc import Mapping

RESERVED_ROLES = frozenset(
    (
        *("rdsadmin", "rdsproxyadmin", "rdsrepladmin", "rdstopmgr", "rdswriteforwarduser"),
        *("public", "none", "current_role", "current_user", "session_user"),
    )
)
"""Roles of RDS itself, and words that PostgreSQL takes for something else than a role."""

RESERVED_PREFIXES = ("pg_", "rds_")
"""What the names of PostgreSQL's and of RDS's own roles, databases and schemas begin with."""

OTHER_NAMES: Mapping[str, str] = {
    "pgvector": "vector",
    "postgis3": "postgis",
    "uuid_ossp": "uuid-ossp",
    "pgcron": "pg_cron",
    "pg_audit": "pgaudit",
}
"""What extensions are called elsewhere -> their name in CREATE EXTENSION."""

LIBRARIES: Mapping[str, str] = {
    "pg_cron": "pg_cron",
    "pg_hint_plan": "pg_hint_plan",
    "pg_stat_statements": "pg_stat_statements",
    "pg_tle": "pg_tle",
    "pgactive": "pgactive",
    "pgaudit": "pgaudit",
    "pglogical": "pglogical",
    "plprofiler": "plprofiler",
}
"""extension -> the library that must be in shared_preload_libraries for it to work (RDS User Guide, "Using PostgreSQL extensions")."""

"""What every server starts from: an empty cluster with the roles and databases that RDS creates. Made once per cloud, then copied."""

from __future__ import annotations

from pathlib import Path

from psycopg import sql

from rehearsal.postgresql.scram import Verifier
from rehearsal.postgresql.server import REPLICATOR, SUPERUSER, Machine, Server

NEWEST = "17"

# "Understanding the rds_superuser role" in the RDS User Guide: it may use these, and pass them on.
PREDEFINED = (
    *("pg_monitor", "pg_read_all_settings", "pg_read_all_stats", "pg_stat_scan_tables", "pg_signal_backend", "pg_checkpoint"),
    *("pg_maintain", "pg_use_reserved_connections", "pg_create_subscription"),
)
# It may make others members of these without being one: membership in the first two would open even pg_authid, and members of rds_iam log
# in with tokens.
PASSED_ON = ("pg_read_all_data", "pg_write_all_data", "rds_iam", "rds_ad")
ROLES = f"""
CREATE ROLE rds_superuser;
CREATE ROLE rds_password;
CREATE ROLE rds_replication;
CREATE ROLE rds_iam;
CREATE ROLE rds_ad;
CREATE ROLE {REPLICATOR} LOGIN REPLICATION;
GRANT {", ".join(PREDEFINED)}, rds_password, rds_replication TO rds_superuser WITH ADMIN OPTION;
GRANT {", ".join(PASSED_ON)} TO rds_superuser WITH ADMIN TRUE, INHERIT FALSE, SET FALSE;
CREATE DATABASE rdsadmin STRATEGY file_copy;
REVOKE ALL ON DATABASE rdsadmin FROM PUBLIC;
REVOKE ALL ON DATABASE template0 FROM PUBLIC;
"""


def make(machine: Machine, folder: Path) -> Server:
    """A stopped server."""
    server = Server(machine, folder, version=NEWEST)
    locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C", "-E", "UTF8", "--lc-messages=C"]
    machine.run(
        NEWEST, "initdb", "-D", str(server.data), "-U", SUPERUSER, *locale, "--wal-segsize=1", "-N", "-A", "peer", "--no-instructions"
    )
    server.recovery = {"wal_keep_size": "0", "archive_mode": "off"}  # every instance would carry what is kept
    server.start()
    with server.connect() as connection:
        for statement in ROLES.split(";\n"):
            if statement.strip():
                connection.execute(statement.encode())
        connection.execute("CHECKPOINT")
    server.stop()
    return server


def furnish(server: Server, *, user: str, password: str | None, database: str | None) -> None:
    """Creates the master and its database in a new server. Without a password, the master logs in with IAM.

    The master is no superuser. It owns the databases postgres and template1, as on RDS.
    """
    master = sql.Identifier(user)
    with server.connect() as connection:
        connection.execute(sql.SQL("CREATE ROLE {} LOGIN CREATEDB CREATEROLE VALID UNTIL 'infinity'").format(master))
        connection.execute(sql.SQL("GRANT rds_superuser TO {} WITH ADMIN OPTION").format(master))
        for name in ("postgres", "template1"):
            connection.execute(sql.SQL("ALTER DATABASE {} OWNER TO {}").format(sql.Identifier(name), master))
        if database and database != "postgres":
            connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(database), master))
    set_password(server, user, password)


def set_password(server: Server, user: str, password: str | None) -> None:
    """Stores only the verifier, so that the password itself is in no statement. None makes the master log in with IAM."""
    with server.connect() as connection:
        if password is None:
            connection.execute(sql.SQL("GRANT rds_iam TO {}").format(sql.Identifier(user)))
            return
        connection.execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(user), sql.Literal(str(Verifier.of(password)))))
        if connection.execute("SELECT pg_has_role(%s, 'rds_iam', 'SET')", [user]).fetchone() == (True,):
            connection.execute(sql.SQL("REVOKE rds_iam FROM {}").format(sql.Identifier(user)))

"""Planner statistics, which a major upgrade loses: pg_upgrade carries them over to version 18 and later only (its documentation)."""

from __future__ import annotations

from rehearsal.postgresql.server import Server

CARRIED_OVER_TO = 18

COUNTS = "UPDATE pg_class SET reltuples = -1, relallvisible = 0 WHERE oid >= 16384 AND relkind IN ('r', 'm', 'p', 'i', 'I')"
VALUES = "DELETE FROM pg_statistic WHERE starelid >= 16384"
"""16384 is the first identifier of objects that users create."""


def major(version: str) -> int:
    return int(version.partition(".")[0])


def are_lost(before: str, after: str) -> bool:
    return major(before) < major(after) < CARRIED_OVER_TO


def forget(server: Server) -> None:
    """In every database. Those of a replica go with those of its source."""
    if server.value("SELECT pg_is_in_recovery()"):
        return
    for name in server.value("SELECT array_agg(datname::text) FROM pg_database WHERE datallowconn"):
        with server.connect(name) as connection:
            connection.execute(COUNTS)
            connection.execute(VALUES)

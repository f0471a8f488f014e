"""Which extensions the servers offer: what RDS offers for an engine version, as far as the rehearsal has it."""

from __future__ import annotations

STUBS = ("citext", "hstore", "pg_stat_statements", "pgcrypto", "uuid-ossp")
"""Extensions that the package lacks. `stubs/` has what SQL can do of them."""
PRELOADED = ("pg_stat_statements",)
"""Extensions that shared_preload_libraries may name."""

# "Supported PostgreSQL extension versions" in the Amazon RDS for PostgreSQL Release Notes, read in November 2026.
VECTOR_SINCE = {12: 16, 13: 12, 14: 9, 15: 2}
"""The first minor version of a major version that offers pgvector; later major versions always do."""


def offered(version: str) -> tuple[str, ...]:
    """The extensions for an engine version such as "17.4", sorted. A major version alone means its newest minor version."""
    major, _dot, minor = version.partition(".")
    since = VECTOR_SINCE.get(int(major), 0)
    vector = int(major) >= min(VECTOR_SINCE) and (not minor or int(minor.partition("-")[0]) >= since)
    return tuple(sorted(("plpgsql", *STUBS, *(("vector",) if vector else ()))))


def key(names: tuple[str, ...]) -> str:
    """A short name of a set of extensions, for a folder."""
    return "vector" if "vector" in names else "none"

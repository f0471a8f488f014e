"""Which parameters of a parameter group reach the servers, and how they are written to their configuration file."""

from __future__ import annotations

import re
from collections.abc import Mapping

BOUNDS = {"max_connections": (10, 500), "max_wal_senders": (5, 20), "max_replication_slots": (5, 20), "max_worker_processes": (4, 16)}
"""Lowest and highest value; what a class of instances can hold may be more than this machine can."""

PASSED = frozenset(
    {
        *BOUNDS,
        *("work_mem", "statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout", "idle_session_timeout"),
        *("transaction_timeout", "default_transaction_isolation", "default_transaction_read_only", "search_path", "timezone", "datestyle"),
        *("intervalstyle", "client_encoding", "client_min_messages", "bytea_output", "extra_float_digits", "default_toast_compression"),
        *("password_encryption", "row_security", "standard_conforming_strings", "deadlock_timeout", "max_locks_per_transaction"),
        *("max_prepared_transactions", "random_page_cost", "seq_page_cost", "effective_cache_size", "default_statistics_target"),
        *("enable_seqscan", "enable_indexscan", "enable_hashjoin", "enable_mergejoin", "enable_nestloop", "max_parallel_workers"),
        *("max_parallel_workers_per_gather", "autovacuum", "autovacuum_naptime", "autovacuum_vacuum_scale_factor"),
        *("autovacuum_vacuum_threshold", "autovacuum_analyze_scale_factor", "autovacuum_analyze_threshold", "vacuum_cost_delay"),
        *("vacuum_cost_limit", "log_statement", "log_min_duration_statement", "log_connections", "log_disconnections", "log_duration"),
        *("log_lock_waits", "log_temp_files", "log_checkpoints", "log_autovacuum_min_duration", "log_error_verbosity", "log_hostname"),
        *("log_min_error_statement", "log_min_messages", "log_statement_sample_rate", "log_transaction_sample_rate"),
        *("log_replication_commands", "log_parameter_max_length", "log_parameter_max_length_on_error", "track_activities"),
        *("track_counts", "track_functions", "track_io_timing", "track_commit_timestamp", "track_activity_query_size"),
        *("hot_standby_feedback", "max_standby_streaming_delay", "max_standby_archive_delay", "session_replication_role"),
        *("shared_preload_libraries", "xmlbinary", "xmloption", "lc_messages", "plan_cache_mode", "array_nulls"),
    }
)
"""All others are accepted and described by the API only, such as those that size memory or durability."""
OF_RDS = re.compile(r"rds\.[a-z_]+")
LIBRARIES = ("pg_stat_statements",)
"""The libraries of shared_preload_libraries that exist here; the rest of its value is left out."""
FORMULA = re.compile(r"[{}]|\bLEAST\b|\bGREATEST\b|\bSUM\b|\blog\(", re.IGNORECASE)


def passed(parameters: Mapping[str, str]) -> dict[str, str]:
    """What reaches a server, by name. Values are as RDS stores them: without units, in the parameter's own. Formulas over the class's
    memory are left out.
    """
    found: dict[str, str] = {}
    for name, value in parameters.items():
        text = str(value).strip()
        if FORMULA.search(text) or not (name in PASSED or OF_RDS.fullmatch(name)):
            continue
        if name in BOUNDS and text.isdigit():
            lowest, highest = BOUNDS[name]
            text = str(min(max(int(text), lowest), highest))
        if name == "shared_preload_libraries":
            text = ",".join(each for each in (part.strip() for part in text.split(",")) if each in LIBRARIES)
        found[name] = text
    if found.get("rds.logical_replication") == "1":
        found["wal_level"] = "logical"
    return found


def demands_encryption(parameters: Mapping[str, str], version: str) -> bool:
    """Whether connections must be encrypted. rds.force_ssl is 1 by default from PostgreSQL 15 on ("Requiring an SSL connection to a
    PostgreSQL DB instance" in the RDS User Guide).
    """
    default = "1" if int(version.partition(".")[0]) >= 15 else "0"
    return str(parameters.get("rds.force_ssl", default)).lower() in ("1", "on", "true")


def lines(parameters: Mapping[str, str]) -> str:
    """In the form of postgresql.conf."""
    return "".join(f"{name} = '{quoted(value)}'\n" for name, value in parameters.items())


def quoted(value: str) -> str:
    """A value between single quotes; one line, whatever it holds."""
    return value.replace("\\", "\\\\").replace("'", "''").replace("\n", " ").replace("\r", " ")

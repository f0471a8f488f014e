"""The parameters of the families postgres13 to postgres18: an extract of what DescribeEngineDefaultParameters returns.

One line per parameter: name, default, apply type, data type, allowed values, and a description. A default of "" means that RDS shows no
value, so that PostgreSQL's own default is in effect. A name that begins with "!" cannot be modified. The source of a parameter with a
default is `system`, because RDS sets it, else `engine-default`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

_LINES = """
application_name||dynamic|string||Sets the application name to be reported in statistics and logs.
!archive_command|/etc/rds/dbbin/pgscripts/rds_wal_archive %p|dynamic|string||Sets the shell command that archives a WAL file.
!archive_mode|on|static|boolean|0,1|Allows archiving of WAL files.
auto_explain.log_min_duration||dynamic|integer|-1-2147483647|(ms) Sets the least execution time of plans that are logged.
auto_explain.log_analyze||dynamic|boolean|0,1|Uses EXPLAIN ANALYZE for plan logging.
autovacuum|1|dynamic|boolean|0,1|Starts the autovacuum subprocess.
autovacuum_analyze_scale_factor|0.05|dynamic|float|0-100|Number of changed tuples before analyze, as a fraction of reltuples.
autovacuum_max_workers|GREATEST({DBInstanceClassMemory/64371566592},3)|static|integer|1-262143|Sets how many autovacuum workers can run.
autovacuum_naptime|15|dynamic|integer|1-2147483|(s) Time to sleep between autovacuum runs.
autovacuum_vacuum_cost_limit|GREATEST({log(DBInstanceClassMemory/21474836480)*600},200)|dynamic|integer|-1-10000|Vacuum cost before napping.
autovacuum_vacuum_scale_factor|0.1|dynamic|float|0-100|Number of changed tuples before vacuum, as a fraction of reltuples.
autovacuum_work_mem|GREATEST({DBInstanceClassMemory/32768},65536)|dynamic|integer|-1-2147483647|(kB) Memory of each autovacuum worker.
checkpoint_completion_target|0.9|dynamic|float|0-1|Time spent flushing dirty buffers, as a fraction of the checkpoint interval.
checkpoint_timeout|300|dynamic|integer|30-3600|(s) Sets the time between automatic WAL checkpoints.
client_encoding||dynamic|string||Sets the client's character set encoding.
client_min_messages||dynamic|string|CLIENT_LEVELS|Sets the message levels that are sent.
cron.database_name|postgres|static|string||Database in which pg_cron metadata is kept.
!data_directory|/rdsdbdata/db|static|string||Sets the server's data directory.
deadlock_timeout||dynamic|integer|1-2147483647|(ms) Sets the time to wait on a lock before checking for deadlock.
default_statistics_target||dynamic|integer|1-10000|Sets the default statistics target.
default_transaction_isolation||dynamic|string|serializable,repeatable read,read committed,read uncommitted|Isolation of new transactions.
effective_cache_size|{DBInstanceClassMemory/16384}|dynamic|integer|1-2147483647|(8kB) Sets the planner's assumption about the disk cache.
effective_io_concurrency||dynamic|integer|0-1000|Number of simultaneous requests that the disks can handle.
!fsync|1|dynamic|boolean|0,1|Forces synchronization of updates to disk.
hot_standby_feedback||dynamic|boolean|0,1|Allows feedback from a hot standby that will avoid query conflicts.
huge_pages|on|static|string|on,off,try|Use of huge pages on Linux.
idle_in_transaction_session_timeout|86400000|dynamic|integer|0-2147483647|(ms) Sets the longest idle time of open transactions.
idle_session_timeout||dynamic|integer|0-2147483647|(ms) Sets the longest idle time of sessions.
jit||dynamic|boolean|0,1|Allows JIT compilation.
lc_messages||dynamic|string||Sets the language in which messages are displayed.
!listen_addresses|*|static|string||Sets the host names or addresses to listen to.
lock_timeout||dynamic|integer|0-2147483647|(ms) Sets the longest wait for a lock.
log_autovacuum_min_duration|10000|dynamic|integer|-1-2147483647|(ms) Sets the least execution time of autovacuum actions that are logged.
log_checkpoints|1|dynamic|boolean|0,1|Logs each checkpoint.
log_connections||dynamic|boolean|0,1|Logs each successful connection.
log_destination|stderr|dynamic|string|stderr,csvlog|Sets the destination for server log output.
log_disconnections||dynamic|boolean|0,1|Logs the end of a session, including its duration.
log_error_verbosity||dynamic|string|default,verbose,terse|Sets the verbosity of logged messages.
log_filename|postgresql.log.%Y-%m-%d-%H|dynamic|string|postgresql.log.%Y-%m-%d,postgresql.log.%Y-%m-%d-%H|Sets the file name pattern.
log_line_prefix|%t:%r:%u@%d:[%p]:|dynamic|string||Controls information prefixed to each log line.
log_lock_waits||dynamic|boolean|0,1|Logs long lock waits.
log_min_duration_sample||dynamic|integer|-1-2147483647|(ms) Sets the least execution time of sampled statements.
log_min_duration_statement||dynamic|integer|-1-2147483647|(ms) Sets the least execution time of statements that are logged.
log_min_error_statement||dynamic|string|LEVELS|Logs their statement.
log_min_messages||dynamic|string|LEVELS|Sets the levels that are logged.
log_rotation_age|60|dynamic|integer|1-1440|(min) Log file rotation occurs after this many minutes.
log_rotation_size|10240|dynamic|integer|50000-1000000|(kB) Log file rotation occurs after this size.
log_statement||dynamic|string|none,ddl,mod,all|Sets the type of statements logged.
log_statement_sample_rate||dynamic|float|0-1|Fraction of statements above log_min_duration_sample that are logged.
log_temp_files||dynamic|integer|-1-2147483647|(kB) Logs the use of temporary files larger than this.
!log_timezone|UTC|dynamic|string||Sets the time zone in log messages.
logical_decoding_work_mem||dynamic|integer|64-2147483647|(kB) Sets the memory for logical decoding.
maintenance_work_mem|GREATEST({DBInstanceClassMemory/63963136*1024},65536)|dynamic|integer|1024-2147483647|(kB) Memory for maintenance.
max_connections|LEAST({DBInstanceClassMemory/9531392},5000)|static|integer|6-8388607|Sets the most concurrent connections.
max_locks_per_transaction|64|static|integer|10-2147483647|Sets the most locks per transaction.
max_logical_replication_workers||static|integer|0-262143|Most logical replication workers.
max_parallel_workers|GREATEST(${DBInstanceVCPU/2},8)|dynamic|integer|0-1024|Sets the most parallel workers active at once.
max_parallel_workers_per_gather||dynamic|integer|0-1024|Sets the most parallel processes per executor node.
max_prepared_transactions||static|integer|0-262143|Sets the most prepared transactions at once.
max_replication_slots|20|static|integer|0-262143|Sets the most replication slots.
max_slot_wal_keep_size||dynamic|integer|-1-2147483647|(MB) Sets the most WAL that replication slots may hold back.
max_standby_archive_delay||dynamic|integer|-1-2147483647|(ms) Sets the delay before queries are canceled for archived WAL.
max_standby_streaming_delay|30000|dynamic|integer|-1-2147483647|(ms) Sets the delay before queries are canceled for streamed WAL.
max_wal_senders|20|static|integer|0-262143|Sets the most simultaneous WAL sender processes.
max_wal_size|2048|dynamic|integer|128-201326592|(MB) Sets the WAL size that triggers a checkpoint.
max_worker_processes|GREATEST(${DBInstanceVCPU*2},8)|static|integer|0-262143|Sets the most concurrent worker processes.
min_wal_size|192|dynamic|integer|128-201326592|(MB) Sets the least size to which the WAL shrinks.
password_encryption|scram-sha-256|dynamic|string|md5,scram-sha-256|Encrypts passwords.
pg_stat_statements.max||static|integer|100-2147483647|Sets the most statements tracked by pg_stat_statements.
pg_stat_statements.track|TOP|dynamic|string|none,top,all|Selects which statements are tracked by pg_stat_statements.
pg_stat_statements.track_utility||dynamic|boolean|0,1|Selects whether utility commands are tracked.
pgaudit.log||dynamic|list|AUDIT|Classes of statements to audit.
pgaudit.role||dynamic|string|rds_pgaudit|The role that is used for object audit logging.
!port|{EndPointPort}|static|integer|1-65535|Sets the TCP port the server listens on.
random_page_cost||dynamic|float|0-1.79769e+308|Sets the planner's cost of a nonsequentially fetched disk page.
rds.accepted_password_auth_method|md5+scram|dynamic|string|md5+scram,scram|Methods for passwords stored locally.
rds.allowed_extensions|*|dynamic|string||Extensions that can be created.
rds.force_admin_logging_level|disabled|dynamic|string|disabled,LOWER_LEVELS|Logs RDS's own actions.
rds.force_autovacuum_logging_level|warning|dynamic|string|disabled,LOWER_LEVELS|Logs.
rds.force_ssl|1|dynamic|boolean|0,1|Forces SSL connections.
rds.log_retention_period|4320|dynamic|integer|1440-10080|(min) How long RDS keeps log files.
rds.logical_replication|0|static|boolean|0,1|Enables logical decoding.
rds.restrict_password_commands||static|boolean|0,1|Restricts password-related commands to members of rds_password.
!rds.superuser_variables|session_replication_role|static|string||List of superuser-only variables for which we elevate rds_superuser.
search_path||dynamic|string||Sets the schema search order for names that are not qualified.
session_replication_role||dynamic|string|origin,replica,local|Sets the session's behavior for triggers and rewrite rules.
shared_buffers|{DBInstanceClassMemory/32768}|static|integer|16-1073741823|(8kB) Sets the number of shared memory buffers.
shared_preload_libraries|pg_stat_statements|static|list|LIBRARIES|Lists shared libraries to preload into the server.
!ssl|1|dynamic|boolean|0,1|Enables SSL connections.
ssl_max_protocol_version||dynamic|string|TLSv1.2,TLSv1.3|Sets the newest SSL/TLS protocol version.
ssl_min_protocol_version|TLSv1.2|dynamic|string|TLSv1.2,TLSv1.3|Sets the oldest SSL/TLS protocol version.
statement_timeout||dynamic|integer|0-2147483647|(ms) Sets the longest duration of any statement.
superuser_reserved_connections||static|integer|0-262143|Sets the connection slots reserved for superusers.
synchronous_commit|on|dynamic|string|local,on,off|Sets the current transaction's synchronization level.
tcp_keepalives_count||dynamic|integer|0-2147483647|Most TCP keepalive retransmits.
tcp_keepalives_idle||dynamic|integer|0-2147483647|(s) Time between issuing TCP keepalives.
tcp_keepalives_interval||dynamic|integer|0-2147483647|(s) Time between TCP keepalive retransmits.
temp_buffers||dynamic|integer|100-1073741823|(8kB) Sets the most temporary buffers used by each session.
temp_file_limit||dynamic|integer|-1-2147483647|(kB) Limits the disk space for temporary files of a session.
timezone|UTC|dynamic|string||Sets the time zone for displaying and interpreting time stamps.
track_activity_query_size|4096|static|integer|100-1048576|Sets the size reserved for pg_stat_activity.query, in bytes.
track_functions||dynamic|string|none,pl,all|Collects function-level statistics on database activity.
track_io_timing|1|dynamic|boolean|0,1|Collects timing statistics on database IO activity.
vacuum_cost_delay||dynamic|float|0-100|(ms) Vacuum cost delay.
vacuum_cost_limit||dynamic|integer|1-10000|Vacuum cost amount available before napping.
wal_buffers||static|integer|-1-262143|(8kB) Sets the disk-page buffers in shared memory for WAL.
wal_compression|1|dynamic|boolean|0,1|Compresses full-page writes in the WAL.
wal_keep_size|2048|dynamic|integer|0-2147483647|(MB) Sets the size of WAL files held for standby servers.
!wal_level|replica|static|string|minimal,replica,logical|Sets the level of information written to the WAL.
wal_receiver_timeout|30000|dynamic|integer|0-3600000|(ms) Sets the longest wait for data from the primary.
wal_sender_timeout||dynamic|integer|0-3600000|(ms) Sets the longest wait for WAL replication.
work_mem||dynamic|integer|64-2147483647|(kB) Sets the memory used for query workspaces.
"""
_LISTS = {
    "LEVELS": "debug5,debug4,debug3,debug2,debug1,info,notice,warning,error,log,fatal,panic",
    "disabled,LOWER_LEVELS": "disabled,debug5,debug4,debug3,debug2,debug1,info,notice,warning,error,log",
    "CLIENT_LEVELS": "debug5,debug4,debug3,debug2,debug1,log,notice,warning,error",
    "AUDIT": "ddl,function,misc,read,role,write,none,all,-ddl,-function,-misc,-read,-role,-write",
    "LIBRARIES": (
        "auto_explain,orafce,pgaudit,pg_bigm,pg_cron,pg_hint_plan,pg_prewarm,pg_similarity,pg_stat_statements,pg_tle,pg_transport,"
        "plprofiler"
    ),
}
"""Allowed values that are long, or that several parameters share."""

_CHANGES = {
    # Before PostgreSQL 15, RDS left the choice of SSL to the client.
    "rds.force_ssl": ((13, 14), {"value": "0"}),
    "password_encryption": ((13,), {"value": "md5"}),
    "log_connections": ((18,), {"kind": "string", "allowed": ""}),
    "idle_session_timeout": ((13,), None),
    "shared_preload_libraries": ((13, 14), {"allowed": _LISTS["LIBRARIES"].replace(",pg_tle", "")}),
}
"""Where the families differ: (majors, the changed fields; None: the family does not have the parameter)."""
_RANGE = re.compile(r"(-?[0-9.]+)-(-?[0-9.e+]+)")
_FORMULA = re.compile(r"\$?\{[A-Za-z0-9/*+\-(). ]+\}|(GREATEST|LEAST|SUM)\([^()]*(\([^()]*\)[^()]*)*\)")


@dataclass(frozen=True)
class Parameter:
    name: str
    value: str
    apply: str
    kind: str
    allowed: str
    description: str
    modifiable: bool

    @property
    def static(self) -> bool:
        return self.apply == "static"

    @property
    def source(self) -> str:
        return "system" if self.value else "engine-default"

    def admits(self, value: str) -> bool:
        """Whether RDS accepts this value."""
        if self.kind in ("integer", "float"):
            return bool(_FORMULA.fullmatch(value)) or self._in_range(value)
        if self.kind == "list":
            options = self.allowed.split(",")
            return not self.allowed or all(part.strip().lower() in options for part in value.split(",") if part.strip())
        return not self.allowed or value.lower() in [option.lower() for option in self.allowed.split(",")]

    def _in_range(self, value: str) -> bool:
        pattern = r"-?\d+" if self.kind == "integer" else r"-?\d+(\.\d+)?(e[+-]?\d+)?"
        if not re.fullmatch(pattern, value):
            return False
        if match := _RANGE.fullmatch(self.allowed):
            return float(match[1]) <= float(value) <= float(match[2])
        return True


def is_formula(value: str) -> bool:
    """Whether RDS computes the value from the class, such as {DBInstanceClassMemory/32768}."""
    return bool(_FORMULA.fullmatch(value))


def _read(line: str) -> Parameter:
    name, value, apply, kind, allowed, description = line.split("|", 5)
    allowed = _LISTS.get(allowed, allowed)
    return Parameter(name.lstrip("!"), value, apply, kind, allowed, description, not name.startswith("!"))


@cache
def parameters(family: str) -> dict[str, Parameter]:
    """All parameters of a family, by name in alphabetical order; {} if there is no such family."""
    match = re.fullmatch(r"postgres(1[3-8])", family)
    if not match:
        return {}
    found: dict[str, Parameter] = {}
    for line in _LINES.strip().splitlines():
        one = _read(line)
        majors, change = _CHANGES.get(one.name, ((), {}))
        if int(match[1]) not in majors:
            found[one.name] = one
        elif change is not None:
            found[one.name] = Parameter(**{**one.__dict__, **change})
    return found

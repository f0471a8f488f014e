"""One PostgreSQL server: its folder, its configuration, and its process. It listens on a socket in its folder only; clients reach it
through the relay.
"""

from __future__ import annotations

import contextlib
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, LiteralString

import psycopg

from rehearsal.postgresql import PostgresError, extensions, parameters
from rehearsal.postgresql.accounts import Account, own_name
from rehearsal.postgresql.installation import Installation

SUPERUSER, REPLICATOR = "rdsadmin", "rdsrepladmin"
"""RDS's own users, as they are called there."""
SOCKET_PORT = 5432
START_SECONDS = 60.0
STOP_SECONDS = 20.0
POLL_SECONDS = 0.01
ENVIRONMENT = {"LC_ALL": "C", "TZ": "UTC", "PATH": "/usr/bin:/bin"}

FIXED = {
    "listen_addresses": "",
    "port": str(SOCKET_PORT),
    "unix_socket_permissions": "0700",
    "shared_buffers": "16MB",
    "dynamic_shared_memory_type": "mmap",
    "huge_pages": "off",
    "jit": "off",
    "fsync": "off",
    "wal_level": "replica",
    "wal_keep_size": "64MB",
    "min_wal_size": "2MB",
    "max_wal_size": "64MB",
    "max_wal_senders": "10",
    "max_worker_processes": "4",
    "archive_mode": "on",
    "hot_standby": "on",
    "log_line_prefix": "%t:%r:%u@%d:[%p]:",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "default_text_search_config": "pg_catalog.english",
}
"""Small, and without the durability that only a crash of the machine would need."""
GRAVE = re.compile(r"FATAL:|PANIC:|LOG:  (invalid|unrecognized|parameter .* cannot|.* is outside the valid range)")
AT_LEAST_AS_PRIMARY = (
    "max_connections",
    "max_prepared_transactions",
    "max_locks_per_transaction",
    "max_wal_senders",
    "max_worker_processes",
)
"""PostgreSQL does not start a standby whose settings are below those of its primary."""


@dataclass(frozen=True)
class Machine:
    """What all servers of a cloud share."""

    account: Account
    installation: Installation

    def make_folder(self, path: Path) -> None:
        path.mkdir(mode=0o700)
        self.account.own(path)

    def copy_tree(self, old: Path, new: Path) -> None:
        """A copy of a stopped server's data. `cp` takes a third of the time that Python needs for the 1,300 files."""
        self._finish(["cp", "-a", "--", str(old), str(new)])
        for name in ("postmaster.pid", "postmaster.opts", "standby.signal", "recovery.signal"):
            (new / name).unlink(missing_ok=True)

    def link_tree(self, old: Path, new: Path) -> None:
        """Like `copy_tree`, but without the space: for data that nothing changes any more."""
        self._finish(["cp", "-al", "--", str(old), str(new)])

    def run(self, version: str, program: str, *arguments: str) -> None:
        """Runs one of PostgreSQL's programs to its end. Raises PostgresError with its last output."""
        self._finish([str(self.installation.programs(version) / program), *arguments])

    def _finish(self, command: list[str]) -> None:
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, cwd="/", env=ENVIRONMENT, stdin=subprocess.DEVNULL, **self.account.process
        )
        if done.returncode:
            raise PostgresError(f"{Path(command[0]).name} ended with {done.returncode}: {done.stderr.strip()[-500:]}")


class Server:
    """`folder` is its own; `data`, `run` (the socket) and `wal` (the archive) are in it. `version` is the one that RDS would say."""

    def __init__(self, machine: Machine, folder: Path, *, version: str, settings: Mapping[str, str] | None = None) -> None:
        self.machine = machine
        self.folder = folder
        self.version = version
        self.settings = dict(settings or {})
        self.recovery: dict[str, str] = {}
        self.primary: Server | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._said_before = 0
        if not folder.exists():
            machine.make_folder(folder)
            machine.make_folder(self.run)
            machine.make_folder(self.wal)

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def run(self) -> Path:
        return self.folder / "run"

    @property
    def wal(self) -> Path:
        return self.folder / "wal"

    @property
    def log(self) -> Path:
        return self.folder / "server.log"

    @property
    def socket(self) -> Path:
        return self.run / f".s.PGSQL.{SOCKET_PORT}"

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Returns when it answers queries; one that recovers to a point in time, when it has finished."""
        self.write_configuration()
        with self.log.open("ab") as output:
            self._said_before = output.tell()
            self._process = subprocess.Popen(
                [str(self.machine.installation.programs(self.version) / "postgres"), "-D", str(self.data)],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd="/",
                env=ENVIRONMENT,
                start_new_session=True,
                **self.machine.account.process,
            )
        try:
            self._wait_until_ready()
        except BaseException:
            self.kill()
            raise

    def stop(self) -> None:
        """A clean shutdown: sessions end, and everything that was written is in the archive."""
        if self._process and self.running:
            self._process.send_signal(signal.SIGINT)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(STOP_SECONDS)
        self.kill()

    def kill(self) -> None:
        """Ends it at once, with its sessions."""
        if self._process and self.running:
            self._process.send_signal(signal.SIGQUIT)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(5)
            self._process.kill()
        if self._process:
            self._process.wait()
        self._process = None

    def reload(self) -> None:
        """Applies the settings that need no restart; the others wait for one."""
        self.write_configuration()
        if self._process and self.running:
            self._process.send_signal(signal.SIGHUP)

    def remove(self) -> None:
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    @contextmanager
    def connect(self, database: str = "postgres") -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
        """As the superuser, each statement in a transaction of its own, none of them in the log."""
        with psycopg.connect(
            host=str(self.run), port=SOCKET_PORT, user=SUPERUSER, dbname=database, autocommit=True, connect_timeout=10,
            options="-c log_statement=none -c log_min_error_statement=panic -c log_min_duration_statement=-1",
        ) as connection:  # fmt: skip
            yield connection

    def value(self, query: LiteralString, *arguments: Any) -> Any:
        """The only value that a query returns."""
        with self.connect() as connection:
            row = connection.execute(query, arguments).fetchone()
            return row[0] if row else None

    def back_up(self, directory: Path) -> None:
        """Writes a consistent copy of the running server into a new directory, from which a server can start."""
        where = ["-D", str(directory), "-h", str(self.run), "-p", str(SOCKET_PORT), "-U", REPLICATOR, "-w"]
        self.machine.run(self.version, "pg_basebackup", *where, "-X", "stream", "-c", "fast", "--no-sync", "--no-manifest")

    def write_configuration(self) -> None:
        offered = extensions.offered(self.version)
        content = {
            **FIXED,
            "unix_socket_directories": str(self.run),
            "archive_command": f"cp %p {self.wal}/%f.part && mv {self.wal}/%f.part {self.wal}/%f",
            "rds.extensions": ", ".join(offered),
            "rds.force_ssl": "1" if parameters.demands_encryption(self.settings, self.version) else "0",
            **self._passed(),
            **self.recovery,
        }
        self._write("postgresql.conf", parameters.lines(content))
        self._write("pg_hba.conf", f"local all all peer map=relay\nlocal replication {REPLICATOR} peer map=relay\n")
        # Only the relay and, for replication, the servers themselves can log in, by the user that their processes run as.
        self._write("pg_ident.conf", f"relay {own_name()} all\nrelay {self.machine.account.name} {REPLICATOR}\n")

    def _passed(self) -> dict[str, str]:
        own = parameters.passed(self.settings)
        if self.primary is None:
            return own
        above = FIXED | self.primary._passed()
        numbers = {
            name: max((each for each in (own.get(name), above.get(name)) if each), key=int, default="") for name in AT_LEAST_AS_PRIMARY
        }
        return own | {name: number for name, number in numbers.items() if number}

    def _write(self, name: str, text: str) -> None:
        path = self.data / name
        path.write_text(text)
        path.chmod(0o600)
        self.machine.account.own(path)

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if not self.running:
                raise PostgresError(f"PostgreSQL ended while it started: {self._last_words()}")
            with contextlib.suppress(psycopg.OperationalError):
                recovering = self.value("SELECT pg_is_in_recovery()")
                if not recovering or "primary_conninfo" in self.recovery:
                    return
            time.sleep(POLL_SECONDS)
        raise PostgresError(f"PostgreSQL did not answer within {START_SECONDS:.0f} s: {self._last_words()}")

    def _last_words(self) -> str:
        """What the server has said since it was started, without its answers to our own attempts to connect."""
        with self.log.open("rb") as log:
            log.seek(self._said_before)
            lines = log.read().decode(errors="replace").strip().splitlines()
        said = [line for line in lines if "is starting up" not in line]
        return " / ".join([line for line in said if GRAVE.search(line)][-3:] or said[-3:]) or "no output"

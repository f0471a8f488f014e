"""Runs calls of psql against a server, with psql's messages and exit codes: 0, 1 for an error of its own, 2 for a lost or refused
connection, 3 for an error in a script with ON_ERROR_STOP.
"""

from __future__ import annotations

import contextlib
import posixpath
import re
from collections.abc import Callable, Mapping
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict

from rehearsal.kubernetes.psql.command import Misused, Psql, calls
from rehearsal.kubernetes.psql.container import Inside
from rehearsal.kubernetes.psql.script import Command, Statement, pieces

CONNECT_SECONDS = 10
KILLED = 143
SAID_ON = ("on", "true", "yes", "1")
OF_ENVIRONMENT = {
    "host": "PGHOST",
    "port": "PGPORT",
    "user": "PGUSER",
    "password": "PGPASSWORD",
    "dbname": "PGDATABASE",
    "sslmode": "PGSSLMODE",
    "sslrootcert": "PGSSLROOTCERT",
    "options": "PGOPTIONS",
    "application_name": "PGAPPNAME",
}
NO_SOCKET = 'connection to server on socket "/var/run/postgresql/.s.PGSQL.5432" failed: No such file or directory'
# Backslash commands that change only how results are shown.
SHOWING = ("timing", "pset", "x", "a", "t", "encoding", "errverbose", "prompt", "set_prompt", "o", "qecho", "warn", "conninfo")


class Stopped(Exception):
    """psql ends here with this exit code."""

    def __init__(self, code: int) -> None:
        super().__init__(str(code))
        self.code = code


def parameters(call: Psql, environment: Mapping[str, str]) -> dict[str, Any]:
    """How to connect, from the command line, the container's PG* variables, or DATABASE_URL, which is for a command that names nothing.

    Raises ValueError for a connection string that libpq cannot parse.
    """
    own = {**environment, **{name.removeprefix("env:"): value for name, value in call.options.items() if name.startswith("env:")}}
    found: dict[str, Any] = {name: own[variable] for name, variable in OF_ENVIRONMENT.items() if own.get(variable)}
    database = call.database
    if not database and not call.options.get("host") and "host" not in found:
        database = own.get("DATABASE_URL", "")
    if "://" in database or "=" in database:
        try:
            found |= conninfo_to_dict(database)
        except psycopg.ProgrammingError as error:
            raise ValueError(str(error).strip()) from None
    elif database:
        found["dbname"] = database
    found |= {
        name: call.options[option] for name, option in (("host", "host"), ("port", "port"), ("user", "username")) if option in call.options
    }
    return found


class Run:
    """One container's psql. `say` gets each line of output; `authority`: the file that stands for certificates the container has not."""

    def __init__(self, inside: Inside, say: Callable[[str], None], certificate: Callable[[str], str | None]) -> None:
        self._inside, self._say, self._certificate = inside, say, certificate
        self._connection: psycopg.Connection[Any] | None = None
        self._connected: dict[str, Any] = {}
        self._call = Psql()
        self._canceled = False

    def execute(self) -> int:
        """The exit code of the last call, or of the first that fails."""
        try:
            for call in calls(self._inside.command, self._inside.environment):
                self._one(call)
        except Misused as error:
            self._say(str(error))
            return 1
        except Stopped as end:
            return end.code
        finally:
            if self._connection:
                self._connection.close()
        return 0

    def cancel(self) -> None:
        """The container is killed: what runs on the server is canceled."""
        self._canceled = True
        with contextlib.suppress(psycopg.Error):  # it may end by itself just now
            if self._connection and not self._connection.closed:
                # Not by libpq's own request: it blocks all threads of this process, in which the relay to the server may run.
                with psycopg.connect(**self._connected, autocommit=True) as another:
                    another.execute("select pg_cancel_backend(%s)", (self._connection.info.backend_pid,))

    def _one(self, call: Psql) -> None:
        self._call = call
        call.variables.setdefault("ON_ERROR_STOP", "off")
        self._connect({})
        if call.single_transaction:
            self._send(Statement("BEGIN", 0), "")
        for kind, text in call.actions:
            if kind == "file":
                self._file(text, "")
            elif text.startswith("\\"):
                self._meta(Command(*_split(text[1:]), 1), "")
            else:
                self._send(Statement(text, 0), "", must=not self._stops())
        if call.single_transaction:
            self._send(Statement("COMMIT", 0), "")

    def _stops(self) -> bool:
        return self._call.variables.get("ON_ERROR_STOP", "").lower() in SAID_ON

    def _connect(self, changes: dict[str, Any]) -> None:
        if self._connection:
            self._connection.close()
        try:
            given = parameters(self._call, self._inside.environment) | changes
            if not given.get("host") and not given.get("hostaddr"):
                raise ValueError(NO_SOCKET)
            if authority := given.get("sslrootcert"):
                given["sslrootcert"] = self._certificate(str(authority)) or authority
            defaults = {"port": "5432", "user": "root", "sslmode": "prefer", "connect_timeout": CONNECT_SECONDS}
            self._connected = {**defaults, **given}
            self._connection = psycopg.connect(**self._connected, autocommit=True)
        except (psycopg.Error, ValueError) as error:
            self._say(f"psql: error: {str(error).strip()}")
            raise Stopped(2) from None
        self._connection.add_notice_handler(self._notice)
        self._place = ""

    def _notice(self, diagnostic: Any) -> None:
        self._say(f"{self._place}{diagnostic.severity}:  {diagnostic.message_primary}")

    def _file(self, path: str, within: str) -> None:
        name = posixpath.normpath(posixpath.join("/" if path.startswith("/") else within or "/", path))
        text = self._inside.files.get(name)
        if text is None:
            self._say(f"psql: error: {path}: No such file or directory" if not within else f"{path}: No such file or directory")
            raise Stopped(1 if not within or not self._stops() else 3)
        for piece in pieces(text, self._call.variables):
            if self._canceled:
                raise Stopped(KILLED)
            place = f"psql:{path}:{piece.line}: "
            if isinstance(piece, Command):
                self._meta(piece, place, posixpath.dirname(name))
            else:
                self._send(piece, place)

    def _meta(self, command: Command, place: str, within: str = "") -> None:
        name, arguments = command.name, command.arguments
        if name == "set" and arguments:
            self._call.variables[arguments[0]] = "".join(arguments[1:])
        elif name == "unset" and arguments:
            self._call.variables.pop(arguments[0], None)
        elif name == "echo":
            self._say(" ".join(arguments))
        elif name in ("i", "include", "ir", "include_relative") and arguments:
            self._file(arguments[0], within)
        elif name in ("c", "connect"):
            self._connect({"dbname": arguments[0]} if arguments and arguments[0] != "-" else {})
        elif name in ("q", "quit"):
            raise Stopped(0)
        elif name not in SHOWING:
            self._say(f"{place}error: invalid command \\{name}")
            if self._stops():
                raise Stopped(3)

    def _send(self, statement: Statement, place: str, *, must: bool = False) -> None:
        """Raises Stopped after an error if scripts stop at errors, or if `must`, as psql's last -c decides its exit code."""
        assert self._connection is not None
        self._place = place
        try:
            with self._connection.cursor() as cursor:
                if statement.data is None:
                    cursor.execute(statement.text.encode())
                    self._results(cursor)
                else:
                    with cursor.copy(statement.text.rstrip(";").encode()) as copy:
                        copy.write(statement.data)
                    self._tag(cursor.statusmessage)
        except psycopg.Error as error:
            if self._canceled:  # a program that is killed says nothing more
                raise Stopped(KILLED) from None
            self._error(error, place)
            if self._connection.closed:
                self._say(f"{place}error: connection to server was lost")
                raise Stopped(2) from None
            if self._stops():
                raise Stopped(3 if place else 1) from None
            if must:
                raise Stopped(1) from None

    def _results(self, cursor: psycopg.Cursor[Any]) -> None:
        while True:
            if cursor.description:
                names = [column.name for column in cursor.description]
                for line in table(names, cursor.fetchall(), headings=not self._call.tuples_only):
                    self._say(line)
            else:
                self._tag(cursor.statusmessage)
            if not cursor.nextset():
                return

    def _tag(self, tag: str | None) -> None:
        if tag and not self._call.quiet:
            self._say(tag)

    def _error(self, error: psycopg.Error, place: str) -> None:
        diagnostic = error.diag
        if not diagnostic.message_primary:
            self._say(f"{place}{str(error).strip()}")
            return
        self._say(f"{place}{diagnostic.severity}:  {diagnostic.message_primary}")
        for label, text in (("DETAIL", diagnostic.message_detail), ("HINT", diagnostic.message_hint), ("CONTEXT", diagnostic.context)):
            if text:
                self._say(f"{label}:  {text}")


def _split(text: str) -> tuple[str, tuple[str, ...]]:
    name, *arguments = re.split(r"\s+", text.strip())
    return name, tuple(arguments)


def table(names: list[str], rows: list[tuple[Any, ...]], *, headings: bool = True) -> list[str]:
    """Results as psql shows them: aligned columns, the headings centered, and the number of rows."""
    shown = [["" if value is None else _shown(value) for value in row] for row in rows]
    widths = [max(len(name), *(len(row[index]) for row in shown)) if shown else len(name) for index, name in enumerate(names)]
    right = [
        bool(rows) and all(isinstance(row[index], int | float) and not isinstance(row[index], bool) for row in rows)
        for index in range(len(names))
    ]
    lines = []
    if headings:
        lines.append(" " + " | ".join(name.center(width) for name, width in zip(names, widths, strict=True)).rstrip())
        lines.append("-" + "-+-".join("-" * width for width in widths) + "-")
    for row in shown:
        cells = [cell.rjust(width) if to_right else cell.ljust(width) for cell, width, to_right in zip(row, widths, right, strict=True)]
        lines.append(" " + " | ".join(cells).rstrip())
    if headings:
        lines.append(f"({len(rows)} row{'' if len(rows) == 1 else 's'})")
    return [*lines, ""]


def _shown(value: Any) -> str:
    return {True: "t", False: "f"}[value] if isinstance(value, bool) else str(value)

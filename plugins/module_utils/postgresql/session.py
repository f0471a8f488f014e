# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""One connection to one database: always with TLS and a verified host name, and read-only unless it is opened for changes."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..reconcile.errors import CallFailed, NotYet
from .driver import driver
from .problems import LoginRefused, NoConnection, as_call_failed, rejected

CONNECT_SECONDS = 10
"""How long a server may take to answer for the first time: a private endpoint answers at once, or never."""

LOCK_SECONDS = 10
"""How long a change waits for a lock before it is tried again. Later clients of the same table wait as well."""

BATCH = 64 * 1024
"""Bytes of rows that are sent at once."""

SYSTEM_CA = "system"
"""Instead of a file: the certificate authorities of this host. Those of RDS are not among them; those of RDS Proxy are."""

REFUSED = ("password authentication failed", "PAM authentication failed", "no password supplied")
PASSING = ("starting up", "shutting down", "too many connections", "remaining connection slots", "not yet accepting")


@dataclass(frozen=True)
class Address:
    """Where a server listens. ``ca``: the file with the certificates that its own certificate is verified with, or SYSTEM_CA."""

    host: str
    port: int
    ca: str

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


@dataclass(frozen=True)
class Login:
    user: str
    password: str = field(repr=False)


@dataclass(frozen=True)
class Watch:
    """What to call before statements: ``count`` with whether one changes something, and ``fence`` before each change."""

    count: Callable[[bool], None] = lambda _mutating: None
    fence: Callable[[], None] = lambda: None


class Session:
    """A connection. Not for use by several threads at the same time."""

    def __init__(self, connection: Any, watch: Watch) -> None:
        self._connection = connection
        self._watch = watch
        self.version = int(connection.info.server_version)
        """Such as 170004."""

    @property
    def user(self) -> str:
        return str(self._connection.info.user)

    def rows(self, query: str, parameters: Sequence[Any] | None = None) -> list[tuple[Any, ...]]:
        """The rows of a query. Raises CallFailed."""
        self._watch.count(False)
        try:
            return list(self._connection.execute(query.encode(), parameters).fetchall())
        except driver().Error as error:
            raise as_call_failed(error, query.split(maxsplit=1)[0].upper()) from None

    @contextlib.contextmanager
    def snapshot(self) -> Iterator[None]:
        """All queries inside see the database as it is at one moment, and none can write."""
        with self._block():
            self._connection.execute(b"SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield

    @contextlib.contextmanager
    def savepoint(self) -> Iterator[None]:
        """An error inside leaves the surrounding transaction as it was."""
        with self._block():
            yield

    @contextlib.contextmanager
    def _block(self) -> Iterator[None]:
        try:
            with self._connection.transaction():
                yield
        except driver().Error as error:
            raise as_call_failed(error, "SELECT") from None

    def alone(self, statement: str, operation: str) -> None:
        """Carry out a statement that no transaction may contain."""
        self._change(statement, operation)

    @contextlib.contextmanager
    def transaction(self, operation: str) -> Iterator[Callable[[str], None]]:
        """All of the statements passed to the function, or none of them. ``operation``: names them in errors; it contains no values."""
        sent = False

        def run(statement: str) -> None:
            nonlocal sent
            sent = True
            self._change(statement, operation)

        try:
            with self._connection.transaction():
                self._connection.execute(f"SET LOCAL lock_timeout = '{LOCK_SECONDS}s'".encode())
                yield run
        except driver().Error as error:
            raise as_call_failed(error, operation, sent=sent) from None

    def send(self, statement: bytes, rows: Iterable[bytes] | None = None) -> int:
        """Carry out a statement of a script within a transaction; ``rows`` follow a ``COPY ... FROM stdin``.

        Returns how many rows it changed. Raises Rejected, whose text has no values.
        """
        self._watch.fence()
        self._watch.count(True)
        try:
            with self._connection.cursor() as cursor:
                if rows is None:
                    cursor.execute(statement)
                else:
                    with cursor.copy(statement) as copy:
                        for batch in _batches(rows):
                            copy.write(batch)
                return max(0, int(cursor.rowcount))
        except driver().Error as error:
            raise rejected(error) from None

    def count(self, query: str) -> int:
        """The single number that a query of the inventory's returns. Raises Rejected, whose text has no values."""
        self._watch.count(False)
        try:
            return int(self._connection.execute(query.encode()).fetchone()[0])
        except driver().Error as error:
            raise rejected(error) from None

    def cancel(self) -> None:
        """End the statement in progress, from another thread."""
        with contextlib.suppress(Exception):
            self._connection.cancel_safe() if hasattr(self._connection, "cancel_safe") else self._connection.cancel()

    def _change(self, statement: str, operation: str) -> None:
        self._watch.fence()
        self._watch.count(True)
        try:
            self._connection.execute(statement.encode())
        except driver().Error as error:
            raise as_call_failed(error, operation, sent=True) from None

    @property
    def is_open(self) -> bool:
        return not (self._connection.closed or self._connection.broken)

    def close(self) -> None:
        with contextlib.suppress(Exception):
            self._connection.close()


def _batches(rows: Iterable[bytes]) -> Iterator[bytes]:
    """Rows joined to larger messages: one call of libpq for each row would take several times as long."""
    batch, size = [], 0
    for row in rows:
        batch.append(row)
        size += len(row)
        if size >= BATCH:
            yield b"".join(batch)
            batch, size = [], 0
    if batch:
        yield b"".join(batch)


def connect(address: Address, login: Login, database: str, *, changing: bool, watch: Watch) -> Session:
    """Open a connection.

    Raises LoginRefused for a wrong password, NoConnection if no server answers, and CallFailed for everything else, such as a database that
    does not exist.
    """
    psycopg = driver()
    settings = "-c search_path=pg_catalog" + ("" if changing else " -c default_transaction_read_only=on")
    try:
        connection = psycopg.connect(
            host=address.host,
            port=address.port,
            user=login.user,
            password=login.password,
            dbname=database,
            sslmode="verify-full",
            sslrootcert=address.ca,
            gssencmode="disable",
            passfile="/dev/null",
            connect_timeout=CONNECT_SECONDS,
            application_name="mainstay.aws",
            client_encoding="utf8",
            options=settings,
            autocommit=True,
            prepare_threshold=None,
        )
    except psycopg.Error as error:
        raise _refusal(error, address, database) from None
    return Session(connection, watch)


def _refusal(error: Any, address: Address, database: str) -> Exception:
    """The exception for a failed attempt to connect. libpq gives no SQLSTATE there, only the server's words."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    fatal = next((line.partition("FATAL:")[2].strip() for line in lines if "FATAL:" in line), "")
    if any(words in fatal for words in REFUSED):
        return LoginRefused(fatal)
    if fatal:
        passing = any(words in fatal for words in PASSING)
        return (NotYet if passing else CallFailed)(f"{address}, database {database}: {fatal}", "connect")
    return NoConnection(lines[0].removeprefix("connection failed: "))

"""How a user logs in: with a password or with an IAM token. The relay asks here, and then connects to the server on the user's behalf.

On RDS, whether a user is a member of rds_iam decides: a member's password never works, and a token never works for anyone else.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Protocol

import psycopg

from rehearsal.connect_tokens import Question, TokenCheck
from rehearsal.postgresql.scram import Verifier
from rehearsal.postgresql.server import Server

# rolvaliduntil: PostgreSQL refuses an expired password, and says nothing more than that the login failed. A member with neither INHERIT
# nor SET, such as rds_superuser, may only make others members.
ROLE = """
SELECT rolpassword, coalesce(rolvaliduntil < now(), false),
    NOT rolsuper AND (pg_has_role(oid, 'rds_iam', 'SET') OR pg_has_role(oid, 'rds_iam', 'USAGE')), rolsuper OR rolname LIKE 'rdsrepl%%'
FROM pg_authid WHERE rolname = %s
"""


@dataclass(frozen=True)
class Attempt:
    """What the relay knows before the login: the user, the database, and whether the connection is encrypted."""

    user: str
    database: str
    encrypted: bool
    host: str
    port: int


@dataclass(frozen=True)
class ByPassword:
    """The stored password: a SCRAM verifier, or the older "md5..."."""

    stored: Verifier | str
    refused: str


@dataclass(frozen=True)
class ByToken:
    """`check` returns why a token is not valid; None if it is. The client reads only `refused`."""

    check: Callable[[str], str | None]
    refused: str


class Refused(Exception):
    """The connection is refused before a login; with PostgreSQL's message and SQLSTATE."""

    def __init__(self, message: str, code: str = "28000") -> None:
        super().__init__(message)
        self.code = code


class Access(Protocol):
    """What a relay asks. Its methods block and run in threads of their own."""

    def login(self, attempt: Attempt) -> ByPassword | ByToken:
        """Raises Refused."""
        ...

    def sockets(self) -> tuple[Path, ...]:
        """The servers that a connection may go to, the preferred one first."""
        ...


def unencrypted(attempt: Attempt) -> Refused:
    where = f'host "{attempt.host}", user "{attempt.user}", database "{attempt.database}"'
    return Refused(f"no pg_hba.conf entry for {where}, no encryption")


@dataclass
class InstanceAccess:
    """Direct connections to an instance."""

    server: Server
    names: frozenset[str]
    port: int
    resource: str
    region: str
    check_token: TokenCheck
    encrypted_only: Callable[[], bool]

    def sockets(self) -> tuple[Path, ...]:
        return (self.server.socket,)

    def login(self, attempt: Attempt) -> ByPassword | ByToken:
        if not attempt.encrypted and self.encrypted_only():
            raise unencrypted(attempt)
        stored, expired, by_token, internal = _role(self.server, attempt.user)
        if internal:
            raise Refused(f'no pg_hba.conf entry for host "{attempt.host}", user "{attempt.user}", database "{attempt.database}"')
        if not by_token:
            usable = stored if stored and not expired else None
            return ByPassword(_parsed(usable), f'password authentication failed for user "{attempt.user}"')
        if not attempt.encrypted:
            raise unencrypted(attempt)

        def check(token: str) -> str | None:
            return self.check_token(Question(token, attempt.user, self.names, self.port, self.resource, self.region))

        return ByToken(check, f'PAM authentication failed for user "{attempt.user}"')


@dataclass
class ProxyAccess:
    """Connections to an RDS Proxy: clients use the passwords of the proxy's secrets, or IAM tokens; the proxy itself uses its secrets.

    `users` returns user names with their passwords. It is called for every login, so that a rotated secret counts at once.
    """

    targets: Callable[[], tuple[Server, ...]]
    users: Callable[[], Mapping[str, str]]
    names: frozenset[str]
    port: int
    resource: str
    region: str
    check_token: TokenCheck
    encrypted_only: bool
    by_token: bool
    _turns: count[int] = field(default_factory=count)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def sockets(self) -> tuple[Path, ...]:
        found = [server.socket for server in self.targets() if server.running]
        if not found:
            raise Refused("Timed-out waiting to acquire database connection", "08000")
        with self._lock:
            turn = next(self._turns) % len(found)
        return (*found[turn:], *found[:turn])

    def login(self, attempt: Attempt) -> ByPassword | ByToken:
        if not attempt.encrypted and (self.encrypted_only or self.by_token):
            raise Refused("This RDS Proxy requires TLS connections")
        password = self.users().get(attempt.user)
        if password is None:
            user = attempt.user
            raise Refused(f"This RDS proxy has no credentials for the role {user}. Check the credentials for this role and try again.")
        self._check_secret(attempt, password)
        refused = f'password authentication failed for user "{attempt.user}"'
        if not self.by_token:
            return ByPassword(Verifier.of(password), refused)

        def check(token: str) -> str | None:
            return self.check_token(Question(token, attempt.user, self.names, self.port, self.resource, self.region))

        return ByToken(check, "The IAM authentication failed for the role " + attempt.user)

    def _check_secret(self, attempt: Attempt, password: str) -> None:
        """The proxy logs in with its secret, so a secret that the database does not accept lets no one in."""
        server = next((server for server in self.targets() if server.running), None)
        if server is None:
            raise Refused("Timed-out waiting to acquire database connection", "08000")
        stored, expired, by_token, internal = _role(server, attempt.user)
        known = _parsed(stored) if stored else None
        if expired or by_token or internal or not isinstance(known, Verifier) or not known.matches(password):
            user = attempt.user
            raise Refused(f"This RDS proxy's credentials for the role {user} were refused by the database: check its secret", "28P01")


def _parsed(stored: str | None) -> Verifier | str:
    if stored is None:
        return Verifier.impossible()
    return Verifier.parse(stored) or stored


def _role(server: Server, user: str) -> tuple[str | None, bool, bool, bool]:
    """Its stored password, whether that has expired, whether it logs in with tokens, and whether it is one of RDS's own users."""
    try:
        with server.connect() as connection:
            row = connection.execute(ROLE, [user]).fetchone()
    except psycopg.OperationalError as error:
        raise Refused("the database system is not accepting connections", "57P03") from error
    return (row[0], row[1], row[2], row[3]) if row else (None, False, False, False)

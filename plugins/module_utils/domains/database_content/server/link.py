# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Access to one server for the kinds: logs in on the first request, or reports that the server does not exist yet.

A server whose endpoint is not known yet is treated as empty, so a plan shows all of its content as additions. What is observed comes from
one read-only connection per database; changes use one further connection per database that they concern.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial

from ....aws.connection import Aws
from ....kinds.vault import Vault
from ....postgresql.catalog import DatabaseState, ServerState, read_database, read_server
from ....postgresql.problems import LoginRefused, NoConnection
from ....postgresql.session import SYSTEM_CA, Address, Login, Session, Watch, connect
from ....reconcile.errors import CallFailed
from ....reconcile.model import is_unknown
from ....reconcile.pool import Pool
from .certificates import Certificates, certificates

TOKEN_SIGNER = "rds"  # noqa: S105 - the service whose client signs tokens
AT_ONCE = 8
"""Databases that are read side by side."""


@dataclass(frozen=True)
class Target:
    """Where the server is and who logs in: with the password in ``secret_arn``, with ``password``, or with a token of IAM.

    ``database``: the one to connect to for what concerns the whole server.
    """

    host: str
    port: int
    ca: str
    user: str
    database: str = "postgres"
    secret_arn: str = ""
    password: str = field(default="", repr=False)
    iam: bool = False

    @property
    def unknown(self) -> bool:
        return not self.host or is_unknown(self.host) or is_unknown(self.secret_arn)


@dataclass(frozen=True)
class Look:
    """What was observed: the server, and those of the wanted databases that exist."""

    server: ServerState
    databases: Mapping[str, DatabaseState]


class ServerLink:
    """One server during one call of the module. Kinds use it from several threads."""

    def __init__(self, target: Target, vault: Vault, databases: Iterable[str], *, needed: bool) -> None:
        """``databases``: those to look into. ``needed``: an unknown endpoint is an error. It is not in check mode and on removal."""
        self.target = target
        self.vault = vault
        self.databases = tuple(databases)
        self.needed = needed
        self._lock = threading.Lock()
        self._login: Login | None = None
        self._failure: Exception | None = None
        self._sessions: dict[str, Session] = {}
        self.turn = threading.RLock()
        """Held during a change: the connections for changes are shared."""
        self._ca: Certificates | None = None
        self.latest: Look | None = None
        """What the last observation found."""
        self._changed = False

    # --- reading -----------------------------------------------------------------------------------------------------

    def look(self, aws: Aws) -> Look | None:
        """What is inside the server; None if it does not exist yet. All kinds share one look in each observation."""
        if not self.exists():
            return None
        return aws.once(f"postgresql {self.target.host}:{self.target.port}", partial(self._look, aws))

    def exists(self) -> bool:
        """Whether the endpoint is known. Raises CallFailed if it is needed and is not."""
        if self.target.unknown and self.needed:
            raise CallFailed(
                f"the endpoint of the server is not known (option endpoint: host is {self.target.host!r})",
                hint="Run the task that creates the instance first, and pass on its outputs.",
            )
        return not self.target.unknown

    def known(self, aws: Aws) -> Look | None:
        """What the last observation found, if nothing has been changed since; otherwise a new one."""
        return self.look(aws) if self.latest is None or self._changed else self.latest

    def _look(self, aws: Aws) -> Look:
        with self.reading(aws, self.target.database) as session:
            server = read_server(session)
        there = [name for name in self.databases if name in server.databases]
        closed = [name for name in there if not server.databases[name].connectable]
        if closed:
            raise CallFailed(
                f"{server.user} may not connect to database {', '.join(closed)} at {self.target.host}",
                code="42501",
                hint=f'Its owner has to run: GRANT CONNECT ON DATABASE "{closed[0]}" TO "{server.user}"',
            )
        with Pool(max_workers=AT_ONCE, thread_name_prefix="databases") as pool:
            states = list(pool.map(partial(self._look_into, aws), there))
        self._changed = False
        self.latest = Look(server, dict(zip(there, states, strict=True)))
        return self.latest

    def _look_into(self, aws: Aws, database: str) -> DatabaseState:
        with self.reading(aws, database) as session:
            return read_database(session)

    def reading(self, aws: Aws, database: str) -> _Closing:
        return _Closing(self._connect(aws, database, changing=False))

    # --- changing ----------------------------------------------------------------------------------------------------

    def changing(self, aws: Aws, database: str = "") -> Session:
        """The connection that changes a database. Raises CallFailed; NotYet while a known server restarts."""
        name = database or self.target.database
        self._changed = True
        session = self._sessions.get(name)
        if session is None or not session.is_open:
            session = self._sessions[name] = self._connect(aws, name, changing=True)
        return session

    def leave(self, database: str) -> None:
        """Close the connection to a database, which could otherwise be neither renamed nor dropped."""
        session = self._sessions.pop(database, None)
        if session is not None:
            session.close()

    def close(self) -> None:
        for name in list(self._sessions):
            self.leave(name)
        if self._ca is not None:
            self._ca.forget()

    def _address(self) -> Address:
        if self._ca is None:
            self._ca = certificates(self.target.ca, os.environ)
        return Address(self.target.host, self.target.port, self._ca.path)

    # --- logging in --------------------------------------------------------------------------------------------------

    def _connect(self, aws: Aws, database: str, *, changing: bool) -> Session:
        watch = Watch(lambda mutating: aws.count(mutating=mutating), lambda: aws.fence() if aws.fence else None)
        with self._lock:  # the first connection finds the password, or the one error that all others would repeat
            if self._failure:
                raise self._failure
            address = self._address()
            if self._login is None or self.target.iam:
                return self._first(aws, lambda login: connect(address, login, database, changing=changing, watch=watch))
            login = self._login
        try:
            return connect(address, login, database, changing=changing, watch=watch)
        except LoginRefused:  # rotated meanwhile
            with self._lock:
                return self._first(aws, lambda login: connect(address, login, database, changing=changing, watch=watch))
        except NoConnection as error:
            raise self._unreachable(error) from None

    def _first(self, aws: Aws, open_with: Callable[[Login], Session]) -> Session:
        refused = ""
        try:
            for login in self._logins(aws):
                try:
                    session = open_with(login)
                except LoginRefused as error:
                    refused = str(error)
                else:
                    self._login = login
                    return session
        except NoConnection as error:
            self._failure = self._unreachable(error)
            raise self._failure from None
        how = "a token of IAM" if self.target.iam else self.target.secret_arn or "the given password"
        raise CallFailed(
            f"{self.target.host}:{self.target.port} refuses {self.target.user} with {how}: {refused}",
            "log in",
            "LoginRefused",
            IAM_HINT if self.target.iam else PASSWORD_HINT,
        )

    def _logins(self, aws: Aws) -> Iterable[Login]:
        target = self.target
        if target.iam:
            signer = aws.client(TOKEN_SIGNER)
            yield Login(target.user, str(signer.generate_db_auth_token(DBHostname=target.host, Port=target.port, DBUsername=target.user)))
        elif target.password:
            yield Login(target.user, target.password)
        else:
            for version in self.vault.candidates(aws, target.secret_arn):
                yield Login(target.user, version.password)

    def logs_in(self, aws: Aws, user: str, password: str) -> bool:
        """Whether a user logs in with a password. Raises CallFailed if the server cannot be asked."""
        with self._lock:
            address = self._address()
        aws.count(mutating=False)
        try:
            connect(address, Login(user, password), self.target.database, changing=False, watch=Watch()).close()
        except LoginRefused:
            return False
        except NoConnection as error:
            raise self._unreachable(error) from None
        except CallFailed:  # the password was right: the server refuses only the database, or a further connection
            return True
        return True

    def _unreachable(self, error: NoConnection) -> CallFailed:
        text = str(error)
        endpoint = f"{self.target.host}:{self.target.port}"
        if "certificate" in text or "SSL" in text:
            ca = self.target.ca or "none is set"
            hint = f"Its certificate is checked with ca ({'those of this host' if ca == SYSTEM_CA else ca}). {CA_HINT}"
            return CallFailed(f"no verified TLS connection to {endpoint}: {text}", "connect", "Untrusted", hint)
        hint = (
            "A database is reachable only from its VPC and connected networks: set rds_sql_host to an inventory host there, and let the "
            "instance's security group admit it. To manage nothing inside, set rds_manage_content: false."
        )
        return CallFailed(f"{endpoint} cannot be reached from here: {text}", "connect", "Unreachable", hint)


CA_HINT = "The certificates of RDS are in https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem; download it, and set its path."
PASSWORD_HINT = "AWSPENDING was tried as well. If the password was changed by hand, set it to that of the secret."  # noqa: S105
IAM_HINT = "The user must be a member of rds_iam, and the caller needs rds-db:connect for it."


class _Closing:
    """A session for the duration of a ``with``."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def __enter__(self) -> Session:
        return self._session

    def __exit__(self, *_error: object) -> None:
        self._session.close()

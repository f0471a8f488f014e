"""The servers of one cloud and their copies, by name: making, finding, and locking them. What they can do is in fleet.py."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TypedDict

from rehearsal.connect_tokens import Question, TokenCheck
from rehearsal.postgresql import PostgresError, parameters
from rehearsal.postgresql.access import InstanceAccess
from rehearsal.postgresql.history import History
from rehearsal.postgresql.proxies import Proxies
from rehearsal.postgresql.relay import Relay
from rehearsal.postgresql.server import Server
from rehearsal.postgresql.site import Site
from rehearsal.relays import HOST, Port
from rehearsal.server_site import LOCAL

VERSION = "17.4"


class Options(TypedDict, total=False):
    """Of a new instance. `port`: on 127.0.0.1; a free one if absent. `version`: what RDS says, which decides which extensions are offered.
    `parameters`: of its parameter group. `name`: the host name of its endpoint, for its certificate and its IAM tokens. `region`: that of
    its IAM tokens; any if absent.
    """

    port: int | None
    version: str
    parameters: Mapping[str, str]
    name: str | None
    region: str


@dataclass(frozen=True)
class Endpoint:
    host: str
    port: int


@dataclass(frozen=True)
class Copy:
    """A consistent copy. `time` is that of the last transactions in it; `user` the master's name."""

    directory: Path
    time: datetime
    user: str


@dataclass
class Member:
    """One instance. `name` is the host name of its endpoint, which its certificate contains; `region` that of its IAM tokens."""

    key: str
    server: Server
    relay: Relay
    access: InstanceAccess
    user: str
    history: History | None = None
    password: tuple[str | None] | None = None  # set while it is stopped
    lock: threading.RLock = field(default_factory=threading.RLock)


class Members:
    """`home` is the cloud's folder; without one, files are in a temporary folder. `check_token` verifies IAM tokens."""

    def __init__(self, home: Path | None, check_token: TokenCheck) -> None:
        self._home, self._check_token = home, check_token
        self._begin()

    def _begin(self) -> None:
        self._site = Site(self._home)
        self._members: dict[str, Member] = {}
        self._copies: dict[str, Copy] = {}
        self._histories: dict[str, History] = {}
        self._proxies = Proxies(self._site, self._server_of, self._ask)
        self._resets = 0

    def exists(self, key: str) -> bool:
        return key in self._members

    def running(self, key: str) -> bool:
        return key in self._members and self._members[key].server.running

    def endpoint(self, key: str) -> Endpoint:
        return Endpoint(HOST, self._member(key).relay.port.number)

    def _ask(self, question: Question) -> str | None:
        return self._check_token(question)

    @contextmanager
    def _building(self, key: str, user: str, options: Options) -> Iterator[Member]:
        """A member whose server the block starts; afterwards clients can connect. If the block fails, nothing of it remains."""
        if key in self._members:
            raise PostgresError(f"there is a server {key} already")
        resets, site, name = self._resets, self._site, options.get("name")
        server = Server(
            site.machine, site.new_folder("i", make=False), version=options.get("version", VERSION), settings=options.get("parameters")
        )
        port = Port(options.get("port") or 0)
        access = InstanceAccess(
            server=server,
            names=frozenset({*LOCAL, *([name] if name else [])}),
            port=port.number,
            resource=key,
            region=options.get("region", ""),
            check_token=self._ask,
            encrypted_only=lambda: parameters.demands_encryption(server.settings, server.version),
        )
        member = Member(key, server, Relay(site.loop, port, site.encryption(key, [name] if name else []), access), access, user)
        try:
            yield member
            if resets != self._resets:
                raise PostgresError(f"the cloud was reset while the server {key} was made")
            member.relay.open()
            self._members[key] = member
        except BaseException:
            server.remove()
            port.release()
            raise

    def _begin_history(self, member: Member) -> None:
        """Takes the copy that later restores to a time start from."""
        directory = self._site.new_folder("h")
        member.server.back_up(directory / "data")
        member.history = History(directory / "data", member.server.wal, datetime.now(UTC), own=directory)

    def _history(self, key: str) -> History:
        member = self._members.get(key)
        history = member.history if member else self._histories.get(key)
        if history is None:
            raise PostgresError(f"{key} has no backups to restore from")
        if member:
            history.user = member.user
        return history

    def _copy(self, backup: str) -> Copy:
        if backup not in self._copies:
            raise PostgresError(f"there is no copy {backup}")
        return self._copies[backup]

    def _server_of(self, key: str) -> Server | None:
        return self._members[key].server if key in self._members else None

    def _member(self, key: str) -> Member:
        if key not in self._members:
            raise PostgresError(f"there is no server {key}")
        return self._members[key]

    @contextmanager
    def _at(self, key: str) -> Iterator[Member]:
        member = self._member(key)
        with member.lock:
            yield member

"""The database servers of one cloud, one per emulated RDS instance, by their resource IDs (DbiResourceId); their copies, replicas, and
proxies.

Calls block until the servers are as asked, about half a second each. They may come from several threads.
"""

from __future__ import annotations

import contextlib
import shutil
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypedDict, Unpack

from rehearsal.postgresql import PostgresError, extensions, parameters, statistics, template
from rehearsal.postgresql.access import InstanceAccess, Question, TokenCheck
from rehearsal.postgresql.cloud import current
from rehearsal.postgresql.history import History
from rehearsal.postgresql.proxies import Proxies, Users
from rehearsal.postgresql.relay import HOST, Port, Relay
from rehearsal.postgresql.server import REPLICATOR, SOCKET_PORT, Server
from rehearsal.postgresql.site import LOCAL, Site

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


class Fleet:
    """`home` is the cloud's folder; without one, files are in a temporary folder. `check_token` verifies IAM tokens."""

    def __init__(self, home: Path | None = None, check_token: TokenCheck = current.check_token) -> None:
        self._home, self._check_token = home, check_token
        self._begin()

    def _begin(self) -> None:
        self._site = Site(self._home)
        self._members: dict[str, Member] = {}
        self._copies: dict[str, Copy] = {}
        self._histories: dict[str, History] = {}
        self._proxies = Proxies(self._site, self._server_of, self._ask)
        self._resets = 0

    def reset(self) -> None:
        """Removes all instances, copies, and proxies."""
        self._resets += 1
        self._proxies.clear()
        for key in list(self._members):
            with contextlib.suppress(PostgresError):
                self.delete(key)
        for key in list(self._histories):
            self.drop_backups(key)
        for backup in list(self._copies):
            self.drop_copy(backup)

    def close(self) -> None:
        """Ends every server and removes every file. The fleet can be used again."""
        self._resets += 1
        self._proxies.clear()
        for member in list(self._members.values()):
            member.relay.close()
            member.relay.port.release()
        self._site.close()
        self._begin()

    @property
    def ca_bundle(self) -> Path:
        """The certificate authority of all endpoints, in PEM."""
        return self._site.ca_bundle

    def described(self) -> dict[str, Any]:
        """Host, port, master, and whether it runs, of each instance."""
        return {
            key: {"host": HOST, "port": member.relay.port.number, "user": member.user, "running": member.server.running}
            for key, member in list(self._members.items())
        }

    # --- instances ---

    def create(
        self,
        key: str,
        *,
        user: str,
        password: str | None,
        database: str | None = "postgres",
        **options: Unpack[Options],
    ) -> Endpoint:
        """A new instance. Without a password, its master logs in with IAM."""
        with self._building(key, user, options) as member:
            self._site.machine.copy_tree(self._site.template.data, member.server.data)
            member.server.start()
            template.furnish(member.server, user=user, password=password, database=database)
            member.history = History(self._site.template.data, member.server.wal, datetime.now(UTC))
        return self.endpoint(key)

    def exists(self, key: str) -> bool:
        return key in self._members

    def running(self, key: str) -> bool:
        return key in self._members and self._members[key].server.running

    def endpoint(self, key: str) -> Endpoint:
        return Endpoint(HOST, self._member(key).relay.port.number)

    def log(self, key: str) -> Path:
        """The server's log file. Times are UTC."""
        return self._member(key).server.log

    def start(self, key: str) -> None:
        with self._at(key) as member:
            if not member.server.running:
                member.server.start()
                if member.password:
                    template.set_password(member.server, member.user, member.password[0])
                    member.password = None
            member.relay.open()

    def stop(self, key: str) -> None:
        """Clients are refused until it starts again."""
        with self._at(key) as member:
            member.relay.close()
            member.server.stop()
            if member.history:
                member.history.ended = datetime.now(UTC)

    def reboot(self, key: str) -> None:
        """Applies the settings that wait for it."""
        self.stop(key)
        self.start(key)

    def delete(self, key: str, *, keep_backups: bool = False) -> None:
        """`keep_backups`: restore_to_time remains possible, until `drop_backups`. Does nothing if there is no such instance."""
        if key not in self._members:
            return
        with self._at(key) as member:
            member.relay.close()
            member.relay.port.release()
            if keep_backups and member.history:
                member.server.stop()
                member.history.ended = datetime.now(UTC)
                member.history.keep(self._site.new_folder("h"))
                self._histories[key] = member.history
            elif member.history:
                member.history.remove()
            member.server.remove()
            self._members.pop(key, None)

    def drop_backups(self, key: str) -> None:
        if history := self._histories.pop(key, None):
            history.remove()

    def set_master_password(self, key: str, password: str | None) -> None:
        """None makes the master log in with IAM. A stopped instance gets it when it starts."""
        with self._at(key) as member:
            if member.server.running:
                template.set_password(member.server, member.user, password)
            else:
                member.password = (password,)

    def set_parameters(self, key: str, values: Mapping[str, str], restart: bool = False) -> None:
        """Replaces the parameters. Static ones apply only with a restart, now or later; see `pending_restart`."""
        with self._at(key) as member:
            member.server.settings = dict(values)
            if not restart:
                member.server.reload()
        if restart:
            self.reboot(key)

    def pending_restart(self, key: str) -> list[str]:
        """The parameters whose new values wait for a restart."""
        rows = self._member(key).server.value(
            "SELECT coalesce(array_agg(name ORDER BY name), '{}') FROM pg_settings WHERE pending_restart AND name <> 'hot_standby'"
        )
        return [str(name) for name in rows]

    def set_version(self, key: str, version: str) -> None:
        """What the instance says its engine version is: it decides which extensions are offered, and if these change, a running
        instance restarts. A major upgrade to a version before 18 loses the planner statistics.
        """
        with self._at(key) as member:
            before, member.server.version = member.server.version, version
            if member.server.running and statistics.are_lost(before, version):
                statistics.forget(member.server)
            if member.server.running and extensions.offered(before) != extensions.offered(version):
                self.reboot(key)

    def rename(self, key: str, name: str) -> None:
        """The host name of its endpoint changes; the port does not."""
        with self._at(key) as member:
            was_running = member.server.running
            member.relay.close()
            member.access.names = frozenset({*LOCAL, name})
            member.relay = Relay(self._site.loop, member.relay.port, self._site.encryption(key, name), member.access)
            if was_running:
                member.relay.open()

    # --- copies ---

    def copy(self, key: str, backup: str) -> datetime:
        """A consistent copy under a name; returns the time of the last transactions in it."""
        with self._at(key) as member:
            directory = self._site.new_folder("b")
            if member.server.running:
                member.server.back_up(directory / "data")
                moment = datetime.now(UTC)
            else:
                self._site.machine.copy_tree(member.server.data, directory / "data")
                moment = (member.history and member.history.ended) or datetime.now(UTC)
            self._copies[backup] = Copy(directory, moment, member.user)
            return moment

    def copy_of_copy(self, backup: str, new: str) -> None:
        old, directory = self._copy(backup), self._site.new_folder("b")
        self._site.machine.copy_tree(old.directory / "data", directory / "data")
        self._copies[new] = Copy(directory, old.time, old.user)

    def has_copy(self, backup: str) -> bool:
        return backup in self._copies

    def drop_copy(self, backup: str) -> None:
        if copy := self._copies.pop(backup, None):
            shutil.rmtree(copy.directory, ignore_errors=True)

    def restore(self, backup: str, key: str, **options: Unpack[Options]) -> Endpoint:
        """A new instance with the content of a copy, its users and their passwords included."""
        copy = self._copy(backup)
        with self._building(key, copy.user, options) as member:
            self._site.machine.copy_tree(copy.directory / "data", member.server.data)
            member.server.start()
            base = self._site.new_folder("h")
            self._site.machine.link_tree(copy.directory / "data", base / "data")
            member.history = History(base / "data", member.server.wal, datetime.now(UTC), own=base)
        return self.endpoint(key)

    def latest_restorable(self, source_key: str) -> datetime:
        history = self._history(source_key)
        return datetime.now(UTC) if self.running(source_key) else history.ended or history.since

    def earliest_restorable(self, source_key: str) -> datetime:
        return self._history(source_key).since

    def restore_to_time(self, source_key: str, key: str, when: datetime | None, **options: Unpack[Options]) -> Endpoint:
        """A new instance with what the source held at a time, or holds now. The source may be running, stopped, or deleted with its
        backups kept. Raises PostgresError for a time outside of what `earliest_restorable` and `latest_restorable` return.
        """
        history = self._history(source_key)
        earliest, latest = history.since, self.latest_restorable(source_key)
        if when is not None and not earliest <= when <= latest:
            raise PostgresError(f"{source_key} can be restored to a time from {earliest:%FT%TZ} to {latest:%FT%TZ}, not to {when:%FT%TZ}")
        if source := self._members.get(source_key):
            with source.lock:
                user = source.user
                if source.server.running:
                    history.complete(source.server)
        else:
            user = history.user
        with self._building(key, user, options) as member:
            self._site.machine.copy_tree(history.base, member.server.data)
            member.server.recovery = history.recovery(when)
            (member.server.data / "recovery.signal").touch()
            self._site.machine.account.own(member.server.data / "recovery.signal")
            member.server.start()
            member.server.recovery = {}
            member.server.write_configuration()
            self._begin_history(member)
        return self.endpoint(key)

    # --- replicas ---

    def replica(self, source_key: str, key: str, **options: Unpack[Options]) -> Endpoint:
        """A read-only instance that follows the source by streaming replication."""
        source = self._member(source_key)
        with self._building(key, source.user, options) as member:
            server = member.server
            with source.lock:
                source.server.back_up(server.data)
            server.primary = source.server
            where = f"host={source.server.run} port={SOCKET_PORT} user={REPLICATOR} application_name={key}"
            server.recovery = {"primary_conninfo": where, "restore_command": f"cp {source.server.wal}/%f %p"}
            (server.data / "standby.signal").touch()
            self._site.machine.account.own(server.data / "standby.signal")
            server.start()
        return self.endpoint(key)

    def promote(self, key: str) -> None:
        """Makes a replica an instance of its own, which can be written to."""
        with self._at(key) as member:
            member.server.value("SELECT pg_promote(true, 60)")
            member.server.primary, member.server.recovery = None, {}
            member.server.reload()
            self._begin_history(member)

    def caught_up(self, replica_key: str) -> bool:
        """Whether the replica has everything that its source has committed."""
        replica = self._member(replica_key).server
        if replica.primary is None or not replica.primary.running or not replica.running:
            return False
        written = replica.primary.value("SELECT pg_current_wal_flush_lsn()::text")
        return bool(replica.value("SELECT pg_last_wal_replay_lsn() >= %s::pg_lsn", written))

    def lag_seconds(self, replica_key: str) -> float:
        """How old the replica's content is; 0 if it has caught up."""
        if self.caught_up(replica_key):
            return 0.0
        replica = self._member(replica_key).server
        return float(replica.value("SELECT coalesce(extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp()), 0)"))

    # --- proxies ---

    def relay(
        self,
        name: str,
        targets: Sequence[str],
        *,
        users: Users,
        require_tls: bool = True,
        iam: bool = False,
        resource: str = "",
        region: str = "",
    ) -> Endpoint:
        """An endpoint of an RDS Proxy in front of instances, which share its connections in turn. An existing one with that name is changed
        and keeps its port.

        `users`: user names with the passwords in the proxy's secrets, or a function that reads them at each login. `iam`: clients log in
        with tokens; `resource` is the proxy's ID in policies.
        """
        number = self._proxies.put(name, targets, users, require_tls=require_tls, iam=iam, resource=resource, region=region)
        return Endpoint(HOST, number)

    def drop_relay(self, name: str) -> None:
        self._proxies.drop(name)

    # --- what they stand on ---

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
        member = Member(key, server, Relay(site.loop, port, site.encryption(key, name), access), access, user)
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


# One cloud per process.
fleet = Fleet(current.home, current.check_token)

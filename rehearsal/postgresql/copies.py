"""Copies of servers, restores, and replicas. All of them are real: they hold what their source held."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from typing import Unpack

from rehearsal.postgresql import PostgresError
from rehearsal.postgresql.history import History
from rehearsal.postgresql.members import Copy, Endpoint, Members, Options
from rehearsal.postgresql.server import REPLICATOR, SOCKET_PORT


class Copying(Members):
    """What makes a server out of another one."""

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

"""The database servers of one cloud, one per emulated RDS instance, by their resource IDs (DbiResourceId); their copies, replicas, and
proxies.

Calls block until the servers are as asked, about half a second each. They may come from several threads.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Unpack

from rehearsal.connect_tokens import TokenCheck
from rehearsal.postgresql import PostgresError, extensions, statistics, template
from rehearsal.postgresql.cloud import current
from rehearsal.postgresql.copies import Copying
from rehearsal.postgresql.history import History
from rehearsal.postgresql.members import Endpoint, Options
from rehearsal.postgresql.proxies import Users
from rehearsal.postgresql.relay import Relay
from rehearsal.relays import HOST
from rehearsal.server_site import LOCAL

__all__ = ["Endpoint", "Fleet", "fleet"]


class Fleet(Copying):
    """`home` is the cloud's folder; without one, files are in a temporary folder. `check_token` verifies IAM tokens."""

    def __init__(self, home: Path | None = None, check_token: TokenCheck = current.check_token) -> None:
        super().__init__(home, check_token)

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
            member.relay = Relay(self._site.loop, member.relay.port, self._site.encryption(key, [name]), member.access)
            if was_running:
                member.relay.open()

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


# One cloud per process.
fleet = Fleet(current.home, current.check_token)

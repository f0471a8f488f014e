"""The endpoints of RDS Proxies: relays in front of instances."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence

from rehearsal.connect_tokens import TokenCheck
from rehearsal.postgresql.access import ProxyAccess
from rehearsal.postgresql.relay import Relay
from rehearsal.postgresql.server import Server
from rehearsal.postgresql.site import Site
from rehearsal.relays import Port
from rehearsal.server_site import LOCAL

Users = Mapping[str, str] | Callable[[], Mapping[str, str]]


class Proxies:
    """By name. `server` finds the server of an instance; None if it is gone."""

    def __init__(self, site: Site, server: Callable[[str], Server | None], check_token: TokenCheck) -> None:
        self._site, self._server, self._check_token = site, server, check_token
        self._relays: dict[str, Relay] = {}
        self._lock = threading.RLock()

    def put(self, name: str, targets: Sequence[str], users: Users, *, require_tls: bool, iam: bool, resource: str, region: str) -> int:
        """Creates or replaces one, which keeps its port; returns the port."""
        keys = tuple(targets)

        def servers() -> tuple[Server, ...]:
            found = (self._server(key) for key in keys)
            return tuple(server for server in found if server)

        with self._lock:
            old = self._relays.pop(name, None)
            port = old.port if old else Port()
            if old:
                old.close()
            access = ProxyAccess(
                targets=servers,
                users=users if callable(users) else dict(users).copy,
                names=frozenset({*LOCAL, name}),
                port=port.number,
                resource=resource or name,
                region=region,
                check_token=self._check_token,
                encrypted_only=require_tls,
                by_token=iam,
            )
            relay = self._relays[name] = Relay(self._site.loop, port, self._site.encryption(f"proxy-{name}", [name]), access)
            relay.open()
            return port.number

    def drop(self, name: str) -> None:
        with self._lock:
            if relay := self._relays.pop(name, None):
                relay.close()
                relay.port.release()

    def clear(self) -> None:
        for name in list(self._relays):
            self.drop(name)

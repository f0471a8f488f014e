"""RDS Proxies as they are kept: their states, logins, targets, and endpoints, and how the servers' relays follow them."""

from __future__ import annotations

import hashlib
import secrets
import string
import time
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from rehearsal import transitions
from rehearsal.extensions.rds_servers import fleet, has_server, key_of
from rehearsal.life import Phase, life_of
from rehearsal.registry import Call
from rehearsal.replies import Refusal
from rehearsal.transitions import moment

PROXY, TARGET = "rds_proxy", "rds_proxy_target"
PORT = 5432
ALPHABET = string.ascii_lowercase + string.digits
DEFAULT = "default"
"""The name of a proxy's one target group, and of the endpoint that it has from the start."""
POOL = {"MaxConnectionsPercent": 100, "MaxIdleConnectionsPercent": 50, "ConnectionBorrowTimeout": 120, "SessionPinningFilters": []}


def random_name(length: int = 17) -> str:
    return "".join(secrets.choice(ALPHABET) for _each in range(length))


@dataclass
class Target:
    """An instance that the proxy leads to, since `began` on the monotonic clock."""

    instance: Any
    began: float = field(default_factory=time.monotonic)

    @property
    def registering(self) -> bool:
        return time.monotonic() < self.began + transitions.delays.seconds_for(TARGET)


@dataclass
class Endpoint:
    """An endpoint of a proxy. `rehearsal_life` is that of its state, see `rds_life.py`."""

    name: str
    arn: str
    host: str
    subnets: list[str]
    groups: list[str]
    created: datetime
    tags: list[dict[str, str]] = field(default_factory=list)

    @property
    def status(self) -> str:
        return state_of(self)


class Proxy:
    """Kept among moto's proxies, whose tags the tagging API reads. `settings`: the members of DBProxy that a caller chooses."""

    def __init__(self, backend: Any, name: str, vpc: str, settings: dict[str, Any], tags: list[dict[str, str]]) -> None:
        self.backend, self.name, self.vpc, self.settings, self.tags = backend, name, vpc, settings, tags
        self.region, self.account_id = backend.region_name, backend.account_id
        self.identity, self.group_identity = f"prx-{random_name()}", f"prx-tg-{random_name()}"
        self.arn = f"arn:aws:rds:{self.region}:{self.account_id}:db-proxy:{self.identity}"
        self.group_arn = f"arn:aws:rds:{self.region}:{self.account_id}:target-group:{self.group_identity}"
        self.created = self.updated = self.pool_updated = moment()
        self.pool: dict[str, Any] = dict(POOL)
        self.targets: list[Target] = []
        self.endpoints: dict[str, Endpoint] = {}

    @property
    def status(self) -> str:
        return state_of(self)

    @property
    def uses_tokens(self) -> bool:
        """Whether clients log in with IAM tokens."""
        auth = self.settings["Auth"]
        return self.settings["DefaultAuthScheme"] == "IAM_AUTH" or any(one["IAMAuth"] == "REQUIRED" for one in auth)


def state_of(resource: Any) -> str:
    life = life_of(resource)
    life.advance()
    return life.status


def begin(resource: Any, state: str, then: str = "available") -> None:
    """A proxy or an endpoint is in a state for the time that the settings give it."""
    life_of(resource).play([Phase(state, transitions.delays.seconds_for(PROXY))], then=then)


def domain_of(backend: Any) -> str:
    zone = hashlib.sha256(f"{backend.account_id}/{backend.region_name}".encode()).hexdigest()[:12]
    return f"proxy-{zone}.{backend.region_name}.rds.amazonaws.com"


# --- lookups ---


def proxy_of(call: Call, *, ready: bool = False) -> Proxy:
    """The proxy that a call names; `ready`: it must be available."""
    name = str(call.get("DBProxyName") or "").lower()
    proxy: Proxy | None = call.backend.db_proxies.get(name)
    if proxy is None:
        raise Refusal("DBProxyNotFoundFault", f"DBProxy {name} not found.", 404)
    if ready and proxy.status != "available":
        raise Refusal("InvalidDBProxyStateFault", f"DBProxy {name} is in state {proxy.status}, and must be available.")
    return proxy


def check_group(call: Call) -> None:
    if (call.get("TargetGroupName") or DEFAULT) != DEFAULT:
        text = f"The target group {call.get('TargetGroupName')} was not found: a proxy has the one named {DEFAULT}."
        raise Refusal("DBProxyTargetGroupNotFoundFault", text, 404)


# --- relays ---


def follow(proxy: Proxy, *endpoints: Endpoint) -> None:
    """Points the relays of a proxy's endpoints, all or these, at its targets. Without database servers there is none."""
    from rehearsal.extensions.rds_proxy_logins import users_of

    if not proxy.__dict__.get("rehearsal_server"):
        return
    keys = [key_of(one.instance) for one in proxy.targets if has_server(one.instance)]
    for endpoint in endpoints or proxy.endpoints.values():
        found = fleet().relay(
            f"{proxy.identity}-{endpoint.name}",
            keys,
            users=lambda: users_of(proxy),
            require_tls=bool(proxy.settings["RequireTLS"]),
            iam=proxy.uses_tokens,
            resource=proxy.identity,
            region=proxy.region,
        )
        endpoint.host = f"{found.host}:{found.port}"


def stop_relay(proxy: Proxy, endpoint: Endpoint) -> None:
    if proxy.__dict__.get("rehearsal_server"):
        fleet().drop_relay(f"{proxy.identity}-{endpoint.name}")

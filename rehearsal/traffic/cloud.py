"""What the cloud's process knows of its load balancers before there is one. The data plane is imported and started with the first."""

from __future__ import annotations

import socket
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rehearsal import transitions

if TYPE_CHECKING:
    from rehearsal.traffic.dataplane import DataPlane

HOST = "127.0.0.1"
BUNDLE = "load-balancers-ca.pem"
"""In the cloud's folder: the authority of all load balancers' certificates, once there is one."""


@dataclass
class Cloud:
    """`home` is the cloud's folder. The proxy's port is taken from the start; without a load balancer, connections to it are refused."""

    home: Path | None = None
    proxy: socket.socket | None = None
    port: int = 0
    plane: DataPlane | None = None
    starting: threading.Lock = field(default_factory=threading.Lock)


current = Cloud()


def open_(home: Path, port: int = 0) -> str:
    """Reserves the proxy's port, 0 for a free one, and returns its URL."""
    current.home = home
    (home / BUNDLE).unlink(missing_ok=True)
    current.proxy = socket.socket()
    current.proxy.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    current.proxy.bind((HOST, port))
    current.port = current.proxy.getsockname()[1]
    return f"http://{HOST}:{current.port}"


def started() -> DataPlane:
    """The data plane, started if necessary."""
    from rehearsal.traffic import outside
    from rehearsal.traffic.dataplane import DataPlane
    from rehearsal.traffic.tls import Certificates

    with current.starting:
        if current.plane is None:
            assert current.home is not None
            assert current.proxy is not None
            certificates = Certificates(current.home / "load-balancers", current.home / BUNDLE)
            current.plane = DataPlane(current.proxy, certificates, outside.OUTSIDE, lambda: transitions.delays.traffic_seconds["metrics"])
        return current.plane


def retime() -> None:
    """Settings have changed."""
    if current.plane:
        current.plane.retime()


def forget(cluster: str = "") -> None:
    """Closes the load balancers of a cluster, or all of them."""
    if current.plane:
        current.plane.forget(cluster)


def health(arn: str) -> list[dict[str, Any]] | None:
    """The targets of a target group that is served here, in the shape of DescribeTargetHealth."""
    return current.plane.health(arn) if current.plane else None


def gates(cluster: str, namespace: str, labels: Mapping[str, str]) -> list[str]:
    """The readiness gates of a new pod."""
    return current.plane.gates(cluster, namespace, labels) if current.plane else []


def described() -> dict[str, Any]:
    """For the administrative API: {"proxy": URL, "ca_bundle": path, "load_balancers": [...]}."""
    bundle = str(current.home / BUNDLE) if current.home else None
    found = current.plane.described() if current.plane else []
    return {"proxy": f"http://{HOST}:{current.port}", "ca_bundle": bundle, "load_balancers": found}

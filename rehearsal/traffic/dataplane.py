"""The data plane: one thread with one event loop for all load balancers of a cloud, and the proxy through which clients reach them."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import threading
import time
import traceback
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import urlsplit

from rehearsal.kubernetes.routing import Listener
from rehearsal.traffic.balancing import Balancer, Served
from rehearsal.traffic.cluster import ClusterTraffic
from rehearsal.traffic.matching import fits
from rehearsal.traffic.messages import Malformed, Request, Response, read_request
from rehearsal.traffic.metrics import Meter, Sink
from rehearsal.traffic.pods import Tags
from rehearsal.traffic.targets import Pace
from rehearsal.traffic.tls import Certificates, covers
from rehearsal.traffic.watching import Server

HOST = "127.0.0.1"
SECONDS = 30.0
PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True)
class Outside:
    """What the data plane asks of the rest of the cloud: where metrics go, an image's tags, the name that a DNS record leads to, and the
    edge of a host that a distribution answers for, which may block.
    """

    sink: Sink
    tags: Tags
    resolve: Callable[[str], str | None]
    edge: Callable[[str, str | None], Edge | None] = lambda _host, _leads_to: None


Ask = Callable[[str, int, bool, Request], Response | None]


class Edge(Protocol):
    """Answers for a distribution. ``ask`` gets the response of another origin; both may block."""

    @property
    def names(self) -> tuple[str, ...]:
        """The names on its certificate."""

    def respond(self, request: Request, ask: Ask, /, *, tls: bool) -> Response: ...


@dataclass
class Door:
    """A listener's socket. `tls` None: it takes plain connections."""

    server: asyncio.Server
    listener: Listener
    names: Any
    tls: ssl.SSLContext | None

    @property
    def address(self) -> str:
        return f"{HOST}:{self.server.sockets[0].getsockname()[1]}"


class DataPlane:
    """Its methods may be called from any thread, but not by one that holds a lock that `Outside` needs."""

    def __init__(self, proxy: socket.socket, certificates: Certificates, outside: Outside, metrics_seconds: Callable[[], float]) -> None:
        self._certificates, self._outside, self._metrics_seconds = certificates, outside, metrics_seconds
        self._clusters: dict[str, ClusterTraffic] = {}
        self._doors: dict[tuple[str, int], Door] = {}
        self._meter = Meter()
        self._retimed = asyncio.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="traffic", daemon=True)
        self._thread.start()
        self._do(self._start(proxy))

    def serve(self, cluster: str, server: Callable[[], Server], pace: Pace, served: list[Served], wake: Callable[[], None]) -> None:
        """The load balancers of a cluster from now on; returns when they answer."""
        self._do(self._serve(cluster, server, pace, served, wake))

    def forget(self, cluster: str = "") -> None:
        """Closes the load balancers of a cluster, or all."""
        self._do(self._forget(cluster))

    def health(self, arn: str) -> list[dict[str, Any]] | None:
        """The targets of a target group in the shape of DescribeTargetHealth; None if it is not served here."""
        for cluster in list(self._clusters.values()):
            if group := cluster.groups.get(arn):
                return [target.described() for target in list(group.targets.values())]
        return None

    def gates(self, cluster: str, namespace: str, labels: Mapping[str, str]) -> list[str]:
        """The readiness gates of a new pod with these labels: of all target groups whose Service selects it."""
        traffic = self._clusters.get(cluster)
        return traffic.gates(namespace, labels) if traffic else []

    def flush(self) -> None:
        """Hands over the metrics counted so far."""
        self._do(self._flush())

    def described(self) -> list[dict[str, Any]]:
        found = []
        for balancer in [each for cluster in list(self._clusters.values()) for each in list(cluster.balancers.values())]:
            served = balancer.served
            doors = [(door.listener, door.address) for (arn, _), door in sorted(self._doors.items()) if arn == served.arn]
            listeners = [{"protocol": listener.protocol, "port": listener.port, "address": address} for listener, address in doors]
            shown = {"name": served.name, "arn": served.arn, "dns_name": served.dns_name}
            found.append({**shown, "hosts": list(served.routing.hosts), "listeners": listeners})
        return found

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(SECONDS)

    def retime(self) -> None:
        """The interval of metrics may have changed."""
        self._loop.call_soon_threadsafe(self._retimed.set)

    async def _start(self, proxy: socket.socket) -> None:
        await asyncio.start_server(self._guarded(self._at_proxy), sock=proxy)
        self._metrics = asyncio.get_running_loop().create_task(self._measure())

    async def _serve(self, cluster: str, server: Callable[[], Server], pace: Pace, served: list[Served], wake: Callable[[], None]) -> None:
        if cluster not in self._clusters:
            if not served:
                return
            self._clusters[cluster] = ClusterTraffic(server(), pace, self._meter, self._outside.tags, wake)
        traffic = self._clusters[cluster]
        await traffic.update(served)
        await self._open_doors()

    async def _forget(self, cluster: str) -> None:
        for name in [cluster] if cluster else list(self._clusters):
            if traffic := self._clusters.pop(name, None):
                traffic.close()
        await self._open_doors()

    async def _open_doors(self) -> None:
        """Opens a socket for each listener, and closes those of listeners that are gone or speak another protocol now."""
        wanted = {}
        for traffic in self._clusters.values():
            for balancer in traffic.balancers.values():
                for listener in balancer.served.routing.listeners:
                    wanted[balancer.served.arn, listener.port] = (balancer, listener)
        for key, door in list(self._doors.items()):
            if key not in wanted or _way_in(*wanted[key]) != (door.listener.protocol, door.names):
                self._doors.pop(key).server.close()
        for key, (balancer, listener) in wanted.items():
            if key not in self._doors and listener.protocol != "UDP":
                _, names = _way_in(balancer, listener)
                tls = self._certificates.context(names) if listener.encrypts and names else None
                if listener.encrypts and tls is None:
                    continue
                server = await asyncio.start_server(self._guarded(self._at(balancer, listener.port)), HOST, 0, ssl=tls)
                self._doors[key] = Door(server, listener, names, tls)

    def _guarded(self, handle: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., Coroutine[Any, Any, None]]:
        """A client that goes away is no error; the connection is closed in any case."""

        async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                await handle(reader, writer)
            except (OSError, ssl.SSLError, asyncio.IncompleteReadError):
                pass
            except Exception:  # noqa: BLE001  a mistake here must not end the other connections
                traceback.print_exc()
            finally:
                with contextlib.suppress(OSError, RuntimeError):
                    writer.close()

        return connected

    def _at(self, balancer: Balancer, port: int) -> Callable[..., Coroutine[Any, Any, None]]:
        async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await self._converse(balancer, port, reader, writer)

        return handle

    async def _converse(self, balancer: Balancer, port: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One client's requests on one connection, until either side closes it."""
        while True:
            try:
                request = await read_request(reader, writer, balancer.served.idle_timeout)
            except Malformed:
                writer.write(_refusal(400, "").rendered(Request("GET", "/", "/", "", {}, keeps_open=False)))
                return
            if request is None:
                return
            if not await _send(writer, request, await balancer.respond(port, request)):
                return

    async def _at_proxy(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            try:
                request = await read_request(reader, writer, SECONDS)
            except Malformed as error:
                writer.write(_refusal(400, str(error)).rendered(Request("GET", "/", "/", "", {}, keeps_open=False)))
                return
            if request is None:
                return
            if request.method == "CONNECT":
                await self._tunnel(request, reader, writer)
                return
            parts = urlsplit(request.target)
            if edge := await self._edge(request.host):
                if not await _send(writer, request, await self._at_edge(edge, request, tls=False)):
                    return
                continue
            balancer, port = self.leads_to(request.host), parts.port or PORTS.get(parts.scheme, 80)
            if not await _send(writer, request, await balancer.respond(port, request) if balancer else self._unknown(request.host)):
                return

    async def _tunnel(self, request: Request, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """A connection to a load balancer's listener; encrypted, if the listener is."""
        host, _, port = request.target.rpartition(":")
        if port in ("80", "443") and (edge := await self._edge(host.lower())):
            await self._converse_with_edge(edge, port == "443", reader, writer)
            return
        balancer = self.leads_to(host.lower())
        door = self._doors.get((balancer.served.arn, int(port))) if balancer and port.isdigit() else None
        if balancer is None:
            await _send(writer, request, self._unknown(host))
            return
        if door is None:
            await _send(writer, request, _refusal(502, f"The load balancer {balancer.served.name} has no listener on port {port}.\n"))
            return
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        await writer.drain()
        if door.tls:
            await writer.start_tls(door.tls)
        await self._converse(balancer, int(port), reader, writer)

    async def _edge(self, host: str) -> Edge | None:
        leads_to = self._outside.resolve(host)
        return await asyncio.get_running_loop().run_in_executor(None, self._outside.edge, host, leads_to)

    async def _converse_with_edge(self, edge: Edge, tls: bool, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        await writer.drain()
        if tls:
            await writer.start_tls(self._certificates.context([edge.names]))
        while True:
            try:
                request = await read_request(reader, writer, SECONDS)
            except Malformed:
                return
            if request is None or not await _send(writer, request, await self._at_edge(edge, request, tls=tls)):
                return

    async def _at_edge(self, edge: Edge, request: Request, *, tls: bool) -> Response:
        loop = asyncio.get_running_loop()

        def ask(host: str, port: int, encrypted: bool, sent: Request) -> Response | None:
            return asyncio.run_coroutine_threadsafe(self._as_origin(host, port, encrypted, sent), loop).result(SECONDS)

        return await loop.run_in_executor(None, lambda: edge.respond(request, ask, tls=tls))

    async def _as_origin(self, host: str, port: int, encrypted: bool, request: Request) -> Response | None:
        """The response of a load balancer as an origin; None without a listener, or if its certificate is for other names."""
        balancer = self.leads_to(host)
        door = self._doors.get((balancer.served.arn, port)) if balancer else None
        if balancer is None or door is None or encrypted != (door.tls is not None):
            return None
        if encrypted and not any(covers(names, host) for names in door.names or ()):
            return None
        return await balancer.respond(port, request)

    def leads_to(self, host: str) -> Balancer | None:
        """The load balancer behind a host: its own name, a DNS record that names it, or else a host of its rules."""
        every = [balancer for cluster in self._clusters.values() for balancer in cluster.balancers.values()]
        names = {balancer.served.dns_name.lower(): balancer for balancer in every}
        if found := names.get(host) or names.get(self._outside.resolve(host) or ""):
            return found
        exact = [each for each in every if host in each.served.routing.hosts]
        return next(iter(exact + [each for each in every if any(fits(one, host) for one in each.served.routing.hosts)]), None)

    def _unknown(self, host: str) -> Response:
        known = sorted({name for each in self.described() for name in (each["dns_name"], *each["hosts"])})
        return _refusal(502, f"No rehearsed load balancer answers for {host}. Known hosts: {', '.join(known) or 'none'}.\n")

    async def _measure(self) -> None:
        """Every so often, and at once when the interval may have changed."""
        while True:
            self._retimed.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._retimed.wait(), self._metrics_seconds())
            await self._flush()

    async def _flush(self) -> None:
        hosts = [each for cluster in self._clusters.values() for each in cluster.hosts()]
        data = self._meter.collect(hosts, time.time())
        if data:
            await asyncio.get_running_loop().run_in_executor(None, self._outside.sink, data)


def _way_in(balancer: Balancer, listener: Listener) -> tuple[str, Any]:
    return listener.protocol, balancer.served.certificates.get(listener.port)


async def _send(writer: asyncio.StreamWriter, request: Request, response: Response) -> bool:
    """Whether the connection stays open."""
    if response.drop:
        writer.transport.abort()
        return False
    writer.write(response.rendered(request))
    await writer.drain()
    return request.keeps_open and response.keeps_open


def _refusal(status: int, text: str) -> Response:
    return Response(status, text.encode(), "text/plain; charset=utf-8", keeps_open=False)

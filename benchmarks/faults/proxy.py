"""A loopback proxy between a run and its rehearsal cloud that breaks selected calls on the wire."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import TracebackType
from typing import IO, Self
from urllib.parse import urlsplit

from benchmarks.faults import wire

# What happens to a call that matches a rule; the first part is whether the cloud receives it.
ACTIONS = {
    "reset_before": "not handed on; the connection is reset",
    "reset_after": "carried out; the connection is reset instead of a reply",
    "hang_before": "not handed on; silence, then a reset",
    "hang_after": "carried out; silence, then a reset",
    "hold_before": "not handed on; silence until the driver has killed the caller",
    "hold_after": "carried out; silence until the driver has killed the caller",
    "cut": "carried out; half of the reply, then the connection ends",
    "shorten": "carried out; a well-formed reply with half of the body",
    "page_before": "not handed on; a page of HTML with status 200, as from a proxy",
    "page_after": "carried out; a page of HTML with status 200",
    "stop_before": "not handed on; silence until the driver lets the stopped caller go on, then a reset",
}
BEFORE = frozenset({"reset_before", "hang_before", "hold_before", "page_before", "stop_before"})


@dataclass
class Rule:
    """Breaks the ``nth`` call of ``operation`` (from 1, such as ec2:CreateVpc) and later ones, ``times`` in all.

    ``seconds`` is how long a hang lasts. ``reached`` is set when a call is held; it is held until ``released`` is set.
    """

    operation: str
    action: str
    nth: int = 1
    times: int = 1
    seconds: float = 65.0
    seen: int = 0
    fired: int = 0
    reached: threading.Event = field(default_factory=threading.Event)
    released: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        if self.action not in ACTIONS:
            raise ValueError(f"an action of the proxy is one of {', '.join(ACTIONS)}, not {self.action!r}")

    def take(self, call: wire.Call) -> bool:
        """Counts the call if it matches the rule; returns whether to break it."""
        if call.name != self.operation:
            return False
        self.seen += 1
        fires = self.seen >= self.nth and self.fired < self.times
        self.fired += fires
        return fires


@dataclass(frozen=True)
class Seen:
    """One call seen by the proxy. ``status`` and body ``size`` are those of the cloud's response, None if it was not called."""

    call: wire.Call
    status: int | None
    size: int | None
    action: str | None


class Upstream:
    """The proxy's own connection to the cloud, one per client connection."""

    def __init__(self, address: tuple[str, int]) -> None:
        self.address = address
        self.connection: socket.socket | None = None
        self.stream: IO[bytes] | None = None

    def ask(self, request: wire.Message) -> wire.Message:
        if self.connection is None:
            self.connection = socket.create_connection(self.address)
            self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.stream = self.connection.makefile("rb")
        assert self.stream is not None
        self.connection.sendall(request.bytes)
        while reply := wire.read(self.stream, with_body=request.start[0] != "HEAD"):
            if reply.status != 100:
                return reply
        raise wire.Malformed("the cloud ended the connection without a reply")

    def close(self) -> None:
        if self.connection and self.stream:
            self.stream.close()
            self.connection.close()


class Proxy:
    """Forwards calls to ``target`` byte by byte, except those that a rule breaks. Use as a context manager."""

    def __init__(self, target: str) -> None:
        url = urlsplit(target)
        assert url.hostname
        assert url.port
        self._target = (url.hostname, url.port)
        self._lock = threading.Condition()
        self._busy = 0
        self._rules: list[Rule] = []
        self._seen: list[Seen] = []
        self.errors: list[str] = []

    def __enter__(self) -> Self:
        self._server = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.endpoint = f"http://127.0.0.1:{self._server.getsockname()[1]}"
        threading.Thread(target=self._accept, name="proxy", daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.clear()
        # closing the socket alone does not wake the accepting thread
        with contextlib.suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()

    def arm(self, rule: Rule) -> None:
        with self._lock:
            self._rules.append(rule)

    def clear(self) -> None:
        """Clears the rules and the recorded calls; ends every hang."""
        with self._lock:
            for rule in self._rules:
                rule.released.set()
            self._rules.clear()
            self._seen.clear()
            self.errors.clear()

    def seen(self) -> list[Seen]:
        with self._lock:
            return list(self._seen)

    def wait_until_idle(self, seconds: float = 30.0) -> bool:
        """Waits for every call that has arrived, because calls of a killed client still reach the cloud. Returns whether all are
        complete.
        """
        deadline = time.monotonic() + seconds
        with self._lock:
            return self._lock.wait_for(lambda: self._busy == 0, deadline - time.monotonic())

    def _accept(self) -> None:
        while True:
            try:
                client, _address = self._server.accept()
            except OSError:
                return
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self._serve, args=(client,), name="proxy-connection", daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        upstream = Upstream(self._target)
        with client, client.makefile("rb") as stream:
            try:
                while request := _next(stream):
                    with self._working():
                        if not self._handle(client, request, upstream):
                            return
            except OSError:
                pass  # the client is gone
            except wire.Malformed as error:
                with self._lock:
                    self.errors.append(str(error))
            finally:
                upstream.close()

    @contextlib.contextmanager
    def _working(self) -> Iterator[None]:
        with self._lock:
            self._busy += 1
        try:
            yield
        finally:
            with self._lock:
                self._busy -= 1
                self._lock.notify_all()

    def _handle(self, client: socket.socket, request: wire.Message, upstream: Upstream) -> bool:
        """Handles one call; returns whether the connection can serve the next."""
        if request.headers.get("expect", "").lower() == "100-continue":
            client.sendall(wire.CONTINUE)
        call = wire.call(request)
        with self._lock:
            rule = next((rule for rule in self._rules if rule.take(call)), None)
        action = rule.action if rule else None
        reply = None if action in BEFORE else upstream.ask(request)
        with self._lock:
            self._seen.append(Seen(call, reply.status if reply else None, len(reply.body) if reply else None, action))
        if rule is None and reply is not None:
            client.sendall(reply.bytes)
            return reply.headers.get("connection", "").lower() != "close"
        assert rule is not None
        return _break(client, rule, reply)


def _next(stream: IO[bytes]) -> wire.Message | None:
    """The next request; None also if a client ended, or was killed, while sending one."""
    try:
        return wire.read(stream)
    except wire.BrokenOff:
        return None


def _break(client: socket.socket, rule: Rule, reply: wire.Message | None) -> bool:
    """Applies a rule to a call; returns whether the connection stays open."""
    if rule.action == "shorten" and reply is not None:
        client.sendall(wire.shortened(reply).bytes)
        return True
    if rule.action == "cut" and reply is not None:
        client.sendall(wire.cut(reply))
        client.shutdown(socket.SHUT_RDWR)
        return False
    if rule.action.startswith("page"):
        client.sendall(wire.PAGE)
        return True
    if rule.action.startswith(("hold", "stop")):
        rule.reached.set()
        rule.released.wait()
    if rule.action.startswith("hang"):
        rule.released.wait(rule.seconds)
    # closing with this option set sends a reset
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    return False

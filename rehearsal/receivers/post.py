"""The cloud's post: deliveries leave in order, one after the other, without the cloud's lock, and what arrives is recorded."""

from __future__ import annotations

import http.client
import queue
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from rehearsal.receivers.playing import DEFAULTS, PLAYERS, Arrived

HOST = "127.0.0.1"
TIMEOUT = 10.0
IDLE_SECONDS = 20.0
LARGEST = 300_000


@dataclass(frozen=True)
class Delivery:
    """An HTTP request to be sent. ``then`` gets the status of the response; 0 if there was none."""

    url: str
    method: str
    headers: Mapping[str, str]
    body: str
    then: Callable[[int], None] = lambda status: None


@dataclass
class Post:
    """``home``: the address of the cloud's own endpoint, host and port, where links to AWS lead. ``known``: the setting `receivers`."""

    home: str = ""
    known: Mapping[str, str] = field(default_factory=lambda: dict(DEFAULTS))
    _arrived: list[dict[str, Any]] = field(default_factory=list)
    _waiting: queue.Queue[tuple[int, Delivery]] = field(default_factory=queue.Queue)
    _open: int = 0
    _era: int = 0
    _number: int = 0
    _server: ThreadingHTTPServer | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _idle: threading.Condition = field(init=False)
    _sender: threading.Thread | None = None

    def __post_init__(self) -> None:
        self._idle = threading.Condition(self._lock)

    def send(self, delivery: Delivery) -> None:
        with self._lock:
            self._open += 1
            if self._sender is None:
                self._sender = threading.Thread(target=self._work, name="post", daemon=True)
                self._sender.start()
            self._waiting.put((self._era, delivery))

    def mail(self, address: str, subject: str, body: str) -> None:
        """An e-mail arrives at once."""
        self._record("email", address, {"to": address, "subject": subject, "body": body})

    def arrived(self, receiver: str = "") -> list[dict[str, Any]]:
        """What has arrived since the last reset, at one receiver (its kind or host) or all, after everything on its way has."""
        self.settle()
        with self._lock:
            return [one for one in self._arrived if receiver in ("", one["receiver"], one.get("host"))]

    def settle(self) -> None:
        """Waits until nothing is on its way."""
        deadline = time.monotonic() + IDLE_SECONDS
        with self._idle:
            while self._open and time.monotonic() < deadline:
                self._idle.wait(0.5)

    def clear(self) -> None:
        self.settle()
        with self._lock:
            self._arrived.clear()

    def reset(self) -> None:
        """Forgets what has arrived, and what is on its way."""
        with self._lock:
            self._era += 1
            self._arrived.clear()

    def _work(self) -> None:
        while True:
            era, delivery = self._waiting.get()
            try:
                if era == self._era:
                    delivery.then(self._carry(delivery))
            except Exception as error:  # noqa: BLE001  the next delivery must leave all the same
                print(f"delivery to {urlsplit(delivery.url).hostname}: {type(error).__name__}: {error}", flush=True)
            finally:
                with self._idle:
                    self._open -= 1
                    self._idle.notify_all()

    def _carry(self, delivery: Delivery) -> int:
        """Sends a request to where its host is played. The response's status; 0 if the host cannot be reached."""
        parts = urlsplit(delivery.url)
        address = self._address(parts.hostname or "", parts.port)
        if not address:
            return 0
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        return self._request(address, delivery.method, path, {**delivery.headers, "Host": parts.netloc.rpartition("@")[2]}, delivery.body)

    def _address(self, host: str, port: int | None) -> str:
        """The place on this machine where a host is played, as host:port; "" if nothing plays it."""
        kind = self.known.get(host.lower(), "")
        if kind.startswith("http://"):
            return kind.removeprefix("http://")
        if kind:
            return f"{HOST}:{self._serve()}"
        return f"{HOST}:{port}" if host in (HOST, "localhost") and port else ""

    @staticmethod
    def _request(address: str, method: str, path: str, headers: Mapping[str, str], body: str) -> int:
        connection = http.client.HTTPConnection(address, timeout=TIMEOUT)
        try:
            connection.request(method, path, body.encode(), dict(headers))
            answer = connection.getresponse()
            answer.read(LARGEST)
            return answer.status
        except OSError:
            return 0
        finally:
            connection.close()

    def _serve(self) -> int:
        """The port of the server that plays the receivers, started with the first delivery."""
        with self._lock:
            if self._server is None:
                self._server = ThreadingHTTPServer((HOST, 0), _handler(self))
                threading.Thread(target=self._server.serve_forever, name="receivers", daemon=True).start()
            return int(self._server.server_address[1])

    def receive(self, request: Arrived) -> tuple[int, str, str]:
        """Plays the receiver of a request: status, content type, and body of its answer."""
        kind = self.known.get(request.host.partition(":")[0].lower(), "silent")
        answer = PLAYERS[kind](request) if kind in PLAYERS else PLAYERS["silent"](request)
        self._record(kind, request.host, {**vars(request), "headers": dict(request.headers), "status": answer.status})
        if answer.confirms:
            parts = urlsplit(answer.confirms)
            self._request(self.home, "GET", f"{parts.path or '/'}?{parts.query}", {"Host": parts.netloc}, "")
        return answer.status, answer.content_type, answer.body

    def _record(self, kind: str, host: str, values: Mapping[str, Any]) -> None:
        with self._lock:
            self._number += 1
            self._arrived.append({"n": self._number, "time": time.time(), "receiver": kind, **values, "host": host})


def _handler(post: Post) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self) -> None:
            body = self.rfile.read(min(int(self.headers.get("Content-Length") or 0), LARGEST)).decode("utf-8", "replace")
            headers = {name.lower(): value for name, value in self.headers.items()}
            status, content_type, text = post.receive(Arrived(headers.get("host", ""), self.command, self.path, headers, body))
            self.send_response_only(status)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(text.encode())))
            self.end_headers()
            self.wfile.write(text.encode())

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = _answer

        def log_message(self, format: str, *args: Any) -> None:
            """What arrives is recorded in full."""

    return Handler


current = Post()
"""One cloud per process."""

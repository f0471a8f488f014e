"""The management APIs of the cloud's brokers, by ARN: each an HTTPS server on a loopback port, from when its address is first described."""

from __future__ import annotations

import base64
import binascii
import contextlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from rehearsal.rabbitmq.cloud import current
from rehearsal.rabbitmq.management import Management
from rehearsal.relays import HOST
from rehearsal.server_kinds import BROKERS
from rehearsal.server_site import ServerSite

PREFIX = "/api/"


def _handler(management: Management) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 60

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing: a log would hold what clients send."""

        def _answer(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            raw = self.rfile.read(length) if length else b""
            try:
                body = json.loads(raw) if raw else {}
            except ValueError:
                return self._send(400, {"error": "bad_request", "reason": "not_json"})
            if not self.path.startswith(PREFIX):
                return self._send(404, None)
            return self._send(*management.answer(self.command, self.path.removeprefix(PREFIX), body, _login(self.headers)))

        def _send(self, status: int, content: Any) -> None:
            body = b"" if content is None else json.dumps(content).encode()
            self.send_response(status)
            if body:
                self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_PUT = do_DELETE = do_POST = _answer

    return Handler


def _login(headers: Any) -> tuple[str, str]:
    kind, _space, text = str(headers.get("Authorization") or "").partition(" ")
    try:
        name, _colon, password = base64.b64decode(text).decode().partition(":") if kind == "Basic" else ("", "", "")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return name, password


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is no news."""


class Fleet:
    """Nothing listens before an address is asked for."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._site: ServerSite | None = None
        self._servers: dict[str, _Server] = {}

    def url(self, arn: str, management: Management) -> str:
        """Where the management API of a broker is."""
        with self._lock:
            server = self._servers.get(arn)
            if server is None:
                self._site = self._site or ServerSite(current.home, BROKERS)
                server = _Server((HOST, 0), _handler(management))
                context = self._site.encryption("management", [HOST]).context
                server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
                threading.Thread(target=server.serve_forever, daemon=True, name=f"management of {arn}").start()
                self._servers[arn] = server
            return f"https://{HOST}:{server.server_address[1]}"

    def delete(self, arn: str) -> None:
        with self._lock:
            server = self._servers.pop(arn, None)
        if server is not None:
            _end(server)

    def reset(self) -> None:
        for arn in list(self._servers):
            self.delete(arn)

    def close(self) -> None:
        self.reset()
        if self._site is not None:
            self._site.close()

    def described(self) -> dict[str, str]:
        return {arn: f"https://{HOST}:{server.server_address[1]}" for arn, server in self._servers.items()}


def _end(server: _Server) -> None:
    with contextlib.suppress(OSError):
        server.shutdown()
        server.server_close()


fleet = Fleet()

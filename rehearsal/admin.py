"""The administrative API: JSON over HTTP on a separate loopback port."""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from rehearsal.admin_url import authorization
from rehearsal.cloud_state import CloudState
from rehearsal.faults import Rule
from rehearsal.happenings import happen
from rehearsal.postgresql.cloud import current as databases
from rehearsal.rabbitmq.cloud import current as brokers
from rehearsal.receivers.post import current as post
from rehearsal.traffic import cloud as load_balancers
from rehearsal.transitions import Script
from rehearsal.valkey.cloud import current as caches


class AdminServer(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, host: str, port: int, state: CloudState, health: dict[str, Any], token: str) -> None:
        super().__init__((host, port), _Handler)
        self.routes = routes(state, health)
        self.authorization = authorization(token)


def routes(state: CloudState, health: dict[str, Any]) -> dict[tuple[str, str], Callable[[Any, dict[str, str]], Any]]:
    """Every request the API accepts: (method, path) -> function of the JSON body and the query that returns the JSON response."""

    def reset(body: Any, query: dict[str, str]) -> Any:
        state.reset()
        return {}

    def change_settings(body: Any, query: dict[str, str]) -> Any:
        state.change_settings(body)
        return state.settings.as_dict()

    def add_script(body: Any, query: dict[str, str]) -> Any:
        state.scripts.add(Script.parse(body))
        return {}

    def add_fault(body: Any, query: dict[str, str]) -> Any:
        state.faults.add(Rule.parse(body))
        return {}

    def put_policies(body: Any, query: dict[str, str]) -> Any:
        state.policies.put(body)
        return state.policies.as_dict()

    def add_notes(body: Any, query: dict[str, str]) -> Any:
        state.notes.update(body)
        return {}

    def account(body: Any, query: dict[str, str]) -> Any:
        return state.account(body["account_id"])

    def clear(what: Any) -> Callable[[Any, dict[str, str]], Any]:
        return lambda body, query: what.clear() or {}

    return {
        ("GET", "/health"): lambda body, query: health,
        ("POST", "/reset"): reset,
        ("GET", "/settings"): lambda body, query: state.settings.as_dict(),
        ("PUT", "/settings"): change_settings,
        ("GET", "/policies"): lambda body, query: state.policies.as_dict(),
        ("PUT", "/policies"): put_policies,
        ("GET", "/requests"): lambda body, query: state.log.since(int(query.get("since", "0"))),
        ("DELETE", "/requests"): clear(state.log),
        ("GET", "/accounts"): lambda body, query: state.accounts(),
        ("POST", "/accounts"): account,
        ("GET", "/databases"): lambda body, query: databases.described(),
        ("GET", "/caches"): lambda body, query: caches.described(),
        ("GET", "/brokers"): lambda body, query: brokers.described(),
        ("GET", "/load-balancers"): lambda body, query: load_balancers.described(),
        ("GET", "/arrived"): lambda body, query: post.arrived(query.get("receiver", "")),
        ("DELETE", "/arrived"): clear(post),
        ("GET", "/notes"): lambda body, query: dict(state.notes),
        ("POST", "/notes"): add_notes,
        ("POST", "/scripts"): add_script,
        ("DELETE", "/scripts"): clear(state.scripts),
        ("POST", "/happenings"): lambda body, query: happen(state, body),
        ("POST", "/faults"): add_fault,
        ("GET", "/faults"): lambda body, query: state.faults.as_list(),
        ("DELETE", "/faults"): clear(state.faults),
    }


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: AdminServer

    def _handle(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        raw = self.rfile.read(length)
        url = urlsplit(self.path)
        if self.headers.get("Host", "").split(":")[0] not in ("127.0.0.1", "localhost") or "Origin" in self.headers:
            self._answer(403, {"error": "only for programs on this machine"})
            return
        if not hmac.compare_digest(self.headers.get("Authorization", "").encode(), self.server.authorization.encode()):
            self._answer(401, {"error": "the administrative API asks for its token: use the URL that `python -m rehearsal env` prints"})
            return
        route = self.server.routes.get((self.command, url.path))
        if route is None:
            self._answer(404, {"error": f"no {self.command} {url.path}"})
            return
        try:
            query = {name: values[0] for name, values in parse_qs(url.query).items()}
            self._answer(200, route(json.loads(raw) if raw else {}, query))
        except (ValueError, TypeError, AttributeError, KeyError) as error:
            self._answer(400, {"error": str(error)})

    do_GET = do_POST = do_PUT = do_DELETE = _handle

    def _answer(self, status: int, content: Any) -> None:
        body = json.dumps(content).encode()
        self.send_response_only(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """The administrative API keeps no log."""

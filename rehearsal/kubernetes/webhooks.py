"""The webhook server for the API servers of a cloud's clusters: token authentication, authorization beyond RBAC, and admission of new pods,
where there are Fargate profiles, images of the account, or readiness gates of load balancers.
"""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

from rehearsal.kubernetes.certificates import Authority
from rehearsal.kubernetes.components import HOST, Webhooks, write_private

Review = Callable[[str, dict[str, Any]], dict[str, Any]]


class Door:
    """Answers TokenReviews, SubjectAccessReviews, and AdmissionReviews. `authenticate` and `authorize` get the ARN of the cluster and
    the review's spec, and return its status; `admit` and `gate` get the request and return the response.
    """

    def __init__(self, directory: Path, authenticate: Review, authorize: Review, admit: Review, gate: Review) -> None:
        authority = Authority(directory, "rehearsal-login")
        pair = authority.server("server", [HOST])
        answers = {"authenticate": authenticate, "authorize": authorize, "admit": admit, "gate": gate}
        self._authority = authority.certificate
        self._server = ThreadingHTTPServer((HOST, 0), type("Handler", (_Handler,), {"answers": answers}))
        self._server.daemon_threads = True
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pair.certificate, pair.key)
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)
        threading.Thread(target=self._server.serve_forever, name="login", daemon=True).start()

    def webhooks(self, arn: str, directory: Path) -> Webhooks:
        """The webhook kubeconfigs for this cluster's API server, written to its folder."""
        directory.mkdir(parents=True, exist_ok=True)
        paths = []
        for kind in ("authenticate", "authorize"):
            cluster = {"server": self._url(kind, arn), "certificate-authority": str(self._authority)}
            paths.append(directory / f"{kind}.kubeconfig")
            write_private(
                paths[-1],
                {
                    "apiVersion": "v1",
                    "kind": "Config",
                    "current-context": kind,
                    "clusters": [{"name": kind, "cluster": cluster}],
                    "users": [{"name": kind, "user": {}}],
                    "contexts": [{"name": kind, "context": {"cluster": kind, "user": kind}}],
                },
            )
        return Webhooks(*paths)

    def admission(self, arn: str, kind: str = "admit") -> tuple[str, bytes]:
        """The URL of this cluster's admission webhook of a kind, and the certificate authority for it."""
        return self._url(kind, arn), self._authority.read_bytes()

    def _url(self, kind: str, arn: str) -> str:
        return f"https://{HOST}:{self._server.server_address[1]}/{kind}/{quote(arn, safe='')}"


class _Handler(BaseHTTPRequestHandler):
    answers: dict[str, Review]
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        review = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))))
        kind, _, arn = self.path.split("?")[0].strip("/").partition("/")
        question, answer = ("request", "response") if kind in ("admit", "gate") else ("spec", "status")
        review[answer] = self.answers[kind](unquote(arn), review[question])
        data = json.dumps({name: review[name] for name in ("apiVersion", "kind", answer)}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *arguments: object) -> None:
        """Logs nothing: the code that refuses a request writes the reason to the cloud's log."""

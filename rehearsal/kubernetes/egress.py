"""Answers the API server's calls into the cluster in place of simulated pods: webhooks and aggregated APIs behind Services.

The API server is configured to use this proxy (HTTP CONNECT) for everything in the cluster. A call to a Service with a ready endpoint is
answered here, with the certificate that the chart itself created: a Secret in the Service's namespace with tls.crt and tls.key for the
Service's name. The API server therefore verifies the chart's own authority. Every admission request is allowed, unchanged except by
`MUTATIONS`.
"""

from __future__ import annotations

import base64
import json
import socket
import ssl
import tempfile
import threading
from contextlib import suppress
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import ThreadingMixIn, UnixStreamServer
from typing import Any

from cryptography import x509

from rehearsal.kubernetes.api import Api, ApiError
from rehearsal.kubernetes.load_balancers import SERVICE_WEBHOOK, class_of_service

BUFFER = 65536
# Mutating webhooks by path: a function from the request to a JSON patch.
MUTATIONS = {SERVICE_WEBHOOK: class_of_service}


class NoAnswer(Exception):
    """The call would get no response in a real cluster either; the message says why."""


class _Server(ThreadingMixIn, UnixStreamServer):
    daemon_threads = True
    request_queue_size = 64


class Egress:
    """The proxy of one cluster, on a socket in a folder that only its owner can enter."""

    def __init__(self) -> None:
        # Not in the cluster's own folder: a socket path is limited to 107 characters.
        self._folder = tempfile.TemporaryDirectory(prefix="rehearsal-egress-")
        self.path = Path(self._folder.name) / "proxy"
        self._server = _Server(str(self.path), _Proxy)
        self._thread: threading.Thread | None = None

    def start(self, api: Api, kubelet: tuple[str, int]) -> None:
        """`kubelet` is the only address that is actually called: it answers for the nodes."""
        self._server.RequestHandlerClass = type("Proxy", (_Proxy,), {"api": api, "kubelet": kubelet})
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        if self._thread:
            self._server.shutdown()
            self._thread.join()
            self._thread = None
        self._server.server_close()
        self._folder.cleanup()


class _Proxy(BaseHTTPRequestHandler):
    api: Api
    kubelet: tuple[str, int]
    protocol_version = "HTTP/1.1"

    def do_CONNECT(self) -> None:
        host, _, port = self.path.rpartition(":")
        self.close_connection = True
        try:
            if (host, int(port)) == self.kubelet:
                self._established()
                _tunnel(self.connection, self.kubelet)
                return
            service = service_at(self.api, host.strip("[]"), int(port))
            context = _context(*certificate_of(self.api, service))
        except (NoAnswer, ApiError, OSError) as error:
            self.send_error(503, str(error)[:200].replace("\n", " "))
            return
        self._established()
        with suppress(OSError), context.wrap_socket(self.connection, server_side=True) as connection:
            _Player(connection, self.client_address, self.server)

    def _established(self) -> None:
        self.wfile.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        self.wfile.flush()

    def log_message(self, format: str, *arguments: object) -> None:
        """Logs nothing: the API server logs the outcome."""


def service_at(api: Api, host: str, port: int) -> dict[str, Any]:
    """The Service at a cluster address: its IP or its name. Raises NoAnswer if it does not exist or has no ready endpoint."""
    for service in api.get("/api/v1/services")["items"]:
        name, namespace = service["metadata"]["name"], service["metadata"]["namespace"]
        known = {f"{name}.{namespace}.svc", f"{name}.{namespace}.svc.cluster.local", *service["spec"].get("clusterIPs", [])}
        if host in known and port in [each["port"] for each in service["spec"].get("ports", [])]:
            if not _has_endpoints(api, namespace, name):
                raise NoAnswer(f"no endpoints available for service {namespace}/{name}")
            return dict(service)
    raise NoAnswer(f"there is no service at {host}:{port}")


def _has_endpoints(api: Api, namespace: str, name: str) -> bool:
    path = f"/apis/discovery.k8s.io/v1/namespaces/{namespace}/endpointslices"
    slices = api.get(path, labelSelector=f"kubernetes.io/service-name={name}")["items"]
    return any((endpoint.get("conditions") or {}).get("ready") for each in slices for endpoint in each.get("endpoints") or [])


def certificate_of(api: Api, service: dict[str, Any]) -> tuple[bytes, bytes]:
    """The certificate and key of a Service: those of a Secret in its namespace that were issued for its name."""
    name, namespace = service["metadata"]["name"], service["metadata"]["namespace"]
    for secret in api.get(f"/api/v1/namespaces/{namespace}/secrets")["items"]:
        data = secret.get("data") or {}
        if "tls.crt" in data and "tls.key" in data:
            certificate = base64.b64decode(data["tls.crt"])
            if f"{name}.{namespace}.svc" in _names(certificate):
                return certificate, base64.b64decode(data["tls.key"])
    raise NoAnswer(f"no secret in {namespace} has a certificate for {name}.{namespace}.svc")


def _names(certificate: bytes) -> list[str]:
    try:
        extensions = x509.load_pem_x509_certificate(certificate).extensions
        return extensions.get_extension_for_class(x509.SubjectAlternativeName).value.get_values_for_type(x509.DNSName)
    except (ValueError, x509.ExtensionNotFound):
        return []


def _context(certificate: bytes, key: bytes) -> ssl.SSLContext:
    """Python reads certificates only from files; these exist briefly and are readable only by their owner."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.TemporaryDirectory(prefix="rehearsal-egress-") as directory:
        files = (Path(directory) / "tls.crt", Path(directory) / "tls.key")
        for path, content in zip(files, (certificate, key), strict=True):
            path.write_bytes(content)
        context.load_cert_chain(*files)
    return context


def _tunnel(client: socket.socket, address: tuple[str, int]) -> None:
    """Copies in both directions until one side closes."""
    with socket.create_connection(address) as server:
        back = threading.Thread(target=_copy, args=(server, client), daemon=True)
        back.start()
        _copy(client, server)
        back.join()


def _copy(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(BUFFER):
            target.sendall(data)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)


class _Player(BaseHTTPRequestHandler):
    """Responds as a pod behind a Service would."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        review = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))))
        if review.get("kind") != "AdmissionReview":
            return self._answer(501, {"message": f"the rehearsal plays no {review.get('kind')}"})
        changes = MUTATIONS.get(self.path.split("?")[0], lambda request: [])(review["request"])
        answer = {"uid": review["request"]["uid"], "allowed": True}
        if changes:
            answer |= {"patchType": "JSONPatch", "patch": base64.b64encode(json.dumps(changes).encode()).decode()}
        return self._answer(200, {"apiVersion": review["apiVersion"], "kind": "AdmissionReview", "response": answer})

    def do_GET(self) -> None:
        """An aggregated API without any resources; healthy otherwise."""
        steps = self.path.split("?")[0].strip("/").split("/")
        if steps[0] == "apis" and len(steps) == 3:
            version = "/".join(steps[1:])
            return self._answer(200, {"apiVersion": "v1", "kind": "APIResourceList", "groupVersion": version, "resources": []})
        if steps[0] in ("healthz", "livez", "readyz"):
            return self._answer(200, {})
        return self._answer(404, {"apiVersion": "v1", "kind": "Status", "status": "Failure", "reason": "NotFound", "code": 404})

    def _answer(self, status: int, content: dict[str, Any]) -> None:
        data = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *arguments: object) -> None:
        """Nothing: see above."""

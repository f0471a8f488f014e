"""Answers the API server's calls to the kubelets of simulated nodes: container logs and health."""

from __future__ import annotations

import re
import ssl
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from rehearsal.kubernetes.api import Api, ApiError
from rehearsal.kubernetes.behaviors import PREFIX
from rehearsal.kubernetes.certificates import Pair

# The log of a container for each behavior, unless the annotation rehearsal.mainstay/logs sets its lines.
LINES = {
    "normal": ("starting", "listening on :8080"),
    "never-ready": ("starting", "listening on :8080", "GET /healthz 503"),
    "crash-loop": ("starting", "fatal: cannot connect to the database: connection refused"),
    "oom": ("starting", "loading the model into memory"),
    "exits": ("starting", "nothing to do"),
    "init-crash-loop": ("migrating", "fatal: relation schema_migrations is locked"),
}
FOLLOW_SECONDS = 0.5


class LogError(Exception):
    """A kubelet would refuse to return this log."""


Lines = Sequence[tuple[datetime, str]]


def lines(pod: Mapping[str, Any], container: str, *, previous: bool, written: Lines | None = None) -> list[tuple[datetime, str]]:
    """A container's log lines with their times: what it has really written, or else what is played. Raises LogError in a
    kubelet's wording.
    """
    name, status = pod["metadata"]["name"], _status_of(pod, container)
    if status is None:
        raise LogError(f"container {container} is not valid for pod {name}")
    state, last = status.get("state") or {}, status.get("lastState") or {}
    if previous:
        if "terminated" not in last:
            raise LogError(f'previous terminated container "{container}" in pod "{name}" not found')
        began = last["terminated"]["startedAt"]
    else:
        ran = state.get("running") or state.get("terminated") or last.get("terminated")
        if ran is None:
            reason = (state.get("waiting") or {}).get("reason", "")
            raise LogError(f'container "{container}" in pod "{name}" is waiting to start: {_words(status, reason)}')
        began = ran["startedAt"]
    if written is not None and container == pod["spec"]["containers"][0]["name"]:
        return list(written)
    time_of_start = datetime.fromisoformat(began)
    return [(time_of_start, text) for text in _written(pod)]


def rendered(found: list[tuple[datetime, str]], query: Mapping[str, str], now: datetime) -> str:
    """The log with the options of the call applied: sinceSeconds, sinceTime, tailLines, timestamps, limitBytes."""
    if "sinceSeconds" in query:
        found = [(at, text) for at, text in found if (now - at).total_seconds() <= int(query["sinceSeconds"])]
    if "sinceTime" in query:
        found = [(at, text) for at, text in found if at >= datetime.fromisoformat(query["sinceTime"])]
    if "tailLines" in query:
        wanted = int(query["tailLines"])
        found = found[-wanted:] if wanted else []
    stamp = "%Y-%m-%dT%H:%M:%S.%fZ"
    written = "".join(f"{at.strftime(stamp)} {text}\n" if query.get("timestamps") == "true" else f"{text}\n" for at, text in found)
    return written[: int(query["limitBytes"])] if "limitBytes" in query else written


def _status_of(pod: Mapping[str, Any], container: str) -> Mapping[str, Any] | None:
    status = pod.get("status") or {}
    every = [each for kind in ("containerStatuses", "initContainerStatuses") for each in status.get(kind) or []]
    return next((each for each in every if each["name"] == container), None)


def _words(status: Mapping[str, Any], reason: str) -> str:
    return "trying and failing to pull image" if reason in ("ErrImagePull", "ImagePullBackOff") else reason


def _written(pod: Mapping[str, Any]) -> tuple[str, ...]:
    annotations = pod["metadata"].get("annotations") or {}
    if f"{PREFIX}/logs" in annotations:
        return tuple(annotations[f"{PREFIX}/logs"].splitlines())
    asked = annotations.get(f"{PREFIX}/behavior")
    images = [each["image"] for each in pod["spec"]["containers"]]
    named = (re.search(r"(?:^|/)rehearsal-([a-z-]+)(?:[:@]|$)", image) for image in images)
    behavior = asked or next((match[1] for match in named if match), "normal")
    return LINES.get(behavior, LINES["normal"])


class Kubelet:
    """One server for all nodes. Its port is reserved at construction; it answers after `start`."""

    def __init__(self, host: str) -> None:
        self._server = ThreadingHTTPServer((host, 0), _Handler)
        self._server.daemon_threads = True
        self.port: int = self._server.server_address[1]
        self._thread: threading.Thread | None = None

    def start(self, authority: Path, pair: Pair, api: Api, written: Callable[[str], Lines | None] = lambda uid: None) -> None:
        """Accepts any client with a certificate from the cluster's authority. `written`: what a pod's first container wrote, by UID."""
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(authority))
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_cert_chain(pair.certificate, pair.key)
        # The handshake runs in the connection's thread, so one slow client cannot block others.
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)
        self._server.RequestHandlerClass = type("Handler", (_Handler,), {"api": api, "written": staticmethod(written)})
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        if self._thread:
            self._server.shutdown()
            self._thread.join()
            self._thread = None
        self._server.server_close()


class _Rest:
    """The lines of a log that follow the first `sent`."""

    def __init__(self, written: Lines, sent: int, query: Mapping[str, str], send: Callable[[str], None]) -> None:
        self._written, self._sent, self._send = written, sent, send
        self._query = {name: value for name, value in query.items() if name == "timestamps"}

    def send(self) -> None:
        new = list(self._written[self._sent :])
        self._sent += len(new)
        self._send(rendered(new, self._query, datetime.now(UTC)))


class _Handler(BaseHTTPRequestHandler):
    api: Api
    written: Callable[[str], Lines | None]
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        if parts.path == "/healthz":
            return self._answer(200, "ok")
        steps = parts.path.strip("/").split("/")
        if len(steps) != 4 or steps[0] != "containerLogs":
            return self._answer(404, "404 page not found")
        namespace, pod, container = steps[1:]
        return self._logs(namespace, pod, container, dict(parse_qsl(parts.query)))

    def _logs(self, namespace: str, pod: str, container: str, query: dict[str, str]) -> None:
        path = f"/api/v1/namespaces/{namespace}/pods/{pod}"
        try:
            described = self.api.get(path)
            written = self.written(str(described["metadata"]["uid"]))
            found = lines(described, container, previous=query.get("previous") == "true", written=written)
            text = rendered(found, query, datetime.now(UTC))
        except ApiError as error:
            return self._answer(error.status, f"pod {pod!r} not found")
        except LogError as error:
            return self._answer(400, str(error))
        if query.get("follow") != "true":
            return self._answer(200, text)
        self.send_response(200)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self._chunk(text)
        self._wait_for_the_end(path, container, _status_of(described, container), _Rest(written or (), len(found), query, self._chunk))
        return self._chunk("", last=True)

    def _wait_for_the_end(self, path: str, container: str, began: Mapping[str, Any] | None, rest: _Rest) -> None:
        """Waits until the container has ended or restarted, or its pod is gone. Sends what it writes in the meantime."""
        status = began
        while status and began and "running" in status["state"] and status["restartCount"] == began["restartCount"]:
            time.sleep(FOLLOW_SECONDS)
            try:
                status = _status_of(self.api.get(path), container)
            except (ApiError, OSError):
                return
            finally:
                rest.send()

    def _chunk(self, text: str, *, last: bool = False) -> None:
        data = text.encode()
        if data:
            self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
        if last:
            self.wfile.write(b"0\r\n\r\n")
        self.wfile.flush()

    def _answer(self, status: int, text: str) -> None:
        data = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *arguments: object) -> None:
        """Logs nothing: the API server logs its requests."""

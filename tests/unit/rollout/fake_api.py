"""A scriptable Kubernetes API: objects, paginated lists, watches, patches, and every kind of failure. Real kubectl can use it."""

from __future__ import annotations

import copy
import json
import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

from .samples import merged

RESOURCES = {
    "/api/v1": ["pods", "events", "configmaps", "services", "nodes", "persistentvolumeclaims", "namespaces"],
    "/apis/apps/v1": ["deployments", "replicasets", "statefulsets", "daemonsets", "controllerrevisions"],
    "/apis/batch/v1": ["jobs"],
    "/apis/coordination.k8s.io/v1": ["leases"],
    "/apis/discovery.k8s.io/v1": ["endpointslices"],
    "/apis/autoscaling/v2": ["horizontalpodautoscalers"],
    "/apis/networking.k8s.io/v1": ["ingresses"],
    "/apis/keda.sh/v1alpha1": ["scaledobjects"],
    "/apis/flagger.app/v1beta1": ["canaries"],
    "/apis/argoproj.io/v1alpha1": ["rollouts"],
}
KINDS = {
    "deployments": "Deployment",
    "replicasets": "ReplicaSet",
    "statefulsets": "StatefulSet",
    "daemonsets": "DaemonSet",
    "controllerrevisions": "ControllerRevision",
    "jobs": "Job",
    "ingresses": "Ingress",
    "pods": "Pod",
    "leases": "Lease",
    "endpointslices": "EndpointSlice",
    "configmaps": "ConfigMap",
    "events": "Event",
    "services": "Service",
    "nodes": "Node",
    "namespaces": "Namespace",
    "persistentvolumeclaims": "PersistentVolumeClaim",
    "horizontalpodautoscalers": "HorizontalPodAutoscaler",
    "scaledobjects": "ScaledObject",
    "canaries": "Canary",
    "rollouts": "Rollout",
}

Reply = tuple[int, Mapping[str, str], bytes]
Fault = Callable[["Request"], "Reply | None"]


class Request:
    def __init__(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> None:
        parts = urlsplit(target)
        self.method, self.path, self.query = method, parts.path.rstrip("/"), dict(parse_qsl(parts.query))
        self.headers, self.body = {name.lower(): value for name, value in headers.items()}, body

    @property
    def watches(self) -> bool:
        return self.query.get("watch") in ("true", "1")

    def __str__(self) -> str:
        verb = "watch" if self.watches else "list" if self.method == "GET" and is_collection(self.path) else self.method.lower()
        return f"{verb} {self.path}"


def is_collection(path: str) -> bool:
    return path.rsplit("/", 1)[-1] in KINDS


def failure(status: int, message: str = "told to fail", **headers: str) -> Reply:
    return status, headers, json.dumps({"kind": "Status", "status": "Failure", "code": status, "message": message}).encode()


class FakeApi:
    """``with FakeApi() as api``. ``api.faults`` are called before every request; one that returns None lets it pass."""

    def __init__(self) -> None:
        self.lock = threading.Condition()
        self.version = 100
        self.oldest = 0
        self.objects: dict[str, dict[str, Any]] = {}
        self.history: list[tuple[int, str, str, dict[str, Any]]] = []
        self.requests: list[Request] = []
        self.faults: list[Fault] = []
        self.on_write: list[Callable[[str, str], None]] = []
        self.page = 10**6
        self.skew = timedelta(0)
        self.ahead: Callable[[], float] = lambda: 0.0
        """How many seconds a test's clock is ahead of the real one."""
        self.open_watches: dict[str, int] = {}
        self.generation_of_streams = 0
        self.ending = False
        self._server = Server(self)

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_error: object) -> None:
        with self.lock:
            self.ending = True
            self.lock.notify_all()
        self._server.shutdown()
        self._server.server_close()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    # the script

    def put(self, thing: Mapping[str, Any]) -> dict[str, Any]:
        """Creates or replaces an object, as a controller would, and notifies watchers."""
        path = path_of(thing)
        with self.lock:
            self.version += 1
            stored = copy.deepcopy(dict(thing))
            stored.setdefault("apiVersion", path.split("/namespaces")[0].removeprefix("/apis/").removeprefix("/api/"))
            stored.setdefault("metadata", {})["resourceVersion"] = str(self.version)
            known = path in self.objects
            self.objects[path] = stored
            self._tell("MODIFIED" if known else "ADDED", path, stored)
            return stored

    def remove(self, thing: Mapping[str, Any]) -> None:
        path = path_of(thing)
        with self.lock:
            self.version += 1
            found = self.objects.pop(path)
            self._tell("DELETED", path, merged(found, {"metadata": {"resourceVersion": str(self.version)}}))

    def at(self, path: str) -> dict[str, Any]:
        with self.lock:
            return copy.deepcopy(self.objects[path])

    def forget(self) -> None:
        """Watches can no longer start from older versions."""
        with self.lock:
            self.oldest = self.version + 1
            self.history.clear()

    def cut(self) -> None:
        """Breaks every open watch."""
        with self.lock:
            self.generation_of_streams += 1
            self.lock.notify_all()

    def wait_for_watch(self, path: str) -> None:
        """Waits until the collection is being watched."""
        with self.lock:
            assert self.lock.wait_for(lambda: self.open_watches.get(path, 0) > 0 or self.ending, 20)

    def asked(self, verb: str, ending: str = "") -> list[Request]:
        with self.lock:
            return [request for request in self.requests if str(request).split()[0] == verb and request.path.endswith(ending)]

    def _tell(self, kind: str, path: str, thing: dict[str, Any]) -> None:
        self.history.append((self.version, kind, path, thing))
        self.lock.notify_all()

    def news(self, request: Request, since: int) -> list[tuple[int, str, dict[str, Any]]]:
        return [
            (version, kind, thing)
            for version, kind, path, thing in self.history
            if version > since and path.rpartition("/")[0] == request.path and selected(thing, request.query)
        ]

    def answer(self, request: Request) -> Reply:
        with self.lock:
            if request.path in ("/api", "/apis", *RESOURCES):
                return reply(discovery(request.path))
            if request.method == "POST":
                return self._create(request)
            if is_collection(request.path):
                return self._list(request)
            if request.path not in self.objects:
                return failure(404, f"{request.path} not found")
            if request.method == "PATCH":
                return self._patch(request)
            if request.method == "DELETE":
                return self._delete(request)
            return reply(self.objects[request.path])

    def _list(self, request: Request) -> Reply:
        found = [
            thing for path, thing in self.objects.items() if path.rpartition("/")[0] == request.path and selected(thing, request.query)
        ]
        begin = int(request.query.get("continue") or 0)
        end = begin + min(self.page, int(request.query.get("limit") or 10**6))
        more = {"continue": str(end)} if end < len(found) else {}
        kind = KINDS[request.path.rsplit("/", 1)[-1]]
        version = request.path.split("/namespaces")[0].removeprefix("/apis/").removeprefix("/api/")
        head = {"kind": f"{kind}List", "apiVersion": version, "metadata": {"resourceVersion": str(self.version), **more}}
        return reply({**head, "items": found[begin:end]})

    def _create(self, request: Request) -> Reply:
        thing = json.loads(request.body)
        thing["metadata"].setdefault("namespace", request.path.split("/namespaces/")[1].split("/")[0])
        if path_of(thing) in self.objects:
            return failure(409, "already exists")
        return self._written("create", thing)

    def _patch(self, request: Request) -> Reply:
        known, patch = self.objects[request.path], json.loads(request.body)
        if isinstance(patch, list):
            changed = copy.deepcopy(known)
            for step in patch:
                parts = [part.replace("~1", "/") for part in step["path"].strip("/").split("/")]
                place = changed
                for part in parts[:-1]:
                    place = place[part]
                if step["op"] == "test" and place.get(parts[-1]) != step["value"]:
                    return failure(422, "test failed")
                if step["op"] == "replace":
                    place[parts[-1]] = step["value"]
        elif request.headers.get("content-type") == "application/apply-patch+yaml":
            changed = merged({**known, "spec": {**known["spec"], "template": {}}}, patch)  # one applier owns the whole template
        else:
            changed = merged(known, patch)
        if changed["metadata"]["resourceVersion"] != known["metadata"]["resourceVersion"]:
            return failure(409, "the object has been modified")
        if changed.get("spec") != known.get("spec") and "generation" in changed["metadata"]:
            changed["metadata"]["generation"] += 1
        return self._written("patch", changed)

    def _written(self, verb: str, thing: dict[str, Any]) -> Reply:
        stored = copy.deepcopy(self.put(thing))
        for tell in self.on_write:
            tell(verb, path_of(stored))
        return reply(stored)

    def _delete(self, request: Request) -> Reply:
        known = self.objects[request.path]
        wanted = (json.loads(request.body or b"{}").get("preconditions") or {}).get("uid")
        if wanted not in (None, known["metadata"].get("uid")):
            return failure(409, "the uid does not match")
        self.remove(known)
        for tell in self.on_write:
            tell("delete", request.path)
        return reply({"kind": "Status", "status": "Success"})


def reply(content: Mapping[str, Any]) -> Reply:
    return 200, {}, json.dumps(content).encode()


def path_of(thing: Mapping[str, Any]) -> str:
    plural = next(plural for plural, kind in KINDS.items() if kind == thing["kind"])
    group = next(group for group, plurals in RESOURCES.items() if plural in plurals)
    namespace = "" if plural in ("nodes", "namespaces") else f"/namespaces/{thing['metadata'].get('namespace', 'shop')}"
    return f"{group}{namespace}/{plural}/{thing['metadata']['name']}"


def selected(thing: Mapping[str, Any], query: Mapping[str, str]) -> bool:
    labels = thing["metadata"].get("labels") or {}
    fields = {
        "metadata.name": thing["metadata"]["name"],
        "reason": thing.get("reason"),
        "involvedObject.kind": (thing.get("involvedObject") or {}).get("kind", "Pod"),
        "metadata.namespace": thing["metadata"].get("namespace"),
        "involvedObject.uid": (thing.get("involvedObject") or {}).get("uid"),
    }
    pairs = [part.split("=", 1) for part in query.get("labelSelector", "").split(",") if "=" in part]
    wanted = [part.split("=", 1) for part in query.get("fieldSelector", "").split(",") if part]
    return all(labels.get(key) == value for key, value in pairs) and all(fields.get(key) == value for key, value in wanted)


def discovery(path: str) -> dict[str, Any]:
    """The discovery requests that kubectl makes first."""
    if path == "/api":
        return {"kind": "APIVersions", "versions": ["v1"]}
    if path == "/apis":
        names = [(name.split("/")[2], name.split("/")[3]) for name in RESOURCES if name.startswith("/apis/")]
        groups = []
        for group, version in names:
            served = {"groupVersion": f"{group}/{version}", "version": version}
            groups.append({"name": group, "versions": [served], "preferredVersion": served})
        return {"kind": "APIGroupList", "apiVersion": "v1", "groups": groups}
    verbs = ["get", "list", "watch", "create", "patch", "delete"]
    found = [
        {"name": plural, "singularName": KINDS[plural].lower(), "namespaced": plural != "nodes", "kind": KINDS[plural], "verbs": verbs}
        for plural in RESOURCES[path]
    ]
    version = path.removeprefix("/apis/").removeprefix("/api/")
    return {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": version, "resources": found}


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, api: FakeApi) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.api = api

    def handle_error(self, request: object, client_address: object) -> None:
        """Clients that disconnect in the middle are expected."""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # otherwise each body waits 40 ms for the acknowledgement of its headers

    @property
    def api(self) -> FakeApi:
        assert isinstance(self.server, Server)
        return self.server.api

    def log_message(self, *_arguments: Any) -> None:
        pass

    def date_time_string(self, timestamp: float | None = None) -> str:
        return format_datetime(datetime.now(UTC) + self.api.skew + timedelta(seconds=self.api.ahead()), usegmt=True)

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        request = Request(self.command, self.path, dict(self.headers), body)
        with self.api.lock:
            self.api.requests.append(request)
            faults = list(self.api.faults)
        for fault in faults:
            if (reply := fault(request)) is not None:
                self._send(reply)
                return
        if request.watches and is_collection(request.path):
            self._stream(request)
        else:
            self._send(self.api.answer(request))

    do_GET = do_POST = do_PATCH = do_DELETE = do_PUT = _serve

    def _send(self, reply: Reply) -> None:
        status, headers, body = reply
        if status == 0:  # disconnect without a response
            self.close_connection = True
            self.connection.close()
            return
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", "Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def _stream(self, request: Request) -> None:
        if "sendInitialEvents" in request.query:  # the response of an API without streaming lists; the client then lists and watches
            text = {"kind": "Status", "status": "Failure", "code": 422, "reason": "Invalid", "message": "sendInitialEvents is forbidden"}
            self._send((422, {}, json.dumps(text).encode()))
            return
        since = int(request.query.get("resourceVersion") or 0)
        if since < self.api.oldest:
            self._send(failure(410, "too old resource version"))
            return
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        with self.api.lock:
            stream = self.api.generation_of_streams
            self.api.open_watches[request.path] = self.api.open_watches.get(request.path, 0) + 1
            self.api.lock.notify_all()
        try:
            self._tell_all(request, since, stream)
        except OSError:
            pass
        finally:
            self.close_connection = True
            with self.api.lock:
                self.api.open_watches[request.path] -= 1

    def _tell_all(self, request: Request, since: int, stream: int) -> None:
        while True:
            with self.api.lock:
                while not (news := self.api.news(request, since)) and not self.api.ending and stream == self.api.generation_of_streams:
                    self.api.lock.wait(0.5)
                if self.api.ending or stream != self.api.generation_of_streams:
                    return
            for version, kind, thing in news:
                self._chunk(json.dumps({"type": kind, "object": thing}).encode() + b"\n")
                since = max(since, version)

    def _chunk(self, data: bytes) -> None:
        self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
        self.wfile.flush()

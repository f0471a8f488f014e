"""How pods answer HTTP requests: whether they still do, and with what. Pure functions of pods; the clock is an argument.

A pod that is deleted answers during its preStop hook. Then it gets SIGTERM and accepts no further connection, as most servers; what it is
working on it finishes until its grace ends.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from rehearsal.kubernetes.behaviors import PREFIX
from rehearsal.kubernetes.load_balancers import seconds
from rehearsal.traffic.messages import Request

Pod = Mapping[str, Any]
# Finds the tags of an image that is named by its digest, such as the ECR's: from the image to tags.
Tags = Callable[[str], list[str]]
STATUS, LATENCY, ERRORS = re.compile(r"http-(\d{3})"), re.compile(r"latency-(\d+(?:\.\d+)?(?:ms|s))"), re.compile(r"errors-(\d{1,3})")
SLEEP = re.compile(r"\bsleep\s+(\d+(?:\.\d+)?)\b")
GRACE_SECONDS = 30


@dataclass
class Answering:
    """One pod: who it is, how it answers, and until when. `errors` is the share of requests that it fails, spread evenly.

    `accepts_until` and `works_until` are set when the pod is deleted, in seconds of the caller's clock.
    """

    uid: str
    name: str
    namespace: str
    address: str
    version: str
    runs: bool
    ready: bool
    containers_ready: bool
    gates: frozenset[str]
    open_gates: frozenset[str]
    deleted: bool
    pre_stop: float
    grace: float
    status: int = 200
    body: str = ""
    latency: float = 0.0
    errors: float = 0.0
    paths: Mapping[str, int] = field(default_factory=dict)
    probe_path: str = ""
    accepts_until: float | None = None
    works_until: float | None = None
    _failed: float = 0.0

    def accepts(self, now: float) -> bool:
        """Whether a connection to the pod succeeds."""
        return self.runs and (self.accepts_until is None or now < self.accepts_until)

    def end(self, now: float) -> None:
        """Deletion begins."""
        self.accepts_until, self.works_until = now + self.pre_stop, now + self.grace

    def continues(self, former: Answering) -> None:
        """Takes over what is not in the pod's object."""
        self.accepts_until, self.works_until, self._failed = former.accepts_until, former.works_until, former._failed

    def works(self, now: float) -> bool:
        """Whether the pod finishes a request that it accepted before."""
        return self.works_until is None or now < self.works_until

    def status_of(self, path: str) -> int:
        """The status for a path: that of the longest prefix in `paths`; the probe's path is served by every pod that is ready."""
        fitting = [prefix for prefix in self.paths if path == prefix or path.startswith(prefix.rstrip("/") + "/")]
        if fitting:
            return self.paths[max(fitting, key=len)]
        if path == self.probe_path and self.containers_ready:
            return 200
        return 404 if self.paths else self.status

    def next_status(self, path: str) -> int:
        """Like `status_of`, but every so many successful requests fail, as the error rate says."""
        status = self.status_of(path)
        if status >= 400 or not self.errors or path == self.probe_path:
            return status
        self._failed += self.errors
        if self._failed < 1 - 1e-9:
            return status
        self._failed -= 1
        return 500

    def content(self, request: Request, status: int) -> tuple[bytes, str]:
        """Body and content type."""
        if self.body:
            return self.body.encode(), "text/plain; charset=utf-8"
        said = {"version": self.version, "pod": self.name, "namespace": self.namespace, "status": status}
        asked = {"method": request.method, "host": request.host, "path": request.path}
        return json.dumps(said | asked).encode() + b"\n", "application/json"


def answering(pod: Pod, scale: float, tags: Tags = lambda image: []) -> Answering:
    """`scale`: how much faster than on AWS termination goes, such as 0.1."""
    metadata, spec, status = pod["metadata"], pod["spec"], pod.get("status") or {}
    said = {key.removeprefix(f"{PREFIX}/"): value for key, value in (metadata.get("annotations") or {}).items() if key.startswith(PREFIX)}
    conditions = {each["type"]: each["status"] == "True" for each in status.get("conditions") or []}
    image = str(spec["containers"][0].get("image"))
    names = [_tag(image), *(tags(image) if "@" in image else [])]
    marks = "-".join(name for name in names if name)
    states = status.get("containerStatuses") or []
    return Answering(
        uid=str(metadata["uid"]),
        name=str(metadata["name"]),
        namespace=str(metadata["namespace"]),
        address=str(status.get("podIP") or ""),
        version=version_of(pod, names),
        runs=status.get("phase") == "Running" and bool(states) and "running" in (states[0].get("state") or {}),
        ready=conditions.get("Ready", False),
        containers_ready=conditions.get("ContainersReady", False),
        gates=frozenset(each["conditionType"] for each in spec.get("readinessGates") or []),
        open_gates=frozenset(kind for kind, is_true in conditions.items() if is_true),
        deleted=bool(metadata.get("deletionTimestamp")),
        pre_stop=min(pre_stop_seconds(spec), grace_seconds(pod)) * scale,
        grace=grace_seconds(pod) * scale,
        status=int(said.get("http-status") or _first(STATUS, marks) or 200),
        body=str(said.get("http-body", "")),
        latency=seconds(said.get("http-latency") or _first(LATENCY, marks) or "0s"),
        errors=float(said["http-error-rate"]) if said.get("http-error-rate") else int(_first(ERRORS, marks) or 0) / 100,
        paths={str(path): int(value) for path, value in json.loads(said.get("http-paths") or "{}").items()},
        probe_path=_probe_path(spec),
    )


def version_of(pod: Pod, tags: list[str]) -> str:
    """The label app.kubernetes.io/version, else the image's tag, else the first twelve characters of its digest."""
    labels = pod["metadata"].get("labels") or {}
    image = str(pod["spec"]["containers"][0].get("image"))
    digest = image.partition("@sha256:")[2][:12]
    return str(labels.get("app.kubernetes.io/version") or next((tag for tag in tags if tag), "") or digest or "latest")


def _tag(image: str) -> str:
    name = image.partition("@")[0].rpartition("/")[2]
    return name.partition(":")[2]


def _first(pattern: re.Pattern[str], text: str) -> str:
    found = pattern.search(text)
    return found[1] if found else ""


def pre_stop_seconds(spec: Mapping[str, Any]) -> float:
    """How long the preStop hooks take: the longest, as containers end together. Of a command, its `sleep`."""
    found = [0.0]
    for container in spec.get("containers") or []:
        hook = (container.get("lifecycle") or {}).get("preStop") or {}
        if "sleep" in hook:
            found.append(float(hook["sleep"]["seconds"]))
        command = " ".join(str(word) for word in (hook.get("exec") or {}).get("command") or [])
        found += [float(each) for each in SLEEP.findall(command)]
    return max(found)


def grace_seconds(pod: Pod) -> float:
    asked = pod["metadata"].get("deletionGracePeriodSeconds")
    given = pod["spec"].get("terminationGracePeriodSeconds", GRACE_SECONDS) if asked is None else asked
    return float(given)


def _probe_path(spec: Mapping[str, Any]) -> str:
    for container in spec.get("containers") or []:
        if path := ((container.get("readinessProbe") or {}).get("httpGet") or {}).get("path"):
            return str(path)
    return ""

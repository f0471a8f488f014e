"""Plays the pods of Jobs that run psql: waits until one runs, executes its SQL, keeps its output, and sets its status."""

from __future__ import annotations

import contextlib
import threading
import time
import traceback
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from rehearsal.kubernetes.api import Api, ApiError
from rehearsal.kubernetes.behaviors import BACK_OFF_FIRST, BACK_OFF_LONGEST
from rehearsal.kubernetes.psql.command import runs_psql
from rehearsal.kubernetes.psql.container import Inside, NotReady, inside, text_of

OF_JOBS = "batch.kubernetes.io/job-name"
WATCH_SECONDS, AGAIN_SECONDS = 600.0, 1.0
MOST_LINES = 20000
TERMINATED = 143
"""The exit code of a program that SIGTERM ended."""
Lines = list[tuple[datetime, str]]


class Jobs:
    """One thread per control plane, which watches, and one per running pod. `authority`: the file of the databases' authority, if any."""

    def __init__(self, api: Api, authority: Callable[[], Path | None]) -> None:
        self._api, self._authority = api, authority
        self._ended = threading.Event()
        self._running: dict[str, _PodRun] = {}
        self.written: dict[str, Lines] = {}
        """The output of each pod's first container by the pod's UID."""

    def start(self) -> None:
        threading.Thread(target=self._follow, name="jobs", daemon=True).start()

    def stop(self) -> None:
        self._ended.set()
        for run in list(self._running.values()):
            run.cancel()

    def _follow(self) -> None:
        while not self._ended.is_set():
            try:
                for event in self._api.watch("/api/v1/pods", WATCH_SECONDS, labelSelector=OF_JOBS):
                    if self._ended.is_set():
                        return
                    if event["type"] in ("ADDED", "MODIFIED", "DELETED"):
                        self._see(event["object"], gone=event["type"] == "DELETED")
            except (OSError, ApiError, ValueError):
                self._ended.wait(AGAIN_SECONDS)

    def _see(self, pod: Mapping[str, Any], *, gone: bool) -> None:
        uid = str(pod["metadata"]["uid"])
        run = self._running.get(uid)
        if gone:
            self._running.pop(uid, None)
            self.written.pop(uid, None)
        if run and (gone or pod["metadata"].get("deletionTimestamp")):
            run.cancel()
        elif run is None and not gone and is_due(pod):
            self._running[uid] = _PodRun(self._api, pod, self.written.setdefault(uid, []), self._authority)


def is_due(pod: Mapping[str, Any]) -> bool:
    """Whether a pod's psql is to be run now. The stages leave such pods running."""
    container, status = pod["spec"]["containers"][0], pod.get("status") or {}
    states = status.get("containerStatuses") or [{}]
    runs = status.get("phase") == "Running" and "running" in (states[0].get("state") or {})
    owners = [each["kind"] for each in pod["metadata"].get("ownerReferences") or []]
    words = [*(container.get("command") or []), *(container.get("args") or [])]
    return bool(runs and "Job" in owners and container.get("command") and runs_psql(words) and not pod["metadata"].get("deletionTimestamp"))


class _PodRun:
    def __init__(self, api: Api, pod: Mapping[str, Any], lines: Lines, authority: Callable[[], Path | None]) -> None:
        self._api, self._pod, self._lines, self._authority = api, pod, lines, authority
        self._path = f"/api/v1/namespaces/{pod['metadata']['namespace']}/pods/{pod['metadata']['name']}"
        self._canceled = threading.Event()
        self._run: Any = None
        threading.Thread(target=self._guarded, name=f"psql {pod['metadata']['name']}", daemon=True).start()

    def cancel(self) -> None:
        self._canceled.set()
        if self._run:
            self._run.cancel()

    def _guarded(self) -> None:
        try:
            self._play()
        except (OSError, ApiError):  # the pod or its cluster is gone
            pass
        except Exception:  # noqa: BLE001  a mistake here must show, and end the pod
            traceback.print_exc()
            with contextlib.suppress(OSError, ApiError):
                self._finish(1)

    def _play(self) -> None:
        """A failed container starts again if its pod's restart policy says so."""
        restarts, pause = 0, BACK_OFF_FIRST / 1000
        while True:
            code = self._once()
            if self._canceled.is_set():  # deleted: the Job lets go of its pod once that has ended
                self._finish(TERMINATED)
                return
            if code == 0 or self._pod["spec"].get("restartPolicy") != "OnFailure":
                self._finish(code)
                return
            restarts += 1
            self._restart(code, restarts, pause)
            pause = min(pause * 2, BACK_OFF_LONGEST / 1000)

    def _once(self) -> int:
        from rehearsal.kubernetes.psql.running import Run

        seen = self._inside()
        with TemporaryDirectory(prefix="rehearsal-psql-") as folder:
            self._run = Run(seen, self._say, lambda path: self._certificate(seen, path, Path(folder)))
            return int(self._run.execute()) if not self._canceled.is_set() else TERMINATED

    def _inside(self) -> Inside:
        """Waits for what the container refers to, as a kubelet does."""
        while True:
            try:
                return inside(self._pod, self._read)
            except NotReady as reason:
                self._set_state({"waiting": {"reason": "CreateContainerConfigError", "message": str(reason)}})
            if self._canceled.wait(AGAIN_SECONDS):
                return Inside((), {}, {})

    def _read(self, kind: str, namespace: str, name: str) -> Mapping[str, str] | None:
        try:
            return text_of(kind, self._api.get(f"/api/v1/namespaces/{namespace}/{kind}/{name}"))
        except ApiError as error:
            if error.status == 404:
                return None
            raise

    def _certificate(self, seen: Inside, path: str, folder: Path) -> str | None:
        """A mounted authority as a file. One that is part of the image, such as RDS's bundle, is the databases' own here."""
        if path in seen.files:
            file = folder / "authority.pem"
            file.write_text(seen.files[path])
            return str(file)
        own = self._authority()
        return str(own) if own and own.is_file() else None

    def _say(self, line: str) -> None:
        if len(self._lines) < MOST_LINES:
            self._lines += [(datetime.now(UTC), each) for each in line.split("\n")]

    def _restart(self, code: int, restarts: int, pause: float) -> None:
        ended = {"terminated": self._terminated(code)}
        self._set_state({"waiting": {"reason": "CrashLoopBackOff"}}, restarts, ended)
        self._canceled.wait(pause)
        self._set_state({"running": {"startedAt": _now()}}, restarts, ended, ready=True)

    def _terminated(self, code: int) -> dict[str, Any]:
        began = self._api.get(self._path)["status"]["containerStatuses"][0]["state"].get("running", {}).get("startedAt", _now())
        return {"exitCode": code, "reason": "Completed" if code == 0 else "Error", "startedAt": began, "finishedAt": _now()}

    def _set_state(
        self, state: dict[str, Any], restarts: int | None = None, last: dict[str, Any] | None = None, *, ready: bool = False
    ) -> None:
        statuses = self._api.get(self._path)["status"]["containerStatuses"]
        first = statuses[0] | {"state": state, "ready": ready, "started": ready}
        first |= {"restartCount": restarts} if restarts is not None else {}
        first |= {"lastState": last} if last is not None else {}
        self._api.patch(f"{self._path}/status", {"status": {"containerStatuses": [first, *statuses[1:]]}})

    def _finish(self, code: int) -> None:
        statuses = self._api.get(self._path)["status"]["containerStatuses"]
        ended = [each | {"state": {"terminated": self._terminated(code)}, "ready": False, "started": False} for each in statuses]
        reason = "PodCompleted" if code == 0 else "PodFailed"
        conditions = [{"type": kind, "status": "False", "reason": reason} for kind in ("Ready", "ContainersReady")]
        status = {"phase": "Succeeded" if code == 0 else "Failed", "containerStatuses": ended, "conditions": conditions}
        self._api.patch(f"{self._path}/status", {"status": status}, "strategic")


def _now() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())

"""The control planes of one cloud, one per emulated EKS cluster. Each has its own worker thread, so that no call blocks, and a second
thread for its simulators.
"""

from __future__ import annotations

import json
import queue
import shutil
import sys
import threading
import time
import traceback
from collections.abc import Callable
from itertools import chain, count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rehearsal import transitions
from rehearsal.kubernetes.rounds import Rounds
from rehearsal.traffic import cloud as load_balancers

if TYPE_CHECKING:
    from rehearsal.kubernetes.plane import ControlPlane
    from rehearsal.kubernetes.webhooks import Door

Task = Callable[["ControlPlane"], None]
AGGREGATION_SECONDS = 60.0


class Member:
    """One control plane. `phase` is starting, ready, failed, or stopped; `error` is the reason it failed."""

    def __init__(self, plane: ControlPlane) -> None:
        self.plane = plane
        self.phase = "starting"
        self.error = ""
        self.endpoint: str | None = None
        self.authority = b""
        self.admission = ("", b"")
        self.gates = ("", b"")
        self.rules: dict[str, list[dict[str, Any]]] = {}
        self._tasks: queue.SimpleQueue[Task | None] = queue.SimpleQueue()
        self._pending = 0
        self._lock = threading.Lock()
        self.rounds = Rounds(plane, lambda: self.phase == "ready")
        self._thread = threading.Thread(target=self._work, name=f"plane {plane.name}", daemon=True)
        self._thread.start()

    @property
    def busy(self) -> bool:
        """Whether any submitted task is unfinished."""
        return self._pending > 0

    def submit(self, task: Task) -> None:
        """Queues a task behind all earlier ones."""
        with self._lock:
            self._pending += 1
        self._tasks.put(task)

    def finish(self) -> None:
        """Stops the control plane after all earlier tasks; `phase` is stopped in the end."""
        self.rounds.stop()
        self._tasks.put(None)

    def abort(self) -> None:
        """Stops it at once, even during a task."""
        self.rounds.stop()
        self.plane.abort()
        self._tasks.put(None)
        self._thread.join(5)

    def _work(self) -> None:
        while (task := self._tasks.get()) is not None:
            try:
                if self.phase != "failed":
                    task(self.plane)
            except Exception as error:  # noqa: BLE001  whatever went wrong, the cluster has failed and says why
                traceback.print_exc()
                self.phase, self.error = "failed", f"{error}"
                self.rounds.stop()
            finally:
                with self._lock:
                    self._pending -= 1
        self.plane.stop()
        self.phase = "stopped"


class Fleet:
    """The members by the ARNs of their clusters. Without `open`, as in a cloud with control planes disabled, there are none."""

    def __init__(self) -> None:
        self._members: dict[str, Member] = {}
        self._home: Path | None = None
        self._door: Door | None = None
        self._make_door: Callable[[Path], Door] | None = None
        self._writing = threading.Lock()

    def open(self, home: Path, make_door: Callable[[Path], Door]) -> None:
        """`home` is the cloud's folder; leftovers of an earlier cloud with that name are removed. `make_door` starts the login server."""
        self._home = home
        self._make_door = make_door
        shutil.rmtree(home / "clusters", ignore_errors=True)
        (home / "kubeconfig").unlink(missing_ok=True)

    def member(self, arn: str) -> Member | None:
        return self._members.get(arn)

    def launch(self, arn: str, name: str, version: str, issuer: str, service_range: str) -> None:
        """Starts a control plane in the background. Its folder is named after the cluster."""
        from rehearsal.kubernetes.plane import ControlPlane

        assert self._home is not None
        assert self._make_door is not None
        if self._door is None:
            self._door = self._make_door(self._home / "clusters" / ".login")
        # Clusters in two regions may have the same name.
        used = {member.plane.home for member in self._members.values()}
        folders = (self._home / "clusters" / each for each in chain([name], (f"{name}.{number}" for number in count(2))))
        directory = next(folder for folder in folders if folder not in used)
        plane = ControlPlane(
            directory,
            name=name,
            version=version,
            issuer=issuer,
            service_range=service_range,
            webhooks=self._door.webhooks(arn, directory),
            termination_scale=transitions.delays.termination_scale,
        )
        member = self._members[arn] = Member(plane)
        member.admission, member.gates = self._door.admission(arn), self._door.admission(arn, "gate")
        member.submit(lambda plane: _start(member, plane))
        member.submit(lambda plane: _ask_about_images(member, plane, arn))
        member.submit(lambda plane: self.write_kubeconfig())

    def forget(self, arn: str) -> None:
        """Drops a member, so that its name can be reused."""
        member = self._members.pop(arn, None)
        if member:
            shutil.rmtree(member.plane.home, ignore_errors=True)
            self.write_kubeconfig()
            threading.Thread(target=load_balancers.forget, args=(arn,), daemon=True).start()  # the caller holds the call lock

    def stop_all(self) -> None:
        """Stops every control plane at once."""
        members, self._members = list(self._members.values()), {}
        for member in members:
            member.abort()
            shutil.rmtree(member.plane.home, ignore_errors=True)
        if self._home:
            (self._home / "kubeconfig").unlink(missing_ok=True)

    def write_kubeconfig(self) -> None:
        """One context per ready cluster, named as in `aws eks update-kubeconfig`; it authenticates as the AWS caller."""
        if self._home is None:
            return
        with self._writing:
            ready = {arn: member for arn, member in list(self._members.items()) if member.phase == "ready"}
            new = self._home / "kubeconfig.new"
            new.touch(mode=0o600)
            new.write_text(json.dumps(_kubeconfig(ready), indent=2) + "\n")
            new.replace(self._home / "kubeconfig")


def _ask_about_images(member: Member, plane: ControlPlane, arn: str) -> None:
    from rehearsal.kubernetes import images

    if member.admission:
        images.register(plane, *member.admission, account=arn.split(":")[4])


def _start(member: Member, plane: ControlPlane) -> None:
    from rehearsal.kubernetes.login import FIXED, LIKE_ROLES

    plane.start()
    roles = "/apis/rbac.authorization.k8s.io/v1/clusterroles"
    member.rules = FIXED | {policy: _rules(plane, f"{roles}/{role}") for policy, role in LIKE_ROLES.items()}
    member.endpoint, member.authority = plane.endpoint, plane.authority
    member.phase = "ready"


def _rules(plane: ControlPlane, path: str) -> list[dict[str, Any]]:
    """The rules of an aggregated role, once the controller manager has combined them."""
    deadline = time.monotonic() + AGGREGATION_SECONDS
    while True:
        role = plane.api.get(path)
        rules: list[dict[str, Any]] = role.get("rules") or []
        if _is_whole(plane, role, rules):
            return rules
        if time.monotonic() > deadline:
            raise TimeoutError(f"the cluster role {path.rpartition('/')[2]} was not put together within {AGGREGATION_SECONDS:.0f} s")
        time.sleep(0.05)


def _is_whole(plane: ControlPlane, role: dict[str, Any], rules: list[dict[str, Any]]) -> bool:
    for selector in role.get("aggregationRule", {}).get("clusterRoleSelectors") or []:
        labels = ",".join(f"{name}={value}" for name, value in selector["matchLabels"].items())
        for part in plane.api.get("/apis/rbac.authorization.k8s.io/v1/clusterroles", labelSelector=labels)["items"]:
            if not part.get("rules") or any(rule not in rules for rule in part["rules"]):
                return False
    return True


def _kubeconfig(members: dict[str, Member]) -> dict[str, Any]:
    import base64

    clusters, users, contexts = [], [], []
    for arn, member in sorted(members.items()):
        authority = base64.b64encode(member.authority).decode()
        clusters.append({"name": arn, "cluster": {"server": member.endpoint, "certificate-authority-data": authority}})
        region, name = arn.split(":")[3], arn.rsplit("/", 1)[1]
        arguments = ["-m", "rehearsal.kubernetes", "token", "--cluster-name", name, "--region", region]
        command = {
            "apiVersion": "client.authentication.k8s.io/v1beta1",
            "command": sys.executable,
            "args": arguments,
            "env": [{"name": "PYTHONPATH", "value": str(Path(__file__).resolve().parent.parent.parent)}],
            "interactiveMode": "Never",
        }
        users.append({"name": arn, "user": {"exec": command}})
        contexts.append({"name": arn, "context": {"cluster": arn, "user": arn}})
    current = contexts[-1]["name"] if contexts else ""
    return {"apiVersion": "v1", "kind": "Config", "current-context": current, "clusters": clusters, "users": users, "contexts": contexts}


# One cloud per process.
fleet = Fleet()

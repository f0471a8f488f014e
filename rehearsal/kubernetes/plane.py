"""One control plane: etcd, API server, controller manager, scheduler, and the simulator of nodes and pods, each a process on loopback.

    with ControlPlane() as plane:
        plane.add_node("node-1")
        subprocess.run(["kubectl", "--kubeconfig", str(plane.kubeconfig), "get", "nodes"])

The processes end with the block, and also when the process that started them is killed: each reads a pipe that only that process holds
open.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from rehearsal.kubernetes import VERSIONS, build, components
from rehearsal.kubernetes.api import Api, ApiError
from rehearsal.kubernetes.components import HOST, Layout, Ports, Webhooks
from rehearsal.kubernetes.egress import Egress
from rehearsal.kubernetes.kubelet import Kubelet
from rehearsal.kubernetes.nodes import NodeShape, node
from rehearsal.kubernetes.psql.player import Jobs
from rehearsal.kubernetes.stages import document
from rehearsal.postgresql.cloud import current as databases

START_SECONDS = 180.0
STOP_SECONDS = 5.0
ATTEMPTS = 3
NODE_LEASES = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases"


class PlaneError(Exception):
    """A control plane failed to start; the message names the failed component, its last output, and its log file."""


class ControlPlane:
    """A cluster, started with `start` or as a context manager. `directory` None: a temporary one, removed at the end.

    `version` is a minor version that the API server emulates, `issuer` that of its service account tokens, `webhooks` the login webhooks.
    `termination_scale`: the share of their actual time that preStop hooks take.
    """

    def __init__(
        self,
        directory: Path | None = None,
        *,
        name: str = "rehearsal",
        version: str = VERSIONS[-1],
        service_range: str = "172.20.0.0/16",
        issuer: str = "",
        webhooks: Webhooks | None = None,
        termination_scale: float = 1.0,
    ) -> None:
        check_version(version)
        self.name = name
        self.version = version
        self._temporary = tempfile.TemporaryDirectory(prefix="rehearsal-plane-") if directory is None else None
        self.home = Path(self._temporary.name) if self._temporary else Path(str(directory))
        self._service_range, self._issuer, self._webhooks = service_range, issuer, webhooks
        self.termination_scale = termination_scale
        self._layout: Layout | None = None
        self._kubelet: Kubelet | None = None
        self._egress: Egress | None = None
        self._jobs: Jobs | None = None
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._aborted = False
        self._lock = threading.Lock()

    @property
    def layout(self) -> Layout:
        if self._layout is None:
            raise PlaneError(f"the control plane {self.name} has not been started")
        return self._layout

    @property
    def endpoint(self) -> str:
        return self.layout.endpoint

    @property
    def kubeconfig(self) -> Path:
        """The administrator's kubeconfig file."""
        return self.layout.kubeconfig("admin")

    @property
    def authority(self) -> bytes:
        """The certificate authority, in PEM."""
        return self.layout.authority.read_bytes()

    @property
    def api(self) -> Api:
        """The API with an administrator's permissions."""
        return Api(self.endpoint, self.layout.authority, self.layout.clients["admin"])

    @property
    def pids(self) -> dict[str, int]:
        return {name: process.pid for name, process in self._processes.items() if process.poll() is None}

    def log(self, name: str) -> Path:
        return self.home / "logs" / f"{name}.log"

    def start(self) -> None:
        """Returns when the cluster accepts pods. Raises PlaneError, or build.BuildError if there is no binary and none can be built."""
        binary = build.binary()
        for attempt in range(1, ATTEMPTS + 1):
            self._prepare(binary)
            try:
                self._start_processes(binary)
            except PlaneError as error:
                self._end_processes()
                # Another process may have taken a port after we found it free.
                if attempt == ATTEMPTS or "address already in use" not in str(error):
                    raise
            except BaseException:
                self._end_processes()
                raise
            else:
                return

    def restart(self, version: str) -> None:
        """Starts again with the same data and address, emulating a different minor version."""
        check_version(version)
        self._end_processes()
        self.version = version
        self._start_processes(build.binary(), again=True)

    def stop(self) -> None:
        """Stops every process. Does nothing if none is running."""
        self._end_processes()
        self._stop_players()
        if self._temporary:
            self._temporary.cleanup()

    def abort(self) -> None:
        """Stops every process at once, even from another thread during a start, and prevents further starts."""
        with self._lock:
            self._aborted = True
            running = list(self._processes.values())
            for process in running:
                process.kill()
            for process in running:
                process.wait()

    def kill(self, name: str) -> None:
        """Kills one component as a crash would; `revive` starts it again."""
        self._processes[name].kill()
        self._processes[name].wait()

    def revive(self, name: str) -> None:
        """Restarts one component and waits until the API responds."""
        self._spawn(build.binary(), name, components.commands(self.layout, self.version)[name])
        self._wait_until_ready()

    def add_node(self, name: str, shape: NodeShape | None = None, **metadata: Any) -> None:
        """Creates a node and returns when it is ready; see `nodes.node` for the arguments."""
        self.create_node(name, shape, **metadata)
        for event in self.api.watch("/api/v1/nodes", 30, fieldSelector=f"metadata.name={name}"):
            conditions = event["object"].get("status", {}).get("conditions", [])
            if any(condition["type"] == "Ready" and condition["status"] == "True" for condition in conditions):
                return
        raise PlaneError(f"the node {name} did not become ready (see {self.log('kwok')})")

    def create_node(self, name: str, shape: NodeShape | None = None, *, annotations: dict[str, str] | None = None, **metadata: Any) -> None:
        """Like add_node, but does not wait until the node is ready."""
        made = node(name, shape or NodeShape(), kubelet=(HOST, self.layout.ports.kubelet), **metadata)
        made["metadata"]["annotations"] = annotations or {}
        self.api.create("/api/v1/nodes", made)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    def _prepare(self, binary: Path) -> None:
        self._check_wanted()  # another control plane with this name may already use the folder
        for name in ("pki", "etcd", "logs"):
            shutil.rmtree(self.home / name, ignore_errors=True)
        (self.home / "logs").mkdir(parents=True)
        self._stop_players()
        self._kubelet, self._egress = Kubelet(HOST), Egress()
        etcd, etcd_peer, apiserver = free_ports(3)
        ports = Ports(etcd, etcd_peer, apiserver, self._kubelet.port)
        self._layout = Layout(self.home, ports, self._egress.path, self._service_range, self._issuer, self._webhooks)
        of_kwok = subprocess.run([str(binary), "kwok-node-stages"], check=True, capture_output=True, text=True).stdout
        components.prepare(self._layout, self.name, document(of_kwok, self.termination_scale))
        as_kubelet = Api(self.endpoint, self._layout.authority, self._layout.clients["kubelet"])
        self._jobs = jobs = Jobs(as_kubelet, databases.bundle)
        self._kubelet.start(self._layout.authority, components.pair(self._layout.pki / "server"), as_kubelet, jobs.written.get)
        self._jobs.start()
        self._egress.start(as_kubelet, (HOST, self._kubelet.port))

    def _stop_players(self) -> None:
        for player in (self._jobs, self._kubelet, self._egress):
            if player:
                player.stop()
        self._jobs = self._kubelet = self._egress = None

    def _start_processes(self, binary: Path, *, again: bool = False) -> None:
        commands = components.commands(self.layout, self.version)
        for name in ("etcd", "kube-apiserver"):
            self._spawn(binary, name, commands.pop(name))
        self._wait_until_ready()
        if again:
            # The previous node simulator holds the node leases for 40 seconds, during which their pods would not be simulated.
            self.api.delete(NODE_LEASES)
        for name, arguments in commands.items():
            self._spawn(binary, name, arguments)
        self._wait_for("/api/v1/namespaces/default/serviceaccounts/default")

    def _spawn(self, binary: Path, name: str, arguments: list[str]) -> None:
        """The process inherits nothing from the caller's environment: no proxy, no kubeconfig, no kwok configuration from the home
        folder.
        """
        with self._lock, self.log(name).open("ab") as output:
            self._check_wanted()
            self._processes[name] = subprocess.Popen(
                [str(binary), name, *arguments],
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=self.home,
                env={"HOME": str(self.home), "PATH": os.defpath, "MAINSTAY_END_WITH_STDIN": "1"},
                start_new_session=True,
            )

    def _check_wanted(self) -> None:
        if self._aborted:
            raise PlaneError(f"the control plane {self.name} was ended while it started")

    def _wait_until_ready(self) -> None:
        self._wait_for("/readyz")

    def _wait_for(self, path: str) -> None:
        """Waits until the API server responds; ends early if a process has exited."""
        api, deadline = self.api, time.monotonic() + START_SECONDS
        last = ""
        while time.monotonic() < deadline:
            self._check_processes()
            try:
                api.text(path)
            except (OSError, ApiError) as error:
                last = str(error)
                time.sleep(0.05)
            else:
                return
        raise PlaneError(
            f"the control plane {self.name} was not ready within {START_SECONDS:.0f} s ({path}: {last}; logs in {self.home / 'logs'})"
        )

    def _check_processes(self) -> None:
        for name, process in self._processes.items():
            if process.poll() is not None:
                words = last_words(self.log(name).read_text(errors="replace"))
                raise PlaneError(f"{name} ended with {process.returncode}: {words} (see {self.log(name)})")

    def _end_processes(self) -> None:
        """Stops the clients first and etcd, which the others need, last. Kills any process that does not exit when asked."""
        names = list(self._processes)
        for together in ([name for name in names if name != "etcd"], ["etcd"] if "etcd" in names else []):
            ending = [self._processes.pop(name) for name in together]
            for process in ending:
                process.send_signal(signal.SIGTERM)
            for process in ending:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(STOP_SECONDS)
                process.kill()
                process.wait()
                if process.stdin:
                    process.stdin.close()


def check_version(version: str) -> None:
    if version not in VERSIONS:
        raise PlaneError(f"Kubernetes {version} cannot be played; {VERSIONS[0]} to {VERSIONS[-1]} can")


def last_words(log: str) -> str:
    """The final output of a process that has exited: an error or a panic if there is one, else its last lines."""
    lines = log.strip().splitlines()
    named = [line for line in lines if line.lower().startswith(("error:", "panic:"))]
    return " / ".join(named[-1:] or lines[-3:])


def free_ports(count: int) -> list[int]:
    """Ports that were free a moment ago."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind((HOST, 0))
        return [each.getsockname()[1] for each in sockets]

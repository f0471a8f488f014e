"""Workloads on a real control plane, and our verdict on them."""

from __future__ import annotations

import os
import subprocess
import threading
from collections.abc import Callable, Mapping
from typing import Any

import yaml

from ansible_collections.mainstay.aws.plugins.module_utils.kubernetes.access import from_options
from ansible_collections.mainstay.aws.plugins.module_utils.kubernetes.client import Api
from ansible_collections.mainstay.aws.plugins.module_utils.kubernetes.clock import EventClock
from ansible_collections.mainstay.aws.plugins.module_utils.kubernetes.problems import Conflict, NotFound
from ansible_collections.mainstay.aws.plugins.module_utils.kubernetes.values import Settings
from ansible_collections.mainstay.aws.plugins.module_utils.rollout.plan import Plan
from ansible_collections.mainstay.aws.plugins.module_utils.rollout.target import Target
from ansible_collections.mainstay.aws.plugins.module_utils.rollout.verifier import Report, Verifier
from rehearsal.kubernetes import build
from rehearsal.kubernetes.plane import ControlPlane

BEHAVIOR = "rehearsal.mainstay/behavior"
QUICK = Settings(wait=60, grace=2, scale_up_grace=2, crash_grace=2, settle=1, quiet=60)


class Cluster:
    """A namespace on a control plane."""

    def __init__(self, plane: ControlPlane, namespace: str) -> None:
        self.plane, self.namespace = plane, namespace
        self.api = self.client()
        self.api.create("/api/v1/namespaces", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}})

    def client(self, bell: EventClock | None = None, seconds: float = 60) -> Api:
        bell = bell or EventClock()
        access = from_options({"kubeconfig": str(self.plane.kubeconfig)}, {})
        return Api(access, bell, bell.now() + seconds)

    def target(self, name: str = "web", kind: str = "Deployment", **more: Any) -> Target:
        return Target(kind, name, self.namespace, **more)

    def apply(self, manifest: Mapping[str, Any]) -> Target:
        """Creates or changes a workload, as an apply does; returns the applied objects as a target."""
        target = self.target(manifest["metadata"]["name"], manifest["kind"])
        try:
            found = self.api.create(target.collection, manifest)
        except Conflict:
            found = self.api.patch(target.path, {"spec": manifest["spec"]})
        return self.target(
            target.name,
            target.kind,
            generation=found["metadata"]["generation"],
            uid=found["metadata"]["uid"],
            template=found["spec"]["template"],
            changed=True,
        )

    def verify(self, *targets: Target, bell: EventClock | None = None, say: Callable[..., None] = lambda *_: None, **plan: Any) -> Report:
        bell = bell or EventClock()
        wanted = Plan(tuple(targets), **{"settings": QUICK, "rollback_seconds": 30, "poll": 1.0, **plan})
        return Verifier(self.client(bell), bell, wanted, say, "the test").run()

    def get(self, target: Target) -> dict[str, Any]:
        return self.api.get(target.path)

    def gone(self, path: str) -> bool:
        try:
            self.api.get(path)
        except NotFound:
            return True
        return False

    def kubectl(self, *arguments: str, seconds: float = 60) -> subprocess.CompletedProcess[str]:
        command = [str(build.kubectl()), "--kubeconfig", str(self.plane.kubeconfig), "-n", self.namespace]
        return subprocess.run([*command, *arguments], check=False, capture_output=True, text=True, timeout=seconds, env={**os.environ})


def outcome(report: Report) -> tuple[str, str]:
    assert report.ending is not None
    return report.ending.state, report.ending.code


def workload(kind: str = "Deployment", name: str = "web", behavior: str = "normal", image: str = "app:1", **spec: Any) -> dict[str, Any]:
    """A workload whose pods have the given behavior. ``spec`` is merged into its spec, ``pod_spec`` and ``annotations`` into its
    template.
    """
    inside = {"containers": [{"name": "app", "image": image}], **spec.pop("pod_spec", {})}
    annotations = {BEHAVIOR: behavior, **spec.pop("annotations", {})}
    labels = {"app": name}
    template = {"metadata": {"labels": labels, "annotations": annotations}, "spec": inside}
    body: dict[str, Any] = {"template": template}
    if kind != "Job":
        body["selector"] = {"matchLabels": labels}
    if kind in ("Deployment", "StatefulSet"):
        body["replicas"] = 3
    if kind == "StatefulSet":
        body["serviceName"] = name
    if kind == "Job":
        inside["restartPolicy"] = "Never"
    group = "batch/v1" if kind == "Job" else "apps/v1"
    return {"apiVersion": group, "kind": kind, "metadata": {"name": name}, "spec": {**body, **spec}}


def as_yaml(*manifests: Mapping[str, Any]) -> str:
    return yaml.safe_dump_all(manifests)


def later(seconds: float, do: Callable[[], Any]) -> threading.Timer:
    timer = threading.Timer(seconds, do)
    timer.daemon = True
    timer.start()
    return timer

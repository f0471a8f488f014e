"""After a rollback, the next apply is correct, whichever tool makes it: no conflict, and nothing left over from any other release."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.mainstay.aws.plugins.module_utils.rollout.verifier import Report
from rehearsal.kubernetes import helm
from scripts.terminal import ROOT, isolated_environment
from tests.runs import run_playbook

from .support import BEHAVIOR, Cluster, as_yaml, outcome, workload

APP = {"name": "app", "readinessProbe": {"tcpSocket": {"port": 80}}}
GOOD = {**APP, "image": "app:1", "command": ["serve"], "env": [{"name": "A", "value": "1"}], "ports": [{"containerPort": 80}]}
BAD = {**APP, "image": "app:2", "env": [{"name": "B", "value": "2"}], "ports": [{"containerPort": 81}]}
FIXED = {**APP, "image": "app:3", "env": [{"name": "C", "value": "3"}], "ports": [{"containerPort": 82}]}

Apply = Callable[[Cluster, dict[str, Any], Path], None]


def manifest(container: dict[str, Any], behavior: str = "normal") -> dict[str, Any]:
    return workload(behavior=behavior, pod_spec={"containers": [container]})


def by_kubectl(*options: str) -> Apply:
    def apply(cluster: Cluster, wanted: dict[str, Any], folder: Path) -> None:
        path = folder / "manifest.yml"
        path.write_text(as_yaml(wanted))
        done = cluster.kubectl("apply", "-f", str(path), *options)
        assert done.returncode == 0, done.stderr

    return apply


def by_kubernetes_core(**options: Any) -> Apply:
    def apply(cluster: Cluster, wanted: dict[str, Any], folder: Path) -> None:
        inside = {"definition": wanted, "namespace": cluster.namespace, "kubeconfig": str(cluster.plane.kubeconfig), **options}
        play = [{"name": "Apply", "hosts": "localhost", "gather_facts": False, "tasks": [{"name": "Apply", "kubernetes.core.k8s": inside}]}]
        play[0]["vars"] = {"ansible_connection": "local", "ansible_python_interpreter": "{{ ansible_playbook_python }}"}
        path = folder / "play.yml"
        path.write_text(yaml.safe_dump(play))
        done = run_playbook([str(path)], isolated_environment({}), ROOT, timeout=180)
        assert done.returncode == 0, done.stdout + done.stderr

    return apply


def run_helm(cluster: Cluster, *arguments: str) -> None:
    command = [str(helm.helm()), "--kubeconfig", str(cluster.plane.kubeconfig), "--namespace", cluster.namespace, *arguments]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=120, env={**os.environ})
    assert done.returncode == 0, done.stdout + done.stderr


def by_helm(*options: str) -> Apply:
    def apply(cluster: Cluster, wanted: dict[str, Any], folder: Path) -> None:
        chart = folder / "chart"
        (chart / "templates").mkdir(parents=True, exist_ok=True)
        (chart / "Chart.yaml").write_text(yaml.safe_dump({"apiVersion": "v2", "name": "shop", "version": "0.1.0"}))
        (chart / "templates" / "web.yaml").write_text(as_yaml(wanted))
        run_helm(cluster, "upgrade", "--install", "shop", str(chart), *options)

    return apply


def release(cluster: Cluster, apply: Apply, wanted: dict[str, Any], folder: Path) -> Report:
    """Applies, and verifies what was applied."""
    apply(cluster, wanted, folder)
    live = cluster.get(cluster.target())
    found = live["metadata"]
    template = live["spec"]["template"]
    return cluster.verify(cluster.target(generation=found["generation"], uid=found["uid"], template=template, changed=True))


def running(cluster: Cluster) -> dict[str, Any]:
    """The subject of the manifests: members of the container, and its pods' behavior."""
    template = cluster.get(cluster.target())["spec"]["template"]
    container = template["spec"]["containers"][0]
    ports = [{"containerPort": port["containerPort"]} for port in container["ports"]]
    kept = {key: container[key] for key in ("name", "image", "command", "env") if key in container}
    return {**kept, "ports": ports, "behavior": template["metadata"]["annotations"][BEHAVIOR]}


def expected(container: dict[str, Any]) -> dict[str, Any]:
    return {**{key: value for key, value in container.items() if key != "readinessProbe"}, "behavior": "normal"}


def rolled_back(cluster: Cluster, apply: Apply, folder: Path) -> Report:
    assert outcome(release(cluster, apply, manifest(GOOD), folder)) == ("success", "complete")
    report = release(cluster, apply, manifest(BAD, "image-not-found"), folder)
    assert outcome(report) == ("failure", "image_not_found")
    assert [one["result"] for one in report.undone] == ["rolled_back"]
    assert running(cluster) == expected(GOOD)
    return report


APPLIERS = {
    "kubectl": by_kubectl(),
    "kubectl-server-side": by_kubectl("--server-side"),
    "kubernetes-core": by_kubernetes_core(apply=True),
    "kubernetes-core-server-side": by_kubernetes_core(apply=True, server_side_apply={"field_manager": "ansible"}),
    "helm-server-side": by_helm("--server-side=true"),
}


@pytest.mark.parametrize("name", sorted(APPLIERS))
def test_rule_87_the_next_apply_comes_out_right(cluster: Cluster, tmp_path: Path, name: str) -> None:
    rolled_back(cluster, APPLIERS[name], tmp_path)
    assert outcome(release(cluster, APPLIERS[name], manifest(FIXED), tmp_path)) == ("success", "complete")
    assert running(cluster) == expected(FIXED)


def test_rule_87_helm_on_the_clients_side_needs_its_own_rollback_first(cluster: Cluster, tmp_path: Path) -> None:
    apply = by_helm("--server-side=false")
    report = rolled_back(cluster, apply, tmp_path)
    assert "run helm rollback shop before its next upgrade" in report.undone[0]["reason"]
    run_helm(cluster, "rollback", "shop", "--server-side=false")
    assert running(cluster) == expected(GOOD)
    assert outcome(release(cluster, apply, manifest(FIXED), tmp_path)) == ("success", "complete")
    assert running(cluster) == expected(FIXED)

"""The module as users run it: in a playbook, against a real control plane."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
import yaml

from scripts.terminal import ROOT, isolated_environment
from tests.runs import KEEP_RESULTS, run_playbook

from .support import Cluster, workload

PYTHON = {"ansible_connection": "local", "ansible_python_interpreter": "{{ ansible_playbook_python }}"}


def play(folder: Path, options: dict[str, Any], *arguments: str, in_worker: bool = True, **play_options: Any) -> tuple[dict[str, Any], str]:
    """Runs one task; returns its result and its output."""
    found = folder / "result.json"
    task = {"name": "Verify", "mainstay.aws.k8s_rollout_verify": options, "register": "verified", "failed_when": False}
    keep = {"name": "Keep", "keep_results": {"content": "{{ verified | to_json }}", "path": str(found)}}
    book = [{"name": "Roll out", "hosts": "localhost", "gather_facts": False, "vars": PYTHON, "tasks": [task, keep], **play_options}]
    path = folder / "play.yml"
    path.write_text(yaml.safe_dump(book))
    environment = isolated_environment({"MAINSTAY_IN_WORKER": "" if in_worker else "never", "ANSIBLE_NOCOLOR": "1", **KEEP_RESULTS})
    done = run_playbook([str(path), *arguments], environment, ROOT, timeout=180)
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(found.read_text()), done.stdout + done.stderr


def options(cluster: Cluster, **more: Any) -> dict[str, Any]:
    inside = {
        "workloads": [{"name": "web"}],
        "namespace": cluster.namespace,
        "kubeconfig": str(cluster.plane.kubeconfig),
        "wait_timeout": 60,
    }
    return {**inside, **more}


@pytest.mark.parametrize("in_worker", [True, False])
def test_a_rollout_in_a_playbook(cluster: Cluster, tmp_path: Path, in_worker: bool) -> None:
    cluster.apply(workload())
    good, _shown = play(tmp_path, options(cluster), in_worker=in_worker)
    assert (good["verdict"], good["reason"], good["changed"]) == ("success", "complete", False)
    assert good["workloads"][0]["pods"] == {"wanted": 3, "new": 3, "available": 3, "old": 0}
    cluster.apply(workload(behavior="image-not-found", image="app:2"))
    bad, _shown = play(tmp_path, options(cluster), in_worker=in_worker)
    assert (bad["verdict"], bad["reason"], bad["changed"]) == ("failure", "image_not_found", True)
    assert bad["rollback"][0]["result"] == "rolled_back"
    assert "cannot pull its image" in bad["msg"]
    assert set(good) <= set(bad)


def test_what_a_task_before_it_applied_is_verified(cluster: Cluster, tmp_path: Path) -> None:
    target = cluster.apply(workload())
    applied = {"changed": True, "result": cluster.get(target)}
    found, _shown = play(tmp_path, {"applied": applied, "kubeconfig": str(cluster.plane.kubeconfig)})
    assert (found["verdict"], found["workloads"][0]["name"]) == ("success", "web")


def test_check_mode_only_reads(cluster: Cluster, tmp_path: Path) -> None:
    target = cluster.apply(workload(behavior="image-not-found"))
    before = cluster.get(target)["metadata"]["generation"]
    found, _shown = play(tmp_path, options(cluster), "--check")
    assert (found["reason"], found["changed"]) == ("looked", False)
    assert cluster.get(target)["metadata"]["generation"] == before
    assert cluster.gone(f"/api/v1/namespaces/{cluster.namespace}/configmaps/web.deployment.verified-release")


def test_defaults_of_the_action_group_do_no_harm(cluster: Cluster, tmp_path: Path) -> None:
    cluster.apply(workload())
    defaults = {"group/mainstay.aws.aws": {"region": "af-south-1", "profile": None}}
    found, _shown = play(tmp_path, options(cluster), module_defaults=defaults)
    assert found["verdict"] == "success"


def test_a_missing_permission_is_reported_with_verb_and_resource(cluster: Cluster, tmp_path: Path) -> None:
    cluster.apply(workload())
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "nobody"}}
    path = f"/api/v1/namespaces/{cluster.namespace}/serviceaccounts"
    cluster.api.create(path, account)
    token = cluster.api.create(f"{path}/nobody/token", {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}})
    authority = tmp_path / "ca.pem"
    authority.write_bytes(cluster.plane.authority)
    access = {
        "host": cluster.plane.endpoint,
        "api_key": token["status"]["token"],
        "ca_cert": str(authority),
        "lock": False,
        "record": False,
    }
    inside = {**options(cluster), **access, "rollback": {"to": "none"}}
    del inside["kubeconfig"]
    found, shown = play(tmp_path, inside)
    assert (found["verdict"], found["reason"]) == ("error", "forbidden")
    assert f"no permission to get deployments.apps in namespace {cluster.namespace}" in found["msg"]
    assert token["status"]["token"] not in shown


@pytest.mark.parametrize(
    ("more", "said"),
    [
        pytest.param({"workloads": [{"name": "nobody"}]}, "there is no Deployment {namespace}/nobody.", id="unknown-workload"),
        pytest.param({"workloads": [{"name": "web", "kind": "Pod"}]}, "workloads[0].kind is 'Pod'; it has to be one of", id="wrong-kind"),
        pytest.param({"deadline": 10}, "deadline is 10 s, but wait_timeout", id="deadline"),
        pytest.param({"context": "other"}, "has no context 'other'", id="context"),
    ],
)
def test_bad_input_is_reported_in_one_sentence(cluster: Cluster, tmp_path: Path, more: dict[str, Any], said: str) -> None:
    found, _shown = play(tmp_path, options(cluster, **more))
    assert said.format(namespace=cluster.namespace) in found["msg"]


def test_an_unreachable_cluster_is_reported_in_one_sentence(tmp_path: Path) -> None:
    inside = {"workloads": [{"name": "web"}], "host": "https://127.0.0.1:9", "api_key": "a-long-enough-token", "wait_timeout": 2}
    found, _shown = play(tmp_path, inside)
    assert (found["verdict"], found["reason"]) == ("error", "unreachable")
    assert found["msg"].startswith("the API of https://127.0.0.1:9 does not answer: ")


def test_progress_is_shown_while_it_waits(cluster: Cluster, tmp_path: Path) -> None:
    cluster.apply(workload(behavior="never-ready"))
    os.environ["MAINSTAY_PROGRESS"] = "always"
    try:
        _found, shown = play(tmp_path, options(cluster, wait_timeout=12, rollback={"to": "none"}))
    finally:
        del os.environ["MAINSTAY_PROGRESS"]
    assert f"localhost: Deployment {cluster.namespace}/web 3 new, 0 available, 0 old of 3; pod web-" in shown

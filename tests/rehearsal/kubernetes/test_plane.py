"""The control plane itself: real, secure, able to emulate older versions, and never outliving its owner."""

from __future__ import annotations

import json
import os
import signal
import socket
import ssl
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from rehearsal.kubernetes import build, keeper
from rehearsal.kubernetes.api import Api, ApiError
from rehearsal.kubernetes.plane import ControlPlane, PlaneError
from rehearsal.launcher import REPOSITORY

from ..conftest import until
from .conftest import condition, wait

DEPLOYMENTS = "/apis/apps/v1/namespaces/{}/deployments"


def deployment(name: str, image: str, **spec: Any) -> dict[str, Any]:
    template = {"metadata": {"labels": {"app": name}}, "spec": {"containers": [{"name": "app", "image": image}]}}
    content = {"replicas": 3, "selector": {"matchLabels": {"app": name}}, "template": template, **spec}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name}, "spec": content}


def rolled_out(resource: dict[str, Any]) -> bool:
    status = resource["status"]
    counts = [status.get(name) for name in ("replicas", "updatedReplicas", "availableReplicas")]
    return status.get("observedGeneration") == resource["metadata"]["generation"] and counts == [resource["spec"]["replicas"]] * 3


def test_a_deployment_rolls_over(plane: ControlPlane, namespace: str) -> None:
    path = DEPLOYMENTS.format(namespace)
    plane.api.create(path, deployment("web", "registry.example/web:1"))
    wait(plane.api, path, "web", rolled_out)
    change = {"spec": {"template": {"spec": {"containers": [{"name": "app", "image": "registry.example/web:2"}]}}}}
    plane.api.patch(f"{path}/web", change, "strategic")
    wait(plane.api, path, "web", rolled_out)
    pods = plane.api.get(f"/api/v1/namespaces/{namespace}/pods")["items"]
    living = [each for each in pods if "deletionTimestamp" not in each["metadata"]]
    assert [each["spec"]["containers"][0]["image"] for each in living] == ["registry.example/web:2"] * 3
    assert {each["spec"]["nodeName"] for each in living} <= {"ip-10-0-1-20.ec2.internal", "ip-10-0-2-20.ec2.internal"}


def test_kubectl_of_the_same_version_agrees(plane: ControlPlane, namespace: str) -> None:
    path = DEPLOYMENTS.format(namespace)
    plane.api.create(path, deployment("web", "registry.example/web:1"))
    base = [str(build.kubectl()), "--kubeconfig", str(plane.kubeconfig), "--namespace", namespace]
    process = subprocess.run([*base, "rollout", "status", "deployment/web", "--timeout=60s"], capture_output=True, text=True, check=False)
    assert process.returncode == 0, process.stderr
    assert "successfully rolled out" in process.stdout
    versions = json.loads(subprocess.run([*base, "version", "-o", "json"], capture_output=True, text=True, check=True).stdout)
    wanted = f"v{build.kubernetes_version()}"
    assert (versions["clientVersion"]["gitVersion"], versions["serverVersion"]["gitVersion"]) == (wanted, wanted)


def test_a_pod_that_fits_nowhere_stays_pending(plane: ControlPlane, namespace: str) -> None:
    path = f"/api/v1/namespaces/{namespace}/pods"
    wants = [{"name": "app", "image": "registry.example/app:1", "resources": {"requests": {"cpu": "500"}}}]
    plane.api.create(path, {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "big"}, "spec": {"containers": wants}})
    pod = wait(plane.api, path, "big", lambda each: condition(each, "PodScheduled")["status"] == "False")
    assert (pod["status"]["phase"], condition(pod, "PodScheduled")["reason"]) == ("Pending", "Unschedulable")
    assert "Insufficient cpu" in condition(pod, "PodScheduled")["message"]


def test_unknown_callers_are_rejected(plane: ControlPlane) -> None:
    anonymous = Api(plane.endpoint, plane.layout.authority)
    with pytest.raises(ApiError) as forbidden:
        anonymous.get("/api/v1/namespaces")
    assert forbidden.value.status == 403
    with pytest.raises(ApiError) as unknown:
        Api(plane.endpoint, plane.layout.authority, token="nonsense").get("/api/v1/namespaces")
    assert unknown.value.status == 401


def test_its_authority_is_its_own(plane: ControlPlane) -> None:
    with socket.create_connection(("127.0.0.1", plane.layout.ports.apiserver)) as connection, pytest.raises(ssl.SSLError, match="verify"):
        ssl.create_default_context().wrap_socket(connection, server_hostname="127.0.0.1")


def test_a_service_account_may_do_what_rbac_says(plane: ControlPlane, namespace: str) -> None:
    accounts = f"/api/v1/namespaces/{namespace}/serviceaccounts/default/token"
    request = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}}
    token = plane.api.create(accounts, request)["status"]["token"]
    account = Api(plane.endpoint, plane.layout.authority, token=token)
    with pytest.raises(ApiError) as refused:
        account.get(f"/api/v1/namespaces/{namespace}/pods")
    assert refused.value.status == 403
    role = {"kind": "ClusterRole", "name": "view", "apiGroup": "rbac.authorization.k8s.io"}
    binding = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "RoleBinding",
        "metadata": {"name": "may-look"},
        "roleRef": role,
        "subjects": [{"kind": "ServiceAccount", "name": "default", "namespace": namespace}],
    }
    plane.api.create(f"/apis/rbac.authorization.k8s.io/v1/namespaces/{namespace}/rolebindings", binding)

    def may_look() -> bool:
        try:
            account.get(f"/api/v1/namespaces/{namespace}/pods")
        except ApiError:
            return False
        return True

    until(may_look)


def test_only_the_loopback_interface_is_listened_on(plane: ControlPlane) -> None:
    inodes = {
        str(descriptor.readlink())
        for pid in (*plane.pids.values(), os.getpid())
        for descriptor in Path(f"/proc/{pid}/fd").iterdir()
        if descriptor.is_symlink()
    }
    listening = 0
    for table, loopback in (("tcp", "0100007F"), ("tcp6", "none")):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and f"socket:[{fields[9]}]" in inodes:
                listening += 1
                assert fields[1].startswith(loopback), f"listens on {fields[1]}"
    assert listening >= 3


def test_it_plays_an_older_minor_version_and_is_upgraded_with_what_it_holds() -> None:
    with ControlPlane(version="1.33") as plane:
        assert plane.api.get("/version")["emulationMinor"] == "33"
        plane.api.create("/api/v1/namespaces", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "kept"}})
        endpoint, authority = plane.endpoint, plane.authority
        plane.restart("1.34")
        assert plane.api.get("/version")["emulationMinor"] == "34"
        assert (plane.endpoint, plane.authority) == (endpoint, authority)
        assert plane.api.get("/api/v1/namespaces/kept")["status"]["phase"] == "Active"
        plane.kill("kube-apiserver")
        with pytest.raises(OSError, match=r"refused|reset|closed"):
            plane.api.get("/version")
        plane.revive("kube-apiserver")
        assert plane.api.get("/api/v1/namespaces/kept")["metadata"]["name"] == "kept"
        pids = list(plane.pids.values())
        assert len(pids) == 5
    assert not [pid for pid in pids if _alive(pid)]


@pytest.mark.parametrize("version", ["1.20", "1.99", "banana"])
def test_a_version_that_cannot_be_played_is_refused(version: str) -> None:
    with pytest.raises(PlaneError, match=rf"Kubernetes {version} cannot be played; 1\.33 to 1\.36 can"):
        ControlPlane(version=version)


def test_a_part_that_cannot_run_is_named_with_its_last_words(tmp_path: Path) -> None:
    plane = ControlPlane(tmp_path / "plane", issuer="1:2")
    with pytest.raises(PlaneError, match=r"kube-apiserver ended with 1: .*issuer.*kube-apiserver\.log"):
        plane.start()
    assert plane.pids == {}


HOLDER = """
import json, sys, time
from rehearsal.kubernetes.plane import ControlPlane
plane = ControlPlane()
plane.start()
print(json.dumps(plane.pids), flush=True)
time.sleep(600)
"""


def test_it_ends_when_its_parent_is_killed() -> None:
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    parent = subprocess.Popen([sys.executable, "-c", HOLDER], stdout=subprocess.PIPE, env=environment, cwd=REPOSITORY)
    try:
        assert parent.stdout is not None
        pids = json.loads(parent.stdout.readline())
        assert sorted(pids) == ["etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kwok"]
        assert all(_alive(pid) for pid in pids.values())
    finally:
        parent.send_signal(signal.SIGKILL)
        parent.wait()
    until(lambda: not [name for name, pid in pids.items() if _alive(pid)])


def _alive(pid: int) -> bool:
    """Whether a process still runs; a zombie does not count."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_the_command_line(tmp_path: Path) -> None:
    """Started once, found again, used with kubectl, stopped; a second stop has no effect."""
    plane = keeper.start("one", "1.36", 1, tmp_path)
    try:
        assert keeper.start("one", "1.36", 1, tmp_path) == plane
        command = [str(build.kubectl()), "--kubeconfig", plane["kubeconfig"], "get", "nodes", "-o", "name"]
        assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "node/node-1\n"
    finally:
        assert keeper.stop("one", tmp_path)
    assert keeper.find("one", tmp_path) is None
    assert not keeper.stop("one", tmp_path)


def test_a_command_without_a_control_plane_explains_how_to_start_one() -> None:
    command = [sys.executable, "-m", "rehearsal.kubernetes", "kubeconfig", "--name", "no-such-plane"]
    process = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert (process.returncode, process.stdout) == (1, "")
    assert "'no-such-plane' does not run; start it with: python -m rehearsal.kubernetes start --name no-such-plane" in process.stderr


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({}, "there is no AWS region: give --region, or set AWS_REGION"),
        ({"AWS_REGION": "af-south-1"}, "there are no AWS credentials in the environment"),
    ],
)
def test_a_token_that_cannot_be_made(environment: dict[str, str], words: str) -> None:
    command = [sys.executable, "-m", "rehearsal.kubernetes", "token", "--cluster-name", "main"]
    nowhere = {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull, "AWS_EC2_METADATA_DISABLED": "true"}
    given = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    process = subprocess.run(command, cwd=REPOSITORY, env=given | nowhere | environment, capture_output=True, text=True, check=False)
    assert (process.returncode, process.stdout, process.stderr) == (1, "", f"error: {words}\n")

"""Each behavior of simulated pods shows the status that a real kubelet would report, read through the API."""

from __future__ import annotations

import time
from typing import Any

import pytest

from rehearsal.kubernetes.api import ApiError
from rehearsal.kubernetes.behaviors import BEHAVIORS
from rehearsal.kubernetes.plane import ControlPlane

from ..conftest import until
from .conftest import condition, container, is_gone, pod, pods_of, wait

INIT = [{"name": "migrate", "image": "registry.example/migrate:1"}]
PROBE = {"httpGet": {"path": "/healthz", "port": 8080}}


def made(plane: ControlPlane, namespace: str, manifest: dict[str, Any]) -> str:
    plane.api.create(pods_of(namespace), manifest)
    return str(manifest["metadata"]["name"])


def waiting(resource: dict[str, Any], states: str = "containerStatuses") -> str:
    return str(container(resource, states)["state"].get("waiting", {}).get("reason", ""))


def is_ready(resource: dict[str, Any]) -> bool:
    return bool(condition(resource, "Ready")["status"] == "True")


def test_normal(plane: ControlPlane, namespace: str) -> None:
    name = made(plane, namespace, pod("one", initContainers=INIT))
    found = wait(plane.api, pods_of(namespace), name, is_ready)
    status = container(found)
    assert (found["status"]["phase"], status["ready"], status["started"], status["restartCount"]) == ("Running", True, True, 0)
    assert status["state"]["running"]["startedAt"]
    assert status["imageID"].startswith("registry.example/app@sha256:")
    assert status["containerID"].startswith("containerd://")
    assert container(found, "initContainerStatuses")["state"]["terminated"]["reason"] == "Completed"
    for kind in ("PodScheduled", "PodReadyToStartContainers", "Initialized", "ContainersReady", "Ready"):
        assert condition(found, kind)["status"] == "True", kind
    assert found["status"]["podIP"]


@pytest.mark.parametrize(("behavior", "reason", "code"), [("crash-loop", "Error", 1), ("oom", "OOMKilled", 137), ("exits", "Completed", 0)])
def test_a_container_that_ends_again_and_again(plane: ControlPlane, namespace: str, behavior: str, reason: str, code: int) -> None:
    name = made(plane, namespace, pod("one", behavior))
    ended = wait(plane.api, pods_of(namespace), name, lambda each: "terminated" in container(each)["state"])
    first = container(ended)["state"]["terminated"]
    assert (first["reason"], first["exitCode"], container(ended)["restartCount"]) == (reason, code, 0)
    assert first["finishedAt"] >= first["startedAt"]
    for restarts, pause in ((1, "10s"), (2, "20s")):
        found = wait(
            plane.api,
            pods_of(namespace),
            name,
            lambda each, wanted=restarts: waiting(each) == "CrashLoopBackOff" and container(each)["restartCount"] == wanted,
        )
        status = container(found)
        uid = found["metadata"]["uid"]
        assert status["state"]["waiting"]["message"] == f"back-off {pause} restarting failed container=app pod=one_{namespace}({uid})"
        assert (status["lastState"]["terminated"]["reason"], status["lastState"]["terminated"]["exitCode"]) == (reason, code)
        assert (status["ready"], found["status"]["phase"], condition(found, "Ready")["status"]) == (False, "Running", "False")
        assert condition(found, "Ready")["reason"] == "ContainersNotReady"
        assert condition(found, "Ready")["message"] == "containers with unready status: [app]"
    again = wait(plane.api, pods_of(namespace), name, lambda each: container(each)["restartCount"] == 3)
    assert container(again)["lastState"]["terminated"]["exitCode"] == code


def test_between_crashes_it_is_ready_unless_it_has_a_probe(plane: ControlPlane, namespace: str) -> None:
    """This is why a crash loop can look like a success for a moment."""
    containers = [{"name": "app", "image": "registry.example/app:1", "readinessProbe": PROBE}]
    made(plane, namespace, pod("bare", "crash-loop"))
    made(plane, namespace, pod("probed", "crash-loop", containers=containers))
    wait(plane.api, pods_of(namespace), "bare", is_ready)
    probed = wait(plane.api, pods_of(namespace), "probed", lambda each: container(each)["restartCount"] == 1)
    assert not is_ready(probed)
    assert "running" in container(probed)["state"]


def test_only_the_first_container_fails(plane: ControlPlane, namespace: str) -> None:
    containers = [{"name": name, "image": f"registry.example/{name}:1"} for name in ("app", "proxy")]
    name = made(plane, namespace, pod("one", "crash-loop", containers=containers))
    found = wait(plane.api, pods_of(namespace), name, lambda each: waiting(each) == "CrashLoopBackOff")
    other = found["status"]["containerStatuses"][1]
    assert (other["name"], other["ready"], other["restartCount"], list(other["state"])) == ("proxy", True, 0, ["running"])


def test_an_image_that_does_not_exist(plane: ControlPlane, namespace: str) -> None:
    name = made(plane, namespace, pod("one", "image-not-found"))
    failed = wait(plane.api, pods_of(namespace), name, lambda each: waiting(each) == "ErrImagePull")
    assert "registry.example/app:1: not found" in container(failed)["state"]["waiting"]["message"]
    found = wait(plane.api, pods_of(namespace), name, lambda each: waiting(each) == "ImagePullBackOff")
    assert container(found)["state"]["waiting"]["message"].startswith('Back-off pulling image "registry.example/app:1"')
    assert (found["status"]["phase"], container(found)["restartCount"], container(found)["imageID"]) == ("Pending", 0, "")
    wait(plane.api, pods_of(namespace), name, lambda each: waiting(each) == "ErrImagePull")


@pytest.mark.parametrize(
    ("behavior", "reason", "event"),
    [("config-error", "CreateContainerConfigError", "Failed"), ("pending", "ContainerCreating", "FailedMount")],
)
def test_a_container_that_cannot_be_made(plane: ControlPlane, namespace: str, behavior: str, reason: str, event: str) -> None:
    name = made(plane, namespace, pod("one", behavior))
    events = f"/api/v1/namespaces/{namespace}/events"
    said = next(each["object"] for each in plane.api.watch(events, 30) if each["object"]["reason"] == event)
    assert (said["involvedObject"]["name"], said["type"]) == ("one", "Warning")
    found = wait(plane.api, pods_of(namespace), name, lambda each: waiting(each) == reason)
    assert (found["status"]["phase"], is_ready(found)) == ("Pending", False)


def test_a_probe_that_fails(plane: ControlPlane, namespace: str) -> None:
    containers = [{"name": name, "image": f"registry.example/{name}:1"} for name in ("app", "proxy")]
    name = made(plane, namespace, pod("one", "never-ready", containers=containers))
    events = f"/api/v1/namespaces/{namespace}/events"
    said = next(each["object"] for each in plane.api.watch(events, 30) if each["object"]["reason"] == "Unhealthy")
    assert said["message"] == "Readiness probe failed: HTTP probe failed with statuscode: 503"
    found = plane.api.get(f"{pods_of(namespace)}/{name}")
    assert (found["status"]["phase"], container(found)["ready"], container(found)["restartCount"]) == ("Running", False, 0)
    assert condition(found, "ContainersReady")["message"] == "containers with unready status: [app]"


def test_a_slow_start(plane: ControlPlane, namespace: str) -> None:
    name = made(plane, namespace, pod("one", "slow-start", annotations={"delay": "1500ms"}))
    began = wait(plane.api, pods_of(namespace), name, lambda each: each["status"]["phase"] == "Running")
    assert not is_ready(began)
    found = wait(plane.api, pods_of(namespace), name, is_ready)
    assert container(found)["state"]["running"] == container(began)["state"]["running"]


def test_an_init_container_that_never_ends(plane: ControlPlane, namespace: str) -> None:
    name = made(plane, namespace, pod("one", "init-stuck", initContainers=INIT))
    found = wait(plane.api, pods_of(namespace), name, lambda each: "running" in container(each, "initContainerStatuses")["state"])
    assert (found["status"]["phase"], waiting(found)) == ("Pending", "PodInitializing")
    assert condition(found, "Initialized")["message"] == "containers with incomplete status: [migrate]"


def test_an_init_container_that_fails(plane: ControlPlane, namespace: str) -> None:
    name = made(plane, namespace, pod("one", "init-crash-loop", initContainers=INIT))
    found = wait(plane.api, pods_of(namespace), name, lambda each: waiting(each, "initContainerStatuses") == "CrashLoopBackOff")
    status = container(found, "initContainerStatuses")
    assert (status["lastState"]["terminated"]["exitCode"], found["status"]["phase"], waiting(found)) == (1, "Pending", "PodInitializing")
    wait(plane.api, pods_of(namespace), name, lambda each: container(each, "initContainerStatuses")["restartCount"] == 2)


def test_behavior_by_image_name(plane: ControlPlane, namespace: str) -> None:
    containers = [{"name": "app", "image": "registry.example/team/rehearsal-oom:2"}]
    name = made(plane, namespace, pod("one", containers=containers))
    found = wait(plane.api, pods_of(namespace), name, lambda each: "terminated" in container(each)["lastState"])
    assert container(found)["lastState"]["terminated"]["reason"] == "OOMKilled"


def test_an_unknown_behavior_is_reported(plane: ControlPlane, namespace: str) -> None:
    name = made(plane, namespace, pod("one", "crash-lop"))
    found = wait(plane.api, pods_of(namespace), name, lambda each: waiting(each) == "CreateContainerConfigError")
    message = container(found)["state"]["waiting"]["message"]
    assert message == f"rehearsal.mainstay/behavior is none of {', '.join(BEHAVIORS)}"


def test_a_readiness_gate_is_waited_for(plane: ControlPlane, namespace: str) -> None:
    gate = "target-health.elbv2.k8s.aws/web"
    name = made(plane, namespace, pod("one", readinessGates=[{"conditionType": gate}]))
    found = wait(plane.api, pods_of(namespace), name, lambda each: condition(each, "ContainersReady")["status"] == "True")
    shown = condition(found, "Ready")
    assert (shown["status"], shown["reason"]) == ("False", "ReadinessGatesNotReady")
    assert shown["message"] == f'corresponding condition of pod readiness gate "{gate}" does not exist.'
    opened = {"status": {"conditions": [{"type": gate, "status": "True"}]}}
    plane.api.patch(f"{pods_of(namespace)}/{name}/status", opened, "strategic")
    wait(plane.api, pods_of(namespace), name, is_ready)


def test_deleting(plane: ControlPlane, namespace: str) -> None:
    gone, stuck = made(plane, namespace, pod("gone")), made(plane, namespace, pod("stuck", "stuck-terminating"))
    for name in (gone, stuck):
        wait(plane.api, pods_of(namespace), name, is_ready)
        plane.api.delete(f"{pods_of(namespace)}/{name}")
    until(lambda: is_gone(plane.api, f"{pods_of(namespace)}/{gone}"))
    assert plane.api.get(f"{pods_of(namespace)}/{stuck}")["metadata"]["deletionTimestamp"]
    plane.api.delete(f"{pods_of(namespace)}/{stuck}", gracePeriodSeconds=0)
    assert is_gone(plane.api, f"{pods_of(namespace)}/{stuck}")


@pytest.mark.parametrize(("behavior", "kind", "reason"), [(None, "Complete", None), ("crash-loop", "Failed", "BackoffLimitExceeded")])
def test_a_job(plane: ControlPlane, namespace: str, behavior: str | None, kind: str, reason: str | None) -> None:
    template = pod("x", behavior, restartPolicy="Never")
    path = f"/apis/batch/v1/namespaces/{namespace}/jobs"
    spec = {"backoffLimit": 0, "template": {"metadata": template["metadata"], "spec": template["spec"]}}
    plane.api.create(path, {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "work"}, "spec": spec})
    found = wait(plane.api, path, "work", lambda each: condition(each, kind)["status"] == "True")
    assert reason in (None, condition(found, kind)["reason"])
    pods = plane.api.get(pods_of(namespace), labelSelector="job-name=work")["items"]
    assert [(each["status"]["phase"], container(each)["state"]["terminated"]["exitCode"]) for each in pods] == [
        ("Succeeded", 0) if behavior is None else ("Failed", 1)
    ]


def test_logs(plane: ControlPlane, namespace: str) -> None:
    made(plane, namespace, pod("one", annotations={"logs": "first\nsecond\nthird"}))
    made(plane, namespace, pod("two", "crash-loop"))
    made(plane, namespace, pod("three", "image-not-found"))
    wait(plane.api, pods_of(namespace), "one", is_ready)
    log = f"{pods_of(namespace)}/one/log"
    assert plane.api.text(log) == "first\nsecond\nthird\n"
    assert plane.api.text(log, tailLines=1) == "third\n"
    wait(plane.api, pods_of(namespace), "two", lambda each: waiting(each) == "CrashLoopBackOff")
    assert "cannot connect to the database" in plane.api.text(f"{pods_of(namespace)}/two/log", previous="true")
    for name, query, words in (
        ("one", {"previous": "true"}, 'previous terminated container "app" in pod "one" not found'),
        ("three", {}, 'container "app" in pod "three" is waiting to start: trying and failing to pull image'),
    ):
        wait(plane.api, pods_of(namespace), name, lambda each: bool(each["status"].get("containerStatuses")))
        with pytest.raises(ApiError) as refused:
            plane.api.text(f"{pods_of(namespace)}/{name}/log", **query)
        assert refused.value.status == 400
        assert words in str(refused.value)


def test_a_log_is_followed_until_the_container_ends(plane: ControlPlane, namespace: str) -> None:
    made(plane, namespace, pod("one", "crash-loop", annotations={"run-for": "2s"}))
    wait(plane.api, pods_of(namespace), "one", lambda each: "running" in container(each)["state"])
    text = plane.api.text(f"{pods_of(namespace)}/one/log", follow="true")
    assert text.endswith("connection refused\n")
    found = container(plane.api.get(f"{pods_of(namespace)}/one"))
    assert "running" not in found["state"] or found["restartCount"] > 0


@pytest.mark.parametrize(
    ("hook", "grace", "least"),
    [
        ({"sleep": {"seconds": 8}}, 30, 0.8),
        ({"exec": {"command": ["sh", "-c", "nginx -s quit; sleep 8"]}}, 30, 0.8),
        ({"exec": {"command": ["sleep", "30"]}}, 5, 0.5),
    ],
)
def test_a_pod_goes_when_its_hook_or_its_grace_ends(
    plane: ControlPlane, namespace: str, hook: dict[str, Any], grace: int, least: float
) -> None:
    """Ten times as fast as on AWS, as this plane's `termination_scale` says."""
    containers = [{"name": "app", "image": "registry.example/app:1", "lifecycle": {"preStop": hook}}]
    name = made(plane, namespace, pod("one", containers=containers, terminationGracePeriodSeconds=grace))
    wait(plane.api, pods_of(namespace), name, is_ready)
    began = time.monotonic()
    plane.api.delete(f"{pods_of(namespace)}/{name}")
    until(lambda: is_gone(plane.api, f"{pods_of(namespace)}/{name}"))
    assert least <= time.monotonic() - began < least + 3


@pytest.mark.parametrize("behavior", ["never-ready", "image-not-found"])
def test_a_job_past_its_deadline_fails(plane: ControlPlane, namespace: str, behavior: str) -> None:
    """Its pod, which holds the Job's finalizer, ends first."""
    template = {"metadata": {"annotations": {"rehearsal.mainstay/behavior": behavior}}, "spec": pod("x", restartPolicy="Never")["spec"]}
    job = {"metadata": {"name": "late"}, "spec": {"activeDeadlineSeconds": 1, "backoffLimit": 0, "template": template}}
    jobs = f"/apis/batch/v1/namespaces/{namespace}/jobs"
    plane.api.create(jobs, {"apiVersion": "batch/v1", "kind": "Job", **job})
    found = wait(plane.api, jobs, "late", lambda each: condition(each, "Failed")["status"] == "True")
    assert condition(found, "Failed")["reason"] == "DeadlineExceeded"

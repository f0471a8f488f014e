"""Real rollouts with a real API server, controllers, and scheduler; only the pods are simulated."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.kubernetes.problems import Conflict
from ansible_collections.mainstay.aws.plugins.module_utils.kubernetes.values import Settings
from ansible_collections.mainstay.aws.plugins.module_utils.rollout import records
from ansible_collections.mainstay.aws.plugins.module_utils.rollout.plan import Bake, ServiceCheck
from ansible_collections.mainstay.aws.plugins.module_utils.rollout.rollback_target import RollbackPolicy

from .support import Cluster, outcome, workload

KINDS = ("Deployment", "StatefulSet", "DaemonSet", "Job")
ROLLED = ("Deployment", "StatefulSet", "DaemonSet")
SHORT = Settings(wait=6, grace=2, scale_up_grace=2, crash_grace=2, settle=1, quiet=60)
HUGE = {"containers": [{"name": "app", "image": "app:2", "resources": {"requests": {"cpu": "1000"}}}]}
CLAIMS = {"volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}]}
INIT = {"initContainers": [{"name": "init", "image": "init:1"}]}


@pytest.mark.parametrize("kind", KINDS)
def test_a_good_rollout_is_a_success(cluster: Cluster, kind: str) -> None:
    report = cluster.verify(cluster.apply(workload(kind)))
    assert outcome(report) == ("success", "complete")


@pytest.mark.parametrize("kind", ROLLED)
def test_a_good_change_is_a_success_and_recorded(cluster: Cluster, kind: str) -> None:
    cluster.verify(cluster.apply(workload(kind)))
    target = cluster.apply(workload(kind, image="app:2"))
    assert outcome(cluster.verify(target)) == ("success", "complete")
    record = records.read(cluster.api, target)
    assert record is not None
    assert record.template["spec"]["containers"][0]["image"] == "app:2"
    again = cluster.verify(cluster.target(kind=kind))
    assert outcome(again) == ("success", "unchanged")


BAD = {
    "crash-loop": "crash_loop",
    "image-not-found": "image_not_found",
    "oom": "oom_killed",
    "config-error": "config_missing",
    "never-ready": "timeout",
}


@pytest.mark.parametrize("behavior", sorted(BAD))
def test_a_bad_change_fails_with_its_reason_and_is_undone(cluster: Cluster, behavior: str) -> None:
    cluster.verify(cluster.apply(workload()))
    target = cluster.apply(workload(behavior=behavior, image="app:2", minReadySeconds=5))
    report = cluster.verify(target, settings=SHORT)
    assert outcome(report) == ("failure", BAD[behavior])
    assert [one["result"] for one in report.undone] == ["rolled_back"]
    live = cluster.get(target)
    assert live["spec"]["template"]["spec"]["containers"][0]["image"] == "app:1"
    assert live["status"]["availableReplicas"] == 3


def test_the_last_words_of_a_container_are_evidence(cluster: Cluster) -> None:
    report = cluster.verify(cluster.apply(workload(behavior="crash-loop", minReadySeconds=5)))
    lines = [line for verdict in report.verdicts.values() for one in verdict.evidence for line in one.log]
    assert "fatal: cannot connect to the database: connection refused" in lines


@pytest.mark.parametrize(
    ("inside", "behavior", "reason", "said"),
    [
        pytest.param(HUGE, "normal", "unschedulable", "cpu", id="no-node"),
        pytest.param(CLAIMS, "normal", "unschedulable", "persistent volume claim", id="no-claim"),
        pytest.param(INIT, "init-crash-loop", "crash_loop", "container init", id="init-container"),
        pytest.param({}, "pending", "volume", "configmap", id="no-volume"),
    ],
)
def test_causes_of_pods_that_never_start_are_distinguished(
    cluster: Cluster, inside: dict[str, Any], behavior: str, reason: str, said: str
) -> None:
    report = cluster.verify(cluster.apply(workload(behavior=behavior, pod_spec=inside)), rollback=None)
    assert outcome(report) == ("failure", reason)
    assert report.ending is not None
    assert said in report.ending.sentence


@pytest.mark.parametrize("kind", ROLLED)
def test_a_quota_that_is_used_up_is_named(cluster: Cluster, kind: str) -> None:
    quota = {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "none"}, "spec": {"hard": {"pods": "0"}}}
    path = f"/api/v1/namespaces/{cluster.namespace}/resourcequotas"
    cluster.api.create(path, quota)
    while "pods" not in (cluster.api.get(f"{path}/none").get("status") or {}).get("hard", {}):
        cluster.api.clock.pause(0.1)
    report = cluster.verify(cluster.apply(workload(kind)), rollback=None)
    assert outcome(report) == ("failure", "quota")
    assert report.ending is not None
    assert "exceeded quota: none" in report.ending.sentence


def test_pod_security_that_forbids_the_pods_is_named_at_once(cluster: Cluster) -> None:
    label = {"metadata": {"labels": {"pod-security.kubernetes.io/enforce": "restricted"}}}
    cluster.api.patch(f"/api/v1/namespaces/{cluster.namespace}", label)
    assert outcome(cluster.verify(cluster.apply(workload()), rollback=None)) == ("failure", "pod_security")


def test_a_stateful_set_that_is_stuck_is_freed(cluster: Cluster) -> None:
    cluster.verify(cluster.apply(workload("StatefulSet")))
    target = cluster.apply(workload("StatefulSet", behavior="image-not-found", image="app:2"))
    report = cluster.verify(target)
    assert outcome(report) == ("failure", "image_not_found")
    assert [one["result"] for one in report.undone] == ["rolled_back"]
    assert cluster.get(target)["status"]["availableReplicas"] == 3


def test_a_daemon_set_goes_back(cluster: Cluster) -> None:
    cluster.verify(cluster.apply(workload("DaemonSet")))
    report = cluster.verify(cluster.apply(workload("DaemonSet", behavior="image-not-found", image="app:2")))
    assert (outcome(report), [one["result"] for one in report.undone]) == (("failure", "image_not_found"), ["rolled_back"])


def test_several_workloads_go_back_in_reverse_order(cluster: Cluster) -> None:
    names = ("first", "second")
    cluster.verify(*(cluster.apply(workload(name=name)) for name in names))
    targets = [cluster.apply(workload(name="first", image="app:2")), cluster.apply(workload(name="second", behavior="image-not-found"))]
    report = cluster.verify(*targets)
    assert [(one["name"], one["result"]) for one in report.undone] == [("second", "rolled_back"), ("first", "rolled_back")]


def test_a_first_release_that_failed_is_kept_or_removed_as_asked(cluster: Cluster) -> None:
    target = cluster.apply(workload(behavior="image-not-found"))
    assert cluster.verify(target).undone[0]["result"] == "not_attempted"
    assert cluster.verify(target, rollback=RollbackPolicy("verified", "scale_to_zero")).undone[0]["result"] == "removed"
    assert cluster.get(target)["spec"]["replicas"] == 0
    other = cluster.apply(workload(name="other", behavior="image-not-found"))
    assert cluster.verify(other, rollback=RollbackPolicy("verified", "delete")).undone[0]["result"] == "removed"


def test_a_rollback_to_an_unhealthy_revision_is_reported(cluster: Cluster) -> None:
    """The rollback restores the verified release, but its image is gone by then."""
    good = workload(image="app:1")
    cluster.verify(cluster.apply(good))
    target = cluster.apply(workload(behavior="image-not-found", image="app:2"))
    record = cluster.api.get(f"{records.path_of(target)}/{records.name_of(target)}")
    spoiled = record["data"]["template"].replace('"normal"', '"image-not-found"')
    cluster.api.patch(f"{records.path_of(target)}/{records.name_of(target)}", {"data": {"template": spoiled}})
    report = cluster.verify(target, rollback_seconds=5)
    assert [one["result"] for one in report.undone] == ["rollback_failed"]


def test_a_failed_job_is_reported_with_its_exit_code(cluster: Cluster) -> None:
    report = cluster.verify(cluster.apply(workload("Job", behavior="crash-loop", backoffLimit=0)))
    assert outcome(report) == ("failure", "job_failed")
    assert [one["result"] for one in report.undone] == ["not_attempted"]


def test_a_paused_deployment_fails_at_once(cluster: Cluster) -> None:
    assert outcome(cluster.verify(cluster.apply(workload(paused=True)))) == ("failure", "paused")


def test_a_partition_is_reached_and_partial(cluster: Cluster) -> None:
    cluster.verify(cluster.apply(workload("StatefulSet")))
    update = {"type": "RollingUpdate", "rollingUpdate": {"partition": 2}}
    report = cluster.verify(cluster.apply(workload("StatefulSet", image="app:2", updateStrategy=update)))
    assert outcome(report) == ("success", "partial")


@pytest.mark.parametrize("kind", ["StatefulSet", "DaemonSet"])
def test_on_delete_names_the_pods_that_stay(cluster: Cluster, kind: str) -> None:
    update = {"type": "OnDelete"}
    cluster.verify(cluster.apply(workload(kind, updateStrategy=update)))
    report = cluster.verify(cluster.apply(workload(kind, image="app:2", updateStrategy=update)), rollback=None)
    assert outcome(report) == ("failure", "on_delete")


def test_crashes_after_the_rollout_end_the_bake(cluster: Cluster) -> None:
    annotations = {"rehearsal.mainstay/run-for": "1500ms"}
    report = cluster.verify(cluster.apply(workload(behavior="crash-loop", annotations=annotations)), bake=Bake(30), rollback=None)
    assert outcome(report) == ("failure", "crash_loop")


def test_a_service_has_to_lead_to_the_new_pods(cluster: Cluster) -> None:
    path = f"/api/v1/namespaces/{cluster.namespace}/services"
    for name, selector in (("right", {"app": "web"}), ("wrong", {"app": "nobody"})):
        inside = {"selector": selector, "ports": [{"port": 80}]}
        cluster.api.create(path, {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}, "spec": inside})
    target = cluster.apply(workload())
    right, wrong = (ServiceCheck(name, cluster.namespace, 3) for name in ("right", "wrong"))
    assert outcome(cluster.verify(target, services=(right,))) == ("success", "complete")
    assert outcome(cluster.verify(target, services=(wrong,), rollback=None)) == ("failure", "service_empty")


def test_a_second_deployment_meanwhile_is_named_and_left_alone(cluster: Cluster) -> None:
    cluster.verify(cluster.apply(workload()))
    target = cluster.apply(workload(behavior="never-ready", image="app:2"))
    changed = {"spec": {"template": {"spec": {"containers": [{"name": "app", "image": "app:3"}]}}}}
    cluster.api.patch(target.path, changed)
    report = cluster.verify(target)
    assert outcome(report) == ("failure", "superseded")
    assert [one["result"] for one in report.undone] == ["not_attempted"]


def test_a_workload_that_is_made_again_is_not_adopted(cluster: Cluster) -> None:
    target = cluster.apply(workload())
    cluster.api.delete(target.path, {})
    while True:
        try:
            cluster.api.create(target.collection, workload())
            break
        except Conflict:
            cluster.api.clock.pause(0.1)
    assert outcome(cluster.verify(target)) == ("failure", "recreated")

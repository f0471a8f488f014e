"""Rules 69 to 86 as tables: what counts as evidence, how long it may be missing, and what it is called."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.kubernetes.values import Baseline, Verdict
from ansible_collections.mainstay.aws.plugins.module_utils.rollout.judging.creation import refusal
from ansible_collections.mainstay.aws.plugins.module_utils.rollout.judging.probes_of import slowest_start

from .samples import (
    NEW,
    OLD,
    ROLLING,
    T0,
    at,
    container,
    daemon_set,
    deployment,
    event,
    merged,
    node,
    outcome,
    pod,
    replica_set,
    set_pod,
    stateful_set,
    template,
    unready,
    unscheduled,
    verdict,
    waiting,
)
from .test_failures import GOING_ON, rolling_with, words
from .test_success import DONE, changed, on_nodes, rows

STARTUP = {"startupProbe": {"tcpSocket": {"port": 1}, "failureThreshold": 30, "periodSeconds": 10}}


@pytest.mark.parametrize(
    ("inside", "seconds"),
    rows(
        none=({"containers": [{}]}, 0),
        slowest_container=({"containers": [STARTUP, {}]}, 300),
        sidecar_first=({"initContainers": [{**STARTUP, "restartPolicy": "Always"}], "containers": [STARTUP]}, 600),
    ),
)
def test_rule_70_startup_allowances_count_init_containers(inside: dict[str, Any], seconds: float) -> None:
    assert slowest_start(inside) == seconds


@pytest.mark.parametrize(
    ("events", "expected"),
    rows(
        begun=([event("u-web-1", "Pulling", "Pulling image", 5)], "pulling"),
        ended=([event("u-web-1", "Pulling", "Pulling image", 5), event("u-web-1", "Pulled", "", 60)], "starting"),
        failed=([event("u-web-1", "Pulling", "Pulling image", 5), event("u-web-1", "Failed", "", 60)], "starting"),
        of_another=([event("u-web-2", "Pulling", "Pulling image", 5)], "starting"),
    ),
)
def test_rule_70_a_pull_that_has_begun_and_not_ended_is_named(events: list[dict[str, Any]], expected: str) -> None:
    found = rolling_with(unready(waiting("ContainerCreating"), phase="Pending"), events=events, quiet=400)
    assert (found.state, found.evidence[0].code) == (GOING_ON, expected)


@pytest.mark.parametrize(
    ("whose", "expected"),
    rows(own=({}, GOING_ON), of_another_owner=({"ownerReferences": [{"uid": "u-other", "controller": True}]}, "failure")),
)
def test_rule_72_only_room_for_pods_of_the_same_owner_counts(whose: dict[str, Any], expected: str) -> None:
    other = merged(unscheduled("no cpu"), {"metadata": {"name": "web-2", "uid": "u-web-2", **whose}})
    room = [event("u-web-2", "TriggeredScaleUp", "pod triggered scale-up")]
    assert rolling_with(unscheduled("no cpu"), other, events=room, elapsed=300).state == expected


def after_rollout(available: int, *pods: dict[str, Any], wanted: int = 3, baseline: int = 3, elapsed: float = 300.0) -> Verdict:
    workload = changed(deployment(replicas=wanted, updatedReplicas=wanted, availableReplicas=available), replicas=wanted)
    began = {"baseline": Baseline(baseline, "complete", T0)}
    return verdict(workload, *pods, start=began, accept={"wait": float("inf")}, elapsed=elapsed)


YOUNG = {"metadata": {"name": "web-9", "uid": "u-web-9", "creationTimestamp": at(100)}}
NO_ROOM = merged(unscheduled("3 Insufficient cpu", since=100), YOUNG)


@pytest.mark.parametrize(
    ("found", "expected"),
    rows(
        all_there=(after_rollout(3), DONE),
        more_wanted=(after_rollout(3, NO_ROOM, wanted=4), DONE),
        more_wanted_and_fewer_there=(after_rollout(2, NO_ROOM, wanted=4), ("failure", "unschedulable")),
        replaced=(after_rollout(2, merged(unready(), YOUNG)), (GOING_ON, "replacing")),
        two_lost_one_replaced=(after_rollout(1, merged(unready(), YOUNG)), (GOING_ON, "unavailable")),
        replaced_too_long_ago=(after_rollout(2, merged(unready(), YOUNG), elapsed=701), (GOING_ON, "unavailable")),
        an_older_pod_is_not_ready=(
            after_rollout(2, merged(unready(), {"metadata": {"creationTimestamp": at(-50)}})),
            (GOING_ON, "unavailable"),
        ),
        scaled_down=(after_rollout(2, wanted=2), DONE),
        crashing_is_a_failure_all_the_same=(
            after_rollout(3, merged(unready(container(ready=False, restarts=4)), YOUNG), wanted=4),
            ("failure", "crash_loop"),
        ),
    ),
)
def test_rule_73_what_is_missing_after_the_rollout(found: Verdict, expected: tuple[str, str]) -> None:
    assert (found.state, found.code) == expected


NO_SECRET = waiting("CreateContainerConfigError", 'secret "db" not found')
NO_IMAGE = waiting("ErrImagePull", "r/app:2: not found")


@pytest.mark.parametrize(
    ("status", "seen", "expected"),
    rows(
        secret_in_time=(NO_SECRET, {"first_seen": {("u-web-1", "app", "config"): 40.0}}, GOING_ON),
        secret_too_late=(NO_SECRET, {"first_seen": {("u-web-1", "app", "config"): 39.0}}, "failure"),
        image_in_time=(NO_IMAGE, {"first_seen": {("u-web-1", "app", "pull"): 70.0}}, GOING_ON),
        image_too_late=(NO_IMAGE, {"first_seen": {("u-web-1", "app", "pull"): 69.0}}, "failure"),
        first_pull=(NO_IMAGE, {"first_seen": {("u-web-1", "app", "pull"): 99.0}, "failed_pulls": {("u-web-1", "app"): 1}}, GOING_ON),
        second_pull=(NO_IMAGE, {"first_seen": {("u-web-1", "app", "pull"): 99.0}, "failed_pulls": {("u-web-1", "app"): 2}}, "failure"),
        no_valid_name=(waiting("InvalidImageName"), {"first_seen": {}}, "failure"),
    ),
)
def test_rule_74_what_may_come_late_has_a_grace(status: dict[str, Any], seen: dict[str, Any], expected: str) -> None:
    assert rolling_with(unready(status), **seen).state == expected


def start_error(message: str, code: int = 128, restarts: int = 1, **more: Any) -> dict[str, Any]:
    last = {"reason": "StartError", "exitCode": code, "message": message}
    return {**waiting("CrashLoopBackOff", "back-off", restarts=restarts, last=last), **more}


RUNC = "failed to create containerd task: OCI runtime create failed: runc create failed: unable to start container process: "


@pytest.mark.parametrize(
    ("status", "expected"),
    rows(
        no_command=(start_error(RUNC + 'exec: "serve": executable file not found in $PATH'), "failure"),
        not_executable=(start_error(RUNC + 'exec: "./run.sh": permission denied'), "failure"),
        other_architecture=(start_error(RUNC + "exec /app: exec format error"), "failure"),
        no_file=(start_error(RUNC + 'exec: "/app": stat /app: no such file or directory'), "failure"),
        node_in_trouble=(start_error(RUNC + "error setting cgroup config: device or resource busy"), GOING_ON),
        again_and_again=(start_error(RUNC + "error setting cgroup config: device or resource busy", restarts=2), "failure"),
        ready_by_now=({**start_error(RUNC + "permission denied"), "ready": True, "state": {"running": {}}}, GOING_ON),
    ),
)
def test_rule_75_a_start_error_is_judged_by_its_message(status: dict[str, Any], expected: str) -> None:
    assert rolling_with(unready(status)).state == expected


@pytest.mark.parametrize(
    ("ended", "seen", "expected"),
    rows(
        first_release=({"first": True}, {"elapsed": 180}, GOING_ON),
        first_release_too_long=({"first": True}, {"elapsed": 181}, "failure"),
        others_come_up=({}, {"elapsed": 170, "others_unready": 170.0}, GOING_ON),
        others_just_came_up=({}, {"elapsed": 130, "others_unready": 40.0}, GOING_ON),
        others_are_up_for_long=({}, {"elapsed": 131, "others_unready": 40.0}, "failure"),
        others_never_come_up=({}, {"elapsed": 271, "others_unready": 270.0}, "failure"),
        nothing_else=({}, {"elapsed": 30}, "failure"),
        after_the_rollout=({"first": True, "baseline": Baseline(3, "complete", T0)}, {"elapsed": 60}, "failure"),
    ),
)
def test_rule_77_crashes_have_a_time_as_well_as_a_count(ended: dict[str, Any], seen: dict[str, Any], expected: str) -> None:
    crashes = unready(container(ready=False, restarts=4, last={"exitCode": 1, "reason": "Error"}))
    assert rolling_with(crashes, start=ended, **seen).state == expected


def test_rule_77_running_out_of_memory_is_not_borne() -> None:
    starved = unready(container(ready=False, restarts=4, last={"exitCode": 137, "reason": "OOMKilled"}))
    assert rolling_with(starved, start={"first": True}, elapsed=20).code == "oom_killed"


def test_rule_78_a_ready_container_is_in_no_crash_loop_but_has_to_stay_up() -> None:
    up = {"status": {"containerStatuses": [container(restarts=5, last={"exitCode": 1})]}}
    just_now = {"conditions": [{"type": "Ready", "status": "True", "lastTransitionTime": at(90)}]}
    assert outcome(deployment(), pod(**up)) == DONE
    assert outcome(deployment(), merged(pod(**up), {"status": just_now})) == (GOING_ON, "staying_up")


REFUSED = {"type": "ReplicaFailure", "status": "True", "message": 'violates PodSecurity "restricted"'}


@pytest.mark.parametrize(
    ("since", "events", "expected"),
    rows(
        of_this_call=(1, [], "failure"),
        from_before=(-600, [], GOING_ON),
        from_before_and_again=(-600, [event(f"u-{NEW}", "FailedCreate", "again", 20)], "failure"),
    ),
)
def test_rule_78_a_refusal_from_before_is_evidence_only_if_it_recurs(since: float, events: list[dict[str, Any]], expected: str) -> None:
    sets = [replica_set(conditions=[{**REFUSED, "lastTransitionTime": at(since)}])]
    assert rolling_with(replica_sets=sets, events=events, elapsed=40).state == expected


OLD_OWNER = {"ownerReferences": [{"uid": f"u-{OLD}", "controller": True}], "labels": {"app": "web", "pod-template-hash": OLD}}


@pytest.mark.parametrize(
    ("leaves_at", "left", "expected"),
    rows(
        still_in_time=(150, None, GOING_ON),
        just_over=(80, None, GOING_ON),
        overdue=(39, None, "failure"),
        just_gone=(None, 70.0, GOING_ON),
        long_gone=(None, 39.0, "failure"),
        none_leaves=(None, None, "failure"),
    ),
)
def test_rule_79_a_quota_is_held_by_our_own_leaving_pods(leaves_at: float | None, left: float | None, expected: str) -> None:
    quota = {"type": "ReplicaFailure", "status": "True", "message": "exceeded quota: small", "lastTransitionTime": at(1)}
    sets = [replica_set(conditions=[quota]), replica_set(OLD, 1, "app:1")]
    leaving = [] if leaves_at is None else [pod("web-old", metadata={"deletionTimestamp": at(leaves_at), **OLD_OWNER})]
    assert rolling_with(*leaving, replica_sets=sets, last_leaving=left).state == expected


NODES = frozenset({"node-0", "node-1", "node-2"})


@pytest.mark.parametrize(
    ("counters", "nodes", "expected"),
    rows(
        gone_and_the_rest_new=({"desiredNumberScheduled": 2, "updatedNumberScheduled": 2, "numberAvailable": 2}, (0, 1), DONE),
        gone_and_one_not_available=(
            {"desiredNumberScheduled": 2, "updatedNumberScheduled": 2, "numberAvailable": 1},
            (0, 1),
            (GOING_ON, "unavailable"),
        ),
        gone_and_one_old=({"desiredNumberScheduled": 2, "updatedNumberScheduled": 1, "numberAvailable": 2}, (0, 1), (GOING_ON, "updating")),
        gone_not_yet_noticed=({"updatedNumberScheduled": 2, "numberAvailable": 2}, (0, 1), (GOING_ON, "updating")),
        not_ready_and_still_desired=({"updatedNumberScheduled": 2, "numberAvailable": 2}, (0, 1, -2), DONE),
        not_ready_and_not_desired_any_more=(
            {"desiredNumberScheduled": 2, "updatedNumberScheduled": 2, "numberAvailable": 1, "numberMisscheduled": 1},
            (0, 1, -2),
            (GOING_ON, "unavailable"),
        ),
    ),
)
def test_rule_84_a_node_that_is_gone_is_not_subtracted_twice(
    counters: dict[str, int], nodes: tuple[int, ...], expected: tuple[str, str]
) -> None:
    known = [node(f"node-{abs(number)}", ready=number >= 0) for number in nodes]
    seen = {"nodes": known, "start": {"nodes": NODES}}
    assert outcome(daemon_set(**counters), *on_nodes(NEW, NEW, OLD), **seen) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    rows(
        denied=('admission webhook "validate.kyverno.svc-fail" denied the request: no latest tags', ("webhook_denied", True)),
        timed_out=(
            'Internal error occurred: failed calling webhook "validate.kyverno.svc-fail": context deadline exceeded',
            ("webhook_unreachable", False),
        ),
        no_endpoints=('failed calling webhook "w": no endpoints available for service "kyverno-svc"', ("webhook_unreachable", False)),
        denied_after_a_timeout_of_its_own=(
            'admission webhook "mutate.kyverno.svc-fail" denied the request: failed to verify image: net/http: request timed out',
            ("webhook_unreachable", False),
        ),
        api_timeout=("Timeout: request did not complete within requested timeout - context deadline exceeded", ("create_refused", False)),
    ),
)
def test_rule_85_a_webhook_that_timed_out_has_a_grace_a_denial_is_final(text: str, expected: tuple[str, bool]) -> None:
    assert refusal(text) == expected
    sets = [replica_set(conditions=[{"type": "ReplicaFailure", "status": "True", "message": text, "lastTransitionTime": at(1)}])]
    assert rolling_with(replica_sets=sets, elapsed=30).state == ("failure" if expected[1] else GOING_ON)
    assert rolling_with(replica_sets=sets, elapsed=70).state == "failure"


LIVENESS = {"livenessProbe": {"httpGet": {"path": "/live", "port": 8080}}}
KILLED = event("u-web-1", "Killing", "Container app failed liveness probe, will be restarted", 50)
FAILED = event("u-web-1", "Unhealthy", "Liveness probe failed: HTTP probe failed with statuscode: 500", 45)


@pytest.mark.parametrize(
    ("reason", "events", "code", "said"),
    rows(
        out_of_memory=("OOMKilled", [], "oom_killed", "ran out of memory (OOMKilled)"),
        killed=("Error", [], "crash_loop", "(exit code 137, signal 9)"),
        by_liveness=(
            "Error",
            [KILLED, FAILED],
            "crash_loop",
            "killed by its liveness probe GET :8080/live: Liveness probe failed: HTTP probe",
        ),
        by_liveness_of_another=("Error", [merged(KILLED, {"message": "Container proxy failed liveness probe"})], "crash_loop", "signal 9)"),
    ),
)
def test_rule_86_only_oom_killed_is_out_of_memory(reason: str, events: list[dict[str, Any]], code: str, said: str) -> None:
    crashes = container(ready=False, restarts=4, last={"exitCode": 137, "reason": reason})
    found = rolling_with(unready(crashes, spec={"containers": [{"name": "app", **LIVENESS}]}), events=events)
    assert (found.state, found.code) == ("failure", code)
    assert said in words(found)


def test_rule_86_a_finished_pod_is_distinguished_in_the_same_way() -> None:
    from .samples import job

    owned = {"metadata": {"ownerReferences": [{"uid": "u-web", "controller": True}]}}
    ended = {"exitCode": 137, "reason": "Error"}
    failed = verdict(job(active=1, failed=1), unready(container(ready=False, terminated=ended), phase="Failed", **owned))
    assert failed.evidence[0].code == "exited"


@pytest.mark.parametrize(
    ("workload", "quiet", "expected"),
    rows(
        no_pod=(deployment(**ROLLING), 241, ("error", "no_activity")),
        set_not_seen=(stateful_set(observedGeneration=1), 241, ("error", "no_activity")),
        ready_and_not_yet_available=(changed(deployment(**ROLLING), minReadySeconds=300), 500, (GOING_ON, "updating")),
    ),
)
def test_rule_69_silence_is_an_error_only_without_any_sign(workload: dict[str, Any], quiet: float, expected: tuple[str, str]) -> None:
    assert outcome(workload, quiet=quiet) == expected


def test_rule_69_a_volume_is_named_before_the_kubelet_has_reported_anything() -> None:
    bare = merged(unready(phase="Pending"), {"status": {"containerStatuses": None}})
    attach = event("u-web-1", "FailedAttachVolume", 'Multi-Attach error for volume "pvc-1"')
    found = rolling_with(bare, events=[attach], elapsed=600)
    assert (found.code, found.evidence[0].code) == ("timeout", "volume")
    assert "use the Recreate strategy" in words(found)


def test_rule_69_a_pod_is_a_sign() -> None:
    assert outcome(deployment(**ROLLING), unready(), quiet=500)[0] == GOING_ON
    assert outcome(stateful_set(updatedReplicas=1), set_pod(status=unready()["status"]), quiet=500)[0] == GOING_ON


def test_rule_71_the_pods_and_not_only_the_counters_have_to_be_there() -> None:
    bare = changed(deployment(), template=template(containers=[{"name": "app"}]))
    sets = [merged(replica_set(), {"spec": {"template": template(containers=[{"name": "app"}])}})]
    known = {"start": {"generation": 2, "template": ""}, "replica_sets": sets}
    pods = [pod(f"web-{number}", metadata={"uid": f"u-{number}"}) for number in range(3)]
    assert outcome(bare, *pods[:2], **known) == (GOING_ON, "staying_up")
    assert outcome(bare, *pods, **known) == DONE
    assert outcome(bare, *pods, **known, elapsed=10)[0] == GOING_ON

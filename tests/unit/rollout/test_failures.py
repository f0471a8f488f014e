"""Rules 20 to 37: a rollout that cannot succeed is reported, with the reason, as soon as failure is certain."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.kubernetes import masking
from ansible_collections.mainstay.aws.plugins.module_utils.kubernetes.values import Start, Verdict
from ansible_collections.mainstay.aws.plugins.module_utils.rollout.judging.events import relevant
from ansible_collections.mainstay.aws.plugins.module_utils.rollout.text import sentence

from .samples import (
    NEW,
    OLD,
    ROLLING,
    T0,
    at,
    container,
    crashed,
    daemon_set,
    deployment,
    event,
    job,
    merged,
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
from .test_success import changed, rows

GOING_ON = "in_progress"
DEADLINE_PASSED = 'ReplicaSet "web-{}" has timed out progressing.'


def words(found: Verdict) -> str:
    return sentence(Start("Deployment", "web", "shop", "u", 1, "", T0), found)


def rolling_with(*pods: dict[str, Any], **named: Any) -> Verdict:
    """The verdict in the middle of a Deployment's rollout."""
    return verdict(deployment(**ROLLING), *pods, **named)


def progressing(reason: str, text: str, generation: int = 2) -> dict[str, Any]:
    condition = {"type": "Progressing", "status": "False", "reason": reason, "message": text}
    return deployment(**ROLLING, observedGeneration=generation, conditions=[condition])


@pytest.mark.parametrize(
    ("workload", "elapsed", "expected"),
    rows(
        ours=(progressing("ProgressDeadlineExceeded", DEADLINE_PASSED.format(NEW)), 1, "progress_deadline"),
        of_the_rollout_before=(progressing("ProgressDeadlineExceeded", DEADLINE_PASSED.format(OLD)), 1, "updating"),
        of_an_older_generation=(progressing("ProgressDeadlineExceeded", DEADLINE_PASSED.format(NEW), 1), 1, "not_observed"),
        names_none_too_early=(progressing("ProgressDeadlineExceeded", "timed out"), 9, "updating"),
        names_none_in_time=(
            changed(progressing("ProgressDeadlineExceeded", "timed out"), progressDeadlineSeconds=10),
            10,
            "progress_deadline",
        ),
    ),
)
def test_rule_20_only_a_progress_deadline_of_this_rollout_counts(workload: dict[str, Any], elapsed: float, expected: str) -> None:
    assert outcome(workload, elapsed=elapsed)[1] == expected


@pytest.mark.parametrize(
    "workload",
    rows(
        no_deadline=(changed(deployment(**ROLLING), progressDeadlineSeconds=None),),
        one_that_means_none=(changed(deployment(**ROLLING), progressDeadlineSeconds=2**31 - 1),),
        stateful_set=(stateful_set(updatedReplicas=1),),
        daemon_set=(daemon_set(updatedNumberScheduled=1),),
    ),
)
def test_rule_21_our_own_time_limit_ends_every_wait(workload: dict[str, Any]) -> None:
    assert outcome(workload, elapsed=599)[0] == GOING_ON
    assert outcome(workload, elapsed=600) == ("failure", "timeout")


def test_rule_21_a_time_limit_before_the_deadline_still_gives_the_reason() -> None:
    found = rolling_with(unready(), elapsed=30, accept={"wait": 30})
    assert found.code == "timeout"
    assert "not finished after 30 s: 1 of 3 pods are new; pod web-1, container app is not ready" in words(found)


def test_rule_22_a_rollout_that_cannot_go_on_fails_early() -> None:
    found = verdict(progressing("ReplicaSetCreateError", "Forbidden: name too long"))
    assert (found.state, found.code) == ("failure", "progress_stopped")
    assert "ReplicaSetCreateError: Forbidden: name too long" in words(found)


@pytest.mark.parametrize(
    ("pods", "counters", "expected"),
    rows(
        well=([pod()], {}, ("success", "complete")),
        restarted=([unready(crashed(2))], {"availableReplicas": 2}, ("failure", "crash_loop")),
        restarted_while_the_counters_lag=([unready(crashed(2))], {}, ("failure", "crash_loop")),
        restarted_and_up_again=([pod(status={"containerStatuses": [container(restarts=2)]})], {}, ("success", "complete")),
        lost_one=([pod()], {"availableReplicas": 2}, ("in_progress", "unavailable")),
    ),
)
def test_rule_23_a_complete_rollout_is_judged_by_its_pods_not_by_its_condition(
    pods: list[dict[str, Any]], counters: dict[str, int], expected: tuple[str, str]
) -> None:
    condition = {"type": "Progressing", "status": "True", "reason": "NewReplicaSetAvailable"}
    assert outcome(deployment(conditions=[condition], **counters), *pods) == expected


QUOTA = 'pods "web-x" is forbidden: exceeded quota: small, requested: pods=1, used: pods=3, limited: pods=3'
SECURITY = 'pods "web-x" is forbidden: violates PodSecurity "restricted:latest": runAsNonRoot != true'
REFUSALS = {
    "quota": QUOTA,
    "pod_security": SECURITY,
    "limit_range": 'pods "x" is forbidden: maximum memory usage per Container is 1Gi, but limit is 2Gi',
    "webhook_denied": 'admission webhook "policy.example" denied the request: no latest tags',
    "webhook_unreachable": 'Internal error occurred: failed calling webhook "w": connection refused',
    "priority_class": 'pods "x" is forbidden: no PriorityClass with name high was found',
    "create_refused": "something new",
}


def failing(text: str, hash_: str = NEW) -> dict[str, Any]:
    condition = {"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate", "message": text, "lastTransitionTime": at(10)}
    return replica_set(hash_, 2 if hash_ == NEW else 1, "app:2" if hash_ == NEW else "app:1", conditions=[condition])


@pytest.mark.parametrize("code", sorted(REFUSALS))
def test_rule_24_pods_that_may_not_be_made_are_seen_at_the_new_replica_set(code: str) -> None:
    found = rolling_with(replica_sets=[failing(REFUSALS[code]), replica_set(OLD, 1, "app:1")])
    assert (found.state, found.code) == ("failure", code)
    assert REFUSALS[code][:60] in words(found)


def test_rule_24_the_failure_of_an_old_replica_set_does_not_count() -> None:
    assert rolling_with(replica_sets=[replica_set(), failing(QUOTA, OLD)]).state == GOING_ON


@pytest.mark.parametrize(("elapsed", "expected"), rows(may_pass_while_old_pods_go=(50, GOING_ON), does_not=(71, "failure")))
def test_rule_24_a_quota_may_become_free_for_a_while(elapsed: float, expected: str) -> None:
    sets = [failing(QUOTA), replica_set(OLD, 1, "app:1")]
    assert rolling_with(replica_sets=sets, elapsed=elapsed).state == expected
    assert rolling_with(replica_sets=[failing(SECURITY)], elapsed=20).state == "failure"


@pytest.mark.parametrize(
    "workload",
    rows(
        stateful_set=(stateful_set(replicas=2, updatedReplicas=1),),
        daemon_set=(daemon_set(currentNumberScheduled=2, updatedNumberScheduled=1),),
        job=(job(),),
    ),
)
def test_rule_24_kinds_without_a_condition_tell_by_events(workload: dict[str, Any]) -> None:
    assert outcome(workload, events=[event("u-web", "FailedCreate", QUOTA)]) == ("failure", "quota")


OLD_OWNER = {"ownerReferences": [{"uid": f"u-{OLD}", "controller": True}], "labels": {"app": "web", "pod-template-hash": OLD}}
OTHER_OWNER = {"ownerReferences": [{"uid": "u-somebody", "controller": True}]}
WRONG_HASH = {"labels": {"app": "web", "pod-template-hash": OLD}}


@pytest.mark.parametrize("whose", rows(old_revision=(OLD_OWNER,), other_owner_same_labels=(OTHER_OWNER,), wrong_hash=(WRONG_HASH,)))
def test_rule_25_only_pods_of_the_new_revision_count(whose: dict[str, Any]) -> None:
    assert rolling_with(merged(unready(crashed(9)), {"metadata": whose})).state == GOING_ON


def test_rule_25_only_pods_of_the_new_revision_count_in_sets() -> None:
    bad = {"status": unready(crashed(9))["status"]}
    workload = stateful_set(updatedReplicas=1, currentRevision=OLD)
    assert outcome(workload, set_pod("web-0", OLD, **bad), set_pod("web-2"))[0] == GOING_ON
    assert outcome(workload, set_pod("web-2", NEW, **bad)) == ("failure", "crash_loop")


SIDECAR = {"initContainerStatuses": [crashed(3)], "containerStatuses": [container(ready=False)]}


@pytest.mark.parametrize(
    "found",
    rows(
        container=(unready(crashed(3)),),
        second_container=(unready(container("first"), crashed(3)),),
        init_container=(unready(waiting("PodInitializing"), phase="Pending", status={"initContainerStatuses": [crashed(3)]}),),
        sidecar=(
            unready(container(), status={"initContainerStatuses": [container("proxy", ready=False, restarts=3, last={"exitCode": 1})]}),
        ),
        running_between_two_crashes=(unready(container(ready=False, restarts=3, last={"exitCode": 1})),),
    ),
)
def test_rule_26_a_crash_loop_is_seen_wherever_it_happens(found: dict[str, Any]) -> None:
    assert rolling_with(found).code == "crash_loop"


def test_rule_26_restarts_before_the_start_do_not_count() -> None:
    before = {("u-web-1", "app"): 7}
    calm = unready(container(ready=False, restarts=7, last={"exitCode": 1}))
    assert rolling_with(calm, start={"restarts": before}).state == GOING_ON
    again = unready(container(ready=False, restarts=9, last={"exitCode": 1}))
    assert rolling_with(again, start={"restarts": before}).state == "failure"


@pytest.mark.parametrize(
    ("pods", "accept", "expected"),
    rows(
        one_restart_is_tolerated=([unready(crashed(1))], {}, GOING_ON),
        two_are_not=([unready(crashed(2))], {}, "failure"),
        more_on_demand=([unready(crashed(2))], {"max_restarts": 2}, GOING_ON),
        none_on_demand=([unready(crashed(1))], {"max_restarts": 0}, "failure"),
        a_bad_pod_on_demand=([unready(crashed(9))], {"tolerated_pods": 1}, GOING_ON),
        one_more_than_that=(
            [unready(crashed(9)), merged(unready(crashed(9)), {"metadata": {"name": "b"}})],
            {"tolerated_pods": 1},
            "failure",
        ),
    ),
)
def test_rule_27_how_much_may_go_wrong_is_a_threshold(pods: list[dict[str, Any]], accept: dict[str, int], expected: str) -> None:
    assert rolling_with(*pods, accept=accept).state == expected


NOT_THERE = 'failed to pull and unpack image "r/app:2": r/app:2: not found'


@pytest.mark.parametrize(
    ("reason", "message", "expected"),
    rows(
        not_found=("ErrImagePull", NOT_THERE, "image_not_found"),
        manifest=("ErrImagePull", "manifest unknown: manifest unknown", "image_not_found"),
        denied=("ErrImagePull", "pull access denied for app", "image_not_found"),
        name=("InvalidImageName", "couldn't parse image name", "image_invalid"),
        told_in_the_back_off=("ImagePullBackOff", f'Back-off pulling image "r/app:2": ErrImagePull: {NOT_THERE}', "image_not_found"),
    ),
)
def test_rule_28_an_image_that_is_not_there_fails_at_once(reason: str, message: str, expected: str) -> None:
    assert (rolling_with(unready(waiting(reason, message))).state, rolling_with(unready(waiting(reason, message))).code) == (
        "failure",
        expected,
    )


@pytest.mark.parametrize(
    "message",
    ["dial tcp: i/o timeout", "429 Too Many Requests", "503 Service Unavailable", "net/http: TLS handshake timeout", "unexpected EOF", "?"],
)
def test_rule_28_a_registry_in_trouble_is_waited_for(message: str) -> None:
    assert rolling_with(unready(waiting("ErrImagePull", message))).state == GOING_ON


def test_rule_28_a_back_off_does_not_hide_its_cause() -> None:
    backing_off = unready(waiting("ImagePullBackOff", 'Back-off pulling image "r/app:2"'))
    assert rolling_with(backing_off).state == GOING_ON
    assert rolling_with(backing_off, remembered={("u-web-1", "app"): NOT_THERE}).code == "image_not_found"
    assert rolling_with(backing_off, events=[event("u-web-1", "Failed", NOT_THERE)]).code == "image_not_found"


@pytest.mark.parametrize(
    ("status", "expected"),
    rows(
        missing_config=(waiting("CreateContainerConfigError", 'configmap "settings" not found'), "failure"),
        cache_not_ready=(waiting("CreateContainerConfigError", "failed to sync configmap cache: timed out"), GOING_ON),
        no_such_command=(waiting("RunContainerError", 'exec: "x": executable file not found', last={"exitCode": 127}), "failure"),
        node_in_trouble=(waiting("RunContainerError", "cannot mount", last={"exitCode": 128}), GOING_ON),
        ended_that_way=(waiting("CrashLoopBackOff", last={"reason": "ContainerCannotRun", "exitCode": 127}), "failure"),
        start_error=(container(ready=False, terminated={"reason": "StartError", "exitCode": 127, "message": "no such file"}), "failure"),
    ),
)
def test_rule_29_a_container_that_cannot_be_made_fails_at_once(status: dict[str, Any], expected: str) -> None:
    assert rolling_with(unready(status)).state == expected


def test_rule_30_how_a_container_ended_is_evidence() -> None:
    found = rolling_with(unready(crashed(3, 137, "OOMKilled")), logs={("web-1", "app"): ("allocating",)})
    evidence = found.evidence[0]
    assert (found.code, evidence.exit_code, evidence.signal, evidence.log) == ("oom_killed", 137, 9, ("allocating",))
    assert "ran out of memory (OOMKilled) (exit code 137, signal 9)" in words(found)
    assert rolling_with(unready(crashed(3, 3))).evidence[0].exit_code == 3


@pytest.mark.parametrize(
    ("line", "gone"),
    rows(
        password=("connect password=hunter22 host=db", "hunter22"),
        json=('{"api_key": "abcd1234efgh"}', "abcd1234efgh"),
        environment=("AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7", "wJalrXUtnFEMI"),
        bearer=("Authorization: Bearer abc.def.ghijkl", "abc.def.ghijkl"),
        basic=("authorization: Basic dXNlcjpwYXNz", "dXNlcjpwYXNz"),
        url=("postgres://app:s3cr3t@db:5432/x", "s3cr3t"),
        key_id=("using AKIAIOSFODNN7EXAMPLE now", "AKIAIOSFODNN7EXAMPLE"),
        jwt=("got eyJhbGciOiJIUzI1.eyJzdWIiOiIxMjM0.c2lnbmF0dXJl", "eyJzdWIiOiIxMjM0"),
    ),
)
def test_rule_30_logs_show_no_secret(line: str, gone: str) -> None:
    shown = masking.last_lines(f"before\n{line}\nafter")
    assert gone not in " ".join(shown)
    assert (shown[0], shown[-1]) == ("before", "after")


def test_rule_30_logs_are_bounded() -> None:
    shown = masking.last_lines("\n".join("x" * 1000 for _ in range(100)))
    assert len(shown) == masking.MOST_LINES
    assert max(len(line) for line in shown) < 320
    key = "a\n-----BEGIN RSA PRIVATE KEY-----\nMIIE\nabcd\n-----END RSA PRIVATE KEY-----\nb"
    assert masking.last_lines(key) == ("a", masking.MASK, "b")


NO_NODE = "0/3 nodes are available: {}. preemption: 0/3 nodes are available: 3 No preemption victims found."


@pytest.mark.parametrize(
    ("message", "constraint"),
    rows(
        cpu=("3 Insufficient cpu", "cpu"),
        memory=("1 Insufficient memory, 2 Insufficient cpu", "cpu, memory"),
        taint=("3 node(s) had untolerated taint {dedicated: db}", "taint"),
        selector=("3 node(s) didn't match Pod's node affinity/selector", "node affinity or selector"),
        zone=("3 node(s) had volume node affinity conflict", "volume zone"),
        spread=("3 node(s) didn't match pod topology spread constraints", "topology spread"),
        gpu=("3 Insufficient nvidia.com/gpu", "extended resource"),
        full=("3 Too many pods", "number of pods"),
    ),
)
def test_rule_31_a_pod_without_a_node_names_the_constraint(message: str, constraint: str) -> None:
    found = rolling_with(unscheduled(NO_NODE.format(message)))
    assert (found.code, found.evidence[0].constraint) == ("unschedulable", constraint)


@pytest.mark.parametrize(
    ("elapsed", "events", "expected"),
    rows(
        in_grace=(60, [], GOING_ON),
        after_grace=(61, [], "failure"),
        autoscaler=(300, [event("u-web-1", "TriggeredScaleUp", "pod triggered scale-up")], GOING_ON),
        karpenter=(300, [event("u-web-1", "Nominated", "pod should schedule on nodeclaim/x")], GOING_ON),
        autoscaler_cannot=(300, [event("u-web-1", "NotTriggerScaleUp", "max node group size reached")], "failure"),
        autoscaler_in_vain=(601, [event("u-web-1", "TriggeredScaleUp")], "failure"),
    ),
)
def test_rule_31_a_node_may_be_on_its_way(elapsed: float, events: list[dict[str, Any]], expected: str) -> None:
    pending = unscheduled(NO_NODE.format("3 Insufficient cpu"))
    assert rolling_with(pending, elapsed=elapsed, events=events, accept={"wait": 3600}).state == expected


def test_rule_31_a_scheduling_gate_is_no_lack_of_nodes() -> None:
    gated = unscheduled("gated", reason="SchedulingGated", spec={"schedulingGates": [{"name": "example/quota"}]})
    found = rolling_with(gated)
    assert (found.state, found.evidence[0].code, found.evidence[0].constraint) == (GOING_ON, "scheduling_gated", "example/quota")


def claim(name: str = "data", phase: str = "Pending", **spec: Any) -> dict[str, Any]:
    return {"metadata": {"name": name, "uid": f"u-{name}"}, "spec": spec, "status": {"phase": phase}}


DATA = {"spec": {"volumes": [{"name": "d", "persistentVolumeClaim": {"claimName": "data"}}]}}
UNBOUND = NO_NODE.format("pod has unbound immediate PersistentVolumeClaims")


def test_rule_32_a_pending_claim_is_named_with_its_reason() -> None:
    found = rolling_with(unscheduled(UNBOUND, **DATA), claims=[claim()])
    assert (found.code, found.evidence[0].message) == (
        "claim_pending",
        "data is pending (it names no storage class and there is no default one)",
    )
    said = event("u-data", "ProvisioningFailed", 'storageclass "fast" not found')
    found = rolling_with(unscheduled(UNBOUND, **DATA), claims=[claim(storageClassName="fast")], events=[said])
    assert found.evidence[0].message == 'data is pending (storage class fast): storageclass "fast" not found'
    ephemeral = {"spec": {"volumes": [{"name": "e", "ephemeral": {}}]}}
    assert rolling_with(unscheduled(UNBOUND, **ephemeral), claims=[claim("web-1-e")]).code == "claim_pending"


@pytest.mark.parametrize(
    ("reason", "message", "elapsed", "expected"),
    rows(
        secret=("FailedMount", 'MountVolume.SetUp failed for volume "k" : secret "key" not found', 100, "failure"),
        secret_may_come=("FailedMount", 'MountVolume.SetUp failed for volume "k" : secret "key" not found', 50, GOING_ON),
        multi_attach=("FailedAttachVolume", "Multi-Attach error for volume pvc-1", 100, GOING_ON),
    ),
)
def test_rule_32_a_volume_that_does_not_come_is_named(reason: str, message: str, elapsed: float, expected: str) -> None:
    creating = unready(waiting("ContainerCreating"), phase="Pending")
    found = rolling_with(creating, events=[event("u-web-1", reason, message)], elapsed=elapsed)
    assert (found.state, found.evidence[0].code, found.evidence[0].message) == (expected, "volume", message)


def test_rule_32_a_missing_service_account_is_named() -> None:
    text = 'pods "web-" is forbidden: error looking up service account shop/web: serviceaccount "web" not found'
    assert rolling_with(replica_sets=[failing(text)]).code == "service_account"


@pytest.mark.parametrize("reason", ["Evicted", "Preempting", "NodeShutdown", "Terminated", "OutOfcpu", "UnexpectedAdmissionError"])
def test_rule_33_a_pod_that_the_node_ended_is_replaced(reason: str) -> None:
    gone = unready(
        container(ready=False, terminated={"exitCode": 137}), phase="Failed", status={"reason": reason, "message": "low on memory"}
    )
    found = rolling_with(gone)
    assert (found.state, found.evidence[0].severity, found.evidence[0].code) == (GOING_ON, "transient", "pod_failed")
    assert reason in words(found)


WITH_PROBE = {"spec": {"containers": [{"name": "app", "readinessProbe": {"httpGet": {"path": "/healthz", "port": 8080}}}]}}
WITH_STARTUP = {
    "spec": {"containers": [{"name": "app", "startupProbe": {"tcpSocket": {"port": 5432}, "failureThreshold": 60, "periodSeconds": 10}}]}
}


def test_rule_34_a_timeout_names_the_probe_that_does_not_pass() -> None:
    found = rolling_with(unready(**WITH_PROBE), elapsed=600)
    assert found.code == "timeout"
    assert "readiness probe GET :8080/healthz has not passed" in words(found)


def test_rule_34_a_startup_probe_determines_the_time_limit() -> None:
    assert "startup probe TCP :5432 has not passed; it may take 600 s" in words(rolling_with(unready(**WITH_STARTUP)))
    slow = changed(deployment(**ROLLING), template=template(**WITH_STARTUP["spec"]))
    known = {"generation": 2}
    found = verdict(slow, unready(**WITH_STARTUP), start=known, elapsed=300, accept={"wait": 300})
    assert "Its own probes allow 600 s to start: wait longer" in words(found)
    assert verdict(slow, unready(**WITH_STARTUP), start=known, quiet=500).state == GOING_ON


@pytest.mark.parametrize(
    ("workload", "quiet", "expected"),
    rows(
        still_young=(deployment(**ROLLING), 240, (GOING_ON, "updating")),
        dead=(deployment(**ROLLING), 241, ("error", "no_activity")),
        no_controller_at_all=(deployment(observedGeneration=1), 241, ("error", "no_activity")),
        slow_by_its_own_word=(changed(deployment(**ROLLING), minReadySeconds=300), 241, (GOING_ON, "updating")),
        a_job_works_in_silence=(job(active=1), 241, (GOING_ON, "running")),
    ),
)
def test_rule_35_a_rollout_in_which_nothing_happens_is_an_error(workload: dict[str, Any], quiet: float, expected: tuple[str, str]) -> None:
    assert outcome(workload, quiet=quiet) == expected


@pytest.mark.parametrize(
    ("found", "kept"),
    rows(
        ours=(event("u-web-1", "X", when=1), True),
        of_another=(event("u-other", "X", when=1), False),
        just_before=(event("u-web-1", "X", when=-5), True),
        long_before=(event("u-web-1", "X", when=-6), False),
        again_since=(event("u-web-1", "X", when=-900, series={"lastObservedTime": at(3), "count": 9}), True),
        merged_since=(event("u-web-1", "X", when=-900, lastTimestamp=at(3)), True),
        new_api=(event("u-web-1", "X", when=-900, firstTimestamp=None, lastTimestamp=None, eventTime=at(3), count=None), True),
        only_made=(event("u-web-1", "X", when=3, firstTimestamp=None, lastTimestamp=None), True),
        no_time_at_all=(event("u-web-1", "X", metadata=None, firstTimestamp=None, lastTimestamp=None), False),
    ),
)
def test_rule_36_only_events_of_these_objects_and_this_rollout(found: dict[str, Any], kept: bool) -> None:
    assert bool(relevant([found], {"u-web-1"}, T0)) is kept


def test_rule_36_an_event_alone_proves_nothing() -> None:
    denied = [event("u-web", "FailedCreate", SECURITY)]
    pods = [set_pod(f"web-{number}") for number in range(3)]
    assert outcome(stateful_set(), *pods, events=denied) == ("success", "complete")
    assert outcome(stateful_set(availableReplicas=2), *pods, events=denied) == (GOING_ON, "unavailable")


@pytest.mark.parametrize(
    ("deleted_at", "finalizers", "said"),
    rows(
        just_now=(95, [], "1 old pods are left"),
        by_finalizer=(20, ["example/hold"], "has not terminated in time: finalizers example/hold"),
        by_its_node=(20, [], "has not terminated in time: node node-1 has not confirmed its end"),
    ),
)
def test_rule_37_a_pod_that_does_not_go_away_has_a_reason(deleted_at: float, finalizers: list[str], said: str) -> None:
    gone = {"metadata": {"deletionTimestamp": at(deleted_at), "finalizers": finalizers}}
    old = set_pod("web-0", OLD, **gone)
    found = verdict(stateful_set(), old, set_pod("web-1"), set_pod("web-2"))
    assert (found.state, found.code) == (GOING_ON, "old_pods")
    assert said in words(found)


def test_rule_37_a_timeout_names_the_pod_that_does_not_go_away() -> None:
    old = set_pod("web-0", OLD, metadata={"deletionTimestamp": at(20), "finalizers": ["example/hold"]})
    found = verdict(stateful_set(), old, set_pod("web-1"), set_pod("web-2"), elapsed=600)
    assert (found.code, [one.code for one in found.evidence]) == ("timeout", ["stuck_terminating"])


@pytest.mark.parametrize(
    ("status", "spec", "expected"),
    rows(
        running=({"active": 1}, {}, (GOING_ON, "running")),
        done=({"succeeded": 1, "conditions": [{"type": "Complete", "status": "True"}]}, {}, ("success", "complete")),
        failed=(
            {"failed": 3, "conditions": [{"type": "Failed", "status": "True", "reason": "BackoffLimitExceeded"}]},
            {},
            ("failure", "job_failed"),
        ),
        suspended=({}, {"suspend": True}, ("failure", "suspended")),
        nothing_to_run=({}, {"parallelism": 0}, ("failure", "nothing_running")),
    ),
)
def test_a_job_is_over_when_its_conditions_say_so(status: dict[str, Any], spec: dict[str, Any], expected: tuple[str, str]) -> None:
    assert outcome(changed(job(**status), **spec)) == expected


def test_a_job_tries_failed_pods_again() -> None:
    owned = {"metadata": {"ownerReferences": [{"uid": "u-web", "controller": True}]}}
    ended = unready(container(ready=False, terminated={"exitCode": 2, "reason": "Error"}), phase="Failed", **owned)
    found = verdict(job(active=1, failed=1), ended, merged(unready(crashed(5)), owned))
    assert found.state == GOING_ON
    assert {one.code for one in found.evidence} == {"exited", "crash_loop"}
    failed = job(failed=3, conditions=[{"type": "Failed", "status": "True", "reason": "BackoffLimitExceeded", "message": "limit"}])
    assert verdict(failed, ended).evidence[0].exit_code == 2

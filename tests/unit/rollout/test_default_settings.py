"""Rules 69 to 74 as whole runs with the module's default options: limits interact in the order in which users meet them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.rollout import records

from .defaults import BROKEN, NEVER_READY, PROBE, SHORT_SLACK, Timeline, default_plan, pods, put, run, well
from .fake_api import FakeApi, failure
from .running import WEB, client, controller, crashed_again, outcome, recorded
from .samples import (
    NEW,
    OLD,
    SETS,
    container,
    deployment,
    merged,
    pod,
    replica_set,
    template,
    unready,
    unscheduled,
    waiting,
)
from .test_success import changed, rows

DONE = ("success", "complete")
UNPROBED = template(containers=[{"name": "app", "image": "app:2"}])


@pytest.fixture
def api() -> Any:
    with FakeApi() as found:
        found.on_write.append(controller(found))
        yield found


def named(thing: dict[str, Any], number: int) -> dict[str, Any]:
    return merged(thing, {"metadata": {"name": f"web-{number}", "uid": f"u-web-{number}"}})


GATE = {"spec": {"readinessGates": [{"conditionType": "target-health.elbv2.k8s.aws/web"}]}}
CREATING = unready(waiting("ContainerCreating"), phase="Pending")
INIT_RUNS = unready(
    waiting("PodInitializing"),
    phase="Pending",
    spec={"initContainers": [{"name": "migrate"}]},
    status={"initContainerStatuses": [container("migrate", ready=False)]},
)


@pytest.mark.parametrize(
    ("found", "reason", "said"),
    rows(
        never_ready=(NEVER_READY, "", "readiness probe GET :8080/healthz has not passed"),
        gate=(unready(container(), reason="ReadinessGatesNotReady", **GATE), "", "waits for a readiness gate (target-health.elbv2"),
        volume=(CREATING, "FailedAttachVolume", "a ReadWriteOnce volume that the old pod keeps during a RollingUpdate"),
        node_silent=(CREATING, "", "pod web-1, container app is starting: ContainerCreating"),
    ),
)
def test_rule_69_silence_with_evidence_is_a_failure_and_rolled_back(api: FakeApi, found: dict[str, Any], reason: str, said: str) -> None:
    for thing in [BROKEN, *SETS, found]:
        api.put(thing)
    recorded(api)
    clock = Timeline(api)
    if reason:
        clock.event("u-web-1", reason, 'Multi-Attach error for volume "pvc-1" Volume is already used by pod(s) web-0')
    report = run(api, clock, BROKEN)
    assert outcome(report) == ("failure", "timeout")
    assert report.ending is not None
    assert said in report.ending.sentence
    assert [one["result"] for one in report.undone] == ["rolled_back"]
    assert 600 <= clock.elapsed <= 600 + SHORT_SLACK


def test_rule_69_a_smaller_progress_deadline_comes_first(api: FakeApi) -> None:
    short = changed(BROKEN, progressDeadlineSeconds=120)
    for thing in [short, *SETS, NEVER_READY]:
        api.put(thing)
    recorded(api)

    def passes(clock: Timeline) -> None:
        text = f'ReplicaSet "web-{NEW}" has timed out progressing.'
        condition = {"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded", "message": text}
        clock.put(merged(short, {"status": {"conditions": [{**condition, "lastUpdateTime": clock.stamp()}]}}))

    clock = Timeline(api, (120, passes))
    report = run(api, clock, short)
    assert outcome(report) == ("failure", "progress_deadline")
    assert [one["result"] for one in report.undone] == ["rolled_back"]
    assert clock.elapsed <= 120 + SHORT_SLACK


def test_rule_69_no_progress_without_a_sign_is_an_error_and_nothing_is_rolled_back(api: FakeApi) -> None:
    unseen = merged(BROKEN, {"status": {"observedGeneration": 1}})
    for thing in [unseen, *SETS]:
        api.put(thing)
    recorded(api)
    clock = Timeline(api)
    report = run(api, clock, unseen)
    assert outcome(report) == ("error", "no_activity")
    assert (report.undone, 240 <= clock.elapsed <= 240 + SHORT_SLACK) == ([], True)


@pytest.mark.parametrize(
    ("found", "reason", "said"),
    rows(
        pull=(CREATING, "Pulling", "is pulling an image: Pulling image"),
        init=(INIT_RUNS, "", "container migrate is running an init container"),
        gate=(unready(container(), reason="ReadinessGatesNotReady", **GATE), "", "waits for a readiness gate"),
    ),
)
def test_rule_70_a_rollout_of_several_minutes_is_in_progress(api: FakeApi, found: dict[str, Any], reason: str, said: str) -> None:
    for thing in [BROKEN, *SETS, found]:
        api.put(thing)
    recorded(api)
    heard: list[str] = []
    clock = Timeline(api, (550, put(*pods(), deployment())))
    if reason:
        clock.event("u-web-1", reason, 'Pulling image "app:2"')
    from ansible_collections.mainstay.aws.plugins.module_utils.rollout.verifier import Verifier

    report = Verifier(client(api, clock, 600), clock, default_plan(BROKEN), lambda _who, what, _s: heard.append(what), "test").run()
    assert outcome(report) == DONE
    assert any(said in one for one in heard)


def test_rule_70_a_pod_that_terminates_within_its_time_is_activity(api: FakeApi) -> None:
    from .samples import revision, set_pod, stateful_set

    target = merged(stateful_set(updatedReplicas=2, currentRevision=OLD), {"spec": {"template": template()}})
    clock = Timeline(api, (500, put(stateful_set(), *(set_pod(f"web-{number}") for number in range(3)))))
    going = set_pod("web-0", OLD, metadata={"deletionTimestamp": clock.stamp(ago=-500)})
    for thing in [target, revision(), revision(OLD, 1), going, set_pod("web-1"), set_pod("web-2")]:
        api.put(thing)
    assert outcome(run(api, clock, target)) == DONE


def unprobed_rollout(api: FakeApi, clock: Timeline) -> dict[str, Any]:
    """Three pods that have just become Ready without any probe."""
    workload = changed(deployment(), template=UNPROBED)
    just_now = {"status": {"conditions": [{"type": "Ready", "status": "True", "lastTransitionTime": clock.stamp()}]}}
    api.put(workload)
    for thing in [merged(replica_set(), {"spec": {"template": UNPROBED}}), SETS[1]]:
        api.put(thing)
    for number in range(3):
        api.put(merged(pod(f"web-{number}"), just_now))
    return workload


def test_rule_71_pods_without_a_probe_have_to_stay_up_for_a_moment(api: FakeApi) -> None:
    clock = Timeline(api)
    workload = unprobed_rollout(api, clock)
    assert outcome(run(api, clock, workload)) == DONE
    assert 10 <= clock.elapsed <= 15 + SHORT_SLACK
    assert records.read(client(api, clock), WEB) is not None


def test_rule_71_one_that_crashes_after_two_seconds_is_not_recorded_as_verified(api: FakeApi) -> None:
    def crash(clock: Timeline) -> None:
        clock.put(*(crashed_again(api.at(f"/api/v1/namespaces/shop/pods/web-{number}")) for number in range(3)))
        clock.put(merged(workload, {"status": {"availableReplicas": 0}}))

    clock = Timeline(api, (2, crash), (12, crash), (32, crash))
    workload = unprobed_rollout(api, clock)
    report = run(api, clock, workload)
    assert outcome(report)[0] == "failure"
    assert not api.asked("post", "/configmaps")


@pytest.mark.parametrize(
    ("more", "settles"),
    rows(
        min_ready_seconds=({"minReadySeconds": 5}, False),
        one_of_two_probed=({"template": template(containers=[{"name": "app"}, {"name": "proxy", **PROBE}])}, True),
        startup_probe=({"template": template(containers=[{"name": "app", "startupProbe": {"tcpSocket": {"port": 1}}}])}, False),
    ),
)
def test_rule_71_only_where_nothing_else_vouches_for_the_pods(api: FakeApi, more: dict[str, Any], settles: bool) -> None:
    clock = Timeline(api)
    workload = changed(unprobed_rollout(api, clock), **more)
    api.put(workload)
    assert outcome(run(api, clock, workload)) == DONE
    assert (clock.elapsed > 10) is settles


def test_rule_71_a_bake_takes_its_place(api: FakeApi) -> None:
    clock = Timeline(api)
    workload = unprobed_rollout(api, clock)
    assert outcome(run(api, clock, workload, bake={"duration": 60})) == DONE
    assert clock.elapsed < 60 + SHORT_SLACK


NO_ROOM = "0/3 nodes are available: 3 Insufficient cpu."


def waiting_for_nodes(api: FakeApi, count: int = 6) -> tuple[dict[str, Any], dict[str, Any]]:
    """This many new pods without a node; the Deployment at that time, and once they have one."""
    counters = {"replicas": count, "updatedReplicas": count, "availableReplicas": 0}
    begun = changed(deployment(**counters), replicas=count)
    for thing in [begun, *SETS, *(named(unscheduled(NO_ROOM), number) for number in range(count))]:
        api.put(thing)
    return begun, merged(begun, {"status": {"availableReplicas": count, "readyReplicas": count}})


def placed(count: int, ended: dict[str, Any]) -> Callable[[Timeline], None]:
    return put(ended, *(pod(f"web-{number}") for number in range(count)))


@pytest.mark.parametrize(
    ("reason", "expected"),
    rows(autoscaler=("TriggeredScaleUp", DONE), karpenter=("Nominated", DONE), none=("", ("failure", "unschedulable"))),
)
def test_rule_72_room_for_one_pod_is_room_for_all(api: FakeApi, reason: str, expected: tuple[str, str]) -> None:
    begun, ended = waiting_for_nodes(api)
    steps = [(300.0, placed(6, ended))]
    clock = Timeline(api, *steps, *([(5.0, lambda clock: clock.event("u-web-5", reason, "one more node"))] if reason else []))
    assert outcome(run(api, clock, begun)) == expected
    if not reason:
        assert 60 <= clock.elapsed <= 60 + SHORT_SLACK


def test_rule_72_without_permission_to_read_events_the_longer_grace_holds(api: FakeApi) -> None:
    begun, ended = waiting_for_nodes(api)
    api.faults.append(lambda request: failure(403, "not you") if request.path.endswith("/events") else None)
    assert outcome(run(api, Timeline(api, (300, placed(6, ended))), begun)) == DONE


BAKE = {"duration": 400}


def test_rule_73_an_autoscaler_that_adds_pods_during_the_bake_does_no_harm(api: FakeApi) -> None:
    well(api)
    scaled = merged(
        deployment(replicas=5, updatedReplicas=5, availableReplicas=3, observedGeneration=3),
        {"metadata": {"generation": 3}, "spec": {"replicas": 5}},
    )
    new = [named(unscheduled(NO_ROOM), number) for number in (3, 4)]
    clock = Timeline(api, (30, put(scaled, *new)))
    recorded(api)
    report = run(api, clock, deployment(), bake=BAKE)
    assert (outcome(report), report.undone) == (DONE, [])
    assert "2 more pods are wanted" in " ".join(report.verdicts[str(WEB)].notes)


def drained(clock: Timeline) -> None:
    """A node is drained: one pod is recreated elsewhere, and takes its time."""
    clock.api.remove(pod("web-2"))
    young = {"metadata": {"creationTimestamp": clock.stamp(), "name": "web-9", "uid": "u-web-9"}}
    clock.put(merged(unready(waiting("ContainerCreating"), phase="Pending"), young), deployment(availableReplicas=2))


def test_rule_73_a_pod_that_is_moved_gets_the_time_of_a_rollout(api: FakeApi) -> None:
    well(api)
    clock = Timeline(api, (30, drained), (250, put(pod("web-9"), deployment())))
    assert outcome(run(api, clock, deployment(), bake=BAKE)) == DONE


@pytest.mark.parametrize(
    ("what", "expected"),
    rows(
        not_ready_any_more=(put(named(unready(), 2), deployment(availableReplicas=2)), ("failure", "degraded")),
        gone_and_not_replaced=(
            lambda clock: (clock.api.remove(pod("web-2")), clock.put(deployment(availableReplicas=2))),
            ("failure", "degraded"),
        ),
        scaled_down=(put(changed(deployment(replicas=2, updatedReplicas=2, availableReplicas=2), replicas=2)), DONE),
    ),
)
def test_rule_73_pods_that_are_lost_for_good_are_a_failure(api: FakeApi, what: Any, expected: tuple[str, str]) -> None:
    well(api)
    assert outcome(run(api, Timeline(api, (30, what)), deployment(), bake=BAKE)) == expected


NOT_FOUND = 'failed to pull and unpack image "r/app:2": r/app:2: not found'
NO_SECRET = 'secret "db" not found'


@pytest.mark.parametrize(
    ("found", "late", "limit"),
    rows(
        secret=(unready(waiting("CreateContainerConfigError", NO_SECRET)), 50, 60),
        image=(unready(waiting("ErrImagePull", NOT_FOUND)), 20, 30),
        credentials=(unready(waiting("ErrImagePull", "pull access denied: 403 Forbidden")), 20, 30),
    ),
)
def test_rule_74_what_comes_a_little_later_is_waited_for(api: FakeApi, found: dict[str, Any], late: float, limit: float) -> None:
    for thing in [BROKEN, *SETS, found]:
        api.put(thing)
    clock = Timeline(api, (late, put(deployment(), *pods())))
    assert outcome(run(api, clock, BROKEN)) == DONE
    for thing in [BROKEN, found]:
        api.put(thing)
    clock = Timeline(api)
    report = run(api, clock, BROKEN)
    assert outcome(report) in (("failure", "config_missing"), ("failure", "image_not_found"))
    assert limit <= clock.elapsed <= limit + SHORT_SLACK


def test_rule_74_the_second_failed_pull_is_final(api: FakeApi) -> None:
    failed, back_off = unready(waiting("ErrImagePull", NOT_FOUND)), unready(waiting("ImagePullBackOff", "Back-off pulling image"))
    for thing in [BROKEN, *SETS, failed]:
        api.put(thing)
    clock = Timeline(api, (3, put(back_off)), (13, put(failed)))
    assert outcome(run(api, clock, BROKEN)) == ("failure", "image_not_found")
    assert clock.elapsed < 25

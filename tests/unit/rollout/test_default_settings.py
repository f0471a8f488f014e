"""Rules 69 to 88 as whole runs with the module's default options: limits meet in the order in which users meet them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.rollout import records

from .defaults import SHORT_SLACK, Timeline, put, run
from .fake_api import FakeApi, failure
from .running import WEB, client, controller, crashed_again, outcome, recorded
from .samples import (
    NEW,
    OLD,
    ROLLING,
    SETS,
    container,
    crashed,
    deployment,
    job,
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
PROBE = {"readinessProbe": {"httpGet": {"path": "/healthz", "port": 8080}}}
UNPROBED = template(containers=[{"name": "app", "image": "app:2"}])
BROKEN = deployment(**ROLLING)


@pytest.fixture
def api() -> Any:
    with FakeApi() as found:
        found.on_write.append(controller(found))
        yield found


def named(thing: dict[str, Any], number: int) -> dict[str, Any]:
    return merged(thing, {"metadata": {"name": f"web-{number}", "uid": f"u-web-{number}"}})


def well(api: FakeApi, **counters: Any) -> None:
    for thing in [deployment(**counters), *SETS, *(pod(f"web-{number}") for number in range(3))]:
        api.put(thing)


GATE = {"spec": {"readinessGates": [{"conditionType": "target-health.elbv2.k8s.aws/web"}]}}
CREATING = unready(waiting("ContainerCreating"), phase="Pending")
NEVER_READY = unready(spec={"containers": [{"name": "app", **PROBE}]})
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


def test_rule_69_silence_without_any_sign_is_an_error_and_nothing_is_undone(api: FakeApi) -> None:
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
def test_rule_70_what_goes_on_for_minutes_is_in_progress(api: FakeApi, found: dict[str, Any], reason: str, said: str) -> None:
    for thing in [BROKEN, *SETS, found]:
        api.put(thing)
    recorded(api)
    heard: list[str] = []
    clock = Timeline(api, (550, put(*(pod(f"web-{number}") for number in range(3)), deployment())))
    if reason:
        clock.event("u-web-1", reason, 'Pulling image "app:2"')
    from ansible_collections.mainstay.aws.plugins.module_utils.rollout.verifier import Verifier

    from .defaults import default_plan

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
    """So many new pods without a node; the Deployment then, and when they have one."""
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
    """A node is drained: one pod is made again elsewhere, and takes its time."""
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
    clock = Timeline(api, (late, put(deployment(), *(pod(f"web-{number}") for number in range(3)))))
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


COMPLETE = {"succeeded": 1, "conditions": [{"type": "Complete", "status": "True"}]}
MIGRATE = merged(job(active=1), {"metadata": {"name": "migrate", "uid": "u-migrate"}})


def beside(*steps: tuple[float, Callable[[Timeline], Any]], api: FakeApi) -> Any:
    """A Job beside a Deployment whose rollout takes two minutes."""
    for thing in [BROKEN, *SETS, NEVER_READY, MIGRATE]:
        api.put(thing)
    recorded(api)
    ended = put(deployment(), *(pod(f"web-{number}") for number in range(3)))
    return run(api, Timeline(api, (120, ended), *steps), BROKEN, MIGRATE)


def test_rule_76_a_job_that_its_ttl_removes_stays_successful(api: FakeApi) -> None:
    done = merged(MIGRATE, {"status": COMPLETE})
    report = beside((20, put(done)), (60, lambda clock: clock.api.remove(done)), api=api)
    assert (outcome(report), report.undone) == (DONE, [])


def test_rule_76_a_job_that_is_gone_unseen_is_an_error_and_nothing_beside_it_goes_back(api: FakeApi) -> None:
    report = beside((20, lambda clock: clock.api.remove(MIGRATE)), api=api)
    assert (outcome(report), report.undone) == (("error", "job_gone"), [])
    assert report.verdicts[str(WEB)].state == "success"


def test_rule_76_a_job_that_is_gone_before_the_first_look(api: FakeApi) -> None:
    well(api)
    assert outcome(run(api, Timeline(api), deployment(), MIGRATE)) == ("error", "job_gone")
    assert outcome(run(api, Timeline(api), deployment(), merged(MIGRATE, {"status": COMPLETE}))) == DONE


def test_rule_76_a_failure_beside_a_job_that_is_gone_is_still_rolled_back(api: FakeApi) -> None:
    for thing in [BROKEN, *SETS, NEVER_READY]:
        api.put(thing)
    recorded(api)
    report = run(api, Timeline(api), BROKEN, MIGRATE)
    assert outcome(report) == ("failure", "timeout")
    assert {one["name"]: one["result"] for one in report.undone}["web"] == "rolled_back"


FIRST = merged(BROKEN, {"metadata": {"generation": 1}, "status": {"observedGeneration": 1, "replicas": 1, "updatedReplicas": 1}})


def crashing(*seconds: float) -> list[tuple[float, Callable[[Timeline], Any]]]:
    path = "/api/v1/namespaces/shop/pods/web-1"
    return [(when, lambda clock: clock.put(crashed_again(clock.api.at(path)))) for when in seconds]


def test_rule_77_a_first_release_may_crash_until_its_database_answers(api: FakeApi) -> None:
    for thing in [FIRST, SETS[0], unready()]:
        api.put(thing)
    ended = put(merged(deployment(), {"metadata": {"generation": 1}}), *(pod(f"web-{number}") for number in range(3)))
    assert outcome(run(api, Timeline(api, *crashing(5, 15, 35, 75), (120, ended)), FIRST)) == DONE


def test_rule_77_but_not_for_ever(api: FakeApi) -> None:
    for thing in [FIRST, SETS[0], unready()]:
        api.put(thing)
    clock = Timeline(api, *crashing(5, 15, 35, 75, 155))
    assert outcome(run(api, clock, FIRST)) == ("failure", "crash_loop")
    assert 180 <= clock.elapsed <= 180 + SHORT_SLACK


def second(name: str, **counters: Any) -> dict[str, Any]:
    return merged(
        deployment(**counters), {"metadata": {"name": name, "uid": f"u-{name}"}, "spec": {"selector": {"matchLabels": {"app": name}}}}
    )


@pytest.mark.parametrize(("ready_at", "expected"), rows(while_it_comes_up=(100.0, DONE), no_longer=(0.0, ("failure", "crash_loop"))))
def test_rule_77_crashes_are_borne_while_another_workload_comes_up(api: FakeApi, ready_at: float, expected: tuple[str, str]) -> None:
    late = second("db", availableReplicas=0 if ready_at else 3)
    for thing in [BROKEN, *SETS, unready(), late]:
        api.put(thing)
    ended = put(deployment(), *(pod(f"web-{number}") for number in range(3)))
    clock = Timeline(api, *crashing(5, 15, 35, 75), (ready_at, put(second("db"))), (130, ended))
    assert outcome(run(api, clock, BROKEN, late, record=False, rollback={"to": "none"})) == expected


def test_rule_78_a_healthy_release_is_not_rolled_back_for_its_history(api: FakeApi) -> None:
    old = {"metadata": {"creationTimestamp": "2026-03-01T00:00:00Z"}}
    for thing in [deployment(), *SETS]:
        api.put(thing)
    for number in range(3):
        api.put(merged(pod(f"web-{number}", status={"containerStatuses": [container(restarts=9, last={"exitCode": 1})]}), old))
    assert outcome(run(api, Timeline(api), deployment())) == DONE


@pytest.mark.parametrize(
    "found",
    rows(
        crash_back_off=(unready(crashed(7), metadata={"creationTimestamp": "2026-03-01T00:00:00Z"}),),
        pull_back_off=(unready(waiting("ImagePullBackOff", NOT_FOUND)),),
    ),
)
def test_rule_78_a_back_off_from_before_is_evidence_only_if_it_recurs(api: FakeApi, found: dict[str, Any]) -> None:
    for thing in [BROKEN, *SETS, found]:
        api.put(thing)
    ended = put(deployment(), *(pod(f"web-{number}") for number in range(3)))
    assert outcome(run(api, Timeline(api, (25, ended)), BROKEN)) == DONE


def test_rule_78_one_more_crash_is_enough(api: FakeApi) -> None:
    for thing in [BROKEN, *SETS, unready(crashed(7), metadata={"creationTimestamp": "2026-03-01T00:00:00Z"})]:
        api.put(thing)
    clock = Timeline(api, *crashing(40))
    assert outcome(run(api, clock, BROKEN, record=False)) == ("failure", "crash_loop")
    assert clock.elapsed < 60


def test_rule_78_a_deadline_that_passed_before_counts_when_it_passes_again(api: FakeApi) -> None:
    text = f'ReplicaSet "web-{NEW}" has timed out progressing.'
    passed = {"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded", "message": text}
    before = merged(BROKEN, {"status": {"conditions": [{**passed, "lastUpdateTime": "2026-03-01T00:00:00Z"}]}})
    for thing in [before, *SETS, NEVER_READY]:
        api.put(thing)
    ended = put(deployment(), *(pod(f"web-{number}") for number in range(3)))
    assert outcome(run(api, Timeline(api, (100, ended)), before)) == DONE


def test_rule_79_a_quota_that_our_own_leaving_pods_hold_is_not_final(api: FakeApi) -> None:
    clock = Timeline(
        api, (200, lambda clock: clock.api.remove(leaving)), (240, put(deployment(), SETS[0], *(pod(f"web-{n}") for n in range(3))))
    )
    quota = {"type": "ReplicaFailure", "status": "True", "message": "exceeded quota: small", "lastTransitionTime": clock.stamp()}
    owner = {"ownerReferences": [{"uid": f"u-{OLD}", "controller": True}], "labels": {"app": "web", "pod-template-hash": OLD}}
    leaving = pod("web-old", metadata={"deletionTimestamp": clock.stamp(ago=-200), **owner})
    for thing in [BROKEN, replica_set(conditions=[quota]), SETS[1], leaving]:
        api.put(thing)
    assert outcome(run(api, clock, BROKEN)) == DONE


ZERO = changed(deployment(replicas=0, updatedReplicas=0, availableReplicas=0), replicas=0)
BY_KEDA = {"manager": "keda", "subresource": "scale", "fieldsV1": {"f:spec": {"f:replicas": {}}}}
SCALED = merged(ZERO, {"metadata": {"managedFields": [BY_KEDA]}})
MEANT = {"workloads": [{"name": "web", "namespace": "shop", "allow_zero": True}]}


@pytest.mark.parametrize(
    ("workload", "scaler", "options", "expected"),
    rows(
        by_its_manifest=(ZERO, None, {}, ("failure", "nothing_running")),
        by_the_scale_subresource=(SCALED, None, {}, ("success", "scaled_to_zero")),
        keda=(ZERO, ("ScaledObject", {"scaleTargetRef": {"name": "web"}}), {}, ("success", "scaled_to_zero")),
        hpa=(
            ZERO,
            ("HorizontalPodAutoscaler", {"scaleTargetRef": {"kind": "Deployment", "name": "web"}, "minReplicas": 0}),
            {},
            ("success", "scaled_to_zero"),
        ),
        hpa_that_never_goes_there=(
            ZERO,
            ("HorizontalPodAutoscaler", {"scaleTargetRef": {"kind": "Deployment", "name": "web"}}),
            {},
            ("failure", "nothing_running"),
        ),
        of_another=(ZERO, ("ScaledObject", {"scaleTargetRef": {"name": "other"}}), {}, ("failure", "nothing_running")),
        accepted=(ZERO, None, {"allow_zero": ["web"]}, ("success", "nothing_running")),
        accepted_of_this_one=(ZERO, None, MEANT, ("success", "nothing_running")),
    ),
)
def test_rule_80_zero_replicas_that_an_autoscaler_owns_are_meant(
    api: FakeApi, workload: dict[str, Any], scaler: Any, options: dict[str, Any], expected: tuple[str, str]
) -> None:
    api.put(workload)
    if scaler:
        api.put({"kind": scaler[0], "metadata": {"name": "web", "namespace": "shop"}, "spec": scaler[1]})
    assert outcome(run(api, Timeline(api), workload, **options)) == expected


def test_rule_80_accepting_zero_is_a_choice_for_each_workload(api: FakeApi) -> None:
    other = merged(ZERO, {"metadata": {"name": "db", "uid": "u-db"}})
    for thing in [ZERO, other]:
        api.put(thing)
    report = run(api, Timeline(api), ZERO, other, allow_zero=["web"])
    assert outcome(report) == ("failure", "nothing_running")
    assert report.ending is not None
    assert report.ending.sentence.startswith("Deployment shop/db: no pod is wanted")


def test_rule_80_an_autoscaler_may_scale_to_zero_during_the_bake(api: FakeApi) -> None:
    well(api)
    scaled = merged(SCALED, {"metadata": {"generation": 3}, "status": {"observedGeneration": 3}})
    clock = Timeline(api, (30, lambda clock: (clock.put(scaled), [clock.api.remove(pod(f"web-{n}")) for n in range(3)])))
    assert outcome(run(api, clock, deployment(), bake=BAKE))[0] == "success"


RESTARTED = merged(template(), {"metadata": {"annotations": {"kubectl.kubernetes.io/restartedAt": "2026-11-30T00:00:00Z"}}})
RELOADED = template(containers=[{**template()["spec"]["containers"][0], "env": [{"name": "STAKATER_SETTINGS_CONFIGMAP", "value": "1f"}]}])
NOTED = merged(template(), {"metadata": {"annotations": {"reloader.stakater.com/last-reloaded-from": "{}"}}})


@pytest.mark.parametrize("marked", rows(restart=(RESTARTED,), variable=(RELOADED,), annotation=(NOTED,)))
def test_rule_81_a_mark_that_only_restarts_pods_is_no_other_release(api: FakeApi, marked: dict[str, Any]) -> None:
    third = {"metadata": {"generation": 3}, "spec": {"template": marked}}
    begun = merged(deployment(**ROLLING, observedGeneration=3), third)
    newest = merged(replica_set("hash-3", 3), {"spec": {"template": marked}})
    of_third = {"labels": {"pod-template-hash": "hash-3"}, "ownerReferences": [{"uid": "u-hash-3", "controller": True}]}
    pods = [merged(pod(f"web-{number}"), {"metadata": of_third}) for number in range(3)]
    for thing in [BROKEN, *SETS, NEVER_READY]:
        api.put(thing)
    clock = Timeline(api, (20, put(begun, newest)), (60, put(merged(deployment(observedGeneration=3), third), *pods)))
    report = run(api, clock, BROKEN)
    assert outcome(report) == DONE
    assert "was restarted without another change" in " ".join(report.verdicts[str(WEB)].notes)
    record = records.read(client(api, clock), WEB)
    assert record is not None
    again = run(api, Timeline(api), merged(deployment(observedGeneration=3), third))
    assert outcome(again)[0] == "success"


QUEUED = merged(
    MIGRATE, {"metadata": {"labels": {"kueue.x-k8s.io/queue-name": "batch"}}, "spec": {"suspend": True}, "status": {"active": 0}}
)


@pytest.mark.parametrize(
    ("held", "expected"),
    rows(
        kueue=(QUEUED, DONE),
        managed_by=(merged(QUEUED, {"metadata": {"labels": None}, "spec": {"managedBy": "kueue.x-k8s.io/multikueue"}}), DONE),
        nobody=(merged(QUEUED, {"metadata": {"labels": None}}), ("failure", "suspended")),
    ),
)
def test_rule_82_a_job_that_a_queue_holds_back_is_queued(api: FakeApi, held: dict[str, Any], expected: tuple[str, str]) -> None:
    api.put(held)
    done = merged(held, {"spec": {"suspend": False}, "status": COMPLETE})
    assert outcome(run(api, Timeline(api, (400, put(done))), held)) == expected


def test_rule_82_one_that_is_never_let_in_is_an_error_and_nothing_goes_back(api: FakeApi) -> None:
    well(api)
    api.put(QUEUED)
    recorded(api)
    report = run(api, Timeline(api), deployment(), QUEUED)
    assert (outcome(report), report.undone) == (("error", "queued"), [])

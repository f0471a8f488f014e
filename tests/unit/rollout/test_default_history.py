"""Rules 76 to 82 as whole runs with the module's default options: Jobs, crashes, history, autoscalers, restarts, and queues."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.rollout import records

from .defaults import BROKEN, NEVER_READY, SHORT_SLACK, Timeline, pods, put, run, well
from .fake_api import FakeApi
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
    waiting,
)
from .test_success import changed, rows

DONE = ("success", "complete")
BAKE = {"duration": 400}
NOT_FOUND = 'failed to pull and unpack image "r/app:2": r/app:2: not found'


@pytest.fixture
def api() -> Any:
    with FakeApi() as found:
        found.on_write.append(controller(found))
        yield found


COMPLETE = {"succeeded": 1, "conditions": [{"type": "Complete", "status": "True"}]}
MIGRATE = merged(job(active=1), {"metadata": {"name": "migrate", "uid": "u-migrate"}})


def beside(*steps: tuple[float, Callable[[Timeline], Any]], api: FakeApi) -> Any:
    """A Job next to a Deployment whose rollout takes two minutes."""
    for thing in [BROKEN, *SETS, NEVER_READY, MIGRATE]:
        api.put(thing)
    recorded(api)
    ended = put(deployment(), *pods())
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
    ended = put(merged(deployment(), {"metadata": {"generation": 1}}), *pods())
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
    ended = put(deployment(), *pods())
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
    ended = put(deployment(), *pods())
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
    ended = put(deployment(), *pods())
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
    third_pods = [merged(one, {"metadata": of_third}) for one in pods()]
    for thing in [BROKEN, *SETS, NEVER_READY]:
        api.put(thing)
    clock = Timeline(api, (20, put(begun, newest)), (60, put(merged(deployment(observedGeneration=3), third), *third_pods)))
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

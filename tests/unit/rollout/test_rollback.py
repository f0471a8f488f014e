"""Rules 55 to 68: rolling back to the last verified release, or explaining why not."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.kubernetes.lease import TTL_SECONDS
from ansible_collections.mainstay.aws.plugins.module_utils.kubernetes.objects import fingerprint
from ansible_collections.mainstay.aws.plugins.module_utils.kubernetes.values import Settings, Start
from ansible_collections.mainstay.aws.plugins.module_utils.rollout import records
from ansible_collections.mainstay.aws.plugins.module_utils.rollout.rollback_target import RollbackPolicy, choose_target, stuck_pods
from ansible_collections.mainstay.aws.plugins.module_utils.rollout.target import Target
from ansible_collections.mainstay.aws.plugins.module_utils.rollout.verifier import Verifier

from .fake_api import FakeApi, failure
from .running import (
    BAD,
    DEPLOYMENTS,
    PODS,
    PREVIOUS,
    VERIFIED,
    WEB,
    Hasty,
    client,
    controller,
    failing,
    keep_crashing,
    outcome,
    patches,
    plan,
    recorded,
    settled,
    verify,
)
from .samples import (
    NEW,
    OLD,
    SETS,
    T0,
    at,
    crashed,
    deployment,
    merged,
    replica_set,
    revision,
    set_pod,
    stateful_set,
    template,
    unready,
)
from .test_success import rows

CONFIG_MAPS = "/api/v1/namespaces/shop/configmaps"
LEASE = "/apis/coordination.k8s.io/v1/namespaces/shop/leases/web.deployment.rollout"


@pytest.fixture
def api() -> Any:
    with FakeApi() as found:
        found.on_write.append(controller(found))
        yield found


def begun(**changes: Any) -> Start:
    known = {"uid": "u-web", "generation": 2, "template": fingerprint(template()), "server_time": T0, "changed": True, **changes}
    return Start(kind=known.pop("kind", "Deployment"), name="web", namespace="shop", **known)


def record(image: str) -> records.Record:
    return records.Record(template(image), f"web-{image}", at(-100))


def test_rule_55_the_last_verified_release_is_gone_back_to_not_the_one_before() -> None:
    history = [*SETS, replica_set("broken", 2, "app:broken")]
    way = choose_target(begun(), BAD, record("app:1"), history, PREVIOUS)
    assert way.template == template("app:1")


def test_rule_55_a_verified_release_is_recorded_by_its_template(api: FakeApi) -> None:
    settled(api)
    assert outcome(verify(api)) == ("success", "complete")
    found = records.read(client(api), WEB)
    assert found is not None
    assert found.fingerprint == fingerprint(template())
    assert api.at(f"{CONFIG_MAPS}/web.deployment.verified-release")["data"]["images"] == "app:2"


@pytest.mark.parametrize(
    ("workload", "options"),
    rows(
        not_wanted=(deployment(), {"record": False}),
        failed=(BAD, {}),
        only_partly=(deployment(availableReplicas=2), {"settings": Settings(wait=60, required="2")}),
    ),
)
def test_rule_55_nothing_else_is_recorded(api: FakeApi, workload: dict[str, Any], options: dict[str, Any]) -> None:
    for thing in [workload, *SETS, *([unready(crashed(5))] if workload is BAD else [])]:
        api.put(thing)
    verify(api, **options)
    assert not api.asked("post", "/configmaps")


def test_rule_55_a_second_run_records_nothing_new(api: FakeApi) -> None:
    settled(api)
    verify(api)
    verify(api)
    assert len(api.asked("post", "/configmaps")) == 1


def test_rule_55_a_record_of_a_deleted_workload_of_the_name_is_not_used() -> None:
    found = records.body(WEB, deployment(), "r", at(0))
    assert records.parsed(found, "u-web") is not None
    assert records.parsed(found, "u-other") is None
    assert records.parsed({**found, "data": {"template": "{"}}, "u-web") is None


def test_rule_56_a_pruned_history_does_not_matter_with_a_record(api: FakeApi) -> None:
    api.put(merged(BAD, {"spec": {"revisionHistoryLimit": 0}}))
    for thing in [SETS[0], unready(crashed(5))]:
        api.put(thing)
    recorded(api)
    found = verify(api, rollback=VERIFIED)
    assert found.undone[0]["result"] == "rolled_back"


def test_rule_56_without_either_the_limit_is_named() -> None:
    pruned = merged(BAD, {"spec": {"revisionHistoryLimit": 0}})
    assert choose_target(begun(), pruned, None, [SETS[0]], PREVIOUS).why == "no older revision is kept (revisionHistoryLimit 0)"


def test_rule_57_a_paused_deployment_is_left_alone(api: FakeApi) -> None:
    api.put(merged(BAD, {"spec": {"paused": True}}))
    recorded(api)
    found = verify(api, rollback=VERIFIED)
    assert outcome(found) == ("failure", "paused")
    assert (found.undone[0]["result"], found.undone[0]["reason"]) == ("not_attempted", "Deployment shop/web: not rolled back: it is paused")
    assert not patches(api)


def test_rule_58_the_template_alone_is_put_back(api: FakeApi) -> None:
    scaled = merged(
        BAD, {"spec": {"replicas": 3}, "metadata": {"annotations": {"kubectl.kubernetes.io/last-applied-configuration": "bad"}}}
    )
    for thing in [scaled, *SETS, unready(crashed(5))]:
        api.put(thing)
    extra = merged(template("app:1"), {"metadata": {"labels": {"pod-template-hash": OLD}}})
    recorded(api, extra)
    assert verify(api, rollback=VERIFIED).undone[0]["result"] == "rolled_back"
    sent = patches(api)[0]
    assert [step["path"] for step in sent] == ["/metadata/uid", "/metadata/resourceVersion", "/spec/template"]
    assert sent[2]["value"] == template("app:1")
    now = api.at(WEB.path)
    assert now["spec"]["replicas"] == 3
    assert now["metadata"]["annotations"]["kubectl.kubernetes.io/last-applied-configuration"] == "bad"


def test_rule_59_a_template_already_in_place_is_not_restored() -> None:
    assert choose_target(begun(), BAD, record("app:2"), SETS, VERIFIED).why.startswith("its template already is the last verified one")


BLOCKED = {"currentRevision": OLD, "updatedReplicas": 1, "availableReplicas": 2}


def bad_set_pods() -> list[dict[str, Any]]:
    healthy = [set_pod("web-0", OLD), set_pod("web-1", NEW)]
    return [*healthy, set_pod("web-2", NEW, status=unready(crashed(5))["status"])]


def test_rule_60_exactly_the_stuck_pods_of_the_bad_revision_are_deleted() -> None:
    other = merged(
        set_pod("other-0", NEW, status=unready(crashed(5))["status"]), {"metadata": {"ownerReferences": [{"uid": "x", "controller": True}]}}
    )
    going = merged(set_pod("web-3", NEW, status=unready(crashed(5))["status"]), {"metadata": {"deletionTimestamp": at(1)}})
    old = set_pod("web-4", OLD, status=unready(crashed(5))["status"])
    found = stuck_pods([*bad_set_pods(), other, going, old], "u-web", NEW)
    assert [thing["metadata"]["name"] for thing in found] == ["web-2"]


def test_rule_60_a_stateful_set_is_freed_after_its_template_was_put_back(api: FakeApi) -> None:
    target = Target("StatefulSet", "web", "shop")
    for thing in [stateful_set(**BLOCKED), revision(), revision(OLD, 1), *bad_set_pods()]:
        api.put(thing)
    keep_crashing(api, f"{PODS}/web-2", target.path)
    recorded(api, target=target)

    def react(verb: str, path: str) -> None:
        if verb == "patch" and path == target.path:
            live = api.at(path)
            counters = {"observedGeneration": live["metadata"]["generation"], "updateRevision": OLD, "currentRevision": OLD}
            api.put(merged(live, {"status": {**counters, "updatedReplicas": 2, "availableReplicas": 2}}))
        if verb == "delete":
            api.put(set_pod("web-2", OLD))
            api.put(set_pod("web-1", OLD))
            api.put(merged(api.at(target.path), {"status": {"updatedReplicas": 3, "availableReplicas": 3}}))

    api.on_write.append(react)
    found = verify(api, target, rollback=VERIFIED)
    assert outcome(found) == ("failure", "crash_loop")
    assert found.undone[0]["result"] == "rolled_back"
    deleted = api.asked("delete")
    assert [request.path for request in deleted] == [f"{PODS}/web-2"]
    assert json.loads(deleted[0].body)["preconditions"] == {"uid": "u-web-2"}


FIRST = {"generation": 1}


@pytest.mark.parametrize(
    ("first", "result", "verb"),
    rows(keep=("keep", "not_attempted", None), scale_to_zero=("scale_to_zero", "removed", "patch"), delete=("delete", "removed", "delete")),
)
def test_rule_61_a_first_release_has_nothing_to_return_to(api: FakeApi, first: Any, result: str, verb: str | None) -> None:
    for thing in [merged(BAD, {"metadata": FIRST, "status": {"observedGeneration": 1}}), SETS[0], unready(crashed(5))]:
        api.put(thing)
    found = verify(api, rollback=RollbackPolicy("verified", first))
    assert (outcome(found)[0], found.undone[0]["result"]) == ("failure", result)
    assert [name for name in ("patch", "delete") if api.asked(name, "/web")] == ([verb] if verb else [])
    if verb == "patch":
        assert patches(api)[0]["spec"] == {"replicas": 0}


def test_rule_61_a_workload_that_was_there_before_is_never_removed() -> None:
    assert choose_target(begun(), BAD, None, SETS, RollbackPolicy("verified", "delete")).remove == "keep"
    assert "no earlier release was verified" in choose_target(begun(), BAD, None, SETS, VERIFIED).why
    previous = choose_target(begun(), BAD, None, SETS, PREVIOUS)
    assert (previous.revision, previous.template) == (f"web-{OLD}", template("app:1"))


def test_rule_62_a_rollback_is_watched_and_the_run_fails_all_the_same(api: FakeApi) -> None:
    failing(api)
    recorded(api)
    found = verify(api, rollback=VERIFIED)
    assert outcome(found) == ("failure", "crash_loop")
    assert found.undone[0]["result"] == "rolled_back"
    assert found.ending is not None
    assert "crashes repeatedly" in found.ending.sentence
    assert "rolled back to web-1 and verified" in found.ending.sentence


def test_rule_62_a_failing_rollback_is_reported_within_its_own_timeout(api: FakeApi) -> None:
    api.on_write.clear()
    failing(api)
    recorded(api)
    bell = Hasty()
    began = bell.now()
    found = verify(api, bell=bell, rollback=VERIFIED, rollback_seconds=20)
    assert found.undone[0]["result"] == "rollback_failed"
    assert "not finished after" in found.undone[0]["reason"]
    assert bell.now() - began < 40


@pytest.mark.parametrize(("also_on", "attempted"), rows(by_default=(frozenset(), False), on_demand=(frozenset({"error"}), True)))
def test_rule_62_only_a_failure_is_rolled_back_unless_asked(api: FakeApi, also_on: frozenset[str], attempted: bool) -> None:
    for thing in [merged(BAD, {"status": {"observedGeneration": 1}}), *SETS]:
        api.put(thing)
    recorded(api)
    found = verify(api, rollback=VERIFIED, also_on=also_on, settings=Settings(wait=500, quiet=5))
    assert outcome(found) == ("error", "no_activity")
    assert bool(found.undone) is attempted


def second(name: str) -> list[dict[str, Any]]:
    """A second, healthy Deployment with its ReplicaSet."""
    labels = {"metadata": {"name": name, "uid": f"u-{name}"}}
    return [merged(deployment(), labels)]


def test_rule_63_everything_that_was_changed_goes_back_in_reverse_order(api: FakeApi) -> None:
    failing(api)
    recorded(api)
    for name in ("first", "same"):
        for thing in second(name):
            api.put(thing)
        live = {"metadata": {"uid": f"u-{name}", "generation": 1}, "spec": {"template": template("app:1" if name == "first" else "app:2")}}
        found = records.body(Target("Deployment", name, "shop"), live, "r", at(0))
        api.put(merged(found, {"metadata": {"namespace": "shop"}}))

    def react(verb: str, path: str) -> None:
        if verb == "patch" and path == f"{DEPLOYMENTS}/first":
            live = api.at(path)
            api.put(merged(live, {"status": {"observedGeneration": live["metadata"]["generation"]}}))

    api.on_write.append(react)
    targets = [Target("Deployment", name, "shop") for name in ("first", "same", "web")]
    report = verify(api, *targets, rollback=VERIFIED)
    assert [(one["name"], one["result"]) for one in report.undone] == [
        ("web", "rolled_back"),
        ("same", "not_attempted"),
        ("first", "rolled_back"),
    ]
    assert "nothing was changed" in report.undone[1]["reason"]


def test_rule_64_a_deployment_that_came_meanwhile_is_not_undone(api: FakeApi) -> None:
    failing(api)
    recorded(api)
    left = [1]

    def overtake(request: Any) -> Any:
        if request.method == "PATCH" and left and left.pop():
            live = api.at(WEB.path)
            api.put(merged(live, {"metadata": {"generation": 3}, "spec": {"template": template("app:3")}}))
        return None

    api.faults.append(overtake)
    found = verify(api, rollback=VERIFIED)
    assert found.undone[0]["result"] == "not_attempted"
    assert "another deployment has changed its template in the meantime" in found.undone[0]["reason"]
    assert api.at(WEB.path)["spec"]["template"] == template("app:3")


def test_rule_64_a_status_that_moves_meanwhile_does_not_hinder(api: FakeApi) -> None:
    failing(api)
    recorded(api)
    left = [1, 1, 1]

    def move(request: Any) -> Any:
        if request.method == "PATCH" and left and left.pop():
            api.put(api.at(WEB.path))
        return None

    api.faults.append(move)
    assert verify(api, rollback=VERIFIED).undone[0]["result"] == "rolled_back"
    assert len(patches(api)) == 4


def test_rule_64_a_patch_with_a_lost_response_is_not_mistaken_for_a_foreign_one(api: FakeApi) -> None:
    failing(api)
    recorded(api)
    left = [1]

    def lose(request: Any) -> Any:
        if request.method == "PATCH" and left and left.pop():
            api.answer(request)
            return 0, {}, b""
        return None

    api.faults.append(lose)
    assert verify(api, rollback=VERIFIED).undone[0]["result"] == "rolled_back"


@pytest.mark.parametrize("start", rows(deleted=(begun(uid="u-before"),), superseded=(begun(template="another"),)))
def test_rule_64_another_object_is_not_touched(start: Start) -> None:
    assert choose_target(start, BAD, record("app:1"), SETS, VERIFIED).template is None


def test_rule_65_what_a_rollback_does_not_undo_is_said(api: FakeApi) -> None:
    failing(api)
    recorded(api)
    found = verify(api, rollback=VERIFIED)
    assert "ConfigMaps, Secrets, custom resource definitions and databases are as they were left" in found.undone[0]["reason"]


def test_rule_66_check_mode_writes_nothing(api: FakeApi) -> None:
    failing(api)
    recorded(api)
    bell = Hasty()
    found = Verifier(client(api, bell), bell, plan(rollback=VERIFIED, lock=True), lambda *_: None, "this test").look()
    assert outcome(found) == ("success", "looked")
    assert found.verdicts[str(WEB)].evidence[0].code == "crash_loop"
    assert {request.method for request in api.requests} == {"GET"}


def lease(holder: str | None, age: float) -> dict[str, Any]:
    """A lease that was renewed this many seconds ago."""
    from datetime import UTC, datetime, timedelta

    renewed = (datetime.now(UTC) - timedelta(seconds=age)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    inside = {"holderIdentity": holder, "leaseDurationSeconds": TTL_SECONDS, "renewTime": renewed, "acquireTime": renewed}
    return {"kind": "Lease", "metadata": {"name": "web.deployment.rollout", "namespace": "shop"}, "spec": inside}


@pytest.mark.parametrize(
    ("holder", "age", "expected"),
    rows(
        somebody=("another job", 5, ("error", "locked")),
        somebody_who_died=("another job", 90, ("success", "complete")),
        given_back=(None, 5, ("success", "complete")),
        ourselves=("this test", 5, ("success", "complete")),
    ),
)
def test_rule_67_one_verifier_of_a_workload_at_a_time(api: FakeApi, holder: str | None, age: float, expected: tuple[str, str]) -> None:
    settled(api)
    api.put(lease(holder, age))
    found = verify(api, lock=True, rollback=VERIFIED)
    assert outcome(found) == expected
    if expected[1] == "locked":
        assert found.ending is not None
        assert "is being verified by another job since" in found.ending.sentence


def test_rule_67_the_lock_is_kept_and_given_back(api: FakeApi) -> None:
    settled(api, status={"updatedReplicas": 1})
    found = verify(api, lock=True, rollback=VERIFIED, settings=Settings(wait=50, quiet=500))
    assert outcome(found) == ("failure", "timeout")
    sent = patches(api, "web.deployment.rollout")
    assert len([body for body in sent if set(body["spec"]) == {"renewTime"}]) >= 2
    assert "holderIdentity" not in api.at(LEASE)["spec"]


def test_rule_67_without_permission_the_way_out_is_named(api: FakeApi) -> None:
    settled(api)
    api.faults.append(lambda request: failure(403, "not you") if "leases" in request.path else None)
    found = verify(api, lock=True, rollback=VERIFIED)
    assert found.ending is not None
    assert "no permission to create leases.coordination.k8s.io in namespace shop" in found.ending.sentence
    assert "set lock to false" in found.ending.sentence


def test_rule_68_a_second_run_resumes_the_rollout_of_the_first(api: FakeApi) -> None:
    """The second run's apply changes nothing, but what runs was never verified: this deployment may still roll it back."""
    failing(api)
    recorded(api)
    again = Target("Deployment", "web", "shop", generation=2, uid="u-web", template=template(), changed=False)
    found = verify(api, again, rollback=VERIFIED)
    assert outcome(found) == ("failure", "crash_loop")
    assert found.undone[0]["result"] == "rolled_back"


def test_rule_18_what_was_bad_before_is_not_rolled_back(api: FakeApi) -> None:
    failing(api)
    recorded(api, template())
    found = verify(api, rollback=VERIFIED, settings=Settings(wait=10, quiet=60))
    assert outcome(found)[0] == "failure"
    assert found.undone[0]["result"] == "not_attempted"
    assert "this state was there before" in found.undone[0]["reason"]


def test_a_record_that_cannot_be_written_is_a_warning(api: FakeApi) -> None:
    settled(api)
    api.faults.append(lambda request: failure(403, "not you") if request.method == "POST" else None)
    found = verify(api)
    assert outcome(found) == ("success", "complete")
    assert "no permission to create configmaps in namespace shop" in found.warnings[0]


def test_a_jobs_template_cannot_be_put_back() -> None:
    assert choose_target(begun(kind="Job"), BAD, record("app:1"), (), VERIFIED).why == "a Job's template cannot be changed"

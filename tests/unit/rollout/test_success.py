"""Rules 1 to 19: when a rollout is complete. One function per rule of docs/rollout-verification.md, named after it."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.kubernetes.values import Observed, Settings, Start
from ansible_collections.mainstay.aws.plugins.module_utils.rollout.judging.containers import Context
from ansible_collections.mainstay.aws.plugins.module_utils.rollout.judging.pods import available
from ansible_collections.mainstay.aws.plugins.module_utils.rollout.text import sentence

from .samples import (
    NEW,
    OLD,
    ROLLING,
    SETS,
    T0,
    at,
    container,
    crashed,
    daemon_set,
    deployment,
    merged,
    node,
    outcome,
    pod,
    replica_set,
    revision,
    set_pod,
    stateful_set,
    template,
    unready,
    verdict,
)

DONE = ("success", "complete")
CONFIG = frozenset({("ConfigMap", "settings")})


def rows(**named: tuple[Any, ...]) -> Any:
    """A table: the name of each row and its values."""
    return [pytest.param(*values, id=name) for name, values in named.items()]


def sets_pods(*hashes: str) -> list[dict[str, Any]]:
    return [set_pod(f"web-{number}", hash_) for number, hash_ in enumerate(hashes)]


def changed(workload: dict[str, Any], **spec: Any) -> dict[str, Any]:
    return merged(workload, {"spec": spec})


@pytest.mark.parametrize(
    ("workload", "expected"),
    rows(
        deployment_old=(deployment(observedGeneration=1), ("in_progress", "not_observed")),
        deployment_never=(deployment(observedGeneration=None), ("in_progress", "not_observed")),
        deployment_new=(deployment(), DONE),
        stateful_set_never=(stateful_set(observedGeneration=None), ("in_progress", "not_observed")),
        daemon_set_never=(daemon_set(observedGeneration=None), ("in_progress", "not_observed")),
        daemon_set_old=(daemon_set(observedGeneration=1), ("in_progress", "not_observed")),
        failed_but_old=(
            deployment(observedGeneration=1, conditions=[{"type": "Progressing", "status": "False", "reason": "ReplicaSetCreateError"}]),
            ("in_progress", "not_observed"),
        ),
    ),
)
def test_rule_01_counters_of_an_older_generation_say_nothing(workload: dict[str, Any], expected: tuple[str, str]) -> None:
    assert outcome(workload, *sets_pods(NEW, NEW, NEW)) == expected


def test_rule_01_a_set_without_any_generation_has_not_been_seen() -> None:
    for workload in (stateful_set(observedGeneration=0), daemon_set(observedGeneration=0)):
        bare = merged(workload, {"metadata": {"generation": 0}})
        assert outcome(bare, *sets_pods(NEW, NEW, NEW), start={"generation": 0}) == ("in_progress", "not_observed")


def test_rule_01_our_generation_counts_even_when_the_read_is_older() -> None:
    assert outcome(deployment(), start={"generation": 3}) == ("in_progress", "not_observed")


def taken_over(image: str, *managers: dict[str, Any]) -> dict[str, Any]:
    moved = {"metadata": {"generation": 3, "managedFields": list(managers)}, "status": {"observedGeneration": 3}}
    return changed(merged(deployment(), moved), template=template(image))


def wrote(manager: str, when: float, *fields: str, **more: Any) -> dict[str, Any]:
    return {"manager": manager, "time": at(when), "fieldsV1": {"f:spec": {field: {} for field in fields}}, **more}


def test_rule_02_another_template_is_another_deployment_and_its_author_is_named() -> None:
    writers = [
        wrote("terraform", 50, "f:template"),
        wrote("argocd", 60, "f:template"),
        wrote("hpa", 70, "f:replicas"),
        wrote("kcm", 80, "f:template", subresource="status"),
    ]
    found = verdict(taken_over("app:3", *writers))
    assert (found.state, found.code, found.facts["manager"]) == ("failure", "superseded", "argocd")
    assert verdict(taken_over("app:3")).facts["manager"] == "another client"


@pytest.mark.parametrize(
    ("replicas", "counters", "expected"),
    rows(
        scaled_up_and_waiting=(5, {}, ("in_progress", "updating")),
        scaled_up_and_there=(5, {"replicas": 5, "updatedReplicas": 5, "availableReplicas": 5}, DONE),
        scaled_down=(2, {"replicas": 2, "updatedReplicas": 2, "availableReplicas": 2}, DONE),
        old_pods_scaled_too=(5, {"replicas": 7, "updatedReplicas": 5, "availableReplicas": 5}, ("in_progress", "old_pods")),
    ),
)
def test_rule_03_the_live_number_of_replicas_counts(replicas: int, counters: dict[str, int], expected: tuple[str, str]) -> None:
    scaled = merged(deployment(observedGeneration=3, **counters), {"metadata": {"generation": 3}, "spec": {"replicas": replicas}})
    assert outcome(scaled) == expected


@pytest.mark.parametrize(
    ("counters", "expected"),
    rows(
        all_there=({}, DONE),
        too_few_new=({"updatedReplicas": 2}, ("in_progress", "updating")),
        old_ones_left=({"replicas": 4}, ("in_progress", "old_pods")),
        not_available=({"availableReplicas": 2}, ("in_progress", "unavailable")),
        missing_counters_are_zero=({"replicas": None, "updatedReplicas": None, "availableReplicas": None}, ("in_progress", "updating")),
    ),
)
def test_rule_04_all_new_no_old_and_all_available(counters: dict[str, Any], expected: tuple[str, str]) -> None:
    assert outcome(deployment(**counters)) == expected


def test_rule_04_missing_replicas_mean_one() -> None:
    single = changed(deployment(replicas=1, updatedReplicas=1, availableReplicas=1), replicas=None)
    assert outcome(single) == DONE
    assert outcome(changed(deployment(replicas=None, updatedReplicas=None, availableReplicas=None), replicas=None))[0] == "in_progress"


def test_rule_05_old_pods_that_still_serve_are_waited_for() -> None:
    assert outcome(deployment(replicas=4, availableReplicas=4)) == ("in_progress", "old_pods")


def test_rule_05_terminating_old_pods_are_reported() -> None:
    owner = {"ownerReferences": [{"uid": f"u-{OLD}", "controller": True}], "labels": {"pod-template-hash": OLD}}
    found = verdict(deployment(), pod("web-old", metadata={"deletionTimestamp": at(95), **owner}))
    assert found.state == "success"
    assert "1 old pods are still terminating" in found.notes[0]


def test_rule_05_a_pod_on_its_way_out_is_not_available() -> None:
    context = Context(Start("Deployment", "web", "shop", "u", 1, "", T0), Observed(None, T0), Settings(), ())
    assert available(pod(), 0, context)
    assert not available(pod(metadata={"deletionTimestamp": at(1)}), 0, context)


@pytest.mark.parametrize(
    "workload",
    rows(
        deployment=(deployment(availableReplicas=None),),
        stateful_set=(stateful_set(availableReplicas=None),),
        daemon_set=(daemon_set(numberAvailable=None),),
    ),
)
def test_rule_06_success_needs_availability_not_readiness(workload: dict[str, Any]) -> None:
    assert outcome(workload, *sets_pods(NEW, NEW, NEW)) == ("in_progress", "unavailable")


def test_rule_06_a_ready_pod_becomes_available_with_time() -> None:
    context = Context(Start("Deployment", "web", "shop", "u", 1, "", T0), Observed(None, T0.replace(minute=1)), Settings(), ())
    assert available(pod(), 55, context)
    assert not available(pod(), 56, context)


PART = {"strategy": {"rollingUpdate": {"maxUnavailable": "100%"}}}


@pytest.mark.parametrize(
    ("required", "strategy", "counters", "expected"),
    rows(
        full_is_the_default=(None, "100%", {"availableReplicas": 2}, ("in_progress", "unavailable")),
        max_unavailable=("maxUnavailable", 1, {"availableReplicas": 2}, ("success", "partial")),
        never_none_at_all=("maxUnavailable", "100%", {"availableReplicas": 0}, ("in_progress", "unavailable")),
        percentage_rounds_up=("60%", 1, {"availableReplicas": 1}, ("in_progress", "unavailable")),
        percentage=("60%", 1, {"availableReplicas": 2}, ("success", "partial")),
        number=("1", 1, {"replicas": 4, "updatedReplicas": 2, "availableReplicas": 3}, ("success", "partial")),
        old_ones_do_not_count=("2", 1, {"replicas": 4, "updatedReplicas": 2, "availableReplicas": 3}, ("in_progress", "unavailable")),
        all_of_them_after_all=("1", 1, {}, DONE),
    ),
)
def test_rule_07_less_than_all_only_on_demand(
    required: str | None, strategy: Any, counters: dict[str, int], expected: tuple[str, str]
) -> None:
    workload = changed(deployment(**counters), strategy={"rollingUpdate": {"maxUnavailable": strategy}})
    assert outcome(workload, accept={"required": required} if required else {}) == expected


@pytest.mark.parametrize(
    "workload",
    rows(
        deployment=(changed(deployment(replicas=None, updatedReplicas=None, availableReplicas=None), replicas=0),),
        stateful_set=(changed(stateful_set(replicas=None, updatedReplicas=None, availableReplicas=None), replicas=0),),
        daemon_set_that_fits_no_node=(
            daemon_set(desiredNumberScheduled=0, currentNumberScheduled=0, updatedNumberScheduled=None, numberAvailable=None),
        ),
    ),
)
def test_rule_08_nothing_running_is_no_success_unless_meant(workload: dict[str, Any]) -> None:
    assert outcome(workload) == ("failure", "nothing_running")
    assert outcome(workload, accept={"allow_zero": True}) == ("success", "nothing_running")


@pytest.mark.parametrize(
    "counters", rows(looks_done=({},), not_begun=({"updatedReplicas": 0},), not_even_observed=({"observedGeneration": 1},))
)
def test_rule_09_a_paused_deployment_fails_at_once(counters: dict[str, int]) -> None:
    assert outcome(changed(deployment(**counters), paused=True), elapsed=0) == ("failure", "paused")


def test_rule_10_the_first_look_at_a_rollout_without_surge_is_no_success() -> None:
    assert outcome(deployment(updatedReplicas=None)) == ("in_progress", "updating")


def rolling(partition: int, start: int = 0, **counters: Any) -> dict[str, Any]:
    update = {"type": "RollingUpdate", "rollingUpdate": {"partition": partition}}
    return changed(stateful_set(currentRevision=OLD, **counters), updateStrategy=update, ordinals={"start": start})


@pytest.mark.parametrize(
    ("workload", "hashes", "expected"),
    rows(
        reached=(rolling(2, updatedReplicas=1), (OLD, OLD, NEW), ("success", "partial")),
        not_reached=(rolling(1, updatedReplicas=1), (OLD, OLD, NEW), ("in_progress", "updating")),
        other_first_ordinal=(rolling(2, 5, updatedReplicas=1), (OLD, OLD, NEW), ("success", "partial")),
        beyond_all=(rolling(9, updatedReplicas=None), (OLD, OLD, OLD), ("success", "partial")),
        reached_but_not_available=(rolling(2, updatedReplicas=1, availableReplicas=2), (OLD, OLD, NEW), ("in_progress", "unavailable")),
    ),
)
def test_rule_11_a_partition_is_reached_and_reported_as_partial(
    workload: dict[str, Any], hashes: tuple[str, ...], expected: tuple[str, str]
) -> None:
    found = verdict(workload, *sets_pods(*hashes))
    assert (found.state, found.code) == expected
    if found.state == "success":
        start = Start("StatefulSet", "web", "shop", "u", 1, "", T0)
        assert "PARTLY rolled out" in sentence(start, found)


@pytest.mark.parametrize(
    ("workload", "hashes", "expected"),
    rows(
        all_new=(stateful_set(), (NEW, NEW, NEW), DONE),
        revision_not_taken_over=(stateful_set(currentRevision=OLD), (NEW, NEW, NEW), ("in_progress", "settling")),
        counters_ahead_of_pods=(stateful_set(), (OLD, NEW, NEW), ("in_progress", "old_pods")),
        too_few_updated=(stateful_set(updatedReplicas=2, currentRevision=OLD), (OLD, NEW, NEW), ("in_progress", "updating")),
    ),
)
def test_rule_12_a_stateful_set_is_done_when_its_pods_carry_the_new_revision(
    workload: dict[str, Any], hashes: tuple[str, ...], expected: tuple[str, str]
) -> None:
    assert outcome(workload, *sets_pods(*hashes)) == expected


def by_hand(workload: dict[str, Any]) -> dict[str, Any]:
    return changed(workload, updateStrategy={"type": "OnDelete"})


@pytest.mark.parametrize(
    "workload",
    rows(
        stateful_set=(by_hand(stateful_set(updatedReplicas=1, currentRevision=OLD)),),
        daemon_set=(by_hand(daemon_set(updatedNumberScheduled=1)),),
    ),
)
def test_rule_13_on_delete_names_the_pods_that_stay_old(workload: dict[str, Any]) -> None:
    pods = sets_pods(NEW, OLD, OLD)
    found = verdict(workload, *pods)
    assert (found.state, found.code, found.facts["pods"]) == ("failure", "on_delete", ["web-1", "web-2"])
    assert outcome(workload, *pods, accept={"on_delete": "warn"}) == ("success", "on_delete")


def test_rule_13_on_delete_is_complete_once_the_old_pods_are_deleted() -> None:
    assert outcome(by_hand(stateful_set(currentRevision=OLD)), *sets_pods(NEW, NEW, NEW)) == DONE


@pytest.mark.parametrize(
    ("updated", "hashes", "expected"),
    rows(
        the_new_revision_is_not_known_yet=(0, (NEW, NEW, NEW), ("in_progress", "updating")),
        the_revision_of_the_new_pods_is_not_known_yet=(2, (OLD, OLD, NEW), ("in_progress", "updating")),
        all_new=(3, (NEW, NEW, NEW), DONE),
    ),
)
def test_rule_13_a_status_that_is_ahead_of_the_watches_decides_nothing(
    updated: int, hashes: tuple[str, ...], expected: tuple[str, str]
) -> None:
    """Revisions and pods are watched separately, so either may be of the time before the change."""
    assert outcome(by_hand(daemon_set(updatedNumberScheduled=updated)), *on_nodes(*hashes)) == expected


def on_nodes(*hashes: str) -> list[dict[str, Any]]:
    return [set_pod(f"web-{number}", hash_, spec={"nodeName": f"node-{number}"}) for number, hash_ in enumerate(hashes)]


NODES = frozenset({"node-0", "node-1", "node-2"})
TWO_OF_THREE = daemon_set(updatedNumberScheduled=2, numberAvailable=2)


@pytest.mark.parametrize(
    ("nodes", "known", "expected"),
    rows(
        all_ready=(["node-0", "node-1", "node-2"], NODES, ("in_progress", "updating")),
        one_new=(["node-0", "node-1", "node-2"], NODES - {"node-2"}, DONE),
        nodes_unknown=([], None, ("in_progress", "updating")),
    ),
)
def test_rule_14_nodes_that_cannot_answer_are_not_waited_for(nodes: list[str], known: Any, expected: tuple[str, str]) -> None:
    seen = {"nodes": [node(name) for name in nodes], "start": {"nodes": known}}
    assert outcome(TWO_OF_THREE, *on_nodes(NEW, NEW, OLD), **seen) == expected


def test_rule_14_a_node_that_is_not_ready_is_named() -> None:
    nodes = [node("node-0"), node("node-1"), node("node-2", ready=False)]
    found = verdict(TWO_OF_THREE, *on_nodes(NEW, NEW, OLD), nodes=nodes, start={"nodes": NODES})
    assert found.state == "success"
    assert "node-2" in found.notes[0]


def test_rule_14_a_pod_that_waits_for_its_node_belongs_to_it() -> None:
    affinity = {
        "nodeAffinity": {
            "requiredDuringSchedulingIgnoredDuringExecution": {
                "nodeSelectorTerms": [{"matchFields": [{"key": "metadata.name", "operator": "In", "values": ["node-2"]}]}]
            }
        }
    }
    pending = {"phase": "Pending", "conditions": []}
    pods = [*on_nodes(NEW, NEW), set_pod("web-2", spec={"nodeName": None, "affinity": affinity}, status=pending)]
    nodes = [node("node-0"), node("node-1"), node("node-2", ready=False)]
    assert outcome(TWO_OF_THREE, *pods, nodes=nodes, start={"nodes": NODES}) == DONE


def test_rule_15_with_a_surge_the_old_pod_of_a_node_has_to_go_first() -> None:
    both = [*on_nodes(NEW, NEW, NEW), set_pod("web-9", OLD, spec={"nodeName": "node-0"})]
    assert outcome(daemon_set(), *both) == ("in_progress", "old_pods")
    assert outcome(daemon_set(), *on_nodes(NEW, NEW, NEW)) == DONE


def test_rule_15_with_a_surge_a_node_counts_once() -> None:
    twice = [*on_nodes(NEW, NEW), set_pod("web-9", NEW, spec={"nodeName": "node-0"})]
    assert verdict(daemon_set(updatedNumberScheduled=0), *twice).counts.new == 2


def test_rule_16_a_closed_readiness_gate_is_named() -> None:
    gated = unready(
        container(),
        reason="ReadinessGatesNotReady",
        spec={"readinessGates": [{"conditionType": "target-health.elbv2.k8s.aws/web"}, {"conditionType": "open"}]},
    )
    gated["status"]["conditions"].append({"type": "open", "status": "True"})
    found = verdict(deployment(**ROLLING), gated)
    assert (found.state, found.evidence[0].code) == ("in_progress", "readiness_gate")
    assert found.evidence[0].constraint == "target-health.elbv2.k8s.aws/web"


@pytest.mark.parametrize(
    ("workload", "expected"),
    rows(
        deleted=(None, ("failure", "deleted")),
        made_again=(merged(deployment(), {"metadata": {"uid": "u-other"}}), ("failure", "recreated")),
    ),
)
def test_rule_17_what_was_deleted_or_made_again_is_not_adopted(workload: dict[str, Any] | None, expected: tuple[str, str]) -> None:
    assert outcome(workload) == expected


def test_rule_18_nothing_changed_is_said_and_health_is_judged_all_the_same() -> None:
    assert outcome(deployment(), start={"changed": False}) == ("success", "unchanged")
    assert outcome(deployment(), start={"changed": True}) == DONE
    assert outcome(deployment(), pod(), merged(unready(crashed(5)), {}), start={"changed": False}) == ("failure", "crash_loop")


USES = {
    "env_from": {"envFrom": [{"configMapRef": {"name": "settings"}}]},
    "env": {"env": [{"name": "A", "valueFrom": {"configMapKeyRef": {"name": "settings", "key": "a"}}}]},
}


@pytest.mark.parametrize("use", sorted(USES))
def test_rule_19_a_change_of_configuration_alone_is_no_rollout(use: str) -> None:
    using = template()
    using["spec"]["containers"][0].update(USES[use])
    found = verdict(changed(deployment(), template=using), start={"changed": False, "changed_configs": CONFIG})
    assert (found.state, found.code, found.facts["configs"]) == ("success", "no_rollout", ["ConfigMap settings"])


def test_rule_19_volumes_are_configuration_too_and_unused_ones_are_not_reported() -> None:
    mounted = template(volumes=[{"name": "c", "configMap": {"name": "settings"}}, {"name": "s", "secret": {"secretName": "key"}}])
    configs = CONFIG | {("Secret", "key"), ("Secret", "other")}
    found = verdict(changed(deployment(), template=mounted), start={"changed": False, "changed_configs": configs})
    assert found.facts["configs"] == ["ConfigMap settings", "Secret key"]
    assert outcome(deployment(), start={"changed": False, "changed_configs": CONFIG}) == ("success", "unchanged")


def test_the_new_replica_set_is_found_by_template_and_else_by_revision() -> None:
    odd = [replica_set(image="defaulted-differently"), replica_set(OLD, 1, "app:1")]
    for sets in (SETS, odd):
        assert outcome(deployment(**ROLLING), unready(crashed(5)), replica_sets=sets) == ("failure", "crash_loop")


def test_the_newest_controller_revision_counts() -> None:
    pods = on_nodes(NEW, NEW, NEW)
    assert outcome(daemon_set(), *pods, revisions=[revision(NEW, 3), revision(OLD, 2)]) == DONE
    assert outcome(daemon_set(), *pods, revisions=[revision(NEW, 3), revision(OLD, 4)]) == ("in_progress", "old_pods")

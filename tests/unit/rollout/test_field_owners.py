"""Rules 87 and 88: who owns a workload's fields, so that a rollback does not break the next apply, and what is left to others."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.rollout import applied, records
from ansible_collections.mainstay.aws.plugins.module_utils.rollout.field_owners import (
    LAST_APPLIED,
    applied_again,
    applier,
    helm_release,
    owned,
    synced_by,
)
from ansible_collections.mainstay.aws.plugins.module_utils.rollout.rollback_target import choose_target, patch_of

from .defaults import Timeline, run
from .fake_api import FakeApi, failure
from .running import BAD, VERIFIED, WEB, client, controller, failing, patches, recorded, settled, verify
from .samples import SETS, deployment, merged, template
from .test_default_history import ZERO
from .test_rollback import begun, record
from .test_success import rows

CONTAINER = {"f:name": {}, "f:image": {}, 'k:{"containerPort":80,"protocol":"TCP"}': {}}
TEMPLATE_FIELDS = {"f:spec": {"f:containers": {'k:{"name":"app"}': {".": {}, "f:name": {}, "f:image": {}}}}}


def entry(manager: str, operation: str = "Apply", **fields: Any) -> dict[str, Any]:
    inside = {"f:spec": {"f:template": TEMPLATE_FIELDS, **fields}, "f:metadata": {"f:labels": {"f:app": {}}}}
    return {"manager": manager, "operation": operation, "apiVersion": "apps/v1", "fieldsV1": inside}


def managed(*entries: dict[str, Any], **metadata: Any) -> dict[str, Any]:
    return merged(BAD, {"metadata": {"resourceVersion": "7", "managedFields": list(entries), **metadata}})


@pytest.fixture
def api() -> Any:
    with FakeApi() as found:
        found.on_write.append(controller(found))
        yield found


@pytest.mark.parametrize(
    ("fields", "value", "expected"),
    rows(
        whole=({}, {"a": 1}, {"a": 1}),
        members=({"f:a": {}, "f:gone": {}}, {"a": 1, "b": 2}, {"a": 1}),
        nested=({"f:a": {"f:b": {}}}, {"a": {"b": 1, "c": 2}}, {"a": {"b": 1}}),
        by_key=({'k:{"name":"x"}': {".": {}, "f:v": {}}}, [{"name": "x", "v": 1, "w": 2}, {"name": "y"}], [{"v": 1}]),
        by_value=({'v:"a"': {}}, ["a", "b"], ["a"]),
        only_there=({".": {}}, {"a": 1}, {}),
    ),
)
def test_rule_87_a_set_of_fields_names_a_part_of_an_object(fields: dict[str, Any], value: Any, expected: Any) -> None:
    assert owned(fields, value) == expected


def test_rule_87_the_applier_is_who_applies_on_the_servers_side_and_owns_most() -> None:
    small = {**entry("sidecar"), "fieldsV1": {"f:spec": {"f:template": {"f:metadata": {"f:annotations": {"f:a": {}}}}}}}
    found = applier(managed(entry("kubectl-client-side-apply", "Update"), small, entry("helm")))
    assert found is not None
    assert found["manager"] == "helm"
    assert applier(managed(entry("kubectl-client-side-apply", "Update"))) is None
    assert applier(managed({**entry("autoscaler"), "fieldsV1": {"f:spec": {"f:replicas": {}}}})) is None


def test_rule_87_what_is_applied_again_is_everything_that_the_applier_owns_with_the_other_template() -> None:
    live = managed(entry("helm", **{"f:progressDeadlineSeconds": {}}), labels={"app": "web", "other": "x"})
    body = applied_again(live, entry("helm", **{"f:progressDeadlineSeconds": {}}), template("app:1"))
    assert body["spec"] == {"progressDeadlineSeconds": 600, "template": template("app:1")}
    assert body["metadata"] == {"labels": {"app": "web"}, "name": "web", "namespace": "shop", "uid": "u-web", "resourceVersion": "7"}
    assert (body["apiVersion"], body["kind"]) == ("apps/v1", "Deployment")


def test_rule_87_fields_stay_with_the_manager_that_applies(api: FakeApi) -> None:
    failing(api)
    api.put(merged(BAD, {"metadata": {"managedFields": [entry("helm")]}}))
    recorded(api)
    report = verify(api, rollback=VERIFIED)
    assert report.undone[0]["result"] == "rolled_back"
    sent = api.asked("patch", "/web")
    assert [(request.query["fieldManager"], request.query["force"]) for request in sent] == [("helm", "true")]
    assert api.at(WEB.path)["spec"]["template"] == template("app:1")


def test_rule_87_an_apply_that_is_refused_does_not_keep_the_release_from_coming_back(api: FakeApi) -> None:
    failing(api)
    api.put(merged(BAD, {"metadata": {"managedFields": [entry("helm")]}}))
    recorded(api)
    api.faults.append(lambda request: failure(422, "invalid") if "fieldManager" in request.query else None)
    assert verify(api, rollback=VERIFIED).undone[0]["result"] == "rolled_back"
    assert api.at(WEB.path)["spec"]["template"] == template("app:1")


def client_side(image: str, **annotations: str) -> dict[str, Any]:
    """A Deployment created by a client-side apply, which records less than the API stores."""
    sparse = {"spec": {"replicas": 3, "template": {"spec": {"containers": [{"name": "app", "image": image}]}}}}
    return {"metadata": {"annotations": {LAST_APPLIED: json.dumps(sparse), **annotations}}}


def test_rule_87_what_a_client_side_apply_recorded_goes_back_with_the_template(api: FakeApi) -> None:
    settled(api, **client_side("app:2"))
    verify(api)
    api.put(merged(BAD, {**client_side("app:3"), "spec": {"template": template("app:3")}}))
    found = records.read(client(api), WEB)
    assert found is not None
    assert found.last_applied == {"spec": {"containers": [{"name": "app", "image": "app:2"}]}}
    way = choose_target(begun(template=records.Record(template("app:3"), "", "").fingerprint), api.at(WEB.path), found, (), VERIFIED)
    assert way.template is not None
    steps = patch_of(api.at(WEB.path), way.template, way.last_applied)
    assert steps[-1]["path"] == "/metadata/annotations/kubectl.kubernetes.io~1last-applied-configuration"
    again = json.loads(steps[-1]["value"])
    assert again["spec"] == {"replicas": 3, "template": {"spec": {"containers": [{"name": "app", "image": "app:2"}]}}}


def test_rule_87_a_record_follows_a_new_way_to_apply(api: FakeApi) -> None:
    settled(api)
    verify(api)
    settled(api, **client_side("app:2"))
    verify(api)
    found = records.read(client(api), WEB)
    assert found is not None
    assert found.last_applied is not None
    settled(api)
    verify(api)
    found = records.read(client(api), WEB)
    assert found is not None
    assert found.last_applied is None


@pytest.mark.parametrize(
    ("live", "expected"),
    rows(
        client_side=(managed(annotations={"meta.helm.sh/release-name": "shop"}), "shop"),
        server_side=(managed(entry("helm"), annotations={"meta.helm.sh/release-name": "shop"}), ""),
        none=(managed(), ""),
    ),
)
def test_rule_87_helm_on_the_clients_side_keeps_its_own_record(live: dict[str, Any], expected: str) -> None:
    assert helm_release(live) == expected


ARGO = {"annotations": {"argocd.argoproj.io/tracking-id": "shop:apps/Deployment:shop/web"}}


@pytest.mark.parametrize(
    ("live", "owner"),
    rows(
        argo_annotation=(managed(**ARGO), "Argo CD"),
        argo_label=(managed(labels={"argocd.argoproj.io/instance": "shop"}), "Argo CD"),
        argo_manager=(managed(entry("argocd-controller")), "Argo CD"),
        flux=(managed(labels={"kustomize.toolkit.fluxcd.io/name": "shop"}), "Flux"),
        flux_helm=(managed(labels={"helm.toolkit.fluxcd.io/name": "shop"}), "Flux"),
        nobody=(managed(entry("kubectl")), ""),
    ),
)
def test_rule_88_what_is_synced_from_git_is_not_patched(live: dict[str, Any], owner: str) -> None:
    assert synced_by(live) == owner
    way = choose_target(begun(), live, record("app:1"), SETS, VERIFIED)
    assert way.why == (f"{owner} syncs it from Git and would undo a patch: revert the change in Git" if owner else "")
    assert (way.template is None) is bool(owner)


def test_rule_88_a_rollback_of_what_argo_cd_owns_is_refused_in_a_sentence(api: FakeApi) -> None:
    failing(api)
    api.put(merged(BAD, {"metadata": ARGO}))
    recorded(api)
    found = verify(api, rollback=VERIFIED)
    assert (found.undone[0]["result"], "Argo CD syncs it from Git" in found.undone[0]["reason"]) == ("not_attempted", True)
    assert not patches(api)


def thing(kind: str, name: str = "x", **more: Any) -> dict[str, Any]:
    return {"kind": kind, "metadata": {"name": name, "namespace": "shop"}, **more}


def test_rule_88_what_was_applied_and_not_verified_is_named() -> None:
    cluster_wide = {"kind": "ClusterIssuer", "metadata": {"name": "letsencrypt"}}
    others = [thing("CronJob", "nightly"), thing("Rollout", "web"), thing("Certificate"), cluster_wide, thing("CronJob", "nightly")]
    found = applied.not_verified({"changed": True, "results": [deployment(), thing("ConfigMap"), thing("Service"), *others]})
    assert found == ["CronJob shop/nightly", "Rollout shop/web", "Certificate shop/x", "ClusterIssuer letsencrypt"]


def rollout(**status: Any) -> dict[str, Any]:
    return {"kind": "Rollout", "metadata": {"name": "web", "namespace": "shop", "uid": "u-rollout", "generation": 3}, "status": status}


def healthy(value: str, kind: str = "Healthy", **more: Any) -> dict[str, Any]:
    return {"conditions": [{"type": kind, "status": value, "message": "waiting for pods"}], **more}


@pytest.mark.parametrize(
    ("status", "expected"),
    rows(
        ready=(healthy("True", observedGeneration="3"), ("success", "complete")),
        of_an_older_generation=(healthy("True", observedGeneration="2"), ("error", "no_activity")),
        without_a_generation=(healthy("True"), ("error", "no_activity")),
        not_ready=(healthy("False", observedGeneration=3), ("failure", "timeout")),
        stalled=(healthy("True", "Stalled", observedGeneration=3), ("failure", "resource_failed")),
    ),
)
def test_rule_88_other_kinds_are_judged_by_a_general_rule(api: FakeApi, status: dict[str, Any], expected: tuple[str, str]) -> None:
    settled(api)
    api.put(rollout(**status))
    other = {"kind": "Rollout", "api_version": "argoproj.io/v1alpha1", "name": "web", "namespace": "shop"}
    report = run(api, Timeline(api), deployment(), rollout(), workloads=[other])
    assert (report.ending.state, report.ending.code) == expected if report.ending else False
    assert report.notes == []
    assert not api.asked("patch", "/rollouts/web")


def test_rule_88_the_result_names_it(api: FakeApi) -> None:
    settled(api)
    report = run(api, Timeline(api), deployment(), thing("CronJob", "nightly"))
    assert report.notes == ["applied but not verified, because this module does not judge their kinds: CronJob shop/nightly"]


@pytest.mark.parametrize(
    ("kind", "reference", "said"),
    rows(
        flagger=("Canary", {"targetRef": {"kind": "Deployment", "name": "web"}}, "Flagger Canary shop"),
        argo=("Rollout", {"workloadRef": {"kind": "Deployment", "name": "web"}}, "Argo Rollout shop"),
    ),
)
def test_rule_88_what_progressive_delivery_scales_to_zero(api: FakeApi, kind: str, reference: dict[str, Any], said: str) -> None:
    for one in [ZERO, thing(kind, "shop", spec=reference)]:
        api.put(one)
    report = run(api, Timeline(api), ZERO)
    assert report.ending is not None
    assert (report.ending.code, f"because {said} has scaled it to 0" in report.ending.sentence) == ("scaled_to_zero", True)
    assert f"{said} runs the pods in a workload of its own, which was not verified" in report.verdicts[str(WEB)].notes

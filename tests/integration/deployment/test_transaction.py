"""The transaction on a real control plane."""

from __future__ import annotations

import json
from typing import Any

from ansible_collections.mainstay.aws.plugins.module_utils.deployment.wish import Outcome

from .support import Application


def messages(outcome: Outcome) -> str:
    return "\n".join(str(one) for one in outcome.failures)


def succeeded(outcome: Outcome) -> Outcome:
    assert outcome.reason == "", (outcome.reason, messages(outcome))
    return outcome


def shop(app: Application, image: str = "api:1", **more: Any) -> list[dict[str, Any]]:
    return [app.namespace_object, app.config(level="info"), app.service(), app.deployment(image=image, config="settings", **more)]


def test_a_first_release_prepares_migrates_applies_verifies_and_records(app: Application) -> None:
    objects = [*shop(app, secret="session"), app.secret(key="s3cret-session")]
    outcome = succeeded(app.deploy(*objects, migration=app.job(), version="1.0"))
    assert app.releases == [(1, "1.0", "verified")]
    assert outcome.release is not None
    assert outcome.release.migration is not None
    assert outcome.release.migration["finished"]
    assert app.managers("deployments", "api") == [("mainstay", "Apply")]
    assert "s3cret" not in json.dumps(outcome.release.objects)
    # unchanged: no changing call, and no second migration although the Job is gone
    app.kubectl("delete", "job", "--all")
    assert app.changes(*objects, migration=app.job(), version="1.0") == []


def test_a_bad_release_goes_back_and_the_next_good_one_has_no_conflict(app: Application) -> None:
    extra = app.deployment("worker")
    succeeded(app.deploy(*shop(app), version="1.0"))
    outcome = app.deploy(*shop(app, "api:2", behaviour="crash-loop"), extra, migration=app.job(), version="2.0")
    assert outcome.went_back, (outcome.reason, outcome.verdicts)
    assert "went back to release 1.0" in outcome.reason
    assert any("migration" in one for one in outcome.not_undone)
    assert app.image() == "api:1"
    assert app.names("deployments") == ["api"]
    assert app.managers("deployments", "api") == [("mainstay", "Apply")]
    assert app.releases == [(2, "2.0", "failed"), (1, "1.0", "verified")]
    succeeded(app.deploy(*shop(app, "api:3"), version="3.0"))
    assert app.image() == "api:3"
    assert app.managers("deployments", "api") == [("mainstay", "Apply")]


def test_what_a_release_no_longer_has_is_deleted_after_it_is_verified(app: Application) -> None:
    first = [app.namespace_object, app.config("settings-a", level="a"), app.deployment(config="settings-a"), app.deployment("worker")]
    second = [app.namespace_object, app.config("settings-b", level="b"), app.deployment(config="settings-b")]
    third = [app.namespace_object, app.config("settings-c", level="c"), app.deployment(config="settings-c")]
    succeeded(app.deploy(*first, version="1"))
    outcome = succeeded(app.deploy(*second, version="2"))
    assert outcome.pruned == [f"kubernetes_object.Deployment/{app.namespace}/worker"]
    assert [name for name in app.names("configmaps") if name != "kube-root-ca.crt"] == ["settings-a", "settings-b"]
    succeeded(app.deploy(*third, version="3"))
    assert [name for name in app.names("configmaps") if name != "kube-root-ca.crt"] == ["settings-b", "settings-c"]


def test_everything_that_the_api_refuses_is_found_before_the_first_change(app: Application) -> None:
    succeeded(app.deploy(*shop(app), app.deployment("web"), version="1"))
    wrong_field = app.deployment("web")
    wrong_field["spec"]["template"]["spec"]["containers"][0]["imagePullPolcy"] = "Always"
    other_selector = app.deployment(selector={"matchLabels": {"app": "other"}})
    other_selector["spec"]["template"]["metadata"]["labels"]["app"] = "other"
    huge = app.config("huge", text="x" * 1_100_000)
    transaction = app.transaction(app.namespace_object, app.config(level="warn"), app.service(), other_selector, wrong_field, huge)
    outcome = transaction.run()
    assert transaction.cluster.api.changes == []  # type: ignore[attr-defined]
    found = messages(outcome)
    assert "imagePullPolcy" in found
    assert f"platform_allow_replace: shop:kubernetes_object.Deployment/{app.namespace}/api" in found
    assert "spec.selector" in found
    assert f"ConfigMap/{app.namespace}/huge" in found


def test_a_selector_changes_with_consent_and_old_pods_run_until_the_new_ones_are_verified(app: Application) -> None:
    succeeded(app.deploy(*shop(app), version="1"))
    changed = app.deployment(selector={"matchLabels": {"app": "other"}})
    changed["spec"]["template"]["metadata"]["labels"]["app"] = "other"
    outcome = app.deploy(app.namespace_object, changed, version="2", allow_replace=["kubernetes_object.Deployment/*"])
    succeeded(outcome)
    assert app.get("deployments", "api")["spec"]["selector"]["matchLabels"] == {"app": "other"}
    owners = [one["metadata"].get("ownerReferences") for one in app.api.list(f"/apis/apps/v1/namespaces/{app.namespace}/replicasets").items]
    assert all(owners)


def test_objects_of_kubectl_are_taken_over_with_their_fields(app: Application) -> None:
    app.api.create("/api/v1/namespaces", app.namespace_object)
    manifest = app.deployment(minReadySeconds=1)
    manifest["spec"]["template"]["spec"]["containers"][0]["env"] = [{"name": "OLD", "value": "1"}]
    app.kubectl("apply", "-f", "-", stdin=json.dumps(manifest))
    transaction = app.transaction(*shop(app))
    plan = transaction.plan(applying=False)
    action = plan.actions[f"kubernetes_object.Deployment/{app.namespace}/api"]
    assert action.reason == "taken over from kubectl-client-side-apply"
    assert {one.property for one in action.changes} >= {"spec.template.spec.containers[app].env[OLD].value", "spec.minReadySeconds"}
    succeeded(app.deploy(*shop(app)))
    assert app.managers("deployments", "api") == [("mainstay", "Apply")]
    live = app.get("deployments", "api")
    assert "env" not in live["spec"]["template"]["spec"]["containers"][0]
    assert "minReadySeconds" not in live["spec"]
    assert not any("last-applied" in name for name in live["metadata"].get("annotations") or {})


def test_a_conflict_names_manager_and_field(app: Application) -> None:
    succeeded(app.deploy(*shop(app)))
    path = f"/api/v1/namespaces/{app.namespace}/configmaps/settings"
    body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings"}, "data": {"level": "debug"}}
    app.api.patch(path, body, kind="apply", fieldManager="config-operator", force="true")
    outcome = app.deploy(*shop(app))
    assert "data.level belongs to config-operator" in messages(outcome)
    assert outcome.reason == "The release was refused before anything was changed."
    succeeded(app.deploy(*shop(app), take_over=["config-operator"]))


def test_replicas_of_an_autoscaler_stay(app: Application) -> None:
    """A workload that had replicas goes over to an autoscaler: its pods stay, and the autoscaler's number is never touched."""
    scaler = app.named(
        "HorizontalPodAutoscaler",
        "api",
        "autoscaling/v2",
        spec={"scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "api"}, "minReplicas": 2, "maxReplicas": 5},
    )
    succeeded(app.deploy(*shop(app, replicas=3), version="1"))
    succeeded(app.deploy(*shop(app, "api:2", replicas=None), scaler, version="2"))
    assert app.get("deployments", "api")["spec"]["replicas"] == 3
    succeeded(app.deploy(*shop(app, "api:3", replicas=None), scaler, version="3"))
    assert app.get("deployments", "api")["spec"]["replicas"] == 3
    scale = f"/apis/apps/v1/namespaces/{app.namespace}/deployments/api/scale"
    app.api.patch(scale, {"spec": {"replicas": 4}}, fieldManager="kube-controller-manager")
    succeeded(app.deploy(*shop(app, "api:4", replicas=None), scaler, version="4"))
    assert app.get("deployments", "api")["spec"]["replicas"] == 4
    outcome = app.deploy(*shop(app, "api:5", replicas=None, behaviour="crash-loop"), scaler, version="5")
    assert outcome.went_back, (outcome.reason, outcome.verdicts)
    assert app.get("deployments", "api")["spec"]["replicas"] == 4
    refused = app.deploy(*shop(app, "api:6", replicas=1), scaler, version="6")
    assert "leave replicas out of the manifest" in messages(refused)


def test_a_namespace_refuses_pods_before_anything_is_changed(app: Application) -> None:
    succeeded(app.deploy(*shop(app), version="1"))
    quota = app.named("ResourceQuota", "pods", spec={"hard": {"requests.cpu": "1", "pods": "5"}})
    app.api.create(f"/api/v1/namespaces/{app.namespace}/resourcequotas", quota)
    outcome = app.deploy(*shop(app, "api:2"), version="2")
    assert "must specify requests.cpu" in messages(outcome)
    app.api.delete(f"/api/v1/namespaces/{app.namespace}/resourcequotas/pods", {})
    labels = {"metadata": {"labels": {"pod-security.kubernetes.io/enforce": "restricted"}}}
    app.api.patch(f"/api/v1/namespaces/{app.namespace}", labels)
    plain = [one for one in shop(app, "api:2") if one["kind"] != "Namespace"]
    outcome = app.deploy(*plain, version="2")
    assert "violates PodSecurity" in messages(outcome)
    assert app.image() == "api:1"


def test_a_terminating_namespace_is_refused_with_its_own_condition(app: Application) -> None:
    app.api.create("/api/v1/namespaces", app.namespace_object)
    held = {**app.config("held"), "metadata": {"name": "held", "namespace": app.namespace, "finalizers": ["example.com/held"]}}
    app.api.create(f"/api/v1/namespaces/{app.namespace}/configmaps", held)
    app.api.delete(f"/api/v1/namespaces/{app.namespace}", {})
    try:
        found = ""
        for _attempt in range(40):
            found = messages(app.deploy(*shop(app)))
            if "example.com/held" in found:
                break
            app.api.clock.pause(0.5)
        assert "has been Terminating since" in found
        assert "example.com/held" in found
    finally:
        app.api.patch(f"/api/v1/namespaces/{app.namespace}/configmaps/held", {"metadata": {"finalizers": None}})


def test_nothing_to_go_back_to_is_said(app: Application) -> None:
    outcome = app.deploy(*shop(app, behaviour="crash-loop"), version="1")
    assert not outcome.went_back
    assert "No earlier release was verified" in outcome.reason
    assert app.releases == [(1, "1", "failed")]


def test_a_failed_migration_shows_its_log_and_changes_no_workload(app: Application) -> None:
    succeeded(app.deploy(*shop(app), version="1"))
    outcome = app.deploy(*shop(app, "api:2"), migration=app.job(behaviour="crash-loop"), version="2")
    assert "The migration failed" in outcome.reason
    assert outcome.went_back, (outcome.reason, outcome.verdicts)
    assert app.image() == "api:1"
    assert app.get("deployments", "api")["metadata"]["generation"] == 1
    # whoever deploys again has removed the reason: the Job runs again
    outcome = app.deploy(*shop(app, "api:2"), migration=app.job(behaviour="crash-loop"), version="2")
    assert "The migration failed" in outcome.reason


def test_bad_input_is_refused_before_the_first_change(app: Application) -> None:
    succeeded(app.deploy(*shop(app), version="1"))
    app.kubectl("rollout", "pause", "deployment/api")
    outcome = app.deploy(*shop(app, "api:2"), version="2")
    assert "is paused" in messages(outcome)
    app.kubectl("rollout", "resume", "deployment/api")
    outcome = app.deploy(*shop(app, "api:2"), migration=app.job(), version="2", gate_required=True)
    assert "run the gate first" in messages(outcome)
    said = "the verdict is for shop 1, and this is shop 2."
    outcome = app.deploy(*shop(app, "api:2"), migration=app.job(), version="2", gate={"databases": {}}, check=lambda: said)
    assert said in messages(outcome)

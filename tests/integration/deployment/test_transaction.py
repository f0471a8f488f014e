"""The transaction on a real control plane."""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from typing import Any

import yaml

from ansible_collections.mainstay.aws.plugins.module_utils.deployment.transaction import Failed, Transaction
from ansible_collections.mainstay.aws.plugins.module_utils.deployment.wish import Outcome
from ansible_collections.mainstay.aws.plugins.module_utils.kubernetes.access import Token
from tests.runs import ROOT

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
    outcome = app.deploy(*shop(app, "api:2", behavior="crash-loop"), extra, migration=app.job(), version="2.0")
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
    outcome = app.deploy(*shop(app, "api:5", replicas=None, behavior="crash-loop"), scaler, version="5")
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
    outcome = app.deploy(*shop(app, behavior="crash-loop"), version="1")
    assert not outcome.went_back
    assert "No earlier release was verified" in outcome.reason
    assert app.releases == [(1, "1", "failed")]


def test_a_failed_migration_shows_its_log_and_changes_no_workload(app: Application) -> None:
    succeeded(app.deploy(*shop(app), version="1"))
    outcome = app.deploy(*shop(app, "api:2"), migration=app.job(behavior="crash-loop"), version="2")
    assert "The migration failed" in outcome.reason
    assert outcome.went_back, (outcome.reason, outcome.verdicts)
    assert app.image() == "api:1"
    assert app.get("deployments", "api")["metadata"]["generation"] == 1
    # whoever deploys again has removed the reason: the Job runs again
    outcome = app.deploy(*shop(app, "api:2"), migration=app.job(behavior="crash-loop"), version="2")
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


def test_a_policy_and_a_faulty_migration_are_found_before_the_first_change(app: Application) -> None:
    succeeded(app.deploy(*shop(app), version="1"))
    group = "/apis/admissionregistration.k8s.io/v1"
    rule = {"apiGroups": ["apps"], "apiVersions": ["v1"], "operations": ["CREATE", "UPDATE"], "resources": ["deployments"]}
    policy = {
        "matchConstraints": {"resourceRules": [rule]},
        "validations": [{"expression": "object.spec.replicas > 1", "message": "two replicas at least"}],
    }
    name = f"replicas-{app.namespace}"
    selector = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": app.namespace}}}
    binding = {"policyName": name, "validationActions": ["Deny"], "matchResources": selector}
    for plural, kind, spec in (
        ("validatingadmissionpolicies", "ValidatingAdmissionPolicy", policy),
        ("validatingadmissionpolicybindings", "ValidatingAdmissionPolicyBinding", binding),
    ):
        body = {"apiVersion": "admissionregistration.k8s.io/v1", "kind": kind, "metadata": {"name": name}, "spec": spec}
        app.api.create(f"{group}/{plural}", body)
    job = app.job()
    job["spec"]["template"]["spec"]["restartPolicy"] = "Always"
    found = ""
    for attempt in range(40):  # the API server begins to apply a policy a moment later
        found = messages(app.deploy(*shop(app, "api:2"), migration=job, version=f"2.{attempt}", gate_required=True))
        if "two replicas at least" in found:
            break
        app.api.clock.pause(0.5)
    assert "two replicas at least" in found
    assert "It is a policy of the cluster" in found
    assert "restartPolicy" in found
    assert app.image() == "api:1"
    assert app.names("jobs") == []


def test_a_kind_comes_with_the_release_and_its_secrets_are_awaited(app: Application) -> None:
    """The definition of ExternalSecret comes with the release here; a thread plays the operator."""
    schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    version = {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}, "subresources": {"status": {}}}
    names = {"plural": "externalsecrets", "singular": "externalsecret", "kind": "ExternalSecret", "listKind": "ExternalSecretList"}
    definition = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "externalsecrets.external-secrets.io"},
        "spec": {"group": "external-secrets.io", "scope": "Namespaced", "names": names, "versions": [version]},
    }
    external = app.named("ExternalSecret", "database", "external-secrets.io/v1", spec={"target": {"name": "database"}})
    without = app.transaction(*shop(app), external)
    refused = without.run()
    assert "the cluster does not serve ExternalSecret of external-secrets.io/v1" in messages(refused)
    assert without.cluster.api.changes == []  # type: ignore[attr-defined]
    objects = [*shop(app, secret="database"), definition, external]
    plan = app.transaction(*objects).plan(applying=False)
    assert not plan.failures
    assert {action.verb for action in plan.actions.values()} == {"create"}
    late = app.deploy(*objects, migration=app.job(), secrets_seconds=2.0)
    assert "was not synced within 2 s: no controller has answered" in late.reason
    assert app.names("jobs") == []

    def operate() -> None:
        app.api.clock.pause(2)
        app.api.create(f"/api/v1/namespaces/{app.namespace}/secrets", app.secret("database", URL="postgresql://"))
        path = f"/apis/external-secrets.io/v1/namespaces/{app.namespace}/externalsecrets/database"
        status = {"conditions": [{"type": "Ready", "status": "True"}], "syncedResourceVersion": "1-abc"}
        app.api.patch(f"{path}/status", {"status": status})

    operator = threading.Thread(target=operate)
    operator.start()
    succeeded(app.deploy(*objects, migration=app.job(), secrets_seconds=30.0))
    operator.join()


def test_what_somebody_changed_in_between_is_not_undone(app: Application) -> None:
    succeeded(app.deploy(*shop(app), version="1"))

    def edited(release: Transaction) -> None:
        release.apply(release.rest)
        app.kubectl("set", "image", "deployment/api", "app=hotfix:1")
        raise Failed("The release is bad")

    outcome = app.deploy(*shop(app, "api:2"), version="2", strategy=edited)
    assert "was changed by kubectl-set since this release applied it" in outcome.reason
    assert not outcome.went_back
    assert app.image() == "hotfix:1"


def test_the_permissions_that_the_documentation_names_are_enough(app: Application) -> None:
    page = (ROOT / "docs" / "deploying.md").read_text()
    role = yaml.safe_load(f"apiVersion: rbac{page.partition('```yaml\napiVersion: rbac')[2].partition('```')[0]}")
    app.api.create("/api/v1/namespaces", app.namespace_object)
    role["metadata"]["name"] = f"deployer-{app.namespace}"
    app.api.create("/apis/rbac.authorization.k8s.io/v1/clusterroles", role)
    accounts = f"/api/v1/namespaces/{app.namespace}/serviceaccounts"
    app.api.create(accounts, app.named("ServiceAccount", "deployer"))
    subject = {"kind": "ServiceAccount", "name": "deployer", "namespace": app.namespace}
    reference = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role["metadata"]["name"]}
    binding = app.named("RoleBinding", "deployer", "rbac.authorization.k8s.io/v1", roleRef=reference, subjects=[subject])
    app.api.create(f"/apis/rbac.authorization.k8s.io/v1/namespaces/{app.namespace}/rolebindings", binding)
    view = {**reference, "name": f"namespaces-{app.namespace}"}
    rules = [{"apiGroups": [""], "resources": ["namespaces"], "verbs": ["get"], "resourceNames": [app.namespace]}]
    named = {"apiVersion": "rbac.authorization.k8s.io/v1", "metadata": {"name": view["name"]}}
    app.api.create("/apis/rbac.authorization.k8s.io/v1/clusterroles", {**named, "kind": "ClusterRole", "rules": rules})
    app.api.create(
        "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings",
        {**named, "kind": "ClusterRoleBinding", "roleRef": view, "subjects": [subject]},
    )
    asked = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}}
    token = app.api.create(f"{accounts}/deployer/token", asked)["status"]["token"]
    app.access = replace(app.access, certificate=None, token=Token(lambda: (token, None)))
    plain = [one for one in shop(app) if one["kind"] != "Namespace"]
    succeeded(app.deploy(*plain, app.deployment("worker"), migration=app.job(), version="1", keep=2))
    plain = [one for one in shop(app, "api:2") if one["kind"] != "Namespace"]
    succeeded(app.deploy(*plain, migration=app.job("again"), version="2", keep=2))
    plain = [one for one in shop(app, "api:3", behavior="crash-loop") if one["kind"] != "Namespace"]
    assert app.deploy(*plain, version="3").went_back


def test_what_belongs_to_somebody_else_is_refused(app: Application) -> None:
    other = {"mainstay.aws/environment": "prod", "mainstay.aws/component": "main"}
    app.api.create("/api/v1/namespaces", {**app.namespace_object, "metadata": {"name": app.namespace, "labels": other}})
    synced = app.deployment("web")
    synced["metadata"]["annotations"] = {"argocd.argoproj.io/tracking-id": "shop"}
    app.api.create(f"/apis/apps/v1/namespaces/{app.namespace}/deployments", synced)
    found = messages(app.deploy(*shop(app), app.deployment("web")))
    assert f"Namespace/{app.namespace}: apply (Refused): it belongs to prod/main, and this is prod/shop" in found
    assert "Argo CD syncs it from Git" in found
    # an application in a namespace of another component, such as one that role eks made
    succeeded(app.deploy(*[one for one in shop(app) if one["kind"] != "Namespace"]))


def test_objects_of_helm_and_of_a_server_side_apply_are_taken_over(app: Application) -> None:
    app.api.create("/api/v1/namespaces", app.namespace_object)
    marks = {"meta.helm.sh/release-name": "shop", "meta.helm.sh/release-namespace": app.namespace}
    chart = app.config(level="helm", old="1")
    chart["metadata"]["annotations"] = marks
    path = f"/api/v1/namespaces/{app.namespace}/configmaps"
    app.api.create(path, chart, fieldManager="helm")
    path = f"/apis/apps/v1/namespaces/{app.namespace}/deployments/api"
    app.api.patch(path, app.deployment(replicas=3), kind="apply", fieldManager="ansible")
    app.kubectl("rollout", "restart", "deployment/api")
    scaler = app.named(
        "HorizontalPodAutoscaler",
        "api",
        "autoscaling/v2",
        spec={"scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "api"}, "minReplicas": 1, "maxReplicas": 5},
    )
    succeeded(app.deploy(*shop(app, replicas=None), scaler))
    live = app.get("configmaps", "settings")
    assert live["data"] == {"level": "info"}
    assert not live["metadata"].get("annotations")
    deployment = app.get("deployments", "api")
    assert deployment["spec"]["replicas"] == 3
    assert "kubectl.kubernetes.io/restartedAt" in deployment["spec"]["template"]["metadata"]["annotations"]
    assert ("ansible", "Apply") not in app.managers("deployments", "api")
    assert app.changes(*shop(app, replicas=None), scaler) == []

# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Objects inside a real cluster: created, unchanged, changed, drifted, replaced, adopted, and removed."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from rehearsal.kubernetes.api import ApiError

from .support import InsideCluster, changes, counts


def objects(inside: InsideCluster, password: str = "canary-first", **spec: Any) -> list[dict[str, Any]]:
    """One of each type that the API handles in its own way."""
    web = {"namespace": inside.namespace, "name": "web"}
    rbac = "rbac.authorization.k8s.io"
    pod = {
        "hostNetwork": False,
        "automountServiceAccountToken": False,
        "serviceAccountName": "web",
        "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
        "tolerations": [{"operator": "Exists"}],
        "initContainers": [{"name": "first", "image": "app:1"}, {"name": "second", "image": "app:1"}],
        "containers": [
            {
                "name": "app",
                "image": "app:1",
                "args": ["--serve"],
                "env": [{"name": "A", "value": "1"}, {"name": "API_TOKEN", "value": f"{password}-env"}],
                "ports": [{"containerPort": 8080, "name": "http"}, {"containerPort": 53, "protocol": "UDP"}],
                "resources": {"requests": {"cpu": 0.5, "memory": "1024Mi"}, "limits": {"memory": "1Gi"}},
                "readinessProbe": {"httpGet": {"path": "/", "port": "http"}},
                "volumeMounts": [{"name": "tmp", "mountPath": "/tmp"}, {"name": "token", "mountPath": "/token", "readOnly": False}],
            }
        ],
        "volumes": [
            {"name": "tmp", "emptyDir": {}},
            {"name": "token", "projected": {"sources": [{"serviceAccountToken": {"path": "token"}}]}},
        ],
    }
    labels = {"matchLabels": {"app": "web"}}
    dns = [{"to": [{"namespaceSelector": {"matchLabels": {"a": "b"}}}], "ports": [{"port": 53, "protocol": "UDP"}, {"port": 53}]}]
    return [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": inside.namespace, "labels": {"team": "web"}}},
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": web, "automountServiceAccountToken": False},
        {"apiVersion": "v1", "kind": "Secret", "metadata": web, "stringData": {"password": password}},
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": web, "data": {"a": "1"}},
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": web,
            "spec": {"selector": {"app": "web"}, "ports": [{"port": 80, "targetPort": "http"}]},
        },
        {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": web, "spec": {"hard": {"requests.cpu": 4.5, "limits.memory": "16384Mi"}}},
        {
            "apiVersion": "networking.k8s.io/v1",
            "kind": "NetworkPolicy",
            "metadata": web,
            "spec": {"podSelector": {}, "policyTypes": ["Egress"], "ingress": [], "egress": dns},
        },
        {
            "apiVersion": f"{rbac}/v1",
            "kind": "RoleBinding",
            "metadata": web,
            "roleRef": {"apiGroup": rbac, "kind": "ClusterRole", "name": "edit"},
            "subjects": [{"kind": "Group", "name": "web"}, {"kind": "ServiceAccount", **web}],
        },
        {"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": web, "spec": {"maxUnavailable": 1, "selector": labels}},
        {
            "apiVersion": "storage.k8s.io/v1",
            "kind": "StorageClass",
            "metadata": {"name": inside.namespace},
            "provisioner": "ebs.csi.aws.com",
            "parameters": {"type": "gp3"},
        },
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": web,
            "spec": {"replicas": 2, "selector": labels, "template": {"metadata": {"labels": {"app": "web"}}, "spec": pod}, **spec},
        },
    ]


def path(inside: InsideCluster, plural: str, group: str = "api/v1", name: str = "web") -> str:
    return f"/{group}/namespaces/{inside.namespace}/{plural}/{name}"


def test_from_nothing_to_nothing(inside: InsideCluster) -> None:
    wanted = objects(inside)
    assert counts(inside.plan(objects=wanted)) == {"create": 11}
    made = inside.apply(objects=wanted)
    assert (made["changed"], counts(made)) == (True, {"create": 11})
    for again in (inside.apply(objects=wanted), inside.plan(objects=wanted)):
        assert (again["changed"], counts(again)) == (False, {"unchanged": 11})
        assert again["plan"]["api_calls"]["write"] == 0
    held = inside.apply(objects=wanted[:2])
    assert counts(held) == {"unchanged": 2, "held_back": 9}
    purged = inside.apply(objects=wanted[:2], purge=["kubernetes_object.main/Secret/*", "*/StorageClass/*"])
    assert counts(purged) == {"unchanged": 2, "delete": 2, "held_back": 7}
    assert inside.gone(path(inside, "secrets"))
    removed = inside.apply(state="absent")
    assert counts(removed) == {"delete": 9}
    assert inside.gone(f"/api/v1/namespaces/{inside.namespace}")
    assert counts(inside.apply(state="absent")) == {}
    assert "canary" not in inside.printed


def test_changed_fields_are_corrected_and_added_fields_are_kept(inside: InsideCluster) -> None:
    wanted = objects(inside)
    inside.apply(objects=wanted)
    api, deployment = inside.api, path(inside, "deployments", "apis/apps/v1")
    api.patch(deployment, {"spec": {"replicas": 5, "template": {"metadata": {"annotations": {"theirs": "1"}}}}})
    env = {
        "spec": {"template": {"spec": {"containers": [{"name": "app", "env": [{"name": "A", "value": "2"}, {"name": "B", "value": "3"}]}]}}}
    }
    api.patch(deployment, env, "strategic")
    api.patch(path(inside, "secrets"), {"data": {"password": "Y2FuYXJ5LW90aGVy", "theirs": "Y2FuYXJ5LW1vcmU="}})
    policy = path(inside, "networkpolicies", "apis/networking.k8s.io/v1")
    egress = api.get(policy)["spec"]["egress"]
    egress[0]["to"][0]["podSelector"] = {}
    api.patch(policy, {"spec": {"egress": egress}})
    api.delete(path(inside, "configmaps"))
    planned = inside.plan(objects=wanted)
    assert counts(planned) == {"create": 1, "update": 3, "unchanged": 7}
    web = f"{inside.namespace}/web"
    seen = {address: found for address, found in changes(planned).items() if "ConfigMap" not in address}
    assert seen == {
        f"kubernetes_object.main/Deployment/{web}": {
            "spec.replicas": (5, 2),
            "spec.template.spec.containers[app].env[A].value": ("2", "1"),
        },
        f"kubernetes_object.main/Secret/{web}": {"data.password": ("(sensitive) another value", "(sensitive)")},
        f"kubernetes_object.main/NetworkPolicy/{web}": {"spec.egress[0].to[0].podSelector": ({}, None), **_defaults()},
    }
    assert counts(inside.apply(objects=wanted)) == {"create": 1, "update": 3, "unchanged": 7}
    assert counts(inside.plan(objects=wanted)) == {"unchanged": 11}
    assert set(api.get(path(inside, "secrets"))["data"]) == {"password", "theirs"}
    template = api.get(deployment)["spec"]["template"]
    assert template["metadata"]["annotations"] == {"theirs": "1"}
    assert {one["name"] for one in template["spec"]["containers"][0]["env"]} == {"A", "API_TOKEN", "B"}
    assert "canary" not in inside.printed
    inside.apply(state="absent")


def _defaults() -> dict[str, Any]:
    """An atomic rule is shown as observed, with the API's defaults filled in."""
    return {"spec.egress[0].ports[53].protocol": ("TCP", None)}


def test_what_is_no_longer_wanted_of_an_object_goes(inside: InsideCluster) -> None:
    inside.apply(objects=objects(inside))
    wanted = objects(inside, password="canary-second")
    pod = wanted[-1]["spec"]["template"]["spec"]
    del pod["containers"][0]["env"][0], pod["containers"][0]["volumeMounts"][1], pod["containers"][0]["ports"][1], pod["volumes"][1]
    pod["initContainers"].reverse()
    wanted[2]["stringData"] = {"other": "canary-third"}
    del wanted[0]["metadata"]["labels"], wanted[7]["subjects"][1]
    planned = inside.plan(objects=wanted)
    assert counts(planned) == {"update": 4, "unchanged": 7}
    deployment = changes(planned)[f"kubernetes_object.main/Deployment/{inside.namespace}/web"]
    assert deployment["spec.template.spec.initContainers.(order)"] == (["first", "second"], ["second", "first"])
    assert deployment["spec.template.spec.containers[app].env[A].value"] == ("1", None)
    assert counts(inside.apply(objects=wanted)) == {"update": 4, "unchanged": 7}
    assert counts(inside.plan(objects=wanted)) == {"unchanged": 11}
    assert set(inside.api.get(path(inside, "secrets"))["data"]) == {"other"}
    spec = inside.api.get(path(inside, "deployments", "apis/apps/v1"))["spec"]["template"]["spec"]
    assert [one["name"] for one in spec["volumes"]] == ["tmp"]
    assert [one["name"] for one in spec["initContainers"]] == ["second", "first"]
    assert "canary" not in inside.printed
    inside.apply(state="absent")


def test_what_cannot_be_changed_takes_consent(inside: InsideCluster) -> None:
    wanted = objects(inside)
    inside.apply(objects=wanted)
    other = copy.deepcopy(wanted)
    other[9]["parameters"] = {"type": "gp3", "encrypted": "true"}
    address = f"kubernetes_object.main/StorageClass/{inside.namespace}"
    refused = inside.apply(objects=other)
    assert refused["failed"]
    assert "replacements need consent" in refused["msg"]
    assert counts(inside.plan(objects=other, allow_replace=[address])) == {"replace": 1, "unchanged": 10}
    assert counts(inside.apply(objects=other, allow_replace=[address])) == {"replace": 1, "unchanged": 10}
    assert counts(inside.plan(objects=other)) == {"unchanged": 11}
    inside.apply(state="absent")


def test_an_unowned_object_conflicts_until_it_is_adopted(inside: InsideCluster) -> None:
    wanted = objects(inside)[:4]
    inside.apply(objects=wanted[:1])
    theirs = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "web"}, "data": {"theirs": "1"}}
    inside.api.create(f"/api/v1/namespaces/{inside.namespace}/configmaps", theirs)
    for result in (inside.plan(objects=wanted), inside.apply(objects=wanted)):
        assert result["failed"]
        assert f"adopt: {{kubernetes_object.main/ConfigMap/{inside.namespace}/web: " in result["msg"]
    adopt = {f"kubernetes_object.main/ConfigMap/{inside.namespace}/web": path(inside, "configmaps")}
    assert counts(inside.plan(objects=wanted, adopt=adopt)) == {"create": 2, "update": 1, "unchanged": 1}
    assert counts(inside.apply(objects=wanted, adopt=adopt)) == {"create": 2, "update": 1, "unchanged": 1}
    assert counts(inside.apply(objects=wanted, adopt=adopt)) == {"unchanged": 4}
    assert inside.api.get(path(inside, "configmaps"))["data"] == {"a": "1", "theirs": "1"}
    inside.apply(state="absent")


def test_what_is_in_a_renamed_cluster_stays(inside: InsideCluster) -> None:
    wanted = objects(inside)[:4]
    inside.apply(objects=wanted)
    before = inside.api.get(path(inside, "configmaps"))["metadata"]["uid"]
    renamed: dict[str, Any] = {"objects": wanted, "name": "core", "moved": {"main": "core"}}
    assert counts(inside.plan(**renamed)) == {"update": 4}
    assert counts(inside.apply(**renamed)) == {"update": 4}
    assert counts(inside.apply(**renamed)) == {"unchanged": 4}
    assert inside.api.get(path(inside, "configmaps"))["metadata"]["uid"] == before
    inside.apply(name="core", state="absent")


def test_custom_resources_follow_their_definition_and_are_found_when_no_longer_described(inside: InsideCluster) -> None:
    group = f"{inside.namespace}.example.com"
    schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    definition = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"widgets.{group}"},
        "spec": {
            "group": group,
            "scope": "Namespaced",
            "names": {"kind": "Widget", "plural": "widgets", "singular": "widget"},
            "versions": [{"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}],
        },
    }
    widget = {
        "apiVersion": f"{group}/v1",
        "kind": "Widget",
        "metadata": {"name": "a", "namespace": inside.namespace},
        "spec": {"b": [{"c": 1}]},
    }
    wanted = [widget, definition, objects(inside)[0]]
    assert counts(inside.plan(objects=wanted)) == {"create": 3}
    assert counts(inside.apply(objects=wanted)) == {"create": 3}
    assert counts(inside.plan(objects=wanted)) == {"unchanged": 3}
    held = inside.plan(objects=wanted[1:])
    assert [one["address"] for one in held["plan"]["actions"]] == [f"kubernetes_object.main/Widget.{group}/{inside.namespace}/a"]
    inside.apply(state="absent")
    assert inside.gone(f"/apis/apiextensions.k8s.io/v1/customresourcedefinitions/widgets.{group}")


def test_patches_set_values_in_existing_objects_of_others(inside: InsideCluster) -> None:
    default = "storageclass.kubernetes.io/is-default-class"
    name = f"{inside.namespace}-gp2"
    patch = {"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": {"name": name, "annotations": {default: "false"}}}
    assert counts(inside.apply(patches=[patch])) == {"unchanged": 1}
    theirs = {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "provisioner": "p",
        "metadata": {"name": name, "annotations": {default: "true"}},
    }
    inside.api.create("/apis/storage.k8s.io/v1/storageclasses", theirs)
    assert changes(inside.plan(patches=[patch])) == {
        f"kubernetes_patch.main/StorageClass/{name}": {f"metadata.annotations[{default}]": ("true", "false")}
    }
    assert counts(inside.apply(patches=[patch])) == {"update": 1}
    assert counts(inside.apply(patches=[patch])) == {"unchanged": 1}
    assert counts(inside.apply(state="absent")) == {}
    assert inside.api.get(f"/apis/storage.k8s.io/v1/storageclasses/{name}")["metadata"]["annotations"] == {default: "false"}
    inside.api.delete(f"/apis/storage.k8s.io/v1/storageclasses/{name}")


def test_as_an_ordinary_module_it_answers_the_same(inside: InsideCluster) -> None:
    """As when it is delegated to another host."""
    wanted = objects(inside)
    one, other = inside.plan(objects=wanted), inside.plan_as_an_ordinary_module(objects=wanted)
    assert one["plan"]["actions"] == other["plan"]["actions"]
    assert one["diff"] == other["diff"]
    assert "canary" not in inside.printed


def test_a_rejected_object_is_reported_by_address_and_the_rest_is_applied(inside: InsideCluster) -> None:
    wanted = objects(inside)[:4]
    wanted[3]["data"] = {"a b": "1"}
    result = inside.apply(objects=wanted)
    assert result["failed"]
    assert "3 of 4 changes are done" in result["msg"]
    assert f"kubernetes_object.main/ConfigMap/{inside.namespace}/web: apply configmaps" in result["msg"]
    assert "Invalid value" in result["msg"]
    inside.apply(state="absent")


def test_credentials_that_may_only_look_cannot_apply(inside: InsideCluster) -> None:
    api = inside.account.api(inside.folder, "plan")
    with pytest.raises(ApiError, match="403"):
        api.create("/api/v1/namespaces", objects(inside)[0])


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"cluster": "nowhere"}, "There is no EKS cluster nowhere in this account and region (option cluster)."),
        ({"cluster": ""}, "The name of the cluster is not known (option cluster is '')."),
        ({"cluster": "(known after apply)"}, "The name of the cluster is not known"),
    ],
)
def test_before_there_is_a_cluster_everything_is_to_be_added(inside: InsideCluster, options: dict[str, str], said: str) -> None:
    wanted = objects(inside)
    planned = inside.plan(objects=wanted, **options)
    assert (planned["changed"], counts(planned)) == (True, {"create": 11})
    result = inside.apply(objects=wanted, **options)
    assert result["failed"]
    assert said in result["msg"]
    assert len(result["msg"].splitlines()) == 2
    assert counts(inside.apply(state="absent", **options)) == {}


def test_a_cluster_that_does_not_answer_is_one_sentence(inside: InsideCluster) -> None:
    config = inside.folder / "kubeconfig"
    config.write_text(
        "clusters: [{name: c, cluster: {server: 'https://127.0.0.1:1'}}]\ncontexts: [{name: c, context: {cluster: c, user: u}}]\n"
        "users: [{name: u, user: {token: canary}}]\ncurrent-context: c\n"
    )
    result = inside.apply(objects=objects(inside), cluster=None, kubeconfig=str(config))
    assert result["failed"]
    assert result["msg"].count("cannot be reached") == 1
    assert "set eks_api_host" in result["msg"]

"""What is decided without a cluster: order, identity, records, managers, replicas, pruning, going back."""

from __future__ import annotations

import base64
import gzip
import json
from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.cluster_objects.hiding import Hiding
from ansible_collections.mainstay.aws.plugins.module_utils.cluster_objects.manifest import Marks
from ansible_collections.mainstay.aws.plugins.module_utils.deployment import (
    differences,
    gate,
    identity,
    managers,
    phases,
    pods,
    pruning,
    record,
    references,
    refusals,
    scaling,
    synced,
    verification,
    way_back,
)
from ansible_collections.mainstay.aws.plugins.module_utils.sensitive.texts import Texts

from .samples import deployment, entry, job, live, named, release, secret, wanted

MARKS = Marks("prod", "shop")


# --- order ---------------------------------------------------------------------------------------------------------------

PREPARED = {
    "namespace": (named("Namespace", "shop"), True),
    "definition of a custom resource": (named("CustomResourceDefinition", "a.example.com", "apiextensions.k8s.io/v1"), True),
    "service account": (named("ServiceAccount"), True),
    "rights": (named("RoleBinding", api_version="rbac.authorization.k8s.io/v1"), True),
    "configuration": (named("ConfigMap"), True),
    "secret": (secret(), True),
    "network policy": (named("NetworkPolicy", api_version="networking.k8s.io/v1"), True),
    "external secret": (named("ExternalSecret", api_version="external-secrets.io/v1"), True),
    "older external secret": (named("ExternalSecret", api_version="external-secrets.io/v1beta1"), True),
    "secret store": (named("SecretStore", api_version="external-secrets.io/v1"), True),
    "CSI secrets": (named("SecretProviderClass", api_version="secrets-store.csi.x-k8s.io/v1"), True),
    "security groups of pods": (named("SecurityGroupPolicy", api_version="vpcresources.k8s.aws/v1beta1"), True),
    "workload": (deployment(), False),
    "service": (named("Service"), False),
    "cron job": (named("CronJob", api_version="batch/v1"), False),
    "autoscaler": (named("HorizontalPodAutoscaler", api_version="autoscaling/v2"), False),
    "ingress": (named("Ingress", api_version="networking.k8s.io/v1"), False),
    "custom resource named like a kind": (named("ConfigMap", api_version="example.com/v1"), False),
}


@pytest.mark.parametrize("name", PREPARED)
def test_what_is_prepared_before_a_migration(name: str) -> None:
    manifest, prepared = PREPARED[name]
    assert [bool(part) for part in phases.split(wanted(manifest))] == [prepared, not prepared]


def test_waves() -> None:
    manifests = [deployment(), named("Ingress", api_version="networking.k8s.io/v1"), named("Service"), secret(), named("Namespace", "shop")]
    assert [[one.kind for one in wave] for wave in phases.waves(wanted(*manifests))] == [
        ["Namespace"],
        ["Secret"],
        ["Service"],
        ["Deployment"],
        ["Ingress"],
    ]


# --- identity ------------------------------------------------------------------------------------------------------------


def id_of(*manifests: dict[str, Any], migration: dict[str, Any] | None = None) -> str:
    return identity.release_id(wanted(*manifests), migration)


SAME = {
    "another order": ([deployment(), secret(key="a")], [secret(key="a"), deployment()], True),
    "another value of a secret": ([secret(key="a")], [secret(key="b")], True),
    "another image": ([deployment()], [deployment(image="api:2")], False),
    "another object": ([deployment()], [deployment(), named("Service")], False),
    "another type of secret": ([secret()], [{**secret(), "type": "kubernetes.io/tls"}], False),
}


@pytest.mark.parametrize("name", SAME)
def test_the_same_release(name: str) -> None:
    one, other, same = SAME[name]
    assert (id_of(*one) == id_of(*other)) is same


def test_a_migration_belongs_to_its_release() -> None:
    first = identity.migration_job(job(ttlSecondsAfterFinished=60), "r1", MARKS)
    assert first["metadata"]["name"] != identity.migration_job(job(), "r2", MARKS)["metadata"]["name"]
    assert "ttlSecondsAfterFinished" not in first["spec"]
    assert (first["spec"]["activeDeadlineSeconds"], first["spec"]["backoffLimit"]) == (1800, 0)
    given = identity.migration_job({**job(activeDeadlineSeconds=60, backoffLimit=2), "metadata": {"name": "m" * 70}}, "r1", MARKS)
    assert (given["spec"]["activeDeadlineSeconds"], given["spec"]["backoffLimit"]) == (60, 2)
    assert len(given["metadata"]["name"]) == 63


# --- records -------------------------------------------------------------------------------------------------------------


def test_a_record_holds_everything_but_secrets() -> None:
    objects = [identity.without_secrets(one) for one in (deployment(), secret(key="hidden-value"))]
    found = release(3, "verified", *objects, images={"api:1": "api@sha256:0"}, added=("a",))
    body = record.encode(found, MARKS, "shop")
    assert body["metadata"]["name"] == "shop.release.3"
    assert base64.b64encode(b"hidden-value").decode() not in json.dumps(objects)
    assert record.decode(body) == found


def test_a_record_that_is_too_large_names_the_largest_object() -> None:
    noise = base64.b64encode(bytes((one * 7919 * (one >> 3)) % 251 for one in range(3_000_000))).decode()
    objects = [deployment(), named("ConfigMap", "geo", data={"all": noise[:1_000_000] + "".join(map(str, range(600_000)))})]
    with pytest.raises(record.RecordProblem, match="ConfigMap/shop/geo"):
        record.encode(release(1, "verified", *objects), MARKS, "shop")


UNREADABLE: dict[str, dict[str, Any]] = {
    "no data": {},
    "no base64": {"release": "?"},
    "not compressed": {"release": base64.b64encode(b"{}").decode()},
    "another structure": {"release": base64.b64encode(gzip.compress(b'{"format": 1}')).decode()},
    "a newer format": {"release": base64.b64encode(gzip.compress(b'{"format": 99}')).decode()},
    "a bomb": {"release": base64.b64encode(gzip.compress(b" " * (40 * 1024 * 1024))).decode()},
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_a_record_that_cannot_be_read_is_named(name: str) -> None:
    with pytest.raises(record.RecordProblem, match=r"Secret shop/shop\.release\.1"):
        record.decode({"metadata": {"name": "shop.release.1", "namespace": "shop"}, "data": UNREADABLE[name]})


HISTORY = [
    release(5, "failed"),
    release(4, "verified"),
    release(3, "rolled_back"),
    release(2, "verified"),
    release(1, "verified"),
]
WISHES = {
    "the last verified one before the current": ("previous", "r4", "r2"),
    "by id": ("r1", "r4", "r1"),
    "by version": ("1.0", "r4", "r1"),
    "one that was rolled back, by name": ("3.0", "r4", "r3"),
    "one that was never verified": ("5.0", "r4", "never verified"),
    "one that does not exist": ("9.9", "r4", r"no release '9.9' to return to; releases that were verified: 4.0 \(r4\), 3.0"),
}


@pytest.mark.parametrize("name", WISHES)
def test_which_release_a_rollback_returns_to(name: str) -> None:
    wish, current, expected = WISHES[name]
    if len(expected) == 2:
        assert record.wanted_release(HISTORY, wish, current).id == expected
    else:
        with pytest.raises(record.RecordProblem, match=expected):
            record.wanted_release(HISTORY, wish, current)


def test_nothing_verified_to_return_to() -> None:
    with pytest.raises(record.RecordProblem, match=r"no verified release before the current one to return to; .*: none"):
        record.wanted_release([release(1, "failed")], "previous", "")


def test_the_last_two_verified_releases_are_never_forgotten() -> None:
    assert [one.number for one in record.to_forget(HISTORY, 1)] == [3, 1]
    assert [one.number for one in record.to_forget(HISTORY, 10)] == []


def test_a_migration_is_proved_by_any_record() -> None:
    history = [release(2, "failed"), release(1, "failed", migration={"job": "m", "finished": "now"})]
    assert record.already_migrated(history, "r1") == {"job": "m", "finished": "now"}
    assert record.already_migrated(history, "r2") is None
    begun = [release(1, "started", migration={"job": "m"})]
    assert record.already_migrated(begun, "r1") is None, "a migration that began proves nothing"


# --- field managers ------------------------------------------------------------------------------------------------------

IMAGE = {"f:spec": {"f:template": {"f:spec": {"f:containers": {'k:{"name":"app"}': {"f:image": {}}}}}}}
REPLICAS = {"f:spec": {"f:replicas": {}}}
TAKEN = {
    "kubectl apply": ([entry("kubectl-client-side-apply", IMAGE, "Update")], ("kubectl-client-side-apply",)),
    "server-side kubectl apply": ([entry("kubectl", IMAGE)], ("kubectl",)),
    "Helm": ([entry("helm", IMAGE, "Update")], ("helm",)),
    "kubernetes.core": ([entry("OpenAPI-Generator", IMAGE, "Update")], ("OpenAPI-Generator",)),
    "kubectl edit on ours": ([entry("mainstay", IMAGE), entry("kubectl-edit", REPLICAS, "Update")], ("kubectl-edit",)),
    "ours": ([entry("mainstay", IMAGE)], ()),
    "a restart": ([entry("mainstay", IMAGE), entry("kubectl-rollout", REPLICAS, "Update")], ()),
    "an autoscaler": ([entry("kube-controller-manager", REPLICAS, "Update", subresource="scale")], ()),
    "an operator": ([entry("config-operator", IMAGE)], ()),
    "an operator that is named": ([entry("named-operator", IMAGE)], ("named-operator",)),
}


@pytest.mark.parametrize("name", TAKEN)
def test_who_is_taken_over(name: str) -> None:
    entries, expected = TAKEN[name]
    found = managers.takeover(live(deployment(), *entries), "apps/v1", ["named-operator"])
    assert (found.managers if found else ()) == expected


def test_their_fields_become_ours_and_the_patch_is_tied_to_what_was_read() -> None:
    status = entry("kube-controller-manager", {"f:status": {}}, "Update", subresource="status")
    thing = live(deployment(), entry("mainstay", IMAGE), entry("helm", REPLICAS, "Update"), status)
    found = managers.takeover(thing, "apps/v1")
    assert found is not None
    assert found.patch[1] == {"op": "replace", "path": "/metadata/resourceVersion", "value": "7"}
    entries = found.patch[0]["value"]
    assert [(one["manager"], one["operation"]) for one in entries] == [("mainstay", "Apply"), ("kube-controller-manager", "Update")]
    assert entries[0]["fieldsV1"] == managers.union(IMAGE, REPLICAS)


CONFLICTS = {
    "one": (
        'Apply failed with 1 conflict: conflict with "kubectl-client-side-apply" using apps/v1: .spec.replicas',
        [("kubectl-client-side-apply", "", ("spec.replicas",))],
        True,
    ),
    "an autoscaler": (
        'Apply failed with 1 conflict: conflict with "kube-controller-manager" with subresource "scale" using apps/v1: .spec.replicas',
        [("kube-controller-manager", "scale", ("spec.replicas",))],
        False,
    ),
    "several managers": (
        'Apply failed with 3 conflicts: conflicts with "a" using v1 at 2026-11-30T09:00:00Z:\n- .data.x\n- .data.y\nconflicts with "helm"'
        " using v1:\n- .data.z",
        [("a", "", ("data.x", "data.y")), ("helm", "", ("data.z",))],
        False,
    ),
    "something else": ("the object has been modified", [], False),
}


@pytest.mark.parametrize("name", CONFLICTS)
def test_conflicts_are_read_and_only_those_with_appliers_are_forced(name: str) -> None:
    text, expected, force = CONFLICTS[name]
    found = managers.conflicts_in(text)
    assert [(one.manager, one.subresource, one.fields) for one in found] == expected
    assert managers.may_force(found) is force


SCALER = named(
    "HorizontalPodAutoscaler",
    api_version="autoscaling/v2",
    spec={"scaleTargetRef": {"kind": "Deployment", "name": "api"}, "minReplicas": 2},
)
REPLICAS_SENT: dict[str, tuple[dict[str, Any], dict[str, Any] | None, list[dict[str, Any]], int | None]] = {
    "the manifest has them": (deployment(replicas=1), live(deployment(replicas=3)), [], None),
    "they were ours": (deployment(), live(deployment(replicas=3), entry("mainstay", REPLICAS)), [SCALER], 3),
    "they are the autoscaler's": (deployment(), live(deployment(replicas=3), entry("mainstay", IMAGE)), [SCALER], None),
    "a new workload": (deployment(), None, [SCALER], 2),
    "a new workload without an autoscaler": (deployment(), None, [], None),
}


@pytest.mark.parametrize("name", REPLICAS_SENT)
def test_replicas_that_the_manifest_leaves_out(name: str) -> None:
    manifest, thing, scalers, expected = REPLICAS_SENT[name]
    assert scaling.replicas_to_send(manifest, thing, scalers) == expected


# --- differences ---------------------------------------------------------------------------------------------------------


def test_defaults_are_no_changes_and_secrets_are_masked() -> None:
    filled = {"strategy": {"type": "RollingUpdate"}, "replicas": 1}
    before, after = live(deployment(**filled)), live(deployment(image="api:2", **filled))
    changes = differences.updated("a", "Deployment", before, after, Hiding())
    assert [(one.property, one.before, one.after) for one in changes] == [
        ("spec.template.spec.containers[app].image", "api:1", "api:2"),
    ]
    changes = differences.updated("a", "Secret", live(secret(key="old-secret")), live(secret(key="new-secret")), Hiding())
    assert [one.property for one in changes] == ["data.key"]
    assert not any(text in repr(changes) for text in ("secret", base64.b64encode(b"new-secret").decode())) or "(sensitive)" in repr(changes)
    assert base64.b64encode(b"old-secret").decode() not in repr(changes)
    assert changes[0].before != changes[0].after


def test_what_an_object_loses_when_it_is_taken_over() -> None:
    annotated = live({**deployment(minReadySeconds=5)}, entry("helm", {"f:spec": {"f:minReadySeconds": {}}}, "Update"))
    annotated["metadata"]["annotations"] = {"kubectl.kubernetes.io/last-applied-configuration": "{}"}
    (one,) = wanted(deployment())
    changes = differences.no_longer("a", one, annotated, {"f:spec": {"f:minReadySeconds": {}}}, Hiding())
    assert [(change.property, change.before, change.after) for change in changes] == [("spec.minReadySeconds", 5, None)]


# --- refusals ------------------------------------------------------------------------------------------------------------

IMMUTABLE = {
    'Deployment.apps "api" is invalid: spec.selector: Invalid value: {"matchLabels":{"app":"b"}}: field is immutable': "spec.selector",
    "StatefulSet.apps \"db\" is invalid: spec: Forbidden: updates to statefulset spec for fields other than 'a' are forbidden": "spec",
    'Service "api" is invalid: spec.clusterIPs[0]: Invalid value: ["None"]: may not change once set': "spec.clusterIPs[0]",
    'RoleBinding "a" is invalid: roleRef: Invalid value: {"name":"b"}: cannot change roleRef': "roleRef",
    'ConfigMap "a" is invalid: data: Forbidden: field is immutable when `immutable` is set': "data",
}


@pytest.mark.parametrize("text", IMMUTABLE)
def test_immutable_fields_are_named(text: str) -> None:
    assert refusals.is_immutable(text)
    said = refusals.immutable("Deployment", text, "shop:kubernetes_object.Deployment/shop/api")
    assert said.startswith(f"{IMMUTABLE[text]} cannot be changed in place")
    assert "its data would be lost" in refusals.immutable("PersistentVolumeClaim", text, "x")


SAID = {
    "strict": ('patch x: HTTP 400: strict decoding error: unknown field "spec.x"', "unknown field"),
    "schema": (
        "patch x: HTTP 500: failed to create typed patch object (shop/api; apps/v1, Kind=Deployment): .spec.foo: field not declared in "
        "schema",
        "it has no field spec.foo",
    ),
    "quota": ("no permission to create pods: pods is forbidden: exceeded quota: pods, requested: pods=1", "Raise the namespace's quota"),
    "secret": ('patch secrets in namespace shop: HTTP 422: Invalid value: "hidden-value"', "(sensitive)"),
}


@pytest.mark.parametrize("name", SAID)
def test_what_the_api_says_has_a_way_out_and_no_secret(name: str) -> None:
    text, expected = SAID[name]
    found = refusals.refused(text, Texts(refusals.secrets_in([secret(key="hidden-value")])))
    assert expected in found
    assert "hidden-value" not in found


# --- pruning and going back ----------------------------------------------------------------------------------------------


def config(name: str) -> dict[str, Any]:
    return named("ConfigMap", name)


def using(name: str) -> dict[str, Any]:
    found = deployment()
    found["spec"]["template"]["spec"]["containers"][0]["envFrom"] = [{"configMapRef": {"name": name}}]
    return found


PRUNED: dict[str, tuple[list[Any], list[str]]] = {
    "a workload that is gone": ([release(1, "verified", deployment(), deployment("worker"))], ["Deployment/worker"]),
    "configuration of the last verified release": ([release(1, "verified", using("a"), config("a"))], []),
    "configuration of an older release": (
        [release(2, "verified", using("b"), config("b")), release(1, "verified", config("a"))],
        ["ConfigMap/a"],
    ),
    "configuration of a failed release": ([release(2, "failed", config("bad")), release(1, "verified", config("a"))], ["ConfigMap/bad"]),
    "data": ([release(1, "verified", named("PersistentVolumeClaim", "data"), named("Namespace", "old"))], []),
    "another namespace": ([release(1, "verified", {**named("Service", "x"), "metadata": {"name": "x", "namespace": "other"}})], []),
    "what a verified release refers to but another brought": (
        [release(2, "verified", using("a")), release(1, "verified", config("a"))],
        [],
    ),
}


@pytest.mark.parametrize("name", PRUNED)
def test_what_is_deleted_after_a_release_is_verified(name: str) -> None:
    history, expected = PRUNED[name]
    found = pruning.leftovers(wanted(deployment(), named("ConfigMap", "c")), history, "shop")
    assert [f"{one.kind}/{one.called}" for one in found] == expected


def test_what_going_back_needs_applies_and_does_not_undo() -> None:
    elsewhere = named("ClusterRole", "admin", "rbac.authorization.k8s.io/v1")
    found = release(1, "verified", using("a"), config("a"), secret("session"), elsewhere, deployment("worker", replicas=3))
    assert way_back.needs(found).configs == (("Secret", "shop", "session"),)
    assert way_back.needs(found).images == ("api:1",)
    restored = way_back.restorable(found, "shop")
    assert [one.called for one in restored] == ["api", "a", "worker"]
    assert "replicas" not in restored[2].manifest["spec"]
    bad = release(2, "failed", secret("session"), elsewhere, migration={"job": "migrate-1", "finished": "now"})
    said = " ".join(way_back.not_undone(bad, "shop"))
    assert "The migration migrate-1 was run" in said
    assert "Secret session" in said
    assert "ClusterRole/admin" in said
    assert "Secret shop/session" in way_back.lacking(found, [("Secret", "shop", "session")], [])


def test_going_back_does_not_need_what_the_csi_driver_makes_again() -> None:
    reading = deployment()
    reading["spec"]["template"]["spec"]["containers"][0]["envFrom"] = [{"secretRef": {"name": name}} for name in ("database", "session")]
    copied = {"provider": "aws", "secretObjects": [{"secretName": "database", "data": []}]}
    mounted = named("SecretProviderClass", "database", "secrets-store.csi.x-k8s.io/v1", spec=copied)
    assert way_back.needs(release(1, "verified", reading, mounted)).configs == (("Secret", "shop", "session"),)


def test_references_without_optional_ones() -> None:
    found = deployment()
    found["spec"]["template"]["spec"] |= {
        "volumes": [{"secret": {"secretName": "tls"}}, {"configMap": {"name": "maybe", "optional": True}}],
        "imagePullSecrets": [{"name": "registry"}],
        "initContainers": [{"image": "init:1", "env": [{"valueFrom": {"secretKeyRef": {"name": "db", "key": "url"}}}]}],
    }
    cron = named("CronJob", "nightly", "batch/v1", spec={"jobTemplate": {"spec": found["spec"]}})
    assert {name for _kind, _namespace, name in references.configs_of([cron])} == {"tls", "registry", "db"}
    assert references.images_of([cron]) == ["api:1", "init:1"]


# --- what is waited for, and the gate ------------------------------------------------------------------------------------


def external(ready: str | None, generation: int = 2, synced_as: str = "2-abc", message: str = "") -> dict[str, Any]:
    conditions = [{"type": "Ready", "status": ready, "message": message}] if ready else []
    return {"metadata": {"generation": generation}, "status": {"conditions": conditions, "syncedResourceVersion": synced_as}}


WAITING = {
    "synced": (external("True"), {}, ""),
    "no controller": (external(None), None, "no controller has answered"),
    "refused": (external("False", message="could not get secret data from provider"), None, "could not get secret data"),
    "synced before the last change": (external("True", generation=3), {}, "has not been synced"),
    "no Secret yet": (external("True"), None, "Secret does not exist"),
}


@pytest.mark.parametrize("name", WAITING)
def test_when_an_external_secret_is_synced(name: str) -> None:
    thing, found, expected = WAITING[name]
    said = synced.waiting_for(thing, found)
    assert expected in said
    assert bool(said) is bool(expected)


NEEDS_ROOM: dict[str, tuple[dict[str, Any], bool]] = {
    "no pod may be missing": ({"strategy": {"rollingUpdate": {"maxUnavailable": 0}}}, True),
    "a quarter of one pod": ({}, True),
    "some may be missing": ({"strategy": {"rollingUpdate": {"maxUnavailable": 1}}}, False),
    "recreated": ({"strategy": {"type": "Recreate"}}, False),
}


@pytest.mark.parametrize("name", NEEDS_ROOM)
def test_when_a_rollout_needs_room_for_another_pod(name: str) -> None:
    more, expected = NEEDS_ROOM[name]
    assert pods.needs_room(deployment(**more), deployment(replicas=1)) is expected


DEPLOYMENTS = gate.deployments_of("shop", "0a1b2c", "1.5.0", "")
OBJECTIONS: dict[str, tuple[dict[str, Any], str]] = {
    "good": ({"verdict": "passed", "deployment": "shop 1.5.0", "databases": {"main": {}}}, ""),
    "not needed": ({"verdict": "not_needed", "deployment": "1.5.0", "databases": {"main": {}}}, ""),
    "another release": ({"verdict": "passed", "deployment": "shop 1.4.0", "databases": {"main": {}}}, "is for deployment 'shop 1.4.0'"),
    "failed": (
        {"verdict": "failed", "deployment": "shop 1.5.0", "databases": {"main": {}}, "msg": "too old"},
        "did not pass (failed): too old",
    ),
    "something else": ({"changed": True}, "no result of rds_snapshot_gate"),
}


@pytest.mark.parametrize("name", OBJECTIONS)
def test_a_verdict_belongs_to_one_release(name: str) -> None:
    given, expected = OBJECTIONS[name]
    said = gate.objection(given, DEPLOYMENTS)
    assert expected in said
    assert bool(said) is bool(expected)


def test_the_gate_checks_its_own_policy_again() -> None:
    policy = {"max_age": 600.0, "copies": [{"region": "eu-west-1", "kms_key": "", "role": ""}]}
    given = {"databases": {"main": {}}, "deployment": "shop 1.5.0", "tokens": {"main": "1.2.3"}, "policy": policy}
    found = gate.verify_params(given, {"rpo": 60.0})
    assert {name: found[name] for name in ("action", "max_age", "rpo", "tokens")} == {
        "action": "verify",
        "max_age": 600.0,
        "rpo": 60.0,
        "tokens": {"main": "1.2.3"},
    }
    assert found["copies"] == [{"region": "eu-west-1", "kms_key": "", "role_arn": ""}]


VERIFICATIONS: dict[str, tuple[dict[str, Any], str]] = {
    "none": ({}, ""),
    "good": ({"wait_timeout": 60, "allow_zero": ["worker"], "probes": [{"url": "https://shop.example.com/", "wait": 60}]}, ""),
    "a type": ({"wait_timeout": "long"}, "verification: argument 'wait_timeout' is of type"),
    "probes that cannot end": (
        {"probes": [{"url": "https://shop.example.com/", "wait": 1}]},
        "verification: probes[0].wait is 1 s",
    ),
    "our own": ({"record": True}, "verification.record is set by the deployment itself"),
    "a metric without a bake": ({"metrics": [{"name": "errors"}]}, "verification: "),
}


@pytest.mark.parametrize("name", VERIFICATIONS)
def test_bad_options_of_the_verification_are_found_before_the_first_change(name: str) -> None:
    given, expected = VERIFICATIONS[name]
    said = "; ".join(verification.options_of(given, "shop")[1])
    assert expected in said
    assert bool(said) is bool(expected)

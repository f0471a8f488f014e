# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Whether a live object matches its manifest, without asking the API: by value, by field ownership, and by list merge rules."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.cluster_objects.compare import found_fields, owned_fields
from ansible_collections.mainstay.aws.plugins.module_utils.cluster_objects.equal import equal, quantity
from ansible_collections.mainstay.aws.plugins.module_utils.cluster_objects.final import split
from ansible_collections.mainstay.aws.plugins.module_utils.cluster_objects.paths import flatten
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.model import SENSITIVE

LIMITS = ("spec", "template", "spec", "containers", "[app]", "resources", "limits", "cpu")
ENV = ("spec", "template", "spec", "containers", "[app]", "env", "[A]", "value")


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("500m", 0.5),
        (0.5, 0.5),
        ("1Gi", 2**30),
        ("1024Mi", 2**30),
        ("1k", 1000),
        ("1e3", 1000),
        ("1.5", 1.5),
        (4, 4),
        ("250u", 0.00025),
        (True, None),
        ("1Zi", None),
        ("app", None),
        ("", None),
        (None, None),
    ],
)
def test_quantities(text: Any, number: float | None) -> None:
    found = quantity(text)
    assert found == number if number is None else found is not None and float(found) == number


@pytest.mark.parametrize(
    ("wanted", "live", "path", "same"),
    [
        ("500m", "0.5", LIMITS, True),
        (0.5, "500m", LIMITS, True),
        ("1024Mi", "1Gi", (*LIMITS[:-1], "memory"), True),
        (4, "4", ("spec", "hard", "pods"), True),
        ("1", "2", LIMITS, False),
        ("1", "1.0", ENV, False),
        ("1024Mi", "1Gi", ("data", "size"), False),
        ("1024Mi", "1Gi", ("metadata", "annotations", "limits"), False),
        (80, 80, ("spec", "ports", "[80]", "port"), True),
        ("http", "http", ("spec", "ports", "[80]", "targetPort"), True),
        (80, "80", ("spec", "ports", "[80]", "targetPort"), True),
        (80, "80", ("spec", "replicas"), False),
        (True, 1, ("spec", "paused"), False),
        (1, True, ("spec", "replicas"), False),
        (False, False, ("spec", "paused"), True),
    ],
)
def test_scalars(wanted: Any, live: Any, path: tuple[str, ...], same: bool) -> None:
    assert equal(wanted, live, path) is same


def differences(kind: str, wanted: Mapping[str, Any], live: Mapping[str, Any], own: Mapping[str, Any] | None) -> dict[str, tuple[Any, Any]]:
    """The places where the two differ: the observed value and the expected one; None where there is nothing."""
    after, before = flatten(kind, wanted), found_fields(kind, wanted, live, own)
    return {
        place: (before.get(place), after.get(place)) for place in sorted({*before, *after}) if before.get(place, "") != after.get(place, "")
    }


PORTS = {"f:ports": {'k:{"containerPort":80,"protocol":"TCP"}': {".": {}, "f:containerPort": {}}}}
CASES: list[Any] = [
    # (what it tests, wanted, live, owned, differences)
    ("the same", {"a": 1}, {"a": 1}, {"f:a": {}}, {}),
    ("another value", {"a": 1}, {"a": 2}, {"f:a": {}}, {"spec.a": (2, 1)}),
    ("nothing there", {"a": 1}, {}, None, {"spec.a": (None, 1)}),
    ("what the API fills in", {"a": {"b": 1}}, {"a": {"b": 1, "c": 2}, "d": 3}, {"f:a": {"f:b": {}}}, {}),
    ("what others own", {"a": {"b": 1}}, {"a": {"b": 1, "theirs": 2}}, {"f:a": {"f:b": {}}}, {}),
    ("ours no longer wanted", {"a": {"b": 1}}, {"a": {"b": 1, "c": 2}}, {"f:a": {"f:b": {}, "f:c": {}}}, {"spec.a.c": (2, None)}),
    ("a whole part of ours no longer wanted", {"b": 1}, {"b": 1, "a": {"c": 2}}, {"f:a": {"f:c": {}}, "f:b": {}}, {"spec.a.c": (2, None)}),
    ("false that the API leaves out", {"a": False}, {}, {"f:a": {}}, {}),
    ("false that another client has removed", {"a": False}, {}, {"f:x": {}}, {"spec.a": (None, False)}),
    ("false that was never set", {"a": False}, {}, None, {"spec.a": (None, False)}),
    ("an empty mapping that the API keeps", {"emptyDir": {}}, {"emptyDir": {}}, {"f:emptyDir": {}}, {}),
    ("an empty list that the API leaves out", {"ingress": []}, {}, {"f:ingress": {}}, {}),
    (
        "an empty list where there is something",
        {"ingress": []},
        {"ingress": [{"a": 1}]},
        {},
        {"spec.ingress": (None, []), "spec.ingress[0].a": (1, None)},
    ),
    ("an empty selector of ours", {"podSelector": {}}, {"podSelector": {}}, {"f:podSelector": {}}, {}),
    (
        "an empty selector that others have narrowed",
        {"podSelector": {}},
        {"podSelector": {"matchLabels": {"a": "b"}}},
        None,
        {"spec.podSelector": (None, {}), "spec.podSelector.matchLabels.a": ("b", None)},
    ),
    (
        "another key in a selector that is not ours any more",
        {"selector": {"app": "web"}},
        {"selector": {"app": "web", "version": "2"}},
        None,
        {"spec.selector.version": ("2", None)},
    ),
    ("quantities", {"limits": {"cpu": 0.5}}, {"limits": {"cpu": "500m"}}, {"f:limits": {"f:cpu": {}}}, {}),
    ("a list that is one whole", {"args": ["a", "b"]}, {"args": ["a", "b"]}, {"f:args": {}}, {}),
    ("the order of that list", {"args": ["a", "b"]}, {"args": ["b", "a"]}, {"f:args": {}}, {"spec.args": (["b", "a"], ["a", "b"])}),
    ("a set, in any order", {"names": ["a", "b"]}, {"names": ["b", "x", "a"]}, {"f:names": {'v:"a"': {}, 'v:"b"': {}}}, {}),
    (
        "a set with something of ours that is not wanted",
        {"names": ["a"]},
        {"names": ["a", "b"]},
        {"f:names": {'v:"a"': {}, 'v:"b"': {}}},
        {"spec.names": (["a", "b"], ["a"])},
    ),
    (
        "elements by key, defaults of keys",
        {"ports": [{"containerPort": 80}]},
        {"ports": [{"containerPort": 80, "protocol": "TCP"}]},
        PORTS,
        {},
    ),
    (
        "an element that another client has added",
        {"ports": [{"containerPort": 80}]},
        {"ports": [{"containerPort": 80, "protocol": "TCP"}, {"containerPort": 81, "protocol": "TCP"}]},
        PORTS,
        {},
    ),
    (
        "an element of ours that is no longer wanted",
        {"env": [{"name": "A", "value": "1"}]},
        {"env": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}]},
        {"f:env": {'k:{"name":"A"}': {".": {}, "f:name": {}, "f:value": {}}, 'k:{"name":"B"}': {".": {}, "f:name": {}, "f:value": {}}}},
        {"spec.env[B].name": ("B", None), "spec.env[B].value": ("2", None)},
    ),
    (
        "an element whose values differ",
        {"env": [{"name": "A", "value": "1"}]},
        {"env": [{"name": "B", "value": "2"}, {"name": "A", "value": "3"}]},
        {"f:env": {'k:{"name":"A"}': {".": {}, "f:name": {}, "f:value": {}}}},
        {"spec.env[A].value": ("3", "1")},
    ),
    (
        "a list of custom resources merged by keys that only the API knows",
        {"routes": [{"id": 1, "to": "a"}]},
        {"routes": [{"id": 2, "to": "b"}, {"id": 1, "to": "c"}]},
        {"f:routes": {'k:{"id":1}': {".": {}, "f:id": {}, "f:to": {}}}},
        {"spec.routes[0].to": ("c", "a")},
    ),
    (
        "containers that begin in another order",
        {"initContainers": [{"name": "a"}, {"name": "b"}]},
        {"initContainers": [{"name": "b"}, {"name": "a"}]},
        {"f:initContainers": {'k:{"name":"a"}': {"f:name": {}}, 'k:{"name":"b"}': {"f:name": {}}}},
        {"spec.initContainers.(order)": (["b", "a"], ["a", "b"])},
    ),
    (
        "rules that are one whole, with what the API fills in",
        {"egress": [{"ports": [{"port": 53}]}]},
        {"egress": [{"ports": [{"port": 53, "protocol": "TCP"}]}]},
        {"f:egress": {}},
        {},
    ),
    (
        "rules that another client has widened",
        {"egress": [{"to": [{"namespaceSelector": {"matchLabels": {"a": "b"}}}]}]},
        {"egress": [{"to": [{"namespaceSelector": {"matchLabels": {"a": "b"}}, "podSelector": {}}]}]},
        {"f:podSelector": {}},
        {"spec.egress[0].to[0].podSelector": ({}, None)},
    ),
]


@pytest.mark.parametrize(("wanted", "live", "own", "expected"), [pytest.param(*case[1:], id=case[0]) for case in CASES])
def test_what_differs(wanted: Any, live: Any, own: Any, expected: Any) -> None:
    owned = None if own is None else {"f:spec": own}
    assert differences("AwsResource", {"spec": wanted}, {"spec": live}, owned) == expected


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


SECRETS: list[Any] = [
    ("the same", "one", "one", {}),
    ("another one", "one", "two", {"data.key": ("(sensitive) another value", "(sensitive)")}),
]


@pytest.mark.parametrize(("wanted", "live", "expected"), [pytest.param(*case[1:], id=case[0]) for case in SECRETS])
def test_secrets_are_compared_and_never_shown(wanted: str, live: str, expected: Any) -> None:
    there = {"data": {"key": encoded(live), "more": encoded("three")}}
    found = differences("Secret", {"data": {"key": encoded(wanted)}}, there, {"f:data": {"f:key": {}}})
    assert found == expected


def test_a_secret_of_ours_that_is_no_longer_wanted_is_not_shown_either() -> None:
    there = {"data": {"key": encoded("one"), "more": encoded("three")}}
    found = differences("Secret", {"data": {"key": encoded("one")}}, there, {"f:data": {"f:key": {}, "f:more": {}}})
    assert found == {"data.more": ("(sensitive)", None)}


def test_secrets_outside_secret_objects_are_recognized_by_name() -> None:
    container = {"name": "app", "env": [{"name": "DB_PASSWORD", "value": "canary"}, {"name": "URL", "value": "postgres://me:canary@db"}]}
    shown = flatten("Deployment", {"spec": {"containers": [container]}}) | flatten("ConfigMap", {"data": {"api_token": "canary", "a": "b"}})
    assert "canary" not in str(shown)
    assert shown["data.a"] == "b"
    assert shown["spec.containers[app].env[URL].value"] == "postgres://me:********@db"


def test_what_is_masked_inside_a_text_still_differs() -> None:
    env = [{"name": "URL", "value": "postgres://me:one@db"}]
    live = [{"name": "URL", "value": "postgres://me:two@db"}]
    found = differences("AwsResource", {"spec": {"env": env}}, {"spec": {"env": live}}, None)
    assert found == {"spec.env[URL].value": ("(sensitive) another value", "postgres://me:********@db")}


def pod(**container: Any) -> dict[str, Any]:
    return {"spec": {"template": {"spec": {"containers": [{"name": "app", **container}]}}}}


PLACES: list[Any] = [
    ("Deployment", pod(env=[{"name": "SMTP_PWD", "value": "canary"}])),
    ("Deployment", pod(env=[{"name": "REDIS_AUTH", "value": "canary"}])),
    ("Deployment", pod(env=[{"name": "sshKey", "value": "canary"}])),
    ("Deployment", pod(env=[{"name": "URL", "value": "redis://:canary@host/0"}])),
    ("Deployment", pod(args=["--db-password", "canary"])),
    ("Deployment", pod(args=["--db-password=canary"])),
    ("Deployment", pod(command=["sh", "-c", "mysql -u root -pcanary && exec app"])),
    ("Deployment", pod(livenessProbe={"httpGet": {"httpHeaders": [{"name": "Authorization", "value": "canary"}]}})),
    ("CronJob", {"spec": {"jobTemplate": pod(env=[{"name": "API_TOKEN", "value": "canary"}])}}),
    ("Secret", {"stringData": {"user": "canary"}}),
    ("Secret", {"data": {"user": "Y2FuYXJ5LWNhbmFyeQ==", "other": "canary"}}),
    ("ConfigMap", {"data": {"clientSecret": "canary"}}),
    ("ConfigMap", {"data": {"app.properties": "spring.datasource.password=canary\nx=1"}}),
    ("ConfigMap", {"data": {"app.yml": "credentials:\n  user: canary-1\n  other: canary-2\nx: 1"}}),
    ("ConfigMap", {"data": {"app.yml": "db:\n  password: |\n    canary-1\n    canary-2\n  x: 1"}}),
    ("ConfigMap", {"data": {"config.json": '{"auths": {"registry": {"auth": "canary"}}}'}}),
    ("ConfigMap", {"binaryData": {"x": "canary"}}),
    ("StorageClass", {"parameters": {"resturl": "x", "restuserkey": "x", "secretKey": "canary"}}),
    ("PersistentVolume", {"spec": {"csi": {"volumeAttributes": {"smbPassword": "canary"}}}}),
    ("Ingress", {"metadata": {"annotations": {"example.com/token": "canary"}}}),
    ("Widget", {"spec": {"database": {"passwd": "canary"}}}),
    ("Widget", {"spec": {"credentials": {"user": {"name": "canary"}}}}),
    ("Widget", {"spec": {"users": [{"name": "admin", "pw": "canary"}]}}),
    ("Widget", {"spec": {"settings": [{"key": "DB_PASSWORD", "value": "canary"}]}}),
]


@pytest.mark.parametrize(("kind", "manifest"), PLACES, ids=range(len(PLACES)))
def test_where_objects_hold_secrets(kind: str, manifest: dict[str, Any]) -> None:
    """The wanted value, the live value, and one that is no longer wanted are all hidden; a difference is still reported."""
    assert "canary" not in str(flatten(kind, manifest))
    other = json.loads(json.dumps(manifest).replace("canary", "kanarie"))
    for want, live in ((manifest, other), (other, manifest)):
        found = differences(kind, want, live, None)
        assert found, "the difference is lost"
        assert "canary" not in str(found)
        assert "kanarie" not in str(found)
    assert differences(kind, manifest, manifest, None) == {}


SHOWN: list[Any] = [
    ("Deployment", pod(envFrom=[{"secretRef": {"name": "canary"}}])),
    ("Deployment", pod(env=[{"name": "DB_PASSWORD", "valueFrom": {"secretKeyRef": {"name": "canary", "key": "canary"}}}])),
    ("Deployment", pod(env=[{"name": "PASSWORD_FILE", "value": "canary"}, {"name": "MAX_TOKENS", "value": "canary"}])),
    ("Deployment", {"spec": {"template": {"spec": {"imagePullSecrets": [{"name": "canary"}]}}}}),
    ("Deployment", {"spec": {"template": {"spec": {"volumes": [{"name": "v", "secret": {"secretName": "canary"}}]}}}}),
    ("Deployment", {"spec": {"template": {"spec": {"tolerations": [{"key": "canary", "operator": "Exists"}]}}}}),
    ("ServiceAccount", {"secrets": [{"name": "canary"}], "automountServiceAccountToken": False}),
    ("Ingress", {"spec": {"tls": [{"secretName": "canary"}]}}),
    ("ConfigMap", {"data": {"tokenAudience": "canary", "topologyKey": "canary", "passwordPolicy": "canary"}}),
    ("ExternalSecret", {"spec": {"secretStoreRef": {"name": "canary"}, "target": {"name": "canary"}}}),
    ("ExternalSecret", {"spec": {"data": [{"secretKey": "canary", "remoteRef": {"key": "canary", "property": "canary"}}]}}),
    ("SecretStore", {"spec": {"provider": {"aws": {"auth": {"jwt": {"serviceAccountRef": {"name": "canary"}}}}}}}),
]


@pytest.mark.parametrize(("kind", "manifest"), SHOWN, ids=range(len(SHOWN)))
def test_what_only_leads_to_a_secret_is_shown(kind: str, manifest: dict[str, Any]) -> None:
    assert SENSITIVE not in str(flatten(kind, manifest))


ENTRIES = [
    {"manager": "kubectl", "operation": "Update", "apiVersion": "v1", "fieldsV1": {"f:a": {}}},
    {"manager": "mainstay", "operation": "Apply", "apiVersion": "v1beta1", "fieldsV1": {"f:b": {}}},
    {"manager": "mainstay", "operation": "Update", "apiVersion": "v1", "fieldsV1": {"f:c": {}}},
    {"manager": "mainstay", "operation": "Apply", "apiVersion": "v1", "subresource": "status", "fieldsV1": {"f:d": {}}},
    {"manager": "mainstay", "operation": "Apply", "apiVersion": "v1", "fieldsV1": {"f:e": {}}},
]


@pytest.mark.parametrize(
    ("entries", "expected"), [(ENTRIES, {"f:e": {}}), (ENTRIES[:4], {"f:b": {}}), (ENTRIES[:1], None), ([], None)], ids=range(4)
)
def test_what_we_own_is_what_we_have_applied(entries: Any, expected: Any) -> None:
    assert owned_fields({"metadata": {"managedFields": entries}}, "v1") == expected


@pytest.mark.parametrize(
    ("kind", "wanted", "place", "final"),
    [
        ("StorageClass", {}, "parameters.type", True),
        ("StorageClass", {}, "allowVolumeExpansion", False),
        ("Deployment", {}, "spec.selector.matchLabels.app", True),
        ("Deployment", {}, "spec.selectors", False),
        ("Deployment", {}, "spec.replicas", False),
        ("StatefulSet", {}, "spec.serviceName", True),
        ("StatefulSet", {}, "spec.template.spec.containers[app].image", False),
        ("RoleBinding", {}, "roleRef.name", True),
        ("RoleBinding", {}, "subjects[0].name", False),
        ("ConfigMap", {}, "data.a", False),
        ("ConfigMap", {"immutable": True}, "data.a", True),
        ("PersistentVolumeClaim", {}, "spec.storageClassName", True),
        ("PersistentVolumeClaim", {}, "spec.resources.requests.storage", False),
        ("Secret", {}, "type", True),
    ],
)
def test_what_takes_another_object(kind: str, wanted: Any, place: str, final: bool) -> None:
    assert split(kind, wanted, {place: 1}) == (({place: 1}, {}) if final else ({}, {place: 1}))

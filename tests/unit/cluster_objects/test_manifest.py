# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Manifests as given: their mistakes, the parts that are sent, their owners, and their order."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.cluster_objects.api import OWN, discovered, in_list
from ansible_collections.mainstay.aws.plugins.module_utils.cluster_objects.manifest import (
    Marks,
    marked,
    normal,
    read,
    whose,
    without_version,
)
from ansible_collections.mainstay.aws.plugins.module_utils.domains.cluster_content.order import orders
from ansible_collections.mainstay.aws.plugins.module_utils.domains.cluster_content.spec import releases_of


def thing(kind: str = "ConfigMap", name: str = "a", namespace: str | None = "web", api_version: str = "v1", **more: Any) -> dict[str, Any]:
    metadata = {"name": name, **({"namespace": namespace} if namespace else {}), **more.pop("metadata", {})}
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, **more}


CUSTOM = thing("Widget", api_version="example.com/v1")
WRONG: list[Any] = [
    ("no manifest", ["text"], "objects[0] is 'text'; it must be a manifest"),
    ("no metadata", [{"apiVersion": "v1", "kind": "Pod"}], "objects[0] has no metadata"),
    ("no kind", [{"apiVersion": "v1", "metadata": {"name": "a"}}], "objects[0] has no kind; it must be a string such as Deployment"),
    (
        "a generated name",
        [{"apiVersion": "v1", "kind": "Pod", "metadata": {"generateName": "a-"}}],
        "generateName would create another object",
    ),
    ("a name that is none", [thing(name="a/b")], "metadata.name 'a/b' is not a valid name"),
    ("no namespace", [thing(namespace=None)], "objects[0] (ConfigMap a): it has no metadata.namespace, and a default is not assumed"),
    ("a namespace too many", [thing("Namespace")], "metadata.namespace is 'web', but a Namespace is not namespaced"),
    ("an old version", [thing("Deployment", api_version="apps/v1beta1")], "there is no Deployment in apps/v1beta1; it must be apps/v1"),
    ("a number for a label", [thing(metadata={"labels": {"v": 1}})], "metadata.labels v is 1, which is not a string; quote it"),
    ("a label that is none", [thing(metadata={"labels": {"v": "a b"}})], "metadata.labels v is 'a b'; it must be at most 63"),
    ("a number for an annotation", [thing(metadata={"annotations": {"v": True}})], "metadata.annotations v is True"),
    ("twice", [thing(), thing()], "objects has v1 ConfigMap web/a twice"),
    ("in a list", [{"kind": "List", "items": [thing(namespace=None)]}], "objects[0].items[0] (ConfigMap a)"),
]


@pytest.mark.parametrize(("objects", "said"), [pytest.param(*case[1:], id=case[0]) for case in WRONG])
def test_what_is_wrong_is_said(objects: Any, said: str) -> None:
    problems = read(objects, "main")[1]
    assert len(problems) == 1
    assert said in problems[0]


def test_values_of_secrets_are_never_part_of_what_is_said() -> None:
    problems = read([thing("Secret", stringData={"pin": 91823})], "main")[1]
    assert problems == ["objects[0] (Secret a): stringData pin is not a string (int); quote it"]


@pytest.mark.parametrize(
    ("manifest", "name"),
    [
        (thing(), "main/ConfigMap/web/a"),
        (thing("Namespace", namespace=None), "main/Namespace/a"),
        (CUSTOM, "main/Widget.example.com/web/a"),
        (thing("Lease", api_version="coordination.k8s.io/v1"), "main/Lease/web/a"),
    ],
)
def test_names(manifest: Any, name: str) -> None:
    (found,), problems = read([manifest], "main")
    assert (found.name, problems) == (name, [])


@pytest.mark.parametrize(
    ("identity", "expected"),
    [
        ("v1 ConfigMap web/a", "ConfigMap web/a"),
        ("apps/v1 Deployment web/a", "Deployment.apps web/a"),
        ("v1 Namespace web", "Namespace web"),
        ("Deployment.apps web/a", "Deployment.apps web/a"),
        ("Namespace web", "Namespace web"),
    ],
)
def test_an_object_stays_the_same_in_another_version(identity: str, expected: str) -> None:
    assert without_version(identity) == expected


def test_what_is_sent() -> None:
    manifest = thing(
        "Secret",
        metadata={"uid": "1", "resourceVersion": "2", "managedFields": [], "annotations": {"mainstay.aws/after": "x", "a": "b"}},
        data={"old": "b2xk"},
        stringData={"new": "new"},
        type=None,
        status={"phase": "x"},
    )
    assert normal(manifest) == thing("Secret", metadata={"annotations": {"a": "b"}}, data={"old": "b2xk", "new": "bmV3"})


def test_marks() -> None:
    marks = Marks("prod", "shop")
    sent = marked(
        thing(metadata={"labels": {"app": "x", "mainstay.aws/component": "other"}}), marks, "kubernetes_object.main/ConfigMap/web/a"
    )
    assert sent["metadata"]["labels"] == {
        "app": "x",
        "app.kubernetes.io/managed-by": "mainstay",
        "mainstay.aws/environment": "prod",
        "mainstay.aws/component": "shop",
    }
    assert marks.address(sent["metadata"]) == "kubernetes_object.main/ConfigMap/web/a"
    assert Marks("prod", "other").address(sent["metadata"]) is None
    assert whose(sent["metadata"]) == "prod/shop kubernetes_object.main/ConfigMap/web/a"
    assert whose({"labels": {"app": "x"}}) == ""


DEPLOYMENT = thing("Deployment", api_version="apps/v1")
DEFINITION = thing(
    "CustomResourceDefinition",
    "widgets.example.com",
    None,
    "apiextensions.k8s.io/v1",
    spec={"group": "example.com", "names": {"kind": "Widget"}},
)
AFTER = {"metadata": {"annotations": {"mainstay.aws/after": "lbc, ConfigMap/web/a"}}}
RELEASES = {"lbc": {"namespace": "kube-system", "chart": "oci://x/lbc", "version": "1.0.0"}}
ORDERS: list[Any] = [
    (
        "after the namespace",
        [thing("Namespace", "web", None), thing()],
        "kubernetes_object.main/ConfigMap/web/a",
        ["kubernetes_namespace.main/Namespace/web"],
    ),
    (
        "pods after what they need",
        [thing(), DEPLOYMENT],
        "kubernetes_object.main/Deployment/web/a",
        ["kubernetes_object.main/ConfigMap/web/a"],
    ),
    ("not of another namespace", [thing(namespace="other"), DEPLOYMENT], "kubernetes_object.main/Deployment/web/a", []),
    (
        "custom resources after their definition",
        [CUSTOM, DEFINITION],
        "kubernetes_object.main/Widget.example.com/web/a",
        ["kubernetes_object.main/CustomResourceDefinition/widgets.example.com"],
    ),
    (
        "what is said",
        [thing(), thing("Service", "s", **AFTER)],
        "kubernetes_object.main/Service/web/s",
        ["helm_release.main/lbc", "kubernetes_object.main/ConfigMap/web/a"],
    ),
    (
        "a release after its namespace",
        [thing("Namespace", "kube-system", None)],
        "helm_release.main/lbc",
        ["kubernetes_namespace.main/Namespace/kube-system"],
    ),
]


@pytest.mark.parametrize(("objects", "address", "expected"), [pytest.param(*case[1:], id=case[0]) for case in ORDERS])
def test_order(objects: Any, address: str, expected: list[str]) -> None:
    releases, wrong = releases_of(RELEASES, "main")
    found, problems = orders(read(objects, "main")[0], releases, "main")
    assert (list(found[address]), problems, wrong) == (expected, [], [])


def test_an_after_annotation_that_names_nothing() -> None:
    objects = read([thing("Service", "s", **AFTER)], "main")[0]
    assert orders(objects, releases_of(RELEASES, "main")[0], "main")[1] == [
        "v1 Service web/s must come after 'ConfigMap/web/a', which is neither a release nor an object of this call; "
        "valid names are Service/web/s, lbc"
    ]


def test_kinds_that_the_cluster_knows() -> None:
    version = {
        "version": "v1",
        "resources": [
            {"resource": "widgets", "responseKind": {"kind": "Widget"}, "scope": "Namespaced", "verbs": ["get", "list"]},
            {"resource": "reviews", "responseKind": {"kind": "Review"}, "scope": "Cluster", "verbs": ["create"]},
        ],
    }
    stale = {"version": "v1", "freshness": "Stale", "resources": [{**version["resources"][0], "resource": "others"}]}  # type: ignore[dict-item]
    reply = {
        "items": [
            {"metadata": {"name": "example.com"}, "versions": [version, {**version, "version": "v1beta1"}]},
            {"metadata": {"name": "gone.example.com"}, "versions": [stale]},
        ]
    }
    assert [(one.api_version, one.kind, one.everywhere) for one in discovered(reply)] == [
        ("example.com/v1", "Widget", "/apis/example.com/v1/widgets")
    ]


def test_a_kind_of_one_group() -> None:
    reply = {
        "resources": [
            {"name": "widgets/status", "kind": "Widget", "namespaced": True},
            {"name": "widgets", "kind": "Widget", "namespaced": True},
        ]
    }
    found = in_list(reply, "example.com/v1", "Widget")
    assert found is not None
    assert found.path("web", "a") == "/apis/example.com/v1/namespaces/web/widgets/a"
    assert in_list(reply, "example.com/v1", "Gadget") is None


def test_every_kind_of_kubernetes_is_named_once() -> None:
    assert len({(one.group, one.kind) for one in OWN}) == len(OWN)
    assert len({one.everywhere for one in OWN}) == len(OWN)

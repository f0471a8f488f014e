# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""An attacker with write access to one namespace cannot use an administrator's run to affect anything outside that namespace."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from .support import InsideCluster, changes, counts
from .test_releases import SMALL, address, deployment, name, namespace, wanted

COREDNS = "/apis/apps/v1/namespaces/kube-system/deployments/coredns"
CANARY = "canary-of-the-cluster"


@pytest.fixture
def tenant(inside: InsideCluster) -> Iterator[str]:
    """A tenant's namespace, in a cluster with resources that are not the tenant's."""
    found = f"tenant-{inside.number}"
    inside.api.create("/api/v1/namespaces", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": found}})
    if inside.gone(COREDNS):
        container = {"name": "coredns", "image": "coredns:1", "env": [{"name": "SETTING", "value": CANARY}]}
        pod = {"metadata": {"labels": {"k8s-app": "kube-dns"}}, "spec": {"containers": [container]}}
        spec = {"replicas": 2, "selector": {"matchLabels": {"k8s-app": "kube-dns"}}, "template": pod}
        inside.api.create("/apis/apps/v1/namespaces/kube-system/deployments", {"metadata": {"name": "coredns"}, "spec": spec})
    yield found
    assert inside.api.get(COREDNS)["spec"]["replicas"] == 2
    assert CANARY not in inside.printed
    inside.api.delete(f"/api/v1/namespaces/{found}")


def manifest(*objects: dict[str, Any]) -> str:
    return "---\n".join(yaml.safe_dump(one) for one in objects)


def coredns(**spec: Any) -> dict[str, Any]:
    container = {"name": "coredns", "image": "coredns:1", "env": [{"name": "SETTING", "value": "another"}]}
    metadata = {"name": "coredns", "namespace": "kube-system"}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": metadata,
        "spec": {"replicas": 7, "template": {"spec": {"containers": [container]}}, **spec},
    }


def forge(
    inside: InsideCluster,
    where: str,
    called: str,
    text: str = "",
    *,
    revision: int = 1,
    data: bytes = b"",
    labels: dict[str, str] | None = None,
    **content: Any,
) -> str:
    """Writes a record as anyone with the role "edit" in a namespace can; returns its path."""
    marks = {"mainstay.aws/environment": "prod", "mainstay.aws/component": inside.component}
    about = {"owner": "helm", "name": called, "status": "deployed", "version": str(revision), **marks, **(labels or {})}
    chart = {"metadata": {"name": "evil", "version": "1.0.0"}, "templates": [], "values": {}}
    found = {"name": called, "namespace": where, "version": revision, "info": {"status": "deployed"}, "chart": chart, "manifest": text}
    packed = data or gzip.compress(json.dumps({**found, **content}).encode())
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "type": "helm.sh/release.v1",
        "metadata": {"name": f"sh.helm.release.v1.{called}.v{revision}", "labels": about},
        "data": {"release": base64.b64encode(base64.b64encode(packed)).decode()},
    }
    inside.api.create(f"/api/v1/namespaces/{where}/secrets", secret)
    return f"/api/v1/namespaces/{where}/secrets/{secret['metadata']['name']}"  # type: ignore[index]


def warnings(result: dict[str, Any]) -> str:
    return "\n".join(str(one.get("event", one) if isinstance(one, dict) else one) for one in result.get("warnings") or ())


def test_a_forged_release_does_not_reach_out_of_its_namespace(inside: InsideCluster, tenant: str) -> None:
    machine = inside.api.get("/api/v1/nodes")["items"][0]["metadata"]["name"]
    node = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": machine}}
    role = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": "cluster-admin"}}
    whole = {"apiVersion": "v1", "kind": "List", "items": [coredns(), role, node]}
    forged = forge(inside, tenant, "evil", manifest(whole))
    options = {"objects": [namespace(inside)]}
    evil = f"helm_release.main/{tenant}/evil"
    for purge in ([], ["*"], ["helm_release.*"], [f"helm_release.main/{tenant}/*"]):
        result = inside.plan(**options, purge=purge)
        assert counts(result)["held_back"] == 1
        (action,) = [one for one in result["plan"]["actions"] if one["address"] == evil]
        for named in ("Deployment kube-system/coredns", "ClusterRole cluster-admin", f"Node {machine}"):
            assert named in action["reason"]
            assert named in str(action["changes"])
    assert counts(inside.apply(**options, purge=["*"])) == {"create": 1, "held_back": 1}
    assert counts(inside.apply(state="absent")) == {"delete": 1, "held_back": 1}
    assert not inside.gone(COREDNS)
    assert not inside.gone("/apis/rbac.authorization.k8s.io/v1/clusterroles/cluster-admin")
    assert not inside.gone(forged)


def test_with_consent_that_names_it_exactly_a_release_goes_with_all_that_it_names(inside: InsideCluster, tenant: str) -> None:
    target = f"/api/v1/namespaces/{inside.namespace}/configmaps/target"
    inside.apply(objects=[namespace(inside)])
    inside.api.create(target.rpartition("/")[0], {"metadata": {"name": "target"}})
    where = {"name": "target", "namespace": inside.namespace}
    forged = forge(inside, tenant, "evil", manifest({"apiVersion": "v1", "kind": "ConfigMap", "metadata": where}))
    done = inside.apply(objects=[namespace(inside)], purge=[f"helm_release.main/{tenant}/evil"])
    assert counts(done) == {"unchanged": 1, "delete": 1}
    assert inside.gone(target)
    assert inside.gone(forged)
    inside.apply(state="absent")


def test_hooks_of_a_forged_release_do_not_run(inside: InsideCluster, tenant: str) -> None:
    """Helm would run them with the permissions of the user who runs it."""
    binding = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {"name": f"hook-{inside.number}"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"},
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "tenant"}],
    }
    hook = {"name": "hook", "kind": "ClusterRoleBinding", "path": "a", "manifest": manifest(binding), "events": ["pre-delete"]}
    forge(inside, tenant, "evil", hooks=[hook])
    assert counts(inside.apply(state="absent", purge=["*"])) == {"held_back": 1}
    assert inside.gone(f"/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/hook-{inside.number}")


def test_what_helm_would_read_counts_and_not_what_carries_our_labels(inside: InsideCluster, tenant: str) -> None:
    """The record with our labels is harmless; a newer one without them is what Helm acts on."""
    forge(inside, tenant, "evil")
    forge(inside, tenant, "evil", manifest(coredns()), revision=2, labels={"status": "superseded", "mainstay.aws/component": "none"})
    result = inside.apply(state="absent", purge=["*"])
    assert result["failed"]
    assert "Deployment kube-system/coredns" in result["msg"]
    assert f"purge): helm_release.main/{tenant}/evil" in result["msg"] or "name helm_release.main/evil exactly" in result["msg"]


def test_what_belongs_to_others_in_the_namespace_itself_stays(inside: InsideCluster, tenant: str) -> None:
    """A tenant who may not delete a quota cannot have it deleted either."""
    quota = {
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "metadata": {"name": "quota", "namespace": tenant},
        "spec": {"hard": {"pods": "9"}},
    }
    inside.api.create(f"/api/v1/namespaces/{tenant}/resourcequotas", quota)
    forge(inside, tenant, "evil", manifest(quota))
    assert counts(inside.apply(state="absent", purge=["*"])) == {"held_back": 1}
    assert not inside.gone(f"/api/v1/namespaces/{tenant}/resourcequotas/quota")


def test_a_release_cannot_impersonate_one_in_another_namespace(inside: InsideCluster, tenant: str) -> None:
    options = wanted(inside)
    forge(inside, tenant, name(inside), manifest(coredns()), revision=9)
    assert counts(inside.plan(**options)) == {"create": 2, "held_back": 1}
    assert counts(inside.apply(**options)) == {"create": 2, "held_back": 1}
    again = inside.plan(**options)
    assert counts(again) == {"unchanged": 2, "held_back": 1}
    assert [one["address"] for one in again["plan"]["actions"]] == [f"helm_release.main/{tenant}/{name(inside)}"]
    # one that claims to be the other
    forge(inside, tenant, f"{name(inside)}-x", manifest(coredns()), name=name(inside), namespace=inside.namespace, version=99)
    said = inside.plan(**options)
    assert counts(said) == {"unchanged": 2, "held_back": 1}
    assert f"Secret {tenant}/sh.helm.release.v1.{name(inside)}-x.v1 carries the labels of this component" in warnings(said)
    assert counts(inside.apply(state="absent", purge=["*"])) == {"delete": 2, "held_back": 1}


BROKEN: list[Any] = [
    ("no release", {"data": b"x"}),
    ("a compression bomb", {"data": gzip.compress(bytes(100 * 2**20))}),
    ("a chart that is a list", {"chart": []}),
    ("a manifest that is no YAML", {"text": "{"}),
    ("a manifest with a path for a name", {"text": "apiVersion: v1\nkind: Pod\nmetadata: {name: ../../x}"}),
]


def test_a_malformed_record_is_a_warning_unless_its_release_is_wanted(inside: InsideCluster, tenant: str) -> None:
    options = wanted(inside)
    for number, (_what, broken) in enumerate(BROKEN):
        forge(inside, tenant, f"broken-{number}", **broken)
    result = inside.plan(**options)
    assert counts(result) == {"create": 2}
    said = warnings(result)
    for number in range(len(BROKEN)):
        assert f"Secret {tenant}/sh.helm.release.v1.broken-{number}.v1" in said
    assert counts(inside.apply(**options)) == {"create": 2}
    bad = forge(inside, inside.namespace, name(inside), revision=8, data=b"x")
    for failed in (inside.plan(**options), inside.apply(**options)):
        assert failed["failed"]
        assert f"Secret {inside.namespace}/sh.helm.release.v1.{name(inside)}.v8 holds no release that can be read" in failed["msg"]
        assert "Once it is deleted, the previous revision counts." in failed["msg"]
    inside.api.delete(bad)
    assert counts(inside.plan(**options)) == {"unchanged": 2}
    assert counts(inside.apply(state="absent")) == {"delete": 2}


def test_a_forged_revision_of_a_wanted_release_does_not_make_helm_delete_what_it_names(inside: InsideCluster, tenant: str) -> None:
    """Helm deletes what the last revision contained and the new one does not."""
    options = wanted(inside)
    inside.apply(**options)
    chart = {"metadata": yaml.safe_load(SMALL["Chart.yaml"]), "templates": []}
    forged = forge(inside, inside.namespace, name(inside), manifest(coredns()), revision=5, chart=chart)
    planned = inside.plan(**options)
    assert changes(planned)[address(inside)]["Deployment kube-system/coredns"] == ("not marked as this release's", None)
    assert any(one["code"] == "NotItsObjects" for one in planned["plan"]["problems"])
    other = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "more", "namespace": inside.namespace}}
    result = inside.apply(**{**options, "objects": [*options["objects"], other]})
    assert result["failed"]
    assert "Deployment kube-system/coredns" in result["msg"]
    assert not inside.gone(f"/api/v1/namespaces/{inside.namespace}/configmaps/more"), "other changes are made all the same"
    inside.api.delete(forged)
    assert counts(inside.apply(**options, purge=["*ConfigMap*"])) == {"unchanged": 2, "delete": 1}
    assert not inside.gone(deployment(inside))
    inside.apply(state="absent")


def test_marks_of_something_else_are_no_marks(inside: InsideCluster, tenant: str) -> None:
    """A tenant's object that claims to be ours neither stops the run nor becomes ours."""
    there = {"name": "web", "namespace": inside.namespace}
    objects = [namespace(inside), {"apiVersion": "v1", "kind": "Secret", "metadata": there, "stringData": {"a": "canary-b"}}]
    labels = {"mainstay.aws/environment": "prod", "mainstay.aws/component": inside.component}
    claims = [
        (tenant, "web", f"kubernetes_object.main/Secret/{inside.namespace}/web"),
        (tenant, "x", f"kubernetes_object.main/Secret/{tenant}/x"),
        (tenant, "y", f"kubernetes_object.main/Secret/{inside.namespace}/web/ConfigMap/{tenant}/y"),
        (tenant, "z", f"kubernetes_namespace.main/Namespace/{inside.namespace}"),
    ]
    for where, called, claimed in claims:
        metadata = {"name": called, "labels": labels, "annotations": {"mainstay.aws/address": claimed}}
        inside.api.create(f"/api/v1/namespaces/{where}/configmaps", {"metadata": metadata})
    assert counts(inside.plan(objects=objects)) == {"create": 2}
    assert counts(inside.apply(objects=objects)) == {"create": 2}
    assert counts(inside.plan(objects=objects, purge=["*"])) == {"unchanged": 2}
    assert counts(inside.apply(state="absent", purge=["*"])) == {"delete": 2}
    assert not inside.gone(f"/api/v1/namespaces/{tenant}/configmaps/web")

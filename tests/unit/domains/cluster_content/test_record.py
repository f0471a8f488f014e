# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Helm's records: what Helm writes is read; anything that Helm would read differently, or that is unbounded, is rejected."""

from __future__ import annotations

import base64
import gzip
import json
import tracemalloc
from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.domains.cluster_content.releases.ownership import guard, marked_for
from ansible_collections.mainstay.aws.plugins.module_utils.domains.cluster_content.releases.record import (
    LARGEST,
    MOST_OBJECTS,
    Unreadable,
    decode,
    newest,
    objects_of,
)
from ansible_collections.mainstay.aws.plugins.module_utils.domains.cluster_content.releases.release import chart_of_files

FILES = {"Chart.yaml": "name: small\nversion: 1.2.3\n", "values.yaml": "replicas: 1\n", "templates/a.yaml": "kind: A\n"}
SERVICE = "apiVersion: v1\nkind: Service\nmetadata: {name: web}\n"
COREDNS = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: coredns, namespace: kube-system}\n"


def content(**more: Any) -> dict[str, Any]:
    """The content of a record, as Helm writes it."""
    templates = [{"name": "templates/a.yaml", "data": base64.b64encode(FILES["templates/a.yaml"].encode()).decode()}]
    chart = {"metadata": {"name": "small", "version": "1.2.3"}, "templates": templates, "values": {"replicas": 1}}
    info = {"status": "deployed", "last_deployed": "2026-01-02T03:04:05.678901234+01:00"}
    found = {"name": "web", "namespace": "shop", "version": 1, "chart": chart, "info": info, "config": {"a": 1}, "manifest": ""}
    return {**found, **more}


def sealed(packed: bytes, revision: int = 1, **metadata: Any) -> dict[str, Any]:
    """The Secret with that content."""
    labels = {"name": "web", "owner": "helm", "status": "deployed", "version": str(revision)}
    about = {"name": f"sh.helm.release.v1.web.v{revision}", "namespace": "shop", "labels": labels, **metadata}
    return {"metadata": about, "data": {"release": base64.b64encode(base64.b64encode(packed)).decode()}}


def secret(revision: int = 1, **more: Any) -> dict[str, Any]:
    return sealed(gzip.compress(json.dumps(content(version=revision, **more)).encode()), revision)


def test_what_helm_has_written_down() -> None:
    manifest = f"---\n# Source: a\n{SERVICE}---\n\n---\n{COREDNS}"
    hooks = [{"events": ["pre-delete"], "manifest": COREDNS}, {"events": ["post-install"], "manifest": SERVICE}]
    found = decode(
        secret(3, info={"status": "pending-upgrade", "last_deployed": "2026-01-02T03:04:05+01:00"}, manifest=manifest, hooks=hooks)
    )
    assert (found.name, found.namespace, found.revision, found.status, found.chart, found.version, found.values) == (
        *("web", "shop", 3, "pending-upgrade", "small", "1.2.3"),
        {"a": 1},
    )
    assert [one["kind"] for one in found.objects] == ["Service", "Deployment"]
    assert [one["metadata"]["name"] for one in found.hooks] == ["coredns"]
    assert found.changed is not None
    assert found.changed.isoformat().startswith("2026-01-02T03:04:05")


def test_the_newest_revision_counts() -> None:
    found = newest([decode(secret(number)) for number in (9, 11, 10)])
    assert [(key, one.revision) for key, one in found.items()] == [(("shop", "web"), 11)]


def test_a_local_chart_counts_as_installed_only_with_the_same_content() -> None:
    assert chart_of_files(FILES, "c").fingerprint == decode(secret()).fingerprint
    for name in ("values.yaml", "templates/a.yaml"):
        assert chart_of_files({**FILES, name: "kind: B\n"}, "c").fingerprint != decode(secret()).fingerprint


def text(body: str) -> dict[str, Any]:
    return sealed(gzip.compress(body.encode()))


def with_member(name: str, value: str) -> dict[str, Any]:
    """A record with one more member."""
    return text(f'{{"{name}": {value}, ' + json.dumps(content())[1:])


def nested(depth: int) -> Callable[[], dict[str, Any]]:
    return lambda: text(json.dumps(content()).replace('{"a": 1}', "[" * depth + "]" * depth))


WHOLE = gzip.compress(json.dumps(content()).encode())
LABELS = {"name": "web", "owner": "helm", "version": "1"}
FORGED: list[Any] = [
    ("another name than its Secret's", lambda: secret(name="coredns"), "the name that it states is not that of its Secret"),
    ("another namespace than its Secret's", lambda: secret(namespace="kube-system"), "the namespace that it states"),
    ("no namespace", lambda: secret(namespace=None), "the namespace that it states"),
    ("another revision than its Secret's", lambda: sealed(WHOLE, 7), "the version that it states"),
    ("a revision that is true", lambda: sealed(gzip.compress(json.dumps(content(version=True)).encode())), "the version that it states"),
    ("a label with another name", lambda: sealed(WHOLE, labels={**LABELS, "name": "other"}), "the name that it states"),
    ("a label with another revision", lambda: sealed(WHOLE, labels={**LABELS, "version": "2"}), "the version that it states"),
    ("no labels", lambda: sealed(WHOLE, labels=None), "the name that it states"),
    ("a name that Helm does not give", lambda: sealed(WHOLE, name="web"), "its name is not one that Helm gives"),
    ("no revision in its name", lambda: sealed(WHOLE, name="sh.helm.release.v1.web.v0"), "its name is not one"),
    ("no data", lambda: {**secret(), "data": None}, "not what Helm writes"),
    ("no release", lambda: {**secret(), "data": {}}, "not what Helm writes"),
    ("no base64", lambda: {**secret(), "data": {"release": "eHh4eA=="}}, "not what Helm writes"),
    ("no JSON", lambda: sealed(gzip.compress(b"x")), "not what Helm writes"),
    ("a list", lambda: text("[]"), "not what Helm writes"),
    ("a number", lambda: text("1"), "not what Helm writes"),
    ("broken compression", lambda: sealed(WHOLE[:20] + b"xxxxxxxx" + WHOLE[28:]), "not what Helm writes"),
    ("compression that is cut off", lambda: sealed(WHOLE[:-20]), "cut off"),
    ("two compressed parts", lambda: sealed(WHOLE + WHOLE), "followed by more"),
    ("a chart that is a list", lambda: secret(chart=[]), "not what Helm writes"),
    ("a chart without metadata", lambda: secret(chart={}), "not what Helm writes"),
    ("templates that are texts", lambda: secret(chart={**content()["chart"], "templates": ["x"]}), "not what Helm writes"),
    ("info that is a text", lambda: secret(info="deployed"), "not what Helm writes"),
    ("a status that is a list", lambda: secret(info={"status": []}), "no short text"),
    ("a status of two lines", lambda: secret(info={"status": "deployed\n::warning::x"}), "no short text"),
    ("a long version", lambda: secret(chart={**content()["chart"], "metadata": {"name": "a", "version": "1" * 300}}), "no short text"),
    ("values that are a list", lambda: secret(config=[1]), "not what Helm writes"),
    ("half a character", lambda: text(json.dumps(content(config={"a": "X"})).replace('"X"', '"\\ud800"')), "not what Helm writes"),
    ("a manifest that is a mapping", lambda: secret(manifest={"a": 1}), "its manifest is no text"),
    ("a manifest that is no YAML", lambda: secret(manifest="{"), "its manifest is no YAML"),
    ("a manifest of texts", lambda: secret(manifest="just text"), "a document that is no object"),
    ("an object without a name", lambda: secret(manifest="apiVersion: v1\nkind: Pod\nmetadata: {}"), "valid apiVersion, kind and name"),
    ("a name that is a path", lambda: secret(manifest=SERVICE.replace("web", "../../x")), "valid apiVersion, kind and name"),
    ("a namespace that is a path", lambda: secret(manifest=COREDNS.replace("kube-system", "a/b")), "valid namespace"),
    ("an API version that is a path", lambda: secret(manifest=SERVICE.replace("v1", "v1/../x")), "valid apiVersion, kind and name"),
    ("hooks that are texts", lambda: secret(hooks=["x"]), "not what Helm writes"),
    ("a hook that cannot be named", lambda: secret(hooks=[{"events": ["pre-delete"], "manifest": "kind: A"}]), "no object"),
    # What Go reads differently: of two members whose names differ only in case, it takes the last.
    ("a name twice", lambda: with_member("name", '"web"'), "it has a name twice"),
    ("a manifest twice, in other letters", lambda: with_member("Manifest", '"x"'), "in different letters"),
    ("a manifest twice, in other alphabets", lambda: with_member("manife\u017ft", '"x"'), "in different letters"),
    ("hooks in other letters", lambda: with_member("HOOKS", "[]"), "in different letters"),
    ("a hook's manifest in other letters", lambda: secret(hooks=[{"events": ["pre-delete"], "Manifest": COREDNS}]), "in different letters"),
    # What Kubernetes reads as two documents, and YAML as one.
    ("a separator with text", lambda: secret(manifest=SERVICE + "---a: |\n" + COREDNS.replace("\n", "\n  ")), "begins with ---"),
    # Unbounded content.
    ("a compression bomb", lambda: sealed(gzip.compress(b"0" * (LARGEST * 2))), "more than 16 MiB"),
    ("much without compression", lambda: sealed(b"[" + b"0" * LARGEST), "more than 16 MiB"),
    ("many values", lambda: text("[" + "[]," * 2_000_000), "values"),
    ("deep JSON", nested(100_000), "nested too deeply"),
    ("deep YAML", lambda: secret(manifest="a: " + "[" * 500 + "]" * 500), "nested too deeply"),
    ("many objects", lambda: secret(manifest=f"---\n{SERVICE}" * (MOST_OBJECTS + 1)), "more than 1000 objects"),
    ("aliases that multiply", lambda: secret(manifest=laughs(9)), "values"),
    ("merges that multiply", lambda: secret(manifest=merges(9)), "YAML aliases"),
    ("a part of itself", lambda: secret(manifest="&a\nx: *a"), "values"),
]


def laughs(levels: int) -> str:
    lines = ["a0: &a0 [x,x,x,x,x,x,x,x,x,x]"]
    lines += [f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 10)}]" for n in range(1, levels)]
    return "\n".join(lines)


def merges(levels: int) -> str:
    lines = ["a0: &a0 {x: 1}"]
    lines += [f"a{n}: &a{n} {{<<: [{','.join([f'*a{n - 1}'] * 10)}]}}" for n in range(1, levels)]
    return "\n".join(lines)


@pytest.mark.parametrize(("forged", "why"), [pytest.param(*case[1:], id=case[0]) for case in FORGED])
def test_what_helm_has_not_written_down(forged: Callable[[], dict[str, Any]], why: str) -> None:
    with pytest.raises(Unreadable, match=why):
        decode(forged())


def test_a_compression_bomb_takes_little_memory() -> None:
    bomb = sealed(gzip.compress(bytes(160 * 2**20), compresslevel=1))
    tracemalloc.start()
    try:
        with pytest.raises(Unreadable):
            decode(bomb)
        assert tracemalloc.get_traced_memory()[1] < 4 * LARGEST
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    "manifest",
    [
        f"apiVersion: v1\nkind: List\nitems: [{{apiVersion: v1, kind: List, items: [{json.dumps({'a': 1})}]}}]",
        "apiVersion: v1\nkind: ConfigMapList\nItems:\n- x",
    ],
)
def test_objects_of_lists_are_looked_at_too(manifest: str) -> None:
    with pytest.raises(Unreadable, match="a document that is no object"):
        objects_of(manifest)


def test_lists_are_opened() -> None:
    inner = "".join(f"  {line}\n" for line in COREDNS.splitlines())
    found = objects_of(f"apiVersion: v1\nkind: List\nitems:\n-{inner[1:]}---\n{SERVICE}")
    assert [one["metadata"]["name"] for one in found] == ["coredns", "web"]


def test_a_merge_of_one_alias_is_what_charts_write() -> None:
    (found,) = objects_of("apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nx: &x {a: 1}\ny: {<<: *x}")
    assert found["y"] == {"a": 1}


MARKS = {"meta.helm.sh/release-name": "web", "meta.helm.sh/release-namespace": "shop"}


@pytest.mark.parametrize(
    ("annotations", "expected"),
    [
        (MARKS, True),
        ({**MARKS, "meta.helm.sh/release-name": "other"}, False),
        ({**MARKS, "meta.helm.sh/release-namespace": "other"}, False),
        ({}, False),
        (None, False),
    ],
)
def test_an_object_belongs_to_the_release_named_by_its_marks(annotations: Any, expected: bool) -> None:
    assert marked_for({"metadata": {"annotations": annotations}}, decode(secret())) is expected


def test_what_guards_a_release() -> None:
    assert guard([], []) == ""
    assert "Deployment kube-system/coredns" in guard(["Deployment kube-system/coredns"], [])
    assert "Job shop/clean" in guard([], ["Job shop/clean"])
    assert guard([f"Pod {n}" for n in range(23)], []).endswith("and 3 more")

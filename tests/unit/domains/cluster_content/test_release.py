# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Releases: Helm's recorded state, the wanted state, Helm's arguments, and when a release works."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.cluster_objects.ready import (
    given_up,
    has_ready_endpoint,
    key_of,
    services_behind,
    unavailable,
)
from ansible_collections.mainstay.aws.plugins.module_utils.domains.cluster_content.releases.helm import Helm, kubeconfig
from ansible_collections.mainstay.aws.plugins.module_utils.domains.cluster_content.releases.release import (
    Chart,
    found_values,
    secrets_in,
    shown_values,
)
from ansible_collections.mainstay.aws.plugins.module_utils.domains.cluster_content.spec import releases_of
from ansible_collections.mainstay.aws.plugins.module_utils.kubernetes.access import Access, Token
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.errors import CallFailed, NotYet

FILES = {"Chart.yaml": "name: small\nversion: 1.2.3\n", "values.yaml": "replicas: 1\n", "templates/a.yaml": "kind: A\n"}


VALUES: list[Any] = [
    ("the same", {"a": {"b": 1}}, {"a": {"b": 1}}, {}),
    ("another", {"a": 1}, {"a": 2}, {"a": (2, 1)}),
    ("gone", {}, {"a": 2}, {"a": (2, None)}),
    ("new", {"a": 1}, {}, {"a": (None, 1)}),
    ("true is not 1", {"a": True}, {"a": 1}, {"a": ("1", True)}),
    ("1 is 1.0", {"a": 1}, {"a": 1.0}, {}),
    ("a list", {"a": [1, 2]}, {"a": [2, 1]}, {"a": ([2, 1], [1, 2])}),
    ("mappings in a list", {"a": [{"b": 1}]}, {"a": [{"b": 2}]}, {"a[0].b": (2, 1)}),
    ("a secret", {"password": "canary"}, {"password": "other"}, {"password": ("(sensitive) another value", "(sensitive)")}),
    ("the same secret", {"db": {"password": "canary"}}, {"db": {"password": "canary"}}, {}),
]


@pytest.mark.parametrize(("wanted", "live", "expected"), [pytest.param(*case[1:], id=case[0]) for case in VALUES])
def test_values(wanted: Any, live: Any, expected: Any) -> None:
    after, before = shown_values(wanted), found_values(wanted, live)
    names = sorted({*before, *after})
    assert {name: (before.get(name), after.get(name)) for name in names if before.get(name) != after.get(name)} == expected
    assert (before == after) is (not expected)
    assert "canary" not in str((before, after))


def test_secrets_among_values() -> None:
    assert sorted(secrets_in({"a": {"password": "one", "tokens": ["two", "three"]}, "secretName": "no", "b": 1})) == ["one", "three", "two"]


WRONG: list[Any] = [
    ("a name that is none", {"A": {}}, "releases.A: 'A' is not a release name"),
    ("no mapping", {"a": "x"}, "releases.a is a str; it must be a mapping with at least namespace and chart"),
    ("no namespace", {"a": {"chart": "oci://x/a", "version": "1.0.0"}}, "releases.a has no namespace; it must be a string"),
    ("no chart", {"a": {"namespace": "n"}}, "releases.a must have either chart"),
    ("no such folder", {"a": {"namespace": "n", "chart": "charts/a"}}, "which is not a folder with a Chart.yaml on this host"),
    ("a range of versions", {"a": {"namespace": "n", "chart": "oci://x/a", "version": "^1"}}, "needs an exact version such as 1.13.0"),
    ("a setting that is none", {"a": {"namespace": "n", "chart_files": FILES, "value": {}}}, "releases.a has no setting value"),
    ("values that are none", {"a": {"namespace": "n", "chart_files": FILES, "values": "canary"}}, "releases.a.values is something else"),
    ("another version", {"a": {"namespace": "n", "chart_files": FILES, "version": "2.0.0"}}, "but the chart in the folder is small 1.2.3"),
    (
        "no chart at all",
        {"a": {"namespace": "n", "chart_files": {"x": "y"}}},
        "releases.a.chart_files has no Chart.yaml with name and version",
    ),
]


@pytest.mark.parametrize(("given", "said"), [pytest.param(*case[1:], id=case[0]) for case in WRONG])
def test_what_is_wrong_is_said(given: Any, said: str) -> None:
    problems = releases_of(given, "main")[1]
    assert len(problems) == 1
    assert said in problems[0]
    assert "canary" not in problems[0]


def script(folder: Path, text: str) -> str:
    path = folder / "helm"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return str(path)


ACCESS = Access("https://127.0.0.1:1", "authority", token=Token(lambda: ("canary-token", None)))
CHART = Chart("small", "1.2.3", files=FILES)


def test_the_arguments_of_helm(tmp_path: Path) -> None:
    """Nothing secret on the command line: values go through stdin, and the token through a file readable only by its owner."""
    said = [
        '[ "$1" = version ] && echo v4.2.0 && exit',
        f'echo "$@" > {tmp_path}/arguments; cat > {tmp_path}/stdin; cp -p "$KUBECONFIG" {tmp_path}/config; cp -r "$4" {tmp_path}/chart',
    ]
    helm = Helm(script(tmp_path, "\n".join(said)), ACCESS)
    helm.upgrade("web", "shop", CHART, {"password": "canary"}, {"x": "y"}, create=False)
    arguments = (tmp_path / "arguments").read_text()
    assert "canary" not in arguments
    assert arguments.startswith("upgrade --install web ")
    assert all(
        f" {option}" in arguments for option in ("--namespace shop", "--labels x=y", "--force-conflicts", "--reset-values", "--values -")
    )
    assert json.loads((tmp_path / "stdin").read_text()) == {"password": "canary"}
    assert json.loads((tmp_path / "config").read_text())["users"][0]["user"] == {"token": "canary-token"}
    assert stat.S_IMODE((tmp_path / "config").stat().st_mode) == 0o600
    assert (tmp_path / "chart" / "templates" / "a.yaml").read_text() == FILES["templates/a.yaml"]


def test_an_older_helm_gets_no_options_that_it_lacks(tmp_path: Path) -> None:
    Helm(
        script(tmp_path, f'[ "$1" = version ] && echo v3.19.0 && exit; echo "$@" > {tmp_path}/arguments; cat > /dev/null'), ACCESS
    ).upgrade("web", "shop", Chart("small", "1.2.3", "small", "https://charts.example.com"), {}, {}, create=True)
    arguments = (tmp_path / "arguments").read_text()
    assert "--force-conflicts" not in arguments
    assert "upgrade --install web small --namespace shop" in arguments
    assert "--version 1.2.3 --repo https://charts.example.com --create-namespace" in arguments


REFUSALS: list[Any] = [
    ("Error: UPGRADE FAILED: the chart is no good", CallFailed, "the chart is no good"),
    ('level=WARN msg=x\nError: failed calling webhook "x": no endpoints available', NotYet, "no endpoints available"),
    ("Error: another operation (install/upgrade/rollback) is in progress", NotYet, "another operation"),
    ("Error: bad value password=canary", CallFailed, "bad value"),
]


@pytest.mark.parametrize(("complained", "kind", "said"), REFUSALS, ids=range(len(REFUSALS)))
def test_what_helm_refuses(complained: str, kind: type[CallFailed], said: str, tmp_path: Path) -> None:
    (tmp_path / "said").write_text(complained)
    helm = Helm(script(tmp_path, f"cat {tmp_path}/said >&2; exit 1"), ACCESS)
    with pytest.raises(CallFailed, match=said) as caught:
        helm.uninstall("web", "shop")
    assert type(caught.value) is kind
    assert "canary" not in str(caught.value)


def test_a_missing_helm_is_reported_with_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(CallFailed, match=r"there is no Helm at .*option helm_binary") as caught:
        Helm(str(tmp_path / "none"), ACCESS).uninstall("web", "shop")
    assert "eks_helm_binary" in caught.value.hint


def test_other_ways_into_a_cluster() -> None:
    access = Access("https://c", "ca", ("certificate", "key"), verify=False, proxy="http://p", server_name="n", basic="Basic bWU6cHc=")
    config = kubeconfig(access)
    assert config["clusters"][0]["cluster"] == {
        "server": "https://c",
        "insecure-skip-tls-verify": True,
        "proxy-url": "http://p",
        "tls-server-name": "n",
    }
    assert config["users"][0]["user"] == {
        "client-certificate-data": "Y2VydGlmaWNhdGU=",
        "client-key-data": "a2V5",
        "username": "me",
        "password": "pw",
    }


def workload(kind: str = "Deployment", generation: int = 1, replicas: int | None = 2, **status: Any) -> dict[str, Any]:
    metadata = {"name": "web", "namespace": "shop", "generation": generation}
    return {"kind": kind, "metadata": metadata, "spec": {"replicas": replicas}, "status": {"observedGeneration": 1, **status}}


EXCEEDED = [{"type": "Progressing", "reason": "ProgressDeadlineExceeded", "message": "it took too long"}]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (workload(updatedReplicas=2, availableReplicas=2), ""),
        (workload(updatedReplicas=2, availableReplicas=1), "1 of 2 pods are available"),
        (workload(updatedReplicas=1, availableReplicas=2), "1 of 2 pods are of the newest revision"),
        (workload(generation=2, updatedReplicas=2, availableReplicas=2), "has not been observed by its controller"),
        (workload(replicas=0), ""),
        (workload(replicas=None, updatedReplicas=1), "0 of 1 pods are available"),
        (workload("DaemonSet", desiredNumberScheduled=3, updatedNumberScheduled=3, numberAvailable=2), "2 of 3 pods are available"),
        (workload("DaemonSet", desiredNumberScheduled=0), ""),
    ],
    ids=range(8),
)
def test_when_a_workload_does_its_work(given: Any, said: str) -> None:
    found = unavailable(given)
    assert (said in found) if said else found == ""


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (workload(conditions=EXCEEDED), "Deployment shop/web: it took too long"),
        (workload(generation=2, conditions=EXCEEDED), ""),
        (workload(), ""),
    ],
    ids=["given up", "an earlier revision", "under way"],
)
def test_when_it_is_no_longer_expected(given: Any, said: str) -> None:
    assert given_up(given) == said


def test_webhooks_and_who_is_behind_them() -> None:
    hook = {"clientConfig": {"service": {"namespace": "n", "name": "s"}}}
    objects = [{"kind": "MutatingWebhookConfiguration", "webhooks": [hook, {"clientConfig": {"url": "https://x"}}]}, {"kind": "Service"}]
    assert services_behind(objects) == {("n", "s")}
    assert not has_ready_endpoint([{"endpoints": [{"conditions": {"ready": False}}]}, {"endpoints": None}])
    assert has_ready_endpoint([{"endpoints": [{"conditions": {"ready": False}}, {"conditions": {"ready": True}}]}])


@pytest.mark.parametrize(
    ("manifest", "namespace"),
    [
        ({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "a"}}, "shop"),
        ({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "a", "namespace": "other"}}, "other"),
        ({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": "a"}}, ""),
    ],
)
def test_where_an_object_of_a_chart_is(manifest: Any, namespace: str) -> None:
    assert key_of(manifest, "shop")[2] == namespace

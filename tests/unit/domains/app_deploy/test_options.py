# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What the modules of a deployment get from the variables of the role."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.mainstay.aws.plugins.filter.application_release import application_release
from ansible_collections.mainstay.aws.plugins.module_utils.deployment.modes import settings as modes
from ansible_collections.mainstay.aws.plugins.module_utils.deployment.pending import migration_pending
from ansible_collections.mainstay.aws.plugins.module_utils.domains.app_deploy.needs import argument_spec, with_images

REGISTRY = "123456789012.dkr.ecr.af-south-1.amazonaws.com"
AROUND: dict[str, Any] = {
    "clusters": {"main": {"version": "1.36", "node_groups": {"system": {}}, "irsa_roles": {"api": {}}}},
    "zones": {"main": {"domain": "example.com", "certificates": {"web": {}}}},
    "databases": {"main": {}, "audit": {}},
    "repositories": {"api": {}, "web": {"name": "shared/web"}},
    "registry_component": "registry",
}
GIVEN: dict[str, Any] = {
    "component": "shop",
    "environment": "prod",
    "region": "af-south-1",
    "account_id": "123456789012",
    "cluster": "main",
    "eks_cluster": "",
    "namespace": "shop",
    "version": "1.4.2",
    "registry": REGISTRY,
    "keep": 10,
    "application": {
        "services": {
            "api": {"image": "api:1.4.2", "port": 8080, "probe": "/healthz"},
            "web": {"image": "web:1.4.2", "port": 8080, "probe": "/healthz"},
            "proxy": {"image": "proxy:1", "port": 8080, "probe": "/healthz"},
        },
        "workers": {},
        "create_namespace": True,
    },
}


def images(options: dict[str, Any]) -> list[str]:
    specs = [one["spec"]["template"]["spec"] for one in options["objects"] if one["kind"] == "Deployment"]
    return sorted(container["image"] for spec in specs for container in spec["containers"])


def test_images_are_those_of_the_inventorys_repositories_or_of_the_registry() -> None:
    found = application_release(GIVEN, AROUND)
    assert images(found) == [f"{REGISTRY}/prod-registry/api:1.4.2", f"{REGISTRY}/proxy:1", f"{REGISTRY}/shared/web:1.4.2"]


def test_images_of_plain_manifests_are_those_of_the_inventorys_repositories(tmp_path: Path) -> None:
    manifest = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "api"}, "spec": {"template": {"spec": POD}}}
    (tmp_path / "api.yaml").write_text(json.dumps(manifest))
    settings = {"manifests": str(tmp_path), "manifest_images": {"api": "api:1.4.2"}, "pod_security": "privileged"}
    found = application_release({**GIVEN, "application": settings}, AROUND)
    assert images(found) == [f"{REGISTRY}/prod-registry/api:1.4.2"]


POD = {"containers": [{"name": "api", "image": "api"}]}


def test_without_a_registry_images_come_from_that_of_the_account_in_the_domain_of_its_partition() -> None:
    found = application_release({**GIVEN, "registry": "", "region": "cn-north-1"}, AROUND)
    host = "123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn"
    assert images(found) == [f"{host}/prod-registry/api:1.4.2", f"{host}/proxy:1", f"{host}/shared/web:1.4.2"]


def test_images_are_replaced_by_what_they_were_resolved_to() -> None:
    pinned = {one: f"{one.partition(':')[0]}@sha256:{'0' * 64}" for one in images(application_release(GIVEN, AROUND))}
    found = application_release(GIVEN, AROUND, pinned)
    assert images(found) == sorted(pinned.values())
    assert found["images"] == pinned


def test_the_release_is_the_same_whether_images_are_replaced_before_or_after() -> None:
    before = application_release(GIVEN, AROUND)
    pinned = {one: f"{one.partition(':')[0]}@sha256:{'0' * 64}" for one in images(before)}
    after = application_release(GIVEN, AROUND, pinned)
    assert [with_images(one, pinned) for one in before["objects"]] == after["objects"]
    replaced = [with_images(one, pinned) for one in before["objects"]]
    ids = [migration_pending([], objects, None)[0] for objects in (replaced, after["objects"], before["objects"])]
    assert ids[0] == ids[1] != ids[2]


def test_what_is_needed_first_is_a_part_of_it_that_its_module_takes() -> None:
    found = application_release(GIVEN, AROUND, only="needs")
    assert set(found) <= set(argument_spec())
    assert found["cluster"] == "prod-main"
    assert found["node_architectures"] == ["amd64"]


def test_the_gate_is_asked_about_every_database_that_is_described() -> None:
    assert application_release(GIVEN, AROUND, only="needs")["databases"] == ["prod-main", "prod-audit"]


LOOKUPS: dict[str, tuple[dict[str, Any], dict[str, Any], list[str]]] = {
    "nothing is named": ({}, {}, []),
    "a certificate": ({"ingress": {"certificate": "web"}}, {}, ["dns"]),
    "a web ACL": ({"ingress": {"web_acl": "main"}}, {}, ["s3_cdn"]),
    "a role": ({"service_account": {"role": "api"}}, {}, ["eks"]),
    "their outputs are part of this run": (
        {"ingress": {"certificate": "web"}, "service_account": {"role": "api"}},
        {"zone_outputs": {"main": {}}, "cluster_outputs": {"main": {}}},
        [],
    ),
}


@pytest.mark.parametrize("case", LOOKUPS)
def test_what_has_to_be_looked_up(case: str) -> None:
    settings, outputs, expected = LOOKUPS[case]
    given = {**GIVEN, "application": {**GIVEN["application"], **settings}}
    assert application_release(given, {**AROUND, **outputs}, only="lookups") == expected


def test_every_mistake_is_reported_at_once() -> None:
    services = {"api": {"image": "api", "port": 8080}}
    wrong = {**GIVEN, "window": {"schedule": "x"}, "application": {"services": services}}
    with pytest.raises(AnsibleFilterError) as error:
        application_release(wrong, AROUND)
    assert "app_deploy_services.api.image" in str(error.value)
    assert "app_deploy_window.schedule" in str(error.value)


METRIC = {"name": "errors", "maximum": 1, "prometheus": {"url": "http://prometheus", "query": "errors"}}
STRATEGIES: dict[str, tuple[dict[str, Any], str]] = {
    "a canary": ({"strategy": "canary", "canary": {"steps": [{"replicas": 1}], "metrics": [METRIC]}}, ""),
    "settings of another strategy": ({"canary": {"steps": [{"replicas": 1}]}}, ""),
    "weights without an ingress": (
        {"strategy": "canary", "canary": {"steps": [{"weight": 1}], "metrics": [METRIC]}},
        "app_deploy_strategy: strategy canary divides requests by the weights of an Ingress, and the application has none",
    ),
    "a service that the application does not have": (
        {"strategy": "canary", "canary": {"steps": [{"replicas": 1}], "metrics": [METRIC], "services": ["apy"]}},
        "app_deploy_canary.services names 'apy'",
    ),
    "two colors without an ingress": ({"strategy": "blue_green"}, "app_deploy_strategy: strategy blue_green divides requests"),
    "options that the verification does not have": ({"verification": {"prober": []}}, "app_deploy_verification: no such setting: prober"),
}


@pytest.mark.parametrize("case", STRATEGIES)
def test_the_strategy_fits_what_is_deployed(case: str) -> None:
    given, expected = STRATEGIES[case]
    if not expected:
        found = application_release({**GIVEN, **given}, AROUND)
        assert found["strategy"] == given.get("strategy", "rolling")
        assert found["canary"] == given["canary"]
        return
    with pytest.raises(AnsibleFilterError, match=re.escape(expected)):
        application_release({**GIVEN, **given}, AROUND)


CHART = {"chart_files": {"Chart.yaml": "name: shop\nversion: 1.4.2\n", "templates/all.yaml": "a: b"}, "values": {"replicas": 2}}
MODES: dict[str, dict[str, Any]] = {
    "helm": {"mode": "helm", "chart": CHART},
    "argocd": {"mode": "argocd", "argocd": {"application": "shop"}},
}


@pytest.mark.parametrize("case", MODES)
def test_another_program_applies_what_runs(case: str) -> None:
    """What is around it stays ours, and the settings of the other program make it another release."""
    given = {**GIVEN, **MODES[case], "application": {case.replace("helm", "chart"): MODES[case].get("chart") or MODES[case].get("argocd")}}
    found = application_release(given, AROUND)
    assert [one["kind"] for one in found["objects"]] == ["Namespace"]
    assert (found["mode"], found["chart"], found["argocd"]) == (case, given.get("chart") or {}, given.get("argocd") or {})
    ids = []
    for version in ("1.4.2", "1.4.3"):
        chart = {**CHART, "values": {"tag": version}} if case == "helm" else {}
        other, problems = modes.read({**found, "chart": chart, "version": version, "component": "shop"})
        assert problems == []
        ids.append(migration_pending([], found["objects"], None, modes.identity_of(other))[0])
    assert ids[0] != ids[1]


def test_a_closed_window_holds_a_release_of_prod_back() -> None:
    never = {"schedule": "0 0 29 2 *", "duration": "1m", "time_zone": "UTC"}
    assert "The deployment window is closed" in application_release({**GIVEN, "window": never}, AROUND)["hold"]
    found = application_release({**GIVEN, "window": never, "break_glass": "outage"}, AROUND)
    assert found["hold"] == ""
    assert found["recorded"]["break_glass"] == "outage"

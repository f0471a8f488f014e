"""What a release is in the modes in which Helm or Argo CD apply what runs, and what is refused before the first call."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.cluster_objects.hiding import Hiding
from ansible_collections.mainstay.aws.plugins.module_utils.cluster_objects.manifest import Marks
from ansible_collections.mainstay.aws.plugins.module_utils.deployment import way_back
from ansible_collections.mainstay.aws.plugins.module_utils.deployment.calls import secrecy
from ansible_collections.mainstay.aws.plugins.module_utils.deployment.look import is_of_helm
from ansible_collections.mainstay.aws.plugins.module_utils.deployment.modes import running, settings
from ansible_collections.mainstay.aws.plugins.module_utils.deployment.modes.argo_cd import Application, ArgoMode
from ansible_collections.mainstay.aws.plugins.module_utils.deployment.modes.helm_release import Chart, HelmMode
from ansible_collections.mainstay.aws.plugins.module_utils.deployment.record import Release

from .samples import deployment, named

FILES = {"Chart.yaml": "name: shop\nversion: 1.4.2\n", "templates/all.yaml": "a: b"}
WHERE = {"component": "web_shop", "namespace": "shop"}


def read(**given: Any) -> settings.Other:
    found, problems = settings.read({**WHERE, **given})
    assert problems == []
    return found


def test_a_chart_is_named_after_its_component() -> None:
    found = read(mode="helm", chart={"chart_files": FILES}, keep=20)
    assert isinstance(found, Chart)
    assert (found.wanted.called, found.wanted.namespace, found.wanted.chart.version, found.keep) == ("web-shop", "shop", "1.4.2", 20)
    other = read(mode="helm", chart={"chart_files": FILES, "release": "mine"})
    assert isinstance(other, Chart)
    assert other.wanted.called == "mine"


def test_a_rotated_password_is_no_new_release_and_any_other_value_is() -> None:
    def identity(**values: Any) -> Any:
        return settings.identity_of(read(mode="helm", chart={"chart_files": FILES, "values": values}))

    assert identity(password="one", replicas=1) == identity(password="two", replicas=1)
    assert identity(password="one", replicas=1) != identity(password="one", replicas=2)
    assert settings.identity_of(read()) is None


def test_the_revision_of_an_application_is_the_version_unless_it_has_its_own() -> None:
    found = read(mode="argocd", argocd={"application": "shop"}, version="v1")
    assert isinstance(found, Application)
    assert (found.revision, found.namespace, found.source) == ("v1", "argocd", None)
    own = read(mode="argocd", argocd={"application": "shop", "revision": "main"}, version="v1")
    assert isinstance(own, Application)
    assert own.revision == "main"


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "a chart without its exact version": (
        {"mode": "helm", "chart": {"chart": "shop", "repository": "https://charts.example.com", "version": "1.x"}},
        "chart.version is '1.x'; a chart from a repository needs an exact version",
    ),
    "a chart that is not there": ({"mode": "helm", "chart": {"chart": "./nothing"}}, "chart.chart is './nothing', which is not a folder"),
    "an Application beside mode apply": ({"argocd": {"application": "shop"}}, "argocd is given, and mode is apply: set mode to argocd"),
    "a canary of a chart": ({"mode": "helm", "strategy": "canary", "chart": {"chart": "shop"}}, "strategy canary needs mode apply"),
    "a source that is no number": ({"mode": "argocd", "argocd": {"application": "shop", "source": "main"}}, "argocd: argument 'source'"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused(name: str) -> None:
    given, expected = REFUSED[name]
    found, problems = settings.read({**WHERE, **given})
    assert found is None
    assert expected in "; ".join(problems)


def test_going_back_needs_no_chart_and_no_revision() -> None:
    """The record says which they were."""
    chart, problems = settings.for_way_back({**WHERE, "mode": "helm", "chart": {}})
    assert (isinstance(chart, Chart), problems) == (True, [])
    application, problems = settings.for_way_back({**WHERE, "mode": "argocd", "argocd": {"application": "shop"}})
    assert (isinstance(application, Application), problems) == (True, [])
    assert settings.for_way_back({**WHERE, "mode": "argocd"})[1] != []


def test_a_release_of_another_mode_is_not_restored() -> None:
    assert way_back.other_mode(Release("1", mode="helm"), "helm") == ""
    assert "deployed in mode helm, and mode is apply" in way_back.other_mode(Release("1", mode="helm"), "apply")


def test_what_runs_is_verified_and_recorded() -> None:
    chart = [deployment(), named("Service"), named("ConfigMap"), {**deployment("worker"), "metadata": {"name": "worker"}}]
    found = running.verified_in(chart, "web")
    assert [(one["kind"], one["namespace"], one["name"]) for one in found] == [
        ("Deployment", "shop", "api"),
        ("Service", "shop", "api"),
        ("Deployment", "web", "worker"),
    ]
    kept = running.workloads_in(found)
    assert [one["name"] for one in kept] == ["api", "worker"]
    assert Release("1", mode="helm", progress={"revision": 4, "workloads": kept}).workloads == kept


def test_the_plan_for_a_cluster_that_does_not_exist_shows_the_chart_and_no_secret() -> None:
    found = read(mode="helm", chart={"chart_files": FILES, "values": {"replicas": 2, "password": "s3cret-one"}})
    assert isinstance(found, Chart)
    (action,) = HelmMode(found, None).on_nothing(Marks("prod", "web_shop"), Hiding())  # type: ignore[arg-type]
    assert (action.verb, action.address) == ("create", "helm_release.shop/web-shop")
    shown = {one.property: one.after for one in action.changes}
    assert (shown["chart"], shown["version"], shown["values"]["replicas"]) == ("shop", "1.4.2", 2)
    assert "s3cret-one" not in str(action)
    application = read(mode="argocd", argocd={"application": "shop"}, version="v1")
    assert isinstance(application, Application)
    (action,) = ArgoMode(application).on_nothing(Marks("prod", "web_shop"), Hiding())
    assert (action.address, action.changes[0].after) == ("argocd_application.argocd/shop", "v1")


def test_objects_of_helm_are_not_pruned() -> None:
    assert is_of_helm({"metadata": {"annotations": {"meta.helm.sh/release-name": "shop"}}})
    assert not is_of_helm({"metadata": {"annotations": {"other": "shop"}}})


def test_secrets_of_a_chart_are_masked() -> None:
    params = {"chart": {"values": {"database": {"password": "s3cret-one", "host": "db"}, "license": "s3cret-two"}}}
    assert secrecy.secrets_of_chart(params) == ["s3cret-one"]
    assert secrecy.secrets_of_chart({**params, "sensitive": ["license"]}) == ["s3cret-one", "s3cret-two"]
    assert secrecy.secrets_of_chart({"chart": {"values": "no mapping"}}) == []

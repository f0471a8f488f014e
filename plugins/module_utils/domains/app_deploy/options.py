# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The options of the modules that deploy an application, from the variables of its role. Pure functions, except for the time of day."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...application.build import built
from ...application.settings.facts import Cluster, Facts
from ...cluster_objects.manifest import read
from ...deployment.modes import settings as modes
from ...deployment.record import APPLY
from ...deployment.strategies import settings as strategies
from ...deployment.verification import options_of
from . import window
from .surroundings import (
    Surroundings,
    cluster_facts,
    databases_of,
    identifier_of,
    needs_outputs,
    registry_of,
    repository_uris,
    resolved,
    web_acl_arn,
    with_images,
)

PREFIX = "app_deploy_"
"""Of the variables, in messages."""
MODE = ("mode", "chart", "argocd")
"""The options that say who applies what runs."""
NEEDS = ("cluster", "namespace", "version", "objects", "migration", "databases", "node_architectures", "hold", *MODE)
"""The options of app_release_needs_info among them."""
ONLY_NEEDED = ("databases", "node_architectures")
"""The options that app_release does not have."""
FOR_MANIFESTS = ("manifest_images", "other_namespaces", "cluster_scoped")
"""Settings that concern plain manifests alone."""
SURROUNDING = (
    *("clusters", "zones", "databases", "repositories", "web_acls"),
    *("cluster_outputs", "zone_outputs", "database_outputs", "web_acl_outputs"),
)

Options = dict[str, Any]


def surroundings(given: Mapping[str, Any], around: Mapping[str, Any]) -> Surroundings:
    return Surroundings(
        environment=str(given.get("environment") or ""),
        region=str(given.get("region") or ""),
        account_id=str(given.get("account_id") or ""),
        registry_component=str(around.get("registry_component") or ""),
        **{name: around.get(name) or {} for name in SURROUNDING},
    )


def lookups(given: Mapping[str, Any], around: Mapping[str, Any]) -> list[str]:
    """The roles whose outputs the settings need and nothing has published yet."""
    described = "" if given.get("eks_cluster") else str(given.get("cluster") or "")
    wanted = needs_outputs(given["application"], described)
    published = {"eks": "cluster_outputs", "dns": "zone_outputs", "rds": "database_outputs", "s3_cdn": "web_acl_outputs"}
    return [role for role, outputs in published.items() if wanted[role] and not around.get(outputs)]


def cluster(given: Mapping[str, Any], around: Mapping[str, Any]) -> Options:
    """What is known of the application's cluster: see cluster_facts."""
    theirs = str(given.get("eks_cluster") or "")
    name = str(given["component"])
    return cluster_facts(str(given["cluster"]), theirs, str(given["namespace"]), labels_of(name), surroundings(given, around))


def web_acl(given: Mapping[str, Any], around: Mapping[str, Any]) -> str:
    """The ARN of the web ACL that the load balancer gets; empty if none is named."""
    ingress = given["application"].get("ingress") or {}
    return web_acl_arn(ingress.get("web_acl"), surroundings(given, around))


def release(given: Mapping[str, Any], around_given: Mapping[str, Any], images: Mapping[str, str]) -> tuple[Options, list[str]]:
    """The options of app_release and of app_release_needs_info together, and every problem with the settings.

    ``given``: the settings, as the role collects them. ``images``: what runs, by reference; references stay where there is none.
    """
    given = {name: _data(value) for name, value in given.items()}
    around = surroundings(given, around_given)
    described = "" if given.get("eks_cluster") else str(given["cluster"])
    name, namespace = str(given["component"]), str(given["namespace"])
    facts_of_cluster = cluster(given, around_given)
    described_settings = {key: value for key, value in given["application"].items() if value is False or value}
    if not described_settings.get("manifests"):
        described_settings = {key: value for key, value in described_settings.items() if key not in FOR_MANIFESTS}
    settings = with_images(resolved(described_settings, described, around), repository_uris(around))
    facts = Facts(
        name=name,
        namespace=namespace,
        version=str(given.get("version") or ""),
        environment=around.environment,
        registry=str(given.get("registry") or "") or registry_of(around.account_id, around.region),
        prefix=PREFIX,
        cluster=Cluster.of(facts_of_cluster),
        images=images,
    )
    found, problems = built(settings, facts)
    open_when, wrong = window.read(given.get("window"), f"{PREFIX}window")
    decision = window.decide(open_when, around.environment, str(given.get("break_glass") or ""))
    answer = found.answer()
    wrong += mode_problems(given)
    if not problems and not wrong:
        wrong += _strategy_problems(given, answer["objects"])
    return {
        "cluster": facts_of_cluster["name"],
        "namespace": namespace,
        "version": facts.version,
        "commit": str(given.get("commit") or ""),
        "objects": answer["objects"],
        "migration": answer["migration"],
        "images": dict(images),
        "verification": given.get("verification") or {},
        "strategy": given.get("strategy") or strategies.ROLLING,
        **{name: given.get(name) or {} for name in strategies.TRACKED},
        **mode(given),
        "keep": given.get("keep"),
        "hold": decision.hold,
        "notes": [*answer["notes"], *([decision.note] if decision.note else [])],
        "recorded": dict(decision.recorded or {}),
        "sensitive": [*answer["sensitive"], *(given.get("sensitive") or [])],
        "databases": databases_of(settings, around) or [identifier_of(one, around) for one in around.databases],
        "node_architectures": facts_of_cluster["node_architectures"],
    }, [*problems, *wrong]


def _data(value: Any) -> Any:
    """A value without Ansible's lazy containers: a deep copy of those copies their templar, which Ansible has deprecated."""
    if isinstance(value, Mapping):
        return {key: _data(inner) for key, inner in value.items()}
    return [_data(inner) for inner in value] if isinstance(value, list) else value


def mode(given: Mapping[str, Any]) -> Options:
    """The options that say who applies what runs."""
    return {"mode": given.get("mode") or APPLY, **{name: given.get(name) or {} for name in ("chart", "argocd")}}


def mode_problems(given: Mapping[str, Any]) -> list[str]:
    """What is wrong with the mode, and with the chart or the Application. ``given``: mode, chart, argocd, strategy, and version."""
    found = modes.problems_of(given)
    return [f"{PREFIX}{text}" if text.startswith(("chart", "argocd")) else f"{PREFIX}strategy: {text}" for text in found]


def _strategy_problems(given: Mapping[str, Any], manifests: list[Mapping[str, Any]]) -> list[str]:
    """Why the strategy does not fit what is deployed."""
    strategy = str(given.get("strategy") or strategies.ROLLING)
    objects, _problems = read(manifests, "")
    verification, problems = options_of(given.get("verification") or {}, str(given["namespace"]))
    if problems:
        return [f"{PREFIX}{text}" for text in problems]
    settings = given.get(strategy) or {} if strategy in strategies.TRACKED else {}
    return [with_prefix(strategy, text) for text in strategies.read(strategy, settings, objects, verification)[1]]


def with_prefix(strategy: str, text: str) -> str:
    """A sentence about the settings of a strategy that names the variable of the role."""
    return f"{PREFIX}{text}" if text.startswith((f"{strategy}.", f"{strategy}:")) else f"{PREFIX}strategy: {text}"


def labels_of(name: str) -> dict[str, str]:
    """The labels of an application's pods by which a Fargate profile may select them."""
    return {"app.kubernetes.io/instance": name, "app.kubernetes.io/part-of": name}


def needs_of(options: Options) -> Options:
    """The options of app_release_needs_info."""
    return {name: options[name] for name in NEEDS}


def release_of(options: Options) -> Options:
    """The options of app_release."""
    return {name: value for name, value in options.items() if name not in ONLY_NEEDED}

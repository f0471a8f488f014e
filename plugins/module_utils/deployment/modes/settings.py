# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The settings of the modes: who applies what runs, and one sentence for each problem. Pure functions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ...domains.cluster_content.releases.release import Chart as ReleaseChart
from ...domains.cluster_content.releases.release import WantedRelease
from ...domains.cluster_content.spec import release_of
from ..record import APPLY, ARGOCD, HELM
from ..strategies.settings import ROLLING, mode_problem
from ..verification import misfits
from .argo_cd import Application
from .helm_release import Chart

MODES = (APPLY, HELM, ARGOCD)
OF_CHART = ("release", "chart", "chart_files", "repository", "version", "values")
ARGOCD_SPEC: dict[str, Any] = {
    "application": {"type": "str", "required": True},
    "namespace": {"type": "str", "default": "argocd"},
    "revision": {"type": "str"},
    "source": {"type": "int"},
    "timeout": {"type": "float", "default": 600.0},
    "grace": {"type": "float", "default": 120.0},
    "prune": {"type": "bool", "default": True},
}
Other: TypeAlias = "Chart | Application | None"
"""What runs besides the objects; None in mode apply."""


def options() -> dict[str, Any]:
    """The options of the modules. ``chart`` is no_log because Ansible writes module options to the system log."""
    return {
        "mode": {"type": "str", "choices": list(MODES), "default": APPLY},
        "chart": {"type": "dict", "default": {}, "no_log": True},
        "argocd": {"type": "dict", "default": {}},
        "helm_binary": {"type": "str", "default": "helm"},
    }


def problems_of(params: Mapping[str, Any]) -> list[str]:
    """What is wrong with the options whatever the chart contains: see ``read``."""
    mode = str(params.get("mode") or APPLY)
    if problem := mode_problem(str(params.get("strategy") or ROLLING), mode):
        return [problem]
    given = params.get("chart") or {}
    if mode == HELM and not given:
        example = "{chart: shop, repository: https://charts.example.com, version: 1.4.2}"
        return [f"chart is missing: mode {HELM} needs one, such as {example}"]
    if mode == HELM:
        return [f"chart has no setting {name}; valid names are {', '.join(OF_CHART)}" for name in given if name not in OF_CHART]
    if mode == ARGOCD:
        checked = ArgumentSpecValidator(ARGOCD_SPEC).validate(dict(params.get("argocd") or {}))
        nothing = "argocd.revision is missing: give the commit, tag, or branch to deploy. It defaults to the version"
        named = (params.get("argocd") or {}).get("revision") or params.get("version")
        return misfits(checked, "argocd") or ([] if named else [nothing])
    return [
        f"{name} is given, and mode is {APPLY}: set mode to {other}, or remove {name}"
        for name, other in (("chart", HELM), ("argocd", ARGOCD))
        if params.get(name)
    ]


def read(params: Mapping[str, Any]) -> tuple[Other, list[str]]:
    """What a release consists of in its mode, from options of a module.

    ``params``: mode, strategy, chart, argocd, helm_binary, component, namespace, version, and keep; those that do not matter may be absent.
    """
    if problems := problems_of(params):
        return None, problems
    if params.get("mode") == HELM:
        return _chart(params)
    return (_application(params), []) if params.get("mode") == ARGOCD else (None, [])


def identity_of(other: Other) -> dict[str, Any] | None:
    """What makes a release of this mode another one, for ``release_id``."""
    return None if other is None else other.identity


def for_way_back(params: Mapping[str, Any]) -> tuple[Other, list[str]]:
    """As ``read``, for going back: which chart and which revision it was, the record says."""
    if params.get("mode") == HELM:
        namespace, called = str(params["namespace"]), _called(params)
        wanted = WantedRelease(called, f"{namespace}/{called}", namespace, ReleaseChart("", ""))
        return Chart(wanted, str(params.get("helm_binary") or "helm"), int(params.get("keep") or 10)), []
    if params.get("mode") == ARGOCD:
        recorded = {**params, "version": "recorded"}
        return (None, wrong) if (wrong := problems_of(recorded)) else (_application(recorded), [])
    return None, []


def _called(params: Mapping[str, Any]) -> str:
    """The name of the Helm release: by default, the component's."""
    return str((params.get("chart") or {}).get("release") or str(params["component"]).replace("_", "-"))


def _chart(params: Mapping[str, Any]) -> tuple[Chart | None, list[str]]:
    given = {name: value for name, value in params["chart"].items() if name != "release"}
    wanted, problems = release_of(_called(params), {**given, "namespace": params["namespace"]}, "chart", str(params["namespace"]))
    if wanted is None or problems:
        return None, problems
    return Chart(wanted, str(params.get("helm_binary") or "helm"), int(params.get("keep") or 10)), []


def _application(params: Mapping[str, Any]) -> Application:
    found = ArgumentSpecValidator(ARGOCD_SPEC).validate(dict(params["argocd"])).validated_parameters
    return Application(
        found["application"],
        str(found["revision"] or params.get("version")),
        found["namespace"],
        found["source"],
        found["timeout"],
        found["grace"],
        prune=found["prune"],
    )

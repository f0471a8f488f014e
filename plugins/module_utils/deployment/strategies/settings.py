# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The settings of the strategies, and one sentence for each reason why an application cannot be deployed by one. Pure functions."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ...application.objects.ingress import CLASS
from ...cluster_objects.manifest import Wanted
from ...rollout.options import BAKE, METRIC, PROBE, plan_of
from .. import target_groups
from ..verification import misfits
from . import routes, tracks

ROLLING, CANARY, BLUE_GREEN = "rolling", "canary", "blue_green"
TRACKED = (CANARY, BLUE_GREEN)
APPLY = "apply"

SECONDS: dict[str, Any] = {"type": "float"}
LISTS: dict[str, Any] = {
    "services": {"type": "list", "elements": "str", "default": []},
    "probes": {"type": "list", "elements": "dict", "options": PROBE},
    "metrics": {"type": "list", "elements": "dict", "options": METRIC, "default": []},
    "register": {**SECONDS, "default": 30.0},
}
STEP: dict[str, Any] = {
    "weight": {"type": "int"},
    "replicas": {"type": "int"},
    "bake": SECONDS,
    "metrics": {"type": "list", "elements": "dict", "options": METRIC},
}
CANARY_SPEC: dict[str, Any] = {
    **LISTS,
    "steps": {"type": "list", "elements": "dict", "options": STEP, "default": []},
    "bake": {**SECONDS, "default": 300.0},
    "drain": {**SECONDS, "default": 30.0},
}
BLUE_GREEN_SPEC: dict[str, Any] = {**LISTS, "keep": SECONDS, "bake": {"type": "dict", "options": BAKE, "apply_defaults": True}}
DEFAULT_KEEP = 300.0
"""Seconds that the old color is kept if no cookies lead to it: time to notice what verification did not see."""


@dataclass(frozen=True)
class Step:
    """Exactly one of ``weight`` (percent of requests) and ``replicas`` is set; with ``weight``, ``replicas`` may give the track's size.

    ``options``: what the step is judged by, as options of the verifier.
    """

    weight: int | None
    replicas: int | None
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def called(self) -> str:
        return f"{self.weight}% of requests" if self.weight is not None else f"{self.replicas} pods"

    def size(self, stable: int) -> int:
        """The number of pods, for a first track of this many: the share of the weight, rounded up, and at least one."""
        if self.replicas is not None:
            return self.replicas
        return max(1, -(-stable * (self.weight or 0) // 100))


@dataclass(frozen=True)
class Canary:
    """``services``: the Deployments with a canary. ``register``: seconds to wait for targets that no readiness gate reports.

    ``first``: what the canary is judged by before it gets a share of the requests. ``drain``: seconds between the last request that may
    go to the canary and its end.
    """

    steps: tuple[Step, ...]
    services: tuple[str, ...]
    first: Mapping[str, Any] = field(default_factory=dict)
    register: float = 30.0
    drain: float = 30.0

    @property
    def by_weight(self) -> bool:
        return self.steps[0].weight is not None


@dataclass(frozen=True)
class BlueGreen:
    """``first``: what the second color is judged by before the switch; ``after``: and both after it. ``keep``: seconds for the old one."""

    services: tuple[str, ...]
    first: Mapping[str, Any] = field(default_factory=dict)
    after: Mapping[str, Any] = field(default_factory=dict)
    register: float = 30.0
    keep: float = DEFAULT_KEEP
    sticky: bool = False


def mode_problem(strategy: str, mode: str) -> str:
    """Why a strategy does not go with a mode; empty if it does."""
    if strategy in TRACKED and mode != APPLY:
        return (
            f"strategy {strategy} needs mode {APPLY}, and mode is {mode}: there, {'the chart' if mode == 'helm' else 'Argo CD'} owns the "
            "objects, of which a second track would have to be made. Use strategy rolling"
        )
    return ""


def read(strategy: str, given: Mapping[str, Any], objects: Sequence[Wanted], verification: Mapping[str, Any]) -> tuple[Any, list[str]]:
    """The settings of a strategy (Canary, BlueGreen, or None), and one sentence for each problem.

    ``given``: the settings as the user gave them. ``objects``: those of the release. ``verification``: complete options of the verifier.
    """
    params, problems = own(strategy, given)
    if problems or strategy not in TRACKED:
        return None, problems
    if strategy == CANARY:
        return _canary(params, objects, verification)
    return _blue_green(params, objects, verification)


def own(strategy: str, given: Mapping[str, Any]) -> tuple[Mapping[str, Any], list[str]]:
    """The settings with their defaults, and the problems that they have whatever is deployed."""
    if strategy not in TRACKED:
        return {}, [f"{strategy}: it has no settings; remove them"] if given else []
    checked = ArgumentSpecValidator(CANARY_SPEC if strategy == CANARY else BLUE_GREEN_SPEC).validate(dict(given))
    if problems := misfits(checked, strategy):
        return {}, problems
    params = checked.validated_parameters
    if strategy == CANARY:
        return params, _steps_wrong(params["steps"], bool(params["metrics"]))
    if params["keep"] is not None and params["keep"] < 0:
        return params, [f"blue_green.keep is {params['keep']:g}; it is a number of seconds, and cannot be negative"]
    return params, []


def _canary(params: Mapping[str, Any], objects: Sequence[Wanted], verification: Mapping[str, Any]) -> tuple[Canary | None, list[str]]:
    by_weight = params["steps"][0]["weight"] is not None
    services, problems = _services(CANARY, params, objects, behind_ingress=by_weight)
    steps = []
    for number, one in enumerate(params["steps"]):
        bake = params["bake"] if one["bake"] is None else one["bake"]
        metrics = params["metrics"] if one["metrics"] is None else one["metrics"]
        options = judging(verification, params["probes"], metrics, {"duration": bake})
        problems += [f"canary.steps[{number}]: {text}" for text in verifier_problems(options)]
        steps.append(Step(one["weight"], one["replicas"], options))
        if not by_weight and target_groups.uses_placeholders(metrics):
            problems.append(f"canary.steps[{number}]: a canary by replicas has no target group of its own; remove {target_groups.GROUP}")
    first = judging(verification, params["probes"], (), {})
    found = Canary(tuple(steps), services, first, params["register"], params["drain"])
    return (None if problems else found), problems


def _steps_wrong(steps: Sequence[Mapping[str, Any]], metrics: bool) -> list[str]:
    if not steps:
        return ["canary.steps is missing: give at least one step with its share, such as {weight: 10, bake: 300}"]
    problems = []
    for number, one in enumerate(steps):
        where = f"canary.steps[{number}]"
        if one["weight"] is None and one["replicas"] is None:
            problems.append(f"{where} has no share: give weight, the percentage of requests, or replicas, a number of pods")
        if one["weight"] is not None and not 1 <= one["weight"] <= 100:
            problems.append(f"{where}.weight is {one['weight']}; it must be a percentage from 1 to 100")
        if one["replicas"] is not None and one["replicas"] < 1:
            problems.append(f"{where}.replicas is {one['replicas']}; it must be at least 1")
        if not (metrics if one["metrics"] is None else one["metrics"]):
            problems.append(
                f"{where} has no metrics: without them nothing says whether the canary serves users as well as the stable track"
            )
    if len({one["weight"] is None for one in steps}) > 1:
        problems.append("canary.steps: some have a weight and some do not; divide requests either by weight or by replicas")
    shares = [one["weight"] if one["weight"] is not None else one["replicas"] for one in steps]
    if not problems and shares != sorted(set(shares)):
        problems.append(f"canary.steps have the shares {', '.join(map(str, shares))}; each must be greater than the one before")
    return problems


def _blue_green(
    params: Mapping[str, Any], objects: Sequence[Wanted], verification: Mapping[str, Any]
) -> tuple[BlueGreen | None, list[str]]:
    services, problems = _services(BLUE_GREEN, params, objects, behind_ingress=True)
    ingresses = [one.manifest for one in objects if one.kind == "Ingress"]
    cookies = max((routes.stickiness_of(one) for one in ingresses), default=0)
    keep = params["keep"]
    after = judging(verification, params["probes"], params["metrics"], params["bake"])
    problems += [f"blue_green: {text}" for text in verifier_problems(after)]
    found = BlueGreen(
        services,
        first=judging(verification, params["probes"], (), {}),
        after=after,
        register=params["register"],
        keep=float(cookies or DEFAULT_KEEP) if keep is None else keep,
        sticky=bool(cookies),
    )
    return (None if problems else found), problems


def _services(
    strategy: str, params: Mapping[str, Any], objects: Sequence[Wanted], *, behind_ingress: bool
) -> tuple[tuple[str, ...], list[str]]:
    """The Deployments that get a second track, and what keeps them from having one."""
    manifests = [one.manifest for one in objects]
    ingresses = [one for one in manifests if one["kind"] == "Ingress"]
    deployments = tracks.named(manifests, "Deployment")
    if behind_ingress and not ingresses:
        instead = "; or give its steps replicas instead of weights" if strategy == CANARY else ""
        return (), [
            f"strategy {strategy} divides requests by the weights of an Ingress, and the application has none: give it one{instead}"
        ]
    foreign = [one["metadata"]["name"] for one in ingresses if not routes.is_of_load_balancers(one)]
    if behind_ingress and foreign:
        return (), [
            f"Ingress {_list(foreign)} is not of class {CLASS}: strategy {strategy} sets weights by annotations of the AWS Load "
            "Balancer Controller, which others ignore"
        ]
    behind = routes.services_of(ingresses)
    fronts = {name: tracks.service_of(one, manifests, behind) for name, one in deployments.items()}
    possible = [name for name in deployments if not behind_ingress or fronts[name] in behind]
    problems = [
        f"{strategy}.services names {name!r}; it must be a Deployment{' behind the Ingress' if behind_ingress else ''}: {_list(possible)}"
        for name in params["services"]
        if name not in possible
    ]
    chosen = [name for name in possible if not params["services"] or name in params["services"]]
    if not chosen and not problems:
        actions = [name for one in ingresses for name in routes.own_actions(one)]
        own = f"; its rules lead to actions of its own ({_list(actions)}), which cannot be divided" if actions else ""
        problems.append(f"strategy {strategy} finds no Deployment{' behind the Ingress' if behind_ingress else ''} in the application{own}")
    for name in chosen:
        problems += _track_problems(deployments[name], manifests, strategy)
    return tuple(chosen), problems


def _track_problems(deployment: Mapping[str, Any], manifests: Sequence[Mapping[str, Any]], strategy: str) -> list[str]:
    name = deployment["metadata"]["name"]
    kind = ((deployment.get("spec") or {}).get("strategy") or {}).get("type")
    if kind == "Recreate":
        return [f"Deployment {name} has the update strategy Recreate: its pods cannot run beside those of another version"]
    try:
        tracks.twins(deployment, manifests, strategy.replace("_", "-"))
    except tracks.NoTrack as problem:
        return [f"strategy {strategy}: {problem}"]
    return []


def judging(
    verification: Mapping[str, Any],
    probes: Sequence[Mapping[str, Any]] | None,
    metrics: Sequence[Mapping[str, Any]],
    bake: Mapping[str, float],
) -> dict[str, Any]:
    """Options of the verifier for a track: its own probes, or else the release's URLs, and its own metrics."""
    own = [dict(one) for one in (verification.get("probes") or () if probes is None else probes) if one.get("url")]
    spans = {**dict.fromkeys(BAKE, 0.0), **{name: value for name, value in bake.items() if value is not None}}
    return {**verification, "workloads": [], "allow_zero": [], "deadline": None, "probes": own, "metrics": list(metrics), "bake": spans}


def with_header(options: Mapping[str, Any], value: str) -> dict[str, Any]:
    """The options with probes that reach the new track whatever the weights are."""
    probes = [{**one, "headers": {**(one.get("headers") or {}), routes.HEADER: value}} for one in options["probes"]]
    return {**options, "probes": probes}


def verifier_problems(options: Mapping[str, Any]) -> list[str]:
    """What the verifier would say about options, whatever it verifies."""
    named = {"kind": "Deployment", "name": "any", "namespace": None, "allow_zero": False, "api_version": None}
    return plan_of({**options, "applied": None, "workloads": [named]}, check_mode=False)[1]


def _list(names: Collection[str]) -> str:
    return ", ".join(dict.fromkeys(names)) or "there is none"

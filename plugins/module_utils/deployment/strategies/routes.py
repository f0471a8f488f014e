# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""An Ingress that divides requests between tracks by weights, and what a live one says about them. Pure functions.

The weights are those of the target groups of a forward action. A Service's selector is never switched: the load balancer controller would
deregister all old pods before the new ones are healthy (aws-load-balancer-controller#3621).
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...application.objects.ingress import CLASS, USE_ANNOTATION, weighted
from ...application.settings.load_balancers import ANNOTATIONS

Manifest = dict[str, Any]
Weights = Mapping[str, int]
"""Weights by Service, in the order of the action."""

HEADER = "X-Mainstay-Track"
"""A request with this header, and the release's id as its value, reaches the new track whatever the weights are."""


PREVIEW = "-preview"


@dataclass(frozen=True)
class Preview:
    """``services``: the Service of the new track by that of the Ingress's rules. ``value``: of the header that leads there."""

    services: Mapping[str, str]
    value: str


def is_of_load_balancers(ingress: Mapping[str, Any]) -> bool:
    """Whether the AWS Load Balancer Controller serves the Ingress: by its usual class, or, with another, by its annotations."""
    annotations = ingress["metadata"].get("annotations") or {}
    classes = (ingress["spec"].get("ingressClassName"), annotations.get("kubernetes.io/ingress.class"))
    return CLASS in classes or any(name.startswith(ANNOTATIONS) for name in annotations)


def paths_of(ingress: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for rule in (ingress.get("spec") or {}).get("rules") or ():
        yield from (rule.get("http") or {}).get("paths") or ()


def backend_of(path: Mapping[str, Any]) -> str:
    return str(((path.get("backend") or {}).get("service") or {}).get("name", ""))


def _port_of(path: Mapping[str, Any]) -> str | int:
    port = ((path.get("backend") or {}).get("service") or {}).get("port") or {}
    return port.get("name") or port.get("number") or "http"


def services_of(ingresses: Iterable[Mapping[str, Any]]) -> list[str]:
    """The Services that rules lead to, in their order. Actions in annotations are left out."""
    return list(dict.fromkeys(backend_of(path) for one in ingresses for path in paths_of(one) if _port_of(path) != USE_ANNOTATION))


def own_actions(ingress: Mapping[str, Any]) -> list[str]:
    """The actions of the Ingress itself, which a strategy cannot divide."""
    return [backend_of(path) for path in paths_of(ingress) if _port_of(path) == USE_ANNOTATION]


def action_of(service: str) -> str:
    """The name of the action that divides the requests for a Service."""
    return f"{service}-weights"


def routed(ingress: Mapping[str, Any], weights: Mapping[str, Weights], preview: Preview | None = None) -> Manifest:
    """The Ingress with the requests for some Services divided. ``weights``: by Service of its rules.

    With ``preview``, a rule before each divided one leads requests with the header to the new track. The load balancer has the rules of one
    path in the order in which the Ingress has them.
    """
    found = copy.deepcopy(dict(ingress))
    annotations = dict(found["metadata"].get("annotations") or {})
    stickiness = stickiness_of(ingress)
    for rule in found["spec"].get("rules") or ():
        if rule.get("http"):
            paths: list[Manifest] = []
            for path in rule["http"].get("paths") or ():
                paths += _divided(path, weights, preview, stickiness, annotations)
            rule["http"]["paths"] = paths
    found["metadata"]["annotations"] = annotations
    return found


def plain(ingress: Mapping[str, Any]) -> Manifest:
    """The Ingress as it was before its requests were divided: the inverse of ``routed``."""
    found = copy.deepcopy(dict(ingress))
    annotations = dict(found["metadata"].get("annotations") or {})
    for rule in found["spec"].get("rules") or ():
        if rule.get("http"):
            rule["http"]["paths"] = [_whole(path, annotations) for path in rule["http"].get("paths") or () if not _is_preview(path)]
    ours = [name for name in annotations if name.startswith(f"{ANNOTATIONS}actions.") and name.endswith((action_of(""), PREVIEW))]
    ours += [name for name in annotations if name.startswith(f"{ANNOTATIONS}conditions.") and name.endswith(PREVIEW)]
    found["metadata"]["annotations"] = {name: value for name, value in annotations.items() if name not in ours}
    return found


def _is_preview(path: Mapping[str, Any]) -> bool:
    return _port_of(path) == USE_ANNOTATION and backend_of(path).endswith(PREVIEW)


def _whole(path: Manifest, annotations: Mapping[str, str]) -> Manifest:
    name = backend_of(path)
    groups = _groups_in(annotations.get(f"{ANNOTATIONS}actions.{name}"))
    if _port_of(path) != USE_ANNOTATION or not name.endswith(action_of("")) or not groups:
        return path
    port = str(groups[0].get("servicePort", "http"))
    reference = {"number": int(port)} if port.isdigit() else {"name": port}
    return {**path, "backend": {"service": {"name": name.removesuffix(action_of("")), "port": reference}}}


def _divided(
    path: Manifest, weights: Mapping[str, Weights], preview: Preview | None, stickiness: int, annotations: dict[str, str]
) -> list[Manifest]:
    service, port = backend_of(path), _port_of(path)
    if service not in weights or port == USE_ANNOTATION:
        return [path]
    found = []
    if preview is not None and service in preview.services:
        name = f"{service}{PREVIEW}"
        action, backend = weighted(name, {preview.services[service]: 1}, 0, port)
        condition = [{"field": "http-header", "httpHeaderConfig": {"httpHeaderName": HEADER, "values": [preview.value]}}]
        annotations |= {**action, f"{ANNOTATIONS}conditions.{name}": json.dumps(condition, separators=(",", ":"))}
        found.append({**path, "backend": backend})
    action, backend = weighted(action_of(service), weights[service], stickiness, port)
    annotations |= action
    return [*found, {**path, "backend": backend}]


def stickiness_of(ingress: Mapping[str, Any]) -> int:
    """Seconds that cookies of its target groups live; 0 without stickiness. The rule's stickiness has to be the same."""
    pairs = dict(
        pair.split("=", 1)
        for pair in str((ingress["metadata"].get("annotations") or {}).get(f"{ANNOTATIONS}target-group-attributes") or "").split(",")
        if "=" in pair
    )
    found = {key.strip(): value.strip() for key, value in pairs.items()}
    if found.get("stickiness.enabled") != "true":
        return 0
    kind = found.get("stickiness.type", "lb_cookie")
    return int(found.get(f"stickiness.{kind}.duration_seconds") or 86400)  # the default of a target group


def live_weights(ingress: Mapping[str, Any] | None) -> dict[str, dict[str, int]]:
    """The weights of a live Ingress, by the Service whose requests it divides. A Service of a plain rule has all of them."""
    found: dict[str, dict[str, int]] = {}
    if ingress is None:
        return found
    annotations = ingress["metadata"].get("annotations") or {}
    for path in paths_of(ingress):
        service = backend_of(path)
        if _port_of(path) != USE_ANNOTATION:
            found.setdefault(service, {service: 1})
        elif service.endswith(action_of("")):
            found[service.removesuffix(action_of(""))] = _weights_in(annotations.get(f"{ANNOTATIONS}actions.{service}"))
    return found


def _groups_in(action: Any) -> Sequence[Mapping[str, Any]]:
    """The target groups of a forward action that name a Service; none if the text is no such action."""
    try:
        return [one for one in json.loads(action)["forwardConfig"]["targetGroups"] if one.get("serviceName")]
    except (AttributeError, KeyError, TypeError, ValueError):
        return []


def _weights_in(action: Any) -> dict[str, int]:
    return {str(one["serviceName"]): int(one.get("weight", 1)) for one in _groups_in(action)}


def shares(stable: str, new: str, percent: int) -> dict[str, int]:
    """The weights that give the new track a share in percent."""
    return {stable: 100 - percent, new: percent}

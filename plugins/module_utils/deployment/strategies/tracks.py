# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A second track of a release's workloads, beside the first: its objects, made from those of the release. Pure functions.

A track has labels of its own, so nothing that selects the pods of the first one (Service, autoscaler, disruption budget, the Deployment
itself) selects its pods. That matters most for autoscalers: one whose selector covers both tracks averages over both, so that an overloaded
second track stays hidden (argo-rollouts#4347), and two autoscalers that select the same pod stop scaling (condition AmbiguousSelector).
"""

from __future__ import annotations

import copy
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from ...cluster_objects.manifest import DOMAIN

Manifest = dict[str, Any]
TRACK = f"{DOMAIN}/track"
LONGEST_NAME = 63
NAME_LABELS = ("app.kubernetes.io/name", "app", "k8s-app", "name")
"""Labels that usually tell the pods of one workload from those of another."""

ASSIGNED = ("clusterIP", "clusterIPs", "healthCheckNodePort", "loadBalancerIP")
"""Fields of a Service that only one Service can have."""


class NoTrack(Exception):
    """A workload cannot have a second track. Its text is suitable for users."""


def called(name: str, track: str) -> str:
    """The name of an object's twin, such as api-canary. Raises NoTrack if it is too long."""
    found = f"{name}-{track}"
    if len(found) > LONGEST_NAME:
        raise NoTrack(
            f"{found} would be the name of an object, but has {len(found)} characters; the limit is {LONGEST_NAME}: shorten {name}"
        )
    return found


def named(objects: Iterable[Mapping[str, Any]], kind: str) -> dict[str, Mapping[str, Any]]:
    """The objects of a kind, by name."""
    return {str(one["metadata"]["name"]): one for one in objects if one.get("kind") == kind}


def labels_of(deployment: Mapping[str, Any]) -> Mapping[str, str]:
    """The labels of its pods."""
    return ((deployment.get("spec") or {}).get("template") or {}).get("metadata", {}).get("labels") or {}


def selector_of(deployment: Mapping[str, Any]) -> Mapping[str, str]:
    return ((deployment.get("spec") or {}).get("selector") or {}).get("matchLabels") or {}


def key_of(deployment: Mapping[str, Any]) -> str:
    """The label whose value tells the tracks apart. Raises NoTrack if the selector has no plain label."""
    selector = selector_of(deployment)
    if not selector or (deployment["spec"].get("selector") or {}).get("matchExpressions"):
        raise NoTrack(f"Deployment {deployment['metadata']['name']} must select its pods by matchLabels alone")
    return next((key for key in NAME_LABELS if key in selector), min(selector))


def selects(selector: Mapping[str, Any] | None, labels: Mapping[str, str]) -> bool:
    """Whether a selector of labels, which is not empty, matches."""
    return bool(selector) and all(labels.get(key) == value for key, value in (selector or {}).items())


def service_of(deployment: Mapping[str, Any], objects: Iterable[Mapping[str, Any]], names: Collection[str] = ()) -> str:
    """The Service in front of a Deployment's pods; empty if there is none. ``names``: the Services to prefer, such as an Ingress's."""
    found = [
        name for name, one in named(objects, "Service").items() if selects((one.get("spec") or {}).get("selector"), labels_of(deployment))
    ]
    return next((name for name in found if name in names), found[0] if found else "")


def twins(deployment: Mapping[str, Any], objects: Sequence[Mapping[str, Any]], track: str) -> list[Manifest]:
    """The Deployment of another track and what belongs to it: Services, autoscaler, disruption budgets, network policies.

    Raises NoTrack if a Service selects the Deployment's pods by labels that both tracks have.
    """
    key, labels = key_of(deployment), labels_of(deployment)
    new = {key: called(labels[key], track)[:LONGEST_NAME], TRACK: track}
    found = [_deployment(deployment, key, labels[key], new, track)]
    for one in objects:
        spec = one.get("spec") or {}
        if one.get("kind") == "Service" and selects(spec.get("selector"), labels):
            if key not in spec["selector"]:
                raise NoTrack(
                    f"Service {one['metadata']['name']} selects pods without the label {key}, so it would reach both tracks: add {key} to "
                    "its selector"
                )
            found.append(_service(one, new, track))
        elif one.get("kind") == "HorizontalPodAutoscaler" and is_scaled_by(deployment, one):
            twin = _renamed(one, track, new)
            twin["spec"]["scaleTargetRef"]["name"] = called(str(deployment["metadata"]["name"]), track)
            found.append(twin)
        elif one.get("kind") == "PodDisruptionBudget" and _chosen(spec.get("selector"), labels, key):
            found.append(_reselecting(one, "selector", key, labels[key], new, track))
        elif one.get("kind") == "NetworkPolicy" and _chosen(spec.get("podSelector"), labels, key):
            found.append(_reselecting(one, "podSelector", key, labels[key], new, track))
    return found


def sharing(deployment: Mapping[str, Any], track: str, replicas: int) -> Manifest:
    """A Deployment of another track behind the same Service, for a canary that gets its share of requests by the number of its pods.

    Its pods have the labels of the first track, and one more. It has a fixed size: an autoscaler of its own would select pods that the
    first one's selects too, and then neither scales.
    """
    name = called(str(deployment["metadata"]["name"]), track)
    found = copy.deepcopy(dict(deployment))
    found["metadata"] = {**found["metadata"], "name": name, "labels": {**(found["metadata"].get("labels") or {}), TRACK: track}}
    found["spec"]["selector"] = {"matchLabels": {**selector_of(deployment), TRACK: track}}
    found["spec"]["template"]["metadata"]["labels"] = {**labels_of(deployment), TRACK: track}
    return {**found, "spec": {**found["spec"], "replicas": replicas}}


def is_scaled_by(deployment: Mapping[str, Any], autoscaler: Mapping[str, Any]) -> bool:
    target = (autoscaler.get("spec") or {}).get("scaleTargetRef") or {}
    return target.get("kind") == "Deployment" and target.get("name") == deployment["metadata"]["name"]


def sized(objects: Iterable[Mapping[str, Any]], sizes: Mapping[str, int]) -> list[Manifest]:
    """The objects with the wanted number of pods by Deployment: as the minimum of its autoscaler if it has one, or as its replicas.

    An autoscaler's minimum is what keeps a track at its size while the requests move to another one (argo-rollouts#3372).
    """
    listed = list(objects)
    scaled = {str(one["spec"]["scaleTargetRef"]["name"]) for one in listed if one.get("kind") == "HorizontalPodAutoscaler"}
    found = []
    for one in listed:
        new, kind = copy.deepcopy(dict(one)), one.get("kind")
        if kind == "HorizontalPodAutoscaler" and (size := sizes.get(str(one["spec"]["scaleTargetRef"]["name"]))) is not None:
            low, high = int(one["spec"].get("minReplicas", 1)), int(one["spec"]["maxReplicas"])
            new["spec"] |= {"minReplicas": max(low, size), "maxReplicas": max(high, size)}
        elif kind == "Deployment" and one["metadata"]["name"] in sizes and one["metadata"]["name"] not in scaled:
            new["spec"]["replicas"] = sizes[one["metadata"]["name"]]
        found.append(new)
    return found


def least(objects: Iterable[Mapping[str, Any]], track: str, size: Mapping[str, int]) -> list[Manifest]:
    """The objects of a track with exactly these sizes: the autoscaler's minimum is that of the track, not that of the whole service."""
    found = sized(objects, {})
    for one in found:
        if one.get("kind") == "HorizontalPodAutoscaler":
            one["spec"]["minReplicas"] = 1
    return sized(found, {called(name, track): count for name, count in size.items()})


def _renamed(one: Mapping[str, Any], track: str, new: Mapping[str, str]) -> Manifest:
    found = copy.deepcopy(dict(one))
    labels = found["metadata"].get("labels") or {}
    changed = {key: value for key, value in new.items() if key in labels or key == TRACK}
    found["metadata"] = {**found["metadata"], "name": called(str(one["metadata"]["name"]), track), "labels": {**labels, **changed}}
    return found


def _deployment(one: Mapping[str, Any], key: str, old: str, new: Mapping[str, str], track: str) -> Manifest:
    found = _renamed(one, track, new)
    found["spec"]["selector"] = {"matchLabels": {**selector_of(one), **new}}
    template = found["spec"]["template"]
    template["metadata"]["labels"] = {**labels_of(one), **new}
    template["spec"] = _reselected(template.get("spec") or {}, key, old, new[key])
    return found


def _reselected(value: Any, key: str, old: str, new: str) -> Any:
    """A pod's spec whose own spread constraints and affinities are about the pods of its track."""
    if isinstance(value, Mapping):
        found = {name: _reselected(inner, key, old, new) for name, inner in value.items()}
        match = (found.get("labelSelector") or {}).get("matchLabels") if isinstance(found.get("labelSelector"), Mapping) else None
        if match and match.get(key) == old:
            match[key] = new
        return found
    return [_reselected(inner, key, old, new) for inner in value] if isinstance(value, list) else value


def _service(one: Mapping[str, Any], new: Mapping[str, str], track: str) -> Manifest:
    found = _renamed(one, track, new)
    spec = {key: value for key, value in found["spec"].items() if key not in ASSIGNED}
    spec["ports"] = [{key: value for key, value in port.items() if key != "nodePort"} for port in spec.get("ports") or ()]
    found["spec"] = {**spec, "selector": {**spec["selector"], **new}}
    return found


def _chosen(selector: Mapping[str, Any] | None, labels: Mapping[str, str], key: str) -> bool:
    """Whether a selector matches a track's pods by the label that the other track has differently."""
    match = (selector or {}).get("matchLabels") or {}
    return key in match and selects(match, labels)


def _reselecting(one: Mapping[str, Any], name: str, key: str, old: str, new: Mapping[str, str], track: str) -> Manifest:
    found = _renamed(one, track, new)
    found["spec"][name]["matchLabels"] = {**found["spec"][name]["matchLabels"], **new}
    return found

# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The replicas of workloads that an autoscaler owns. Pure functions.

A manifest leaves ``replicas`` out if an autoscaler owns them. But a field that we applied before and leave out now is removed, and the API
then sets it to 1 (kubernetes#25238). So as long as the field is still ours, the live number is sent with the apply, until the autoscaler
has changed it once and owns it. A new workload begins with the autoscaler's minimum.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ..kubernetes.objects import spec, wanted_replicas
from ..kubernetes.values import Obj
from .managers import Fields, owns_replicas

SCALED = ("Deployment", "StatefulSet")


def minimum(autoscalers: Iterable[Mapping[str, Any]], kind: str, namespace: str, name: str) -> int | None:
    """The minReplicas of the HorizontalPodAutoscaler among these manifests that scales a workload; None if there is none."""
    for one in autoscalers:
        target = spec(one).get("scaleTargetRef") or {}
        if (
            one.get("kind") == "HorizontalPodAutoscaler"
            and (target.get("kind"), target.get("name")) == (kind, name)
            and (one.get("metadata") or {}).get("namespace") == namespace
        ):
            return int(spec(one).get("minReplicas", 1))
    return None


def replicas_to_send(
    manifest: Mapping[str, Any], live: Obj | None, autoscalers: Iterable[Mapping[str, Any]], fields: Fields | None = None
) -> int | None:
    """The replicas to add to a manifest that has none; None if nothing is to be added.

    ``fields``: the fields that are ours once the object is taken over, if it is.
    """
    if manifest.get("kind") not in SCALED or spec(manifest).get("replicas") is not None:
        return None
    if live is not None:
        return wanted_replicas(live) if owns_replicas(live, fields) else None
    found = manifest["metadata"]
    return minimum(autoscalers, str(manifest["kind"]), str(found.get("namespace") or ""), str(found["name"]))


def with_replicas(manifest: Mapping[str, Any], replicas: int | None) -> dict[str, Any]:
    if replicas is None:
        return dict(manifest)
    return {**manifest, "spec": {**spec(manifest), "replicas": replicas}}


def without_replicas(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """A manifest as a rollback applies it: it does not change how many pods run."""
    if manifest.get("kind") not in SCALED:
        return dict(manifest)
    return {**manifest, "spec": {key: value for key, value in spec(manifest).items() if key != "replicas"}}

# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The pods that an object runs, and their images. Pure functions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ..kubernetes.objects import containers_of

PodSpec = Mapping[str, Any]


def template_of(manifest: Mapping[str, Any]) -> dict[str, Any] | None:
    """The pod template of an object: {"metadata", "spec"}; that of a Pod is the Pod itself. None if it runs none."""
    spec = manifest.get("spec") or {}
    if manifest.get("kind") == "Pod":
        return dict(manifest)
    if manifest.get("kind") == "CronJob":
        spec = (spec.get("jobTemplate") or {}).get("spec") or {}
    template = spec.get("template") if isinstance(spec, Mapping) else None
    inside = template.get("spec") if isinstance(template, Mapping) else None
    return dict(template) if isinstance(template, Mapping) and isinstance(inside, Mapping) and "containers" in inside else None


def pod_spec(manifest: Mapping[str, Any]) -> PodSpec | None:
    """The spec of the pods that an object runs; None if it runs none."""
    template = template_of(manifest)
    return None if template is None else dict(template.get("spec") or {})


def images_of(objects: Iterable[Mapping[str, Any]]) -> list[str]:
    """Every image, once."""
    specs = (pod_spec(one) for one in objects)
    return sorted({str(container["image"]) for spec in specs if spec for container in containers_of(spec) if container.get("image")})

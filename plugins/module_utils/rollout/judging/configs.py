# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Find configuration that changed without a rollout: pods read most of it only at start."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ...kubernetes.objects import containers_of, spec, template_of
from ...kubernetes.values import Obj, Start

REFERENCES = (("configMapRef", "ConfigMap"), ("configMapKeyRef", "ConfigMap"), ("secretRef", "Secret"), ("secretKeyRef", "Secret"))


def unrolled(start: Start, live: Obj) -> list[str]:
    """ConfigMaps and Secrets that the same apply changed and the pods use, although no pod was replaced."""
    inside = spec(template_of(live))
    used = {*_mounted(inside), *_in_environment(inside)}
    return [f"{kind} {called}" for kind, called in sorted(used & start.changed_configs)]


def _mounted(inside: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for volume in inside.get("volumes") or ():
        for source in (volume, *((volume.get("projected") or {}).get("sources") or ())):
            yield "ConfigMap", str((source.get("configMap") or {}).get("name"))
            secret = source.get("secret") or {}
            yield "Secret", str(secret.get("secretName") or secret.get("name"))


def _in_environment(inside: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for container in containers_of(inside):
        for source in [*(container.get("envFrom") or ()), *((one.get("valueFrom") or {}) for one in container.get("env") or ())]:
            for key, kind in REFERENCES:
                yield kind, str((source.get(key) or {}).get("name"))

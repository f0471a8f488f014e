# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What the objects of a release refer to: images, ConfigMaps, and Secrets. Pure functions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ..cluster_objects.pods import PodSpec, images_of, pod_spec
from ..kubernetes.objects import containers_of

__all__ = ["configs_of", "copies_in", "images_of", "pod_spec"]


def configs_of(objects: Iterable[Mapping[str, Any]]) -> set[tuple[str, str, str]]:
    """(kind, namespace, name) of every ConfigMap and Secret without which pods of these objects do not start.

    Optional ones are left out. A Secret that an Ingress names is a certificate, without which it does not answer.
    """
    found: set[tuple[str, str, str]] = set()
    for manifest in objects:
        namespace = str((manifest.get("metadata") or {}).get("namespace") or "")
        if spec := pod_spec(manifest):
            found |= {(kind, namespace, name) for kind, name in _configs(spec)}
        if manifest.get("kind") == "Ingress":
            tls = (manifest.get("spec") or {}).get("tls") or ()
            found |= {("Secret", namespace, str(one["secretName"])) for one in tls if one.get("secretName")}
    return found


def copies_in(objects: Iterable[Mapping[str, Any]]) -> set[tuple[str, str, str]]:
    """(kind, namespace, name) of the Secrets that the Secrets Store CSI driver makes when pods mount these objects."""
    found: set[tuple[str, str, str]] = set()
    for manifest in objects:
        if manifest.get("kind") == "SecretProviderClass":
            namespace = str((manifest.get("metadata") or {}).get("namespace") or "")
            copies = (manifest.get("spec") or {}).get("secretObjects") or ()
            found |= {("Secret", namespace, str(one["secretName"])) for one in copies if one.get("secretName")}
    return found


def _configs(spec: PodSpec) -> Iterator[tuple[str, str]]:
    for container in containers_of(spec):
        for source in container.get("envFrom") or ():
            yield from _named(source, "configMapRef", "secretRef", "name")
        for variable in container.get("env") or ():
            yield from _named(variable.get("valueFrom") or {}, "configMapKeyRef", "secretKeyRef", "name")
    for volume in spec.get("volumes") or ():
        yield from _named(volume, "configMap", "", "name")
        yield from _named(volume, "", "secret", "secretName")
        for source in (volume.get("projected") or {}).get("sources") or ():
            yield from _named(source, "configMap", "secret", "name")
    yield from (("Secret", str(one["name"])) for one in spec.get("imagePullSecrets") or () if one.get("name"))


def _named(source: Mapping[str, Any], config_map: str, secret: str, name: str) -> Iterator[tuple[str, str]]:
    for kind, key in (("ConfigMap", config_map), ("Secret", secret)):
        found = source.get(key) if key else None
        if isinstance(found, Mapping) and found.get(name) and not found.get("optional"):
            yield kind, str(found[name])

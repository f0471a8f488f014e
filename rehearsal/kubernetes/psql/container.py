"""What a container sees: its environment and the files that ConfigMaps and Secrets mount into it, and its command."""

from __future__ import annotations

import base64
import posixpath
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

VARIABLE = re.compile(r"\$\$|\$\(([A-Za-z_][A-Za-z0-9_.-]*)\)")
# Reads a ConfigMap or Secret: (plural, namespace, name) to its data as text; None if it does not exist.
Reader = Callable[[str, str, str], Mapping[str, str] | None]


class NotReady(Exception):
    """A kubelet would not start the container; the message is that of CreateContainerConfigError or of a failed mount."""


@dataclass(frozen=True)
class Inside:
    command: tuple[str, ...]
    environment: Mapping[str, str]
    files: Mapping[str, str]


def inside(pod: Mapping[str, Any], read: Reader) -> Inside:
    """Of the pod's first container. Raises NotReady."""
    namespace, spec = str(pod["metadata"]["namespace"]), pod["spec"]
    container = spec["containers"][0]
    environment = _environment(pod, container, read)
    words = [*(container.get("command") or []), *(container.get("args") or [])]
    return Inside(tuple(filled(str(word), environment) for word in words), environment, _files(spec, container, namespace, read))


def filled(text: str, environment: Mapping[str, str]) -> str:
    """$(NAME) becomes the variable's value; an unknown one stays, and $$ is a dollar sign."""
    return VARIABLE.sub(lambda match: "$" if match[0] == "$$" else environment.get(match[1], match[0]), text)


def _environment(pod: Mapping[str, Any], container: Mapping[str, Any], read: Reader) -> dict[str, str]:
    namespace, found = str(pod["metadata"]["namespace"]), {}
    for source in container.get("envFrom") or []:
        kind, reference = ("secrets", source["secretRef"]) if "secretRef" in source else ("configmaps", source.get("configMapRef") or {})
        data = _data(read, kind, namespace, reference)
        found.update({f"{source.get('prefix', '')}{key}": value for key, value in data.items()})
    for entry in container.get("env") or []:
        value = _value(pod, entry, read, namespace)
        if value is not None:
            found[str(entry["name"])] = filled(value, found)
    return found


def _value(pod: Mapping[str, Any], entry: Mapping[str, Any], read: Reader, namespace: str) -> str | None:
    source = entry.get("valueFrom")
    if not source:
        return str(entry.get("value") or "")
    for kind, name in (("secrets", "secretKeyRef"), ("configmaps", "configMapKeyRef")):
        if name in source:
            reference = source[name]
            data = _data(read, kind, namespace, reference)
            if reference["key"] in data:
                return str(data[reference["key"]])
            if reference.get("optional"):
                return None
            noun = "Secret" if kind == "secrets" else "ConfigMap"
            raise NotReady(f"couldn't find key {reference['key']} in {noun} {namespace}/{reference['name']}")
    path = (source.get("fieldRef") or {}).get("fieldPath", "")
    fields = {"metadata.name": pod["metadata"]["name"], "metadata.namespace": namespace, "metadata.uid": pod["metadata"]["uid"]}
    return str(fields.get(path, ""))


def _data(read: Reader, kind: str, namespace: str, reference: Mapping[str, Any]) -> Mapping[str, str]:
    data = read(kind, namespace, str(reference.get("name")))
    if data is None and not reference.get("optional"):
        noun = "secret" if kind == "secrets" else "configmap"
        raise NotReady(f'{noun} "{reference.get("name")}" not found')
    return data or {}


def _files(spec: Mapping[str, Any], container: Mapping[str, Any], namespace: str, read: Reader) -> dict[str, str]:
    volumes = {each["name"]: each for each in spec.get("volumes") or []}
    found = {}
    for mount in container.get("volumeMounts") or []:
        content = _of_volume(volumes.get(mount["name"]) or {}, namespace, read)
        if mount.get("subPath"):
            content = {"": content[mount["subPath"]]} if mount["subPath"] in content else {}
        for name, text in content.items():
            found[posixpath.normpath(posixpath.join(mount["mountPath"], name))] = text
    return found


def _of_volume(volume: Mapping[str, Any], namespace: str, read: Reader) -> dict[str, str]:
    found: dict[str, str] = {}
    for source in (volume.get("projected") or {}).get("sources") or [volume]:
        for kind, member, name in (("configmaps", "configMap", "name"), ("secrets", "secret", "secretName")):
            if reference := source.get(member):
                named = {**reference, "name": reference.get(name) or reference.get("name")}
                found.update(_selected(_data(read, kind, namespace, named), reference))
    return found


def _selected(data: Mapping[str, str], reference: Mapping[str, Any]) -> dict[str, str]:
    items = reference.get("items")
    if not items:
        return dict(data)
    missing = [each["key"] for each in items if each["key"] not in data]
    if missing and not reference.get("optional"):
        raise NotReady(f"references non-existent config key: {missing[0]}")
    return {str(each["path"]): data[each["key"]] for each in items if each["key"] in data}


def text_of(kind: str, found: Mapping[str, Any]) -> dict[str, str]:
    """The data of a ConfigMap or Secret as text."""
    data = found.get("data") or {}
    if kind == "secrets":
        return {key: base64.b64decode(value).decode(errors="replace") for key, value in data.items()}
    return dict(data)

"""Secrets that pods mount, as the Secrets Store CSI driver and its provider for AWS see them. Pure functions.

The rules and messages are those of the driver's and the provider's documentation.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import jmespath
import yaml

from rehearsal.kubernetes.behaviors import DRIVER, MOUNTED

GROUP = "/apis/secrets-store.csi.x-k8s.io/v1"
DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
MANAGER = "secrets-store-csi-driver"
MANAGED = "secrets-store.csi.k8s.io/managed"
NODE_NAME = "internal.secrets-store.csi.k8s.io/node-name"
TYPES = ("secretsmanager", "ssmparameter")
RPC = "rpc error: code = Unknown desc = "
NOT_REGISTERED = (
    "kubernetes.io/csi: mounter.SetUpAt failed to get CSI client: driver name secrets-store.csi.k8s.io not found in the list of "
    "registered CSI drivers"
)
NO_PROVIDER = f'{RPC}error connecting to provider "aws": provider not found: provider "aws"'
Object = Mapping[str, Any]


class MountError(Exception):
    """A volume cannot be mounted; the message is that of the kubelet's event."""


@dataclass(frozen=True)
class Fetched:
    """A secret or parameter, and its version."""

    value: str
    version: str


Fetch = Callable[[str, str, Object], Fetched]
"""Reads a type, a name, and the entry that asks for it. Raises MountError."""


@dataclass(frozen=True)
class Mount:
    """What a volume holds: the contents of its files, and the version by object."""

    files: Mapping[str, str]
    versions: Mapping[str, str]


def volumes_of(pod: Object) -> Iterator[tuple[str, str]]:
    """(volume, SecretProviderClass) of each volume of the driver."""
    for volume in pod["spec"].get("volumes") or []:
        if (volume.get("csi") or {}).get("driver") == DRIVER:
            yield str(volume["name"]), str((volume["csi"].get("volumeAttributes") or {}).get("secretProviderClass"))


def waits(pod: Object) -> bool:
    """Whether a pod on a node still waits for such a volume."""
    metadata = pod["metadata"]
    unmounted = MOUNTED not in (metadata.get("annotations") or {}) and not metadata.get("deletionTimestamp")
    return unmounted and bool(pod["spec"].get("nodeName")) and any(True for _ in volumes_of(pod))


def mount(one: Object, fetch: Fetch) -> Mount:
    """What a SecretProviderClass yields: each object as a file, and one more for each of its JMESPath entries. Raises MountError."""
    files: dict[str, str] = {}
    versions: dict[str, str] = {}
    parameters = one["spec"].get("parameters") or {}
    if one["spec"].get("provider") != "aws":
        raise MountError(f'{RPC}error connecting to provider "{one["spec"].get("provider")}": provider not found')
    for entry in _objects(parameters):
        name = str(entry["objectName"])
        found = fetch(_type_of(entry), name, entry)
        alias = _file(str(entry.get("objectAlias") or name), str(parameters.get("pathTranslation") or "_"))
        files[alias], versions[alias] = found.value, found.version
        for path in entry.get("jmesPath") or []:
            files[str(path["objectAlias"])] = _searched(found.value, str(path["path"]), str(path["objectAlias"]), name)
            versions[str(path["objectAlias"])] = found.version
    return Mount(files, versions)


def _objects(parameters: Object) -> list[Object]:
    try:
        found = yaml.safe_load(str(parameters.get("objects") or ""))
    except yaml.YAMLError as error:
        raise MountError(f"{RPC}Failed to load SecretProviderClass: {error}") from None
    if not isinstance(found, list) or not all(isinstance(one, dict) and one.get("objectName") for one in found):
        raise MountError(f"{RPC}Object name must be specified")
    return found


def _type_of(entry: Object) -> str:
    """The ARN says what an object is, if it is given by its ARN."""
    name = str(entry["objectName"])
    found = str(entry.get("objectType") or (name.split(":")[2] if name.startswith("arn:") else ""))
    found = {"ssm": "ssmparameter"}.get(found, found)
    if found not in TYPES:
        raise MountError(f"{RPC}Invalid objectType: {found or '(none)'} for {name}")
    return found


def _file(name: str, translation: str) -> str:
    """Slashes in a file's name are translated, unless translation is off."""
    return name if translation.lower() == "false" else name.replace("/", translation)


def _searched(text: str, path: str, alias: str, name: str) -> str:
    try:
        document = json.loads(text)
    except ValueError:
        raise MountError(f"{RPC}Invalid JSON used with jmesPath in secret: {name}.") from None
    found = jmespath.search(path, document)
    if found is None:
        raise MountError(f"{RPC}JMES Path - {path} for object alias - {alias} does not point to a valid object.")
    if not isinstance(found, str):
        raise MountError(f"{RPC}Invalid JMES search result type for path:{path}. Only string is allowed.")
    return found


def failure(volume: str, error: str) -> str:
    return f'MountVolume.SetUp failed for volume "{volume}" : {error}'


def not_fetched(pod: Object, name: str) -> str:
    where = f"{pod['metadata']['namespace']}/{pod['metadata']['name']}"
    return (
        f"{RPC}failed to mount secrets store objects for pod {where}, err: {RPC}Failed to fetch secret from all regions. Verify secret "
        f"exists and required permissions are granted for: {name}"
    )


def copies(one: Object, files: Mapping[str, str], pod: Object, present: Mapping[str, Object]) -> list[dict[str, Any]]:
    """The Secrets that the driver makes of mounted files. What controls the pods owns them, along with the owners that they have.

    ``present``: the Secrets of the namespace by name. An object that refers to a file that is not there is left out, as the driver does.
    """
    made = []
    for wanted in one["spec"].get("secretObjects") or []:
        data = {str(each["key"]): files.get(str(each["objectName"])) for each in wanted.get("data") or []}
        if None in data.values():
            continue
        encoded = {key: base64.b64encode(str(value).encode()).decode() for key, value in data.items()}
        name = str(wanted["secretName"])
        owners = {each["uid"]: each for each in (*_owners(present.get(name)), _controller(pod))}
        metadata = {
            "name": name,
            "namespace": pod["metadata"]["namespace"],
            "labels": {**(wanted.get("labels") or {}), MANAGED: "true"},
            "annotations": dict(wanted.get("annotations") or {}),
            "ownerReferences": list(owners.values()),
        }
        made.append({"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "type": wanted.get("type") or "Opaque", "data": encoded})
    return made


def _owners(secret: Object | None) -> list[dict[str, Any]]:
    return list((secret or {"metadata": {}})["metadata"].get("ownerReferences") or [])


def _controller(pod: Object) -> dict[str, Any]:
    metadata = pod["metadata"]
    found = next((each for each in metadata.get("ownerReferences") or [] if each.get("controller")), None)
    owner = found or {"apiVersion": "v1", "kind": "Pod", "name": metadata["name"], "uid": metadata["uid"]}
    return {name: owner[name] for name in ("apiVersion", "kind", "name", "uid")}


def pod_status(pod: Object, name: str, volume: str, versions: Mapping[str, str]) -> dict[str, Any]:
    """What the driver notes of a mounted volume. ``name``: of its SecretProviderClass."""
    metadata = pod["metadata"]
    folder = f"/var/lib/kubelet/pods/{metadata['uid']}/volumes/kubernetes.io~csi/{volume}/mount"
    owner = {"apiVersion": "v1", "kind": "Pod", "name": metadata["name"], "uid": metadata["uid"]}
    return {
        "apiVersion": "secrets-store.csi.x-k8s.io/v1",
        "kind": "SecretProviderClassPodStatus",
        "metadata": {
            "name": f"{metadata['name']}-{metadata['namespace']}-{name}",
            "namespace": metadata["namespace"],
            "labels": {NODE_NAME: pod["spec"]["nodeName"]},
            "ownerReferences": [owner],
        },
        "status": {
            "podName": metadata["name"],
            "secretProviderClassName": name,
            "targetPath": folder,
            "mounted": True,
            "objects": [{"id": key, "version": version} for key, version in sorted(versions.items())],
        },
    }


def lacking(pod: Object, present: Mapping[str, Object]) -> str:
    """A Secret that a container reads as variables and that does not exist; empty if there is none."""
    for container in (*(pod["spec"].get("initContainers") or []), *pod["spec"]["containers"]):
        named = [each.get("secretRef") for each in container.get("envFrom") or []]
        named += [(each.get("valueFrom") or {}).get("secretKeyRef") for each in container.get("env") or []]
        for reference in named:
            if reference and not reference.get("optional") and reference["name"] not in present:
                return str(reference["name"])
    return ""


_TEXT, _TEXTS = {"type": "string"}, {"type": "object", "additionalProperties": {"type": "string"}}


def _object(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties}


def _list(of: Any) -> dict[str, Any]:
    return {"type": "array", "items": of}


def _definition(kind: str, **properties: Any) -> dict[str, Any]:
    plural = f"{kind.lower()}es"
    schema = {"openAPIV3Schema": _object(**properties)}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.secrets-store.csi.x-k8s.io"},
        "spec": {
            "group": "secrets-store.csi.x-k8s.io",
            "scope": "Namespaced",
            "names": {"kind": kind, "listKind": f"{kind}List", "plural": plural, "singular": kind.lower()},
            "versions": [{"name": "v1", "served": True, "storage": True, "schema": schema}],
        },
    }


_COPY = _object(secretName=_TEXT, type=_TEXT, labels=_TEXTS, annotations=_TEXTS, data=_list(_object(objectName=_TEXT, key=_TEXT)))
CLASS = _definition("SecretProviderClass", spec=_object(provider=_TEXT, parameters=_TEXTS, secretObjects=_list(_COPY)), status=_object())
POD_STATUS = _definition(
    "SecretProviderClassPodStatus",
    status=_object(
        podName=_TEXT,
        secretProviderClassName=_TEXT,
        targetPath=_TEXT,
        mounted={"type": "boolean"},
        objects=_list(_object(id=_TEXT, version=_TEXT)),
    ),
)

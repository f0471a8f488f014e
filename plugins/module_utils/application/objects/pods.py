# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The pods of an application: restricted, with no permissions in the cluster, and a read-only root. Pure functions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..settings.accounts import ServiceAccount
from ..settings.application import Logging
from ..settings.configuration import content_hash
from ..settings.containers import Container
from ..settings.facts import Facts
from ..settings.images import pinned
from ..settings.sources import Known, Sources, Use, keys_of
from .common import Manifest, label_value, pod_labels

CSI_FOLDER = "/mnt/secrets"
SECRETS = "mainstay.aws/secrets"
CSI_DRIVER = "secrets-store.csi.k8s.io"


@dataclass(frozen=True)
class Pod:
    """One workload's pod, without what only some kinds have. ``variables``: environment variables that follow from its settings."""

    name: str
    part: str
    container: Container
    variables: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Around:
    """What the pods of an application share."""

    facts: Facts
    account: ServiceAccount
    known: Known
    logging: Logging


def template(pod: Pod, around: Around, container: Manifest, spec: Manifest) -> Manifest:
    """A pod template. ``container`` and ``spec`` are added to what all pods have."""
    given = pod.container
    metadata: Manifest = {"labels": {**given.labels, **pod_labels(around.facts, pod.name, pod.part)}}
    if annotations := {**given.annotations, **_described_secrets(given.sources, around.known)}:
        metadata["annotations"] = annotations
    volumes, mounts = _volumes(given.sources, around.known)
    whole: Manifest = {
        "name": pod.name,
        "image": pinned(given.image, around.facts.registry, around.facts.images),
        **({"command": list(given.command)} if given.command else {}),
        **({"args": list(given.arguments)} if given.arguments else {}),
        **_environment(pod, around),
        "resources": given.amounts.manifest(),
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            "readOnlyRootFilesystem": given.read_only,
        },
        **({"volumeMounts": mounts} if mounts else {}),
        **container,
    }
    return {
        "metadata": metadata,
        "spec": {**_spec(given, around), "containers": [whole], **({"volumes": volumes} if volumes else {}), **spec},
    }


def _described_secrets(sources: Sources, known: Known) -> dict[str, str]:
    """A hash of what the secrets of a container consist of. A key that is added to one is a variable in new pods only, so this replaces
    the old ones.
    """
    used = [known.secrets[use.name] for use in sources.secrets]
    described = [
        [one.name, one.source, one.type, one.key, dict(one.properties), dict(one.lengths)] for one in used if one.source != "existing"
    ]
    return {SECRETS: content_hash(described)} if described else {}


def _spec(given: Container, around: Around) -> Manifest:
    context: Manifest = {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}
    if given.user:
        context["runAsUser"] = given.user
    if given.group:
        context |= {"runAsGroup": given.group, "fsGroup": given.group}
    found: Manifest = {
        "serviceAccountName": around.account.name,
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "securityContext": context,
    }
    if around.account.pull_secrets:
        found["imagePullSecrets"] = [{"name": name} for name in around.account.pull_secrets]
    if given.node_selector:
        found["nodeSelector"] = dict(given.node_selector)
    if given.tolerations:
        found["tolerations"] = [dict(one) for one in given.tolerations]
    return found


def _environment(pod: Pod, around: Around) -> Manifest:
    """Variables, weakest first: what this collection sets, whole configurations and secrets, single keys, and plain values.

    Kubernetes lets ``env`` win over ``envFrom``, so what a used configuration sets is not set here as well.
    """
    sources = pod.container.sources
    uses = [("configuration", use) for use in sources.configuration] + [("secrets", use) for use in sources.secrets]
    as_variables = [(part, use) for part, use in uses if not use.mount]
    whole = [(part, use) for part, use in as_variables if not use.keys]
    taken = {key for part, use in whole for key in keys_of(use, around.known, part)}
    variables: dict[str, Manifest] = {
        name: {"value": value} for name, value in {**_own(pod, around), **pod.variables}.items() if value and name not in taken
    }
    if "POD_NAME" not in taken:
        variables["POD_NAME"] = {"valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}
    for part, use in as_variables:
        for variable, key in use.keys.items():
            variables[variable] = {"valueFrom": _key(part, use, around.known, key)}
    variables |= {name: {"value": value} for name, value in sources.environment.items()}
    found: Manifest = {"env": [{"name": name, **value} for name, value in variables.items()]}
    if whole:
        found["envFrom"] = [_all(part, use, around.known) for part, use in whole]
    return found


def _own(pod: Pod, around: Around) -> dict[str, str]:
    """How to log, and how traces name the program (OpenTelemetry's environment variables)."""
    facts, logging = around.facts, around.logging
    if not logging.format:
        return {}
    attributes = {
        "service.namespace": facts.namespace,
        "service.version": label_value(facts.version),
        "deployment.environment.name": facts.environment,
    }
    return {
        "LOG_FORMAT": logging.format,
        "LOG_LEVEL": logging.level,
        "CORRELATION_ID_HEADER": logging.correlation_header,
        "OTEL_SERVICE_NAME": pod.name,
        "OTEL_RESOURCE_ATTRIBUTES": ",".join(f"{name}={value}" for name, value in attributes.items() if value),
    }


def _object(part: str, use: Use, known: Known) -> str:
    return known.configuration[use.name].object_name if part == "configuration" else known.secrets[use.name].object_name


def _all(part: str, use: Use, known: Known) -> Manifest:
    return {"configMapRef" if part == "configuration" else "secretRef": {"name": _object(part, use, known)}}


def _key(part: str, use: Use, known: Known, key: str) -> Manifest:
    return {"configMapKeyRef" if part == "configuration" else "secretKeyRef": {"name": _object(part, use, known), "key": key}}


def _volumes(sources: Sources, known: Known) -> tuple[list[Manifest], list[Manifest]]:
    """(volumes, mounts). The CSI driver fetches a secret when its volume is mounted, also if pods only read its copy."""
    volumes: dict[str, Manifest] = {}
    mounts: list[Manifest] = []
    for part, uses in (("configuration", sources.configuration), ("secrets", sources.secrets)):
        for use in uses:
            secret = known.secrets[use.name] if part == "secrets" else None
            mounted = secret is not None and secret.is_mounted
            folder = use.mount or (f"{CSI_FOLDER}/{use.name}" if mounted else "")
            if folder:
                name = f"{'secret' if secret else 'config'}-{use.name}"
                volumes[name] = _driver(use.name) if mounted else _files(part, _object(part, use, known))
                mounts.append({"name": name, "mountPath": folder, "readOnly": True})
    for number, (folder, size) in enumerate(sources.writable.items()):
        volumes[f"writable-{number}"] = {"emptyDir": {"sizeLimit": size} if size else {}}
        mounts.append({"name": f"writable-{number}", "mountPath": folder})
    return [{"name": name, **volume} for name, volume in volumes.items()], mounts


def _driver(name: str) -> dict[str, Any]:
    return {"csi": {"driver": CSI_DRIVER, "readOnly": True, "volumeAttributes": {"secretProviderClass": name}}}


def _files(part: str, name: str) -> dict[str, Any]:
    return {"configMap": {"name": name}} if part == "configuration" else {"secret": {"secretName": name}}

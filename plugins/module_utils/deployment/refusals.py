# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What the API says when it refuses an object, as one sentence with the way out. Pure functions."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Mapping
from typing import Any

from ..kubernetes.masking import mask
from ..kubernetes.objects import condition
from ..kubernetes.values import Obj
from ..sensitive.texts import Texts

IMMUTABLE = re.compile(
    r"field is immutable|updates to statefulset spec for fields other than|cannot change roleRef|may not change once set"
    r"|field may not be changed|may not be changed|are forbidden: updates|updates to \w+ are forbidden|is immutable after creation"
    r"|spec is immutable|is immutable when"
)
FIELD = re.compile(r"(?:^|[\s\[,])([a-zA-Z][\w.\[\]-]*): (?:Invalid value|Forbidden|Required value)")
HTTP = re.compile(r"^(?P<verb>\w+) (?P<what>[\w.-]+(?: in namespace [\w.-]+)?): HTTP (?P<status>\d{3}): (?P<said>.*)$", re.DOTALL)
UNDECLARED = re.compile(r"failed to create typed patch object [^:]*: (?:errors:\s*)?(\S+): field not declared in schema")
DENIED = re.compile(r"admission webhook .* denied the request|ValidatingAdmissionPolicy .* denied request")
LONGEST = 600

KEEPS_DATA = ("PersistentVolumeClaim", "Namespace", "CustomResourceDefinition", "PersistentVolume")
"""Kinds whose deletion deletes data. They are never replaced or deleted by a deployment."""

ORPHANED = ("StatefulSet", "Deployment", "DaemonSet")
"""Kinds that are replaced without their pods: these go on until those of the new object have been verified, or belong to it again."""


def is_immutable(text: str) -> bool:
    return IMMUTABLE.search(text) is not None


def fields_in(text: str) -> tuple[str, ...]:
    """The fields that a message of the API names."""
    return tuple(dict.fromkeys(FIELD.findall(text)))


def said(text: str, secrets: Texts) -> str:
    """The API's own words, short and without secrets."""
    match = HTTP.match(text)
    words = secrets.mask(mask(match["said"] if match else text)).strip()
    return words if len(words) <= LONGEST else f"{words[:LONGEST]} [...]"


def immutable(kind: str, text: str, pattern: str) -> str:
    """Why an object has to be replaced, and how to allow that. ``pattern``: what platform_allow_replace has to name."""
    fields = ", ".join(fields_in(text)) or "a field"
    if kind in KEEPS_DATA:
        return (
            f"{fields} of a {kind} cannot be changed, and it is never replaced, because its data would be lost. Give the new one another "
            "name, or expand it within what its storage class allows"
        )
    way = "its pods go on running meanwhile" if kind in ORPHANED else "it is deleted and made again"
    return (
        f"{fields} cannot be changed in place. Allow its replacement with platform_allow_replace: {pattern} ({way}), or give it another "
        "name"
    )


def refused(text: str, secrets: Texts) -> str:
    """Why the API refuses an object."""
    words = said(text, secrets)
    if undeclared := UNDECLARED.search(words):
        return f"it has no field {undeclared[1].lstrip('.')}. Correct the manifest"
    if "strict decoding error" in words:
        return f"{words.partition('strict decoding error: ')[2] or words}. Correct the manifest: the API would drop these fields silently"
    if "exceeded quota" in words:
        return f"{words}. Raise the namespace's quota, or lower what the release requests"
    if "violates PodSecurity" in words:
        return f"{words}. Change the pod template, or the namespace's Pod Security level"
    if DENIED.search(words):
        return f"{words}. It is a policy of the cluster: change the manifest so that it complies"
    return words


NO_DRY_RUN = "does not support dry run"

CONDITIONS = (
    "NamespaceDeletionDiscoveryFailure",
    "NamespaceDeletionGroupVersionParsingFailure",
    "NamespaceDeletionContentFailure",
    "NamespaceContentRemaining",
    "NamespaceFinalizersRemaining",
)


def terminating(namespace: Obj) -> str:
    """Why a namespace that is being deleted does not go away: its own conditions, which name the API or the finalizer."""
    name = namespace["metadata"]["name"]
    since = namespace["metadata"].get("deletionTimestamp")
    found = [condition(namespace, kind) for kind in CONDITIONS]
    reasons = [str(one.get("message") or "").rstrip(".") for one in found if one.get("status") == "True"]
    because = f": {'; '.join(reasons)}" if reasons else ""
    return (
        f"namespace {name} has been Terminating since {since}{because}. Nothing can be created in it. Wait until it is gone, or remove "
        "what holds it, and run again"
    )


def secrets_in(objects: Iterable[Mapping[str, Any]]) -> list[str]:
    """The values of all Secrets among these manifests, as they may appear in a message."""

    found: list[str] = []
    for manifest in objects:
        if manifest.get("kind") != "Secret":
            continue
        found += [str(value) for value in (manifest.get("stringData") or {}).values()]
        for value in (manifest.get("data") or {}).values():
            found.append(str(value))
            try:
                found.append(base64.b64decode(str(value)).decode())
            except ValueError:
                continue
    return found

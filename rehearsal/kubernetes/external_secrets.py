"""ExternalSecrets as their controller sees them: what the Secret holds, and what the status says. Pure functions.

The rules and messages are those of External Secrets' documentation and of its controller.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from rehearsal.kubernetes.load_balancers import UNITS

GROUP = "/apis/external-secrets.io/v1"
MANAGED = "reconcile.external-secrets.io/managed"
DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h)")
ACTION = re.compile(r"\{\{-?\s*(.*?)\s*-?\}\}")
FIELD = re.compile(r"\.([A-Za-z_]\w*)((?:\s*\|\s*\w+)*)$")
FILTERS: dict[str, Callable[[str], str]] = {
    "toString": str,
    "trim": str.strip,
    "quote": json.dumps,
    "upper": str.upper,
    "lower": str.lower,
    "b64enc": lambda text: base64.b64encode(text.encode()).decode(),
    "b64dec": lambda text: base64.b64decode(text).decode(),
}
Object = Mapping[str, Any]


class SyncError(Exception):
    """The Secret cannot be made; the message is that of the controller's event."""


@dataclass(frozen=True)
class Source:
    """Reads values of a store. `fetch`: key and version to the value; `names`: of all secrets. Both raise SyncError."""

    fetch: Callable[[str, str], str]
    names: Callable[[], list[str]]


def wanted_data(external: Object, source: Callable[[Object], Source]) -> dict[str, str]:
    """The data that an ExternalSecret's entries yield; later ones win. `source` finds the store of a reference. Raises SyncError."""
    spec, found = external["spec"], {}
    for index, entry in enumerate(spec.get("dataFrom") or []):
        store = source((entry.get("sourceRef") or {}).get("storeRef") or spec.get("secretStoreRef") or {})
        found.update(_with_context(f"spec.dataFrom[{index}]", _of_many, entry, store))
    for index, entry in enumerate(spec.get("data") or []):
        store = source((entry.get("sourceRef") or {}).get("storeRef") or spec.get("secretStoreRef") or {})
        reference = entry["remoteRef"]
        where = f"spec.data[{index}] (key: {reference['key']})"
        found[str(entry["secretKey"])] = _with_context(where, _of_one, reference, store)
    return found


def _with_context[V](where: str, read: Callable[[Object, Source], V], entry: Object, store: Source) -> V:
    try:
        return read(entry, store)
    except SyncError as error:
        raise SyncError(f"error processing {where}, err: {error}") from None


def _of_one(reference: Object, store: Source) -> str:
    text = store.fetch(str(reference["key"]), str(reference.get("version") or ""))
    if reference.get("property"):
        text = member(text, str(reference["property"]), str(reference["key"]))
    return _decoded(text, reference)


def _decoded(text: str, reference: Object) -> str:
    if reference.get("decodingStrategy") not in ("Base64", "Auto", "Base64URL"):
        return text
    try:
        return base64.b64decode(text, altchars=b"-_" if reference["decodingStrategy"] == "Base64URL" else None, validate=True).decode()
    except ValueError:
        if reference["decodingStrategy"] == "Auto":
            return text
        raise SyncError("failed to decode secret with Base64") from None


def member(text: str, path: str, key: str) -> str:
    """A member of a JSON document, by its name or by a path with dots."""
    value: Any = _json(text)
    steps = [path] if isinstance(value, dict) and path in value else path.split(".")
    for step in steps:
        if isinstance(value, list) and step.isdigit() and int(step) < len(value):
            value = value[int(step)]
        elif isinstance(value, dict) and step in value:
            value = value[step]
        else:
            raise SyncError(f"key {path} does not exist in secret {key}")
    return _text(value)


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _of_many(entry: Object, store: Source) -> dict[str, str]:
    if "extract" in entry:
        reference = entry["extract"]
        text = store.fetch(str(reference["key"]), str(reference.get("version") or ""))
        value = _json(member(text, reference["property"], reference["key"]) if reference.get("property") else text)
        if not isinstance(value, dict):
            raise SyncError("unable to unmarshal secret: it is no JSON object")
        return {_plain(key): _decoded(_text(each), reference) for key, each in value.items()}
    if "find" in entry and "name" in entry["find"]:
        pattern = re.compile(entry["find"]["name"]["regexp"])
        return {_plain(name): store.fetch(name, "") for name in store.names() if pattern.search(name)}
    raise SyncError("only extract, and find by name, are played")


def _plain(key: str) -> str:
    """The conversion strategy Default: characters that a Secret's key cannot have become underscores."""
    return re.sub(r"[^-._a-zA-Z0-9]", "_", str(key))


def secret_of(external: Object, data: Mapping[str, str]) -> dict[str, Any]:
    """The Secret to apply; None for the creation policy None. Raises SyncError for a template that is not played."""
    metadata, target = external["metadata"], external["spec"].get("target") or {}
    template = target.get("template") or {}
    held = dict(data)
    if template.get("data"):
        made = {key: rendered(text, data) for key, text in template["data"].items()}
        held = made if template.get("mergePolicy", "Replace") == "Replace" else held | made
    of_template = template.get("metadata") or {}
    encoded = {key: base64.b64encode(value.encode()).decode() for key, value in held.items()}
    annotations = {**(of_template.get("annotations") or {}), "reconcile.external-secrets.io/data-hash": digest(encoded)}
    described: dict[str, Any] = {
        "name": target_name(external),
        "namespace": metadata["namespace"],
        "labels": {**(of_template.get("labels") or metadata.get("labels") or {}), MANAGED: "true"},
        "annotations": annotations,
    }
    if target.get("creationPolicy", "Owner") == "Owner":
        owner = {"apiVersion": external["apiVersion"], "kind": "ExternalSecret", "name": metadata["name"], "uid": metadata["uid"]}
        described["ownerReferences"] = [owner | {"controller": True, "blockOwnerDeletion": True}]
    kind = {"type": template["type"]} if template.get("type") else {}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": described, "data": encoded, **kind}


def target_name(external: Object) -> str:
    return str((external["spec"].get("target") or {}).get("name") or external["metadata"]["name"])


def digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:32]


def rendered(text: str, data: Mapping[str, str]) -> str:
    """A template of fields and simple filters: {{ .password | b64enc }}."""

    def value(match: re.Match[str]) -> str:
        field = FIELD.match(match[1])
        if field is None:
            raise SyncError(f"could not execute template: only fields and simple filters are played, not {match[1]!r}")
        if field[1] not in data:
            raise SyncError(f'could not execute template: map has no entry for key "{field[1]}"')
        found = data[field[1]]
        for name in re.findall(r"\w+", field[2]):
            if name not in FILTERS:
                raise SyncError(f'could not parse template: function "{name}" not defined')
            found = FILTERS[name](found)
        return found

    return ACTION.sub(value, text)


def due(external: Object, secret: Object | None, now: datetime) -> bool:
    """Whether the controller reads again: it failed, the object or its Secret has changed, or the refresh interval is over."""
    status = external.get("status") or {}
    if status.get("syncedResourceVersion") != version_of(external):
        return True
    if (external["spec"].get("target") or {}).get("creationPolicy") != "None" and (secret is None or is_changed(secret)):
        return True
    policy, interval = external["spec"].get("refreshPolicy", "Periodic"), seconds(str(external["spec"].get("refreshInterval", "1h")))
    if policy != "Periodic" or not interval:
        return False
    return (now - datetime.fromisoformat(status["refreshTime"])).total_seconds() >= interval


def is_changed(secret: Object) -> bool:
    """Whether another hand has changed the data of a Secret."""
    return bool(
        (secret["metadata"].get("annotations") or {}).get("reconcile.external-secrets.io/data-hash") != digest(secret.get("data") or {})
    )


def version_of(external: Object) -> str:
    metadata = external["metadata"]
    return f"{metadata.get('generation', 1)}-{digest([metadata.get('annotations'), metadata.get('labels')])}"


def seconds(duration: str) -> float:
    """Of a Go duration, such as 1h0m0s."""
    return sum(float(number) * UNITS[unit] for number, unit in DURATION.findall(duration))


def status_of(external: Object, error: str, now: datetime) -> dict[str, Any]:
    """The status after a try; `error` empty: it succeeded."""
    stamp = f"{now.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    former: Object = next((each for each in (external.get("status") or {}).get("conditions") or [] if each["type"] == "Ready"), {})
    state = "False" if error else "True"
    since = former.get("lastTransitionTime", stamp) if former.get("status") == state else stamp
    reason, message = ("SecretSyncedError", error) if error else ("SecretSynced", "secret synced")
    status: dict[str, Any] = {
        "conditions": [{"type": "Ready", "status": state, "reason": reason, "message": message, "lastTransitionTime": since}],
        "refreshTime": stamp,
    }
    if not error:
        status |= {"binding": {"name": target_name(external)}, "syncedResourceVersion": version_of(external)}
    return status

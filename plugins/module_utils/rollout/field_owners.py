# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Who owns the fields of a workload, so that the next apply after a rollback works correctly. Pure: makes no API calls.

A client-side apply removes fields that were in its last configuration but are not in the new one, so that configuration is restored along
with the template. A server-side apply refuses to change fields that another manager has written, so the template is restored in the name of
its applier. A controller that syncs from Git undoes every patch, so the change must be reverted in Git.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from ..kubernetes.objects import metadata, name, spec, template_of, uid
from ..kubernetes.values import Obj

LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
SYNCED_BY: tuple[tuple[str, str], ...] = (
    ("argocd.argoproj.io/", "Argo CD"),
    ("kustomize.toolkit.fluxcd.io/", "Flux"),
    ("helm.toolkit.fluxcd.io/", "Flux"),
)
"""Prefixes of the labels and annotations by which a controller marks what it syncs from Git."""

SYNCING_MANAGERS: Mapping[str, str] = {
    "argocd-controller": "Argo CD",
    "argocd-application-controller": "Argo CD",
    "kustomize-controller": "Flux",
    "helm-controller": "Flux",
}


def synced_by(live: Obj) -> str:
    """The controller that owns the workload and would undo a patch; empty if none does."""
    marks = [*(metadata(live).get("labels") or {}), *(metadata(live).get("annotations") or {})]
    for prefix, owner in SYNCED_BY:
        if any(mark.startswith(prefix) for mark in marks):
            return owner
    return next((SYNCING_MANAGERS[manager] for manager in _template_managers(live) if manager in SYNCING_MANAGERS), "")


def _template_managers(live: Obj) -> Iterator[str]:
    for entry in metadata(live).get("managedFields") or ():
        if not entry.get("subresource") and _template_fields(entry):
            yield str(entry.get("manager"))


def _template_fields(entry: Mapping[str, Any]) -> Mapping[str, Any]:
    return ((entry.get("fieldsV1") or {}).get("f:spec") or {}).get("f:template") or {}


def applier(live: Obj) -> Mapping[str, Any] | None:
    """The managedFields entry of the server-side applier that owns most of the pod template; None if there is no such applier."""
    entries = metadata(live).get("managedFields") or ()
    appliers = [entry for entry in entries if entry.get("operation") == "Apply" and _template_fields(entry)]
    return max(appliers, key=lambda entry: _leaves(_template_fields(entry)), default=None)


def _leaves(fields: Mapping[str, Any]) -> int:
    return sum(_leaves(inner) or 1 for inner in fields.values())


def owned(fields: Mapping[str, Any], value: Any) -> Any:
    """The part of a value that a set of fields names, in the form of ``fieldsV1``: ``f:`` members, ``k:`` and ``v:`` list items."""
    if not fields:
        return value
    if isinstance(value, Mapping):
        members = ((key[2:], inner) for key, inner in fields.items() if key.startswith("f:"))
        return {key: owned(inner, value[key]) for key, inner in members if key in value}
    if isinstance(value, list):
        return [owned(inner, item) for item in value if (inner := _item_fields(fields, item)) is not None]
    return value


def _item_fields(fields: Mapping[str, Any], item: Any) -> Mapping[str, Any] | None:
    for key, inner in fields.items():
        kind, _colon, text = key.partition(":")
        if kind == "k" and isinstance(item, Mapping) and all(item.get(name) == wanted for name, wanted in json.loads(text).items()):
            return dict(inner)
        if kind == "v" and json.loads(text) == item:
            return dict(inner)
    return None


def applied_again(live: Obj, entry: Mapping[str, Any], template: Mapping[str, Any]) -> dict[str, Any]:
    """What the applier must apply to give the workload this template. Everything else that it owns stays unchanged.

    Tied to the version that was read. The applier then owns the whole template, so its next apply removes whatever it does not want.
    """
    mine = owned(entry.get("fieldsV1") or {}, {key: live[key] for key in ("metadata", "spec") if key in live})
    found = metadata(live)
    identity = {"name": name(live), "namespace": found.get("namespace"), "uid": uid(live), "resourceVersion": found["resourceVersion"]}
    kept = {key: value for key, value in (mine.get("metadata") or {}).items() if key in ("labels", "annotations")}
    return {
        "apiVersion": entry.get("apiVersion") or live.get("apiVersion"),
        "kind": live.get("kind"),
        "metadata": {**kept, **identity},
        "spec": {**(mine.get("spec") or {}), "template": dict(template)},
    }


def last_applied(live: Obj) -> dict[str, Any] | None:
    """The configuration of the last client-side apply; None if there was none, or it cannot be read."""
    try:
        found = json.loads((metadata(live).get("annotations") or {})[LAST_APPLIED])
    except (KeyError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def last_applied_template(live: Obj) -> Mapping[str, Any] | None:
    found = last_applied(live)
    return template_of(found) or None if found is not None else None


def with_template(live: Obj, template: Mapping[str, Any]) -> str | None:
    """The last applied configuration with another template, as kubectl writes it; None if there was no client-side apply."""
    found = last_applied(live)
    if found is None:
        return None
    return json.dumps({**found, "spec": {**spec(found), "template": template}}, separators=(",", ":"), sort_keys=True) + "\n"


def helm_release(live: Obj) -> str:
    """The Helm release that owns the workload, if Helm applied it client-side; otherwise an empty string.

    Helm then compares with its own record of the failed release, which only Helm can correct.
    """
    marks = metadata(live).get("annotations") or {}
    return str(marks.get("meta.helm.sh/release-name") or "") if applier(live) is None else ""

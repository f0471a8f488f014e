# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The last verified release of a workload: its pod template, stored next to it so that pruning the revision history cannot lose it.

Stored in a ConfigMap that the workload owns, not in an annotation: annotating a Deployment starts a new generation, and the annotation is
copied to all its ReplicaSets.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..kubernetes.client import Api
from ..kubernetes.objects import generation, metadata, release_of, template_of, uid, without_hash
from ..kubernetes.problems import Conflict, NotFound
from ..kubernetes.values import Obj
from .field_owners import last_applied_template
from .target import GROUPS, Target

LABEL = "mainstay.aws/verified-release"
MOST_BYTES = 900_000
"""Slightly below the size limit of a ConfigMap."""


@dataclass(frozen=True)
class Record:
    template: Mapping[str, Any]
    revision: str
    verified_at: str
    last_applied: Mapping[str, Any] | None = None
    """The template that a client-side apply had recorded then; None if there was no such apply."""

    @property
    def fingerprint(self) -> str:
        """Hash of the release, which ignores fields that only restart pods."""
        return release_of(self.template)


def path_of(target: Target) -> str:
    return f"/api/v1/namespaces/{target.namespace}/configmaps"


def name_of(target: Target) -> str:
    return f"{target.name}.{target.kind.lower()}.verified-release"


def read(api: Api, target: Target) -> Record | None:
    """Return the usable record, or None. A record left by a deleted workload of the same name does not belong to this one."""
    try:
        found = api.get(f"{path_of(target)}/{name_of(target)}")
        owner = api.get(target.path)
    except NotFound:
        return None
    return parsed(found, uid(owner))


def parsed(found: Obj, owner: str) -> Record | None:
    data = found.get("data") or {}
    owners = [reference.get("uid") for reference in metadata(found).get("ownerReferences") or ()]
    if owner not in owners:
        return None
    try:
        template = json.loads(data["template"])
        applied = json.loads(data.get("last-applied") or "null")
        return Record(template, str(data.get("revision") or ""), str(data.get("verified-at") or ""), applied)
    except (KeyError, ValueError):
        return None


def is_current(record: Record | None, live: Obj) -> bool:
    """Whether a record matches the running release, and how it was applied."""
    return record is not None and record.fingerprint == release_of(template_of(live)) and record.last_applied == last_applied_template(live)


def body(target: Target, live: Obj, revision: str, verified_at: str) -> dict[str, Any]:
    """Build the record of what runs now. The template is complete, so a rollback can restore it unchanged."""
    template = without_hash(template_of(live))
    applied = last_applied_template(live)
    images = [str(container.get("image")) for container in (template.get("spec") or {}).get("containers") or ()]
    owner = {
        "apiVersion": GROUPS[target.kind].removeprefix("apis/"),
        "kind": target.kind,
        "name": target.name,
        "uid": uid(live),
    }
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name_of(target), "labels": {LABEL: "true"}, "ownerReferences": [owner]},
        "data": {
            "template": json.dumps(template, sort_keys=True),
            "revision": revision,
            "generation": str(generation(live)),
            "images": " ".join(images),
            "verified-at": verified_at,
            **({"last-applied": json.dumps(applied, sort_keys=True)} if applied else {}),
        },
    }


def write(api: Api, target: Target, live: Obj, revision: str) -> str:
    """Record what runs now as verified. Returns the reason if it was not recorded, otherwise an empty string."""
    record = body(target, live, revision, api.server_now().strftime("%Y-%m-%dT%H:%M:%SZ"))
    if sum(len(text) for text in record["data"].values()) > MOST_BYTES:
        return f"{target}: its template is too large to be recorded as the verified release"
    try:
        api.create(path_of(target), record)
    except Conflict:
        stale = {"data": {"last-applied": None, **record["data"]}}  # a merge patch removes null members
        api.patch(f"{path_of(target)}/{name_of(target)}", {**record, **stale})
    return ""

# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The last verified release of a workload: its pod template, kept beside it, so that no pruned history can lose it.

A ConfigMap that the workload owns, and not an annotation: an annotation of a Deployment starts a new generation of it, and is copied to all
its ReplicaSets.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..kubernetes.client import Api
from ..kubernetes.objects import fingerprint, generation, metadata, template_of, uid, without_hash
from ..kubernetes.problems import Conflict, NotFound
from ..kubernetes.values import Obj
from .target import GROUPS, Target

LABEL = "mainstay.aws/verified-release"
MOST_BYTES = 900_000
"""A ConfigMap holds a little more than this."""


@dataclass(frozen=True)
class Record:
    template: Mapping[str, Any]
    revision: str
    verified_at: str

    @property
    def fingerprint(self) -> str:
        return fingerprint(self.template)


def path_of(target: Target) -> str:
    return f"/api/v1/namespaces/{target.namespace}/configmaps"


def name_of(target: Target) -> str:
    return f"{target.name}.{target.kind.lower()}.verified-release"


def read(api: Api, target: Target) -> Record | None:
    """None where there is none that can be used: the record of a deleted workload of the same name is somebody else's."""
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
        return Record(template, str(data.get("revision") or ""), str(data.get("verified-at") or ""))
    except (KeyError, ValueError):
        return None


def body(target: Target, live: Obj, revision: str, verified_at: str) -> dict[str, Any]:
    """The record of what runs now. The template is complete: a rollback puts it back as it is."""
    template = without_hash(template_of(live))
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
        },
    }


def write(api: Api, target: Target, live: Obj, revision: str) -> str:
    """Record what runs now as verified; returns why it was not, if it was not."""
    record = body(target, live, revision, api.server_now().strftime("%Y-%m-%dT%H:%M:%SZ"))
    if len(record["data"]["template"]) > MOST_BYTES:
        return f"{target}: its template is too large to be recorded as the verified release"
    try:
        api.create(path_of(target), record)
    except Conflict:
        api.patch(f"{path_of(target)}/{name_of(target)}", record)
    return ""

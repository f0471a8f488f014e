# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Which release a set of manifests is. Pure functions.

The id of a release is a hash of its content: the same manifests are the same release, whenever and by whom they are deployed.
"""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from ..cluster_objects.manifest import Marks, Wanted

ID_LENGTH = 10
JOB_NAME_LENGTH = 63 - ID_LENGTH - 1
"""The name of a Job becomes a label of its pods, which has at most 63 characters."""

SECRET_PARTS = ("data", "stringData")
DEFAULT_DEADLINE = 1800
"""Seconds that a migration may take if its manifest gives no activeDeadlineSeconds."""


def digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True, separators=(",", ":")).encode()).hexdigest()[:ID_LENGTH]


def without_secrets(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """A manifest without the data of a Secret; any other manifest as it is."""
    if manifest.get("kind") != "Secret":
        return dict(manifest)
    return {key: value for key, value in manifest.items() if key not in SECRET_PARTS}


def release_id(objects: Iterable[Wanted], migration: Mapping[str, Any] | None, other: Any = None) -> str:
    """The id of a release. Neither the order of its objects nor the data of its Secrets counts: a rotated password is no new release.

    ``other``: what runs besides the objects, such as a chart with its values; None if nothing does.
    """
    content = sorted((one.identity, without_secrets(one.manifest)) for one in objects)
    return digest([content, migration, *([other] if other is not None else [])])


def owned(manifest: Mapping[str, Any], marks: Marks) -> dict[str, Any]:
    """The manifest with the labels that say whose it is."""
    found = copy.deepcopy(dict(manifest))
    metadata = found["metadata"]
    metadata["labels"] = {"app.kubernetes.io/managed-by": "mainstay.aws", **(metadata.get("labels") or {}), **marks.scope()}
    return found


def migration_job(manifest: Mapping[str, Any], release: str, marks: Marks) -> dict[str, Any]:
    """The Job that runs a release's migration.

    Its name contains the release and the content of the Job, because a Job's template cannot be changed and a Job of that name that is
    already there is then this one, which an interrupted run started. It has no TTL: a Job that removes itself before anyone has read its
    result looks like one that never ran. It always has a deadline, so that a lock in the database does not hold up a deployment forever.
    """
    job = owned(manifest, marks)
    name = str(job["metadata"]["name"])[:JOB_NAME_LENGTH].rstrip("-.")
    job["metadata"]["name"] = f"{name}-{digest([release, manifest])}"
    spec = job.setdefault("spec", {})
    spec.pop("ttlSecondsAfterFinished", None)
    spec.setdefault("activeDeadlineSeconds", DEFAULT_DEADLINE)
    spec.setdefault("backoffLimit", 0)
    spec["template"].setdefault("spec", {}).setdefault("restartPolicy", "Never")
    return job


def deadline_of(job: Mapping[str, Any]) -> float:
    """Seconds within which Kubernetes ends the Job."""
    return float(job["spec"]["activeDeadlineSeconds"])

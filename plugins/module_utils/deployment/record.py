# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The record of a release, as it is kept in the cluster: one Secret for each release. Pure functions.

It holds the objects as they were applied, without the data of Secrets, compressed. It is kept in a Secret rather than a ConfigMap because
manifests often contain what not everyone who may read ConfigMaps should see.
"""

from __future__ import annotations

import base64
import gzip
import json
import zlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any, Literal

from ..cluster_objects.manifest import DOMAIN, Marks
from ..cluster_objects.pods import images_of
from ..kubernetes.values import Obj

TYPE = f"{DOMAIN}/release"
RELEASE_LABEL = f"{DOMAIN}/release"
ID_LABEL = f"{DOMAIN}/release-id"
STATUS_LABEL = f"{DOMAIN}/release-status"
OF_ENVIRONMENT = f"{DOMAIN}/release-environment"
OF_COMPONENT = f"{DOMAIN}/release-component"
"""Labels of their own: a record is not one of the component's objects, which are found by its owner labels."""

APPLY, HELM, ARGOCD = "apply", "helm", "argocd"
"""The modes: who applies what runs."""

WORKLOADS = ("Deployment", "StatefulSet", "DaemonSet")
FORMAT = 1
MOST_BYTES = 1_000_000
"""Slightly below the limit of a Secret, which is 1 MiB (kubernetes.io/docs/concepts/configuration/secret)."""
MOST_UNPACKED = 32 * 1024 * 1024

Status = Literal["started", "migrated", "applied", "verified", "failed", "rolled_back"]
"""rolled_back: it was verified, and a later rollback returned from it to an earlier release."""


class RecordProblem(Exception):
    """A record that cannot be written or read. Its text is suitable for users."""


@dataclass(frozen=True)
class Release:
    """One release of an application.

    ``objects``: the manifests as applied, Secrets without their data. ``migration``: {job, finished, seconds} of the migration that ran
    for this release, or None. ``added``: the addresses of the objects that did not exist before this release. ``applied``: uid and
    generation by address, as the last apply returned them. ``pruned``: whether what the release made superfluous has been deleted.
    ``progress``: how far a strategy with several steps has come; with Helm and Argo CD, {revision, workloads, images}. ``beside``:
    manifests, without content, of what a strategy applied beside the objects, such as a canary; its end or the next release deletes them.
    ``gate``: {verdict, snapshots, ...} as presented. ``times``: moments by phase. ``recorded``: what the caller wants to be kept with the
    release, such as why the deployment window was overridden.
    """

    id: str
    number: int = 0
    version: str = ""
    commit: str = ""
    status: Status = "started"
    reason: str = ""
    by: str = ""
    strategy: str = "rolling"
    mode: str = APPLY
    images: Mapping[str, str] = field(default_factory=dict)
    migration: Mapping[str, Any] | None = None
    gate: Mapping[str, Any] | None = None
    verdict: str = ""
    verdicts: tuple[Mapping[str, Any], ...] = ()
    times: Mapping[str, str] = field(default_factory=dict)
    recorded: Mapping[str, Any] = field(default_factory=dict)
    added: tuple[str, ...] = ()
    applied: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    went_back_to: str = ""
    pruned: bool = False
    progress: Mapping[str, Any] = field(default_factory=dict)
    beside: tuple[Mapping[str, Any], ...] = ()
    objects: tuple[Mapping[str, Any], ...] = ()

    @property
    def called(self) -> str:
        """The version, if it has one, and the id: how messages name the release."""
        return f"{self.version} ({self.id})" if self.version else self.id

    @property
    def runs(self) -> list[str]:
        """The images of its objects, and those that Helm or Argo CD runs for it, by digest where that is known."""
        return sorted({*images_of(self.objects), *(self.progress.get("images") or ())})

    def shown(self) -> dict[str, Any]:
        """The release as results and histories show it: everything but its objects."""
        found = asdict(self)
        for name in ("objects", "applied", "added", "pruned", "beside"):
            found.pop(name)
        return {**found, "verdicts": list(self.verdicts), "objects": len(self.objects), "workloads": self.workloads}

    @property
    def workloads(self) -> list[dict[str, str]]:
        """What a verification of the release watches, as {kind, namespace, name}."""
        return [
            *(dict(one) for one in self.progress.get("workloads") or ()),
            *self._own_workloads(),
        ]

    def _own_workloads(self) -> list[dict[str, str]]:
        return [
            {"kind": str(one["kind"]), "namespace": str(one["metadata"].get("namespace") or ""), "name": str(one["metadata"]["name"])}
            for one in self.objects
            if one["kind"] in WORKLOADS
        ]


def name_of(component: str, number: int) -> str:
    return f"{component}.release.{number}"


def packed(release: Release) -> bytes:
    content = {"format": FORMAT, **asdict(release)}
    return gzip.compress(json.dumps(content, sort_keys=True, separators=(",", ":")).encode(), mtime=0)


def encode(release: Release, marks: Marks, namespace: str) -> dict[str, Any]:
    """The Secret that holds the record. Raises RecordProblem, naming the largest object, if it is too large."""
    content = packed(release)
    if len(content) > MOST_BYTES:
        raise RecordProblem(_too_large(release, len(content)))
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "type": TYPE,
        "metadata": {
            "name": name_of(marks.component, release.number),
            "namespace": namespace,
            "labels": {
                OF_ENVIRONMENT: marks.environment,
                OF_COMPONENT: marks.component,
                RELEASE_LABEL: str(release.number),
                ID_LABEL: release.id,
                STATUS_LABEL: release.status,
            },
        },
        "data": {"release": base64.b64encode(content).decode()},
    }


def selector(marks: Marks) -> str:
    """The label selector of an application's records."""
    return f"{OF_ENVIRONMENT}={marks.environment},{OF_COMPONENT}={marks.component}"


def _too_large(release: Release, size: int) -> str:
    def weight(manifest: Mapping[str, Any]) -> int:
        return len(gzip.compress(json.dumps(manifest).encode()))

    largest = max(release.objects, key=weight)
    metadata = largest.get("metadata") or {}
    named = "/".join(str(part) for part in (largest.get("kind"), metadata.get("namespace"), metadata.get("name")) if part)
    return (
        f"the record of release {release.called} has {size:,} bytes, and a Secret holds at most {MOST_BYTES:,}. Its largest object is "
        f"{named} with {weight(largest):,} bytes compressed: keep such content elsewhere, for example in S3 or in the image. Nothing was "
        "changed"
    )


def decode(secret: Obj) -> Release:
    """The release in a record. Raises RecordProblem if the Secret holds none."""
    metadata = secret.get("metadata") or {}
    where = f"Secret {metadata.get('namespace')}/{metadata.get('name')}"
    try:
        packed_bytes = base64.b64decode((secret.get("data") or {})["release"], validate=True)
        inflate = zlib.decompressobj(wbits=31)
        text = inflate.decompress(packed_bytes, MOST_UNPACKED)
        if inflate.unconsumed_tail:
            raise RecordProblem(f"{where} is larger than a record of a release can be")
        content = json.loads(text)
        if content.pop("format") != FORMAT:
            raise RecordProblem(f"{where} was written by a newer version of this collection: use that version to read it")
        known = {one.name for one in fields(Release)}
        found = Release(**{name: value for name, value in content.items() if name in known})
        return replace(
            found, objects=tuple(found.objects), verdicts=tuple(found.verdicts), added=tuple(found.added), beside=tuple(found.beside)
        )
    except (KeyError, ValueError, TypeError, AttributeError, zlib.error) as error:
        raise RecordProblem(f"{where} is not a record of a release ({type(error).__name__})") from error


PREVIOUS = "previous"
GOOD = ("verified", "rolled_back")


def last_verified(history: list[Release], before: str = "") -> Release | None:
    """The newest verified release, except the one with the id ``before``; None if there is none. ``history``: the newest first."""
    return next((one for one in history if one.status == "verified" and one.id != before), None)


def wanted_release(history: list[Release], wish: str, current: str = "") -> Release:
    """The release that a rollback asks for: ``previous`` (the last verified one before the current), an id, or a version.

    Raises RecordProblem, listing what there is, if there is no such release or it was never verified.
    """
    if wish == PREVIOUS:
        found = last_verified(history, current)
    else:
        named = [one for one in history if wish in (one.id, one.version)]
        found = next((one for one in named if one.status in GOOD), None)
        if named and found is None:
            raise RecordProblem(f"release {named[0].called} was never verified (its status is {named[0].status}), so nothing returns to it")
    if found is None:
        there = ", ".join(dict.fromkeys(one.called for one in history if one.status in GOOD)) or "none"
        what = "verified release before the current one" if wish == PREVIOUS else f"release {wish!r}"
        raise RecordProblem(f"there is no {what} to return to; releases that were verified: {there}")
    return found


def to_forget(history: list[Release], keep: int) -> list[Release]:
    """The records beyond ``keep``, except the last two verified ones: the current release, and the one that a rollback returns to."""
    verified = [one.number for one in history if one.status == "verified"][:2]
    return [one for one in history[max(keep, 1) :] if one.number not in verified]


def already_migrated(history: list[Release], release: str) -> Mapping[str, Any] | None:
    """The finished migration of a release, if a record proves it: it is never run a second time for the same release."""
    return next((one.migration for one in history if one.id == release and one.migration and one.migration.get("finished")), None)

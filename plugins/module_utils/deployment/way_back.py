# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Going back to a verified release: what it needs, what can be applied of it, and what stays as it is. Pure functions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ..cluster_objects.compare import MANAGER
from ..cluster_objects.manifest import Wanted
from ..kubernetes.objects import metadata, spec
from .look import Look
from .pruning import Key, recorded
from .record import Release
from .references import configs_of, copies_in
from .refusals import KEEPS_DATA
from .scaling import SCALED, without_replicas


@dataclass(frozen=True)
class Needs:
    """What has to exist for a release to run again: images, and ConfigMaps and Secrets that the record does not hold itself."""

    images: tuple[str, ...]
    configs: tuple[Key, ...]


def needs(release: Release) -> Needs:
    """ConfigMaps in the record are applied with it; the data of a Secret is in no record, so a Secret has to be there. Copies of the CSI
    driver are made again when pods start.
    """
    held = {("ConfigMap", one.namespace, one.called) for one in recorded(release) if one.kind == "ConfigMap"}
    made = {("Secret", one.namespace, one.called) for one in recorded(release) if one.kind == "Secret"}
    return Needs(tuple(release.runs), tuple(sorted((configs_of(release.objects) | made) - held - copies_in(release.objects))))


def missing(configs: Iterable[Key], images: Iterable[str]) -> str:
    """What is missing, as a list of names; empty if nothing is."""
    return ", ".join([*(f"{kind} {namespace}/{name}" for kind, namespace, name in configs), *(f"image {image}" for image in images)])


def lacking(release: Release, configs: Iterable[Key], images: Iterable[str]) -> str:
    """The sentence for what is missing for going back to a release; empty if nothing is."""
    names = missing(configs, images)
    return f"the last verified release {release.called} could not be restored if this one fails: {names} no longer exist" if names else ""


def config_path(kind: str, namespace: str, name: str) -> str:
    """Where the API serves a ConfigMap or a Secret."""
    return f"/api/v1/namespaces/{namespace}/{kind.lower()}s/{name}"


def restorable(release: Release, namespace: str) -> list[Wanted]:
    """What going back applies: the recorded objects in the application's own namespace, without replicas and without Secrets.

    Anyone who may write Secrets in the namespace could write a record. So a record is never a reason to change anything outside it.
    """
    return [
        Wanted(one.name, one.api_version, one.kind, one.namespace, one.called, without_replicas(one.manifest), one.type)
        for one in recorded(release)
        if one.namespace == namespace and one.kind not in ("Secret", *KEEPS_DATA)
    ]


def with_recorded_size(look: Look, release: Release) -> Look:
    """The look at a workload that no longer exists, with the number of pods that the release gave it: by default it would get one."""
    if look.live is not None or look.replicas is not None or look.one.kind not in SCALED:
        return look
    manifest = next((one.manifest for one in recorded(release) if one.identity == look.one.identity), {})
    return replace(look, replicas=spec(manifest).get("replicas"))


def not_undone(failed: Release, namespace: str) -> list[str]:
    """What going back from a release does not undo, one sentence each."""
    found = []
    if failed.migration is not None:
        how = "was run" if failed.migration.get("finished") else "was started"
        found.append(f"The migration {failed.migration.get('job')} {how}; going back does not undo it.")
    secrets = sorted(one.called for one in recorded(failed) if one.kind == "Secret" and one.namespace == namespace)
    if secrets:
        found.append(f"The data of {_plural('Secret', secrets)} stays as this release set it: no record holds it.")
    elsewhere = sorted(one.name for one in recorded(failed) if one.namespace != namespace and one.kind != "Namespace")
    if elsewhere:
        found.append(f"Objects outside namespace {namespace} stay as they are: {', '.join(elsewhere)}.")
    return found


def _plural(kind: str, names: Sequence[str]) -> str:
    return f"{kind} {names[0]}" if len(names) == 1 else f"{kind}s {', '.join(names)}"


def other_mode(target: Release, mode: str) -> str:
    """Why a release that was deployed in another mode cannot be restored; empty if it was not."""
    if target.mode == mode:
        return ""
    return f"it was deployed in mode {target.mode}, and mode is {mode}; deploy it again in mode {target.mode}"


def changed_since(address: str, applied: Mapping[str, Any], live: Mapping[str, Any] | None) -> str:
    """Why an object is no longer the one that the release applied; empty if it is.

    ``applied``: the object as the apply returned it, or only {uid: ...} of it. A deployment that came in between must not be undone.
    """
    if live is None or not applied:
        return ""
    before = applied.get("metadata") or applied
    if before.get("uid") and metadata(live).get("uid") != before["uid"]:
        return f"{address} was deleted and made again by someone else since this release applied it"
    if others := changed_by(applied, live):
        return f"{address} was changed by {', '.join(others)} since this release applied it"
    return ""


def changed_by(applied: Mapping[str, Any], live: Mapping[str, Any]) -> list[str]:
    """The managers that have changed the spec of an object since. Controllers change the status, and autoscalers the scale."""
    known = {str(entry): True for entry in _specs(applied)}
    entries = [entry for entry in _specs(live) if "metadata" in applied and str(entry) not in known]
    return sorted({manager for manager, _fields in entries if manager != MANAGER})


def _specs(thing: Mapping[str, Any]) -> list[tuple[str, Any]]:
    entries = metadata(thing).get("managedFields") or ()
    found = [(str(entry.get("manager")), (entry.get("fieldsV1") or {}).get("f:spec")) for entry in entries if not entry.get("subresource")]
    return [(manager, fields) for manager, fields in found if fields]

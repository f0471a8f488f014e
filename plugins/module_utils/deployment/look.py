# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What an apply of each object would do: a server-side dry run of everything, before the first change."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ..cluster_objects.api import ApiType, api_group
from ..cluster_objects.manifest import COMPONENT_LABEL, ENVIRONMENT_LABEL, Wanted
from ..domains.cluster_content.releases.ownership import RELEASE_NAME
from ..kubernetes.objects import metadata, terminating
from ..kubernetes.problems import Conflict, Forbidden, NotFound, Refused
from ..kubernetes.values import Obj
from ..rollout.field_owners import synced_by
from . import refusals
from .cluster import Cluster, together
from .managers import Takeover, conflicts_in, may_force, refusal, takeover
from .scaling import replicas_to_send, with_replicas

KIND = "kubernetes_object"


def address_of(one: Wanted) -> str:
    """Such as ``kubernetes_object.Deployment/shop/api``."""
    return f"{KIND}.{one.name}"


@dataclass(frozen=True)
class Look:
    """One object: what there is, and what its dry run returned.

    ``result``: the object as it would be; None if it could not be tried, and then ``untried`` says why. ``immutable``: the API's words if
    it cannot be changed in place. ``problem``: why it cannot be applied at all. ``force``: whether fields are taken from another manager.
    ``replicas``: the number to send although the manifest has none. ``leaving``: the live object is being deleted.
    """

    one: Wanted
    type: ApiType | None = None
    live: Obj | None = None
    result: Obj | None = None
    takeover: Takeover | None = None
    force: bool = False
    replicas: int | None = None
    leaving: bool = False
    immutable: str = ""
    problem: str = ""
    untried: str = ""
    notes: tuple[str, ...] = ()

    @property
    def address(self) -> str:
        return address_of(self.one)

    @property
    def path(self) -> str:
        """Where the API serves the object; empty as long as it does not know the kind."""
        return self.type.path(self.one.namespace, self.one.called) if self.type else ""


def is_of_helm(live: Obj) -> bool:
    """Whether an object belongs to a Helm release, whoever created it (helm.sh, pkg/action/validate.go)."""
    return RELEASE_NAME in (metadata(live).get("annotations") or {})


class Looker:
    """The dry run of a set of objects. ``provided``: (group, kind) of the custom resources that come with the release itself."""

    def __init__(self, cluster: Cluster, objects: Sequence[Wanted]) -> None:
        self.cluster, self.objects = cluster, objects
        self.autoscalers = [one.manifest for one in objects if one.kind == "HorizontalPodAutoscaler"]
        self.provided = {_defined(one.manifest) for one in objects if one.kind == "CustomResourceDefinition"}
        self.namespaces: dict[str, Obj | None] = {}

    def look(self) -> list[Look]:
        """A look at every object, in the order given. Raises ApiProblem if the cluster does not answer or a read is forbidden."""
        names = sorted({one.namespace for one in self.objects if one.namespace})
        self.namespaces = dict(zip(names, together(self.cluster.namespace_now, names)))
        return together(self.one, self.objects)

    def one(self, one: Wanted) -> Look:
        within = self.namespaces.get(one.namespace) if one.namespace else None
        if within is not None and terminating(within):
            return Look(one, one.type, problem=refusals.terminating(within))
        type_ = self.cluster.type_of(one)
        if type_ is None:
            return Look(one, untried=f"the cluster does not serve {one.kind} of {one.api_version} yet")
        if one.namespace and within is None:
            return Look(one, type_, untried=f"namespace {one.namespace} does not exist yet", replicas=self._first(one))
        live = self.cluster.get(type_.path(one.namespace, one.called))
        if live is None:
            return self._tried(Look(one, type_, replicas=self._first(one)))
        if one.kind == "Namespace" and terminating(live):
            return Look(one, type_, live, problem=refusals.terminating(live))
        if problem := self._foreign(live):
            return Look(one, type_, live, problem=problem)
        if terminating(live):
            return Look(one, type_, live, leaving=True, untried="the old one is still being deleted", replicas=self._first(one))
        moved = takeover(live, one.api_version, self.cluster.take_over)
        sent = replicas_to_send(one.manifest, live, self.autoscalers, moved.fields if moved else None)
        return self._tried(Look(one, type_, live, takeover=moved, replicas=sent))

    def _first(self, one: Wanted) -> int | None:
        return replicas_to_send(one.manifest, None, self.autoscalers)

    def is_provided(self, one: Wanted) -> bool:
        """Whether the release brings the definition of this kind."""
        return (api_group(one.api_version), one.kind) in self.provided

    def _foreign(self, live: Obj) -> str:
        """Why an object is somebody else's; empty if it is ours, or nobody's."""
        labels = metadata(live).get("labels") or {}
        owner = f"{labels.get(ENVIRONMENT_LABEL, '?')}/{labels.get(COMPONENT_LABEL, '?')}"
        marks = self.cluster.marks
        if {ENVIRONMENT_LABEL, COMPONENT_LABEL} & set(labels) and owner != f"{marks.environment}/{marks.component}":
            return (
                f"it belongs to {owner}, and this is {marks.environment}/{marks.component}. Leave it out of this application, or remove it "
                "there first"
            )
        if controller := synced_by(live):
            return f"{controller} syncs it from Git and would undo the change: change it there, or take it out of {controller} first"
        return ""

    def _tried(self, look: Look) -> Look:
        """The look with the result of the dry run."""
        manifest = with_replicas(self.cluster.manifest(look.one), look.replicas)
        try:
            return replace(look, result=self.cluster.dry_run(look.path, manifest, force=False))
        except Conflict as problem:
            return self._conflicting(look, manifest, str(problem))
        except (Refused, Forbidden) as problem:
            return self._refused(look, problem)
        except NotFound as problem:
            return replace(look, problem=refusals.refused(str(problem), self.cluster.texts))

    def _conflicting(self, look: Look, manifest: Mapping[str, Any], text: str) -> Look:
        conflicts = conflicts_in(text)
        if not may_force(conflicts, self.cluster.take_over):
            why = refusal(conflicts) if conflicts else refusals.said(text, self.cluster.texts)
            return replace(look, problem=why)
        taken = set(look.takeover.managers) if look.takeover else set()
        left = [one for one in conflicts if one.manager not in taken or one.subresource]
        notes = tuple(f"{', '.join(one.fields)} is taken from {one.manager}" for one in left)
        try:
            result = self.cluster.dry_run(look.path, manifest, force=True)
        except (Conflict, Refused, Forbidden) as problem:
            return self._refused(look, problem)
        return replace(look, result=result, force=bool(left), notes=notes)

    def _refused(self, look: Look, problem: Exception) -> Look:
        text = str(problem)
        if look.live is not None and refusals.is_immutable(text):
            return replace(look, immutable=refusals.said(text, self.cluster.texts))
        if refusals.NO_DRY_RUN in text:
            return replace(look, untried=f"not tried before: {refusals.said(text, self.cluster.texts)}")
        if "cannot patch resource" in text or "cannot create resource" in text:
            lacking = refusals.said(text, self.cluster.texts)
            return replace(look, problem=f"{lacking}. A plan is a dry run, which needs the same permission as the apply")
        return replace(look, problem=refusals.refused(text, self.cluster.texts))


def _defined(definition: Mapping[str, Any]) -> tuple[str, str]:
    spec = definition.get("spec") or {}
    return str(spec.get("group")), str((spec.get("names") or {}).get("kind"))


def missing_kinds(looks: Iterable[Look], looker: Looker) -> list[Look]:
    """The looks at objects of kinds that the cluster does not serve and the release does not bring."""
    return [look for look in looks if look.type is None and not looker.is_provided(look.one)]

# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Deploys a release as a revision of an Argo CD Application: Argo CD syncs, and the deployment verifies, records, and goes back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from ...cluster_objects.hiding import Hiding
from ...cluster_objects.manifest import Marks
from ...kubernetes.values import Obj
from ...reconcile.planner import Action, Change
from ..applying import Say
from ..cluster import Cluster
from ..going_back import NotRestored, Restorer, Returned
from ..record import ARGOCD, Release
from ..transaction import Failed, Shaped, ShapingStrategy, Transaction
from . import argo_status, images
from .argo import Argo, ArgoFailed
from .argo_status import Asked
from .running import live_of, workloads_in

KIND = "argocd_application"


@dataclass(frozen=True)
class Application:
    """``name``: of the Application, in ``namespace``. ``source``: the index among several. ``seconds``: the limit of one sync.

    ``grace``: seconds that a bad status may last. ``prune``: whether the sync deletes what the revision no longer has.
    """

    name: str
    revision: str
    namespace: str = "argocd"
    source: int | None = None
    seconds: float = 600.0
    grace: float = 120.0
    prune: bool = True

    @property
    def identity(self) -> dict[str, Any]:
        """What makes it another release."""
        return {"application": f"{self.namespace}/{self.name}", "source": self.source, "revision": self.revision}

    @property
    def address(self) -> str:
        return f"{KIND}.{self.namespace}/{self.name}"


@dataclass
class ArgoMode(ShapingStrategy):
    application: Application
    mode: str = field(default=ARGOCD, init=False)

    def argo(self, cluster: Cluster, say: Say) -> Argo:
        one = self.application
        return Argo(cluster.api, one.namespace, one.name, say, seconds=one.seconds, grace=one.grace, prune=one.prune, fence=cluster.fence)

    @property
    def asked(self) -> Asked:
        return Asked(self.application.revision, source=self.application.source)

    def on_nothing(self, marks: Marks, hiding: Hiding) -> tuple[Action, ...]:
        changes = (Change("targetRevision", None, self.application.revision),)
        return (Action("update", self.application.address, KIND, changes=changes, reason="the cluster does not exist yet"),)

    def shape(self, tx: Transaction, asked: Sequence[Any]) -> Shaped:
        argo, address = self.argo(tx.cluster, tx.say), self.application.address
        try:
            now = argo.application()
        except ArgoFailed as problem:
            missing = Action("none", address, KIND, reason="it does not exist")
            return Shaped(asked, asked, objection=f"{problem}", actions=(missing,))
        objection = "; ".join(argo_status.refusals(now, self.asked))
        if argo_status.is_deployed(now, self.asked):
            return Shaped(asked, asked, objection=objection, choice=False, actions=(Action("none", address, KIND),))
        changes = (Change("targetRevision", argo_status.target(now, self.application.source), self.application.revision),)
        action = Action("update", address, KIND, changes=changes, reason=_why(now, changes[0]))
        return Shaped(asked, asked, objection=objection, choice=True, actions=(action,))

    def __call__(self, tx: Transaction) -> None:
        """Raises Failed."""
        tx.apply(tx.rest)
        argo, address = self.argo(tx.cluster, tx.say), self.application.address
        if tx.shaped.choice:
            tx.outcome.changed = True
            tx.outcome.outcomes[address] = "failed"
        try:
            argo.deploy(self.asked)
            now = argo.application()
        except ArgoFailed as problem:
            raise Failed(f"{problem}", address) from None
        if tx.shaped.choice:
            tx.outcome.outcomes[address] = "done"
        references = argo_status.workloads(now)
        live = live_of(tx.cluster, references)
        tx.done.live |= live
        tx.done.changed |= set(live) if tx.shaped.choice else set()
        runs = images.running(tx, live.values(), "the manifests in Git")
        tx.keep(progress={"revision": self.application.revision, "workloads": workloads_in(references), "images": runs})
        tx.verify()

    def on_way_back(self, cluster: Cluster, say: Say, target: Release) -> tuple[Action, ...]:
        asked = Asked(str(target.progress.get("revision") or ""), source=self.application.source)
        try:
            now = self.argo(cluster, say).application()
        except ArgoFailed as problem:
            raise NotRestored(f"{problem}") from None
        if problems := argo_status.refusals(now, asked):
            raise NotRestored("; ".join(problems))
        if argo_status.is_deployed(now, asked):
            return (Action("none", self.application.address, KIND),)
        changes = [Change("targetRevision", argo_status.target(now, asked.source), asked.revision)]
        if argo_status.syncs_itself(now):
            changes.append(Change("syncPolicy.automated", "on", "off"))
        return (Action("update", self.application.address, KIND, changes=tuple(changes)),)

    def back(self, restorer: Restorer, target: Release) -> Returned:
        """Sync the revision of a verified release again, with automatic sync switched off first, and verify what runs then."""
        revision = str(target.progress.get("revision") or "")
        argo = self.argo(restorer.cluster, restorer.say)
        warnings: tuple[str, ...] = ()
        try:
            if not argo_status.is_deployed(argo.application(), Asked(revision, source=self.application.source)):
                warnings = argo.back(revision, self.application.source).notes
            now = argo.application()
        except ArgoFailed as problem:
            raise NotRestored(f"{problem}") from None
        references = argo_status.workloads(now)
        restorer.judge_other(live_of(restorer.cluster, references))
        return Returned({**target.progress, "workloads": workloads_in(references)}, warnings)


def _why(application: Obj, change: Change) -> str:
    """Why a revision that is set already is synced again."""
    if change.before != change.after:
        return ""
    return "the revision is set, but not synced and healthy"

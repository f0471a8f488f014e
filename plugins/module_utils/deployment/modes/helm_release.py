# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Deploys a release as a Helm chart: Helm applies, and the deployment plans, verifies, records, and goes back by Helm's revision.

Helm is never asked to wait or to go back by itself. It knows neither probes nor metrics, and its own way back leads to the revision before,
which may be one that was never good.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from ...cluster_objects.hiding import Hiding
from ...cluster_objects.link import ClusterLink, calling
from ...cluster_objects.manifest import Marks
from ...domains.cluster_content.kinds.helm_release import HelmRelease, way_out
from ...domains.cluster_content.releases.helm import NO_HELM, SECONDS, Helm
from ...domains.cluster_content.releases.observe import Look, one_release, read, secrets
from ...domains.cluster_content.releases.record import Release as Revision
from ...domains.cluster_content.releases.record import Unreadable
from ...domains.cluster_content.releases.release import WantedRelease, shown_values
from ...kubernetes.client import Api
from ...kubernetes.values import Obj
from ...reconcile.errors import CallFailed
from ...reconcile.planner import Action, Change
from ..applying import Say
from ..cluster import Cluster
from ..going_back import NotRestored, Restorer, Returned
from ..record import HELM, Release
from ..transaction import Failed, Shaped, ShapingStrategy, Transaction
from . import helm, images
from .helm import Decision, Labeled
from .running import live_of, verified_in, workloads_in

REVISIONS = 5
"""Revisions that Helm keeps beyond the records: those that failed, and those that going back has made."""


@dataclass(frozen=True)
class Chart:
    """``program``: Helm. ``keep``: how many releases are recorded: Helm keeps their revisions. ``limit``: seconds of a run of Helm."""

    wanted: WantedRelease
    program: str = "helm"
    keep: int = 10
    limit: float = float(SECONDS)

    @property
    def identity(self) -> dict[str, Any]:
        """What makes it another release. Secrets among the values do not: the plan compares them with those of Helm's record."""
        chart = self.wanted.chart
        return {
            "release": self.wanted.called,
            "chart": [chart.name, chart.version, chart.repository, chart.fingerprint],
            "values": shown_values(self.wanted.values),
        }


@dataclass(frozen=True)
class Seen:
    """``decision``: what has to happen before Helm runs. ``changes``: what Helm would change; ``there``: whether the release exists."""

    decision: Decision
    there: bool = False
    changes: tuple[Change, ...] = ()
    objection: str = ""


@dataclass
class HelmMode(ShapingStrategy):
    chart: Chart
    link: ClusterLink
    mode: str = field(default=HELM, init=False)

    # --- reading -----------------------------------------------------------------------------------------------------

    def address(self, namespace: str) -> str:
        return f"{HelmRelease.name}.{namespace}/{self.chart.wanted.called}"

    def records(self, api: Api, namespace: str) -> list[Labeled]:
        """All revisions of the release that Helm has. Raises CallFailed."""
        path = f"/api/v1/namespaces/{namespace}/secrets"
        return [read(one) for one in secrets(api, path, f"name={self.chart.wanted.called}", superseded=True)]

    def seen(self, cluster: Cluster) -> Seen:
        """The release as Helm has it, beside the wanted one. Raises CallFailed."""
        wanted, namespace = self.chart.wanted, cluster.namespace
        records = self.records(cluster.api, namespace)
        now = cluster.api.server_now()
        decision = helm.before_upgrade(records, cluster.marks, wanted.chart.name, now, self.chart.limit)
        if not records or decision.action == "refuse":
            return Seen(decision, there=bool(records), objection=decision.sentence)
        look: Look | None = calling(partial(one_release, cluster.api, namespace, wanted.called, history=True))
        if look is None:
            return Seen(decision)
        address = self.address(cluster.namespace)
        if look.guard and look.foreign:
            return Seen(decision, there=True, objection=f"{look.guard}. {way_out(address, look)}")
        kind = self._kind(cluster.marks, cluster.hiding)
        before, after = kind.observe(look, address).properties, kind.desired(wanted)
        changes = tuple(Change(name, before.get(name), value) for name, value in after.items() if before.get(name) != value)
        return Seen(decision, True, changes)

    def _kind(self, marks: Marks, hiding: Hiding) -> HelmRelease:
        wanted = self.chart.wanted
        return HelmRelease(self.link, marks, [wanted], self.chart.program, wanted.namespace, hiding)

    # --- planning ----------------------------------------------------------------------------------------------------

    def shape(self, tx: Transaction, asked: Sequence[Any]) -> Shaped:
        try:
            found = self.seen(tx.cluster)
        except CallFailed as problem:
            return Shaped(asked, asked, objection=f"{problem}")
        if not found.there:
            (action,) = self.on_nothing(tx.cluster.marks, tx.cluster.hiding)
        else:
            address = self.address(tx.cluster.namespace)
            action = Action("update" if found.changes else "none", address, HelmRelease.name, changes=found.changes)
        objection = found.objection or (self._lacks(tx) if action.verb != "none" else "")
        return Shaped(asked, asked, objection=objection, choice=action.verb, actions=(action,))

    def _lacks(self, tx: Transaction) -> str:
        """Why the chart cannot be installed, whatever it contains: found before the migration. Empty if nothing is known to be missing."""
        try:
            self._helm(tx.cluster).look_up(self.chart.wanted.chart)
        except CallFailed as problem:
            # a plan needs no Helm
            return "" if problem.code == NO_HELM else f"the chart cannot be used: {tx.cluster.texts.mask(str(problem))}"
        return images.lacking(tx, self._rendered(tx.cluster))

    def on_nothing(self, marks: Marks, hiding: Hiding) -> tuple[Action, ...]:
        properties = self._kind(marks, hiding).desired(self.chart.wanted)
        made = tuple(Change(name, None, value) for name, value in properties.items() if value != {})
        return (Action("create", self.address(self.chart.wanted.namespace), HelmRelease.name, changes=made),)

    # --- deploying ---------------------------------------------------------------------------------------------------

    def __call__(self, tx: Transaction) -> None:
        """Raises Failed."""
        tx.apply(tx.rest)
        ran = tx.shaped.choice != "none"
        if ran:
            self._install(tx)
        revision = self._newest(tx.cluster)
        references = verified_in(revision.objects, tx.cluster.namespace)
        live = live_of(tx.cluster, references)
        tx.done.live |= live
        tx.done.changed |= set(live) if ran else set()
        runs = images.running(tx, live.values(), "the chart's values")
        tx.keep(progress={"revision": revision.revision, "workloads": workloads_in(references), "images": runs})
        tx.verify()

    def _install(self, tx: Transaction) -> None:
        address, wanted, cluster = self.address(tx.cluster.namespace), self.chart.wanted, tx.cluster
        tx.outcome.outcomes[address] = "failed"
        try:
            self._make_way(tx)
            images.require(tx, self._rendered(cluster), address)
            tx.say(address, "running Helm", 0.0)
            cluster.fence()
            tx.outcome.changed = True
            self._helm(cluster).upgrade(
                wanted.called, cluster.namespace, wanted.chart, wanted.values, cluster.marks.scope(), False, self.chart.keep + REVISIONS
            )
        except CallFailed as problem:
            raise Failed(f"Helm could not deploy the chart: {cluster.texts.mask(str(problem))}", address) from None
        tx.outcome.outcomes[address] = "done"

    def _make_way(self, tx: Transaction) -> None:
        """Wait for the Helm of a killed run, and then take its pending revision away."""
        cluster, wanted = tx.cluster, self.chart.wanted
        began = cluster.api.clock.now()
        while True:
            records = self.records(cluster.api, cluster.namespace)
            now = cluster.api.server_now()
            found = helm.before_upgrade(records, cluster.marks, wanted.chart.name, now, self.chart.limit)
            if found.action == "refuse":
                raise Failed(found.sentence, self.address(cluster.namespace))
            if found.action == "go_on":
                return
            if found.action == "take_over":
                pending = next(release for release, _labels in records if release.revision == found.revision)
                cluster.fence()
                calling(partial(cluster.api.delete, f"/api/v1/namespaces/{cluster.namespace}/secrets/{pending.secret}", {}))
                tx.outcome.notes.append(found.sentence)
                continue
            tx.say(self.address(cluster.namespace), found.sentence, cluster.api.clock.now() - began)
            cluster.pause(found.seconds)

    def _rendered(self, cluster: Cluster) -> Sequence[Mapping[str, Any]]:
        """What the chart makes of the values; nothing if that cannot be found without installing it."""
        wanted = self.chart.wanted
        try:
            return self._helm(cluster).rendered(wanted.called, cluster.namespace, wanted.chart, wanted.values)
        except (CallFailed, Unreadable):
            return ()

    def _helm(self, cluster: Cluster) -> Helm:
        return Helm(self.chart.program, cluster.api.access)

    def _newest(self, cluster: Cluster) -> Revision:
        try:
            found = helm.newest(self.records(cluster.api, cluster.namespace))
        except CallFailed as problem:
            raise Failed(f"{problem}", self.address(cluster.namespace)) from None
        if found is None:
            raise Failed("Helm has no record of the release any more: it has been uninstalled meanwhile", self.address(cluster.namespace))
        return found[0]

    # --- going back --------------------------------------------------------------------------------------------------

    def on_way_back(self, cluster: Cluster, say: Say, target: Release) -> tuple[Action, ...]:
        verified = int(target.progress.get("revision") or 0)
        address = self.address(cluster.namespace)
        try:
            records = self.records(cluster.api, cluster.namespace)
        except CallFailed as problem:
            raise NotRestored(f"{problem}") from None
        if helm.is_deployed(records, verified):
            return (Action("none", address, HelmRelease.name),)
        decision, now = helm.to_go_back_to(records, verified), helm.newest(records)
        if decision.action == "refuse":
            raise NotRestored(decision.sentence)
        change = Change("revision", now[0].revision if now else None, f"as {verified}")
        return (Action("update", address, HelmRelease.name, changes=(change,)),)

    def back(self, restorer: Restorer, target: Release) -> Returned:
        """Bring Helm's release back to the revision of a verified release, and verify what runs then."""
        cluster = restorer.cluster
        verified = int(target.progress.get("revision") or 0)
        try:
            records = self.records(cluster.api, cluster.namespace)
            if not helm.is_deployed(records, verified):
                self._roll_back(restorer, records, verified)
        except CallFailed as problem:
            raise NotRestored(f"Helm could not go back to revision {verified}: {cluster.texts.mask(str(problem))}") from None
        now = helm.newest(self.records(cluster.api, cluster.namespace))
        objects: Sequence[Mapping[str, Any]] = now[0].objects if now else ()
        references = verified_in(objects, cluster.namespace)
        live: dict[str, Obj] = live_of(cluster, references)
        restorer.judge_other(live)
        return Returned({**target.progress, "revision": now[0].revision if now else verified, "workloads": workloads_in(references)})

    def _roll_back(self, restorer: Restorer, records: Sequence[Labeled], verified: int) -> None:
        decision = helm.to_go_back_to(records, verified)
        if decision.action == "refuse":
            raise NotRestored(decision.sentence)
        cluster = restorer.cluster
        restorer.say(self.address(cluster.namespace), f"going back to Helm's revision {verified}", 0.0)
        cluster.fence()
        self._helm(cluster).rollback(self.chart.wanted.called, cluster.namespace, verified, self.chart.keep + REVISIONS)

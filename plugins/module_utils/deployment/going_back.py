# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Restores a recorded release: the same server-side apply by the same field manager, verified like any other release."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..cluster_objects.manifest import Wanted
from ..kubernetes.objects import uid
from ..kubernetes.problems import NotFound
from ..kubernetes.values import Obj
from ..reconcile.planner import Consent
from . import planning, verification, way_back
from .applying import Applied, Applier, ApplyFailed, Say
from .cluster import Cluster, together
from .look import Look, Looker, address_of
from .phases import is_prepared
from .planning import ReleasePlan
from .pruning import Key, recorded
from .record import Release
from .registry import Registry
from .verification import Judge, Verdict


def absent(cluster: Cluster, registry: Registry, release: Release) -> tuple[list[Key], Sequence[str]]:
    """(ConfigMaps and Secrets, images) that a release needs to run again and that no longer exist."""
    wanted = way_back.needs(release)
    there = together(lambda key: cluster.get(way_back.config_path(*key)), wanted.configs)
    return [key for key, live in zip(wanted.configs, there) if live is None], registry.gone(wanted.images)


class NotRestored(Exception):
    """The release could not be restored. Its text is suitable for users."""


@dataclass(frozen=True)
class Returned:
    """``progress``: what the record of the release that runs again keeps from now on. ``warnings``: what a user should know."""

    progress: Mapping[str, Any]
    warnings: tuple[str, ...] = ()


@dataclass
class Restorer:
    """``judge``: verifies applied objects. ``replaced``: addresses that the failed release has replaced, and that may be replaced back."""

    cluster: Cluster
    say: Say
    judge: Judge
    options: Mapping[str, Any]
    replaced: Collection[str] = ()
    done: Applied = field(default_factory=Applied)

    def plan(self, target: Release) -> ReleasePlan:
        """What restoring a release would change. Changes nothing. Raises ApiProblem."""
        objects = way_back.restorable(target, self.cluster.namespace)
        self.looker = Looker(self.cluster, objects)
        looks = [way_back.with_recorded_size(look, target) for look in self.looker.look()]
        return planning.plan(looks, Consent(replace=tuple(self.replaced)), self.cluster.hiding, applying=True)

    def restore(self, target: Release, applied: Mapping[str, Mapping[str, Any]]) -> Verdict | None:
        """Apply a recorded release and verify it.

        ``applied``: {uid, ...} by address, as the release that is left behind applied them: an object that somebody has made again since is
        not touched. Raises NotRestored, ApiProblem, Stopped.
        """
        found = self.plan(target)
        foreign = [way_back.changed_since(look.address, applied.get(look.address, {}), look.live) for look in found.looks]
        if any(foreign):
            raise NotRestored("; ".join(one for one in foreign if one))
        if found.failures:
            raise NotRestored("; ".join(map(str, found.failures)))
        routing = [look for look in found.changing if look.one.kind in ("Ingress", "Service") and look.live is not None]
        if routing and any(look.live is None for look in found.changing if look.one.kind == "Deployment"):
            # requests move to pods that do not exist yet: those first
            self._apply([look for look in found.changing if look not in routing])
            self._judge(dict(self.done.live), {**self.options, "probes": []})
            self._apply(routing)
        else:
            self._apply(found.changing)
        return self._judge({**{look.address: look.live for look in found.looks if look.live is not None}, **self.done.live}, self.options)

    def _apply(self, looks: Sequence[Look]) -> None:
        try:
            Applier(self.cluster, self.looker, self.say, self.done).apply(looks)
        except ApplyFailed as problem:
            raise NotRestored(f"{problem.address}: {problem}") from None  # its text says all

    def judge_other(self, live: Mapping[str, Obj]) -> None:
        """Verify workloads that another program has restored. Raises NotRestored, Stopped."""
        self.done.changed |= set(live)
        self._judge(live, self.options)

    def _judge(self, live: Mapping[str, Obj], options: Mapping[str, Any]) -> Verdict | None:
        verdict = self.judge(verification.result_entries(live, self.done.changed), judging_options(options))
        if verdict is not None and verdict.state != "success":
            raise NotRestored(verification.why(verdict))
        return verdict

    def remove_added(self, failed: Release, target: Release, added: Collection[str]) -> list[str]:
        """Delete what runs or routes and only the failed release had. Returns the addresses."""
        kept = {address_of(one) for one in recorded(target)}
        gone = []
        for one in recorded(failed):
            address = address_of(one)
            superfluous = address in added and address not in kept and one.namespace == self.cluster.namespace and not is_prepared(one)
            if superfluous and self._removed(one):
                gone.append(address)
        return gone

    def _removed(self, one: Wanted) -> bool:
        live = self.cluster.live(one)
        if live is None:
            return False
        try:
            self.cluster.delete(self.cluster.path_of(one), uid(live))
        except NotFound:
            return False
        return True


def judging_options(options: Mapping[str, Any]) -> dict[str, Any]:
    """The verifier's options for a restored release: an answer of the new version is no longer expected, and nothing is baked."""
    version = dict.fromkeys(("version", "version_header", "version_body"))
    probes = [{**probe, **version} for probe in options.get("probes") or ()]
    bake = dict.fromkeys(options.get("bake") or {}, 0.0)
    return {**options, "probes": probes, "metrics": [], "bake": bake}

# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Applies what was planned: takes over, replaces, applies, and waits for what others need."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..cluster_objects.manifest import Wanted
from ..cluster_objects.ready import state_of
from ..kubernetes.objects import metadata, uid
from ..kubernetes.problems import ApiProblem, Conflict, NotFound
from ..kubernetes.values import Obj
from ..reconcile.errors import CallFailed
from . import generated, refusals
from .cluster import Cluster, together
from .look import Look, Looker
from .phases import waves
from .scaling import with_replicas

GONE_SECONDS = 300.0
"""How long a replaced object may take to go, and a definition until it is established."""
ATTEMPTS = 5
"""How often an object is read and applied again because it changed in between: status updates change its version all the time."""
CONFLICT_SECONDS = 0.2
"""How much longer each attempt waits than the one before: during a rollout, controllers change an object several times a second."""

Say = Callable[[str, str, float], None]


class ApplyFailed(CallFailed):
    """An object could not be applied. ``address``: which one."""

    def __init__(self, address: str, message: str) -> None:
        super().__init__(message)
        self.address = address


@dataclass
class Applied:
    """What an apply has done so far. ``live``: the objects by address, as the API returned them. ``changed``: addresses."""

    live: dict[str, Obj] = field(default_factory=dict)
    changed: set[str] = field(default_factory=set)
    added: set[str] = field(default_factory=set)
    replaced: set[str] = field(default_factory=set)
    orphans: list[tuple[str, str]] = field(default_factory=list)
    """(path, uid) of what a replaced workload left running."""


class Applier:
    def __init__(self, cluster: Cluster, looker: Looker, say: Say, done: Applied) -> None:
        self.cluster, self.looker, self.say, self.done = cluster, looker, say, done

    def apply(self, looks: Sequence[Look]) -> None:
        """Apply the objects in the right order, those of one wave at the same time. Raises ApplyFailed for the first that fails."""
        by_one = {id(look.one): look for look in looks}
        for wave in waves([look.one for look in looks]):
            together(self._apply, [by_one[id(one)] for one in wave])
            if any(one.kind == "CustomResourceDefinition" for one in wave):
                self._established([one for one in wave if one.kind == "CustomResourceDefinition"])
                self.cluster.again()

    def _apply(self, look: Look) -> None:
        try:
            self._one(look)
        except ApiProblem as problem:
            message = refusals.refused(str(problem), self.cluster.texts)
            raise ApplyFailed(look.address, message) from problem

    def _one(self, look: Look) -> None:
        """Apply one object. If it has changed since it was looked at, look again."""
        now = look
        for attempt in range(ATTEMPTS):
            try:
                return self._send(now)
            except Conflict as problem:
                if attempt == ATTEMPTS - 1:
                    raise
                self.cluster.api.clock.pause(CONFLICT_SECONDS * attempt)
                now = self.looker.one(look.one)
                if now.problem:
                    raise ApplyFailed(look.address, now.problem) from problem
                if now.immutable and not look.immutable:
                    raise ApplyFailed(look.address, f"it was changed by someone else meanwhile: {now.immutable}") from problem
        return None

    def _send(self, look: Look) -> None:
        type_ = look.type or self.cluster.type_of(look.one)
        if type_ is None:
            raise ApplyFailed(look.address, f"the cluster does not serve {look.one.kind} of {look.one.api_version}")
        path = type_.path(look.one.namespace, look.one.called)
        live = look.live
        if live is not None and (look.immutable or look.leaving):
            self._remove(look, path, live)
            self.done.replaced.add(look.address)
            live = None
        elif live is not None and look.takeover is not None:
            live = self.cluster.take(path, look.takeover)
        manifest = with_replicas(self.cluster.manifest(look.one), look.replicas)
        if live is not None and look.force:
            # force would also take fields that somebody has changed since
            manifest["metadata"] = {**manifest["metadata"], "resourceVersion": metadata(live)["resourceVersion"]}
        found = self.cluster.apply(path, manifest, force=look.force)
        if lacking := generated.missing(look.one.manifest, found):
            found = self.cluster.generate(path, found, lacking)
        self.done.live[look.address] = found
        self.done.changed.add(look.address)
        if look.live is None:
            self.done.added.add(look.address)

    def _remove(self, look: Look, path: str, live: Obj) -> None:
        """Delete an object so that it can be made again. Pods of a workload go on running."""
        kind = look.one.kind
        if not look.leaving:
            orphaned = kind in refusals.ORPHANED
            if orphaned:
                self.done.orphans += self._sets_of(look.one, live)
            try:
                self.cluster.delete(path, uid(live), "Orphan" if orphaned else "Background")
            except NotFound:
                return
        self._gone(look, path, uid(live))

    def _sets_of(self, one: Wanted, live: Obj) -> list[tuple[str, str]]:
        """The ReplicaSets of a Deployment, which would go on running its old pods under a new selector."""
        if one.kind != "Deployment":
            return []
        collection = f"/apis/apps/v1/namespaces/{one.namespace}/replicasets"
        owned = [
            found
            for found in self.cluster.api.list(collection).items
            if any(owner.get("uid") == uid(live) for owner in metadata(found).get("ownerReferences") or ())
        ]
        return [(f"{collection}/{metadata(found)['name']}", uid(found)) for found in owned]

    def _gone(self, look: Look, path: str, old: str) -> None:
        clock = self.cluster.api.clock
        began = clock.now()
        while True:
            found = self.cluster.get(path)
            if found is None or uid(found) != old:
                return
            waited = clock.now() - began
            if waited > GONE_SECONDS:
                finalizers = ", ".join(metadata(found).get("finalizers") or ()) or "no finalizer"
                raise ApplyFailed(look.address, f"the old one has not gone after {waited:.0f} s; it has {finalizers}")
            self.say(look.address, "waiting for the old one to go", waited)
            self.cluster.pause()

    def _established(self, definitions: Sequence[Wanted]) -> None:
        """Wait until the API serves new kinds."""
        clock = self.cluster.api.clock
        began = clock.now()
        for one in definitions:
            type_ = one.type
            while type_ is not None:
                found: dict[str, Any] = self.cluster.get(type_.path("", one.called)) or {"metadata": {}}
                if state_of(one.kind, found)[0] == "ready":
                    break
                if clock.now() - began > GONE_SECONDS:
                    raise ApplyFailed(f"kubernetes_object.{one.name}", "the API has not accepted the definition")
                self.cluster.pause()

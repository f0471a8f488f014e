# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Follow one workload: record the initial state, observe it repeatedly, and read more only when something is wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from ..kubernetes.client import Api
from ..kubernetes.clock import EventClock
from ..kubernetes.masking import MOST_LINES, last_lines
from ..kubernetes.objects import fingerprint, generation, name, spec, status, template_of, terminating, uid
from ..kubernetes.problems import Forbidden, NotFound, Refused
from ..kubernetes.values import Obj, Observed, Settings, Start, Verdict
from . import trim
from .judging.containers import PULLS, Context, statuses
from .judging.judge import KINDS, judge
from .mirror import Mirror, version_of
from .target import Target, selector

CLOSER_LOOK_SECONDS = 5.0
"""Minimum time between two reads of events, claims and nodes."""

LOST_CONTACT_SECONDS = 15.0
MOST_PODS_ASKED = 3
LOG_BYTES = 16384
APPEAR_SECONDS = 10.0
"""How long a newly created workload may be missing."""


class Watching:
    """One workload, from the first look to the verdict. Use from one thread; each mirror watches in its own thread."""

    def __init__(self, api: Api, bell: EventClock, target: Target, settings: Settings, verified: str | None) -> None:
        """``verified``: fingerprint of the last verified template; None if there is no record."""
        self.api, self.bell, self.target, self.settings = api, bell, target, settings
        self._extras: dict[str, Any] = {"events": (), "claims": (), "nodes": (), "logs": {}}
        self._looked_closer = -CLOSER_LOOK_SECONDS
        self._remembered: dict[tuple[str, str], str] = {}
        self._state: object = None
        self._awaited = 0
        self.notes: list[str] = []
        live = self._first_look()
        self._began = self._changed_at = api.clock.now()
        narrow = {"labelSelector": selector(live)}
        self.workload = Mirror(api, bell, target.collection, trim.everything, fieldSelector=f"metadata.name={target.name}")
        self.pods = Mirror(api, bell, target.pods, trim.pod, **narrow)
        part = trim.whole if target.kind == "Deployment" else trim.revision
        self.parts = Mirror(api, bell, target.parts, part, **narrow) if target.parts else None
        for mirror in self._mirrors():
            mirror.read()
        self._read_nodes()
        self.start = self._known(live, verified)
        for mirror in self._mirrors():
            mirror.follow()

    def _mirrors(self) -> list[Mirror]:
        return [mirror for mirror in (self.workload, self.parts, self.pods) if mirror is not None]

    def _first_look(self) -> dict[str, Any]:
        """Read the workload. After creation, it may take a moment to appear on every API server."""
        until = self.api.clock.now() + (APPEAR_SECONDS if self.target.uid else 0.0)
        while True:
            try:
                return self.api.get(self.target.path)
            except NotFound:
                if self.api.clock.now() >= until:
                    raise NotFound(f"there is no {self.target}") from None
                self.api.clock.pause(0.5)

    def _known(self, live: Obj, verified: str | None) -> Start:
        said = self.target
        template = fingerprint(template_of(live))
        changed = said.changed if verified is None else verified != template
        start = Start(
            kind=said.kind,
            name=said.name,
            namespace=said.namespace,
            uid=said.uid or uid(live),
            generation=said.generation or generation(live),
            template=fingerprint(said.template) if said.template else template,
            server_time=self.api.server_now(),
            nodes=frozenset(name(node) for node in self._extras["nodes"]) or None,
            changed=changed,
            changed_configs=said.changed_configs,
        )
        if changed or (changed is None and judge(start, self._seen(), replace(self.settings, max_restarts=10**9)).state != "success"):
            return start  # the new pods belong to this rollout: count all their restarts
        return replace(start, restarts=restart_counts(self.pods.things()))

    def again(self) -> None:
        """Reread everything: watches deliver only hints."""
        for mirror in self._mirrors():
            mirror.read()

    def check(self) -> None:
        """Read the workload directly. If the watch has not caught up with this read by the next check, it is dead: reread everything."""
        try:
            live = self.api.get(self.target.path)
        except NotFound:
            self.again()
            return
        if self._awaited and self.workload.behind(self._awaited):
            self.again()
        self._awaited = version_of(live)
        self.workload.take({"type": "MODIFIED", "object": live})

    def verdict(self, settings: Settings | None = None) -> Verdict:
        """Judge the current state. Before reporting a failure, and periodically while something is wrong, take a closer look first."""
        settings = settings or self.settings
        found = judge(self.start, self._seen(), settings)
        due = self.api.clock.now() - self._looked_closer >= CLOSER_LOOK_SECONDS
        if found.state in ("failure", "error") or (found.state == "in_progress" and due):
            self._look_closer(found)
            found = judge(self.start, self._seen(), settings)
        return replace(found, notes=(*found.notes, *self.notes))

    def _seen(self) -> Observed:
        now = self.api.clock.now()
        found = self.workload.things()
        parts = self.parts.things() if self.parts else []
        pods = self.pods.things()
        self._note_change(now, [*found, *parts, *pods])
        self._remember(pods)
        return Observed(
            workload=found[0] if found else None,
            server_time=self.api.server_now(),
            elapsed=now - self._began,
            quiet=now - self._changed_at,
            replica_sets=parts if self.target.kind == "Deployment" else (),
            revisions=parts if self.target.kind != "Deployment" else (),
            pods=pods,
            remembered=dict(self._remembered),
            **self._extras,
        )

    def _note_change(self, now: float, things: Sequence[Obj]) -> None:
        """Track the last change. A lost connection to the API server does not count as a quiet workload."""
        state = (sorted((uid(thing), version_of(thing)) for thing in things), len(self._extras["events"]))
        if state != self._state or now - self.api.last_answer > LOST_CONTACT_SECONDS:
            self._state, self._changed_at = state, now

    def _remember(self, pods: Sequence[Obj]) -> None:
        for pod in pods:
            for one in statuses(pod):
                waiting = (one.get("state") or {}).get("waiting") or {}
                if waiting.get("reason") in PULLS and waiting.get("reason") != "ImagePullBackOff" and waiting.get("message"):
                    self._remembered[(uid(pod), str(one.get("name")))] = str(waiting["message"])

    def _look_closer(self, found: Verdict) -> None:
        """Read events of the workload, its parts and its troubled pods; the claims they wait for; and, on failure, the last log lines."""
        self._looked_closer = self.api.clock.now()
        named = {trouble.about.removeprefix("pod ") for trouble in found.evidence if trouble.about.startswith("pod ")}
        pods = [pod for pod in self.pods.things() if name(pod) in named][:MOST_PODS_ASKED]
        parts = self.parts.things() if self.parts else []
        claims = [claim for pod in pods for claim in self._claims(pod)]
        asked = [*self.workload.things(), *(part for part in parts if status(part).get("replicas") is not None), *pods, *claims]
        self._extras["events"] = tuple(event for thing in asked for event in self._events(uid(thing)))
        self._extras["claims"] = tuple(claims)
        self._read_nodes()
        if found.state == "failure":
            wanted = {(trouble.about.removeprefix("pod "), trouble.container) for trouble in found.evidence if trouble.container}
            self._extras["logs"] = {pair: lines for pair in wanted if (lines := self._log(*pair))}

    def _events(self, wanted: str) -> list[dict[str, Any]]:
        return self._hint(lambda: self.api.list(self.target.events, fieldSelector=f"involvedObject.uid={wanted}").items, [])

    def _claims(self, pod: Obj) -> list[dict[str, Any]]:
        volumes = spec(pod).get("volumes") or ()
        wanted = [str((volume.get("persistentVolumeClaim") or {}).get("claimName") or "") for volume in volumes]
        wanted += [f"{name(pod)}-{volume.get('name')}" for volume in volumes if volume.get("ephemeral")]
        found = (self._hint(lambda path=one: self.api.get(f"{self.target.claims}/{path}"), {}) for one in wanted if one)
        return [trim.whole(claim) for claim in found if claim]

    def _read_nodes(self) -> None:
        if self.target.kind == "DaemonSet":
            self._extras["nodes"] = tuple(self._hint(lambda: [trim.node(node) for node in self.api.list("/api/v1/nodes").items], []))

    def _log(self, pod: str, container: str) -> tuple[str, ...]:
        """The end of the log of the container's previous run, or of the current run if there was none."""
        path = f"{self.target.pods}/{pod}/log"
        asked: Mapping[str, Any] = {"container": container, "tailLines": MOST_LINES, "limitBytes": LOG_BYTES}
        for more in ({"previous": "true"}, {}):
            text = self._hint(lambda extra=more: self.api.text(path, **asked, **extra), "")
            if text:
                return last_lines(text)
        return ()

    def _hint(self, read: Any, otherwise: Any) -> Any:
        """Make an optional read. Without permission, or if the read fails, judge without it."""
        try:
            return read()
        except Forbidden as problem:
            note = f"less can be said: {problem}"
            if note not in self.notes:
                self.notes.append(note)
        except (NotFound, Refused):
            pass
        return otherwise

    def live(self) -> dict[str, Any] | None:
        return next(iter(self.workload.things()), None)

    def new_pods(self) -> list[Obj]:
        """Pods of the new revision that are not terminating: the ones a probe should reach."""
        live = self.live()
        if live is None:
            return []
        context = Context(self.start, self._seen(), self.settings, ())
        return [pod for pod in KINDS[self.target.kind](live, context).pods if not terminating(pod)]

    def end(self) -> None:
        for mirror in self._mirrors():
            mirror.end()


def restart_counts(pods: Sequence[Obj]) -> dict[tuple[str, str], int]:
    return {(uid(pod), str(one.get("name"))): int(one.get("restartCount") or 0) for pod in pods for one in statuses(pod)}

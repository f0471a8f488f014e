# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Follow one workload: record the initial state, observe it repeatedly, and read more only when something is wrong."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from ..kubernetes.client import Api
from ..kubernetes.clock import EventClock
from ..kubernetes.masking import MOST_LINES, last_lines
from ..kubernetes.objects import (
    fingerprint,
    generation,
    metadata,
    moment,
    name,
    owned_by,
    release_of,
    spec,
    status,
    template_of,
    terminating,
    uid,
)
from ..kubernetes.problems import Forbidden, NotFound, Refused
from ..kubernetes.values import Baseline, Counts, Obj, Observed, Settings, Start, Verdict
from . import trim
from .judging import scalers
from .judging.context import Context
from .judging.job import is_complete
from .judging.judge import judge, looker
from .judging.look import Look
from .judging.scheduling import MAKING_ROOM
from .judging.signs import PULLS, Memory, container_statuses, waiting_reason
from .mirror import Mirror, version_of
from .target import Target, selector

CLOSER_LOOK_SECONDS = 5.0
"""Minimum time between two reads of events, claims and nodes."""

LOST_CONTACT_SECONDS = 15.0
MOST_PODS_ASKED = 3
LOG_BYTES = 16384
NEW_POD_SECONDS = 30.0
"""Restarts of a pod that was created so recently belong to this rollout even if they happened before the call."""

APPEAR_SECONDS = 10.0
"""How long a newly created workload may be missing."""


class Watching:
    """One workload, from the first look to the verdict. Use from one thread; each mirror watches in its own thread."""

    def __init__(self, api: Api, bell: EventClock, target: Target, settings: Settings, verified: str | None) -> None:
        """``verified``: fingerprint of the last verified template; None if there is no record."""
        target = with_plural(api, target)
        self.api, self.bell, self.target, self.settings = api, bell, target, settings
        self._extras: dict[str, Any] = {"events": (), "claims": (), "nodes": (), "logs": {}, "events_readable": True, "scalers": ()}
        self._looked_closer = -CLOSER_LOOK_SECONDS
        self._remembered: dict[tuple[str, str], str] = {}
        self._memory = Memory()
        self._others_unready: float | None = None
        self._completed = target.completed
        self._state: object = None
        self._awaited = 0
        self.notes: list[str] = []
        live = self._first_look()
        self._began = self._changed_at = api.clock.now()
        has_pods = bool(spec(live)) and not target.api_version
        narrow = {"labelSelector": selector(live)} if has_pods else {"fieldSelector": f"metadata.name={target.name}"}
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
                    if self.target.kind == "Job" and self.target.uid:
                        return {"metadata": {"uid": self.target.uid}}  # finished and cleaned up before the first look
                    raise NotFound(f"there is no {self.target}") from None
                self.api.clock.pause(0.5)

    def _known(self, live: Obj, verified: str | None) -> Start:
        said = self.target
        template = said.template or template_of(live)
        pods, server_time = self.pods.things(), self.api.server_now()
        return Start(
            kind=said.kind,
            name=said.name,
            namespace=said.namespace,
            uid=said.uid or uid(live),
            generation=said.generation or generation(live),
            template=release_of(template),
            exact=fingerprint(template),
            server_time=server_time,
            nodes=frozenset(name(node) for node in self._extras["nodes"]) or None,
            changed=said.changed if verified is None else verified != release_of(template_of(live)),
            changed_configs=said.changed_configs,
            restarts=earlier_restarts(pods, self.settings.max_restarts, server_time, self._made_by_apply()),
            first=verified is None and (generation(live) == 1 or (self.parts is not None and len(self._parts_of(live)) == 1)),
        )

    def _made_by_apply(self) -> float:
        """How old, in seconds, a pod may be whose whole history belongs to the caller's apply."""
        return self.settings.wait if self.target.changed and self.target.template else NEW_POD_SECONDS

    def _parts_of(self, live: Obj) -> list[Obj]:
        return owned_by(self.parts.things(), uid(live)) if self.parts else []

    def begin_bake(self, verdict: Verdict) -> None:
        """Compare from now on with the state at the end of the rollout."""
        self.start = replace(self.start, baseline=Baseline(verdict.counts.available, verdict.code, self.api.server_now()))

    def others_are_unready(self) -> None:
        """Another workload of the call is not ready yet."""
        self._others_unready = self.api.clock.now() - self._began

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
        """Judge the current state. Look closer before a failure, before a success that excuses nodes, and now and then in between."""
        settings = settings or self.settings
        found = judge(self.start, self._seen(), settings)
        due = self.api.clock.now() - self._looked_closer >= CLOSER_LOOK_SECONDS
        certain = found.state in ("failure", "error")
        nodes_matter = found.state == "success" and bool(found.facts.get("excused"))
        if certain or nodes_matter or (found.state == "in_progress" and due):
            self._look_closer(found)
            found = judge(self.start, self._seen(), settings)
        return replace(found, notes=(*found.notes, *self.notes))

    def _seen(self) -> Observed:
        now = self.api.clock.now()
        elapsed = now - self._began
        found = self.workload.things()
        parts = self.parts.things() if self.parts else []
        pods = self.pods.things()
        self._note_change(now, [*found, *parts, *pods])
        self._remember(elapsed, found, parts, pods)
        return Observed(
            workload=found[0] if found else None,
            server_time=self.api.server_now(),
            elapsed=elapsed,
            quiet=now - self._changed_at,
            replica_sets=parts if self.target.kind == "Deployment" else (),
            revisions=parts if self.target.kind != "Deployment" else (),
            pods=pods,
            remembered=dict(self._remembered),
            first_seen=self._memory.first_seen,
            failed_pulls=self._memory.failed_pulls,
            last_leaving=self._memory.last_leaving,
            others_unready=self._others_unready,
            completed=self._completed,
            **self._extras,
        )

    def _note_change(self, now: float, things: Sequence[Obj]) -> None:
        """Track the last change. A lost connection to the API server does not count as a quiet workload."""
        state = (sorted((uid(thing), version_of(thing)) for thing in things), len(self._extras["events"]))
        if state != self._state or now - self.api.last_answer > LOST_CONTACT_SECONDS:
            self._state, self._changed_at = state, now

    def _remember(self, elapsed: float, found: Sequence[Obj], parts: Sequence[Obj], pods: Sequence[Obj]) -> None:
        """Keep what later states hide: when a sign was first seen, the cause of a back-off, and that a Job has completed."""
        self._memory.note(elapsed, pods, parts if self.target.kind == "Deployment" else ())
        for pod in pods:
            for one in container_statuses(pod):
                reason, text = waiting_reason(one), ((one.get("state") or {}).get("waiting") or {}).get("message")
                if reason in PULLS and reason != "ImagePullBackOff" and text:
                    self._remembered[(uid(pod), str(one.get("name")))] = str(text)
        if self.target.kind == "Job" and found and uid(found[0]) == self.start.uid and is_complete(found[0]):
            self._completed = int(spec(found[0]).get("completions") or 1)

    def _look_closer(self, found: Verdict) -> None:
        """Read events of the workload, its parts and its troubled pods; the claims they wait for; and, on failure, the last log lines."""
        self._looked_closer = self.api.clock.now()
        named = {trouble.about.removeprefix("pod ") for trouble in found.evidence if trouble.about.startswith("pod ")}
        pods = [pod for pod in self.pods.things() if name(pod) in named][:MOST_PODS_ASKED]
        parts = self.parts.things() if self.parts else []
        claims = [claim for pod in pods for claim in self._claims(pod)]
        asked = [*self.workload.things(), *(part for part in parts if status(part).get("replicas") is not None), *pods, *claims]
        events = [event for thing in asked for event in self._events(f"involvedObject.uid={uid(thing)}")]
        if any(trouble.code == "unschedulable" for trouble in found.evidence):
            events += [event for reason in MAKING_ROOM for event in self._events(f"involvedObject.kind=Pod,reason={reason}")]
        self._extras["events"] = tuple({uid(event) or id(event): event for event in events}.values())
        self._extras["claims"] = tuple(claims)
        self._read_nodes()
        if found.code == "nothing_running":
            self._extras["scalers"] = tuple(self._scalers())
        if found.state == "failure":
            wanted = {(trouble.about.removeprefix("pod "), trouble.container) for trouble in found.evidence if trouble.container}
            self._extras["logs"] = {pair: lines for pair in wanted if (lines := self._log(*pair))}

    def _events(self, selected: str) -> list[dict[str, Any]]:
        try:
            found = self.api.list(self.target.events, fieldSelector=selected).items
        except Forbidden as problem:
            self._extras["events_readable"] = False
            self._note_missing(problem)
            return []
        except (NotFound, Refused):
            return []
        self._extras["events_readable"] = True
        return found

    def _scalers(self) -> Iterator[str]:
        """What may scale the workload to 0, in words. Most of these kinds do not exist in most clusters."""
        for words, path in scalers.PATHS.items():
            where = path.format(self.target.namespace)
            for one in self._hint(lambda asked=where: self.api.list(asked).items, []):
                if scalers.may_scale_to_zero(words, one, self.target.kind, self.target.name):
                    yield f"{words} {name(one)}"

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
            self._note_missing(problem)
        except (NotFound, Refused):
            pass
        return otherwise

    def _note_missing(self, problem: Forbidden) -> None:
        note = f"reasons may be less precise: {problem}"
        if note not in self.notes:
            self.notes.append(note)

    def live(self) -> dict[str, Any] | None:
        return next(iter(self.workload.things()), None)

    def new_pods(self) -> list[Obj]:
        """Pods of the new revision that are not terminating: the ones a probe should reach."""
        return [pod for pod in self._looked().pods if not terminating(pod)]

    def own_pods(self) -> list[Obj]:
        """Pods of the workload, of any revision."""
        look = self._looked()
        return [*look.pods, *look.leaving]

    def _looked(self) -> Look:
        live = self.live()
        if live is None:
            return Look(False, Counts(), "")
        return looker(self.target.kind)(live, Context(self.start, self._seen(), self.settings, ()))

    def end(self) -> None:
        for mirror in self._mirrors():
            mirror.end()


def with_plural(api: Api, target: Target) -> Target:
    """Ask the API for the name by which it lists a kind that is judged by the general rule."""
    if not target.api_version:
        return target
    kinds = api.get(f"/apis/{target.api_version}").get("resources") or ()
    plural = next((str(one["name"]) for one in kinds if one.get("kind") == target.kind and "/" not in str(one["name"])), "")
    if not plural:
        raise NotFound(f"the cluster has no kind {target.kind} in {target.api_version}")
    return replace(target, plural=plural)


def earlier_restarts(pods: Sequence[Obj], tolerated: int, now: datetime, new_seconds: float) -> dict[tuple[str, str], int]:
    """The restarts by container that do not count, because they happened before the call.

    All restarts of a pod that is younger than ``new_seconds`` count. What happened earlier is evidence only if it recurs: of a container
    that is in a back-off now, as many restarts are left over as are tolerated, so that one more is too many.
    """
    found = {}
    for pod in pods:
        created = moment(metadata(pod).get("creationTimestamp"))
        age = (now - created).total_seconds() if created else NEW_POD_SECONDS
        if age < new_seconds:
            continue
        for one in container_statuses(pod):
            restarts = int(one.get("restartCount") or 0)
            kept = tolerated if waiting_reason(one) == "CrashLoopBackOff" else 0
            found[(uid(pod), str(one.get("name")))] = max(0, restarts - kept)
    return found

# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A second backend for the engine: a small, strict in-memory world with no knowledge of AWS.

It refuses what a real service refuses: references to missing resources, deletion of referenced resources, and duplicate names. Every
refusal is recorded, so that a test can distinguish a correct order from one that only retries repaired. Faults are scripted by the number
of the mutating call.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.errors import AlreadyThere, Ambiguous, CallFailed, EngineError, NotYet
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.model import (
    KindDefaults,
    Observed,
    fixed,
    given,
    initial,
    later,
    mentions,
    secret,
    walk,
)
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.waiting import Stopped


class Killed(BaseException):
    """The process was killed: this call and all later ones never return."""


class FakeClock:
    """A clock that only waiting advances."""

    def __init__(self) -> None:
        self._now = 0.0
        self._lock = threading.Lock()
        self._stopped = False

    def now(self) -> float:
        with self._lock:
            return self._now

    def pause(self, seconds: float) -> None:
        with self._lock:
            if self._stopped:
                raise Stopped
            self._now += seconds

    def stop(self) -> None:
        self._stopped = True

    def on_stop(self, tell: Callable[[], None]) -> None:
        """A fake clock is never stopped during work."""


@dataclass
class AwsResource:
    id: str
    kind: str
    address: str
    properties: dict[str, Any]
    looks: int = 0
    state: str = "ready"
    owner: str = "us"
    """The owner of its mark: ours, another owner's, or none (empty)."""


@dataclass
class World:
    """Resources by ID, a log of mutating calls, the refusals, and the scheduled faults: {number of the mutating call: fault}."""

    things: dict[str, AwsResource] = field(default_factory=dict)
    log: list[tuple[str, str]] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    faults: dict[int, str] = field(default_factory=dict)
    slow: int = 0
    """The number of reads during which a new resource stays pending, if its kind is slow."""
    tokens: dict[str, str] = field(default_factory=dict)
    dead: bool = False
    lock: threading.RLock = field(default_factory=threading.RLock)
    count: int = 0
    busy: dict[str, int] = field(default_factory=dict)

    def mutate(self, verb: str, address: str, change: Any) -> Any:
        """Runs one mutating call with the scheduled fault, if any."""
        with self.lock:
            self._alive()
            self.count += 1
            fault = self.faults.get(len(self.log))
            self.log.append((verb, address))
            if fault == "killed before":
                self.dead = True
                raise Killed
            if fault == "lost before":
                raise Ambiguous("no answer", verb)
            if fault == "refused":
                raise CallFailed("not today", verb, "Refused")
            if fault == "not yet":
                raise NotYet("too early", verb, "Early")
            result = change()
            if fault == "killed after":
                self.dead = True
                raise Killed
            if fault == "lost after":
                raise Ambiguous("no answer", verb)
            return result

    def read(self) -> None:
        with self.lock:
            self._alive()

    def revive(self) -> None:
        self.dead = False
        self.faults.clear()

    def check_pointers(self, properties: Mapping[str, Any], verb: str) -> None:
        for leaf in walk(properties):
            if isinstance(leaf, str) and leaf.startswith("id-") and leaf not in self.things:
                self.refusals.append(f"{verb}: {leaf} does not exist")
                raise CallFailed(f"{leaf} does not exist", verb, "NotFound")

    def _alive(self) -> None:
        if self.dead:
            raise Killed


class FakeKind(KindDefaults):
    """Base of all fake kinds: references others through a fixed, a given, and late properties."""

    color = fixed()
    parent = fixed()
    size = given()
    peer = given()
    label = later()
    friends = later(canonical=sorted)
    buddy = later()
    seed = initial()
    password = secret()

    slow = False
    named = False
    lane: str | None = None

    def __init__(self, name: str, **changes: Any) -> None:
        self.name = name
        super().__init__()
        for key, value in changes.items():
            setattr(self, key, value)

    def find(self, world: World) -> list[Observed]:
        with world.lock:
            world.read()
            return [self._observed(thing) for thing in world.things.values() if thing.kind == self.name and thing.owner == "us"]

    def create(self, world: World, address: str, properties: Mapping[str, Any], token: str) -> Observed:
        def change() -> Observed:
            if self.repeatable and not self.named and token in world.tokens:
                return self._observed(world.things[world.tokens[token]])
            world.check_pointers(properties, f"create {address}")
            if self.named and any(t.address == address and t.kind == self.name for t in world.things.values()):
                raise AlreadyThere(f"{address} is there", "create")
            kept = {n: v for n, v in properties.items() if n not in ("seed", "password")}
            thing = AwsResource(f"id-{len(world.log)}-{world.count}", self.name, address, {"label": "factory", **kept})
            thing.state = "pending" if self.slow and world.slow else "ready"
            world.things[thing.id] = thing
            world.tokens[token] = thing.id
            return self._observed(thing)

        return world.mutate("create", address, change)

    def update(self, world: World, seen: Observed, properties: Mapping[str, Any]) -> None:
        def change() -> None:
            world.check_pointers(properties, f"update {seen.address}")
            if seen.id not in world.things:
                world.refusals.append(f"update of {seen.address}, which is gone")
                raise CallFailed("gone", "update", "NotFound")
            world.things[seen.id].properties.update(properties)

        world.mutate("update", seen.address, change)

    def delete(self, world: World, seen: Observed) -> None:
        def change() -> None:
            users = [t.address for t in world.things.values() if t.id != seen.id and mentions(t.properties, frozenset([seen.id]))]
            if users:
                world.refusals.append(f"delete of {seen.address}, which {users} point at")
                raise NotYet(f"{users} point at it", "delete", "InUse", dependency=True)
            world.things.pop(seen.id, None)

        world.mutate("delete", seen.address, change)

    def read(self, world: World, seen: Observed) -> Observed | None:
        with world.lock:
            world.read()
            thing = world.things.get(seen.id)
            if thing is None:
                return None
            if thing.state == "pending":
                thing.looks += 1
                if thing.looks >= world.slow:
                    thing.state = "ready"
            return self._observed(thing)

    def claim(self, world: World, seen: Observed, address: str) -> None:
        def change() -> None:
            if seen.id not in world.things:
                world.refusals.append(f"claim of {seen.id}, which is gone")
                raise CallFailed("gone", "claim", "NotFound")
            world.things[seen.id].owner = "us"
            world.things[seen.id].address = address

        world.mutate("claim", address, change)

    def look_up(self, world: World, identifier: str, address: str) -> Observed | None:
        with world.lock:
            world.read()
            if not identifier.startswith("id-"):
                raise EngineError(f"{identifier} is no identifier of a {self.name}")
            thing = world.things.get(identifier)
            return None if thing is None or thing.kind != self.name else self._stranger(thing, address)

    def holder(self, world: World, properties: Mapping[str, Any]) -> Observed | None:
        """The thing that already has this seed, which serves as a name here."""
        with world.lock:
            world.read()
            seed = properties.get("seed")
            taken = [t for t in world.things.values() if t.kind == self.name and seed and t.properties.get("seed") == seed]
            return self._stranger(taken[0], taken[0].address) if taken else None

    def _stranger(self, thing: AwsResource, address: str) -> Observed:
        mark = {"us": thing.address, "": ""}.get(thing.owner, f"{thing.owner} {thing.address}")
        return replace(self._observed(thing), address=address, marked=mark)

    def fresh(self, _seen: Observed) -> Mapping[str, Any]:
        return {"label": "factory"}

    def serialize_by(self, _properties: Mapping[str, Any]) -> str | None:
        return self.lane

    def _observed(self, thing: AwsResource) -> Observed:
        return Observed(self.name, thing.address, thing.id, dict(thing.properties), {"color": thing.properties.get("color")}, thing.state)


def kinds() -> dict[str, FakeKind]:
    """Four behaviors: name collisions; create before delete, with a token; neither token nor name; slow."""
    made = [
        FakeKind("plot", named=True, exclusive=True),
        FakeKind("house", create_first=True),
        FakeKind("room", repeatable=False, lane="rooms"),
        FakeKind("slow", slow=True),
    ]
    return {kind.name: kind for kind in made}

"""States that take time, such as pending before available. They are computed from the clock when they are read; nothing sleeps.

A kind of resource gets transitional states from a `Transition` in its service's file in `services/`. moto sets an object's settled state at
once; a descriptor in place of that attribute shows the transitional state until the kind's delay has passed.
"""

from __future__ import annotations

import importlib
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from rehearsal.declarations import Transition, collected, services

KINDS: Mapping[str, Transition] = collected("kind of resource", lambda service: ((kind.name, kind) for kind in service.transitions))


@dataclass(frozen=True)
class Step:
    """One state of a script. `seconds` None: it is permanent. `fields` are further members of the resource in responses."""

    state: str
    seconds: float | None = None
    fields: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Script:
    """The states of one resource, in place of the usual ones."""

    kind: str
    match: Mapping[str, Any]
    steps: tuple[Step, ...]
    installed: float

    @classmethod
    def parse(cls, values: Mapping[str, Any]) -> Script:
        """From {"kind", "match": {"id"|"name"|"tag": ...}, "states": [{"state", "seconds", "fields"}]}. Raises ValueError."""
        try:
            steps = tuple(Step(step["state"], step.get("seconds"), step.get("fields") or {}) for step in values["states"])
            kind, match = values["kind"], dict(values["match"])
        except (KeyError, TypeError) as error:
            raise ValueError(f"a script has kind, match and states, each state a `state`: {error}") from None
        if kind not in list(KINDS):
            raise ValueError(f"kind must be one of {', '.join(KINDS)}, not {kind!r}")
        if not steps or not match or set(match) - {"id", "name", "tag"}:
            raise ValueError("match must have id, name or tag, and states must not be empty")
        return cls(kind, match, steps, time.monotonic())

    def fits(self, kind: str, identity: str, tags: Mapping[str, str]) -> bool:
        wanted = dict(self.match.get("tag") or {})
        if "name" in self.match:
            wanted["Name"] = self.match["name"]
        return (
            self.kind == kind and self.match.get("id") in (None, identity) and all(tags.get(key) == value for key, value in wanted.items())
        )

    def step_at(self, elapsed: float) -> Step:
        """The step in effect this many seconds after the start; the last one is permanent."""
        for step in self.steps[:-1]:
            if step.seconds is None or elapsed < step.seconds:
                return step
            elapsed -= step.seconds
        return self.steps[-1]


class Scripts:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._scripts: list[Script] = []

    def add(self, script: Script) -> None:
        with self._lock:
            self._scripts.append(script)

    def clear(self) -> None:
        with self._lock:
            self._scripts.clear()

    def find(self, kind: str, identity: str, tags: Mapping[str, str]) -> Script | None:
        """The latest script for this resource."""
        if not self._scripts:
            return None
        with self._lock:
            return next((script for script in reversed(self._scripts) if script.fits(kind, identity, tags)), None)


@dataclass
class Delays:
    """The duration of each kind's transitions and of other delays, in seconds. `errors_of`: the error with which an EKS update fails.

    The others are the settings of these names.
    """

    seconds_for: Callable[[str], float] = lambda kind: 0.0
    patience_for: Callable[[str], float] = lambda name: 0.0
    leaked_interface_seconds: float = 0.0
    errors_of: Callable[[str], list[dict[str, Any]]] = lambda update: []
    clock_ahead_seconds: float = 0.0
    restorable_lag_seconds: float = 0.0
    secret_rotation_seconds: float = 0.0
    traffic_seconds: Mapping[str, float] = field(default_factory=lambda: {"registration": 0.0, "propagation": 0.0, "metrics": 60.0})
    termination_scale: float = 1.0


# One cloud per process; descriptors in moto's classes have no other access to these.
scripts = Scripts()
delays = Delays()


def moment() -> datetime:
    """Now, on the cloud's clock, which the setting `clock_ahead_seconds` can advance."""
    return datetime.now(UTC) + timedelta(seconds=delays.clock_ahead_seconds)


@dataclass
class _Timeline:
    settled: str
    via: str | None
    began: float
    delay: float

    def state(self, now: float) -> str:
        return self.via if self.via is not None and now < self.began + self.delay else self.settled


class TransitionalState:
    """Descriptor in place of a state attribute: the assigned state is reached after the kind's delay, with a transitional state until
    then.
    """

    def __init__(self, kind: Transition) -> None:
        self.kind = kind
        self.slot = f"_rehearsal_{kind.attribute}"

    def __set__(self, resource: Any, settled: str) -> None:
        via = self.kind.through.get(settled)
        began = time.monotonic()
        resource.__dict__[self.slot] = _Timeline(settled, via, began, delays.seconds_for(self.kind.name) if via else 0.0)

    def __get__(self, resource: Any, owner: Any = None) -> Any:
        if resource is None:
            return self
        step = self.scripted(resource)
        if step is not None:
            return step.state
        timeline: _Timeline = resource.__dict__[self.slot]
        if self.kind.given and getattr(resource, self.kind.given, False):
            return timeline.settled
        return timeline.state(time.monotonic())

    def scripted(self, resource: Any) -> Step | None:
        """The script step now in effect. Deleting a resource ends its script."""
        timeline: _Timeline = resource.__dict__[self.slot]
        if self.kind.through.get(timeline.settled, "").lower().startswith("delet"):
            return None
        script = scripts.find(self.kind.name, resource.id, tags_of(resource))
        if script is None:
            return None
        return script.step_at(time.monotonic() - max(timeline.began, script.installed))

    def settled_at(self, resource: Any) -> float:
        """When (on the monotonic clock) the resource reached, or will reach, its settled state."""
        timeline: _Timeline = resource.__dict__[self.slot]
        return timeline.began + timeline.delay


def tags_of(resource: Any) -> dict[str, str]:
    """The tags of one of moto's objects as a plain dict."""
    tags = resource.get_tags() if hasattr(resource, "get_tags") else getattr(resource, "tags", None) or []
    if isinstance(tags, Mapping):
        return dict(tags)
    return {tag.get("key", tag.get("Key")): tag.get("value", tag.get("Value")) for tag in tags}


def install(name: str) -> None:
    """Installs the descriptors in one service's classes."""
    for kind in services()[name].transitions:
        setattr(_owner(kind), kind.attribute, TransitionalState(kind))


def descriptor(name: str) -> TransitionalState:
    """The installed descriptor of a kind."""
    kind = KINDS[name]
    found = _owner(kind).__dict__[kind.attribute]
    assert isinstance(found, TransitionalState)
    return found


def extra_fields(resource: Any) -> Mapping[str, Any]:
    """Members that a script currently adds to the resource in responses."""
    found = next((item for item in type(resource).__mro__ for item in item.__dict__.values() if isinstance(item, TransitionalState)), None)
    step = found.scripted(resource) if found else None
    return step.fields if step else {}


def _owner(kind: Transition) -> Any:
    module, _, name = kind.owner.partition(":")
    return getattr(importlib.import_module(module), name)

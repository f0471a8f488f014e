# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the summary knows of a run, and how it reads a module's ``plan``.

The shapes are deliberately tolerant: a missing field or one of another type is read as absent, because a summary must never make a run look
broken.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeGuard

from .started import Started

FORMAT = 1
UNKNOWN = "(known after apply)"
SENSITIVE = "(sensitive)"
VERBS = ("create", "update", "replace", "delete")
FAIL_ON = "platform_fail_on is "
"""Prefix of the message of a task that fails only because of that variable; its plan is complete."""
INTERRUPTED = "mainstay.aws.interrupted"
"""Placeholder for the module's name in the reports of interrupted calls, which do not say which module it was."""


@dataclass(frozen=True)
class Change:
    """One property: ``before`` and ``after`` are plain data; None means "not set". Sensitive values are already masked here."""

    property: str
    before: Any = None
    after: Any = None
    forces_replacement: bool = False
    sensitive: bool = False


@dataclass(frozen=True)
class Action:
    """What happens, or happened, to one resource.

    ``asks_for``: the option that gives consent; empty if none is needed. ``deleted``: the existing resource has been deleted, regardless of
    the outcome of the rest of the action. ``region``: where the resource lives, if that is not the component's own region.
    """

    address: str
    kind: str
    action: str
    reason: str = ""
    consent: bool = True
    asks_for: str = ""
    hint: str = ""
    changes: tuple[Change, ...] = ()
    outcome: str = "planned"
    seconds: float | None = None
    id: str = ""
    deleted: bool = False
    region: str = ""

    @property
    def deferred(self) -> bool:
        """Left to another call: pending and not waited for (``begun``), or dependent on such a resource (``deferred``)."""
        return self.outcome in ("begun", "deferred")

    @property
    def held_back(self) -> bool:
        """Planned, but not allowed by the call: it is not carried out and does not count as planned."""
        return self.outcome == "held_back" or (self.outcome == "planned" and not self.consent)

    @property
    def blocks(self) -> bool:
        """A replacement without consent. As long as it is needed, an apply changes nothing in the component."""
        return self.held_back and self.action == "replace"

    @property
    def group(self) -> str:
        """First part of the resource's name: the network, cluster or bucket that it belongs to."""
        return self.address.partition(".")[2].partition("/")[0]


@dataclass(frozen=True)
class Wait:
    """The outcome of waiting for a resource that a call found pending and had no changes for."""

    outcome: str = ""
    seconds: float | None = None


@dataclass(frozen=True)
class Failure:
    """One error of a module call."""

    address: str = ""
    operation: str = ""
    code: str = ""
    message: str = ""
    hint: str = ""


@dataclass(frozen=True)
class Target:
    """Where a component lives. ``endpoint`` is empty for AWS itself."""

    environment: str = ""
    endpoint: str = ""
    account_id: str = ""
    region: str = ""
    caller: str = ""


@dataclass(frozen=True)
class Call:
    """One plan returned by one module call (one loop item of one task on one host)."""

    host: str
    component: str
    target: Target
    check_mode: bool
    module: str = ""
    item: str = ""
    actions: tuple[Action, ...] = ()
    errors: tuple[Failure, ...] = ()
    problems: tuple[Failure, ...] = ()
    notices: tuple[Failure, ...] = ()
    unchanged: int = 0
    seconds: float = 0.0
    reads: int = 0
    writes: int = 0
    note: str = ""
    state_after: str = ""
    waits: Mapping[str, Wait] = field(default_factory=dict)
    blocked: bool = False
    failed_on: str = ""


@dataclass(frozen=True)
class Component:
    """Everything that one component (host and name) planned, or did, in one mode.

    ``refused``: its module reports that an apply of this plan would change nothing, because of a problem. ``failed_on``: the value of
    platform_fail_on that made its task fail although the plan is complete. ``state_after``: how its failed run left it, in sentences, if
    another run does not simply continue.
    """

    host: str
    name: str
    target: Target
    check_mode: bool
    actions: tuple[Action, ...] = ()
    errors: tuple[Failure, ...] = ()
    problems: tuple[Failure, ...] = ()
    notices: tuple[Failure, ...] = ()
    unchanged: int = 0
    seconds: float = 0.0
    task_seconds: float = 0.0
    reads: int = 0
    writes: int = 0
    note: str = ""
    state_after: str = ""
    refused: bool = False
    failed_on: str = ""

    @property
    def blocked(self) -> bool:
        """Whether an apply of this plan would change nothing, although changes are pending."""
        return self.check_mode and (self.refused or any(action.blocks for action in self.actions))

    @property
    def title(self) -> str:
        """Host and component; only one of them if they are the same."""
        return self.host if self.host == self.name else f"{self.host}: {self.name}"


@dataclass(frozen=True)
class TaskNote:
    """A task without a plan that the summary mentions: changed, skipped, failed (``rescued``: the play handled it) or hidden."""

    host: str
    task: str
    count: int = 1
    check_mode: bool = False
    detail: str = ""
    rescued: bool = False


@dataclass(frozen=True)
class UnclaimedResource:
    """One resource that carries the environment's owner tag but belongs to no component of the inventory."""

    component: str = ""
    address: str = ""
    arn: str = ""


@dataclass(frozen=True)
class UnclaimedResources:
    """The unclaimed resources found in one place. If the search was denied, ``reason`` says why."""

    environment: str = ""
    region: str = ""
    looked: bool = True
    reason: str = ""
    resources: tuple[UnclaimedResource, ...] = ()


@dataclass(frozen=True)
class Report:
    """A whole run; the input of every renderer."""

    components: tuple[Component, ...] = ()
    changed: tuple[TaskNote, ...] = ()
    skipped: tuple[TaskNote, ...] = ()
    failed: tuple[TaskNote, ...] = ()
    hidden: tuple[TaskNote, ...] = ()
    seconds: float = 0.0
    unclaimed: tuple[UnclaimedResources, ...] = ()
    started: Started = field(default_factory=Started)

    @property
    def complete_hosts(self) -> frozenset[str]:
        """The hosts whose tasks failed only because of platform_fail_on; their plans are complete."""
        stopped = {note.host for note in self.failed} | {one.host for one in self.components if one.errors}
        return frozenset(one.host for one in self.components if one.failed_on) - stopped

    def in_mode(self, check_mode: bool) -> tuple[Component, ...]:
        """The components that ran in check mode, or those that ran for real."""
        return tuple(one for one in self.components if one.check_mode is check_mode)


def is_plan(value: Any) -> TypeGuard[Mapping[str, Any]]:
    """Whether the value is a plan in the format that this code reads."""
    return isinstance(value, Mapping) and value.get("format") == FORMAT


def read_plan(plan: Mapping[str, Any], host: str, module: str = "", item: str = "") -> Call:
    """Read a module's ``plan`` as a Call."""
    target, calls, counts = _mapping(plan, "target"), _mapping(plan, "api_calls"), _mapping(plan, "counts")
    return Call(
        host=host,
        component=_text(plan, "component") or host,
        target=Target(
            environment=_text(plan, "environment"),
            endpoint=_text(target, "endpoint"),
            account_id=_text(target, "account_id"),
            region=_text(target, "region"),
            caller=_text(target, "caller"),
        ),
        check_mode=bool(plan.get("check_mode")),
        module=module,
        item=item,
        actions=tuple(_action(one) for one in _mappings(plan, "actions") if one.get("action") in VERBS),
        errors=tuple(_failure(one) for one in _mappings(plan, "errors")),
        problems=tuple(_failure(one) for one in _mappings(plan, "problems")),
        notices=tuple(_failure(one) for one in _mappings(plan, "notices")),
        unchanged=int(_number(counts, "unchanged") or 0),
        seconds=_number(plan, "seconds") or 0.0,
        reads=int(_number(calls, "read") or 0),
        writes=int(_number(calls, "write") or 0),
        note=_text(plan, "note"),
        state_after=_text(plan, "state_after"),
        waits={_text(one, "address"): Wait(_text(one, "outcome"), _number(one, "seconds")) for one in _mappings(plan, "waits")},
        blocked=bool(plan.get("blocked")),
        failed_on=_text(plan, "failed_on"),
    )


def read_unclaimed(data: Mapping[str, Any]) -> UnclaimedResources:
    """Read the ``unclaimed`` of platform_unclaimed_info."""
    return UnclaimedResources(
        environment=_text(data, "environment"),
        region=_text(data, "region"),
        looked=data.get("looked") is not False,
        reason=_text(data, "reason"),
        resources=tuple(
            UnclaimedResource(*(_text(one, name) for name in ("component", "address", "arn"))) for one in _mappings(data, "resources")
        ),
    )


def _action(data: Mapping[str, Any]) -> Action:
    address = _text(data, "address")
    return Action(
        address=address,
        kind=_text(data, "kind") or address.partition(".")[0],
        action=_text(data, "action"),
        reason=_text(data, "reason"),
        consent=data.get("consent") is not False,
        asks_for=_text(data, "asks_for"),
        hint=_text(data, "hint"),
        changes=tuple(_change(one) for one in _mappings(data, "changes")),
        outcome=_text(data, "outcome") or "planned",
        seconds=_number(data, "seconds"),
        id=_text(data, "id"),
        deleted=bool(data.get("deleted")),
        region=_text(data, "region"),
    )


def _change(data: Mapping[str, Any]) -> Change:
    sensitive = bool(data.get("sensitive"))
    before, after = data.get("before"), data.get("shown", data.get("after"))
    return Change(
        property=_text(data, "property"),
        before=SENSITIVE if sensitive and before is not None else before,
        after=SENSITIVE if sensitive and after is not None else after,
        forces_replacement=bool(data.get("forces_replacement")),
        sensitive=sensitive,
    )


def _failure(data: Mapping[str, Any]) -> Failure:
    return Failure(*(_text(data, name) for name in ("address", "operation", "code", "message", "hint")))


def _text(data: Mapping[str, Any], name: str) -> str:
    value = data.get(name)
    return "" if value is None else str(value)


def _number(data: Mapping[str, Any], name: str) -> float | None:
    value = data.get(name)
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def _mapping(data: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = data.get(name)
    return value if isinstance(value, Mapping) else {}


def _mappings(data: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    value = data.get(name)
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, (list, tuple)) else []

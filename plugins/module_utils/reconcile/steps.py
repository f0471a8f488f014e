# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Execution: the life of one resource through its steps. run.py decides when each step runs."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from .claims import describe_holder, is_wanted, remedy_for_conflict
from .errors import AlreadyThere, Ambiguous, CallFailed, NotYet, TimedOut
from .graph import Graph, Step, claim_step, delete_step
from .model import UNKNOWN, Kind, Observed, Ref, Resource, resolve, without
from .planner import Action, Plan, differences
from .waiting import DELETED, Clock, Deferred, Patience, Progress, until

T = TypeVar("T")


@dataclass
class RunContext:
    """What every step needs. ``live`` is what exists now, by address; ``defer`` names the kinds that are started but not waited for."""

    plan: Plan
    graph: Graph
    kinds: Mapping[str, Kind]
    backend: Any
    clock: Clock
    patience: Patience
    progress: Progress
    run_id: str
    calls: threading.BoundedSemaphore
    defer: frozenset[str] = frozenset()
    live: dict[str, Observed] = field(default_factory=dict)
    fresh: set[str] = field(default_factory=set)
    creating: set[str] = field(default_factory=set)
    """Addresses whose create call has been sent and has no known outcome yet."""
    actions: dict[Step, Action] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for action in self.plan.actions:
            if action.desired:
                self.actions[Step("make", action.address)] = action
                self.actions[Step("finish", action.address)] = action
                if action.observed and not action.makes:
                    self.live[action.address] = action.observed
            if action.claims:
                self.actions[claim_step(action)] = action
            if action.remove and action.consent:
                self.actions[delete_step(action)] = action

    def in_flight(self) -> bool:
        """Whether something may have been created that ``live`` does not show."""
        return bool(self.creating)

    def lookup(self, reference: Ref) -> Any:
        target = self.live.get(reference.address)
        value = target.attribute(reference.attribute) if target else UNKNOWN
        if value == UNKNOWN:
            raise CallFailed(f"{reference.address} does not report its {reference.attribute}")
        return value

    def known_by_now(self, reference: Ref) -> Any:
        target = self.live.get(reference.address)
        return target.attribute(reference.attribute) if target else UNKNOWN

    def deadline(self, kind: Kind, verb: str) -> float:
        """Seconds allowed to "create", "update" or "delete" one."""
        return self.patience.timeout if self.patience.timeout is not None else kind.timeouts.get(verb, kind.timeout)

    def lane(self, step: Step) -> str | None:
        """The key of this step; steps with the same key must not run in parallel: see Kind.serialize_by."""
        action = self.actions.get(step)
        if action is None or action.verb == "none" or (action.verb == "update" and step.verb == "make"):
            return None
        verb = {"make": "create", "finish": "update", "delete": "delete"}.get(step.verb)
        if verb not in self.kinds[action.kind].serialized:
            return None
        seen = action.remove if step.verb == "delete" else None
        resource = action.desired
        properties = seen.properties if seen else resolve(resource.properties, self.known_by_now) if resource else {}
        return self.kinds[action.kind].serialize_by(properties)


def perform(context: RunContext, step: Step) -> None:
    """Carry out one step and return when its effect is in place.

    Raises the error that prevented it, or Deferred if the effect is not waited for.
    """
    if step.verb == "unlink":
        _unlink(context, step)
        return
    action = context.actions[step]
    kind = context.kinds[action.kind]
    if step.verb == "claim" and action.observed:
        _claim(context, kind, action.observed)
    elif step.verb == "delete" and action.remove:
        _delete(context, kind, action.remove)
        context.progress(action.remove.address, DELETED, 0.0)
    elif step.verb == "make" and action.desired:
        _make(context, kind, action, action.desired)
    elif step.verb == "finish" and action.desired:
        _finish(context, kind, action.desired)


def _call(context: RunContext, function: Callable[..., T], *args: Any) -> T:
    with context.calls:
        return function(context.backend, *args)


def _claim(context: RunContext, kind: Kind, seen: Observed) -> None:
    """Mark an existing resource as ours, under its address. Repeated after a lost reply, since it sets an absolute value."""
    last: CallFailed | None = None
    limit = context.deadline(kind, "update")
    for waited in until(context.clock, limit, context.patience.poll):
        try:
            _call(context, kind.claim, seen, seen.address)
        except Ambiguous as error:
            last = error
        except NotYet as error:
            last = _report_or_raise(context, seen.address, error, waited)
        else:
            if seen.address in context.live:
                context.live[seen.address] = replace(seen, marked=None)
            return
    raise _timed_out(f"{seen.id} could not be marked within {limit:g} s", last)


def _make(context: RunContext, kind: Kind, action: Action, resource: Resource) -> None:
    if action.makes:
        context.live[action.address] = _create(context, kind, action, resource)
        context.creating.discard(action.address)
    seen = context.live[action.address]
    _check_alive(seen)
    if seen.state == "pending":
        if action.kind in context.defer:
            raise Deferred
        ready = _wait_ready(context, kind, seen, "create" if action.makes else "update")
        context.live[action.address] = replace(ready, properties={**seen.properties, **ready.properties})


def _create(context: RunContext, kind: Kind, action: Action, resource: Resource) -> Observed:
    """Create a resource, in as many attempts as needed; adopts what an attempt without a reply created."""
    declared = kind.properties
    wanted = {n: resolve(v, context.lookup) for n, v in resource.properties.items() if declared[n].in_create}
    sent = {name: declared[name].target(value, None) for name, value in wanted.items()}
    token = hashlib.sha256(f"{context.run_id}|{action.address}".encode()).hexdigest()[:32]
    known = {seen.id for seen in context.plan.observed if seen.address == action.address}
    lost: CallFailed | None = None
    limit = context.deadline(kind, "create")
    for waited in until(context.clock, limit, context.patience.poll):
        try:
            made = _send_create(context, kind, action.address, sent, token)
        except Ambiguous as error:
            lost = error
            adopted = None if kind.repeatable else _look_again(context, kind, action.address, known, context.patience.settle)
        except AlreadyThere as error:
            lost = error
            adopted = _look_again(context, kind, action.address, known, context.patience.settle)
            if adopted is None:
                adopted = _settle_conflict(context, kind, action.address, sent, known, error)
        except NotYet as error:
            lost = _report_or_raise(context, action.address, error, waited)
            continue
        else:
            context.fresh.add(action.address)
            return made
        if adopted:
            _check_same(kind, adopted, wanted)
            return adopted
    raise _timed_out(f"could not be created within {limit:g} s", lost)


def _send_create(context: RunContext, kind: Kind, address: str, sent: Mapping[str, Any], token: str) -> Observed:
    """Send the create call. Until its outcome is known, the address counts as being created."""
    context.creating.add(address)
    try:
        return _call(context, kind.create, address, sent, token)
    except Ambiguous:
        raise
    except CallFailed:
        context.creating.discard(address)
        raise


def _settle_conflict(
    context: RunContext, kind: Kind, address: str, sent: Mapping[str, Any], known: set[str], error: AlreadyThere
) -> Observed:
    """The resource itself, if it exists although no list shows it. Otherwise raises the conflict error, with the conflicting resource and a
    remedy; if the lookup fails, the error is unchanged.
    """
    try:
        holder = _call(context, kind.holder, sent)
    except CallFailed:
        raise error from None
    if holder is None:
        raise error
    if is_wanted(address, holder) and holder.id not in known:
        return replace(holder, address=address, marked=None)
    message = f"{error.message.rstrip('.')}: {describe_holder(holder)}"
    raise AlreadyThere(message, error.operation, error.code, remedy_for_conflict(address, holder)) from error


def _report_or_raise(context: RunContext, address: str, error: NotYet, waited: float) -> NotYet:
    """Report a refusal that may pass; raise it if it lasts longer than propagation can take."""
    if waited > context.patience.settle and not error.dependency:
        raise error
    context.progress(address, f"not possible yet, retrying: {error.code or error.message}", waited)
    return error


def _timed_out(message: str, last: CallFailed | None) -> TimedOut:
    return TimedOut(f"{message}: {last.message}", last.operation, last.code) if last else TimedOut(message)


def _look_again(context: RunContext, kind: Kind, address: str, known: set[str], window: float) -> Observed | None:
    """Find a resource that now carries this address and did not exist before. Presence counts at once, absence only after the window."""
    for waited in until(context.clock, window, context.patience.poll):
        for seen in _call(context, kind.find):
            if seen.address == address and seen.id not in known and seen.state in ("ready", "pending"):
                return seen
        context.progress(address, "checking whether an unanswered call created it", waited)
    return None


def _check_same(kind: Kind, seen: Observed, wanted: Mapping[str, Any]) -> None:
    declared = {name: prop for name, prop in kind.properties.items() if prop.role == "fixed" and name in wanted}
    wrong = differences(declared, {name: wanted[name] for name in declared}, seen)
    if wrong:
        what = ", ".join(f"{change.property} is {change.before!r}, not {change.after!r}" for change in wrong)
        raise CallFailed(f"{seen.id} carries our owner mark for this address but {what}", hint="Run again to plan its replacement.")


def _check_alive(seen: Observed) -> None:
    if seen.state in ("failed", "deleting"):
        raise CallFailed(seen.reason or f"{seen.id} is now {seen.state}", hint="Run again to plan its replacement.")


def _wait_ready(context: RunContext, kind: Kind, seen: Observed, verb: str) -> Observed:
    current: Observed | None = seen
    limit = context.deadline(kind, verb)
    first_missing: float | None = None
    reason = ""
    for waited in until(context.clock, limit, context.patience.poll):
        current = _call(context, kind.read, seen)
        if current is None:
            first_missing = waited if first_missing is None else first_missing
            if waited - first_missing > context.patience.settle:
                raise CallFailed(f"{seen.id} disappeared while the run waited for it", hint="Run again.")
            continue
        first_missing = None
        if current.state == "ready":
            return replace(current, address=seen.address)
        _check_alive(current)
        reason = current.reason
        context.progress(seen.address, f"{current.state}: {reason}" if reason else current.state, waited)
    because = f": {reason}" if reason else ""
    raise TimedOut(f"{seen.id} was not ready within {limit:g} s{because}", hint="It may still become ready; run again to continue.")


def _finish(context: RunContext, kind: Kind, resource: Resource) -> None:
    """Set every changeable property: ``later`` ones after a create, drifted ones otherwise, all of them after an adoption."""
    roles = ("later",) if resource.address in context.fresh else ("given", "later")
    declared = {n: p for n, p in kind.properties.items() if p.role in roles and n in resource.properties}
    if not declared:
        return
    seen = context.live[resource.address]
    wanted = {name: resolve(resource.properties[name], context.lookup) for name in declared}
    changes = differences(declared, wanted, seen)
    if changes:
        values = {change.property: change.after for change in changes}
        partners = {partner for name in values for partner in kind.together.get(name, ())}
        values |= {name: declared[name].normal(wanted[name]) for name in partners - set(values) if name in wanted}
        context.live[resource.address] = _update(context, kind, seen, values)


def _update(context: RunContext, kind: Kind, seen: Observed, values: dict[str, Any]) -> Observed:
    """Set absolute values. After a lost reply, or a collision with an earlier attempt, read the resource and set what remains."""
    left = dict(values)
    last: CallFailed | None = None
    limit = context.deadline(kind, "update")
    for waited in until(context.clock, limit, context.patience.poll):
        try:
            _call(context, kind.update, seen, left)
        except (Ambiguous, AlreadyThere) as error:
            if isinstance(error, AlreadyThere) and waited > context.patience.settle:
                raise
            last = error
            seen = _call(context, kind.read, seen) or seen
            left = {name: left[name] for name in left if kind.properties[name].normal(seen.properties.get(name)) != left[name]}
            if left:
                continue
        except NotYet as error:
            last = _report_or_raise(context, seen.address, error, waited)
            continue
        if "update" in kind.settles:
            seen = _wait_ready(context, kind, seen, "update")
        elif any(name in values for names in kind.changing.values() for name in names):
            seen = _read_as_set(context, kind, seen, values)
        return seen.changed(values)
    raise _timed_out(f"{', '.join(left)} could not be set within {limit:g} s", last)


def _read_as_set(context: RunContext, kind: Kind, seen: Observed, values: Mapping[str, Any]) -> Observed:
    """Read an updated resource until it shows the update: other steps wait for an attribute that the update changes."""
    for waited in until(context.clock, context.patience.settle, context.patience.poll):
        current = _call(context, kind.read, seen)
        if current and all(kind.properties[name].normal(current.properties.get(name)) == value for name, value in values.items()):
            return replace(current, address=seen.address)
        context.progress(seen.address, "waiting until the change is visible", waited)
    raise TimedOut(f"{seen.id} did not show the change within {context.patience.settle:g} s", hint="Run again.")


def _unlink(context: RunContext, step: Step) -> None:
    seen, names = context.graph.unlinks[step]
    kind = context.kinds[seen.kind]
    dying = frozenset(names)
    changeable = {n for n, p in kind.properties.items() if p.role in ("given", "later") and not p.document}
    values = {n: without(v, dying) for n, v in seen.properties.items() if n in changeable and without(v, dying) != v}
    changed = _update(context, kind, seen, values)
    if context.live.get(step.address, changed).id == seen.id and Step("make", step.address) in context.actions:
        context.live[step.address] = changed


def _delete(context: RunContext, kind: Kind, seen: Observed) -> None:
    limit = context.deadline(kind, "delete")
    last: CallFailed | None = None
    for waited in until(context.clock, limit, context.patience.poll):
        try:
            if seen.state != "deleting":
                _call(context, kind.delete, seen)
            break
        except (Ambiguous, NotYet) as error:
            last = error
            context.progress(seen.address, f"deleting: {error.code or error.message}", waited)
    else:
        raise _timed_out(f"{seen.id} could not be deleted within {limit:g} s", last)
    if kind.ends_with_parent or ("delete" not in kind.settles and seen.state != "deleting"):
        return
    for waited in until(context.clock, limit, context.patience.poll):
        if _call(context, kind.read, seen) is None:
            return
        context.progress(seen.address, "deleting", waited)
    raise TimedOut(f"{seen.id} still existed {limit:g} s after it was deleted")

# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Planning: a pure function from desired and observed state to a plan. No clock, no calls, no backend."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from graphlib import CycleError, TopologicalSorter
from typing import Any, Literal

from .errors import EngineError
from .model import SENSITIVE, UNKNOWN, Kind, Observed, Property, Ref, Resource, is_unknown, mentions, refs_in, resolve

Verb = Literal["none", "create", "update", "replace", "delete"]


Destructive = Literal["replace", "delete"]


@dataclass(frozen=True)
class Consent:
    """What the caller allows: patterns of addresses (``fnmatch``) that may be replaced, and that may be deleted.

    A kind that holds data is covered only by a pattern that names it in full: ``database.*`` allows ``database.main``, ``*`` does not.
    ``everything``: everything may be deleted, because that is the purpose of the call. A purge pattern may also be the ID of one resource,
    which selects one of two that claim the same address. ``forced``: addresses to replace although nothing requires it; this is a request,
    not consent. ``component``: the prefix of a pattern suggested in a message.
    """

    replace: tuple[str, ...] = ()
    purge: tuple[str, ...] = ()
    everything: bool = False
    forced: tuple[str, ...] = ()
    component: str = field(default="", compare=False)

    def names(self, identity: str) -> bool:
        """Whether a purge pattern is the id of this resource."""
        return identity in self.purge

    def allows(self, verb: Destructive, kind: Kind, address: str, guard: str = "") -> bool:
        """Whether the resource at an address may be replaced or deleted. ``guard``: see Observed."""
        if verb == "delete" and self.everything and not guard:
            return True
        return any(_covers(pattern, kind, address, guard) for pattern in self._matching(verb, address))

    def too_wide(self, verb: Destructive, kind: Kind, address: str, guard: str = "") -> tuple[str, ...]:
        """The patterns that match but do not allow the action, because they are too general for a resource with data or a guard."""
        return tuple(pattern for pattern in self._matching(verb, address) if not _covers(pattern, kind, address, guard))

    def _matching(self, verb: Destructive, address: str) -> list[str]:
        return [pattern for pattern in (self.replace if verb == "replace" else self.purge) if fnmatchcase(address, pattern)]


def _covers(pattern: str, kind: Kind, address: str, guard: str) -> bool:
    if guard:
        return pattern == address
    return not kind.holds_data or pattern.partition(".")[0] == kind.name


MARK = "mark"
"""The name of an owner mark's change among the changes of an action. No property of a kind may have this name."""


@dataclass(frozen=True)
class Change:
    """One property that an action sets, in canonical form, ready for display.

    ``shown`` replaces ``after`` in output if that is not known yet: it names the resources that unknown values will come from.
    """

    property: str
    before: Any
    after: Any
    forces_replacement: bool = False
    sensitive: bool = False
    shown: Any = None


@dataclass(frozen=True)
class Action:
    """What happens to one address.

    ``remove`` is the existing resource that must go (the old one of a replacement, or one being deleted). ``changing`` names the attributes
    whose values are unknown until the change is made. ``asks`` names the verb that needs consent, given or not; empty if none is needed.
    ``too_wide``: see Consent.
    """

    verb: Verb
    address: str
    kind: str
    desired: Resource | None = None
    observed: Observed | None = None
    remove: Observed | None = None
    changes: tuple[Change, ...] = ()
    reason: str = ""
    consent: bool = True
    create_first: bool = False
    changing: tuple[str, ...] = ()
    asks: Destructive | Literal[""] = ""
    too_wide: tuple[str, ...] = ()

    @property
    def makes(self) -> bool:
        return self.verb in ("create", "replace")

    @property
    def claims(self) -> bool:
        """Whether the existing resource must be marked as ours, or with its new address, before anything else happens to it."""
        return self.desired is not None and self.observed is not None and self.observed.marked is not None


@dataclass(frozen=True)
class Plan:
    """Every action, unchanged resources included, in a valid order of creation."""

    actions: tuple[Action, ...] = ()
    observed: tuple[Observed, ...] = field(default=(), repr=False)

    @property
    def changes(self) -> tuple[Action, ...]:
        return tuple(action for action in self.actions if action.verb != "none")

    @property
    def permitted(self) -> tuple[Action, ...]:
        """The changes that an apply of this plan makes."""
        return tuple(action for action in self.changes if action.consent)

    @property
    def refused(self) -> tuple[Action, ...]:
        """Replacements that are needed but not allowed: a reason not to start."""
        return tuple(action for action in self.changes if action.verb == "replace" and not action.consent)

    def of(self, address: str) -> Action | None:
        """The action for a desired address."""
        return next((action for action in self.actions if action.address == address and action.desired), None)


def make_plan(desired: Sequence[Resource], observed: Sequence[Observed], kinds: Mapping[str, Kind], consent: Consent) -> Plan:
    """Decide what to do.

    Raises EngineError for an impossible desired state (unknown kind, duplicate address, reference to nothing, cycle) and for two live
    resources that carry one address, unless the kind creates replacements first: a person must decide, and the planner never picks one.
    """
    by_address = _checked(desired, kinds)
    groups: dict[str, list[Observed]] = {}
    for seen in observed:
        groups.setdefault(seen.address, []).append(seen)
    by_address = _with_kept_links(by_address, observed, kinds, consent)
    planner = _Planner(groups, kinds, consent)
    actions = [planner.decide(by_address[address]) for address in _order(by_address, kinds)]
    actions = _with_create_first([planner.settle(action) for action in actions], kinds)
    unwanted = [seen for address, group in groups.items() if address not in by_address for seen in group]
    actions += [_removal(seen, consent, kinds, superseded=True) for seen in planner.surplus]
    actions += [_removal(seen, consent, kinds, superseded=False) for seen in unwanted]
    return Plan(tuple(_held_back(actions)), tuple(observed))


class _Planner:
    """Two passes: ``decide`` what is created, replaced or kept, in creation order; then ``settle`` which properties are set."""

    def __init__(self, groups: Mapping[str, list[Observed]], kinds: Mapping[str, Kind], consent: Consent) -> None:
        self.groups = groups
        self.kinds = kinds
        self.consent = consent
        self.kept: dict[str, Observed] = {}
        self.wanted: dict[str, Resource] = {}
        self.surplus: list[Observed] = []

    def lookup(self, reference: Ref) -> Any:
        target = self.kept.get(reference.address)
        if target is None or self._changes_with_update(target, reference.attribute):
            return UNKNOWN
        return target.attribute(reference.attribute)

    def named(self, reference: Ref) -> Any:
        """The value of a reference as displayed: an unknown value names the resource it will come from."""
        value = self.lookup(reference)
        return f"{reference.address} {UNKNOWN}" if value == UNKNOWN else value

    def _changes_with_update(self, target: Observed, attribute: str) -> bool:
        """Whether this attribute of a kept resource will change when the resource's own changes are made."""
        names = self.kinds[target.kind].changing.get(attribute, ())
        resource = self.wanted[target.address]
        own = replace(resource, properties={name: value for name, value in resource.properties.items() if name in names})
        return bool(own.properties and self._differences(own, target, "given", "later"))

    def decide(self, resource: Resource) -> Action:
        address = resource.address
        self.wanted[address] = resource
        seen = self._choose(resource)
        action = Action("none", address, resource.kind, resource, seen)
        if seen is None:
            return replace(action, verb="create")
        if seen.state == "deleting":
            return replace(action, verb="create", observed=None, remove=seen, reason="the old one is still being deleted")
        forced = self._differences(resource, seen, "fixed")
        requested = address in self.consent.forced and seen.state != "failed"
        if not forced and not requested and seen.state != "failed":
            self.kept[address] = seen
            return action
        kind = self.kinds[resource.kind]
        needs_consent = bool(forced) or requested
        allowed = not needs_consent or self.consent.allows("replace", kind, address, seen.guard)
        changes = tuple(replace(change, forces_replacement=True) for change in forced)
        whence = f"{_claimed(seen)}; " if _claimed(seen) else ""
        return replace(
            action,
            verb="replace",
            remove=seen,
            changes=changes,
            reason=whence + _why(forced, requested, seen),
            consent=allowed,
            asks="replace" if needs_consent else "",
            too_wide=() if allowed else self.consent.too_wide("replace", kind, address, seen.guard),
        )

    def settle(self, action: Action) -> Action:
        if action.desired is None:
            return action
        if action.observed is None:
            return replace(action, changes=self._creation(action.desired))
        changes = _marking(action.observed) + action.changes + self._differences(action.desired, action.observed, "given", "later")
        reason = action.reason or _claimed(action.observed)
        verb: Verb = "update" if changes and action.verb == "none" else action.verb
        return replace(action, verb=verb, changes=changes, reason=reason, changing=self._changing(action.kind, changes))

    def _changing(self, kind: str, changes: Sequence[Change]) -> tuple[str, ...]:
        touched = {change.property for change in changes}
        return tuple(name for name, causes in self.kinds[kind].changing.items() if touched & set(causes))

    def _choose(self, resource: Resource) -> Observed | None:
        group = self.groups.get(resource.address, [])
        live = [seen for seen in group if seen.state in ("ready", "pending")]
        if len(live) > 1 and not self.kinds[resource.kind].create_first:
            kept = self._without_empty_twins(resource.address, live)
            self.surplus += [seen for seen in live if seen is not kept]
            group = [seen for seen in group if seen is kept or seen not in live]
            live = [kept]
        rank = {"ready": 0, "pending": 1, "failed": 2, "deleting": 3}
        best = min(group, key=lambda s: (len(self._differences(resource, s, "fixed")), rank[s.state], s.id), default=None)
        if live and best not in live:
            best = live[0]
        self.surplus += [seen for seen in group if seen is not best]
        return best

    def _without_empty_twins(self, address: str, live: Sequence[Observed]) -> Observed:
        """The one to keep of several live resources with the same address: the others are empty, and consent names them by ID."""
        others = [seen for group in self.groups.values() for seen in group if seen not in live]
        users = {seen.id: self._uses(seen, others) for seen in live}
        kept = [seen for seen in live if users[seen.id] or not names_by_id(self.consent, seen)]
        if len(kept) == 1:
            return kept[0]
        kind = self.kinds[live[0].kind]
        removable = not kind.ends_with_parent and not any(seen.named for seen in live)
        raise EngineError(_claimed_twice(address, users, self.consent, removable))

    def _uses(self, seen: Observed, others: Sequence[Observed]) -> list[str]:
        """The addresses of resources that refer to a resource, and of those it was later connected to, such as a route table's subnets."""
        names = seen.identifiers()
        declared = self.kinds[seen.kind].properties
        late = {name: value for name, value in seen.properties.items() if name in declared and declared[name].role == "later"}
        return [o.address for o in others if mentions(dict(o.properties), names) or mentions(late, o.identifiers())]

    def _creation(self, resource: Resource) -> tuple[Change, ...]:
        declared = self.kinds[resource.kind].properties
        return tuple(
            Change(name, None, SENSITIVE, sensitive=True)
            if declared[name].role == "secret"
            else self._named(Change(name, None, declared[name].target(resolve(value, self.lookup), None)), declared[name], value)
            for name, value in resource.properties.items()
        )

    def _named(self, change: Change, declared: Property, value: Any, before: Any = None) -> Change:
        """The change with the text that is displayed for unknown values. ``value``: the desired value, with its references."""
        if not is_unknown(change.after) or _all_references(value):
            return change
        shown = declared.target(resolve(value, self.named), before)
        return change if shown == change.after else replace(change, shown=shown)

    def _differences(self, resource: Resource, seen: Observed, *roles: str) -> tuple[Change, ...]:
        declared = {n: p for n, p in self.kinds[resource.kind].properties.items() if p.role in roles}
        found = differences(declared, {n: resolve(v, self.lookup) for n, v in resource.properties.items() if n in declared}, seen)
        return tuple(
            self._named(one, declared[one.property], resource.properties[one.property], seen.properties.get(one.property)) for one in found
        )


def _all_references(value: Any) -> bool:
    """Whether a value is a reference or a list of references. The name of such a property already says what the value will be."""
    return isinstance(value, Ref) or (isinstance(value, list | tuple) and all(isinstance(one, Ref) for one in value))


def _why(forced: Sequence[Change], requested: bool, seen: Observed) -> str:
    """Why a resource is replaced."""
    if forced:
        return f"{', '.join(change.property for change in forced)} cannot be changed in place"
    return "its replacement is requested" if requested else f"it has failed: {seen.reason or 'no reason given'}"


def names_by_id(consent: Consent, seen: Observed) -> bool:
    """Whether consent to delete names this resource by its ID. A user-chosen name would be ambiguous."""
    return not seen.named and consent.names(seen.id)


def _claimed_twice(address: str, users: Mapping[str, Sequence[str]], consent: Consent, removable: bool) -> str:
    """What is known about several live resources that claim the same address (their IDs, each with its users), and how to resolve it."""
    uses = {
        identity: f"{identity} is in use (with {found[0]}{f' and {len(found) - 1} more' if len(found) > 1 else ''})"
        if found
        else f"{identity} is empty (nothing of this component is connected to it)"
        for identity, found in sorted(users.items())
    }
    empty = [identity for identity in uses if not users[identity]]
    going = empty[1:] if len(empty) == len(uses) else empty
    remedy = "Delete or untag all but the one that should be kept."
    if removable and going and len(going) == len(uses) - 1:
        prefix = f"{consent.component}:" if consent.component else ""
        patterns = ", ".join(f"{prefix}{identity}" for identity in going)
        which = "an empty one" if len(empty) == len(uses) else "what is empty"
        remedy = f"To delete {which}, add {patterns} to platform_purge (option purge) for one run; or untag it to keep it."
    return f"{address} is claimed by {len(uses)} live resources: {'; '.join(uses.values())}. {remedy}"


def _marking(seen: Observed) -> tuple[Change, ...]:
    return () if seen.marked is None else (Change(MARK, seen.marked or None, seen.address),)


def _claimed(seen: Observed) -> str:
    """How a resource came to an address that it does not carry yet; empty for all others."""
    if seen.marked is None:
        return ""
    if not seen.marked:
        return "adopted"
    return f"moved from {seen.marked}" if seen.marked.startswith(f"{seen.kind}.") else f"adopted from {seen.marked}"


def differences(declared: Mapping[str, Property], wanted: Mapping[str, Any], seen: Observed) -> tuple[Change, ...]:
    """The compared properties among ``wanted`` whose target differs from the observed value. An unknown value always differs."""
    found = []
    for name, value in wanted.items():
        prop = declared[name]
        before = prop.normal(seen.properties.get(name))
        after = prop.target(value, seen.properties.get(name))
        if prop.compared and (after != before or is_unknown(value)):
            found.append(Change(name, before, after))
    return tuple(found)


def _checked(desired: Sequence[Resource], kinds: Mapping[str, Kind]) -> dict[str, Resource]:
    by_address: dict[str, Resource] = {}
    for resource in desired:
        if resource.kind not in kinds:
            raise EngineError(f"{resource.address}: no kind called {resource.kind} is registered; there are {', '.join(sorted(kinds))}")
        if resource.address in by_address:
            raise EngineError(f"{resource.address} is desired twice")
        if foreign := sorted(set(resource.properties) - set(kinds[resource.kind].properties)):
            raise EngineError(f"{resource.address}: {resource.kind} has no property {', '.join(foreign)}")
        by_address[resource.address] = resource
    for resource in desired:
        for address in [r.address for r in refs_in(dict(resource.properties))] + list(resource.after):
            if address not in by_address:
                raise EngineError(f"{resource.address} refers to {address}, which is not desired")
    return by_address


def _with_kept_links(
    desired: Mapping[str, Resource], observed: Sequence[Observed], kinds: Mapping[str, Kind], consent: Consent
) -> dict[str, Resource]:
    """The desired resources, with their links to resources that are no longer described but may not be deleted.

    A subnet that is held back keeps its route table and its network ACL: half a removal would be worse than none.
    """
    held = [seen for seen in observed if seen.address not in desired and seen.state != "deleting"]
    names = frozenset(
        name for seen in held if not consent.allows("delete", kinds[seen.kind], seen.address, seen.guard) for name in seen.identifiers()
    )
    found = dict(desired)
    for seen in observed:
        resource = found.get(seen.address)
        if not names or resource is None or not mentions(dict(seen.properties), names):
            continue
        links = {
            name: _joined(value, seen.properties.get(name), names)
            for name, value in resource.properties.items()
            if kinds[seen.kind].properties[name].role in ("given", "later")
        }
        found[seen.address] = replace(resource, properties={**resource.properties, **links})
    return found


def _joined(desired: Any, observed: Any, names: frozenset[str]) -> Any:
    """Add to a list or mapping the observed items that mention one of these names."""
    if isinstance(desired, Mapping) and isinstance(observed, Mapping):
        kept = {key: item for key, item in observed.items() if key not in desired and mentions((key, item), names)}
        return {**desired, **kept}
    if isinstance(desired, list | tuple) and isinstance(observed, list | tuple):
        return [*desired, *(item for item in observed if mentions(item, names) and item not in desired)]
    return desired


def create_references(resource: Resource, kind: Kind) -> list[Ref]:
    """The references whose values this resource's create call needs."""
    return [reference for name, value in resource.properties.items() if kind.properties[name].in_create for reference in refs_in(value)]


def create_needs(resource: Resource, kind: Kind) -> set[str]:
    """The addresses whose attributes this resource's create call needs."""
    return {reference.address for reference in create_references(resource, kind)}


def _order(desired: Mapping[str, Resource], kinds: Mapping[str, Kind]) -> list[str]:
    sorter = TopologicalSorter({a: create_needs(r, kinds[r.kind]) | set(r.after) for a, r in desired.items()})
    try:
        return list(sorter.static_order())
    except CycleError as error:
        raise EngineError("these need each other to be created first: " + " -> ".join(error.args[1])) from error


def _removal(seen: Observed, consent: Consent, kinds: Mapping[str, Kind], superseded: bool) -> Action:
    if seen.state == "deleting":
        return Action("delete", seen.address, seen.kind, remove=seen, reason="it is already being deleted")
    kind = kinds[seen.kind]
    shown = {n: p for n, p in kind.properties.items() if p.role != "secret" and seen.properties.get(n) is not None}
    changes = tuple(Change(n, p.normal(seen.properties[n]), None) for n, p in shown.items())
    by_id = names_by_id(consent, seen)
    replaces = superseded and not by_id and consent.allows("replace", kind, seen.address, seen.guard)
    asks: Destructive = "replace" if replaces else "delete"
    return Action(
        "delete",
        seen.address,
        seen.kind,
        observed=seen,
        remove=seen,
        changes=changes,
        reason="its id is among those to delete" if by_id else _removed_because(seen, superseded),
        consent=(allowed := by_id or consent.allows(asks, kind, seen.address, seen.guard)),
        asks="" if asks == "delete" and consent.everything and not seen.guard else asks,
        too_wide=() if allowed else consent.too_wide(asks, kind, seen.address, seen.guard),
    )


def _removed_because(seen: Observed, superseded: bool) -> str:
    reason = "an earlier replacement was not finished" if superseded else "it is no longer described"
    return f"{reason}; {seen.guard}" if seen.guard else reason


def _with_create_first(actions: Sequence[Action], kinds: Mapping[str, Kind]) -> list[Action]:
    """Mark the replacements that may create before they delete: their kind can, and they are not inside a resource deleted first."""
    replaced = {a.address: a.observed for a in actions if a.verb == "replace" and a.observed}
    first = {a.address for a in actions if a.verb == "replace" and kinds[a.kind].create_first and replaced[a.address].state != "failed"}
    todo = [seen for address, seen in replaced.items() if address not in first]
    while todo:
        names = todo.pop().identifiers()
        inside = {address for address in first if mentions(dict(replaced[address].properties), names)}
        first -= inside
        todo += [replaced[address] for address in inside]
    return [replace(action, create_first=action.address in first) for action in actions]


def _held_back(actions: list[Action]) -> list[Action]:
    """Withdraw consent from removals of resources that a remaining resource still uses."""
    staying = [a.observed for a in actions if not a.consent and a.observed]
    pending = True
    while pending:
        pending = False
        for index, action in enumerate(actions):
            if action.remove is None or not action.consent or action.remove.state == "deleting":
                continue
            user = next((s for s in staying if mentions(dict(s.properties), action.remove.identifiers())), None)
            if user is not None:
                actions[index] = replace(action, consent=False, reason=f"{action.reason}, but {user.address}, which stays, still uses it")
                staying.append(action.remove)
                pending = True
    return actions

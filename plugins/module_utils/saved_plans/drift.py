# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What prevents applying a saved plan: pure functions that compare the planned and the current state and return sentences.

An interrupted apply has itself changed the account. So a difference caused by the planned actions, in whole or in part, is not a reason to
refuse. Any other difference is, because the plan was made for a state that no longer exists.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..reconcile import report
from ..reconcile.engine import plan_only
from ..reconcile.model import UNKNOWN, Kind, Observed, Ref, Resource, mentions, resolve
from ..reconcile.planner import Consent, Plan
from .part import Context, Part, encoded_action, encoded_consent, encoded_desired, encoded_observed
from .sentences import differs, is_now
from .values import agrees, between, encode, masked, normal

AGAIN = "Make a new plan."
Kinds = Mapping[str, Kind]

LEADS_TO: Mapping[str, frozenset[str]] = {
    "create": frozenset({"create", "update", "replace"}),
    "replace": frozenset({"replace", "create", "update", "delete"}),
}
"""What may remain of an action that was started: an update finishes a creation, and a failed creation is replaced."""


def refusal(
    saved: Part, desired: Sequence[Resource], observed: Sequence[Observed], consent: Consent, context: Context, kinds: Kinds
) -> list[str]:
    """Why the plan must not be applied to the current state; empty if it may. Call this again after every new observation."""
    return (
        elsewhere(saved, context)
        or consent_differs(saved, consent)
        or desired_differs(saved, encoded_desired(desired, kinds, context.secrets), kinds)
        or moved(saved, desired, observed, kinds, context.secrets)
        or plans_differ(saved, desired, observed, consent, kinds, context.secrets)
    )


def elsewhere(saved: Part, context: Context) -> list[str]:
    """Another owner, account, region, or partition; a rehearsal instead of AWS, or AWS instead of a rehearsal."""
    planned, now = saved["target"], context.target
    found = [
        f"{name} is {now[name]}, but the plan was made for {planned[name]}"
        for name in ("account_id", "region", "partition")
        if planned[name] != now[name]
    ]
    found += [
        f"{name} is {context.identity[name]}, but the plan was made for {saved[name]}"
        for name in context.identity
        if saved[name] != context.identity[name]
    ]
    if bool(planned["endpoint"]) != bool(now["endpoint"]):
        sort = {True: "a rehearsal", False: "AWS"}
        found.append(f"this is {sort[bool(now['endpoint'])]}, but the plan was made for {sort[bool(planned['endpoint'])]}")
    return found


def consent_differs(saved: Part, consent: Consent) -> list[str]:
    now = encoded_consent(consent)
    planned = saved["consent"]
    return [f"{name} (platform_{name}) is {now[name]}, but was {planned[name]} when planned" for name in now if now[name] != planned[name]]


def desired_differs(saved: Part, desired: Sequence[Mapping[str, Any]], kinds: Kinds) -> list[str]:
    """What the inventory now describes differently from the plan."""
    planned, now = _by_name(saved["desired"]), _by_name(desired)
    found = [f"{address} was planned, but is no longer described" for address in planned if address not in now]
    found += [f"{address} is described now, but was not when planned" for address in now if address not in planned]
    for address in sorted(planned.keys() & now.keys()):
        before, after = planned[address], now[address]
        declared = kinds[after["kind"]].properties
        for name in sorted({*before["properties"], *after["properties"]}):
            old, new = before["properties"].get(name), after["properties"].get(name)
            if not agrees(old, new) and not agrees(_named(declared.get(name), old), _named(declared.get(name), new)):
                found.append(f"{address}: {name} is described differently: {differs(name, old, new)}")
        if before["after"] != after["after"]:
            found.append(f"{address}: it is to be created after {after['after']}, but was planned after {before['after']}")
    return found


def _named(prop: Any, value: Any) -> Any:
    """The normal form of a described value, with a string in place of each reference."""
    return normal(prop, _texts(value))


def _identifiers(seen: Mapping[str, Any]) -> frozenset[str]:
    """The strings by which others may refer to a resource that existed when the plan was made."""
    named = seen.get("named", False)
    return Observed(seen["kind"], seen["address"], seen["id"], attributes=seen["attributes"], named=named).identifiers()


def _texts(value: Any) -> Any:
    if isinstance(value, Mapping):
        return str(sorted(value.items())) if "$ref" in value else {key: _texts(item) for key, item in value.items()}
    return [_texts(item) for item in value] if isinstance(value, list) else value


def _by_name(resources: Sequence[Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    return {f"{one['kind']}.{one['name']}": one for one in resources}


@dataclass
class Scene:
    """The data that distinguishes the plan's own changes from all others."""

    saved: Part
    desired: Mapping[str, Resource]
    observed: Sequence[Observed]
    kinds: Kinds
    secrets: Collection[str]
    actions: dict[str, Mapping[str, Any]] = field(init=False)
    leaving: frozenset[tuple[str, str]] = field(init=False)
    names: frozenset[str] = field(init=False)
    live: dict[str, Observed] = field(init=False)

    def __post_init__(self) -> None:
        permitted = [action for action in self.saved["actions"] if action["consent"]]
        self.actions = {action["address"]: action for action in permitted if action["action"] != "delete"}
        going = {(action["address"], action["id"]) for action in permitted if action["action"] in ("delete", "replace")}
        self.leaving = frozenset(
            (seen["address"], seen["id"])
            for seen in self.saved["observed"]
            if seen["state"] == "deleting" or (seen["address"], seen["id"]) in going
        )
        self.names = frozenset(name for seen in self.saved["observed"] if self.is_leaving(seen) for name in _identifiers(seen))
        self.live = {seen.address: seen for seen in self.observed if (seen.address, seen.id) not in self.leaving}

    def is_leaving(self, seen: Mapping[str, Any]) -> bool:
        return (seen["address"], seen["id"]) in self.leaving

    def points_at_leaving(self, value: Any) -> bool:
        return bool(self.names) and mentions(value, self.names)

    def target(self, address: str, name: str, there: Any) -> Any:
        """The desired value of a described property, as far as the resources it refers to exist by now."""
        resource = self.desired[address]
        prop = self.kinds[resource.kind].properties[name]
        value = prop.target(resolve(resource.properties[name], self._lookup), there)
        return masked(encode(value), self.secrets)

    def _lookup(self, reference: Ref) -> Any:
        seen = self.live.get(reference.address)
        return seen.attribute(reference.attribute) if seen else UNKNOWN

    def described_otherwise(self, address: str, name: str) -> bool:
        """Whether the resource describes this value under another property of the kind, which is compared instead."""
        resource = self.desired.get(address)
        return (
            resource is not None
            and name not in resource.properties
            and self.kinds[resource.kind].alternatives.get(name) in resource.properties
        )

    def settled(self, address: str, name: str, there: Any) -> bool:
        """Whether a property is as described, by the kind's own comparison: tags that others may set do not count as a difference."""
        if address not in self.desired or name not in self.desired[address].properties:
            return False
        prop = self.kinds[self.desired[address].kind].properties[name]
        return bool(self.target(address, name, there) == normal(prop, there))


def moved(saved: Part, desired: Sequence[Resource], observed: Sequence[Observed], kinds: Kinds, secrets: Collection[str] = ()) -> list[str]:
    """Resources that are gone, new or changed since the plan was made, other than by the plan's own actions."""
    scene = Scene(saved, {resource.address: resource for resource in desired}, observed, kinds, secrets)
    then = {(one["address"], one["id"]): one for one in saved["observed"]}
    now = {(one["address"], one["id"]): one for one in encoded_observed(observed, desired, kinds, secrets)}
    found = [f"{key[0]} ({key[1]}) no longer exists" for key, seen in then.items() if key not in now and not scene.is_leaving(seen)]
    for key in sorted(now):
        found += _changed(scene, then[key], now[key]) if key in then else _appeared(scene, now[key])
    return found


def _changed(scene: Scene, before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """How one resource that the plan was based on has changed."""
    name = f"{now['address']} ({now['id']})"
    if now["state"] != before["state"]:
        expected = now["state"] == "deleting" if scene.is_leaving(before) else _comes_up(scene, before, now)
        if not expected:
            return [f"{name} was {before['state']} when planned, but is now {now['state']}"]
    found = []
    for prop in sorted({*before["properties"], *now["properties"]}):
        old, new = before["properties"].get(prop), now["properties"].get(prop)
        if not _explained(scene, before, prop, old, new):
            found.append(f"{name}: {prop} has changed: {differs(prop, old, new)}")
    return found


def _comes_up(scene: Scene, before: Mapping[str, Any], now: Mapping[str, Any]) -> bool:
    """Whether a pending resource became ready, or a resource is pending because of a planned action."""
    return (before["state"], now["state"]) == ("pending", "ready") or (now["state"] == "pending" and now["address"] in scene.actions)


def _explained(scene: Scene, before: Mapping[str, Any], name: str, old: Any, new: Any) -> bool:
    declared = scene.kinds[before["kind"]].properties.get(name)
    address = before["address"]
    old_normal, new_normal = normal(declared, old), normal(declared, new)
    if old_normal == new_normal or (before["state"] == "pending" and old is None):
        return True
    if scene.is_leaving(before):
        return between(old_normal, new_normal, None, lambda _item: True) or new is None
    if scene.settled(address, name, old) and scene.settled(address, name, new):
        return True
    if scene.described_otherwise(address, name):
        return True
    action = scene.actions.get(address, {"changes": ()})
    planned = any(change["property"] == name for change in action["changes"]) and address in scene.desired
    target = scene.target(address, name, old) if planned else old_normal
    return between(old_normal, new_normal, target, scene.points_at_leaving)


def _appeared(scene: Scene, now: Mapping[str, Any]) -> list[str]:
    """Check an owned resource that did not exist at plan time: the plan's actions create it, perhaps not completely yet, or it is
    unexpected.
    """
    name, address = f"{now['address']} ({now['id']})", now["address"]
    action = scene.actions.get(address)
    if action is None or action["action"] not in LEADS_TO or address not in scene.desired:
        return [f"{name} exists, but did not when planned"]
    if now["state"] == "failed":
        return []
    if now["state"] == "deleting":
        return [f"{name}, which the plan creates, is being deleted"]
    seen = next(one for one in scene.observed if (one.address, one.id) == (address, now["id"]))
    kind = scene.kinds[now["kind"]]
    fresh = {key: normal(kind.properties[key], encode(value)) for key, value in kind.fresh(seen).items()}
    # a resource that exists without a create call of ours is marked and configured like an adopted one
    set_afterwards = ("given", "later") if kind.ends_with_parent or kind.adopts_unmarked else ("later",)
    unclaimed = seen.marked == "" and (kind.ends_with_parent or kind.adopts_unmarked)
    found = []
    for prop in scene.desired[address].properties:
        declared = kind.properties[prop]
        if not declared.compared:
            continue
        there = normal(declared, now["properties"].get(prop))
        target = scene.target(address, prop, there)
        begun = declared.role in set_afterwards and (unclaimed or _under_way(fresh.get(prop), there, target))
        if there != target and not begun:
            found.append(f"{name}, which the plan creates: {prop} {is_now(prop, there, target)}")
    return found


def _under_way(fresh: Any, there: Any, target: Any) -> bool:
    """Whether a property that is set after the create call is between the value of a new resource and the described value."""
    return there in (fresh, None, False) or between(fresh, there, target, lambda _item: True)


def plans_differ(
    saved: Part, desired: Sequence[Resource], observed: Sequence[Observed], consent: Consent, kinds: Kinds, secrets: Collection[str] = ()
) -> list[str]:
    """What an apply would now do beyond the plan: another release of the collection may plan differently."""
    result = plan_only(desired, observed, kinds, consent)
    now = [encoded_action(action, secrets) for action in report.plan_dict(result, True)["actions"]]
    planned: dict[str, list[Mapping[str, Any]]] = {}
    for action in saved["actions"]:
        planned.setdefault(action["address"], []).append(action)
    found = []
    for action in now:
        before = [one for one in planned.get(action["address"], ()) if _leads_to(one, action)]
        if not before and (action["consent"] or action["action"] == "replace"):
            found.append(f"{action['address']}: the action {action['action']} was not planned")
        elif before:
            found += _values_differ(before[0], action)
    if encoded_observed(observed, desired, kinds, secrets) == saved["observed"]:
        left = {(one["address"], one["action"]) for one in now}
        found += [
            f"{one['address']}: the action {one['action']} was planned, but is not needed now"
            for one in saved["actions"]
            if (one["address"], one["action"]) not in left
        ]
    return [f"{one}; was the plan made by another release of the collection?" for one in found]


def _leads_to(planned: Mapping[str, Any], now: Mapping[str, Any]) -> bool:
    if planned["consent"] != now["consent"]:
        return False
    return planned["action"] == now["action"] or now["action"] in LEADS_TO.get(planned["action"], ())


def _values_differ(planned: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    before = {change["property"]: change["after"] for change in planned["changes"]}
    found = []
    for change in now["changes"]:
        name, after = change["property"], change["after"]
        if now["action"] == "delete":
            continue
        if name not in before and planned["action"] == "update":
            found.append(f"{now['address']}: the change of {name} was not planned")
        elif name in before and not agrees(before[name], after):
            found.append(f"{now['address']}: {name} would be set differently: {differs(name, before[name], after)}")
    return found


def carried_out(saved: Part, plan: Plan) -> tuple[int, int]:
    """(planned actions already done, planned actions). ``plan`` holds what an earlier apply of the same saved plan left to do."""
    permitted = [action["address"] for action in saved["actions"] if action["consent"]]
    left = {action.address for action in plan.permitted}
    return sum(address not in left for address in permitted), len(permitted)

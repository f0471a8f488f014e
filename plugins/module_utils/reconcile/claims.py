# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Takes over existing resources for addresses that their marks do not name yet: adoption, and renaming with ``moved``.

Nothing is changed here. The result is the observed state as the planner should see it, with ``Observed.marked`` set where a mark must be
written; the apply writes the mark before it changes the resource in any other way. An interrupted run therefore leaves each resource either
unchanged or ours, and entries that have been carried out have no further effect: ``adopt`` and ``moved`` entries may both stay in the
inventory.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ..text.foreign import is_plain, quoted
from .errors import CallFailed, EngineError, Failure, failure
from .model import UNKNOWN, Kind, Observed, Ref, Resource, is_unknown, refs_in, resolve
from .moves import moved
from .planner import Plan, differences
from .pool import Pool

UNLISTED = "NotListedYet"
"""The error code for a resource that already exists at its own address but is in no list."""


@dataclass(frozen=True)
class Adoption:
    """An address, the identifier of the resource that it takes over, and the resource's present owner, if it has one."""

    address: str
    id: str
    owner: str = ""

    def __str__(self) -> str:
        return f"adopt: {{{self.address}: {self.id}}}"


def take(
    adopt: Mapping[str, Any],
    moves: Mapping[str, Any],
    desired: Sequence[Resource],
    observed: Sequence[Observed],
    kinds: Mapping[str, Kind],
    backend: Any,
    replaceable: Callable[[Kind, str], bool],
) -> list[Observed]:
    """Return the observed state with all resources that ``moves`` renames and ``adopt`` takes over; raises EngineError with every problem.

    ``replaceable`` says whether a resource of a kind may be replaced at an address. If so, the resource to adopt may already be gone,
    deleted by an earlier run that was interrupted before it created the replacement.
    """
    problems: list[str] = []
    found = moved(moves, desired, observed, problems) if moves else list(observed)
    asked = [one for one in read(adopt, problems) if _open(one, desired, found, problems)]
    for one, seen in zip(asked, _looks(asked, kinds, backend, problems), strict=True):
        there = [s for s in found if s.address == one.address and s.state != "deleting"]
        if seen is None:
            if not there and not replaceable(kinds[_kind(one)], one.address):
                problems.append(f"{one}: there is no {_kind(one)} {one.id} in this account and region")
        elif isinstance(seen, Observed) and _fit(one, seen, there, problems):
            found.append(replace(seen, marked=None) if seen.marked == one.address else seen)
    if problems:
        raise EngineError("\n".join(problems))
    return found + _companions(desired, found, kinds, backend)


def read(adopt: Mapping[str, Any], problems: list[str]) -> list[Adoption]:
    """The entries of an ``adopt`` option, ``{address: id}`` or ``{address: {id: id, from: owner}}``."""
    found: list[Adoption] = []
    for address, value in adopt.items():
        given = value if isinstance(value, Mapping) else {"id": value}
        strings = all(isinstance(text, str) and text for text in given.values())
        if not strings or "id" not in given or set(given) - {"id", "from"}:
            problems.append(f"adopt: {{{address}: {value!r}}}: give an id, or {{id: ..., from: environment/component}}")
        else:
            found.append(Adoption(str(address), given["id"], given.get("from", "")))
    for one in found:
        others = [other.address for other in found if other.id == one.id and other.address != one.address and _kind(other) == _kind(one)]
        if others:
            problems.append(f"{one}: {', '.join(others)} would adopt it too; an id belongs to one address")
    return found


def describe_holder(holder: Observed) -> str:
    """Describe the conflicting resource: ``it conflicts with sg-1, which belongs to prod/legacy (security_group.main/nodes).``"""
    if is_ours(holder):
        return f"it conflicts with {quoted(holder.id)}, which belongs to this component as {quoted(holder.marked or '')}."
    owner, address = owner_of(holder)
    belongs = f"belongs to {quoted(owner)}" + (f" ({quoted(address)})" if address else "") if owner else "has no owner mark"
    return f"it conflicts with {quoted(holder.id)}, which {belongs}."


def remedy_for_conflict(address: str, holder: Observed) -> str:
    """What to do about a conflicting resource. Text from tags is suggested only if it is a valid name.

    A resource with this exact address is not a conflict: see ``is_wanted``.
    """
    if is_wanted(address, holder):
        return "It was created a moment ago, by an earlier run or by another one. Run again."
    if is_ours(holder):
        if not is_plain(holder.marked or ""):
            return "Correct its tag mainstay:address, which is no address, or delete it first."
        return f"Rename it with moved: {{{holder.marked}: {address}}}, or delete it first."
    owner, _address = owner_of(holder)
    if not is_plain(holder.id) or (owner and not is_plain(owner)):
        return "Correct its tags that begin with mainstay:, which name no owner, or remove it, or choose another name or range."
    entry = f"{{id: {holder.id}, from: {owner}}}" if owner else holder.id
    return f"Take it over with adopt: {{{address}: {entry}}}, or remove it, or choose another name or range."


def owner_of(seen: Observed) -> tuple[str, str]:
    """(owner, address) in the mark of another owner's resource; empty where it has none."""
    parts = (seen.marked or "").partition(" ")
    return parts[0], parts[2]


def whose(seen: Observed) -> str:
    """The mark of another owner's resource: ``prod/legacy subnet.old/a``."""
    return " ".join(quoted(part) for part in owner_of(seen) if part)


def find_conflicts(plan: Plan, kinds: Mapping[str, Kind], backend: Any) -> list[Failure]:
    """Find planned creations that would collide with another owner's resource, as far as this can be seen before the first change.

    Checks only resources that are to be created. A conflicting resource of ours may be about to be deleted; the apply handles that case.
    The code is UNLISTED if the resource to be created already exists: it was created a moment ago, and lists do not show it yet.
    """
    ours = {(seen.kind, seen.id) for seen in plan.observed}
    sent = {
        action.address: {change.property: change.after for change in action.changes if not is_unknown(change.after)}
        for action in plan.actions
        if action.verb == "create"
    }
    wanted = [action for action in plan.actions if action.address in sent]
    if not wanted:
        return []
    with Pool(max_workers=16, thread_name_prefix="holders") as pool:
        looks = [pool.submit(_holder, kinds[action.kind], backend, sent[action.address]) for action in wanted]
        found = [(action.address, look.result()) for action, look in zip(wanted, looks, strict=True)]
    strangers = [(address, holder) for address, holder in found if holder is not None and (holder.kind, holder.id) not in ours]
    return [
        Failure(
            address,
            "",
            UNLISTED if is_wanted(address, holder) else "NameHeld",
            describe_holder(holder),
            remedy_for_conflict(address, holder),
        )
        for address, holder in strangers
    ]


def _holder(kind: Kind, backend: Any, properties: Mapping[str, Any]) -> Observed | None:
    """Return the resource that holds a name; None if the lookup is refused, since the create call will then report the conflict."""
    try:
        return kind.holder(backend, properties)
    except CallFailed:
        return None


def _companions(desired: Sequence[Resource], observed: Sequence[Observed], kinds: Mapping[str, Kind], backend: Any) -> list[Observed]:
    """Find resources that exist without our create call: made with an existing parent, such as a VPC's default group, or by AWS itself.

    They are treated like adopted resources, so that the plan shows what happens to them. A resource with another owner's mark is left alone
    and reported as a conflict; one whose parent must be replaced goes with the parent.
    """
    there = {seen.address: seen for seen in observed if seen.state != "deleting"}
    wanted = {resource.address: resource for resource in desired}

    def lookup(reference: Ref) -> Any:
        parent = there.get(reference.address)
        stays = parent is not None and not _replaced(wanted[reference.address], parent, kinds[parent.kind])
        return parent.attribute(reference.attribute) if parent and stays else UNKNOWN

    found = []
    for resource in desired:
        kind = kinds[resource.kind]
        if (kind.ends_with_parent or kind.adopts_unmarked) and resource.address not in there:
            known = {name: resolve(value, lookup) for name, value in resource.properties.items()}
            seen = kinds[resource.kind].holder(backend, {name: value for name, value in known.items() if not is_unknown(value)})
            if seen is not None and not seen.marked:
                found.append(replace(seen, address=resource.address))
    return found


def _replaced(resource: Resource, seen: Observed, kind: Kind) -> bool:
    """Whether a property given without a reference differs and cannot be changed in place."""
    plain = {name: value for name, value in resource.properties.items() if not refs_in(value) and kind.properties[name].role == "fixed"}
    return bool(differences(kind.properties, plain, seen))


def is_wanted(address: str, holder: Observed) -> bool:
    """Whether a resource found by ``holder`` is the one to be created, which lists do not show yet."""
    return is_ours(holder) and holder.marked == address and holder.state in ("ready", "pending")


def is_ours(seen: Observed) -> bool:
    """Whether a resource found by ``look_up`` or ``holder`` carries our mark."""
    return bool(seen.marked and seen.marked.startswith(f"{seen.kind}."))


def _kind(one: Adoption) -> str:
    return one.address.partition(".")[0]


def _open(one: Adoption, desired: Sequence[Resource], observed: Sequence[Observed], problems: list[str]) -> bool:
    """Whether an entry still needs a lookup: not if it is done, nor if its error is evident without one."""
    addresses = [resource.address for resource in desired]
    if one.address not in addresses:
        close = difflib.get_close_matches(one.address, addresses, n=1)
        problems.append(f"{one}: no described resource has this address" + (f"; did you mean {close[0]}?" if close else ""))
        return False
    ours = next((seen for seen in observed if seen.id == one.id and seen.kind == _kind(one)), None)
    if ours is not None and ours.address != one.address:
        way = f"rename it with moved: {{{ours.address}: {one.address}}}" if is_plain(ours.address) else "correct its tag mainstay:address"
        problems.append(f"{one}: this component already owns it as {quoted(ours.address)}; {way}")
    return ours is None


def _looks(
    asked: Sequence[Adoption], kinds: Mapping[str, Kind], backend: Any, problems: list[str]
) -> list[Observed | BaseException | None]:
    """Look up the resource that each entry names, in parallel; a failed lookup returns its exception and adds a message to ``problems``."""

    def look(one: Adoption) -> Observed | BaseException | None:
        try:
            return kinds[_kind(one)].look_up(backend, one.id, one.address)
        except (EngineError, CallFailed) as error:
            return error

    if not asked:
        return []
    with Pool(max_workers=16, thread_name_prefix="adopt") as pool:
        found = list(pool.map(look, asked))
    for one, seen in zip(asked, found, strict=True):
        if isinstance(seen, BaseException):
            problems.append(f"{one}: {seen if isinstance(seen, EngineError) else failure('', seen)}")
    return found


def _fit(one: Adoption, seen: Observed, there: Sequence[Observed], problems: list[str]) -> bool:
    """Whether an entry may take over the resource that was found."""
    owner = (seen.marked or "").partition(" ")[0]
    if there:
        names = ", ".join(sorted(other.id for other in there))
        problems.append(f"{one}: {one.address} already exists: {names}. Remove the entry, or delete that resource first.")
    elif seen.state in ("failed", "deleting"):
        problems.append(
            f"{one}: it is {seen.state}" + (f" ({seen.reason})" if seen.reason else "") + "; only a working resource can be adopted"
        )
    elif owner not in ("", one.address, one.owner):
        entry = f"adopt: {{{one.address}: {{id: {one.id}, from: {owner}}}}}"
        way = f". To take it over from there, write {entry}" if is_plain(owner) else ". That is no valid owner; correct its tags"
        problems.append(f"{one}: it belongs to {whose(seen)}, but the entry names {one.owner or 'no owner'}{way}")
    else:
        return True
    return False

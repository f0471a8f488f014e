# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Ordering: a pure function from a plan to a graph of steps.

Each desired resource has two steps: *make* (create it and wait until it is ready) and *finish* (set what the create call could not carry).
Each resource to be removed has a *delete* step. If a resource that stays, or is deleted later, refers to one being deleted, an *unlink*
step removes the reference first. A resource taken over for an address that its mark does not name yet has a *claim* step, which marks it
before anything else happens to it. There are no other steps: cycles between resources dissolve because a make waits only for makes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from .errors import EngineError
from .model import Kind, Observed, Ref, Resource, mentions, refs_in
from .planner import Action, Plan, create_references


class Step(NamedTuple):
    """A node of the graph. ``id`` distinguishes resources that carry one address; it is empty for make and finish."""

    verb: Literal["claim", "make", "finish", "unlink", "delete"]
    address: str
    id: str = ""

    def __str__(self) -> str:
        return f"{self.verb} {self.address}"


@dataclass
class Graph:
    """Steps, each with the steps it waits for."""

    needs: dict[Step, set[Step]] = field(default_factory=dict)
    unlinks: dict[Step, tuple[Observed, set[str]]] = field(default_factory=dict)
    """What each unlink step changes: the referring resource, and the identifiers that it must no longer mention."""

    def add(self, step: Step, *needs: Step) -> None:
        self.needs.setdefault(step, set()).update(needs)
        for need in needs:
            self.needs.setdefault(need, set())

    def waits_for(self, step: Step, other: Step) -> bool:
        """Whether ``step`` cannot start before ``other`` has ended."""
        seen: set[Step] = set()
        todo = [step]
        while todo:
            current = todo.pop()
            if current == other:
                return True
            if current not in seen:
                seen.add(current)
                todo.extend(self.needs.get(current, ()))
        return False

    def try_add(self, step: Step, need: Step) -> bool:
        """Make ``step`` wait for ``need`` unless that would create a cycle; returns whether it does."""
        if self.waits_for(need, step):
            return False
        self.add(step, need)
        return True


def build(plan: Plan, kinds: Mapping[str, Kind]) -> Graph:
    """Build the graph of everything that ``plan`` permits. Raises EngineError, naming the steps, if no order exists."""
    graph = Graph()
    held = {id(action) for action in plan.refused}
    wanted = [action for action in plan.actions if action.desired and id(action) not in held]
    for action in wanted:
        if action.desired:
            _add_making(graph, action, action.desired, kinds)
    dying = [action for action in plan.actions if action.consent and action.remove]
    for action in dying:
        _add_deletion(graph, action)
    stays = [a for a in wanted if a.observed and not a.remove]
    for action in dying:
        _add_users_by_birth(graph, action, dying, kinds)
        _add_deleted_after(graph, action, dying, kinds)
    for action in wanted:
        if action.makes and kinds[action.kind].exclusive:
            _add_vacated(graph, action, dying)
    for action in dying:
        _add_users_by_choice(graph, action, dying, stays, kinds)
    for action in wanted:
        if action.claims:
            _add_claim(graph, action)
    _check(graph)
    return graph


def delete_step(action: Action) -> Step:
    return Step("delete", action.address, action.remove.id if action.remove else "")


def _add_making(graph: Graph, action: Action, resource: Resource, kinds: Mapping[str, Kind]) -> None:
    make, finish = Step("make", action.address), Step("finish", action.address)
    graph.add(finish, make)
    early = create_references(resource, kinds[resource.kind]) if action.makes else []
    graph.add(make, *(_provider(reference, kinds) for reference in early))
    graph.add(finish, *(_provider(reference, kinds) for reference in refs_in(dict(resource.properties))))
    graph.add(make if action.makes else finish, *(Step("finish", address) for address in resource.after))


def _provider(reference: Ref, kinds: Mapping[str, Kind]) -> Step:
    """The step after which a referenced attribute is known: finish for attributes that updates change, make for all others."""
    kind = kinds[reference.address.partition(".")[0]]
    return Step("finish" if reference.attribute in kind.changing else "make", reference.address)


def claim_step(action: Action) -> Step:
    return Step("claim", action.address, action.observed.id if action.observed else "")


def _add_claim(graph: Graph, action: Action) -> None:
    """The mark comes first, so that the next run recognizes the resource as ours, whatever an interrupted run did to it."""
    claim = claim_step(action)
    unlink = Step("unlink", action.address, claim.id)
    for step in (Step("make", action.address), *([delete_step(action)] if action.remove else []), unlink):
        if step in graph.needs:
            graph.add(step, claim)


def _add_deletion(graph: Graph, action: Action) -> None:
    delete = delete_step(action)
    graph.add(delete)
    if action.desired is None:
        return
    if action.create_first:
        graph.add(delete, Step("finish", action.address))
    else:
        graph.add(Step("make", action.address), delete)


def _add_users_by_birth(graph: Graph, action: Action, dying: Iterable[Action], kinds: Mapping[str, Kind]) -> None:
    """Delete first every resource that was created with a reference to this one and cannot change it."""
    for user in dying:
        if _other(user, action) and _points(user.remove, action.remove, kinds, changeable=False):
            graph.add(delete_step(action), delete_step(user))


def _add_users_by_choice(graph: Graph, action: Action, dying: Iterable[Action], stays: Iterable[Action], kinds: Mapping[str, Kind]) -> None:
    """Delete or unlink first every resource that refers to this one and can change the reference.

    A resource that stays must drop its reference; in a cycle of deletions, one of the resources must.
    """
    delete = delete_step(action)
    for user in dying:
        points = _points(user.remove, action.remove, kinds, changeable=True) if _other(user, action) else set()
        if not points or user.remove is None or graph.waits_for(delete, delete_step(user)) or graph.try_add(delete, delete_step(user)):
            continue
        if _binding(user.remove, points, kinds):
            _unlink(graph, user.remove, action, before=delete_step(user))
    for user in stays:
        pointers = _binding(user.observed, _points(user.observed, action.remove, kinds, changeable=True), kinds)
        if pointers and user.observed and user.desired:
            finish = Step("finish", user.address)
            comes_back = action.desired is not None and not action.create_first
            redirected = pointers <= set(user.desired.properties)
            if comes_back or not redirected or not graph.try_add(delete, finish):
                _unlink(graph, user.observed, action, before=finish)


def _other(user: Action, action: Action) -> bool:
    return user.remove is not action.remove


def _points(user: Observed | None, target: Observed | None, kinds: Mapping[str, Kind], changeable: bool) -> set[str]:
    """The properties in which ``user`` mentions ``target``: those that can be changed or those that cannot, as ``changeable`` says."""
    if user is None or target is None:
        return set()
    names = target.identifiers()
    declared = kinds[user.kind].properties
    return {
        name
        for name, value in user.properties.items()
        if (name in declared and declared[name].role in ("given", "later")) is changeable and mentions(value, names)
    }


def _binding(user: Observed | None, names: set[str], kinds: Mapping[str, Kind]) -> set[str]:
    """The properties whose references must be removed before the resource they refer to. Documents only mention resources, so they do not
    count."""
    return {name for name in names if user is not None and not kinds[user.kind].properties[name].document}


def _unlink(graph: Graph, user: Observed, action: Action, before: Step) -> None:
    """Remove from ``user`` every mention of what ``action`` deletes, before that deletion and before any other change to the user."""
    unlink = Step("unlink", user.address, user.id)
    names = action.remove.identifiers() if action.remove else frozenset()
    graph.unlinks.setdefault(unlink, (user, set()))[1].update(names)
    graph.add(delete_step(action), unlink)
    graph.add(before, unlink)


def _add_deleted_after(graph: Graph, action: Action, dying: Iterable[Action], kinds: Mapping[str, Kind]) -> None:
    for other in dying:
        if other.kind in kinds[action.kind].deleted_after:
            graph.try_add(delete_step(action), delete_step(other))


def _add_vacated(graph: Graph, action: Action, dying: Iterable[Action]) -> None:
    """A new resource may need the name or range of one being deleted: two subnets that swap their blocks, a group that is renamed."""
    if not action.create_first:
        for other in dying:
            if other.kind == action.kind:
                graph.try_add(Step("make", action.address), delete_step(other))


def _check(graph: Graph) -> None:
    waiting = {step: set(needs) for step, needs in graph.needs.items()}
    free = [step for step, needs in waiting.items() if not needs]
    users: dict[Step, list[Step]] = {}
    for step, needs in waiting.items():
        for need in needs:
            users.setdefault(need, []).append(step)
    while free:
        done = free.pop()
        waiting.pop(done)
        for user in users.get(done, ()):
            waiting[user].discard(done)
            if not waiting[user]:
                free.append(user)
    if waiting:
        raise EngineError("circular dependency between: " + ", ".join(sorted(map(str, waiting))))

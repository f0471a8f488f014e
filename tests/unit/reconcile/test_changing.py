# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Attributes that an update changes, updates that wait for each other, and dependents of a replaced resource.

The world is a small cluster: a template whose edition changes with its size, a cluster, and its contents.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.engine import Result, Settings, observe, plan_only, reconcile
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.errors import NotYet
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.graph import Step, build
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.model import UNKNOWN, Observed, Resource, mentions, ref, resolve
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.planner import Consent
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.waiting import Patience

from .fake import AwsResource, FakeClock, FakeKind, World

ALL = Consent(("*",), ("*",))


class Template(FakeKind):
    """Every change of its size creates a new edition, which appears in its attributes ``lag`` reads later."""

    changing = {"edition": ("size",)}
    lag = 0

    def update(self, world: World, seen: Observed, properties: Mapping[str, Any]) -> None:
        super().update(world, seen, properties)
        if "size" in properties:
            thing = world.things[seen.id]
            thing.properties["seed"] = thing.properties.get("seed", 1) + 1
            thing.looks = -self.lag

    def read(self, world: World, seen: Observed) -> Observed | None:
        thing = world.things[seen.id]
        thing.looks += 1
        return self._observed(thing) if thing.looks > 0 else seen

    def _observed(self, thing: AwsResource) -> Observed:
        return replace(super()._observed(thing), attributes={"edition": str(thing.properties.get("seed", 1))})


def kinds(lag: int = 0) -> dict[str, FakeKind]:
    made = [
        Template("template", lag=lag),
        FakeKind("cluster"),
        FakeKind("addon"),
        FakeKind("group", lane="updates", serialized=("update",)),
    ]
    return {kind.name: kind for kind in made}


def template(size: int, **more: Any) -> Resource:
    return Resource("template", "t", {"size": size, **more})


GROUP = Resource("group", "g", {"size": ref("template.t", "edition")})


def apply(world: World, desired: list[Resource], registry: dict[str, FakeKind] | None = None) -> Result:
    registry = registry or kinds()
    settings = Settings(ALL, Patience(poll=1.0, settle=5.0, timeout=60.0), clock=FakeClock())
    result = reconcile(desired, observe(registry, world), registry, world, settings)
    assert list(result.failures) == []
    assert world.refusals == []
    return result


def planned(world: World, desired: list[Resource], consent: Consent = ALL) -> dict[str, tuple[str, dict[str, Any]]]:
    plan = plan_only(desired, observe(kinds(), world), kinds(), consent).plan
    return {action.address: (action.verb, {change.property: change.after for change in action.changes}) for action in plan.actions}


@pytest.mark.parametrize("lag", [0, 2], ids=["at once", "two looks later"])
def test_who_refers_to_what_an_update_changes_gets_the_new_value(lag: int) -> None:
    world = World()
    apply(world, [template(1), GROUP])
    assert planned(world, [template(2), GROUP])["group.g"] == ("update", {"size": UNKNOWN})
    world.log.clear()
    apply(world, [template(2), GROUP], kinds(lag))
    assert world.log == [("update", "template.t"), ("update", "group.g")]
    assert {thing.kind: thing.properties["size"] for thing in world.things.values()} == {"template": 2, "group": "2"}
    assert {verb for verb, _changes in planned(world, [template(2), GROUP]).values()} == {"none"}


def test_outputs_of_a_plan_do_not_tell_what_the_apply_changes() -> None:
    world = World()
    apply(world, [template(1)])
    for desired, edition in (([template(1)], "1"), ([template(1, label="x")], "1"), ([template(2)], UNKNOWN)):
        assert plan_only(desired, observe(kinds(), world), kinds(), ALL).attributes()["template.t"]["edition"] == edition
    assert apply(world, [template(2)]).attributes()["template.t"]["edition"] == "2"


@pytest.mark.parametrize(
    ("after", "verb"),
    [({"label": "x"}, "update"), ({"friends": []}, "update"), ({"label": "factory"}, "none")],
)
def test_unrelated_changes_affect_no_dependents(after: dict[str, Any], verb: str) -> None:
    world = World()
    apply(world, [template(1), GROUP])
    found = planned(world, [template(1, **after), GROUP])
    assert (found["template.t"][0], found["group.g"][0]) == (verb, "none")


def test_what_is_made_waits_for_the_update_too() -> None:
    world = World()
    apply(world, [template(1)])
    world.log.clear()
    apply(world, [template(2), GROUP])
    assert world.log == [("update", "template.t"), ("create", "group.g")]
    assert next(thing for thing in world.things.values() if thing.kind == "group").properties["size"] == "2"


def in_order(size: int) -> list[Resource]:
    cluster = ref("cluster.c")
    return [
        Resource("cluster", "c", {"size": size}),
        Resource("addon", "cni", {"parent": cluster, "size": size}, after=("cluster.c",)),
        Resource("group", "a", {"parent": cluster, "size": size}, after=("addon.cni",)),
        Resource("group", "b", {"parent": cluster, "size": size}, after=("addon.cni",)),
        Resource("addon", "dns", {"parent": cluster, "size": size}, after=("group.a", "group.b")),
    ]


def test_after_orders_updates_as_it_orders_creations() -> None:
    world = World()
    for size, verb in ((1, "create"), (2, "update")):
        world.log.clear()
        apply(world, in_order(size))
        assert {verb for verb, _address in world.log} == {verb}
        order = [address for _verb, address in world.log]
        assert (order[:2], sorted(order[2:4]), order[4:]) == (["cluster.c", "addon.cni"], ["group.a", "group.b"], ["addon.dns"])


def test_a_lane_may_be_for_updates_alone() -> None:
    registry = kinds()
    plan = plan_only(in_order(1), [], registry, ALL).plan
    needs = build(plan, registry).needs
    assert not any(step.address == "group.b" for step in needs[Step("make", "group.a")])
    assert {kind.serialized for kind in registry.values() if kind.lane} == {("update",)}


def test_with_its_cluster_everything_in_it_is_replaced() -> None:
    world = World()
    apply(world, in_order(1))
    blue = [Resource("cluster", "c", {"size": 1, "color": "blue"}), *in_order(1)[1:]]
    assert {verb for verb, _changes in planned(world, blue).values()} == {"replace"}
    refused = plan_only(blue, observe(kinds(), world), kinds(), Consent(("cluster.c",))).plan.refused
    assert [action.address for action in refused] == ["cluster.c", "addon.cni", "group.a", "group.b", "addon.dns"]
    assert refused[0].reason == "color cannot be changed in place, but addon.cni, which stays, still uses it"
    world.log.clear()
    apply(world, blue)
    order = [(verb, address) for verb, address in world.log]
    gone = order.index(("delete", "cluster.c"))
    assert {verb for verb, _address in order[:gone]} == {"delete"}
    assert order[gone + 1] == ("create", "cluster.c")
    assert len(order) == 10


def test_one_update_after_the_other_is_asked_for_until_all_are_made() -> None:
    """A kind whose API accepts one type of change per call raises NotYet while more remain, and is called again."""

    class OneByOne(FakeKind):
        def update(self, world: World, seen: Observed, properties: Mapping[str, Any]) -> None:
            have = world.things[seen.id].properties
            left = {name: value for name, value in properties.items() if have.get(name) != value}
            first = dict([next(iter(left.items()))]) if left else {}
            if first:
                super().update(world, seen, first)
            if len(left) > 1:
                raise NotYet("another update must finish first", dependency=True)

    world, registry = World(), {"room": OneByOne("room")}
    apply(world, [Resource("room", "a", {"size": 1, "peer": "x"})], registry)
    apply(world, [Resource("room", "a", {"size": 2, "peer": "y", "label": "z"})], registry)
    assert [verb for verb, _address in world.log] == ["create", "update", "update", "update"]


@pytest.mark.parametrize("dependency", [False, True])
@pytest.mark.parametrize("verb", ["create", "update"])
def test_waits_for_a_resource_in_use_longer_than_for_propagation(verb: str, dependency: bool) -> None:
    """After the settle window, a refusal is final, unless it names another resource: that one may take as long as it takes."""

    class Blocked(FakeKind):
        until = 0.0

        def refuse(self) -> None:
            if clock.now() < self.until:
                raise NotYet("blocked", code="Blocked", dependency=dependency)

        def create(self, world: World, address: str, properties: Mapping[str, Any], token: str) -> Observed:
            self.refuse()
            return super().create(world, address, properties, token)

        def update(self, world: World, seen: Observed, properties: Mapping[str, Any]) -> None:
            self.refuse()
            super().update(world, seen, properties)

    world, kind, clock = World(), Blocked("room"), FakeClock()
    registry = {"room": kind}
    if verb == "update":
        apply(world, [Resource("room", "a", {"size": 1})], registry)
    kind.until = 20.0
    settings = Settings(ALL, Patience(settle=5.0, timeout=60.0), clock=clock)
    result = reconcile([Resource("room", "a", {"size": 2})], observe(registry, world), registry, world, settings)
    assert [one.code for one in result.failures] == ([] if dependency else ["Blocked"])
    assert (clock.now() >= kind.until) is dependency


def test_references_may_be_keys() -> None:
    trust = {"StringEquals": {ref("cluster.c", "issuer", suffix=":sub"): "system:serviceaccount:web:api", "plain": ref("cluster.c")}}
    known = {"issuer": "oidc.example/1", "id": "c-1"}
    assert resolve(trust, lambda reference: known[reference.attribute]) == {
        "StringEquals": {"oidc.example/1:sub": "system:serviceaccount:web:api", "plain": "c-1"}
    }
    assert resolve(trust, lambda _reference: UNKNOWN)["StringEquals"] == {
        f"{UNKNOWN}:sub": "system:serviceaccount:web:api",
        "plain": UNKNOWN,
    }


@pytest.mark.parametrize(
    ("named", "value", "means_it"),
    [
        (True, "prod", True),
        (True, ["dev", "prod"], True),
        (True, "/aws/eks/prod/cluster", False),
        (True, {"Name": "prod-nodes"}, False),
        (True, "arn:aws:eks:eu-west-1:1:cluster/prod", True),
        (False, "/aws/eks/prod/cluster", True),
    ],
)
def test_a_name_that_people_chose_means_something_only_as_a_whole(named: bool, value: Any, means_it: bool) -> None:
    seen = Observed("cluster", "cluster.c", "prod", attributes={"arn": "arn:aws:eks:eu-west-1:1:cluster/prod"}, named=named)
    assert mentions(value, seen.identifiers()) is means_it

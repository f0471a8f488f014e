# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Kinds whose resources may live in several regions: which region each method calls, and what the engine sees."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from ansible_collections.mainstay.aws.plugins.module_utils.aws.connection import Aws
from ansible_collections.mainstay.aws.plugins.module_utils.aws.elsewhere import moved_home
from ansible_collections.mainstay.aws.plugins.module_utils.aws.kind import Calls
from ansible_collections.mainstay.aws.plugins.module_utils.aws.named_kind import NamedCalls, NamedKind, Tagging
from ansible_collections.mainstay.aws.plugins.module_utils.aws.owner import Owner
from ansible_collections.mainstay.aws.plugins.module_utils.aws.session import of_another_region
from ansible_collections.mainstay.aws.plugins.module_utils.aws.tags import tag_list
from ansible_collections.mainstay.aws.plugins.module_utils.component.regions import look_in
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.engine import observe
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.errors import CallFailed, failure
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.model import Kind, Observed, Resource, given
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.planner import Consent, make_plan

HOME, AWAY = "eu-west-1", "us-east-1"
OWNER = Owner("prod", "data")


class Box(NamedKind):
    """A made-up resource of SQS's shape: one list call returns everything."""

    name = "box"
    elsewhere = True
    calls = NamedCalls(service="sqs", list="list_boxes", items="Boxes", create="create_box", delete="delete_box", name="Name", id="Name")
    tagging = Tagging(tag="tag_box", untag="untag_box", key="Name")
    size = given()

    def set_size(self, aws: Aws, seen: Observed, value: Any) -> None:
        aws.change("sqs", "size_box", Name=seen.id, Size=value)


class Shelf(Box):
    """A kind based on another one overrides some of its methods."""

    name = "shelf"

    def delete(self, aws: Aws, seen: Observed) -> None:
        aws.change("sqs", "empty_box", Name=seen.id)
        super().delete(aws, seen)


@dataclass
class Regions:
    """Boxes by region, and the calls made: (region, method, parameters)."""

    boxes: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: {HOME: [], AWAY: []})
    refused: dict[str, str] = field(default_factory=dict)
    calls: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def put(self, region: str, name: str, address: str, **more: Any) -> None:
        self.boxes[region].append({"Name": name, "Tags": tag_list(OWNER.tags(address)), **more})

    def aws(self, *further: str) -> Aws:
        aws = Aws(self.client, OWNER, pause=lambda _seconds: None, region=HOME)
        aws.also_in(further)
        return aws

    def client(self, _service: str, region: str = HOME) -> Any:
        def method(name: str) -> Callable[..., Any]:
            return lambda **params: self.answer(region, name, params)

        names = ("list_boxes", "create_box", "delete_box", "size_box", "empty_box", "tag_box", "describe_regions")
        meta = SimpleNamespace(method_to_api_mapping={})
        return SimpleNamespace(meta=meta, can_paginate=lambda _method: False, **{name: method(name) for name in names})

    def answer(self, region: str, name: str, params: dict[str, Any]) -> Any:
        with self.lock:
            self.calls.append((region, name, params))
        if code := self.refused.get(region):
            raise ClientError({"Error": {"Code": code, "Message": "no"}}, name)  # type: ignore[typeddict-item]
        if name == "list_boxes":
            return {"Boxes": self.boxes[region]}
        if name == "describe_regions":
            status = {HOME: "opt-in-not-required", AWAY: "opt-in-not-required", "af-south-1": "opted-in", "me-south-1": "not-opted-in"}
            return {"Regions": [{"RegionName": one, "OptInStatus": value} for one, value in status.items()]}
        return dict(params)

    def called(self) -> list[tuple[str, str]]:
        return [(region, name) for region, name, _params in self.calls]


KINDS: Mapping[str, Kind] = {"box": Box()}
BOX = Resource("box", "a", {"size": 1})
THERE = Resource("box", "b", {"size": 1, "region": AWAY})


def seen(regions: Regions, *further: str) -> dict[str, Observed]:
    return {one.address: one for one in observe(KINDS, regions.aws(*further))}


def test_all_regions_of_a_call_are_looked_in_and_each_resource_says_where_it_is() -> None:
    regions = Regions()
    regions.put(HOME, "one", "box.a", Region="from the reply")
    regions.put(AWAY, "two", "box.b")
    found = seen(regions, AWAY)
    assert {address: one.properties.get("region") for address, one in found.items()} == {"box.a": None, "box.b": AWAY}
    assert sorted(regions.called()) == [(HOME, "list_boxes"), (AWAY, "list_boxes")]


def test_a_component_without_further_regions_makes_the_same_calls_as_ever() -> None:
    regions = Regions()
    regions.put(HOME, "one", "box.a")
    aws = regions.aws()
    assert look_in(aws, ()) == ""
    assert [one.address for one in observe(KINDS, aws)] == ["box.a"]
    assert regions.called() == [(HOME, "list_boxes")]
    assert aws.counts == {"read": 1, "write": 0}


CHANGES: dict[str, tuple[Callable[[Box, Aws], Any], list[tuple[str, str]]]] = {
    "create": (lambda kind, aws: kind.create(aws, "box.b", {"size": 1, "region": AWAY}, "t"), [(AWAY, "create_box")]),
    "create at home": (lambda kind, aws: kind.create(aws, "box.a", {"size": 1}, "t"), [(HOME, "create_box")]),
    "update": (lambda kind, aws: kind.update(aws, two(), {"size": 2}), [(AWAY, "size_box")]),
    "update at home": (lambda kind, aws: kind.update(aws, one(), {"size": 2}), [(HOME, "size_box")]),
    "delete": (lambda kind, aws: kind.delete(aws, two()), [(AWAY, "delete_box")]),
    "read": (lambda kind, aws: kind.read(aws, two()), [(AWAY, "list_boxes")]),
    "claim": (lambda kind, aws: kind.claim(aws, two(), "box.c"), [(AWAY, "tag_box")]),
    "holder": (lambda kind, aws: kind.holder(aws, {"region": AWAY, "name": "two"}), []),
    "look up": (lambda kind, aws: kind.look_up(aws, "two", "box.b"), [(HOME, "list_boxes"), (AWAY, "list_boxes")]),
    "look up an ARN": (lambda kind, aws: kind.look_up(aws, f"arn:aws:sqs:{AWAY}:1:two", "box.b"), [(AWAY, "list_boxes")]),
}


def one() -> Observed:
    return Observed("box", "box.a", "one", {"size": 1}, named=True)


def two() -> Observed:
    return Observed("box", "box.b", "two", {"size": 1, "region": AWAY}, named=True)


@pytest.mark.parametrize("name", CHANGES)
def test_each_method_calls_the_region_of_its_resource(name: str) -> None:
    regions = Regions()
    regions.put(AWAY, "two", "box.b", Size=1)
    act, expected = CHANGES[name]
    result = act(Box(), regions.aws(AWAY))
    assert regions.called() == expected
    assert all("region" not in {key.lower() for key in params} for _region, _name, params in regions.calls), "it is never sent"
    if isinstance(result, Observed):
        assert result.properties.get("region") == (None if "home" in name else AWAY)


def test_a_kind_based_on_another_one() -> None:
    regions = Regions()
    Shelf().delete(regions.aws(AWAY), Observed("shelf", "shelf.b", "two", {"region": AWAY}))
    assert regions.called() == [(AWAY, "empty_box"), (AWAY, "delete_box")]
    assert "region" in Shelf().properties


MOVES = {
    "stays at home": (HOME, BOX, "none"),
    "stays away": (AWAY, Resource("box", "a", {"size": 1, "region": AWAY}), "none"),
    "moves away": (HOME, Resource("box", "a", {"size": 1, "region": AWAY}), "replace"),
    "moves home": (AWAY, BOX, "replace"),
}


@pytest.mark.parametrize("name", MOVES)
def test_a_resource_whose_region_changed_is_replaced(name: str) -> None:
    region, resource, verb = MOVES[name]
    regions = Regions()
    regions.put(region, "one", "box.a", Size=1)
    aws = regions.aws(AWAY)
    observed = observe(KINDS, aws)
    desired = moved_home(aws, KINDS, [resource], observed)
    (action,) = make_plan(desired, observed, KINDS, Consent(("*",))).actions
    assert action.verb == verb
    if name == "moves home":
        assert [(one.property, one.before, one.after) for one in action.changes if one.forces_replacement] == [("region", AWAY, HOME)]
        regions.boxes = {HOME: regions.boxes[AWAY], AWAY: []}  # as the apply leaves it
        assert make_plan(desired, observe(KINDS, aws), KINDS, Consent()).changes == (), "the look back of the same run"
        assert make_plan([resource], observe(KINDS, regions.aws(AWAY)), KINDS, Consent()).changes == (), "the next run"


def test_regions_share_everything_but_clients_and_pace() -> None:
    aws = Regions().aws(AWAY)
    there = aws.in_region(AWAY)
    assert there.owner is aws.owner
    assert there.counts is aws.counts
    assert there.client("sqs") is aws.in_region(AWAY).client("sqs") is not aws.client("sqs")
    assert there.in_region(HOME).client("sqs") is aws.client("sqs")
    assert there._here.pacing is aws.in_region(AWAY)._here.pacing is not aws._here.pacing
    fences: list[str] = []
    aws.fence = lambda: fences.append("held")
    aws.in_region(AWAY).change("sqs", "size_box", Name="two")
    assert fences, "a change elsewhere needs the same lock"


def test_a_question_has_an_answer_for_each_region() -> None:
    aws = Regions().aws(AWAY).one_look()
    answers = [place.once("where", lambda place=place: place.region) for place in (aws, aws.in_region(AWAY), aws, aws.in_region(AWAY))]  # type: ignore[misc]
    assert answers == [HOME, AWAY, HOME, AWAY]


def test_reads_beside_an_observation_share_its_answers() -> None:
    """The engine begins an observation of its own only if there is none."""
    aws = Regions().aws(AWAY)
    look = aws.one_look()
    assert look.one_look() is look
    assert aws.one_look() is not look
    asked: list[str] = []
    for place in (look, look.one_look()):
        place.once("who", lambda: asked.append("asked"))
    assert asked == ["asked"]


def test_an_error_says_where() -> None:
    regions = Regions(refused={AWAY: "AccessDenied"})
    with pytest.raises(CallFailed) as caught:
        Box().find(regions.aws(AWAY))
    assert str(failure("box", caught.value)).startswith("box: sqs:list_boxes (AccessDenied): in us-east-1: no")


PROBLEMS = {
    ("us-east-1",): "",
    ("af-south-1", "us-east-1"): "",
    ("us-esat-1",): "There is no region us-esat-1; did you mean us-east-1?",
    ("me-south-1",): "The region me-south-1 is not enabled for this account. Enable it (`aws account enable-region",
}


@pytest.mark.parametrize("named", PROBLEMS)
def test_regions_that_cannot_be_used(named: tuple[str, ...]) -> None:
    problem = look_in(Regions().aws(), named)
    assert problem.startswith(PROBLEMS[named])
    assert bool(problem) is bool(PROBLEMS[named])


def test_credentials_that_may_not_ask_for_regions_find_out_by_calling() -> None:
    assert look_in(Regions(refused={HOME: "UnauthorizedOperation"}).aws(), [AWAY]) == ""


ENDPOINTS = {
    "https://kms.eu-west-1.amazonaws.com": True,
    "https://kms.us-east-1.amazonaws.com": False,
    "https://iam.amazonaws.com": False,
    "http://127.0.0.1:5000": False,
}


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_an_endpoint_of_the_own_region_is_none_of_another(endpoint: str) -> None:
    assert bool(of_another_region(endpoint, AWAY, HOME)) is ENDPOINTS[endpoint]


def test_calls_without_a_region_stay_as_they_are() -> None:
    """Connections that do not know their region, as in tests, have one region."""
    regions = Regions()
    aws = Aws(regions.client, OWNER)
    assert (aws.regions, aws.in_region("") is aws) == (("",), True)
    assert isinstance(Box.calls, Calls)

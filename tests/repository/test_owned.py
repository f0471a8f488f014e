"""The parts of an ARN that make resources shows, and in which order."""

from __future__ import annotations

import pytest

from scripts import owned
from scripts.terminal import Problem

HERE = "af-south-1:123456789012"


@pytest.mark.parametrize(
    ("arn", "expected"),
    [
        (f"arn:aws:ec2:{HERE}:vpc/vpc-0a1b", "vpc-0a1b"),
        (f"arn:aws:kms:{HERE}:key/1234abcd", "1234abcd"),
        (f"arn:aws:logs:{HERE}:log-group:/mainstay/prod/network/main/flow-logs", "/mainstay/prod/network/main/flow-logs"),
        (f"arn:aws:eks:{HERE}:cluster/prod-main", "prod-main"),
        (f"arn:aws:eks:{HERE}:nodegroup/prod-main/system/1a2b3c4d-0000-1111-2222-333344445555", "prod-main/system"),
        ("arn:aws:iam::123456789012:role/mainstay/prod/network/prod.network.flow-logs", "prod.network.flow-logs"),
        (f"arn:aws:sns:{HERE}:alarms", "alarms"),
    ],
)
def test_the_id_in_an_arn(arn: str, expected: str) -> None:
    assert owned.id_of(arn) == expected


def test_resources_of_several_places_are_listed_once_by_component_and_address() -> None:
    vpc = {"component": "network", "address": "vpc.main", "arn": f"arn:aws:ec2:{HERE}:vpc/vpc-1"}
    role = {"component": "cluster", "address": "", "arn": "arn:aws:iam::123456789012:role/x"}
    places = [{"looked": True, "resources": [vpc, role]}, {"looked": True, "resources": [role]}]
    rows = owned.resources_of(places)
    assert [(row["component"], row["id"]) for row in rows] == [("cluster", "x"), ("network", "vpc-1")]
    assert owned.as_table(rows).splitlines() == [
        "component  address   id     arn",
        "cluster    -         x      arn:aws:iam::123456789012:role/x",
        "network    vpc.main  vpc-1  arn:aws:ec2:af-south-1:123456789012:vpc/vpc-1",
    ]


def test_a_listing_that_was_refused_is_an_error() -> None:
    with pytest.raises(Problem, match="the resources in eu-west-1 could not be listed: AccessDenied"):
        owned.resources_of([{"looked": False, "region": "eu-west-1", "reason": "AccessDenied", "resources": []}])

# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Interface endpoints are where AWS offers their services, with private names where there are any."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.domains.network.endpoint_places import (
    endpoint_notes,
    misplaced_endpoints,
    services_to_ask,
    with_offered_endpoints,
)
from ansible_collections.mainstay.aws.plugins.module_utils.domains.network.resources import build
from ansible_collections.mainstay.aws.plugins.module_utils.domains.network.services import services_of
from tests.unit.domains.network.samples import PLACE, ZONES, network

PATH = "vpc_networks.main.endpoints.interface[0]"


def detail(service: str, zones: list[str] = ZONES, private: bool = True, kind: str = "Interface") -> dict[str, Any]:
    names = {"PrivateDnsName": f"{service}.amazonaws.com"} if private else {}
    return {
        "ServiceName": f"com.amazonaws.af-south-1.{service}",
        "ServiceType": [{"ServiceType": kind}],
        "AvailabilityZones": zones,
        **names,
    }


@pytest.mark.parametrize(
    ("details", "zones", "private", "notes", "problems"),
    [
        ([detail("kms")], ZONES, True, [], []),
        ([detail("kms", [])], ZONES, True, [], []),
        (
            [detail("kms", ZONES[:2])],
            ZONES[:2],
            True,
            ["main: AWS does not offer kms in af-south-1c, so its endpoint is in the other zones"],
            [],
        ),
        (
            [detail("kms", private=False)],
            ZONES,
            False,
            ["main: kms has no private name; clients must be given the name of its endpoint"],
            [],
        ),
        (
            [detail("kms", ["af-south-1d"])],
            [],
            True,
            ["main: AWS does not offer kms in af-south-1a, af-south-1b, af-south-1c, so its endpoint is in the other zones"],
            [
                f"{PATH} is 'kms', but AWS offers it only in af-south-1d, and the private tier is in {', '.join(ZONES)}; add "
                "such a zone to the tier, or leave the service out"
            ],
        ),
        (
            [detail("kms", kind="Gateway")],
            ZONES,
            True,
            [],
            [f"{PATH} is 'kms', but AWS offers it in af-south-1 only as a gateway endpoint; name it under gateway, or leave it out"],
        ),
        ([detail("kms", kind="Gateway"), detail("kms")], ZONES, True, [], []),
    ],
)
def test_places(details: list[dict[str, Any]], zones: list[str], private: bool, notes: list[str], problems: list[str]) -> None:
    networks, offered = {"main": network(endpoints={"interface": ["kms"]})}, services_of(details)
    assert misplaced_endpoints(networks, PLACE, offered) == problems
    assert endpoint_notes(networks, PLACE, offered) == notes
    built = {one.address: one for one in build(with_offered_endpoints(networks, PLACE, offered), PLACE)}["vpc_endpoint.main/kms"]
    assert len(built.properties["subnet_ids"]) == len(zones)
    assert built.properties["private_dns_enabled"] is private


def test_what_is_asked() -> None:
    assert services_to_ask(network(endpoints={"interface": []})) == []
    assert services_to_ask(network(endpoints={"interface": ["kms"]})) == [("kms", "Interface"), ("s3", "Gateway"), ("dynamodb", "Gateway")]

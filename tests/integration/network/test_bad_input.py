# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Errors in input: one sentence with variable, value, and remedy, before any change and, if possible, before any call."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import pytest

from rehearsal.testing import Cloud

from .play import environment, play, task
from .support import ACCOUNT, REGION, ZONES, Requests, network

A, B = ZONES[:2]


def tiers(**more: Any) -> dict[str, Any]:
    return network(tiers={"public": {}, "private": {}, "database": {}} | more)


BEFORE_ANY_CALL: dict[str, tuple[dict[str, Any], list[str]]] = {
    # options, and what the message must name: variable, value, remedy
    "overlapping blocks": (
        {"networks": {"main": tiers(database={"cidrs": {A: "10.0.0.0/24"}})}},
        ["networks.main.tiers.", ".cidrs.", "10.0.0.0/24", "overlaps", "give one of them another block"],
    ),
    "block outside of the network": (
        {"networks": {"main": tiers(database={"cidrs": {A: "10.9.0.0/24"}})}},
        [f"networks.main.tiers.database.cidrs.{A}", "10.9.0.0/24", "inside the block of the network, 10.0.0.0/16"],
    ),
    "network too small": (
        {"networks": {"main": network(cidr="10.0.0.0/29")}},
        ["networks.main.cidr", "10.0.0.0/29", "from /16 to /28"],
    ),
    "network too small to plan": (
        {"networks": {"main": network(cidr="10.0.0.0/24")}},
        ["networks.main.tiers.private.cidrs.", "10.0.0.0/24", "give the subnet's block"],
    ),
    "subnet too small": (
        {"networks": {"main": tiers(database={"cidrs": {A: "10.0.240.0/29"}})}},
        [f"networks.main.tiers.database.cidrs.{A}", "10.0.240.0/29", "from /16 to /28"],
    ),
    "host bits": ({"networks": {"main": network(cidr="10.0.0.1/16")}}, ["networks.main.cidr", "10.0.0.1/16", "10.0.0.0/16"]),
    "zone of another region": (
        {"networks": {"main": network(availability_zones=["eu-west-1a"])}},
        ["networks.main.availability_zones", "eu-west-1a", REGION],
    ),
    "not a zone": (
        {"networks": {"main": network(availability_zones=["a"])}},
        ["networks.main.availability_zones[0]", "'a'", "af-south-1a"],
    ),
    "no zones": ({"networks": {"main": network(availability_zones=[])}}, ["networks.main.availability_zones", "at least one"]),
    "no block": ({"networks": {"main": network(cidr=None)}}, ["networks.main.cidr is missing", "10.0.0.0/16"]),
    "unknown key": ({"networks": {"main": network(nat_mode="single")}}, ["networks.main.nat_mode is not a setting"]),
    "misspelt key": (
        {"networks": {"main": network(flow_logs={"retention_days": 30})}},
        ["networks.main.flow_logs.retention_days", "did you mean retention_in_days?"],
    ),
    "NAT per zone without public subnets": (
        {"networks": {"main": network(tiers={"private": {}}, nat="per_az")}},
        ["networks.main.nat", "per_az", "no public tier", "set nat: regional or none"],
    ),
    "NAT in a zone without a public subnet": (
        {"networks": {"main": tiers(public={"availability_zones": [A]}) | {"nat": "per_az"}}},
        ["networks.main.nat", "per_az", B, "add the zone to the tier"],
    ),
    "unknown NAT mode": ({"networks": {"main": network(nat="two")}}, ["networks.main.nat", "'two'", "none, single, per_az, regional"]),
    "retention": (
        {"networks": {"main": network(flow_logs={"retention_in_days": 31})}},
        ["networks.main.flow_logs.retention_in_days", "31"],
    ),
    "port of administration open to the world": (
        {"networks": {"main": network(security={"load_balancer_ports": [22]})}},
        ["networks.main.security.load_balancer_ports", "22", "must not be open to 0.0.0.0/0"],
    ),
    "tag of ours": ({"networks": {"main": network(tags={"mainstay:environment": "x"})}}, ["networks.main.tags", "mainstay:environment"]),
    "name of a network": ({"networks": {"Main Net": network()}}, ["networks is 'Main Net'", "lower-case letters"]),
    "not a mapping": ({"networks": {"main": "10.0.0.0/16"}}, ["networks.main", "10.0.0.0/16", "it must be a mapping"]),
    "no networks": ({"networks": None}, ["networks", "missing"]),
    "no environment": ({"environment": None, "networks": {"main": network()}}, ["environment (platform_environment) is not set"]),
    "unknown option": ({"networks": {"main": network()}, "nat": "none"}, ["nat", "Unsupported parameters"]),
    "no region": ({"region": None, "networks": {"main": network()}}, ["region", "AWS_REGION"]),
}


@pytest.fixture(scope="module")
def before_any_call(shared_cloud: Cloud, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """All of them in one playbook: no task makes a call, so none can affect another."""
    shared_cloud.admin.reset()
    requests = Requests(shared_cloud)
    folder = tmp_path_factory.mktemp("input")
    results = play(folder, environment(shared_cloud), [task(options) for options, _ in BEFORE_ANY_CALL.values()])
    assert requests.all() == []
    return dict(zip(BEFORE_ANY_CALL, results, strict=True))


@pytest.mark.parametrize("name", BEFORE_ANY_CALL)
def test_known_before_any_call(before_any_call: dict[str, dict[str, Any]], name: str) -> None:
    result = before_any_call[name]
    assert result["failed"]
    assert [part for part in BEFORE_ANY_CALL[name][1] if part not in result["msg"]] == [], result["msg"]
    assert "Traceback" not in str(result)


def test_all_mistakes_at_once(cloud: Cloud, tmp_path: Path) -> None:
    wrong = network(cidr="10.0.0.0/8", nat="two", speed="high")
    (result,) = play(tmp_path, environment(cloud), [task({"networks": {"main": wrong, "other": network(nat="three")}})])
    assert [line.split()[0] for line in result["msg"].splitlines()] == [
        "networks.main.cidr",
        "networks.main.nat",
        "networks.main.speed",
        "networks.other.nat",
    ]


def test_what_only_a_call_can_tell(cloud: Cloud, tmp_path: Path) -> None:
    requests = Requests(cloud)
    zone, account, info = play(
        tmp_path,
        environment(cloud),
        [
            task({"networks": {"main": network(availability_zones=[f"{REGION}h"])}}),
            task({"networks": {"main": network()}, "expected_account_id": "111122223333"}),
            task({"expected_account_id": "111122223333"}, module="vpc_network_info"),
        ],
    )
    assert zone["failed"]
    assert [part for part in ("networks.main.availability_zones", f"{REGION}h", f"{A}, {B}") if part not in zone["msg"]] == []
    for result in (account, info):
        assert result["failed"]
        assert [part for part in ("expected_account_id", "111122223333", ACCOUNT, "Nothing was changed") if part not in result["msg"]] == []
    assert requests.changes() == []


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


UNUSED = f"http://127.0.0.1:{free_port()}"
PLACES: dict[str, tuple[dict[str, str | None], list[str], bool]] = {
    # variables, what the message must contain, whether the cloud may have been called
    "no credentials": (
        {"AWS_ACCESS_KEY_ID": None, "AWS_SECRET_ACCESS_KEY": None},
        ["Unable to locate credentials", "AWS_PROFILE", "AWS_ACCESS_KEY_ID"],
        False,
    ),
    "half of the credentials": ({"AWS_SECRET_ACCESS_KEY": None}, ["Partial credentials", "AWS_SECRET_ACCESS_KEY"], False),
    "wrong credentials": (
        {"AWS_ACCESS_KEY_ID": "REHEARSEWRONGWRONG"},
        ["credentials are not accepted", REGION, "wrong or have expired"],
        True,
    ),
    "endpoint that was not announced": (
        {"MAINSTAY_REHEARSAL_ENDPOINT": None},
        ["AWS_ENDPOINT_URL", "neither AWS", "make cloud-env"],
        False,
    ),
    "endpoint of one service": ({"AWS_ENDPOINT_URL_EC2": UNUSED}, [UNUSED, "neither AWS", "make cloud-env"], True),
    "nothing listens": (
        {"AWS_ENDPOINT_URL": UNUSED, "MAINSTAY_REHEARSAL_ENDPOINT": UNUSED},
        ["cannot connect", UNUSED, "Check the region, the network and AWS_ENDPOINT_URL"],
        False,
    ),
    "unknown profile": (
        {"AWS_PROFILE": "absent", "AWS_ACCESS_KEY_ID": None, "AWS_SECRET_ACCESS_KEY": None},
        ["profile (absent) could not be found", "AWS_PROFILE"],
        False,
    ),
    "profile and keys": ({"AWS_PROFILE": "absent"}, ["both a profile and access tokens"], False),
}


@pytest.mark.parametrize("name", PLACES)
def test_places_and_credentials(cloud: Cloud, tmp_path: Path, name: str) -> None:
    changes, said, asked = PLACES[name]
    requests = Requests(cloud)
    (result,) = play(tmp_path, environment(cloud, changes=changes), [task({"networks": {"main": network()}})])
    assert result["failed"]
    assert [part for part in said if part not in result["msg"]] == [], result["msg"]
    assert "Traceback" not in str(result)
    assert requests.changes() == []
    if not asked:
        assert requests.all() == []


def test_region_that_the_account_has_not_enabled(cloud: Cloud, tmp_path: Path) -> None:
    cloud.admin.settings(disabled_regions=[REGION])
    (result,) = play(tmp_path, environment(cloud), [task({"networks": {"main": network()}})])
    assert result["failed"]
    assert "aws account enable-region --region-name af-south-1" in result["msg"]

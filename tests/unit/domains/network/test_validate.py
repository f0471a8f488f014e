# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Refusals before the first API call, and their wording."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.domains.network.validate import missing_services, missing_zones, validate
from tests.unit.domains.network.samples import PLACE, REGION, complaints, network, settings

ZONE_REMEDY = "it must be the name of an ordinary availability zone such as af-south-1a (local and wavelength zones are not supported)"
ONE_ZONE = {"availability_zones": ["af-south-1a"]}


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"cidr": None}, "cidr is missing: give the block of the network, for example 10.0.0.0/16"),
        ({"cidr": "10.0.0.0"}, "cidr is '10.0.0.0', but it must be an IPv4 block such as 10.0.0.0/16"),
        ({"cidr": "10.0.0.1/16"}, "cidr is '10.0.0.1/16', but it has host bits set; the block would be 10.0.0.0/16"),
        ({"cidr": "10.0.0.0/8"}, "cidr is '10.0.0.0/8', but AWS accepts only blocks from /16 to /28"),
        ({"cidr": 10}, "cidr is 10, but it must be an IPv4 block such as 10.0.0.0/16"),
        ({"availability_zones": None}, "availability_zones is missing: list the zones by name, for example [af-south-1a, af-south-1b]"),
        ({"availability_zones": []}, "availability_zones is [], but at least one zone is needed"),
        ({"availability_zones": "af-south-1a"}, "availability_zones is 'af-south-1a', but it must be a list"),
        ({"availability_zones": ["us-east-1-bos-1a"]}, f"availability_zones[0] is 'us-east-1-bos-1a', but {ZONE_REMEDY}"),
        ({"availability_zones": ["us-east-1-wl1-bos-wlz-1"]}, f"availability_zones[0] is 'us-east-1-wl1-bos-wlz-1', but {ZONE_REMEDY}"),
        (
            {"availability_zones": ["us-east-1a"]},
            "availability_zones is 'us-east-1a', but the region is af-south-1; its zones are called af-south-1a, af-south-1b and so on",
        ),
        (
            {"availability_zones": ["af-south-1a", "af-south-1a"]},
            "availability_zones[1] is 'af-south-1a', but the list already contains it; list each once",
        ),
        ({"nat": "per-az"}, "nat is 'per-az', but it must be one of none, single, per_az, regional"),
        ({"natt": "none"}, "natt is not a setting; did you mean nat?"),
        (
            {"tags": {"aws:x": "y"}},
            "tags.aws:x is 'y', but names that begin with aws:, mainstay:, rds: are reserved; choose another name",
        ),
        ({"tags": {"x": ["y"]}}, "tags.x is ['y'], but it must be a string"),
        (
            {"tiers": {"public": {"slots": 3}}},
            "tiers.public.slots is not a setting; valid names are availability_zones, cidr, cidrs, ipv6_on_creation, ipv6_row, tags",
        ),
        (
            {"tiers": {"Web": {}}},
            "tiers is 'Web', but the name of a tier must be at most 20 lower-case letters, digits and underscores, starting with a letter",
        ),
        ({"tiers": {"web": {"slot": 1}}}, "tiers.web.slot is 1, but it must be a whole number from 2 to 7"),
        (
            {"tiers": {"web": {"slot": 2, "routing": "open"}}},
            "tiers.web.routing is 'open', but it must be one of public, private, isolated",
        ),
        (
            {"tiers": {"private": {"availability_zones": ["af-south-1d"]}}},
            "tiers.private.availability_zones is 'af-south-1d', but the network has af-south-1a, af-south-1b, "
            "af-south-1c only; add it there",
        ),
        (
            {"tiers": {"private": {"availability_zones": []}}},
            "tiers.private.availability_zones is [], but a tier needs at least one zone; leave the tier out instead",
        ),
        (
            {"tiers": {"private": {}, "database": {}}},
            "nat is 'per_az', but there is no public tier for the gateway; set nat: regional or none, or add the tier",
        ),
        ({"tiers": {"public": {}, "database": {}}}, "nat is 'per_az', but no tier is routed through a NAT gateway; set nat: none"),
        ({"nat_az": "af-south-1a"}, "nat_az is 'af-south-1a', but it applies only to nat: single, and nat is per_az"),
        (
            {"nat": "single", "nat_az": "af-south-1d"},
            "nat_az is 'af-south-1d', but the public tier is in af-south-1a, af-south-1b, af-south-1c only; choose from these",
        ),
        (
            {"tiers": {"private": {}, "public": {"availability_zones": ["af-south-1a"]}}},
            "nat is 'per_az', but the public tier has no subnet in af-south-1b, af-south-1c for the gateway; add the zone to the tier",
        ),
        (
            {"endpoints": {"interface": ["s3"]}},
            "endpoints.interface[0] is 's3', but it must be a service such as ecr.api or kms; s3 and dynamodb belong under gateway",
        ),
        ({"endpoints": {"gateway": ["sts"]}}, "endpoints.gateway[0] is 'sts', but gateway endpoints exist for s3 and dynamodb only"),
        (
            {"dns": {"hostnames": False}},
            "endpoints.interface is ['ec2', 'ecr.api', 'ecr.dkr', 'sts', 'logs'], but their private names need dns.support "
            "and dns.hostnames: true",
        ),
        ({"dns": {"support": False}}, "dns.hostnames is True, but AWS allows it only with dns.support: true"),
        (
            {"nat": "none", "tiers": {"public": {}}},
            "endpoints.gateway is ['s3', 'dynamodb'], but gateway endpoints serve private and isolated tiers and "
            "there is none; set gateway: []",
        ),
        (
            {"flow_logs": {"retention_in_days": 100}},
            "flow_logs.retention_in_days is 100, but CloudWatch Logs supports only these periods: 1, 3, 5, 7, 14, 30, "
            "60, 90, 120, 150, 180, 365, "
            "400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653",
        ),
        ({"flow_logs": {"max_aggregation_interval": 300}}, "flow_logs.max_aggregation_interval is 300, but it must be 60 or 600 (seconds)"),
        ({"flow_logs": {"enabled": "yes"}}, "flow_logs.enabled is 'yes', but it must be true or false"),
        ({"flow_logs": []}, "flow_logs is [], but it must be a mapping"),
        (
            {"karpenter_discovery": "a b"},
            "karpenter_discovery is 'a b', but it must be a text that the clusters look for, such as prod-main",
        ),
        ({"cluster_names": ["a b"]}, "cluster_names[0] is 'a b', but it must be the name of an EKS cluster"),
        (
            {"secondary_cidrs": ["100.64.0.0/16"], "routes": {"private": {"100.64.8.0/24": "pcx-0123456789abcdef0"}}},
            "routes.private is '100.64.8.0/24', but it lies inside the network (100.64.0.0/16), which routes that by itself",
        ),
    ],
)
def test_refused(more: dict[str, Any], expected: str) -> None:
    assert expected in complaints(**more)


@pytest.mark.parametrize(
    ("networks", "expected"),
    [
        ([], "vpc_networks is [], but it must be a mapping"),
        (
            {"Main": settings()},
            "vpc_networks is 'Main', but the name of a network must be at most 32 lower-case letters, digits and hyphens, starting "
            "with a letter",
        ),
        ({"main": "10.0.0.0/16"}, "vpc_networks.main is '10.0.0.0/16', but it must be a mapping"),
    ],
)
def test_refused_as_a_whole(networks: Any, expected: str) -> None:
    assert expected in validate(networks, "vpc_networks", REGION)[1]


def test_all_mistakes_are_found_at_once() -> None:
    wrong = complaints(cidr="10.0.0.1/16", nat="many", flow_logs={"enabled": 3}, security={"cache_port": 1}, typo=1)
    assert len(wrong) == 5


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"nat": "none", "tiers": {"private": {}, "database": {}}},
        {"nat": "none", "tiers": {"database": None}, "endpoints": {"interface": []}},
        {"nat": "regional", "tiers": {"private": {}}},
        {"security": {"application_port": "8080", "node_to_node_ports": ["9000-9100", 8080]}},
        {"cidr": "10.0.0.0/28", **ONE_ZONE, "nat": "none", "tiers": {"private": {"cidrs": {"af-south-1a": "10.0.0.0/28"}}}},
    ],
)
def test_accepted(more: dict[str, Any]) -> None:
    network(**more)


SHARED = "100.64.0.0/10"


@pytest.mark.parametrize(
    ("primary", "further", "remedy"),
    [
        ("10.0.0.0/16", ["100.64.0.0/16", "10.2.0.0/16", "52.94.0.0/20"], ""),
        ("172.16.0.0/16", ["172.17.0.0/16"], ""),
        ("100.64.0.0/16", ["100.65.0.0/16", "52.94.0.0/20"], ""),
        ("10.2.0.0/16", ["10.1.0.0/16"], ""),
        ("10.0.0.0/16", ["100.64.0.1/16"], "it must be an IPv4 block without host bits, such as 100.64.0.0/16"),
        ("10.0.0.0/16", ["100.64.0.0/15"], "AWS accepts only blocks from /16 to /28"),
        ("10.0.0.0/16", ["10.0.8.0/24"], "it overlaps 10.0.0.0/16, which the network has already; choose one beside it"),
        (
            "10.2.0.0/16",
            ["100.64.0.0/16", "100.64.8.0/24"],
            "it overlaps 100.64.0.0/16, which the network has already; choose one beside it",
        ),
        (
            "10.0.0.0/16",
            ["172.16.0.0/16"],
            f"AWS adds no block of 172.16.0.0/12 to a network in 10.0.0.0/16; choose one in 10.0.0.0/8, or in {SHARED}",
        ),
        (
            "192.168.0.0/16",
            ["10.0.0.0/16"],
            f"AWS adds no block of 10.0.0.0/8 to a network in 192.168.0.0/16; choose one in 192.168.0.0/16, or in {SHARED}",
        ),
        (
            "172.16.0.0/16",
            ["172.31.0.0/20"],
            f"AWS adds no block of 172.31.0.0/16 to a network in 172.16.0.0/16; choose one in 172.16.0.0/12, or in {SHARED}",
        ),
        ("100.64.0.0/16", ["10.0.0.0/16"], f"AWS adds no block of 10.0.0.0/8 to a network in 100.64.0.0/16; choose one in {SHARED}"),
        (
            "10.2.0.0/16",
            ["198.19.0.0/20"],
            f"AWS adds no block of 198.19.0.0/16 to a network in 10.2.0.0/16; choose one in 10.0.0.0/8, or in {SHARED}",
        ),
        (
            "10.2.0.0/16",
            ["169.254.8.0/24"],
            f"AWS adds no block of 169.254.0.0/16 to a network in 10.2.0.0/16; choose one in 10.0.0.0/8, or in {SHARED}",
        ),
        (
            "10.1.0.0/16",
            ["10.0.0.0/16"],
            "AWS adds no further block of 10.0.0.0/16 to a network that has 10.1.0.0/16; choose another one in 10.0.0.0/8, or in " + SHARED,
        ),
    ],
)
def test_secondary_blocks(primary: str, further: list[str], remedy: str) -> None:
    found = [one for one in complaints(cidr=primary, secondary_cidrs=further) if "secondary_cidrs" in one]
    assert [one.partition(", but ")[2] for one in found] == ([remedy] if remedy else [])


def test_zones_that_the_account_cannot_use() -> None:
    problems = missing_zones({"main": network()}, REGION, ["af-south-1a", "af-south-1b"])
    expected = "but the zones that this account can use in af-south-1 are af-south-1a, af-south-1b; choose from these"
    assert problems == [f"vpc_networks.main.availability_zones is 'af-south-1c', {expected}"]


SERVICES = [f"com.amazonaws.af-south-1.{name}" for name in ("ecr.api", "ecr.dkr", "sts", "logs", "s3")]


@pytest.mark.parametrize(
    ("interface", "expected"),
    [
        (["ecr.api", "sts"], []),
        (["com.amazonaws.af-south-1.sts"], []),
        (
            ["sts", "ecr.apii"],
            [
                "vpc_networks.main.endpoints.interface[1] is 'ecr.apii', but AWS has no such endpoint service in af-south-1; "
                "did you mean ecr.api?"
            ],
        ),
        (
            ["zzz"],
            [
                "vpc_networks.main.endpoints.interface[0] is 'zzz', but AWS has no such endpoint service in af-south-1; "
                "aws ec2 describe-vpc-endpoint-services lists them"
            ],
        ),
    ],
)
def test_endpoint_services(interface: list[str], expected: list[str]) -> None:
    assert missing_services({"main": network(endpoints={"interface": interface})}, PLACE, SERVICES) == expected

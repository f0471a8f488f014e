# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Names missing from the inventory are reported by a plan, which may run before anything exists."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.component.role_references import ROUTINGS
from ansible_collections.mainstay.aws.plugins.module_utils.domains.eks.preflight import role_errors
from ansible_collections.mainstay.aws.plugins.module_utils.domains.network.tiers import STANDARD_TIERS
from tests.unit.domains.eks.samples import settings

NETWORKS: dict[str, Any] = {"main": {}, "edge": {"tiers": {"private": None, "jobs": {"routing": "private"}, "dmz": {"routing": "public"}}}}


def errors(networks: Any = NETWORKS, **more: Any) -> list[str]:
    given = {
        "eks_clusters": {"main": settings()},
        "eks_network": "main",
        "eks_network_tier": "private",
        "eks_vpc_component": "network",
        "eks_api_host": "cluster",
        "platform_environment": "dev",
        "inventory_hostname": "cluster",
        "__platform_inventory": {"hosts": ["network", "cluster", "bastion"], "networks": networks},
    }
    return role_errors({**given, **more})


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"eks_network": "edge", "eks_network_tier": "jobs"},
        {"eks_api_host": "localhost"},
        {"eks_api_host": "bastion"},
        {"networks": {}, "eks_network": "elsewhere", "eks_vpc_component": "shared-vpc"},
        {"__platform_inventory": {}},
    ],
)
def test_accepted(more: dict[str, Any]) -> None:
    assert errors(**more) == []


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"eks_network": "mian"}, "eks_network is 'mian', but network describes no such network; did you mean main?"),
        ({"eks_network_tier": "privat"}, "eks_network_tier is 'privat', but network main has no such tier; did you mean private?"),
        ({"eks_network_tier": "public"}, "eks_network_tier is 'public', but its subnets are public, and clusters belong in private ones"),
        ({"eks_network": "edge", "eks_network_tier": "dmz"}, "eks_network_tier is 'dmz', but its subnets are public"),
        ({"eks_pods_tier": "pod"}, "eks_pods_tier is 'pod', but network main has no such tier"),
        (
            {"eks_pods_tier": "database"},
            "eks_pods_tier is 'database', but that tier of main is isolated; pods need one with routing: private",
        ),
        ({"eks_api_host": "basti0n"}, "eks_api_host is 'basti0n', but the inventory has no such host; did you mean bastion?"),
        (
            {"networks": {}, "eks_vpc_component": "netwrok"},
            "eks_vpc_component is 'netwrok', but the inventory has no such host; did you mean network?",
        ),
        ({"eks_content_adopt": {"mian": {}}}, "eks_content_adopt is 'mian', but there is no such cluster; did you mean main?"),
    ],
)
def test_refused(more: dict[str, Any], expected: str) -> None:
    (problem,) = errors(**more)
    assert problem.startswith(expected)


def test_a_tier_for_pods_is_one_of_a_network() -> None:
    found = errors(eks_pods_tier="pods", eks_network="")
    assert any(problem.startswith("eks_pods_tier is 'pods', but it is a tier of eks_network, which is empty") for problem in found)


def test_tiers_are_those_of_the_network() -> None:
    assert {name: routing for name, (routing, _slot) in STANDARD_TIERS.items()} == ROUTINGS

# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Every inventory plans from nothing; the production ones are built, and show what their platforms asked for in AWS's own answers."""

from __future__ import annotations

import ipaddress
import itertools
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.network.resources import Facts, build
from ansible_collections.mainstay.aws.plugins.module_utils.network.validate import validate
from tests.integration.examples import company_tags
from tests.integration.examples import network_state as is_
from tests.integration.examples.network_state import NetworkState
from tests.integration.examples.running import INVENTORIES, confined_cloud_of, denials, mutations, play, variables, with_every_right

AF = ("af-south-1a", "af-south-1b", "af-south-1c")
EU = ("eu-west-1a", "eu-west-1b", "eu-west-1c")
US = ("us-east-1a", "us-east-1b", "us-east-1c")

Check = Callable[[NetworkState], None]

ROWS: Mapping[str, Mapping[str, Check]] = {
    "examples/brandcoach/prod": {
        "A2": is_.zones(*AF),
        "N1": is_.dedicated_vpc,
        "N3": is_.zones(*AF),
        "N5": is_.public_tier,
        "N6": is_.private_tier,
        "N10": is_.some_nat,
        "N11": is_.no_public_addresses,
    },
    "examples/innovate/workloads": {
        "A4": is_.account("123456789012"),
        "N1": is_.dedicated_vpc,
        "N2": is_.block("10.0.0.0/16"),
        "N3": is_.zones(*US),
        "N5": is_.public_tier,
        "N6": is_.private_tier,
        "N7": is_.isolated_database,
        "N8": is_.internet_gateway,
        "N9": is_.nat_per_zone,
        "N11": is_.no_public_addresses,
        "N12": is_.chain,
        "N13": is_.closed_to_the_world,
        "N14": is_.network_acls,
        "N15": is_.flow_logs,
    },
    "examples/codelearn/prod": {
        "A3": is_.zones(*US[:2]),
        "N1": is_.dedicated_vpc,
        "N2": is_.block("10.0.0.0/16"),
        "N4": is_.public_blocks(a="10.0.1.0/24", b="10.0.2.0/24"),
        "N13": is_.closed_to_the_world,
        "N15": is_.flow_logs,
    },
    "examples/creator-publishing/prod": {
        "A11": is_.nat_per_zone,
        "N1": is_.dedicated_vpc,
        "N3": is_.zones(*EU),
        "N13": is_.closed_to_the_world,
        "N14": is_.network_acls,
    },
    "examples/ai-community/prod": {
        "N1": is_.dedicated_vpc,
        "N6": is_.private_tier,
        "N10": is_.some_nat,
        "N13": is_.closed_to_the_world,
    },
}
"""inventory -> row of docs/requirements.md -> what must be true in AWS once the inventory has been applied."""


def expected_addresses(inventory: str) -> set[str]:
    """The resources that the inventory describes, worked out without AWS."""
    target = variables(inventory)
    networks, problems = validate(variables(inventory, "vpc")["vpc_networks"], region=target["platform_region"])
    assert problems == []
    facts = Facts(target["platform_environment"], "network", target["platform_region"], target["platform_account_id"])
    return {resource.address for resource in build(networks, facts)}


@pytest.mark.slow
@pytest.mark.parametrize("inventory", INVENTORIES)
def test_plan_from_nothing(inventory: str, tmp_path: Path) -> None:
    with confined_cloud_of(inventory) as cloud:
        planned = play(cloud, inventory, tmp_path, "--check", "--diff", role="plan")
        assert planned.code == 0, planned.output
        assert {address for address, action in planned.actions.items() if action["action"] == "create"} == expected_addresses(inventory)
        assert set(planned.totals) == {"create"}
        assert (mutations(cloud), denials(cloud)) == ([], [])


@pytest.mark.slow
@pytest.mark.parametrize("inventory", ROWS)
def test_life_of_a_platform(inventory: str, tmp_path: Path) -> None:
    """Plan, apply, what was asked for, plan again, apply again, destroy: with the policies written for the inventory, nothing denied."""
    with confined_cloud_of(inventory) as cloud:
        planned = play(cloud, inventory, tmp_path, "--check", "--diff", role="plan")
        applied = play(cloud, inventory, tmp_path)
        assert applied.code == 0, applied.output
        assert set(applied.actions) == set(planned.actions)

        state = NetworkState(cloud.client)
        for row, check in ROWS[inventory].items():
            try:
                check(state)
            except AssertionError as error:
                raise AssertionError(f"{row} does not hold in {inventory}: {error}") from error

        with with_every_right(cloud):
            assert company_tags.lacking(cloud, variables(inventory)["platform_tags"]) == {}

        again = play(cloud, inventory, tmp_path, "--check", "--diff", role="plan")
        assert denials(cloud) == []
        assert (again.code, set(again.totals)) == (0, {"unchanged"}), again.output
        cloud.admin.clear_requests()
        repeated = play(cloud, inventory, tmp_path)
        assert (repeated.code, set(repeated.totals), mutations(cloud)) == (0, {"unchanged"}, []), repeated.output

        environment = variables(inventory)["platform_environment"]
        gone = play(cloud, inventory, tmp_path, "--extra-vars", f"destroy={environment}", playbook="playbooks/destroy.yml")
        assert (gone.code, denials(cloud)) == (0, []), gone.output
        assert state.ec2.describe_vpcs(Filters=[{"Name": "tag-key", "Values": ["mainstay:address"]}])["Vpcs"] == []


@pytest.mark.parametrize("platform", ["creator-publishing", "ai-community"])
def test_environments_are_isolated(platform: str) -> None:
    """A7: dev, staging and prod share no account and no addresses."""
    inventories = [f"examples/{platform}/{environment}" for environment in ("dev", "staging", "prod")]
    assert len({variables(inventory)["platform_account_id"] for inventory in inventories}) == 3
    blocks = [ipaddress.ip_network(variables(inventory, "vpc")["vpc_networks"]["main"]["cidr"]) for inventory in inventories]
    assert not any(one.overlaps(other) for one, other in itertools.combinations(blocks, 2))

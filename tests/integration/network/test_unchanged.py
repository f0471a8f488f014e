# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A second run changes nothing and reads the state with the minimum number of calls."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.modules.vpc_network import SERVICES

from .support import EVERYTHING, ZONES, Requests, Site, network, shown, summary

READS_OF_AN_EMPTY_ACCOUNT = 15
"""One list call for each kind; keys are listed twice, by alias and by tag."""

READS_OF_ONE_NETWORK = READS_OF_AN_EMPTY_ACCOUNT + 2 + 1 + 4 + 4
"""Additional reads for the VPC's two DNS attributes, the log group's tags, and key and role details missing from lists."""

READS_OF_A_FURTHER_NETWORK = 3
"""Its DNS attributes and its log group's tags. Subnets, gateways, tables, groups, and endpoints cost nothing more."""


def looks(site: Site) -> list[str]:
    requests = Requests(site.cloud)
    site.observed()
    assert requests.changes() == []
    return requests.reads()


def test_cost_of_looking(site: Site) -> None:
    assert len(looks(site)) <= READS_OF_AN_EMPTY_ACCOUNT
    site.apply(site.desired(main=network()))
    one = looks(site)
    assert len(one) <= READS_OF_ONE_NETWORK, Counter(one)
    site.apply(site.desired(main=network(), second=network(cidr="10.1.0.0/16"), third=network(cidr="10.2.0.0/16")))
    three = looks(site)
    assert {call.partition(":")[0] for call in three} | {"sts"} == set(SERVICES)
    assert len(three) <= len(one) + 2 * READS_OF_A_FURTHER_NETWORK, Counter(three) - Counter(one)


@pytest.mark.parametrize("more", [{}, {"nat": "regional"}, {"nat": "none"}, {"availability_zones": ZONES}])
def test_second_run_changes_nothing(site: Site, more: dict[str, Any]) -> None:
    desired = site.desired(main=network(**more))
    site.apply(desired)
    requests = Requests(site.cloud)
    plan = shown(site.apply(desired, purge=EVERYTHING, allow_replace=EVERYTHING))
    assert requests.changes() == []
    assert plan["actions"] == []
    assert plan["counts"]["unchanged"] == len(desired)
    assert summary(site.plan(desired, purge=EVERYTHING)) == {}


def test_order_of_the_input_means_nothing(site: Site) -> None:
    settings = network(
        availability_zones=ZONES,
        endpoints={"interface": ["sts", "kms"], "gateway": ["s3", "dynamodb"]},
        security={"load_balancer_ports": [443, 80], "load_balancer_ingress_cidrs": ["203.0.113.0/24", "198.51.100.0/24"]},
    )
    site.apply(site.desired(main=settings))
    turned = {name: list(reversed(value)) if isinstance(value, list) else value for name, value in settings.items()}
    turned["endpoints"] = {name: list(reversed(value)) for name, value in settings["endpoints"].items()}
    turned["security"] = {**settings["security"], "load_balancer_ingress_cidrs": ["198.51.100.0/24", "203.0.113.0/24"]}
    assert summary(site.plan(site.desired(main=turned))) == {}

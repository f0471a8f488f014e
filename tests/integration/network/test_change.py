# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The user changes an option: AWS's in-place changes are made in place, and replacements require consent."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from itertools import pairwise, permutations
from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.domains.network.domain import KINDS
from ansible_collections.mainstay.aws.plugins.module_utils.domains.network.occupants import refused_blocks
from ansible_collections.mainstay.aws.plugins.module_utils.kinds.security_group import SecurityGroup
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.model import fixed
from rehearsal.testing import Cloud

from .describe import described, in_order
from .support import ACCOUNT, EVERYTHING, ZONES, Requests, Site, edited, ids, network, shown, summary, survivors, touched

A, B, C = ZONES
DATABASE_BLOCK = "10.0.240.0/24"


SECURITY = "security_group.main"
IN_PLACE: dict[str, tuple[dict[str, Any], dict[str, set[str]]]] = {
    "load balancer ports": (
        {"security": {"load_balancer_ports": [80, 443]}},
        {f"{SECURITY}/load_balancer": {"ingress"}, "network_acl.main/public": {"ingress"}},
    ),
    "clients of the load balancer": (
        {"security": {"load_balancer_ingress_cidrs": ["203.0.113.0/24", "198.51.100.0/24"]}},
        {f"{SECURITY}/load_balancer": {"ingress"}},
    ),
    "application port": (
        {"security": {"application_port": 9000}},
        {f"{SECURITY}/load_balancer": {"egress"}, f"{SECURITY}/nodes": {"ingress"}},
    ),
    "database port": (
        {"security": {"database_port": 5433}},
        {f"{SECURITY}/database": {"ingress"}, f"{SECURITY}/nodes": {"egress"}, "network_acl.main/database": {"ingress"}},
    ),
    "ports between nodes": ({"security": {"node_to_node_ports": ["7000-7100"]}}, {f"{SECURITY}/nodes": {"ingress", "egress"}}),
    "webhook ports": (
        {"security": {"webhook_ports": [8443]}},
        {f"{SECURITY}/nodes": {"ingress"}, f"{SECURITY}/control_plane": {"egress"}},
    ),
    "where nodes may go": ({"security": {"node_egress_cidrs": ["203.0.113.0/24"]}}, {f"{SECURITY}/nodes": {"egress"}}),
    "retention": ({"flow_logs": {"retention_in_days": 30}}, {"log_group.main/flow-logs": {"retention_in_days"}}),
    "tags of a tier": (
        {"tiers": {"public": {"tags": {"front": "yes"}}, "private": {}, "database": {}}},
        {f"subnet.main/public-{zone}": {"tags"} for zone in (A, B)},
    ),
    "host names": ({"dns": {"hostnames": False}}, {"vpc.main": {"enable_dns_hostnames"}}),
}


PLAIN = network(endpoints={"gateway": ["s3"], "interface": []}, nat="none")


@pytest.fixture(scope="module")
def plain(shared_cloud: Cloud) -> tuple[Site, Any]:
    """A network shared by all in-place changes, each of which is reverted, and its description."""
    shared_cloud.admin.reset()
    site = Site(shared_cloud)
    site.apply(site.desired(main=PLAIN))
    return site, in_order(described(shared_cloud))


@pytest.mark.parametrize("name", IN_PLACE)
def test_changed_in_place_and_back(plain: tuple[Site, Any], name: str) -> None:
    (site, state), (more, expected) = plain, IN_PLACE[name]
    for settings in (PLAIN | more, PLAIN):
        result = site.apply(site.desired(main=settings))
        assert touched(result.plan) == expected
        assert set(summary(result.plan).values()) == {"update"}
        assert ids(result) == {address: one["id"] for address, one in state.items()}
    assert in_order(described(site.cloud, kinds={address.split(".", maxsplit=1)[0] for address in expected})).items() <= state.items()


def test_cluster_that_left_leaves_its_tag(site: Site) -> None:
    """Which of these tags are EKS's own is unknown, so none is removed."""
    site.apply(site.desired(main=network(cluster_names=["apps"])))
    tag = {"kubernetes.io/cluster/apps": "shared"}
    subnets = {a: one for a, one in described(site.cloud, kinds=["subnet"]).items() if "database" not in a}
    assert all(tag.items() <= one["tags"].items() for one in subnets.values())
    assert summary(site.plan(site.desired(main=network()))) == {}


def test_tags_of_everything(site: Site) -> None:
    before = ids(site.apply(site.desired(main=network())))
    site.tags = {"owner": "somebody", "more": "yes"}
    desired = site.desired(main=network())
    assert touched(site.plan(desired)) == {resource.address: {"tags"} for resource in desired}
    site.apply(desired)
    assert site.ids() == before
    assert {one["tags"]["owner"] for one in described(site.cloud).values()} == {"somebody"}
    site.tags = {"owner": "somebody"}
    site.apply(site.desired(main=network()))
    assert all("more" not in one["tags"] for one in described(site.cloud).values())


def test_boundary(site: Site) -> None:
    iam = site.cloud.client("iam")
    document = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})
    for name in ("one", "two"):
        iam.create_policy(PolicyName=name, PolicyDocument=document)
    for name in ("one", "two"):
        site.boundary = f"arn:aws:iam::{ACCOUNT}:policy/{name}"
        site.apply(site.desired(main=network()))
        assert described(site.cloud)["iam_role.flow-logs"]["permissions_boundary"] == site.boundary
    assert summary(site.plan(site.desired(main=network()))) == {}


# ---- replacements ----


def blocks(tier: str, zone: str, block: str) -> dict[str, Any]:
    return {"tiers": {"public": {}, "private": {}, "database": {}} | {tier: {"cidrs": {zone: block}}}}


REPLACED: dict[str, tuple[dict[str, Any], dict[str, str]]] = {
    "flow log: traffic": ({"flow_logs": {"traffic_type": "REJECT"}}, {"flow_log.main": "traffic_type"}),
    "flow log: interval": ({"flow_logs": {"max_aggregation_interval": 60}}, {"flow_log.main": "max_aggregation_interval"}),
    "subnet of databases": (blocks("database", A, DATABASE_BLOCK), {f"subnet.main/database-{A}": "cidr_block"}),
    "subnet with an interface endpoint": (blocks("private", A, DATABASE_BLOCK), {f"subnet.main/private-{A}": "cidr_block"}),
    "subnet with a NAT gateway": (
        blocks("public", A, DATABASE_BLOCK),
        {f"subnet.main/public-{A}": "cidr_block", f"nat_gateway.main/{A}": "subnet_id"},
    ),
}


@pytest.mark.parametrize("name", REPLACED)
def test_replacement_needs_consent(site: Site, name: str) -> None:
    more, expected = REPLACED[name]
    before = ids(site.apply(site.desired(main=network())))
    desired = site.desired(main=network(**more))

    replacing = {action.address: action for action in site.plan(desired).changes if action.verb == "replace"}
    assert {address: [c.property for c in action.changes if c.forces_replacement] for address, action in replacing.items()} == {
        address: [prop] for address, prop in expected.items()
    }
    requests = Requests(site.cloud)
    refused = site.try_apply(desired, allow_replace=list(expected)[1:])
    assert requests.changes() == []
    (failure,) = refused.failures
    assert failure.code == "ReplacementNotAllowed"
    action = next(one for one in shown(refused)["actions"] if not one["consent"])
    assert action["asks_for"] == "allow_replace"
    assert action["outcome"] == "held_back"
    assert expected[action["address"]] in action["reason"]

    site.apply(desired, allow_replace=list(expected))
    assert survivors(before, site.ids()) == set(before) - set(expected)
    assert summary(site.plan(desired)) == {}
    assert described(site.cloud).keys() == before.keys()


def test_routes_follow_a_replaced_nat_gateway(site: Site) -> None:
    site.apply(site.desired(main=network()))
    desired = site.desired(main=network(**blocks("public", A, DATABASE_BLOCK)))
    site.apply(desired, allow_replace=EVERYTHING)
    made = described(site.cloud)
    assert made[f"route_table.main/private-{A}"]["routes"] == {"0.0.0.0/0": made[f"nat_gateway.main/{A}"]["id"]}
    assert made[f"nat_gateway.main/{A}"]["allocation_id"] == made[f"elastic_ip.main/nat-{A}"]["id"]


def test_whole_network_replaced(site: Site) -> None:
    """Another CIDR block for the VPC: everything in it is recreated; public addresses, key, role, and log group stay."""
    before = ids(site.apply(site.desired(main=network())))
    desired = site.desired(main=network(cidr="10.7.0.0/16"))
    requests = Requests(site.cloud)
    assert site.try_apply(desired).failures
    assert requests.changes() == []
    site.apply(desired, allow_replace=EVERYTHING)
    kept = {address.split(".")[0] for address in survivors(before, site.ids())}
    assert kept == {"elastic_ip", "kms_key", "iam_role", "log_group", "internet_gateway"}
    assert summary(site.plan(desired)) == {}
    assert {one["cidr_block"] for address, one in described(site.cloud).items() if address == "vpc.main"} == {"10.7.0.0/16"}


def test_two_subnets_swap_their_blocks(site: Site) -> None:
    """Each block is in use until the other subnet is deleted; at the latest, the second run finds both free."""
    tiers = {"public": {}, "private": {}, "database": {"cidrs": {A: DATABASE_BLOCK, B: "10.0.241.0/24"}}}
    site.apply(site.desired(main=network(tiers=tiers)))
    turned = {**tiers, "database": {"cidrs": {B: DATABASE_BLOCK, A: "10.0.241.0/24"}}}
    desired = site.desired(main=network(tiers=turned))
    site.try_apply(desired, allow_replace=("subnet.main/database-*",))
    site.apply(desired, allow_replace=("subnet.main/database-*",))
    assert described(site.cloud)[f"subnet.main/database-{B}"]["cidr_block"] == DATABASE_BLOCK
    assert summary(site.plan(desired)) == {}


class Described(SecurityGroup):
    """A group that is replaced if its description changes: no inventory option does this."""

    description = fixed()


def test_security_group_that_others_name(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rules and endpoints drop a group before it is replaced, and name the new one afterward."""
    monkeypatch.setitem(KINDS, "security_group", Described())
    before = ids(site.apply(site.desired(main=network())))
    desired = edited(site.desired(main=network()), f"{SECURITY}/nodes", description="another")
    assert summary(site.plan(desired))[f"{SECURITY}/nodes"] == "replace (no consent)"
    site.apply(desired, allow_replace=(f"{SECURITY}/nodes",))
    assert survivors(before, site.ids()) == set(before) - {f"{SECURITY}/nodes"}
    assert summary(site.plan(desired)) == {}


# ---- zones and tiers ----


def of_zone(addresses: Mapping[str, Any], zone: str) -> set[str]:
    return {address for address in addresses if address.endswith(zone)}


def subnet_blocks(site: Site) -> dict[str, str]:
    return {address: one["cidr_block"] for address, one in described(site.cloud, kinds=["subnet"]).items()}


def test_zone_added(site: Site) -> None:
    before = ids(site.apply(site.desired(main=network())))
    blocks_before = subnet_blocks(site)
    desired = site.desired(main=network(availability_zones=ZONES))
    plan = site.plan(desired)
    creates = {address for address, verb in summary(plan).items() if verb == "create"}
    assert creates == of_zone({resource.address: 0 for resource in desired}, C)
    assert {address: props for address, props in touched(plan).items() if address not in creates} == {
        "network_acl.main/public": {"subnet_ids"},
        "network_acl.main/private": {"subnet_ids"},
        "network_acl.main/database": {"subnet_ids"},
        "route_table.main/public": {"subnet_ids"},
        "route_table.main/database": {"subnet_ids"},
        "vpc_endpoint.main/s3": {"route_table_ids"},
        "vpc_endpoint.main/dynamodb": {"route_table_ids"},
        "vpc_endpoint.main/sts": {"subnet_ids"},
    }
    site.apply(desired)
    assert survivors(before, site.ids()) == set(before)
    assert blocks_before.items() <= subnet_blocks(site).items()


def test_tier_added(site: Site) -> None:
    before = ids(site.apply(site.desired(main=network())))
    desired = site.desired(main=network(tiers={"public": {}, "private": {}, "database": {}, "vault": {"slot": 4}}))
    plan = site.plan(desired)
    assert {address for address, verb in summary(plan).items() if verb == "create"} == {
        f"subnet.main/vault-{A}",
        f"subnet.main/vault-{B}",
        "route_table.main/vault",
        "network_acl.main/vault",
    }
    assert {address: props for address, props in touched(plan).items() if "vault" not in address} == {
        "vpc_endpoint.main/s3": {"route_table_ids"},
        "vpc_endpoint.main/dynamodb": {"route_table_ids"},
    }
    site.apply(desired)
    assert survivors(before, site.ids()) == set(before)


PODS: dict[str, Any] = {
    "secondary_cidrs": ["100.64.0.0/16"],
    "tiers": {"public": {}, "private": {}, "database": {}, "pods": {"routing": "private", "cidr": "100.64.0.0/16"}},
}


def test_secondary_block_added_and_removed(site: Site) -> None:
    """Subnets wait for their block, which takes a moment to be associated, and the block waits until its subnets are gone."""
    before = ids(site.apply(site.desired(main=network())))
    site.cloud.admin.settings(transition_seconds={"vpc": 0.3})
    desired = site.desired(main=network(**PODS))
    plan = site.plan(desired)
    assert {address for address, verb in summary(plan).items() if verb == "create"} == {
        *(f"subnet.main/pods-{zone}" for zone in (A, B)),
        "network_acl.main/pods",
    }
    assert touched(plan)["vpc.main"] == {"secondary_cidr_blocks"}
    site.apply(desired)
    assert (survivors(before, site.ids()), summary(site.plan(desired))) == (set(before), {})
    blocks = subnet_blocks(site)
    assert [blocks[f"subnet.main/pods-{zone}"] for zone in (A, B)] == ["100.64.0.0/19", "100.64.32.0/19"]

    without = site.desired_here(main=network())
    assert {verb for address, verb in summary(site.plan(without)).items() if "pods" in address} == {"delete (no consent)"}
    assert "vpc.main" not in summary(site.plan(without))
    gone = site.desired(main=network())
    site.apply(gone, purge=("*/pods*",))
    assert described(site.cloud)["vpc.main"]["secondary_cidr_blocks"] == []
    assert (survivors(before, site.ids()), summary(site.plan(gone))) == (set(before), {})


def test_secondary_block_replaced_as_a_zone_goes(site: Site) -> None:
    """The old block waits for its subnets, they for the route table of the zone, and that for the gateway endpoints."""
    site.cloud.admin.settings(transition_seconds={"vpc": 0.3})
    site.apply(site.desired(main=network(**PODS)))
    other = "100.65.0.0/16"
    tiers = {**PODS["tiers"], "pods": {"routing": "private", "cidr": other}}
    wanted = site.desired(main=network(availability_zones=[A], secondary_cidrs=[other], tiers=tiers))
    site.apply(wanted, allow_replace=("subnet.main/pods*",), purge=("*",))
    assert described(site.cloud)["vpc.main"]["secondary_cidr_blocks"] == [other]
    assert (subnet_blocks(site)[f"subnet.main/pods-{A}"], summary(site.plan(wanted))) == ("100.65.0.0/19", {})
    site.apply(site.desired(main=network(availability_zones=[A])), purge=("*",))
    assert described(site.cloud)["vpc.main"]["secondary_cidr_blocks"] == []


def test_a_block_with_a_subnet_of_others_is_not_taken_away(site: Site) -> None:
    site.apply(site.desired(main=network(secondary_cidrs=["100.64.0.0/16"])))
    vpc = described(site.cloud)["vpc.main"]["id"]
    other = site.cloud.client("ec2").create_subnet(VpcId=vpc, CidrBlock="100.64.8.0/24")["Subnet"]["SubnetId"]
    plan = site.plan(site.desired(main=network()))
    aws = site.aws("plan")
    (failure,) = refused_blocks(plan, aws)
    aws.close()
    assert failure.code == "NetworkInUse"
    assert failure.message == f"it would lose a block that is in use: subnet {other} (100.64.8.0/24), which is not of this component"


def test_zone_added_before_the_single_nat_gateway(site: Site) -> None:
    """Its public address stays: partners allow it."""
    later = {"nat": "single", "availability_zones": ZONES[1:]}
    before = ids(site.apply(site.desired(main=network(**later))))
    everything = site.desired_here(main=network(**{**later, "availability_zones": ZONES}))
    assert {address for address, verb in summary(site.plan(everything)).items() if "nat" in address or "elastic" in address} == set()
    site.apply(everything)
    assert survivors(before, site.ids()) == set(before)


@pytest.mark.parametrize("nth", [1, 2, 4])
def test_a_listed_tier_reaches_the_database_without_cutting_off_others(site: Site, nth: int) -> None:
    """If the run is interrupted, the nodes still reach the database and the cache."""
    tiers = {"public": {}, "private": {}, "database": {}}
    site.apply(site.desired(main=network(tiers=tiers)))
    listed = {"apps": {"routing": "private", "slot": 3}, **tiers}
    security = {"database_client_tiers": ["apps", "private"]}
    desired = site.desired(main=network(tiers=listed, security=security))
    site.cloud.admin.fault("ec2", "CreateNetworkAclEntry", fault="error", code="UnauthorizedOperation", status=403, nth=nth, times=None)
    requests = Requests(site.cloud)
    site.try_apply(desired)
    assert "ec2:ReplaceNetworkAclEntry" not in requests.changes()
    admitted = described(site.cloud)["network_acl.main/database"]["ingress"]
    assert {5432, 6379} <= {entry.get("from_port") for entry in admitted if entry["cidr_block"] == "10.0.0.0/17"}
    site.cloud.admin.clear_faults()
    site.apply(desired)
    assert summary(site.plan(desired)) == {}


def test_zone_removed(site: Site) -> None:
    before = ids(site.apply(site.desired(main=network(availability_zones=ZONES))))
    desired = site.desired(main=network())
    leaving = of_zone(before, C)

    requests = Requests(site.cloud)
    kept = site.apply(desired)
    assert not [call for call in requests.changes() if call.startswith(("ec2:Delete", "ec2:Release"))]
    assert site.ids() == before
    held = {action["address"]: action for action in shown(kept)["actions"] if action["action"] == "delete"}
    assert held.keys() == leaving
    assert all(action["asks_for"] == "purge" for action in held.values())
    assert summary(site.plan(desired)) == dict.fromkeys(leaving, "delete (no consent)")

    site.apply(desired, purge=(f"*-{C}", f"nat_gateway.main/{C}"))
    assert site.ids() == {address: identifier for address, identifier in before.items() if address not in leaving}
    assert described(site.cloud).keys() == set(before) - leaving
    assert summary(site.plan(desired)) == {}


def test_zone_removed_in_one_go(site: Site) -> None:
    site.apply(site.desired(main=network(availability_zones=ZONES)))
    desired = site.desired(main=network())
    site.apply(desired, purge=EVERYTHING)
    assert described(site.cloud).keys() == {resource.address for resource in desired}


def test_dependencies_of_kept_resources_are_kept(site: Site) -> None:
    """Consent to delete a subnet is not consent to delete the NAT gateway in it: both stay, and the plan says why."""
    site.apply(site.desired(main=network(availability_zones=ZONES)))
    desired = site.desired(main=network())
    plan = site.plan(desired, purge=(f"subnet.main/public-{C}",))
    action = next(action for action in plan.changes if action.address == f"subnet.main/public-{C}")
    assert not action.consent
    assert f"nat_gateway.main/{C}, which stays, still uses it" in action.reason
    site.apply(desired, purge=(f"subnet.main/public-{C}",))
    assert f"subnet.main/public-{C}" in site.ids()


def test_endpoint_removed_and_returned(site: Site) -> None:
    site.apply(site.desired(main=network()))
    without = site.desired(main=network(endpoints={"gateway": ["s3"], "interface": []}))
    gone = {"vpc_endpoint.main/sts", "vpc_endpoint.main/dynamodb", "security_group.main/endpoints"}
    assert {address for address, verb in summary(site.plan(without, purge=EVERYTHING)).items() if verb == "delete"} == gone
    site.apply(without, purge=EVERYTHING)
    assert described(site.cloud).keys() == {resource.address for resource in without}
    site.apply(site.desired(main=network()))
    assert summary(site.plan(site.desired(main=network()))) == {}


def test_network_removed(site: Site) -> None:
    """One of two networks is deleted with everything in it; what both share stays."""
    both = site.desired(main=network(), data=network(cidr="10.1.0.0/16"))
    before = ids(site.apply(both))
    desired = site.desired(main=network())
    site.apply(desired, purge=("*.data", "*.data/*"))
    assert described(site.cloud).keys() == {resource.address for resource in desired}
    assert survivors(before, site.ids()) == {resource.address for resource in desired}


# ---- NAT ----

MODES = ("none", "single", "per_az", "regional")


def nat_state(site: Site) -> dict[str, Any]:
    """The gateway for each private subnet's egress, and the number of gateways and addresses."""
    made = described(site.cloud, kinds=["nat_gateway", "elastic_ip", "route_table"])
    names = {one["id"]: address for address, one in made.items()}
    tables = {address: one for address, one in made.items() if address.startswith("route_table.main/private-")}
    return {
        "ways": {address.rpartition("/")[2]: names.get(one["routes"].get("0.0.0.0/0")) for address, one in tables.items()},
        "gateways": sum(address.startswith("nat_gateway.") for address in made),
        "addresses": sum(address.startswith("elastic_ip.") for address in made),
    }


def expected_nat(mode: str) -> dict[str, Any]:
    by_mode: dict[str, dict[str, str | None]] = {
        "none": {A: None, B: None},
        "single": {A: f"nat_gateway.main/{A}", B: f"nat_gateway.main/{A}"},
        "per_az": {A: f"nat_gateway.main/{A}", B: f"nat_gateway.main/{B}"},
        "regional": dict.fromkeys((A, B), "nat_gateway.main/regional"),
    }
    gateways = by_mode[mode]
    counts = {"none": (0, 0), "single": (1, 1), "per_az": (2, 2), "regional": (1, 2)}[mode]
    return {"ways": {f"private-{zone}": way for zone, way in gateways.items()}, "gateways": counts[0], "addresses": counts[1]}


def test_nat_modes(site: Site) -> None:
    """From each mode to every other one, in one walk that takes each step once."""
    walk = ["none", "single", "none", "per_az", "none", "regional", "single", "per_az", "single", "regional", "per_az", "regional", "none"]
    assert {*pairwise(walk)} == set(permutations(MODES, 2))
    plain: dict[str, Any] = {"endpoints": {"gateway": [], "interface": []}, "flow_logs": {"enabled": False}}
    for mode in walk:
        site.apply(site.desired(main=network(nat=mode, **plain)), purge=EVERYTHING)
        assert nat_state(site) == expected_nat(mode)


def test_traffic_moves_before_the_old_gateways_go(site: Site) -> None:
    site.apply(site.desired(main=network(nat="per_az")))
    requests = Requests(site.cloud)
    site.apply(site.desired(main=network(nat="regional")), purge=EVERYTHING)
    calls = [call for call in requests.changes() if call in ("ec2:CreateNatGateway", "ec2:ReplaceRoute", "ec2:DeleteNatGateway")]
    assert Counter(calls) == {"ec2:CreateNatGateway": 1, "ec2:ReplaceRoute": 2, "ec2:DeleteNatGateway": 2}
    assert calls[0] == "ec2:CreateNatGateway"
    for end in range(len(calls)):
        assert calls[: end + 1].count("ec2:DeleteNatGateway") <= calls[:end].count("ec2:ReplaceRoute")


def test_nat_mode_without_purge(site: Site) -> None:
    """Routes switch to the new gateways; the old ones stay and are named."""
    site.apply(site.desired(main=network(nat="per_az")))
    desired = site.desired(main=network(nat="regional"))
    site.apply(desired)
    assert nat_state(site)["ways"] == expected_nat("regional")["ways"]
    assert nat_state(site)["gateways"] == 3
    assert set(summary(site.plan(desired)).values()) == {"delete (no consent)"}


def test_public_address_stays_when_zones_get_gateways_of_their_own(site: Site) -> None:
    before = ids(site.apply(site.desired(main=network(nat="single"))))
    site.apply(site.desired(main=network(nat="per_az")))
    assert survivors(before, site.ids()) == set(before)


def test_regional_gateway_gets_a_zone_and_loses_it(site: Site) -> None:
    two, three = (site.desired(main=network(nat="regional", availability_zones=zones)) for zones in (ZONES[:2], ZONES))
    before = ids(site.apply(two))
    assert touched(site.plan(three))["nat_gateway.main/regional"] == {"availability_zone_addresses"}
    site.apply(three)
    assert survivors(before, site.ids()) == set(before)
    made = described(site.cloud)
    held = {
        entry["availability_zone"]: entry["allocation_ids"] for entry in made["nat_gateway.main/regional"]["availability_zone_addresses"]
    }
    assert held == {zone: [made[f"elastic_ip.main/regional-nat-{zone}"]["id"]] for zone in ZONES}
    site.apply(two, purge=EVERYTHING)
    assert site.ids() == before


def test_flow_logs_off_and_on(site: Site) -> None:
    on, off = site.desired(main=network()), site.desired(main=network(flow_logs={"enabled": False}))
    site.apply(on)
    site.apply(off, purge=EVERYTHING)
    assert described(site.cloud).keys() == {resource.address for resource in off}
    site.apply(on)
    assert summary(site.plan(on)) == {}
